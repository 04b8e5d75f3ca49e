import { isAt, type SavedMessage } from "../saved";
import { h, setText, show } from "./dom";
import { entryOf, placeForm } from "./saved-entry";
import type { View } from "./view";

/** With more messages than this there is a search. */
const FEW = 10;
const NOTHING_YET =
  "Nothing is saved yet. A message may hold {{n}}, {{now}}, {{uuid}} and names of your own such as {{room}}: they are asked for when it is sent.";

interface Actions {
  take(message: SavedMessage): void;
  remove(message: SavedMessage): void;
  /** Shows what is wrong, or that nothing is; returns whether something is. */
  complain(wrong: string | null): boolean;
}

function build() {
  const search = h("input", {
    class: "wp-input",
    type: "search",
    "aria-label": "Search the saved messages",
    placeholder: "search",
    autocomplete: "off",
    spellcheck: "false",
    "data-testid": "saved-search",
  });
  const list = h("div", { class: "wp-saved-list", role: "group", "aria-label": "Saved messages" });
  const none = h("p", { class: "wp-dim", "data-testid": "saved-none" });
  return { search, list, none };
}

/** The saved messages by folder, with a search when there are many. Arrows go through them, F2 changes one, Delete deletes it. */
export class SavedList {
  readonly element: HTMLElement;
  private parts = build();
  /** The message whose name and folder are being changed. */
  private changing: SavedMessage | null = null;

  constructor(
    private view: View,
    private actions: Actions,
  ) {
    const { search, list, none } = this.parts;
    this.element = h("div", { class: "wp-saved-all" }, search, none, list);
    search.addEventListener("input", () => this.draw());
    this.element.addEventListener("keydown", (event) => this.key(event));
  }

  /** As when it is opened: nothing is searched or being changed. Returns what gets the focus, if there is a message. */
  reset(): HTMLElement | undefined {
    const { search } = this.parts;
    this.changing = null;
    search.value = "";
    this.draw();
    return search.hidden ? this.entries()[0] : search;
  }

  draw(): void {
    const { search, list, none } = this.parts;
    const { saved } = this.view.session;
    const all = saved.list();
    show(search, all.length > FEW);
    const folders = new Map<string, SavedMessage[]>();
    for (const message of this.shown()) {
      const { folder = "" } = message;
      folders.set(folder, [...(folders.get(folder) ?? []), message]);
    }
    list.replaceChildren(...[...folders].map(([folder, inside]) => this.section(folder, inside)));
    show(none, folders.size === 0);
    setText(none, all.length ? "No saved message has these words." : NOTHING_YET);
  }

  /** Focuses the message, or returns false when it is not in sight. */
  focusOn(message: SavedMessage): boolean {
    const entry = this.entries()[this.shown().findIndex((each) => isAt(each, message))];
    entry?.focus();
    return entry !== undefined;
  }

  private section(folder: string, inside: readonly SavedMessage[]): HTMLElement {
    const lines = inside.map((message) =>
      this.changing && isAt(this.changing, message)
        ? h("li", {}, this.changeForm(message))
        : entryOf(message, { ...this.actions, change: (each) => this.change(each) }),
    );
    return h(
      "section",
      { "aria-label": folder || "Without a folder", "data-testid": "saved-folder" },
      folder && h("h4", {}, folder, h("span", { class: "wp-dim" }, ` · ${inside.length}`)),
      h("ul", {}, ...lines),
    );
  }

  private change(message: SavedMessage): void {
    this.changing = message;
    this.draw();
    const form = this.parts.list.querySelector("form");
    form?.scrollIntoView({ block: "nearest" });
    form?.querySelector("input")?.select();
  }

  private changeForm(message: SavedMessage): HTMLElement {
    const { saved } = this.view.session;
    const done = (at: SavedMessage): void => {
      this.actions.complain(null);
      this.changing = null;
      this.draw();
      this.focusOn(at);
    };
    const form = placeForm("Change", "saved-change", (place) => {
      if (this.actions.complain(place.name ? saved.move(message, place) : "Give it a name.")) return form.name.focus();
      done({ ...message, ...place });
    });
    form.fill(message);
    form.offer(saved.folders());
    form.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      done(message);
    });
    return form.element;
  }

  private key(event: KeyboardEvent): void {
    const { search } = this.parts;
    const all = this.entries();
    const at = all.indexOf(event.target as HTMLElement);
    const inSearch = event.target === search;
    if (at < 0 && !inSearch) return;
    if (event.key === "ArrowDown") all[Math.min(at + 1, all.length - 1)]?.focus();
    else if (event.key === "ArrowUp") (at > 0 ? all[at - 1] : search)?.focus();
    else if (event.key === "Enter" && inSearch) all[0]?.click();
    else if (event.key === "F2" && !inSearch) this.change(this.shown()[at]!);
    else if (event.key === "Delete" && !inSearch) this.actions.remove(this.shown()[at]!);
    else return;
    event.preventDefault();
  }

  private entries(): HTMLElement[] {
    return [...this.parts.list.querySelectorAll<HTMLElement>(".wp-saved-entry")];
  }

  private shown(): SavedMessage[] {
    const { search } = this.parts;
    const words = search.hidden ? [] : search.value.toLowerCase().split(/\s+/);
    return this.view.session.saved.list().filter(({ name, folder, data }) => {
      const text = `${folder ?? ""} ${name} ${data}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }
}
