import type { EditorOptions, SourceEditor } from "../editor-module";
import { h, isModEnter, show } from "./dom";

/** An editor without libraries: one textarea per endpoint, so that the browser keeps an undo history for each. */
export function textareaEditor({ parent, onChange, onApply }: Omit<EditorOptions, "root">): SourceEditor {
  const areas = new Map<string, HTMLTextAreaElement>();
  let current: HTMLTextAreaElement | null = null;
  let locked = false;
  let name = "Source";

  const create = (): HTMLTextAreaElement => {
    const area = h("textarea", {
      class: "wp-source",
      spellcheck: "false",
      autocapitalize: "off",
      autocomplete: "off",
      wrap: "off",
    });
    area.addEventListener("input", () => onChange(area.value));
    area.addEventListener("keydown", (event) => {
      if (!isModEnter(event)) return;
      event.preventDefault();
      onApply();
    });
    parent.append(area);
    return area;
  };
  const dress = (): void => {
    if (!current) return;
    current.readOnly = locked;
    current.setAttribute("aria-label", name);
  };

  const reveal = (line: number): void => {
    if (!current) return;
    const lines = current.value.split("\n").length;
    current.scrollTop = (current.scrollHeight * (line - 1)) / lines - current.clientHeight / 2;
  };

  return {
    show(key, text) {
      let area = areas.get(key);
      if (!area) {
        area = create();
        areas.set(key, area);
      }
      current = area;
      for (const other of areas.values()) show(other, other === area);
      if (area.value !== text) area.value = text;
      dress();
    },
    text: () => current?.value ?? "",
    // A textarea cannot colour a line; the report below names it.
    mark() {},
    readOnly(on) {
      locked = on;
      dress();
    },
    label(text) {
      name = text;
      dress();
    },
    hasFocus: () => current?.matches(":focus") ?? false,
    focus: () => current?.focus(),
    goTo(line) {
      if (!current) return;
      const lines = current.value.split("\n");
      const start = lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0);
      current.focus();
      current.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
      reveal(line);
    },
    reveal,
    close() {
      for (const area of areas.values()) area.remove();
    },
  };
}
