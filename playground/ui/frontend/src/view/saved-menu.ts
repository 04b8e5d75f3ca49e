import type { Outgoing } from "../outgoing";
import type { SavedMessage, SavedMessages } from "../saved";
import { h, setText } from "./dom";
import { type Popover, popover } from "./popover";
import type { View } from "./view";

function build() {
  const list = h("ul", { class: "wp-saved-list", "aria-label": "Saved messages" });
  const none = h(
    "p",
    { class: "wp-dim" },
    "Nothing is saved yet. A message may hold {{n}}, {{now}}, {{uuid}} and names of your own such as {{room}}: they are asked for when it is sent.",
  );
  const name = h("input", {
    class: "wp-input",
    "aria-label": "Name for the message in the box",
    placeholder: "a name",
    autocomplete: "off",
    spellcheck: "false",
    "data-testid": "saved-name",
  });
  const save = h(
    "button",
    { class: "wp-button wp-small wp-primary", type: "submit", "data-testid": "saved-save" },
    "Save",
  );
  const says = h("div", { class: "wp-bad", role: "alert" });
  const form = h("form", { class: "wp-saved-form" }, name, save);
  const menu = h(
    "div",
    { class: "wp-saved", role: "dialog", "aria-label": "Saved messages", "data-testid": "saved-menu" },
    none,
    list,
    form,
    says,
  );
  return { list, none, name, says, form, menu };
}

function entryOf(message: SavedMessage, take: () => void, remove: () => void): HTMLElement {
  const entry = h(
    "button",
    { class: "wp-saved-entry", title: message.data.slice(0, 400), "data-testid": "saved-entry" },
    h("b", {}, message.name),
    h("span", { class: "wp-dim wp-mono wp-path" }, message.data.replace(/\s+/g, " ").slice(0, 80)),
  );
  const deleting = h(
    "button",
    {
      class: "wp-button wp-small",
      "aria-label": `Delete ${message.name}`,
      title: `Delete ${message.name}`,
      "data-testid": "saved-delete",
    },
    "✕",
  );
  entry.addEventListener("click", take);
  deleting.addEventListener("click", remove);
  return h("li", {}, entry, deleting);
}

/** Why the message cannot be saved under that name; null when it was. */
function saveAs(saved: SavedMessages, message: Outgoing | null, name: string): string | null {
  if (!message) return "A file cannot be saved; it may change.";
  if (!message.data) return "The box is empty; write the message first.";
  return name ? saved.save({ ...message, name }) : "Give it a name.";
}

/** Messages that were saved under a name: take one, delete one, save the one in the box. */
export function savedMenu(
  view: View,
  opener: HTMLButtonElement,
  current: () => Outgoing | null,
  take: (message: Outgoing) => void,
): Popover {
  const { saved } = view.session;
  const { list, none, name, says, form, menu } = build();
  const draw = (): void => {
    const messages = saved.list();
    none.hidden = messages.length > 0;
    list.hidden = !messages.length;
    const takeIt = (message: SavedMessage): void => {
      take(message);
      name.value = message.name;
      hanging.toggle(false);
    };
    const remove = (message: SavedMessage): void => {
      saved.remove(message.name);
      name.focus();
    };
    list.replaceChildren(
      ...messages.map((message) =>
        entryOf(
          message,
          () => takeIt(message),
          () => remove(message),
        ),
      ),
    );
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wrong = saveAs(saved, current(), name.value.trim());
    setText(says, wrong ?? "");
    if (wrong) return name.focus();
    hanging.toggle(false);
    opener.focus();
  });
  const hanging = popover(view, menu, [opener], () => {
    setText(says, "");
    draw();
    (list.querySelector("button") ?? name).focus();
  });
  opener.addEventListener("click", () => hanging.toggle(!hanging.isOpen()));
  view.scope.add(
    saved.changed.on(() => {
      if (hanging.isOpen()) draw();
    }),
  );
  return hanging;
}
