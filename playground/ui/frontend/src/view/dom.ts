/**
 * How views are drawn, without a framework: `h()` makes an element from a tag, attributes and children, once. A view keeps
 * the elements that change, and its `update` method, which `View.redrawOnChange` calls whenever the session changes, writes
 * into them with `setText`, `setAttribute` and `show`. An element that stays is written into, not replaced, so focus,
 * selection and scroll position are kept. Text is always text, never HTML, and what cannot be seen in it is written out.
 */

import { visible } from "../visible";

type Props = Record<string, unknown>;
type Child = Node | string | null | undefined | false;

const FOCUSABLE = new Set(["a", "button", "input", "select", "textarea", "summary"]);

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  // JupyterLab runs its shortcuts for keys pressed on an element unless that very element prevents it.
  if (FOCUSABLE.has(tag) || "tabindex" in props) element.setAttribute("data-lm-suppress-shortcuts", "true");
  if (tag === "button" && !("type" in props)) element.setAttribute("type", "button");
  for (const [name, value] of Object.entries(props)) {
    if (value == null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? "" : attributeText(name, String(value)));
  }
  for (const child of children) if (child) element.append(typeof child === "string" ? visible(child) : child);
  return element;
}

/** What a button says: in words where there is room, else with a sign. The button's `aria-label` has the words. */
export function labels(words: string, sign: string): HTMLElement[] {
  return [h("span", { class: "wp-long" }, words), h("span", { class: "wp-short", "aria-hidden": "true" }, sign)];
}

/** Sets text only when it differs, so that a selection inside it survives. */
export function setText(element: Element, text: string): void {
  const shown = visible(text);
  if (element.textContent !== shown) element.textContent = shown;
}

export function setAttribute(element: Element, name: string, value: string | null): void {
  const shown = value && attributeText(name, value);
  if (shown === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== shown) element.setAttribute(name, shown);
}

/** What a person gets to read of an attribute; other attributes are data. */
function attributeText(name: string, value: string): string {
  return name === "title" || name === "aria-label" ? visible(value) : value;
}

/** Buttons that had the focus when they were disabled. */
const focused = new WeakSet<HTMLButtonElement>();

/**
 * Enables or disables a button. One that is disabled for a moment gets its focus back, unless something else has taken it:
 * JupyterLab deletes cells by keys that are pressed where nothing has the focus.
 */
export function setDisabled(button: HTMLButtonElement, disabled: boolean): void {
  if (button.disabled === disabled) return;
  if (disabled && button.matches(":focus")) focused.add(button);
  button.disabled = disabled;
  if (disabled || !focused.delete(button)) return;
  const { activeElement } = button.getRootNode() as Document | ShadowRoot;
  if (!activeElement || activeElement.contains(button)) button.focus({ preventScroll: true });
}

export function show(element: HTMLElement, visible: boolean): void {
  if (isShown(element) !== visible) element.hidden = !visible;
}

export function isShown(element: HTMLElement): boolean {
  return !element.hidden;
}

interface Option {
  value: string;
  text: string;
  /** Its heading. */
  group?: string;
}

/** Makes a select offer `options`, keeping its choice where possible. */
export function setOptions(select: HTMLSelectElement, options: readonly Option[], chosen: string): void {
  const same =
    select.options.length === options.length &&
    options.every(({ value, text }, i) => select.options[i]!.value === value && select.options[i]!.text === text);
  if (!same) {
    select.replaceChildren();
    for (const { value, text, group } of options) {
      const last = select.lastElementChild;
      const place = !group
        ? select
        : last instanceof HTMLOptGroupElement && last.label === group
          ? last
          : select.appendChild(h("optgroup", { label: group }));
      place.append(h("option", { value }, text));
    }
  }
  if (select.value !== chosen) select.value = chosen;
}

export const onMac = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");
/** How the platform writes Mod-Enter. */
export const modEnter = onMac ? "⌘⏎" : "Ctrl+⏎";

export function isModEnter(event: KeyboardEvent): boolean {
  return event.key === "Enter" && (onMac ? event.metaKey : event.ctrlKey) && !event.shiftKey && !event.altKey;
}

export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
