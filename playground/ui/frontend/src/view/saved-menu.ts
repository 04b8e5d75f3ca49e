import type { Outgoing } from "../outgoing";
import type { SavedMessage } from "../saved";
import { h, setText, show } from "./dom";
import { type Popover, placeWithin, popover } from "./popover";
import { placeForm } from "./saved-entry";
import { savedFiles } from "./saved-files";
import { SavedList } from "./saved-list";
import type { View } from "./view";

/** Why the message cannot be saved; null when it can. */
function refusal(message: Outgoing | null, name: string): string | null {
  if (!message) return "A file cannot be saved; it may change.";
  if (!message.data) return "The box is empty; write the message first.";
  return name ? null : "Give it a name.";
}

/** Says what was deleted, and brings it back. `restored` is called when it is there again. */
function undoLine(view: View, restored: (message: SavedMessage) => void) {
  const { saved } = view.session;
  const undo = h("button", { class: "wp-button wp-small", "data-testid": "saved-undo" }, "Undo");
  const gone = h("span");
  const element = h("p", { class: "wp-saved-deleted", role: "status", hidden: true }, gone, " ", undo);
  let last: SavedMessage | null = null;
  undo.addEventListener("click", () => {
    if (!last || typeof saved.add([last]) === "string") return;
    show(element, false);
    restored(last);
  });
  return {
    element,
    hide: () => show(element, false),
    offer(message: SavedMessage): void {
      last = message;
      setText(gone, `“${message.name}” was deleted.`);
      show(element, true);
      undo.focus();
    },
  };
}

/** Messages that were saved under a name: take one, rename, move or delete one, save the one in the box; files of them. */
export function savedMenu(
  view: View,
  opener: HTMLButtonElement,
  current: () => Outgoing | null,
  take: (message: Outgoing) => void,
): Popover {
  const { saved, values } = view.session;
  const says = h("div", { class: "wp-bad", role: "alert" });
  const complain = (wrong: string | null): boolean => {
    setText(says, wrong ?? "");
    return wrong !== null;
  };
  const saving = placeForm("Save", "saved", (place) => {
    const message = current();
    if (complain(refusal(message, place.name) ?? saved.save({ ...message!, ...place }))) return saving.name.focus();
    hanging.toggle(false);
    opener.focus();
  });
  const list = new SavedList(view, {
    complain,
    take(message) {
      take({ kind: message.kind, data: message.data });
      saving.fill(message);
      hanging.toggle(false);
    },
    remove(message) {
      if (complain(saved.remove(message))) return;
      values.forget(message.data);
      undo.offer(message);
    },
  });
  const undo = undoLine(view, (message) => list.focusOn(message));
  const files = savedFiles(view);
  const menu = h(
    "div",
    { class: "wp-saved", role: "dialog", "aria-label": "Saved messages", "data-testid": "saved-menu" },
    list.element,
    undo.element,
    saving.element,
    says,
    files.element,
  );
  const update = (): void => {
    saving.offer(saved.folders());
    files.update(saved.list().length);
  };
  const hanging = popover(view, menu, [opener], () => {
    complain(null);
    undo.hide();
    files.clear();
    update();
    placeWithin(menu, opener);
    (list.reset() ?? saving.name).focus();
  });
  opener.addEventListener("click", () => hanging.toggle(!hanging.isOpen()));
  view.scope.add(
    saved.changed.on(() => {
      if (!hanging.isOpen()) return;
      list.draw();
      update();
    }),
  );
  return hanging;
}
