import type { Note } from "../kernel-protocol";
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
    const notes = others ? [] : (endpoint?.notes ?? []);
    const now = JSON.stringify(notes);
    if (now !== drawn) list.replaceChildren(...notes.map((note) => noteView(view, note)));
    drawn = now;
    show(element, notes.length > 0);
  });
  return element;
}

function noteView(view: View, note: Note): HTMLElement {
  if (note.line === null) return h("li", {}, `⚠ ${note.text}`);
  const line = h(
    "button",
    { class: "wp-link", title: "Mark it in the editor", "data-testid": "note-line" },
    `line ${note.line}`,
  );
  line.addEventListener("click", () => view.pick(note));
  return h("li", {}, "⚠ ", line, `: ${note.text}`);
}
