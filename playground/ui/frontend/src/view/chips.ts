import { ROW_CATEGORIES } from "../categories";
import {
  categoriesIn,
  clientTerm,
  hasTerms,
  hidesHeartbeats,
  NO_HEARTBEATS,
  toggleCategory,
  toggleHeartbeats,
  toggleTerms,
} from "../chips";
import { rowsCall } from "../python";
import { h, setAttribute, setText, show } from "./dom";
import type { View } from "./view";

const CLIENTS = 6;

export interface Chips {
  element: HTMLElement;
  /** Follows the filter's text. */
  update(): void;
}

/** Quick filters: categories of rows, clients, and no heartbeats. Each only writes into the filter's text. */
export function filterChips(view: View, query: () => string, write: (query: string) => void): Chips {
  const { session } = view;
  const chip = (name: string, title: string, testid: string): HTMLButtonElement =>
    h("button", { class: "wp-filter-chip", "aria-pressed": "false", title, "data-testid": testid }, name);
  const categories = ROW_CATEGORIES.filter(({ rare }) => !rare);
  const sorts = categories.map(({ name, label, title }) => {
    const button = chip(label ?? name, `${title}\n${rowsCall(session.logName, `is:${name}`)}`, `chip-${name}`);
    button.addEventListener("click", () => write(toggleCategory(query(), name)));
    return button;
  });
  const beats = chip("hide heartbeats", rowsCall(session.logName, NO_HEARTBEATS), "chip-heartbeats");
  beats.addEventListener("click", () => write(toggleHeartbeats(query())));
  const people = Array.from({ length: CLIENTS }, () => {
    const button = chip("", "", "chip-client");
    button.addEventListener("click", () => {
      const term = button.dataset.term!;
      const others = session.clients.flatMap((client) => clientTerm(client) ?? []).filter((each) => each !== term);
      write(toggleTerms(query(), [term], others));
    });
    return button;
  });
  const update = (): void => {
    const text = query();
    const asking = categoriesIn(text);
    categories.forEach(({ name }, i) => setAttribute(sorts[i]!, "aria-pressed", String(asking.includes(name))));
    setAttribute(beats, "aria-pressed", String(hidesHeartbeats(text)));
    const asked = session.clients.map((client) => ({ name: client.name, term: clientTerm(client) }));
    const known = asked.filter((each): each is { name: string; term: string } => each.term !== null);
    people.forEach((button, i) => {
      show(button, i < known.length);
      if (!known[i]) return;
      const { name, term } = known[i];
      button.dataset.term = term;
      button.dataset.colour = String(session.colour(name));
      setText(button, name);
      setAttribute(button, "title", rowsCall(session.logName, term));
      setAttribute(button, "aria-pressed", String(hasTerms(text, [term])));
    });
  };
  view.redrawOnChange(update);
  const element = h(
    "div",
    { class: "wp-chips", role: "group", "aria-label": "Quick filters" },
    ...sorts,
    ...people,
    beats,
  );
  return { element, update };
}
