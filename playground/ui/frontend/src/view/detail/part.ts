import { h } from "../dom";

type Child = Node | string | null | undefined | false;

/** One titled part of the detail. */
export function part(name: string, ...content: Child[]): HTMLElement {
  return h("section", { class: "wp-part" }, h("h4", {}, name), ...content);
}
