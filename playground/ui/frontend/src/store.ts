import type { Row } from "./kernel-protocol";
import { OrderedRows } from "./ordered-rows";
import { Signal } from "./signal";

/** What one batch did to the store. Apply `added` first, then `replaced`, then drop what is before `first`. */
export interface Change {
  reset: boolean;
  added: Row[];
  replaced: [Row, Row][];
  first: Row | null;
}

/** Bytes that a row takes besides its texts. */
const ROW_BYTES = 500;

/** About how many bytes a row takes; a path or an error may be long. */
export function weightOf(row: Row): number {
  const { preview, path, error, reason, output, client, hook } = row;
  let weight = ROW_BYTES;
  for (const text of [preview, path, error, reason, output, client, hook]) if (text) weight += 2 * text.length;
  for (const text of Object.values(row.told ?? {})) weight += 2 * text.length;
  return weight;
}

/** The rows the browser keeps, in order, of one epoch: no more than a number of rows and of bytes. */
export class RowStore {
  epoch: string | null = null;
  lastSeq = 0;
  /** Rows that were dropped because they were the oldest. */
  forgotten = 0;
  readonly changed = new Signal<Change>();
  private sorted = new OrderedRows();
  private bySeq = new Map<number, Row>();
  private bytes = 0;

  constructor(
    readonly limit = 50_000,
    private byteLimit = 64 * 1024 * 1024,
  ) {}

  get rows(): readonly Row[] {
    return this.sorted.items;
  }

  get(seq: number): Row | undefined {
    return this.bySeq.get(seq);
  }

  /** Empties the store for another log. */
  reset(epoch: string | null): void {
    this.epoch = epoch;
    this.lastSeq = 0;
    this.forgotten = 0;
    this.sorted = new OrderedRows();
    this.bySeq.clear();
    this.bytes = 0;
    this.changed.emit({ reset: true, added: [], replaced: [], first: null });
  }

  /** The log was cleared: the rows go, the numbering goes on. */
  clear(): void {
    const seq = this.lastSeq;
    this.reset(this.epoch);
    this.lastSeq = seq;
  }

  add(epoch: string, rows: readonly Row[], skipped = 0): void {
    if (epoch !== this.epoch) this.reset(epoch);
    const change: Change = { reset: false, added: [], replaced: [], first: null };
    if (skipped > 0) this.addGap(rows, skipped, change);
    for (const row of rows) this.put(row, change);
    this.trim(change);
    this.changed.emit(change);
  }

  private put(row: Row, change: Change): void {
    const old = this.bySeq.get(row.seq);
    this.bySeq.set(row.seq, row);
    this.bytes += weightOf(row) - (old ? weightOf(old) : 0);
    if (old) {
      this.sorted.replace(old, row);
      change.replaced.push([old, row]);
      return;
    }
    this.sorted.insert(row);
    change.added.push(row);
    if (row.seq > this.lastSeq) this.lastSeq = row.seq;
  }

  // A gap has a number between its neighbours, so it sorts like any row and never equals a real one.
  private addGap(rows: readonly Row[], skipped: number, change: Change): void {
    const fresh = rows.find((row) => !this.bySeq.has(row.seq));
    const last = this.sorted.items.at(-1);
    const seq = (fresh ? fresh.seq : this.lastSeq + 1) - 0.5;
    const at = fresh?.at ?? last?.at ?? Date.now();
    const before = this.bySeq.get(seq) ?? (last?.kind === "gap" ? last : undefined);
    if (before) {
      const merged = { ...before, skipped: (before.skipped ?? 0) + skipped };
      this.put(merged, change);
      return;
    }
    this.put({ seq, at, kind: "gap", skipped }, change);
  }

  private trim(change: Change): void {
    // Trimming in blocks is cheap; a splice per row would move the whole array each time.
    const slack = Math.max(1, Math.floor(this.limit / 50));
    const { items } = this.sorted;
    let count = items.length > this.limit + slack ? items.length - this.limit : 0;
    if (this.bytes > this.byteLimit) {
      // The newest row stays, whatever its size.
      const until = this.byteLimit * (1 - 1 / 50);
      let left = this.bytes;
      let over = 0;
      while (left > until && over < items.length - 1) left -= weightOf(items[over++]!);
      count = Math.max(count, over);
    }
    if (!count) return;
    const dropped = this.sorted.dropFirst(count);
    for (const row of dropped) this.bytes -= weightOf(row);
    for (const row of dropped) this.bySeq.delete(row.seq);
    this.forgotten += dropped.length;
    change.first = this.sorted.items[0] ?? null;
  }
}
