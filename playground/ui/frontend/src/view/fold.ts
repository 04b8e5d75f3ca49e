import type { Pane } from "../layout";
import { h, show } from "./dom";
import type { View } from "./view";

/** The heading of a pane, whose button collapses it; only a heading where the pane stands alone. */
export function paneHeading(view: View, pane: Pane, name: string): HTMLElement {
  const text = h("span", { class: "wp-heading" }, name);
  return h("h3", {}, view.alone ? text : foldButton(view, pane, name, text));
}

export function foldButton(view: View, pane: Pane, name: string, text: HTMLElement | null = null): HTMLElement {
  const button = h(
    "button",
    {
      class: "wp-fold",
      "aria-expanded": "true",
      "aria-label": text ? name : `Collapse ${name.toLowerCase()}`,
      title: `Collapse ${name.toLowerCase()}`,
      "data-testid": `collapse-${pane}`,
    },
    h("span", { class: "wp-fold-glyph", "aria-hidden": "true" }, "▾"),
    text,
  );
  button.addEventListener("click", () => view.layout.collapse(pane, true));
  return button;
}

export interface Foldable {
  /** The bar that stands in the place of the pane while it is collapsed. */
  stub: HTMLElement;
  update(): void;
}

/** Lets a pane collapse to a bar. `isThere` says whether there is anything to show, collapsed or not. */
export function foldable(
  view: View,
  pane: Pane,
  name: string,
  element: HTMLElement,
  isThere: () => boolean = () => true,
): Foldable {
  element.id ||= `${view.id}-${pane}`;
  const stub = h(
    "button",
    {
      class: "wp-stub",
      "aria-expanded": "false",
      "aria-controls": element.id,
      title: `Show ${name.toLowerCase()}`,
      "data-testid": `expand-${pane}`,
    },
    h("span", { class: "wp-fold-glyph", "aria-hidden": "true" }, "▸"),
    h("span", {}, name),
  );
  stub.addEventListener("click", () => view.layout.collapse(pane, false));
  const update = (): void => {
    const collapsed = view.layout.isCollapsed(pane);
    const hadFocus = (collapsed ? element : stub).matches(":focus-within");
    show(element, isThere() && !collapsed);
    show(stub, isThere() && collapsed);
    // What had the focus is gone, so it goes to what brings it back.
    if (hadFocus) (collapsed ? stub : element.querySelector<HTMLElement>(".wp-fold"))?.focus();
  };
  view.scope.add(view.layout.changed.on(update));
  update();
  return { stub, update };
}
