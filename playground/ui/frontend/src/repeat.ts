/** Repeats an action, never twice at the same time. */
import { Signal } from "./signal";

/** Seconds. */
export const SHORTEST = 0.05;

export class Repeat {
  /** It started, acted or stopped. */
  readonly changed = new Signal();
  running = false;
  /** How often it has acted since it was started. */
  times = 0;
  /** Why it stopped by itself; empty when a person did it. */
  ended = "";
  private timer: ReturnType<typeof setTimeout> | undefined;
  private run = 0;

  /** Acts at once, then every `seconds`. `act` returns why it cannot go on, or null. */
  start(seconds: number, act: () => Promise<string | null>): void {
    this.stop();
    const run = ++this.run;
    this.running = true;
    this.times = 0;
    const step = async (): Promise<void> => {
      const began = Date.now();
      let ended: string | null;
      try {
        ended = await act();
      } catch (error) {
        ended = error instanceof Error ? error.message : String(error);
      }
      if (run !== this.run) return;
      if (ended !== null) return this.stop(ended);
      this.times++;
      this.changed.emit();
      // A slow answer delays the next turn; missed turns are not made up for.
      this.timer = setTimeout(() => void step(), Math.max(0, seconds * 1000 - (Date.now() - began)));
    };
    void step();
    this.changed.emit();
  }

  stop(why = ""): void {
    if (!this.running) return;
    this.run++;
    clearTimeout(this.timer);
    this.running = false;
    this.ended = why;
    this.changed.emit();
  }
}

/** Seconds as typed, or why they cannot be used. */
export function readSeconds(text: string): number | string {
  const seconds = Number(text.trim().replace(",", "."));
  if (!text.trim() || !Number.isFinite(seconds)) return "How many seconds? For example 1 or 0.5.";
  if (seconds < SHORTEST) return `Not more often than every ${SHORTEST} s: the panel has to keep up.`;
  if (seconds > 86_400) return "Not longer than a day, 86400 s.";
  return seconds;
}
