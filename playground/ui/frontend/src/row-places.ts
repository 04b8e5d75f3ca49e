/** Where the rows of the list stand: a row is as high as the others, or one line higher for an error that does not fit. */

import type { Row } from "./kernel-protocol";
import { dataCell } from "./rowtext";
import type { ShownRows } from "./shown";

/** Pixels of a row, and of the line of its error. */
export const HEIGHT = 25;
export const ERROR_HEIGHT = 17;

export class RowPlaces {
  /** Characters that fit into the data column. */
  private room = Infinity;

  constructor(private shown: ShownRows) {}

  /** Takes another width of the data column, in characters. Returns whether rows may have moved. */
  fit(room: number): boolean {
    if (room === this.room) return false;
    this.room = room;
    this.shown.markHigher((row) => this.isHigher(row));
    return true;
  }

  isHigher(row: Row): boolean {
    if (!row.error) return false;
    const { main, error, printed } = dataCell(row);
    return main !== "" && error !== "" && textLength(main, error, printed) > this.room;
  }

  /** Pixels above a row; with the number of rows, the height of all. */
  topOf(index: number): number {
    return index * HEIGHT + this.shown.higherBefore(index) * ERROR_HEIGHT;
  }

  get height(): number {
    return this.topOf(this.shown.rows.length);
  }

  /** The index of the row that stands at `y`: the last one when `y` is below all, 0 when there is none. */
  indexAt(y: number): number {
    let low = 0;
    let high = this.shown.rows.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.topOf(middle) <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Characters of the parts of a data cell, with the space between them. */
function textLength(...parts: string[]): number {
  const shown = parts.filter(Boolean);
  return shown.reduce((sum, { length }) => sum + length, 0) + 1.2 * (shown.length - 1);
}
