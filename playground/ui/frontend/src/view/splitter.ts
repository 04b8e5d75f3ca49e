import { SPLITS, type Split, shareAfterKey } from "../layout";
import { h, setAttribute } from "./dom";
import type { View } from "./view";

/** The line between two neighbours in a flex container: dragged, moved by arrow keys, usual again after a double click. */
export function splitter(view: View, split: () => Split, label: string): HTMLElement {
  const { layout, scope } = view;
  const element = h("div", {
    class: "wp-split",
    role: "separator",
    tabindex: 0,
    "aria-label": label,
    title: "Drag, or use the arrow keys; a double click restores the usual size",
    "data-testid": `split-${split()}`,
  });
  const isStacked = (): boolean => getComputedStyle(element.parentElement!).flexDirection === "column";
  const update = (): void => {
    const { least, most } = SPLITS[split()];
    const values = { now: layout.size(split()), min: least, max: most };
    for (const [name, value] of Object.entries(values))
      setAttribute(element, `aria-value${name}`, String(Math.round(value)));
    if (element.isConnected) setAttribute(element, "aria-orientation", isStacked() ? "horizontal" : "vertical");
  };
  const drag = ({ clientX, clientY }: PointerEvent): void => {
    const { left, top, width, height } = element.parentElement!.getBoundingClientRect();
    layout.resize(split(), 100 * (isStacked() ? (clientY - top) / height : (clientX - left) / width));
  };

  scope.listen<PointerEvent>(element, "pointerdown", (event) => {
    if (event.button !== 0) return;
    // Otherwise the drag would select the text that it passes.
    event.preventDefault();
    element.focus();
    element.setPointerCapture(event.pointerId);
  });
  scope.listen<PointerEvent>(element, "pointermove", (event) => {
    if (element.hasPointerCapture(event.pointerId)) drag(event);
  });
  scope.listen(element, "dblclick", () => layout.reset(split()));
  scope.listen<KeyboardEvent>(element, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = shareAfterKey(event.key, layout.size(split()), split());
    if (next === null) return;
    event.preventDefault();
    layout.resize(split(), next);
  });
  scope.add(layout.changed.on(update));
  update();
  return element;
}
