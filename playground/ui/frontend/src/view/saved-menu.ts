import type { Outgoing } from "../outgoing";
import { h, setText } from "./dom";
import { type Popover, popover } from "./popover";
import type { View } from "./view";

/** Messages that were saved under a name: take one, delete one, save the one in the box. */
export function savedMenu(
  view: View,
  opener: HTMLButtonElement,
  current: () => Outgoing | null,
  take: (message: Outgoing) => void,
): Popover {
  const { saved } = view.session;
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

  const draw = (): void => {
    const messages = saved.list();
    none.hidden = messages.length > 0;
    list.hidden = !messages.length;
    list.replaceChildren(
      ...messages.map((message) => {
        const entry = h(
          "button",
          { class: "wp-saved-entry", title: message.data.slice(0, 400), "data-testid": "saved-entry" },
          h("b", {}, message.name),
          h("span", { class: "wp-dim wp-mono wp-path" }, message.data.replace(/\s+/g, " ").slice(0, 80)),
        );
        const remove = h(
          "button",
          {
            class: "wp-button wp-small",
            "aria-label": `Delete ${message.name}`,
            title: `Delete ${message.name}`,
            "data-testid": "saved-delete",
          },
          "✕",
        );
        entry.addEventListener("click", () => {
          take(message);
          name.value = message.name;
          hanging.toggle(false);
        });
        remove.addEventListener("click", () => {
          saved.remove(message.name);
          name.focus();
        });
        return h("li", {}, entry, remove);
      }),
    );
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const message = current();
    const wanted = name.value.trim();
    const wrong = !message
      ? "A file cannot be saved; it may change."
      : !message.data
        ? "The box is empty; write the message first."
        : !wanted
          ? "Give it a name."
          : saved.save({ ...message, name: wanted });
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
