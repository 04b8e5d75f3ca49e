/** Heartbeats in one line per client: what the list and the diagram draw in place of the pings and pongs of a quiet time. */
import { nameOf } from "./filter/terms";
import { tokens } from "./filter/tokens";
import type { Row } from "./kernel-protocol";
import { compareRows, MarkedRows, OrderedRows } from "./ordered-rows";
import { whoOf } from "./rowtext";

const HEARTBEATS = new Set(["ping", "pong"]);

/** A ping or a pong of which nothing else is to be said. */
export function isHeartbeat({ kind, error, agree }: Row): boolean {
  return HEARTBEATS.has(kind) && !error && agree !== false;
}

/** Keys of terms that choose whose rows are shown, and look for nothing in them. */
const WHOSE = new Set(["client", "connection", "path", "dir", "witness", "v"]);

/** Whether a filter looks for something that a folded line would hide, such as `kind:ping` or `took>5`. */
export function looksForRows(query: string): boolean {
  let not = false;
  for (const { type, key, negated } of tokens(query)) {
    const isTerm = type === "key" || type === "word" || type === "quoted" || type === "regex";
    if (isTerm && !negated && !not && !WHOSE.has(nameOf(key))) return true;
    not = type === "NOT";
  }
  return false;
}

/** The heartbeats of one client between two other rows. */
class Fold {
  readonly members = new OrderedRows();
  open = false;
  line: Row | null = null;
  /** The latest ping. */
  private ping: Row | null = null;

  get count(): number {
    return this.members.items.length;
  }

  add(row: Row): void {
    this.members.insert(row);
    this.look(row);
  }

  replace(old: Row, row: Row): void {
    this.members.replace(old, row);
    this.look(row);
  }

  private look(row: Row): void {
    if (row.kind === "ping" && (!this.ping || compareRows(row, this.ping) >= 0)) this.ping = row;
  }

  /** The line for all of them, made anew because lines are redrawn when they are another object. */
  draw(): Row {
    const { items } = this.members;
    const [first, last] = [items[0]!, items.at(-1)!];
    const { client = null, connection = null, path = null } = last;
    const line: Row = {
      seq: first.seq - 0.25,
      at: first.at,
      kind: this.ping ? "ping" : last.kind,
      client,
      connection,
      path,
      folded: this.count,
      open: this.open,
      until: last.at,
      duration_ms: this.ping?.duration_ms ?? null,
    };
    this.line = line;
    return line;
  }
}

/** Rows with their heartbeats folded. A new row costs the same however many there are. */
export class FoldedRows {
  readonly lines = new MarkedRows();
  /** Off where heartbeats are looked for. */
  folding = true;
  private folds = new Map<number, Fold>();
  /** The folds after the last row that is no heartbeat, by client; new heartbeats go into them. */
  private current = new Map<string, Fold>();
  private last: Row | null = null;
  /** A member of each open fold: folds are made anew when a run of heartbeats is divided. */
  private opened = new Set<number>();
  private kept: number | null = null;

  constructor(private passing: OrderedRows) {}

  private isFolded(row: Row): boolean {
    return this.folding && isHeartbeat(row);
  }

  /** Takes a row that was put into the passing ones. Returns how many lines came with it. */
  insert(row: Row): number {
    const before = this.lines.items.length;
    const late = this.isFolded(row)
      ? this.last !== null && compareRows(row, this.last) < 0
      : this.passing.items.at(-1) !== row;
    if (late) this.insertLate(row);
    else if (this.isFolded(row)) this.add(row);
    else this.append(row);
    return Math.max(0, this.lines.items.length - before);
  }

  /** Follows a row that took another's place among the passing ones. */
  replace(old: Row, row: Row): void {
    const fold = this.folds.get(row.seq);
    if (this.isFolded(old) !== this.isFolded(row) || (old.at !== row.at && this.movesFolds(old, row))) this.rebuild();
    else if (!fold) {
      this.lines.replace(old, row);
      if (this.last?.seq === row.seq) this.last = this.lastOther();
    } else {
      fold.replace(old, row);
      if (this.lines.indexOf(row) >= 0) this.lines.replace(old, row);
      if (fold.count > 1) this.redraw(fold);
    }
  }

  /** After a row was taken out of the passing ones. */
  remove(row: Row): void {
    const { items } = this.passing;
    const at = this.passing.lowerBound(row);
    if (this.isFolded(row) || items.slice(Math.max(0, at - 1), at + 1).some((row) => this.isFolded(row)))
      return this.rebuild();
    this.lines.remove(row);
    if (this.last?.seq === row.seq) this.last = this.lastOther();
  }

  /** The last row that is no heartbeat. */
  private lastOther(): Row | null {
    const { items } = this.passing;
    let at = items.length - 1;
    while (at >= 0 && this.isFolded(items[at]!)) at--;
    return items[at] ?? null;
  }

  private movesFolds(old: Row, row: Row): boolean {
    const { passing } = this;
    return this.isBesideHeartbeat(passing.lowerBound(old)) || this.isBesideHeartbeat(passing.indexOf(row));
  }

  private isBesideHeartbeat(at: number): boolean {
    return this.passing.items.slice(Math.max(0, at - 1), at + 2).some((row) => this.isFolded(row));
  }

