import type { Row } from "../kernel-protocol";
import type { Pace } from "../pace";
import { HEIGHT, RowPlaces } from "../row-places";
import type { ShownRows } from "../shown";
import { stepTo } from "../steps";
import { h, setAttribute, show } from "./dom";
import { COLUMNS, HEADS, RowView } from "./row-view";
import type { View } from "./view";

const HEAD = 23;
const OVERSCAN = 4;
/** Pixels of a character of the data, at most: 12 pixels high, of the fonts that notebooks use. */
const CHARACTER = 7.25;

/** Thousands of rows with few elements. The list follows the latest row until the reader scrolls up. */
export class RowList {
  readonly element: HTMLElement;
  readonly selected: { row: Row | null } = { row: null };
  following = true;
  /** Rows that came below while the reader looked at older ones. */
  unseen = 0;
  onSelect: (row: Row | null) => void = () => {};
  onOpen: () => void = () => {};
  /** Heartbeats were folded or unfolded. */
  onToggle: () => void = () => {};
  private places: RowPlaces;
  private pool: RowView[] = [];
  private dataHead: HTMLElement;
  private spacer: HTMLElement;
  /** Where the rows were last drawn, and the list last scrolled to. */
  private lastTop = 0;
  private revealing = false;

  constructor(
    private view: View,
    private shown: ShownRows,
    private pace: Pace,
  ) {
    this.places = new RowPlaces(shown);
    const heads = COLUMNS.map((name) =>
      h(
        "span",
        { role: "columnheader", class: `wp-c wp-c-${name}`, title: HEADS[name]?.title ?? null },
        HEADS[name]?.text ?? name,
      ),
    );
    this.dataHead = heads[COLUMNS.indexOf("data")]!;
    this.spacer = h("div", { class: "wp-spacer", role: "presentation" });
    this.element = h(
      "div",
      { class: "wp-grid", role: "treegrid", tabindex: 0, "aria-label": "Timeline", "data-testid": "timeline" },
      h("div", { class: "wp-row wp-head", role: "row", "aria-rowindex": 1 }, ...heads),
      this.spacer,
    );
    view.scope.listen(this.element, "scroll", () => this.scrolled(), { passive: true });
    view.scope.listen<MouseEvent>(this.spacer, "click", (event) => this.clicked(event));
    view.scope.listen<KeyboardEvent>(this.element, "keydown", (event) => this.pressed(event));
    const resizing = new ResizeObserver(() => this.fit());
    resizing.observe(this.element);
    const appearing = new IntersectionObserver(() => this.refresh());
    appearing.observe(this.element);
    view.scope.add(() => resizing.disconnect());
    view.scope.add(() => appearing.disconnect());
  }

  private refresh(): void {
    this.pace.soon();
  }

  /** Another width has room for other errors beside the data. */
  private fit(): void {
    const { clientWidth } = this.dataHead;
    const room = Math.floor(clientWidth / CHARACTER);
    if (clientWidth > 0) this.hold(() => this.places.fit(room) && this.revealSelected());
    this.refresh();
  }

  private revealSelected(): void {
    this.revealing = this.selected.row !== null;
  }

  /** Changes the rows without moving those that the reader looks at. The caller has to request the drawing. */
  hold(change: () => void): void {
    if (this.following) return change();
    // A hidden list has no scroll position; the last one is restored when it is shown.
    const hidden = this.element.clientHeight === 0;
    const now = hidden ? this.lastTop : this.element.scrollTop;
    const index = this.places.indexAt(now);
    const anchor = this.shown.rows[index];
    const before = this.places.topOf(index);
    change();
    if (!anchor) return;
    const moved = this.places.topOf(this.shown.lowerBound(anchor)) - before;
    if (hidden) this.lastTop = now + moved;
    if (hidden || !moved) return;
    this.moveTo(now + moved);
    // The rows have to follow in the same frame.
    this.refresh();
  }

  jumpToLatest(): void {
    this.following = true;
    this.unseen = 0;
    this.refresh();
  }

  /** Opens or closes the heartbeats of a line. One of them that was selected gives way to the line. */
  toggle(line: Row): void {
    const { row } = this.selected;
    if (line.open && row && this.shown.covers(line, row)) this.select(line);
    // What was opened is looked at, also where the list followed the latest row.
    this.following &&= line.open === true;
    this.hold(() => this.shown.toggleFold(line));
    if (!line.open) this.showBelow(line);
    this.onToggle();
    this.refresh();
  }

  /** Scrolls down until the heartbeats of a line are in sight, or the line is at the top. */
  private showBelow(line: Row): void {
    const index = this.shown.indexOf(line);
    const last = Math.min(index + 1 + (line.folded ?? 0), this.shown.rows.length);
    const below = this.places.topOf(last) - rowsIn(this.element.clientHeight);
    this.moveTo(Math.max(this.element.scrollTop, Math.min(this.places.topOf(index), below)));
  }

  select(row: Row | null): void {
    this.selected.row = row;
    this.hold(() => this.shown.keep(row));
    this.revealing = row !== null;
    this.refresh();
    this.onSelect(row);
  }

  /** Called when the list is shown again: back to where it was scrolled to, and to the selected row. */
  reveal(): void {
    if (!this.following) this.moveTo(this.lastTop);
    this.revealSelected();
    this.refresh();
  }

  private moveTo(top: number): void {
    this.stretch();
    if (Math.abs(this.element.scrollTop - top) > 0.5) this.element.scrollTop = top;
    this.lastTop = this.element.scrollTop;
  }

