import { beforeEach, describe, expect, test } from "vitest";
import { Pace } from "../src/pace";

/** A screen with 60 frames a second that shows them when it is told to. */
class Screen {
  now = 0;
  asked = 0;
  private waiting = new Map<number, (now: number) => void>();
  readonly frames = {
    request: (tick: (now: number) => void): number => {
      this.waiting.set(++this.asked, tick);
      return this.asked;
    },
    cancel: (frame: number): void => void this.waiting.delete(frame),
  };

  frame(): void {
    this.now += 1000 / 60;
    const due = [...this.waiting.values()];
    this.waiting.clear();
    for (const tick of due) tick(this.now);
  }
}

let screen: Screen;
let pace: Pace;
/** The frames in which something was drawn. */
let drawn: number[];
let count: number;

beforeEach(() => {
  screen = new Screen();
  drawn = [];
  count = 0;
  pace = new Pace(() => drawn.push(count), screen.frames);
});

/** Shows so many frames, each with what happens before it. */
function frames(many: number, before: (frame: number) => void = () => {}): number[] {
  const first = drawn.length;
  for (let i = 0; i < many; i++) {
    count++;
    before(count);
    screen.frame();
  }
  return drawn.slice(first);
}

describe("what streams in", () => {
  test("is drawn in the next frame when it is alone", () => {
    frames(100);
    pace.stream();

    expect(frames(5)).toEqual([101]);
  });

  test("is drawn in every third frame while it keeps coming, with all that came", () => {
    expect(frames(10, () => pace.stream())).toEqual([1, 4, 7, 10]);
  });

  test("is drawn to its end", () => {
    frames(1, () => pace.stream());
    frames(1, () => pace.stream());

    expect(frames(10)).toEqual([4]);
  });

  test("asks for no frame when nothing comes", () => {
    frames(1, () => pace.stream());
    const { asked } = screen;
    frames(10);

    expect(screen.asked).toBe(asked);
  });

  test("is drawn less often while somebody types, however fast", () => {
    const typing = (): void => {
      pace.stream();
      pace.typed(screen.now);
    };

    expect(frames(15, typing)).toEqual([1, 8, 15]);
    expect(frames(13, () => pace.stream())).toEqual([21, 24, 27]);
  });

  test("is drawn in the next frame when it is what a key brought about", () => {
    frames(100);
    pace.typed(screen.now);
    pace.stream();

    expect(frames(1)).toEqual([101]);
  });
});

describe("what a person does", () => {
  test("is drawn in the next frame, whatever streams in", () => {
    const act = (frame: number): void => {
      pace.stream();
      if (frame === 2) pace.soon();
    };

    expect(frames(5, act)).toEqual([1, 2, 5]);
  });

  test("is drawn at once when it is a key", () => {
    frames(1, () => pace.stream());
    pace.typed(screen.now);
    pace.soon();

    expect(frames(1)).toEqual([2]);
  });

  test("is drawn once a frame", () => {
    pace.soon();
    pace.soon();
    pace.stream();

    expect(frames(3)).toEqual([1]);
  });
});

test("a panel that is gone draws no more", () => {
  pace.soon();
  pace.close();

  expect(frames(3)).toEqual([]);
});
