import type { Scope } from "../signal";

/** Pixels between the panel and the edges of what it fits into. */
const MARGIN = 12;
export const LEAST = 520;
export const MOST = 900;
/** More than any page has. */
const HUGE = "100000px";

/**
 * Gives the root the height of what scrolls around it, so that all of the panel is in sight at once. `wanted` is another
 * height in pixels. The root gets `--wp-height` and `--wp-screen`, the height around, and `onWidth` is told its width.
 */
export function followRoom(
  root: HTMLElement,
  scope: Scope,
  wanted: number | null,
  onWidth: (width: number) => void,
): void {
  let around: Element | null = null;
  const write = (): void => {
    const room = wanted ?? around?.clientHeight ?? root.ownerDocument.documentElement.clientHeight;
    root.style.setProperty("--wp-height", `${wanted ?? heightIn(room)}px`);
    root.style.setProperty("--wp-screen", `${room}px`);
  };
  const watched = new ResizeObserver((entries) => {
    const own = entries.find(({ target }) => target === root);
    if (own && own.contentRect.width > 0) {
      onWidth(own.contentRect.width);
      // JupyterLab draws a view before it has a place in the page, and may move it to another place later.
      if (!around?.contains(root)) watch();
    }
    if (entries.some(({ target }) => target !== root)) write();
  });
  const watch = (): void => {
    if (around) watched.unobserve(around);
    around = scrollerOf(root);
    if (around) watched.observe(around);
    write();
  };
  watched.observe(root);
  scope.add(() => watched.disconnect());
  scope.listen(window, "resize", write);
  write();
}

export function heightIn(room: number): number {
  return Math.min(MOST, Math.max(LEAST, room - MARGIN));
}

/** The nearest ancestor that scrolls and whose height does not follow that of `element`. */
function scrollerOf(element: HTMLElement): Element | null {
  const scrollers: Element[] = [];
  for (let each = parentOf(element); each; each = parentOf(each))
    if (/auto|scroll/.test(getComputedStyle(each).overflowY)) scrollers.push(each);
  const heights = scrollers.map(({ clientHeight }) => clientHeight);
  const { minHeight } = element.style;
  element.style.minHeight = HUGE;
  const found = scrollers.find(({ clientHeight }, i) => clientHeight > 0 && clientHeight === heights[i]);
  element.style.minHeight = minHeight;
  return found && found !== document.documentElement && found !== document.body ? found : null;
}

function parentOf(element: Element): Element | null {
  const { parentElement, parentNode } = element;
  return parentElement ?? (parentNode instanceof ShadowRoot ? parentNode.host : null);
}
