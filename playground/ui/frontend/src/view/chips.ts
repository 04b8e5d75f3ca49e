import { clientTerm, HEARTBEATS, hasTerms, SORTS, toggleTerms } from "../chips";
import { h, setAttribute, setText, show } from "./dom";
import { rowsCall } from "./filter-box";
import type { View } from "./view";

const CLIENTS = 6;

export interface Chips {
  element: HTMLElement;
  chosen: Set<string>;
  /** Follows the filter's text. */
  update(): void;
}

/** Quick filters: sorts of rows, clients, and no heartbeats. */
export function filterChips(view: View, query: () => string, write: (query: string) => void, changed: () => void): Chips {
  const { session } = view;
  const chosen = new Set<string>();
  const chip = (name: string, title: string, testid: string): HTMLButtonElement => h("button", { class: "wp-filter-chip", "aria-pressed": "false", title, "data-testid": testid }, name);
  const sorts = SORTS.map(({ name, title }) => {
    const button = chip(name, title, `chip-${name}`);
    button.addEventListener("click", () => {
      if (!chosen.delete(name)) chosen.add(name);
      setAttribute(button, "aria-pressed", String(chosen.has(name)));
      changed();
    });
    return button;
  });
  const beats = chip("hide heartbeats", rowsCall(HEARTBEATS.join(" ")), "chip-heartbeats");
  beats.addEventListener("click", () => write(toggleTerms(query(), HEARTBEATS)));
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
    setAttribute(beats, "aria-pressed", String(hasTerms(text, HEARTBEATS)));
    const asked = session.clients.map((client) => ({ name: client.name, term: clientTerm(client) }));
    const known = asked.filter((each): each is { name: string; term: string } => each.term !== null);
    people.forEach((button, i) => {
      show(button, i < known.length);
      if (!known[i]) return;
      const { name, term } = known[i];
      button.dataset.term = term;
      button.dataset.colour = String(session.colour(name));
      setText(button, name);
      setAttribute(button, "title", rowsCall(term));
      setAttribute(button, "aria-pressed", String(hasTerms(text, [term])));
    });
  };
  view.keep(update);
  const element = h("div", { class: "wp-chips", role: "group", "aria-label": "Quick filters" }, ...sorts, ...people, beats);
  return { element, chosen, update };
}
