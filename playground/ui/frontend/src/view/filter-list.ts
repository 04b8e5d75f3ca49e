import type { Option } from "../filter/completion";
import { h, isShown, setAttribute, show } from "./dom";

export interface FilterList {
  element: HTMLElement;
  isOpen(): boolean;
  /** Shows these options, or closes the list when there are none; `active` is the number of the one to begin with. */
  offer(options: readonly Option[], active?: number): void;
  close(): void;
  /** Makes the next option the active one, or with -1 the one before. */
  move(by: 1 | -1): void;
  /** The active option, or null. */
  active(): Option | null;
  first(): Option | null;
}

/** The options below a combobox (ARIA Authoring Practices, "Editable Combobox With List Autocomplete"). */
export function filterList(input: HTMLInputElement, id: string, take: (option: Option) => void): FilterList {
  const element = h("ul", { id, class: "wp-options", role: "listbox", "aria-label": "Completions", hidden: true });
  element.setAttribute("data-testid", "filter-options");
  let options: readonly Option[] = [];
  let at = -1;
  setAttribute(input, "role", "combobox");
  setAttribute(input, "aria-autocomplete", "list");
  setAttribute(input, "aria-expanded", "false");
  setAttribute(input, "aria-controls", id);

  const mark = (): void => {
    [...element.children].forEach((each, i) => setAttribute(each, "aria-selected", String(i === at)));
    element.children[at]?.scrollIntoView({ block: "nearest" });
    setAttribute(input, "aria-activedescendant", at < 0 ? null : `${id}-${at}`);
  };
  const list: FilterList = {
    element,
    isOpen: () => isShown(element),
    offer(fresh, active = -1) {
      options = fresh;
      at = fresh.length ? active : -1;
      const opens = fresh.length > 0 && !isShown(element);
      element.replaceChildren(...fresh.map((option, i) => lineOf(option, `${id}-${i}`)));
      show(element, fresh.length > 0);
      // The box may stand at the lower end of what is seen of a notebook.
      if (opens) element.scrollIntoView({ block: "nearest" });
      setAttribute(input, "aria-expanded", String(fresh.length > 0));
      mark();
    },
    close: () => list.offer([]),
    move(by) {
      at = at < 0 && by < 0 ? options.length - 1 : (at + by + options.length) % options.length;
      mark();
    },
    active: () => options[at] ?? null,
    first: () => options[0] ?? null,
  };
  // The focus stays in the box.
  element.addEventListener("pointerdown", (event) => event.preventDefault());
  element.addEventListener("mousedown", (event) => event.preventDefault());
  element.addEventListener("click", (event) => {
    const line = (event.target as Element).closest('[role="option"]');
    const option = options[[...element.children].indexOf(line!)];
    if (option) take(option);
  });
  return list;
}

function lineOf({ label, about }: Option, id: string): HTMLElement {
  return h(
    "li",
    { id, role: "option", "aria-selected": "false", "data-testid": "filter-option" },
    h("span", { class: "wp-mono" }, label),
    about && h("span", { class: "wp-dim" }, about),
  );
}
