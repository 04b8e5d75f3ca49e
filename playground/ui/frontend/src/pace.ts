/** When to draw: a person's actions in the next frame, incoming rows no oftener than a reader can follow. */

/** Milliseconds between two drawings of incoming rows: every third frame of 60 a second. */
const PAUSE = 40;
/** The same while somebody types, so that typing does not wait for the drawing. */
const PAUSE_TYPING = 110;

interface Frames {
  request(tick: (now: number) => void): number;
  cancel(frame: number): void;
}

const ofBrowser: Frames = {
  request: (tick) => requestAnimationFrame(tick),
  cancel: (frame) => cancelAnimationFrame(frame),
};

export class Pace {
  private frame = 0;
  private drawnAt = -Infinity;
  private atOnce = false;
  private typedAt = -Infinity;

  constructor(
    private draw: () => void,
    private frames: Frames = ofBrowser,
  ) {}

  /** Draws in the next frame. */
  soon(): void {
    this.atOnce = true;
    this.request();
  }

  /** Draws in the next frame too, unless the last drawing was very recent. */
  stream(): void {
    this.request();
  }

  /** Notes that a key was pressed, at the time `at` of its event. `soon` draws what the key does. */
  typed(at: number): void {
    this.typedAt = at;
  }

  close(): void {
    this.frames.cancel(this.frame);
  }

  private request(): void {
    this.frame ||= this.frames.request(this.tick);
  }

  private tick = (now: number): void => {
    this.frame = 0;
    const pause = now - this.typedAt < PAUSE_TYPING ? PAUSE_TYPING : PAUSE;
    if (!this.atOnce && now - this.drawnAt < pause) return this.request();
    this.atOnce = false;
    this.drawnAt = now;
    this.draw();
  };
}
