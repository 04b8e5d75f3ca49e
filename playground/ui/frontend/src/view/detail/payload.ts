import { hexDump } from "../../bytes";
import { size } from "../../format";
import { indentJson } from "../../json";
import type { Row } from "../../kernel-protocol";
import { copyText, h, setAttribute, setText } from "../dom";

/** Larger JSON is shown as it was sent: indenting it would block the page. */
const LARGEST_INDENTED = 2_000_000;

/** The payload in each form in which it can be shown. */
export function payloadView(row: Row, text: string | null, hex: string | null): HTMLElement {
  const pretty = text !== null && /^\s*[{[]/.test(text) && text.length < LARGEST_INDENTED ? indentJson(text) : null;
  const ways: [string, string][] = [];
  if (pretty !== null) ways.push(["Pretty", pretty]);
  if (text !== null) ways.push([pretty === null ? "Text" : "As sent", text]);
  if (hex !== null) ways.push(["Hex", hexDump(hex)]);
  const pre = h("pre", { class: "wp-payload", "data-testid": "payload" });
  const buttons = ways.map(([name]) => h("button", { class: "wp-tab" }, name));
  const choose = (chosen: number): void => {
    pre.classList.toggle("wp-columns", ways[chosen]![0] === "Hex");
    setText(pre, ways[chosen]![1]);
    buttons.forEach((button, i) => setAttribute(button, "aria-pressed", String(i === chosen)));
  };
  buttons.forEach((button, i) => button.addEventListener("click", () => choose(i)));
  choose(0);
  const copy = h("button", { class: "wp-tab", title: "Copy the payload as it is shown" }, "Copy");
  copy.addEventListener("click", async () =>
    setText(copy, (await copyText(pre.textContent ?? "")) ? "Copied" : "No clipboard"),
  );
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
  );
}
