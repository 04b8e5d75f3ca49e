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
}
