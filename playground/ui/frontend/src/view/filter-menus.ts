import { HELP } from "../filter/help";
import type { SavedFilter } from "../saved-filters";
import { h, setText } from "./dom";
import { keepInPanel, type Popover, popover } from "./popover";
import type { View } from "./view";

/** What the menus need of the box. */
export interface Box {
  text(): string;
  /** Puts a filter into the box and uses it. */
  write(text: string): void;
}

/** What the filter can do, by examples that are used when they are pressed. */
export function helpMenu(view: View, opener: HTMLButtonElement, box: Box): Popover {
  const menu = h("div", {
    class: "wp-filter-menu wp-filter-help",
    role: "dialog",
    "aria-label": "How to filter",
    "data-testid": "filter-help-menu",
  });
  const popped = popover(view, menu, [opener], () => {
    keepInPanel(menu);
    menu.querySelector("button")?.focus();
  });
  for (const { title, examples } of HELP) {
    const lines = examples.map(({ query, about }) => {
      const use = h("button", { class: "wp-filter-example wp-mono", "data-testid": "filter-example" }, query);
      use.addEventListener("click", () => {
        popped.toggle(false);
        box.write(query);
      });
      return h("li", {}, use, h("span", { class: "wp-dim" }, about));
    });
    menu.append(h("section", {}, h("h4", {}, title), h("ul", { "aria-label": title }, ...lines)));
  }
  menu.append(h("p", { class: "wp-dim" }, "A key's value counts when it is whole: a space or Enter finishes it."));
  return popped;
}

function savedParts() {
  const list = h("ul", { "aria-label": "Saved filters" });
  const none = h("p", { class: "wp-dim" }, "No filter is saved yet.");
  const name = h("input", {
    class: "wp-input",
    "aria-label": "Name for the filter in the box",
    placeholder: "name for the filter in the box",
    autocomplete: "off",
    spellcheck: "false",
    "data-testid": "filter-name",
  });
  const save = h("button", { class: "wp-button wp-small", type: "submit", "data-testid": "filter-save" }, "Save");
  const form = h("form", { class: "wp-saved-form" }, name, save);
  const says = h("p", { class: "wp-bad", role: "alert" });
  const menu = h(
    "div",
    { class: "wp-filter-menu", role: "dialog", "aria-label": "Saved filters", "data-testid": "saved-filters-menu" },
    ...[none, list, form, says],
  );
  return { list, none, name, form, says, menu };
}

/** Filters that were saved under a name: use one, rename or delete one, save the one in the box. */
export function savedFiltersMenu(view: View, opener: HTMLButtonElement, box: Box): Popover {
  const { savedFilters } = view.session;
  const { list, none, name, form, says, menu } = savedParts();
  const tell = (failure: string | null): void => setText(says, failure ?? "");
  const draw = (): void => {
    const filters = savedFilters.list();
    none.hidden = filters.length > 0;
    list.replaceChildren(...filters.map(lineOf));
  };
  const lineOf = (filter: SavedFilter): HTMLElement => {
    const use = h(
      "button",
      { class: "wp-filter-example", title: filter.query, "data-testid": "saved-filter" },
      h("b", {}, filter.name),
      h("span", { class: "wp-dim wp-mono" }, filter.query),
    );
    const small = (verb: string, sign: string): HTMLButtonElement => {
      const label = `${verb} ${filter.name}`;
      const testid = `filter-${verb.toLowerCase()}`;
      return h(
        "button",
        { class: "wp-button wp-small", "aria-label": label, title: label, "data-testid": testid },
        sign,
      );
    };
    const [renaming, deleting] = [small("Rename", "✎"), small("Delete", "✕")];
    const line = h("li", {}, use, renaming, deleting);
    use.addEventListener("click", () => {
      popped.toggle(false);
      box.write(filter.query);
    });
    renaming.addEventListener("click", () => line.replaceChildren(renameForm(filter)));
    deleting.addEventListener("click", () => {
      savedFilters.remove(filter.name);
      name.focus();
    });
    return line;
  };
  const renameForm = (filter: SavedFilter): HTMLElement => {
    const other = h("input", {
      class: "wp-input",
      "aria-label": `New name of ${filter.name}`,
      "data-testid": "filter-new-name",
    });
    other.value = filter.name;
    const done = h("button", { class: "wp-button wp-small", type: "submit" }, "Rename");
    const rename = h("form", { class: "wp-saved-form" }, other, done);
    rename.addEventListener("submit", (event) => {
      event.preventDefault();
      tell(savedFilters.rename(filter.name, other.value));
    });
    queueMicrotask(() => other.select());
    return rename;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const failure = savedFilters.save({ name: name.value, query: box.text() });
    tell(failure);
    if (!failure) name.value = "";
  });
  const popped = popover(view, menu, [opener], () => {
    tell(null);
    draw();
    (list.querySelector("button") ?? name).focus();
  });
  view.scope.add(savedFilters.changed.on(draw));
  return popped;
}
