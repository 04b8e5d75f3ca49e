import type { Note } from "../kernel-protocol";
import { inOrder } from "../live";
import { resetCall } from "../python";
import { h, show } from "./dom";
import type { View } from "./view";

/** What is worth knowing about the code that is live; a note with a line leads there. */
export function noteList(view: View): HTMLElement {
  const list = h("ul", { "aria-label": "Notes on this code" });
  const element = h("div", { class: "wp-notes", role: "status", hidden: true, "data-testid": "notes" }, list);
  let drawn = "[]";
  view.redrawOnChange(() => {
    const { endpoint, session } = view;
    const report = session.edits.reports.get(endpoint?.key ?? "");
    // The lines of a draft that was refused are others, and so are those of code that is being run.
    const others = report?.state === "rejected" || (report?.state === "applying" && report.long);
    const notes = others ? [] : inOrder(endpoint?.notes ?? []);
    const now = JSON.stringify([endpoint?.key, notes]);
    if (now !== drawn) list.replaceChildren(...notes.map((note) => noteView(view, note)));
    for (const button of list.querySelectorAll<HTMLButtonElement>("[data-testid=note-reset]"))
      button.disabled = !endpoint?.editable || !session.kernel.alive;
    drawn = now;
    show(element, notes.length > 0);
  });
  return element;
}

function noteView(view: View, note: Note): HTMLElement {
  const reset = note.kind === "conflict" && resetButton(view);
  if (note.line === null) return h("li", {}, `⚠ ${note.text}`, reset);
  const line = h(
    "button",
    { class: "wp-link", title: "Mark it in the editor", "data-testid": "note-line" },
    `line ${note.line}`,
  );
  line.addEventListener("click", () => view.pick(note));
  return h("li", {}, "⚠ ", line, `: ${note.text}`, reset);
}

/** Two changes of a value cannot both be kept; a reset takes the code's. */
function resetButton(view: View): HTMLElement {
  const call = resetCall(view.endpoint?.path ?? "");
  const props = { class: "wp-button wp-small", title: call, "data-testid": "note-reset" };
  const button = h("button", props, "Reset state");
  button.addEventListener("click", () => {
    if (view.endpoint) void view.session.edits.reset(view.endpoint);
  });
  return button;
}
