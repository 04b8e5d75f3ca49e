import type { ShownRows } from "../shown";
import type { Row } from "../wire";
import { h, setAttribute, show } from "./dom";
import { COLUMNS, RowView } from "./row-view";
import type { View } from "./view";

const HEIGHT = 25;
const OVERSCAN = 4;

/** Thousands of rows on a handful of elements. It follows the latest row until the reader scrolls up. */
export class RowList {
  readonly element: HTMLElement;
  readonly selected: { row: Row | null } = { row: null };
  following = true;
  /** Rows that came below while the reader looked at older ones. */
  unseen = 0;
  onSelect: (row: Row | null) => void = () => {};
  onScroll: () => void = () => {};
  onOpen: () => void = () => {};
  private pool: RowView[] = [];
  private port: HTMLElement;
  private spacer: HTMLElement;
  private drawing = 0;
  private lastTop = 0;
  private revealing = false;

  constructor(private view: View, private shown: ShownRows, empty: HTMLElement) {
    const heads = COLUMNS.map((name) => h("span", { role: "columnheader", class: `wp-c wp-c-${name || "dir"}`, "aria-label": name || "direction" }, name));
    this.spacer = h("div", { class: "wp-spacer", role: "presentation" });
    this.port = h("div", { class: "wp-port", role: "rowgroup", tabindex: -1 }, this.spacer, empty);
    this.element = h("div", { class: "wp-grid", role: "grid", tabindex: 0, "aria-label": "Timeline", "data-testid": "timeline" }, h("div", { class: "wp-row wp-head", role: "row", "aria-rowindex": 1 }, ...heads), this.port);
    view.scope.listen(this.port, "scroll", () => this.scrolled(), { passive: true });
    view.scope.listen<MouseEvent>(this.spacer, "click", (event) => this.clicked(event));
    view.scope.listen<KeyboardEvent>(this.element, "keydown", (event) => this.pressed(event));
    const resizing = new ResizeObserver(() => this.refresh());
    resizing.observe(this.port);
    view.scope.add(() => resizing.disconnect());
    view.scope.add(() => cancelAnimationFrame(this.drawing));
  }

  /** Draws in the next frame. */
  refresh(): void {
    this.drawing ||= requestAnimationFrame(() => this.draw());
  }

  /** Runs a change of the rows without moving what the reader looks at. */
  hold(change: () => number): void {
    const index = Math.floor(this.port.scrollTop / HEIGHT);
    const anchor = this.following ? null : this.shown.rows[index];
    const offset = this.port.scrollTop - index * HEIGHT;
    const added = change();
    if (!this.following) this.unseen += added;
    if (anchor) this.moveTo(this.shown.lowerBound(anchor) * HEIGHT + offset);
    this.refresh();
  }

  jumpToLatest(): void {
    this.following = true;
    this.unseen = 0;
    this.refresh();
    this.onScroll();
  }

  select(row: Row | null): void {
    this.selected.row = row;
    this.revealing = row !== null;
    this.refresh();
    this.onSelect(row);
  }

  private moveTo(top: number): void {
    this.stretch();
    if (Math.abs(this.port.scrollTop - top) > 0.5) this.port.scrollTop = top;
    this.lastTop = this.port.scrollTop;
  }

  private stretch(): void {
    const height = `${this.shown.rows.length * HEIGHT}px`;
    if (this.spacer.style.height !== height) this.spacer.style.height = height;
  }

  private draw(): void {
    this.drawing = 0;
    const { rows } = this.shown;
    this.stretch();
    const seen = this.port.clientHeight;
    if (this.revealing) this.keepSelectedInSight(seen);
    if (this.following) this.moveTo(Math.max(0, rows.length * HEIGHT - seen));
    const top = this.port.scrollTop;
    const first = Math.max(0, Math.floor(top / HEIGHT) - OVERSCAN);
    const end = Math.min(rows.length, Math.ceil((top + seen) / HEIGHT) + OVERSCAN);
    setAttribute(this.element, "aria-rowcount", String(rows.length + 1));
    this.grow(end - first);
    const chosen = this.selected.row?.seq;
    let active: string | null = null;
    // Row i always takes the same element modulo the pool, so a scroll by one row rewrites one element.
    const used = new Set<RowView>();
    for (let i = first; i < end; i++) {
      const row = rows[i]!;
      const line = this.pool[i % this.pool.length]!;
      used.add(line);
      line.draw(row, i, i > 0 ? rows[i - 1]!.at : null, HEIGHT, row.seq === chosen);
      show(line.element, true);
      if (row.seq === chosen) active = line.element.id;
    }
    for (const line of this.pool) if (!used.has(line)) show(line.element, false);
    setAttribute(this.element, "aria-activedescendant", active);
  }

  // Opening the detail below takes room from the list, and may push the selected row out of it.
  private keepSelectedInSight(seen: number): void {
    this.revealing = false;
    const index = this.selected.row ? this.shown.indexOf(this.selected.row) : -1;
    if (index < 0) return;
    const top = index * HEIGHT;
    if (this.following && top < this.shown.rows.length * HEIGHT - seen) this.following = false;
    const { scrollTop } = this.port;
    if (top < scrollTop) this.moveTo(top);
    else if (top + HEIGHT > scrollTop + seen) this.moveTo(top + HEIGHT - seen);
  }

  private grow(count: number): void {
    while (this.pool.length < count) {
      const line = new RowView(`${this.view.id}-row-${this.pool.length}`, (who) => this.view.session.colour(who));
      this.pool.push(line);
      this.spacer.append(line.element);
    }
  }

  private scrolled(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.port;
    const before = this.following;
    if (scrollTop + clientHeight >= scrollHeight - 2) this.following = true;
    else if (scrollTop < this.lastTop - 1) this.following = false;
    this.lastTop = scrollTop;
    if (this.following) this.unseen = 0;
    if (before !== this.following || this.following) this.onScroll();
    this.draw();
  }

  private clicked(event: MouseEvent): void {
    const element = (event.target as Element).closest<HTMLElement>("[data-seq]");
    const row = this.pool.find((line) => line.element === element)?.row;
    if (!row || getSelection()?.type === "Range") return;
    this.select(row.seq === this.selected.row?.seq ? null : row);
  }

  private pressed(event: KeyboardEvent): void {
    if (event.target !== this.element || event.ctrlKey || event.metaKey || event.altKey) return;
    const { rows } = this.shown;
    const page = Math.max(1, Math.floor(this.port.clientHeight / HEIGHT) - 1);
    const now = this.selected.row ? this.shown.lowerBound(this.selected.row) : null;
    const steps: Record<string, number> = { ArrowUp: -1, ArrowDown: 1, PageUp: -page, PageDown: page };
    let next: number;
    if (event.key === "Home") next = 0;
    else if (event.key === "End") next = rows.length - 1;
    else if (event.key in steps) next = now === null ? rows.length - 1 : now + steps[event.key]!;
    else if (event.key === "Escape" && this.selected.row) return event.preventDefault(), this.select(null);
    else if (event.key === "Enter" && this.selected.row) return event.preventDefault(), this.onOpen();
    else return;
    event.preventDefault();
    if (!rows.length) return;
    next = Math.min(rows.length - 1, Math.max(0, next));
    this.following = next === rows.length - 1;
    this.select(rows[next]!);
    this.onScroll();
  }
}
