import { hexDump } from "../bytes";
import { clock, duration, size } from "../format";
import { indentJson } from "../json";
import type { CallError } from "../kernel";
import { dataOf, errorOf, lookOf, whoOf } from "../rowtext";
import type { Detail, Row } from "../wire";
import { copyText, h, setAttribute, setText, show } from "./dom";
import { heldActions } from "./held";
import type { View } from "./view";

/** JSON that is larger stays as it was sent: indenting it would hold the page up. */
const LARGEST_INDENTED = 2_000_000;

export interface DetailPane {
  element: HTMLElement;
  show(row: Row | null): void;
  focus(): void;
}

/** One row in full: its payload, what it printed, its traceback and its fields. */
export function detailPane(view: View, onClose: () => void): DetailPane {
  const glyph = h("span", { class: "wp-detail-glyph", "aria-hidden": "true" });
  const title = h("b");
  const about = h("span", { class: "wp-dim wp-path" });
  const close = h("button", { class: "wp-button wp-small", "aria-label": "Close the detail", title: "Escape", "data-testid": "detail-close" }, "✕");
  const body = h("div", { class: "wp-detail-body", tabindex: 0, "aria-label": "Detail of the row" });
  let current: Row | null = null;
  const held = heldActions(view, true);
  const actions = h("div", { class: "wp-strip wp-held", role: "status", hidden: true });
  const offer = (): void => {
    const event = view.session.server.held?.find(({ seq }) => seq === current?.seq);
    if (event) held.show(event);
    if (event && !held.element.parentNode) actions.append(held.element);
    else if (!event) held.element.remove();
    show(actions, Boolean(event));
  };
  view.keep(offer);
  const element = h("aside", { class: "wp-detail", hidden: true, "aria-label": "Detail", "data-testid": "detail" }, h("div", { class: "wp-bar" }, glyph, title, about, h("span", { class: "wp-grow" }), close), actions, body);

  close.addEventListener("click", onClose);
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") onClose();
  });

  const render = async (row: Row): Promise<void> => {
    const look = lookOf(row);
    setText(glyph, look.glyph);
    element.dataset.tone = look.tone;
    setText(title, look.word);
    setText(about, [whoOf(row), row.path, clock(row.at)].filter(Boolean).join(" · "));
    if (row.kind === "gap") return void body.replaceChildren(h("p", {}, "These events came faster than the page can show. The kernel has them: see pg.log."));
    const waiting = h("p", { class: "wp-dim", role: "status" }, "asking the kernel…");
    body.replaceChildren(...sections(row, null), waiting);
    try {
      const { result } = await view.session.kernel.call<Detail>("detail", { seq: row.seq });
      if (current === row) body.replaceChildren(...sections(row, result));
    } catch (error) {
      if (current === row) setText(waiting, `Only the preview is here: ${(error as CallError).message}`);
    }
  };

  return {
    element,
    focus: () => body.focus(),
    show(row) {
      current = row;
      show(element, row !== null);
      offer();
      if (row) void render(row);
    },
  };
}

function sections(row: Row, detail: Detail | null): HTMLElement[] {
  const parts: HTMLElement[] = [];
  if (row.error) parts.push(section("Error", h("pre", { class: "wp-bad" }, errorOf(row))));
  if (detail?.traceback) parts.push(section("Traceback", h("pre", {}, detail.traceback)));
  const text = detail ? detail.text : row.preview;
  if (text != null || detail?.hex) parts.push(payload(text ?? null, detail?.hex ?? null));
  const printed = detail?.output ?? (row.output ? ([["stdout", row.output]] as [string, string][]) : []);
  if (printed.length) parts.push(section("Printed", h("pre", {}, ...printed.map(([stream, said]) => h("span", { class: stream === "stderr" ? "wp-bad" : "" }, said)))));
  const fields = Object.entries(detail?.fields ?? ownFields(row));
  if (fields.length) parts.push(section("Fields", h("dl", { class: "wp-facts" }, ...fields.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))]))));
  return parts;
}

function ownFields(row: Row): Record<string, string> {
  const facts: [string, string | null][] = [
    ["data", row.error || row.output ? null : dataOf(row)],
    ["size", size(row.size)],
    ["took", duration(row.duration_ms)],
    ["version", row.version == null ? null : `v${row.version}`],
    ["connection", row.connection == null ? null : `#${row.connection}`],
  ];
  return Object.fromEntries(facts.filter((fact): fact is [string, string] => Boolean(fact[1])));
}

function section(name: string, ...content: HTMLElement[]): HTMLElement {
  return h("section", { class: "wp-part" }, h("h4", {}, name), ...content);
}

/** The payload, in as many ways as it can be read. */
function payload(text: string | null, hex: string | null): HTMLElement {
  const pretty = text !== null && /^\s*[{[]/.test(text) && text.length < LARGEST_INDENTED ? indentJson(text) : null;
  const ways: [string, string][] = [];
  if (pretty !== null) ways.push(["Pretty", pretty]);
  if (text !== null) ways.push([pretty === null ? "Text" : "As sent", text]);
  if (hex !== null) ways.push(["Hex", hexDump(hex)]);
  const pre = h("pre", { "data-testid": "payload" });
  const buttons = ways.map(([name]) => h("button", { class: "wp-tab" }, name));
  const choose = (chosen: number): void => {
    pre.classList.toggle("wp-columns", ways[chosen]![0] === "Hex");
    setText(pre, ways[chosen]![1]);
    buttons.forEach((button, i) => setAttribute(button, "aria-pressed", String(i === chosen)));
  };
  buttons.forEach((button, i) => button.addEventListener("click", () => choose(i)));
  choose(0);
  const copy = h("button", { class: "wp-tab" }, "Copy");
  copy.addEventListener("click", async () => setText(copy, (await copyText(pre.textContent ?? "")) ? "Copied" : "No clipboard"));
  return h("section", { class: "wp-part" }, h("div", { class: "wp-inline" }, h("h4", {}, "Payload"), ...buttons, h("span", { class: "wp-grow" }), copy), pre);
}