  /** After rows were taken out somewhere. */
  rebuild(): void {
    this.folds.clear();
    this.lines.fill([]);
    this.refold(0, this.passing.items.length);
  }

  /** After the first rows were taken out. */
  dropFirst(dropped: readonly Row[]): void {
    for (const { seq } of dropped) this.folds.delete(seq);
    this.refold(0, this.endOfRun(0));
  }

  /** Opens or closes the fold of a line. */
  toggle(line: Row): void {
    const fold = this.foldOf(line);
    if (!fold) return;
    fold.open = !fold.open;
    for (const { seq } of fold.members.items) this.opened.delete(seq);
    if (fold.open) this.opened.add(fold.members.items.at(-1)!.seq);
    this.refoldAround(this.passing.indexOf(fold.members.items[0]!));
  }

  /** Keeps a heartbeat in sight while it is selected, until another row is. */
  keep(row: Row | null): void {
    const before = this.kept;
    this.kept = row && this.folds.has(row.seq) ? row.seq : null;
    if (before === this.kept) return;
    const hidden = before === null ? null : this.memberOf(before);
    if (hidden) this.lines.remove(hidden);
    const shown = this.kept === null ? null : this.memberOf(this.kept);
    if (shown) this.lines.insert(shown);
  }

  /** A heartbeat of a closed fold. */
  private memberOf(number: number): Row | null {
    const fold = this.folds.get(number);
    if (!fold || fold.open || fold.count < 2) return null;
    return fold.members.items.find(({ seq }) => seq === number) ?? null;
  }

  /** Whether a row is one of the heartbeats that a line stands for. */
  covers(line: Row, row: Row): boolean {
    return this.foldOf(line) !== undefined && this.foldOf(line) === this.folds.get(row.seq);
  }

  private foldOf(line: Row): Fold | undefined {
    return this.folds.get(line.seq + 0.25);
  }

  private append(row: Row): void {
    this.lines.insert(row);
    this.last = row;
    this.current = new Map();
  }

  /** Takes a row that belongs before the last one which is no heartbeat. */
  private insertLate(row: Row): void {
    const at = this.passing.indexOf(row);
    if (this.isFolded(row) || this.isBesideHeartbeat(at)) this.refoldAround(at);
    else this.lines.insert(row);
  }

  private add(row: Row): void {
    const who = whoOf(row);
    const fold = this.current.get(who) ?? new Fold();
    this.current.set(who, fold);
    const [single] = fold.members.items;
    fold.add(row);
    this.folds.set(row.seq, fold);
    if (!single || fold.open) this.lines.insert(row);
    if (fold.count === 2 && !fold.open && single!.seq !== this.kept) this.lines.remove(single!);
    if (fold.count > 1) this.redraw(fold);
  }

  private redraw(fold: Fold): void {
    const old = fold.line;
    const line = fold.draw();
    if (old && this.lines.indexOf(old) >= 0) this.lines.replace(old, line);
    else this.lines.insert(line);
  }

  /** Folds the run of heartbeats anew in which a row is, or the two that it divides. */
  private refoldAround(at: number): void {
    let from = at;
    while (from > 0 && this.isFolded(this.passing.items[from - 1]!)) from--;
    this.refold(from, this.endOfRun(at + 1));
  }

  private endOfRun(from: number): number {
    const { items } = this.passing;
    let to = from;
    while (to < items.length && this.isFolded(items[to]!)) to++;
    return to;
  }

  /** Makes the lines of the passing rows from one to another anew; beyond both are rows that are no heartbeats. */
  private refold(from: number, to: number): void {
    const { items } = this.passing;
    const start = from > 0 ? this.lines.indexOf(items[from - 1]!) + 1 : 0;
    const end = to < items.length ? this.lines.indexOf(items[to]!) : this.lines.items.length;
    const rows = items.slice(from, to);
    const [last, run] = this.group(rows, from > 0 ? items[from - 1]! : null);
    this.lines.exchange(
      start,
      end,
      rows.flatMap((row) => this.linesAt(row)),
    );
    if (to < items.length) return;
    this.last = last;
    this.current = run;
  }

  /** Puts the heartbeats of rows into folds; returns the last other row, and the folds that follow it. */
  private group(rows: readonly Row[], before: Row | null): [Row | null, Map<string, Fold>] {
    let last = before;
    let run = new Map<string, Fold>();
    for (const row of rows) {
      if (!this.isFolded(row)) {
        last = row;
        run = new Map();
        continue;
      }
      const who = whoOf(row);
      const fold = run.get(who) ?? new Fold();
      run.set(who, fold);
      fold.add(row);
      fold.open ||= this.opened.has(row.seq);
      this.folds.set(row.seq, fold);
    }
    return [last, run];
  }

  /** What is drawn at the place of a row: the row, the line of its fold, both, or nothing. */
  private linesAt(row: Row): Row[] {
    const fold = this.isFolded(row) ? this.folds.get(row.seq)! : null;
    if (!fold || fold.count === 1) return [row];
    const head = fold.members.items[0] === row ? [fold.draw()] : [];
    return fold.open || row.seq === this.kept ? [...head, row] : head;
  }
}
