import { duration } from "../../format";
import type { TimePart } from "../../row-detail";
import { h } from "../dom";
import { part } from "./part";

/** How long each part took, as one divided bar. */
export function timesView(parts: readonly TimePart[]): HTMLElement | null {
  const total = parts.reduce((sum, { ms }) => sum + Math.max(0, ms), 0);
  if (!parts.length || total <= 0) return null;
  const said = parts.map(({ label, ms }) => `${label} ${duration(ms)}`).join(", ");
  const bar = h("div", { class: "wp-legs", role: "img", "aria-label": `${said}; together ${duration(total)}` });
  const words = h("div", { class: "wp-leg-words", "aria-hidden": "true" });
  parts.forEach(({ label, ms }, i) => {
    const piece = h("i", { "data-leg": i % 3, title: `${label} ${duration(ms)}` });
    piece.style.flexGrow = String(Math.max(ms / total, 0.01));
    bar.append(piece);
    words.append(h("span", { "data-leg": i % 3 }, h("i", {}), `${label} `, h("b", {}, duration(ms))));
  });
  return part(`Times · ${duration(total)}`, bar, words);
}
