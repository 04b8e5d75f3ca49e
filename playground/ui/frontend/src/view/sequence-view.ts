import { count } from "../format";
import type { Row } from "../kernel-protocol";
import type { Pace } from "../pace";
import { type Diagram, layOut, leftFor } from "../sequence";
import type { ShownRows } from "../shown";
import { h, isShown, setAttribute, setText, show } from "./dom";
import type { RowList } from "./row-list";
import { drawLine, drawLives, HEIGHT, svg } from "./sequence-drawing";
import type { View } from "./view";

const MOST = 500;
const HEAD = 34;
const OVERSCAN = 6;

/** The shown rows as a sequence diagram. It shares its selection and its keys with the list. */
export class SequenceView {
  readonly element: HTMLElement;
  private heads = h("div", { class: "wp-seq-heads", "aria-hidden": "true" });
  private body = svg("svg", { class: "wp-seq-body" });
  private note = h("p", { class: "wp-seq-note wp-dim", hidden: true });
  private scroller: HTMLElement;
  private diagram: Diagram | null = null;
  following = true;
  /** Rows that came below while the reader looked at older ones. */
  unseen = 0;
  private anchor: { row: Row; offset: number } | null = null;
  private stale = true;
  private revealing = false;
  private opening = false;

  constructor(
    private view: View,
    private shown: ShownRows,
    private list: RowList,
    private pace: Pace,
  ) {
    this.scroller = h(
      "div",
      {
        class: "wp-seq-scroller",
        tabindex: 0,
        role: "tree",
        "aria-label": "Sequence diagram; arrow keys choose a row",
        "data-testid": "sequence",
      },
      this.heads,
      this.body as unknown as HTMLElement,
    );
    this.element = h("div", { class: "wp-seq", hidden: true }, this.note, this.scroller);
    view.scope.listen(this.scroller, "scroll", () => this.scrolled(), { passive: true });
    // Not "click": while rows stream in, the pressed element is redrawn before the button is released.
    view.scope.listen<MouseEvent>(this.body, "mousedown", (event) => event.button === 0 && this.pointed(event));
    view.scope.listen<KeyboardEvent>(this.scroller, "keydown", (event) => {
      if (event.target === this.scroller)
        list.press(event, Math.floor((this.scroller.clientHeight - HEAD) / HEIGHT) - 1);
    });
    const resizing = new ResizeObserver(() => this.refresh());
    resizing.observe(this.scroller);
    view.scope.add(() => resizing.disconnect());
  }

  /** The rows have changed: the next drawing begins with them. */
  outdate(): void {
    this.stale = true;
  }

  private refresh(): void {
    this.outdate();
    this.pace.soon();
  }

  reveal(): void {
    this.revealing = true;
    this.refresh();
  }

  /** Called when the diagram is shown: scrolls sideways to where things happen. */
  open(): void {
    this.opening = true;
    this.reveal();
  }

  jumpToLatest(): void {
    this.following = true;
    this.unseen = 0;
    this.refresh();
  }

  /** Stays where the reader is, who has opened a line here. */
  stay(): void {
    this.following = false;
    this.remember();
  }

  focus(): void {
    this.scroller.focus();
  }

  private get first(): number {
    return Math.max(0, this.shown.rows.length - MOST);
  }

  /** Draws what is in sight, unless the list is shown instead. */
  draw(): void {
    if (!isShown(this.element)) return;
    const { clientWidth, clientHeight } = this.scroller;
    if (clientHeight === 0) return;
    if (this.stale || !this.diagram) {
      this.stale = false;
      this.diagram = layOut(this.shown.rows.slice(this.first), clientWidth);
      this.place();
    }
    const { lines, width } = this.diagram;
    const height = Math.max(lines.length * HEIGHT + 6, clientHeight - HEAD);
    for (const [name, value] of Object.entries({ width, height })) setAttribute(this.body, name, String(value));
    this.keepPlace(clientHeight - HEAD, height);
    if (this.opening && lines.length) {
      this.opening = false;
      this.scroller.scrollLeft = leftFor(this.diagram, clientWidth);
    }
    const from = Math.max(0, Math.floor(this.scroller.scrollTop / HEIGHT) - OVERSCAN);
    const to = Math.min(lines.length, Math.ceil((this.scroller.scrollTop + clientHeight) / HEIGHT) + OVERSCAN);
    const chosen = this.list.selected.row?.seq;
    const drawn = lines
      .slice(from, to)
      .map((line, i) =>
        drawLine(this.diagram!, line, from + i, `${this.view.id}-line-${line.row.seq}`, line.row.seq === chosen),
      );
    this.body.replaceChildren(drawLives(this.diagram, height), ...drawn);
    const active = drawn.find((each) => each.getAttribute("aria-selected") === "true");
    setAttribute(this.scroller, "aria-activedescendant", active?.id ?? null);
  }

  /** The names at the top, and a note about the rows that are left out. */
  private place(): void {
    const { lanes, servers, width } = this.diagram!;
    const room = Math.floor(width / (lanes.length + servers.length)) - 8;
    const head = (name: string, x: number, colour: number | null): HTMLElement => {
      const element = h("span", { class: "wp-seq-name", title: name, "data-colour": colour }, name);
      element.style.left = `${x}px`;
      element.style.maxWidth = `${room}px`;
      return element;
    };
    this.heads.style.width = `${width}px`;
    this.heads.replaceChildren(
      ...lanes.map(({ name, x }) => head(name, x, this.view.session.colour(name))),
      ...servers.map(({ name, x }) => head(name, x, null)),
    );
    show(this.note, this.first > 0);
    setText(
      this.note,
      this.first > 0 ? `the last ${MOST} of ${count(this.shown.rows.length)} rows; the list has all` : "",
    );
  }

  private keepPlace(seen: number, height: number): void {
    if (this.revealing) this.keepSelectedInSight(seen);
    if (this.following) this.unseen = 0;
    if (this.following) this.scroller.scrollTop = height;
    else if (this.anchor)
      this.scroller.scrollTop =
        Math.max(0, this.shown.lowerBound(this.anchor.row) - this.first) * HEIGHT + this.anchor.offset;
  }

  private keepSelectedInSight(seen: number): void {
    this.revealing = false;
    const { row } = this.list.selected;
    const index = row ? this.shown.indexOf(row) - this.first : -1;
    if (!row || index < 0) return;
    const top = index * HEIGHT;
    const now = this.scroller.scrollTop;
    if (top >= now && top + HEIGHT <= now + seen) return;
    this.scroller.scrollTop = top < now ? top : top + HEIGHT - seen;
    this.following = index === this.diagram!.lines.length - 1;
    this.remember();
  }

  private remember(): void {
    const index = Math.floor(this.scroller.scrollTop / HEIGHT);
    const row = this.shown.rows[this.first + index];
    this.anchor = row ? { row, offset: this.scroller.scrollTop - index * HEIGHT } : null;
  }

  private scrolled(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    this.following = scrollTop + clientHeight >= scrollHeight - 2;
    this.remember();
    this.pace.soon();
  }

  private pointed(event: MouseEvent): void {
    const seq = (event.target as Element).closest<SVGElement>("[data-seq]")?.dataset.seq;
    const line = this.diagram?.lines.find(({ row }) => String(row.seq) === seq);
    if (line?.row.folded) this.list.toggle(line.row);
    else if (line) this.list.select(line.row.seq === this.list.selected.row?.seq ? null : line.row);
  }
}
