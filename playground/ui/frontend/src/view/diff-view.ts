import type { DiffLine, Fold } from "../diff";
import { plural } from "../format";
import { h } from "./dom";

const WORDS = { "-": "removed", "+": "added" };

/** Lines of a difference, each with its sign and colour. */
export function diffView(lines: readonly (DiffLine | Fold)[]): HTMLElement {
  return h("div", { class: "wp-diff" }, ...lines.map((line) => (line.sign === "…" ? folded(line) : drawn(line))));
}

function folded({ count }: Fold): HTMLElement {
  return h("div", { class: "wp-diff-fold" }, `⋯ ${plural(count, "unchanged line")}`);
}

function drawn({ sign, text }: DiffLine): HTMLElement {
  if (sign === " ")
    return h("div", { "data-sign": "same" }, h("i", { "aria-hidden": "true" }, " "), h("span", {}, text));
  const tag = sign === "-" ? "del" : "ins";
  return h(
    "div",
    { "data-sign": WORDS[sign] },
    h("i", { "aria-hidden": "true" }, sign === "-" ? "−" : "+"),
    h(tag, {}, text),
  );
}
