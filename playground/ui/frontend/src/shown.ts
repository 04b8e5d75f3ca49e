import type { Filter } from "./filter";
import type { Row } from "./kernel-protocol";
import { compareRows, MarkedRows } from "./ordered-rows";
import type { Change, RowStore } from "./store";

/** The rows that pass the filter, updated with each change, except while paused. */
export class ShownRows {
  private sorted = new MarkedRows();
  private test: Filter["test"] = () => true;
  paused = false;
  /** Matching rows that came while paused. */
  waiting = 0;
  /** The last row before the pause. */
  private heldAt = Infinity;

  constructor(private store: RowStore) {
    this.rebuild();
  }

  get rows(): readonly Row[] {
    return this.sorted.items;
  }

  indexOf(row: Row): number {
    return this.sorted.indexOf(row);
  }

  lowerBound(row: Row): number {
    return this.sorted.lowerBound(row);
  }

  /** Says which rows are drawn higher than the others. */
  markHigher(isHigher: (row: Row) => boolean): void {
    this.sorted.mark(isHigher);
  }

  /** How many of the first `index` rows are drawn higher. */
  higherBefore(index: number): number {
    return this.sorted.markedBefore(index);
  }

  filterBy(filter: Pick<Filter, "test">): void {
    this.test = filter.test;
    this.rebuild();
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
      if (shown) this.sorted.remove(row);
      else {
        this.sorted.insert(row);
        added++;
      }
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
      this.waiting += added.length;
      return added.length;
    }
    for (const row of added) this.sorted.insert(row);
    for (const [old, row] of change.replaced) this.replace(old, row);
    if (change.first) this.dropBefore(change.first);
    return added.length;
  }

  private replace(old: Row, row: Row): void {
    if (!this.test(row)) this.sorted.remove(old);
    else if (this.sorted.indexOf(old) >= 0) this.sorted.replace(old, row);
    else this.sorted.insert(row);
  }

  private dropBefore(first: Row): void {
    let count = 0;
    while (count < this.sorted.items.length && compareRows(this.sorted.items[count]!, first) < 0) count++;
    this.sorted.dropFirst(count);
  }

  private rebuild(): void {
    const passing = this.store.rows.filter(this.test);
    this.sorted.fill(this.paused ? passing.filter(({ seq }) => seq <= this.heldAt) : passing);
    this.waiting = passing.length - this.sorted.items.length;
  }
}
