import type { Row } from "./kernel-protocol";

/** Order of the list: by wall clock, then by sequence number. */
export function compareRows(a: Row, b: Row): number {
  return a.at - b.at || a.seq - b.seq;
}

/** Rows in order. New rows are nearly always the latest, so an insertion searches from the end. */
export class OrderedRows {
  items: Row[] = [];

  insert(row: Row): void {
    let i = this.items.length;
    while (i > 0 && compareRows(this.items[i - 1]!, row) > 0) i--;
    if (i === this.items.length) this.items.push(row);
    else this.items.splice(i, 0, row);
  }

  /** The index of the first row that is not before `row`. */
  lowerBound(row: Row): number {
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareRows(this.items[middle]!, row) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  indexOf(row: Row): number {
    const i = this.lowerBound(row);
    return this.items[i]?.seq === row.seq ? i : -1;
  }

  remove(row: Row): boolean {
    const i = this.indexOf(row);
    if (i >= 0) this.items.splice(i, 1);
    return i >= 0;
  }

  replace(old: Row, row: Row): void {
    const i = this.indexOf(old);
    if (i >= 0 && old.at === row.at) {
      this.items[i] = row;
      return;
    }
    if (i >= 0) this.items.splice(i, 1);
    this.insert(row);
  }

  /** Takes the first `count` rows off and returns them. */
  dropFirst(count: number): Row[] {
    return this.items.splice(0, count);
  }

  /** Puts rows in the place of those from one index to another. */
  exchange(from: number, to: number, rows: readonly Row[]): void {
    // Not by splice(…, ...rows), because a call takes only so many arguments.
    const after = this.items.splice(from).slice(to - from);
    for (const part of [rows, after]) for (const row of part) this.items.push(row);
  }
}

/** Rows in order, some of them marked: how many of these are before a row is found quickly. */
export class MarkedRows extends OrderedRows {
  private marked = new OrderedRows();
  private isMarked: (row: Row) => boolean = () => false;

  /** Marks other rows than before. */
  mark(isMarked: (row: Row) => boolean): void {
    this.isMarked = isMarked;
    this.fill(this.items);
  }

  fill(items: Row[]): void {
    this.items = items;
    this.marked.items = items.filter(this.isMarked);
  }

  /** How many of the first `index` rows are marked. */
  markedBefore(index: number): number {
    return index < this.items.length ? this.marked.lowerBound(this.items[index]!) : this.marked.items.length;
  }

  override insert(row: Row): void {
    super.insert(row);
    if (this.isMarked(row)) this.marked.insert(row);
  }

  override remove(row: Row): boolean {
    if (this.isMarked(row)) this.marked.remove(row);
    return super.remove(row);
  }

  override replace(old: Row, row: Row): void {
    const i = this.indexOf(old);
    if (i >= 0 && old.at === row.at) {
      this.items[i] = row;
      if (this.isMarked(old)) this.marked.remove(old);
      if (this.isMarked(row)) this.marked.insert(row);
      return;
    }
    if (i >= 0) this.remove(old);
    this.insert(row);
  }

  override dropFirst(count: number): Row[] {
    this.marked.dropFirst(this.markedBefore(count));
    return super.dropFirst(count);
  }

  override exchange(from: number, to: number, rows: readonly Row[]): void {
    const [first, last] = [this.markedBefore(from), this.markedBefore(to)];
    super.exchange(from, to, rows);
    this.marked.exchange(first, last, rows.filter(this.isMarked));
  }
}
