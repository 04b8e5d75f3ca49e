import { hexDump } from "../../bytes";
import { count, size } from "../../format";
import { indentJson } from "../../json";
import type { Row } from "../../kernel-protocol";
import { copyText, h, setAttribute, setText, show } from "../dom";

/** Larger JSON is shown as it was sent: indenting it would block the page. */
const LARGEST_INDENTED = 2_000_000;

/** The most characters that are laid out; a line of millions would hold the page. */
const SEEN = 200_000;

/** The payload in each form in which it can be shown. */
export function payloadView(row: Row, text: string | null, hex: string | null): HTMLElement {
  const pretty = text !== null && /^\s*[{[]/.test(text) && text.length < LARGEST_INDENTED ? indentJson(text) : null;
  const ways: [string, string][] = [];
  if (pretty !== null) ways.push(["Pretty", pretty]);
  if (text !== null) ways.push([pretty === null ? "Text" : "As sent", text]);
  if (hex !== null) ways.push(["Hex", hexDump(hex)]);
  const pre = h("pre", { class: "wp-payload", "data-testid": "payload" });
  const more = h("p", { class: "wp-dim", "data-testid": "payload-more" });
  let whole = "";
  const buttons = ways.map(([name]) => h("button", { class: "wp-tab" }, name));
  const choose = (chosen: number): void => {
    pre.classList.toggle("wp-columns", ways[chosen]![0] === "Hex");
    whole = ways[chosen]![1];
    setText(pre, whole.slice(0, SEEN));
    setText(more, whole.length > SEEN ? `… ${count(whole.length - SEEN)} more characters; Copy has them all` : "");
    show(more, whole.length > SEEN);
    buttons.forEach((button, i) => setAttribute(button, "aria-pressed", String(i === chosen)));
  };
  buttons.forEach((button, i) => button.addEventListener("click", () => choose(i)));
  choose(0);
  const copy = h("button", { class: "wp-tab", title: "Copy the payload as it is shown" }, "Copy");
  copy.addEventListener("click", async () => setText(copy, (await copyText(whole)) ? "Copied" : "No clipboard"));
  const much =
    row.size == null
      ? null
      : h(
          "span",
          { class: "wp-dim" },
          size(row.size) + (row.wire_size == null ? "" : ` · ${size(row.wire_size)} on the wire`),
        );
  return h(
    "section",
    { class: "wp-part" },
    h("div", { class: "wp-inline" }, h("h4", {}, "Payload"), ...buttons, much, h("span", { class: "wp-grow" }), copy),
    pre,
    more,
  );
}
