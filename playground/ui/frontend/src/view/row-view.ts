import { duration, clock, size, timeOf } from "../format";
import { dataOf, isAcross, lookOf, whoOf } from "../rowtext";
import type { Row } from "../wire";
import { h, setAttribute, setText } from "./dom";

export const COLUMNS = ["time", "client", "dir", "what", "data", "size", "took", "ver"] as const;

/** One recycled line of the timeline. */
export class RowView {
  readonly element: HTMLElement;
  row: Row | null = null;
  private cells: HTMLElement[];
  private hours = h("span", { class: "wp-hours" });
  private moment = h("span");
  private previous: number | null = null;
  private index = -1;
  private top = -1;

  constructor(id: string, private colour: (who: string) => number) {
    this.cells = COLUMNS.map((name) => h("span", { role: "gridcell", class: `wp-c wp-c-${name}` }));
    this.cells[0]!.append(this.hours, this.moment);
    this.element = h("div", { id, role: "row", class: "wp-row", "data-testid": "row" }, ...this.cells);
  }

  draw(row: Row, index: number, previous: number | null, height: number, selected: boolean): void {
    const top = index * height;
    if (top !== this.top) this.element.style.transform = `translateY(${(this.top = top)}px)`;
    if (index !== this.index) {
      this.index = index;
      setAttribute(this.element, "aria-rowindex", String(index + 2));
    }
    setAttribute(this.element, "aria-selected", selected ? "true" : "false");
    if (row === this.row && previous === this.previous) return;
    this.row = row;
    this.previous = previous;
    this.fill(row, previous);
  }

  private fill(row: Row, previous: number | null): void {
    const look = lookOf(row);
    const who = whoOf(row);
    const [time, client, glyph, what, data, bytes, took, version] = this.cells as [HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement];
    const { dataset } = this.element;
    dataset.kind = row.kind;
    dataset.seq = String(row.seq);
    dataset.tone = look.tone;
    dataset.error = row.error ? "true" : "false";
    dataset.across = isAcross(row) ? "true" : "false";
    const [, hours, moment] = /^(\d\d:)?(.*)$/.exec(row.kind === "gap" ? "" : timeOf(row.at, previous))!;
    setText(this.hours, hours ?? "");
    setText(this.moment, moment!);
    setAttribute(time, "title", row.kind === "gap" ? null : clock(row.at));
    setText(client, who);
    if (who) client.dataset.colour = String(this.colour(who));
    else delete client.dataset.colour;
    setText(glyph, look.glyph);
    setText(what, look.word);
    const text = dataOf(row);
    setText(data, text);
    setText(bytes, size(row.size));
    setText(took, row.running ? "running…" : duration(row.duration_ms));
    setText(version, row.version != null && !isAcross(row) ? `v${row.version}` : "");
  }
}
