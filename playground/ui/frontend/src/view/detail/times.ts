import { fineDuration as duration } from "../../format";
import type { Leg } from "../../row-detail";
import { h } from "../dom";
import { part } from "./part";

/** Where the time went: one bar, split. */
export function timesView(legs: readonly Leg[]): HTMLElement | null {
  const total = legs.reduce((sum, { ms }) => sum + Math.max(0, ms), 0);
  if (!legs.length || total <= 0) return null;
  const said = legs.map(({ label, ms }) => `${label} ${duration(ms)}`).join(", ");
  const bar = h("div", { class: "wp-legs", role: "img", "aria-label": `${said}; together ${duration(total)}` });
  const words = h("div", { class: "wp-leg-words", "aria-hidden": "true" });
  legs.forEach(({ label, ms }, i) => {
    const piece = h("i", { "data-leg": i % 3, title: `${label} ${duration(ms)}` });
    piece.style.flexGrow = String(Math.max(ms / total, 0.01));
    bar.append(piece);
    words.append(h("span", { "data-leg": i % 3 }, h("i", {}), `${label} `, h("b", {}, duration(ms))));
  });
  return part(`Times · ${duration(total)}`, bar, words);
}
