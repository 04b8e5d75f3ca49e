import { clock, duration, plural, sinceText, size, timeOf } from "../format";
import type { Row } from "../kernel-protocol";
import { dataCell, formOf, isAcross, lookOf, signName, versionBefore, whoOf } from "../rowtext";
import { dotsOf, witnessText } from "../witness-text";
import { h, setAttribute, setText } from "./dom";

export const COLUMNS = ["time", "client", "dir", "what", "data", "size", "took", "ver", "saw"] as const;
export const HEADS: Partial<Record<(typeof COLUMNS)[number], { text: string; title: string }>> = {
  dir: { text: "direction", title: "Direction: → from the client, ← to the client" },
  saw: {
    text: "c w h",
    title: "Who saw it: client, wire, handler. ● saw it, ○ did not, · no report, ◐ they differ",
  },
  size: { text: "size", title: "Bytes of payload · bytes of its frames on the wire" },
  took: { text: "duration", title: "How long the hook or the request ran; of a ping, the round trip" },
  what: { text: "kind", title: "What happened, by the name that kind: takes in the filter" },
  time: {
    text: "time",
    title: "Since the row before, or since the selected row; the clock when the pointer is over the row",
  },
};

/** What a row's drawing depends on besides the row. */
export interface DrawContext {
  previous: number | null;
  /** The time of the selected row, from which the others are counted. */
  selected: number | null;
}

/** Where a row is drawn. */
export interface Place {
  /** Pixels below the first row's upper edge. */
  top: number;
  /** Its error has a line of its own. */
  higher: boolean;
}

/** One recycled line of the timeline. */
export class RowView {
  readonly element: HTMLElement;
  row: Row | null = null;
  private cells: Record<(typeof COLUMNS)[number], HTMLElement>;
  private hours = h("span", { class: "wp-hours" });
  private moment = h("span");
  private clock = h("span", { class: "wp-clock" }, this.hours, this.moment);
  private delta = h("span", { class: "wp-delta" });
  private sign = h("span", { "aria-hidden": "true" });
  private kind = h("span");
  private form = h("span", { class: "wp-opcode" });
  private main = h("span", { class: "wp-main" });
  private diff = h("span", { class: "wp-diff-link" });
  private error = h("span", { class: "wp-said-error" });
  private printed = h("span", { class: "wp-printed" });
  private payload = h("span");
  private wire = h("span", { class: "wp-wire-size" });
  private timedBy: unknown[] = [];
  private dots = "";
  private index = -1;
  private top = -1;

  constructor(
    id: string,
    private colour: (who: string) => number,
    /** Whether the code of versions can be compared. */
    private diffs: boolean,
  ) {
    this.cells = Object.fromEntries(
      COLUMNS.map((name) => [name, h("span", { role: "gridcell", class: `wp-c wp-c-${name}` })]),
    ) as RowView["cells"];
    this.cells.time.append(this.delta, this.clock);
    this.cells.dir.append(this.sign);
    this.cells.what.append(this.kind, this.form);
    this.cells.data.append(this.main, this.diff, this.error, this.printed);
    this.cells.size.append(this.payload, this.wire);
    this.element = h("div", { id, role: "row", class: "wp-row", "data-testid": "row" }, ...Object.values(this.cells));
  }

  draw(row: Row, index: number, context: DrawContext, { top, higher }: Place, selected: boolean): void {
    if (top !== this.top) {
      this.top = top;
      this.element.style.transform = `translateY(${top}px)`;
    }
    setAttribute(this.element, "data-higher", String(higher));
    if (index !== this.index) {
      this.index = index;
      setAttribute(this.element, "aria-rowindex", String(index + 2));
    }
    setAttribute(this.element, "aria-selected", selected ? "true" : "false");
    this.drawTime(row, context, selected);
    if (row === this.row) return;
    this.row = row;
    this.fill(row);
  }

  private drawTime(row: Row, { previous, selected }: DrawContext, isSelected: boolean): void {
    const gap = row.kind === "gap";
    const by = [row.at, gap, previous, selected, isSelected];
    if (by.every((each, i) => each === this.timedBy[i])) return;
    this.timedBy = by;
    const absolute = gap ? "" : clock(row.at);
    const text =
      gap || isSelected ? absolute : selected !== null ? sinceText(row.at, selected) : timeOf(row.at, previous);
    setText(this.hours, absolute.slice(0, 3));
    setText(this.moment, absolute.slice(3));
    setText(this.delta, text === absolute ? "" : text);
    setAttribute(this.cells.time, "data-delta", String(text !== absolute));
    setAttribute(this.cells.time, "title", gap ? null : absolute);
  }

  private fill(row: Row): void {
    const { client, dir, what, took, ver } = this.cells;
    const look = lookOf(row);
    const who = whoOf(row);
    const facts = {
      kind: row.kind,
      seq: row.seq,
      tone: look.tone,
      error: Boolean(row.error),
      across: isAcross(row),
      differs: row.agree === false,
    };
    for (const [name, value] of Object.entries(facts)) setAttribute(this.element, `data-${name}`, String(value));
    setText(client, who);
    setAttribute(client, "data-colour", who ? String(this.colour(who)) : null);
    setText(this.sign, look.glyph);
    for (const name of ["aria-label", "title"]) setAttribute(dir, name, signName(row) || null);
    setText(this.kind, look.word);
    const form = formOf(row);
    setText(this.form, form && ` ${form}`);
    const known = [`kind:${row.kind}`, row.opcode && `${row.opcode} message`, row.hook];
    setAttribute(this.element, "title", row.folded ? foldedTitle(row) : null);
    setAttribute(what, "title", row.kind === "gap" ? null : known.filter(Boolean).join(" · "));
    const said = dataCell(row);
    setText(this.main, said.main);
    setText(this.error, said.error);
    setText(this.printed, said.printed);
    const before = this.diffs ? versionBefore(row) : null;
    setText(this.diff, before === null ? "" : `show diff v${before} → v${row.version}`);
    setText(this.payload, size(row.size));
    const wire = row.wire_size == null ? "" : size(row.wire_size);
    setText(this.wire, wire && (row.size != null ? ` · ${wire}` : row.wire_size ? `${wire} wire` : ""));
    const bytes = [size(row.size) && `${size(row.size)} of payload`, wire && `${wire} on the wire`];
    setAttribute(this.cells.size, "title", bytes.filter(Boolean).join(" · ") || null);
    setText(took, row.running ? "running…" : row.folded ? "" : duration(row.duration_ms));
    setAttribute(this.element, "aria-expanded", row.folded ? String(row.open) : null);
    setText(ver, row.version != null && !isAcross(row) ? `v${row.version}` : "");
    this.fillDots(row);
  }

  private fillDots(row: Row): void {
    const { saw } = this.cells;
    const known = `${row.saw} ${row.agree} ${row.codes ?? ""} ${isAcross(row)}`;
    if (known === this.dots) return;
    this.dots = known;
    const text = witnessText(row);
    setAttribute(saw, "title", text || null);
    setAttribute(saw, "aria-label", text || null);
    const dots = isAcross(row) ? [] : dotsOf(row);
    saw.replaceChildren(...dots.map(({ glyph, state }) => h("i", { "data-state": state }, glyph)));
  }
}

function foldedTitle({ folded = 0, at, until = at, open }: Row): string {
  const act = open ? "hide them" : "show them";
  return `${plural(folded, "heartbeat")} from ${clock(at)} to ${clock(until)}; click or Enter to ${act}`;
}
