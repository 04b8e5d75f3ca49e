import type { Filter } from "./filter";
import { CallError } from "./kernel";
import type { Row } from "./kernel-protocol";
import { Signal } from "./signal";
import type { Change, RowStore } from "./store";

type Ask = (query: string, limit: number) => Promise<{ seqs: number[]; total: number }>;

const IDLE = 300;
const AGAIN = 1_000;

/** The rows here have only the beginning of long payloads; the kernel finds the rows that match in full. */
export class DeepSearch {
  /** The kernel's answer changed which rows pass. */
  readonly changed = new Signal();
  state: "none" | "asking" | "answered" | "failed" = "none";
  /** Why the kernel did not answer, if the filter is the reason or nothing else knows which rows pass. */
  failure = "";
  private every = false;
  private query = "";
  private filter: Filter | null = null;
  private answer: { found: Set<number>; until: number; complete: boolean } | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private ticket = 0;

  constructor(
    private store: RowStore,
    private ask: Ask,
  ) {}

  /**
   * Sets another filter and returns a test that also uses the kernel's answer; with `every`, about all rows and not
   * only those that are cut.
   */
  use(query: string, filter: Filter, every = false): Filter["test"] {
    this.close();
    this.every = every;
    this.failure = "";
    this.query = query;
    this.filter = filter;
    this.answer = null;
    this.state = "none";
    if (!filter.looksInside) return filter.test;
    if (this.store.rows.some((row) => this.isFor(row))) this.schedule(IDLE);
    if (every && this.timer) this.state = "asking";
    return (row) => {
      const { answer } = this;
      if (!this.isFor(row) || !answer || row.seq > answer.until) return filter.test(row);
      return answer.found.has(row.seq) || (!answer.complete && filter.test(row));
    };
  }

  /** Checks new rows: the kernel has to be asked about cut ones too. */
  look({ added, replaced, reset }: Change): void {
    if (reset) this.answer = null;
    const asks = (row: Row): boolean => this.isFor(row);
    if (this.filter?.looksInside && (added.some(asks) || replaced.some(([, row]) => asks(row)))) this.schedule(AGAIN);
  }

  private isFor(row: Row): boolean {
    return this.every || Boolean(row.cut);
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.ticket++;
  }

  private schedule(after: number): void {
    this.timer ??= setTimeout(() => void this.search(), after);
  }

  private async search(): Promise<void> {
    const ticket = ++this.ticket;
    const until = this.store.lastSeq;
    this.timer = undefined;
    this.state = "asking";
    this.changed.emit();
    try {
      const { seqs, total } = await this.ask(this.query, this.store.limit);
      if (ticket !== this.ticket) return;
      this.answer = { found: new Set(seqs), until, complete: seqs.length >= total };
      this.state = "answered";
      this.failure = "";
    } catch (error) {
      if (ticket !== this.ticket) return;
      this.state = "failed";
      const ofFilter = error instanceof CallError && error.failure.type === "QueryError";
      this.failure = ofFilter || this.every ? (error as Error).message : "";
    }
    this.changed.emit();
  }
}
