import { h, isShown, setAttribute, show } from "./dom";
import type { View } from "./view";

export interface Popover {
  /** The anchor, which takes no space; the popover is placed below it. */
  anchor: HTMLElement;
  isOpen(): boolean;
  toggle(open: boolean): void;
}

/** Pixels of a popover at most, and at least, however little room there is. */
const [TALLEST, LOWEST] = [420, 160];

/** Places an open popover above or below what opened it, where the panel has more room, and no taller than that. */
export function placeWithin(element: HTMLElement, opener: HTMLElement): void {
  const panel = element.closest(".websocket-playground")?.getBoundingClientRect();
  const anchor = element.parentElement?.getBoundingClientRect();
  if (!panel || !anchor) return;
  const at = opener.getBoundingClientRect();
  const [above, below] = [anchor.top - panel.top, panel.bottom - at.bottom];
  const up = above >= Math.min(below, TALLEST);
  element.style.inset = up ? "auto 0 2px" : `${Math.round(at.bottom - anchor.top + 3)}px 0 auto`;
  element.style.maxHeight = `${Math.round(Math.min(TALLEST, Math.max(LOWEST, (up ? above : below) - 8)))}px`;
}

/** Moves an open popover to the right as far as the panel would cut it off at its left edge. */
export function keepInPanel(element: HTMLElement): void {
  element.style.translate = "";
  const panel = element.closest(".websocket-playground")?.getBoundingClientRect();
  const over = panel ? panel.left + 4 - element.getBoundingClientRect().left : 0;
  if (over > 0) element.style.translate = `${Math.ceil(over)}px`;
}

/** Shows `element` over what follows it; Escape and a press elsewhere close it. */
export function popover(
  view: View,
  element: HTMLElement,
  openers: readonly HTMLElement[],
  opened: () => void = () => {},
): Popover {
  element.classList.add("wp-popover");
  element.hidden = true;
  let before: Element | null = null;

  const toggle = (open: boolean): void => {
    if (open === isShown(element)) return;
    const focused = element.matches(":focus-within");
    if (open) before = (element.getRootNode() as Document | ShadowRoot).activeElement;
    show(element, open);
    for (const each of openers) setAttribute(each, "aria-expanded", String(open));
    if (open) return opened();
    // Safari does not focus a button that is pressed.
    const back = before instanceof HTMLElement && before !== document.body ? before : openers[0];
    if (focused) back?.focus();
  };
  for (const each of openers) setAttribute(each, "aria-expanded", "false");
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    toggle(false);
  });
  view.scope.listen<PointerEvent>(document, "pointerdown", (event) => {
    const path = event.composedPath();
    if (isShown(element) && !path.includes(element) && !openers.some((each) => path.includes(each))) toggle(false);
  });
  return { anchor: h("div", { class: "wp-anchor" }, element), isOpen: () => isShown(element), toggle };
}
