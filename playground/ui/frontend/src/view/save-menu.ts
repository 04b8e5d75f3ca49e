import { rowsCall } from "../python";
import { copyText, h, isShown, setAttribute, setText, show } from "./dom";
import { download } from "./download";
import type { View } from "./view";

const FORMATS = [
  { format: "csv", name: "CSV", call: "to_csv()", type: "text/csv" },
  { format: "jsonl", name: "JSON Lines", call: "to_jsonl()", type: "application/jsonl" },
  { format: "har", name: "HAR (HTTP Archive)", call: "to_har()", type: "application/json" },
  { format: "mermaid", name: "Mermaid sequence diagram", call: "to_mermaid()", type: "text/plain" },
] as const;

function buildOpener(): HTMLButtonElement {
  return h(
    "button",
    {
      class: "wp-button",
      "aria-haspopup": "true",
      "aria-expanded": "false",
      title: "Save or copy the rows of the filter",
      "data-testid": "save",
    },
    "Save ▾",
  );
}

function buildRow(format: (typeof FORMATS)[number], run: (save: boolean) => void) {
  const button = (verb: "Save" | "Copy"): HTMLButtonElement =>
    h(
      "button",
      {
        class: "wp-button wp-small",
        "aria-label": `${verb} as ${format.name}`,
        "data-testid": `${verb.toLowerCase()}-${format.format}`,
      },
      verb,
    );
  const [save, copy] = [button("Save"), button("Copy")];
  save.addEventListener("click", () => run(true));
  copy.addEventListener("click", () => run(false));
  return { ...format, save, copy, element: h("div", { class: "wp-save-row" }, h("span", {}, format.name), save, copy) };
}

/** Replaces the panel in the notebook; `failed` says why it could not. */
function freezeRow({ kernel, opened }: View["session"], failed: (message: string) => void): HTMLElement {
  const freeze = h(
    "button",
    { class: "wp-button wp-small", title: `playground.freeze(${opened ? "log" : "pg"})`, "data-testid": "freeze" },
    "Freeze",
  );
  freeze.addEventListener("click", () => void kernel.call("freeze", {}).catch((error: Error) => failed(error.message)));
  return h("div", { class: "wp-save-row" }, h("span", {}, "Replace the panel by a static snapshot"), freeze);
}

/** Saves or copies the rows of the filter, as the kernel writes them. */
export function saveMenu(view: View, query: () => string): { element: HTMLElement; update(): void } {
  const opener = buildOpener();
  const about = h("p", { class: "wp-dim" });
  const state = h("p", { role: "status" });
  const secrets = h("input", { type: "checkbox", "data-testid": "with-secrets" });
  const rows = FORMATS.map((format) => buildRow(format, (save) => void run(format, save)));
  const still = freezeRow(view.session, (message) => setText(state, message));
  const menu = h(
    "div",
    { class: "wp-menu", role: "group", "aria-label": "Save the rows", hidden: true, "data-testid": "save-menu" },
    about,
    ...rows.map(({ element }) => element),
    h("label", { class: "wp-save-row" }, h("span", {}, secrets, " with secrets, which are masked otherwise")),
    still,
    state,
  );

  const toggle = (open: boolean): void => {
    if (open === isShown(menu)) return;
    const focused = menu.matches(":focus-within");
    show(menu, open);
    setAttribute(opener, "aria-expanded", String(open));
    setText(state, "");
    secrets.checked = false;
    if (open) update();
    if (open) rows[0]!.save.focus();
    else if (focused) opener.focus();
  };
  const run = async ({ format, type }: (typeof FORMATS)[number], save: boolean): Promise<void> => {
    setText(state, "loading from the kernel…");
    try {
      const { result } = await view.session.kernel.call<{ name: string; text: string; masked: string }>("export", {
        format,
        query: query(),
        ...(secrets.checked && { secrets: true }),
      });
      if (save) download(result.name, result.text, type);
      const done = save || (await copyText(result.text));
      const said = save ? `${result.name} saved` : "copied";
      const masked = result.masked ? `; ${result.masked}` : "";
      setText(state, done ? said + masked : "The browser did not let the panel copy.");
    } catch (error) {
      setText(state, (error as Error).message);
    }
  };
  const update = (): void => {
    setText(about, query() ? `Rows of the filter: ${query()}` : "All rows");
    for (const { call, save, copy } of rows)
      for (const button of [save, copy])
        setAttribute(
          button,
          "title",
          `${rowsCall(view.session.logName, query())}.${secrets.checked ? call.replace("()", "(secrets=True)") : call}`,
        );
  };
  secrets.addEventListener("change", update);
  view.redrawOnChange(() => {
    opener.disabled = !view.session.kernel.alive;
    if (opener.disabled) toggle(false);
  });

  opener.addEventListener("click", () => toggle(!isShown(menu)));
  const element = h("div", { class: "wp-save" }, opener, menu);
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") toggle(false);
  });
  view.scope.listen<PointerEvent>(document, "pointerdown", (event) => {
    if (isShown(menu) && !event.composedPath().includes(element)) toggle(false);
  });
  return { element, update };
}
