import { type Place, readFolder, type SavedMessage } from "../saved";
import { h } from "./dom";

interface Actions {
  take(message: SavedMessage): void;
  change(message: SavedMessage): void;
  remove(message: SavedMessage): void;
}

/** A line of the list: the message, and what can be done with it. */
export function entryOf(message: SavedMessage, actions: Actions): HTMLElement {
  const entry = h(
    "button",
    {
      class: "wp-saved-entry",
      title: `${message.data.slice(0, 400)}\n\nF2 renames or moves it, Delete deletes it`,
      "data-testid": "saved-entry",
    },
    h("b", {}, message.name),
    h("span", { class: "wp-dim wp-mono wp-path" }, message.data.slice(0, 400).replace(/\s+/g, " ").slice(0, 80)),
  );
  const button = (text: string, label: string, testid: string, act: () => void): HTMLElement => {
    const made = h(
      "button",
      { class: "wp-button wp-small", "aria-label": label, title: label, "data-testid": testid },
      text,
    );
    made.addEventListener("click", act);
    return made;
  };
  entry.addEventListener("click", () => actions.take(message));
  return h(
    "li",
    {},
    entry,
    button("✎", `Rename or move ${message.name}`, "saved-change", () => actions.change(message)),
    button("✕", `Delete ${message.name}`, "saved-delete", () => actions.remove(message)),
  );
}

let lists = 0;

/** A name, a folder and a button; `submit` gets what was written. */
export function placeForm(verb: string, testid: string, submit: (place: Place) => void) {
  const field = (label: string, placeholder: string, id: string, more = {}): HTMLInputElement =>
    h("input", {
      class: "wp-input",
      "aria-label": label,
      placeholder,
      autocomplete: "off",
      spellcheck: "false",
      "data-testid": `${testid}-${id}`,
      ...more,
    });
  const known = h("datalist", { id: `wp-folders-${++lists}` });
  const name = field("Name of the message", "a name", "name", { maxlength: "200" });
  const folder = field("Folder", "folder, if you like", "folder", { list: known.id, maxlength: "1000" });
  const button = h(
    "button",
    { class: "wp-button wp-small wp-primary", type: "submit", "data-testid": `${testid}-save` },
    verb,
  );
  const element = h("form", { class: "wp-saved-form" }, name, folder, known, button);
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    submit({ name: name.value.trim(), folder: readFolder(folder.value) });
  });
  return {
    element,
    name,
    fill(place: Place): void {
      name.value = place.name;
      folder.value = place.folder ?? "";
    },
    /** The folders that there are, to choose from. */
    offer(folders: readonly string[]): void {
      known.replaceChildren(...folders.map((each) => h("option", { value: each })));
    },
  };
}
