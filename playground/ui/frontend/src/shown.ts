import type { Filter } from "./filter";
import { FoldedRows, isHeartbeat } from "./folding";
import type { Row } from "./kernel-protocol";
import { compareRows, OrderedRows } from "./ordered-rows";
import type { Change, RowStore } from "./store";

/** The rows that pass the filter, with their heartbeats folded; updated with each change, except while paused. */
export class ShownRows {
  private sorted = new OrderedRows();
  private folded = new FoldedRows(this.sorted);
  private test: Filter["test"] = () => true;
  paused = false;
  /** Matching rows that came while paused. */
  waiting = 0;
  /** The last row before the pause. */
  private heldAt = Infinity;

  constructor(private store: RowStore) {
    this.rebuild();
  }

  /** What is drawn: a line for each row, and one for the heartbeats of a client. */
  get rows(): readonly Row[] {
    return this.lines.items;
  }

  /** How many rows pass, those in a fold too. */
  get total(): number {
    return this.sorted.items.length;
  }

  private get lines(): FoldedRows["lines"] {
    return this.folded.lines;
  }

  indexOf(row: Row): number {
    return this.lines.indexOf(row);
  }

  lowerBound(row: Row): number {
    return this.lines.lowerBound(row);
  }

  /** Says which rows are drawn higher than the others. */
  markHigher(isHigher: (row: Row) => boolean): void {
    this.lines.mark(isHigher);
  }

  /** How many of the first `index` rows are drawn higher. */
  higherBefore(index: number): number {
    return this.lines.markedBefore(index);
  }

  /** Shows what passes; `folding` is whether heartbeats are folded. */
  filterBy(filter: Pick<Filter, "test">, folding = true): void {
    this.test = filter.test;
    this.folded.folding = folding;
    this.rebuild();
  }

  /** Opens or closes the heartbeats of a line. */
  toggleFold(line: Row): void {
    this.folded.toggle(line);
  }

  /** Whether a row is one of the heartbeats of a line. */
  covers(line: Row, row: Row): boolean {
    return this.folded.covers(line, row);
  }

  /** A selected heartbeat stays in sight when its client's are folded. */
  keep(row: Row | null): void {
    this.folded.keep(row);
  }

  /** Filters again, because the test has changed its results. */
  filterAgain(): void {
    this.rebuild();
  }

  /** Puts rows in or takes them out, on which the test was undecided before. Returns how many came in. */
  reconsider(rows: readonly Row[]): number {
    if (this.paused) {
      const before = this.waiting;
      this.rebuild();
      return this.waiting - before;
    }
    let added = 0;
    for (const row of rows) {
      if (this.store.get(row.seq) !== row) continue;
      const shown = this.sorted.indexOf(row) >= 0;
      if (shown === this.test(row)) continue;
      if (shown) this.remove(row);
      else added += this.insert(row);
    }
    return added;
  }

  pause(on: boolean): void {
    this.paused = on;
    this.heldAt = on ? this.store.lastSeq : Infinity;
    this.rebuild();
  }

  /** Applies a change of the store and returns how many rows were added. */
  apply(change: Change): number {
    if (change.reset) {
      // Another log has other numbers, so no paused rows are left.
      if (this.paused) this.heldAt = this.store.lastSeq;
      this.rebuild();
      return 0;
    }
    const added = change.added.filter(this.test);
    if (this.paused) {
      const waiting = this.countLines(added);
      this.waiting += waiting;
      return waiting;
    }
    let lines = 0;
    for (const row of added) lines += this.insert(row);
    for (const [old, row] of change.replaced) this.replace(old, row);
    if (change.first) this.dropBefore(change.first);
    return lines;
  }

  /** Returns how many lines it takes. */
  private insert(row: Row): number {
    this.sorted.insert(row);
    return this.folded.insert(row);
  }

  private replace(old: Row, row: Row): void {
    const known = this.sorted.indexOf(old) >= 0;
    if (!this.test(row)) {
      if (known) this.remove(old);
    } else if (known) {
      this.sorted.replace(old, row);
      this.folded.replace(old, row);
    } else this.insert(row);
  }

  private remove(row: Row): void {
    this.sorted.remove(row);
    this.folded.remove(row);
  }

  /** How many of the rows have a line of their own, about: those that are not folded. */
  private countLines(rows: readonly Row[]): number {
    return this.folded.folding ? rows.reduce((count, row) => (isHeartbeat(row) ? count : count + 1), 0) : rows.length;
  }

  private dropBefore(first: Row): void {
    let count = 0;
    while (count < this.sorted.items.length && compareRows(this.sorted.items[count]!, first) < 0) count++;
    if (!count) return;
    const dropped = this.sorted.dropFirst(count);
    this.folded.dropFirst(dropped);
  }

  private rebuild(): void {
    const passing = this.store.rows.filter(this.test);
    this.sorted.items = this.paused ? passing.filter(({ seq }) => seq <= this.heldAt) : passing;
    this.waiting = this.countLines(passing) - this.countLines(this.sorted.items);
    this.folded.rebuild();
  }
}
