/** Earlier messages, which the arrow keys recall as in a shell. */

export interface Sent {
  kind: string;
  data: string;
}

const MOST = 50;
/** Longer messages can be recalled too, but are not kept over a reload. */
const LONGEST_KEPT = 10_000;

export class Recall {
  private sent: Sent[];
  private place: number;
  private typed: Sent | null = null;

  constructor(
    recall: () => string | null,
    private remember: (text: string) => void,
  ) {
    this.sent = read(recall());
    this.place = this.sent.length;
  }

  has(data: string): boolean {
    return this.sent.some((each) => each.data === data);
  }

  add(message: Sent): void {
    const last = this.sent.at(-1);
    if (message.data && (last?.data !== message.data || last.kind !== message.kind)) this.sent.push(message);
    this.sent.splice(0, this.sent.length - MOST);
    this.place = this.sent.length;
    this.typed = null;
    this.remember(JSON.stringify(this.sent.filter(({ data }) => data.length <= LONGEST_KEPT)));
  }

  /** The message before the one shown, or null. `now` is the text of the box; `next` returns it last. */
  back(now: Sent): Sent | null {
    if (this.place === 0) return null;
    if (this.place === this.sent.length) this.typed = now;
    // The message that was just sent is still in the box; recalling it would change nothing.
    if (this.place === this.sent.length && this.sent[this.place - 1]!.data === now.data && this.place > 1) this.place--;
    return this.sent[--this.place]!;
  }

  /** The message after the one shown, and finally the text that was being typed; null when there is none. */
  forward(): Sent | null {
    if (this.place >= this.sent.length) return null;
    this.place++;
    return this.sent[this.place] ?? this.typed ?? { kind: "", data: "" };
  }
}

function read(text: string | null): Sent[] {
  try {
    const kept: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(kept)
      ? kept.filter((each) => typeof each?.data === "string" && typeof each?.kind === "string")
      : [];
  } catch {
    return [];
  }
}

/** Whether ↑ should recall rather than move: there is no line above the cursor. */
export function atFirstLine(text: string, start: number, end: number): boolean {
  return start === end && !text.slice(0, start).includes("\n");
}

export function atLastLine(text: string, start: number, end: number): boolean {
  return start === end && !text.slice(end).includes("\n");
}