  private stretch(): void {
    const height = `${this.places.height}px`;
    if (this.spacer.style.height !== height) this.spacer.style.height = height;
  }

  /** Draws the rows in sight, as they are now. */
  draw(): void {
    const { clientHeight } = this.element;
    // JupyterLab hides the notebook for an instant when the theme changes. Drawing then would leave only a few rows.
    if (clientHeight === 0) return;
    const seen = rowsIn(clientHeight);
    const end = Math.max(0, this.places.height - seen);
    if (this.revealing) this.keepSelectedInSight(seen);
    // A list that fits has no older rows to look at.
    if (end === 0) this.following = true;
    const top = this.following ? end : Math.min(this.element.scrollTop, end);
    this.drawRows(top, seen);
    // Last, so that the page is laid out once: setting the scroll position needs the rows in their places.
    this.stretch();
    if (this.following) this.element.scrollTop = top;
    this.lastTop = top;
    if (this.following) this.unseen = 0;
  }

  private drawRows(top: number, seen: number): void {
    const { rows } = this.shown;
    const first = Math.max(0, this.places.indexAt(top) - OVERSCAN);
    const end = Math.min(rows.length, this.places.indexAt(top + seen) + 1 + OVERSCAN);
    setAttribute(this.element, "aria-rowcount", String(rows.length + 1));
    this.grow(end - first);
    const chosen = this.selected.row?.seq;
    const selected = this.selected.row && this.selected.row.kind !== "gap" ? this.selected.row.at : null;
    let active: string | null = null;
    // Row i always takes the same element modulo the pool, so a scroll by one row rewrites one element.
    const used = new Set<RowView>();
    for (let i = first; i < end; i++) {
      const row = rows[i]!;
      const line = this.pool[i % this.pool.length]!;
      used.add(line);
      const before = i > 0 ? rows[i - 1]! : null;
      line.draw(
        row,
        i,
        { previous: before && before.kind !== "gap" ? before.at : null, selected },
        { top: this.places.topOf(i), higher: this.places.topOf(i + 1) - this.places.topOf(i) > HEIGHT },
        row.seq === chosen,
      );
      show(line.element, true);
      if (row.seq === chosen) active = line.element.id;
    }
    for (const line of this.pool) if (!used.has(line)) show(line.element, false);
    setAttribute(this.element, "aria-activedescendant", active);
  }

  // Opening the detail takes room from the list, and may push the selected row out of it.
  private keepSelectedInSight(seen: number): void {
    this.revealing = false;
    const index = this.selected.row ? this.shown.indexOf(this.selected.row) : -1;
    if (index < 0) return;
    const [top, bottom] = [this.places.topOf(index), this.places.topOf(index + 1)];
    const end = this.places.height - seen;
    const now = this.following ? end : this.element.scrollTop;
    if (top >= now && bottom <= now + seen) return;
    const next = top < now ? top : bottom - seen;
    this.following = next >= end - 1;
    this.moveTo(next);
  }

  /** The line as it is now: each heartbeat makes a new one. */
  private current(line: Row): Row {
    return this.shown.rows[this.shown.indexOf(line)] ?? line;
  }

  private grow(count: number): void {
    while (this.pool.length < count) {
      const { id, session } = this.view;
      const line = new RowView(`${id}-row-${this.pool.length}`, (who) => session.colour(who), !session.opened);
      this.pool.push(line);
      this.spacer.append(line.element);
    }
  }

  private scrolled(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    // This scroll event was caused by our own drawing.
    if (clientHeight === 0 || Math.abs(scrollTop - this.lastTop) < 1) return;
    if (scrollTop + clientHeight >= scrollHeight - 2) this.following = true;
    else if (scrollTop < this.lastTop - 1) this.following = false;
    this.lastTop = scrollTop;
    this.refresh();
  }

  private clicked(event: MouseEvent): void {
    const element = (event.target as Element).closest<HTMLElement>("[data-seq]");
    const row = this.pool.find((line) => line.element === element)?.row;
    if (!row || getSelection()?.type === "Range") return;
    if (row.folded) return this.toggle(row);
    this.select(row.seq === this.selected.row?.seq ? null : row);
  }

  private pressed(event: KeyboardEvent): void {
    if (event.target === this.element) this.press(event, Math.floor(rowsIn(this.element.clientHeight) / HEIGHT) - 1);
  }

  /** Moves the selection by a key; the sequence view uses the same keys. */
  press(event: KeyboardEvent, page: number): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { rows } = this.shown;
    const { row } = this.selected;
    if (row && (event.key === "Escape" || event.key === "Enter")) {
      event.preventDefault();
      if (event.key === "Escape") this.select(null);
      else if (row.folded) this.toggle(this.current(row));
      else this.onOpen();
      return;
    }
    if (row?.folded && event.key === (this.current(row).open ? "ArrowLeft" : "ArrowRight")) {
      event.preventDefault();
      return this.toggle(this.current(row));
    }
    const next = stepTo(event.key, row ? this.shown.lowerBound(row) : null, rows.length, page);
    if (next === null) return;
    event.preventDefault();
    if (rows[next]) this.select(rows[next]);
  }
}

/** Pixels of rows in sight; the head sticks to the top of the same scroll area. */
function rowsIn(clientHeight: number): number {
  return Math.max(0, clientHeight - HEAD);
}
