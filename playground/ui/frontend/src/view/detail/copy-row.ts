import { FORMATS, type RowWithDetail } from "../../copying";
import { copyText, h, setAttribute, setText, show } from "../dom";

/** "Copy as text, JSON, Python, websocat": each says in its title what it would copy. */
export function copyRow(whole: () => RowWithDetail | null): { element: HTMLElement; update(): void } {
  const buttons = Object.entries(FORMATS).map(([name, make]) => {
    const button = h(
      "button",
      { class: "wp-tab", "aria-label": `Copy the row as ${name}`, "data-testid": "copy-row", "data-format": name },
      name,
    );
    button.addEventListener("click", async () => {
      const now = whole();
      const text = now && make(now);
      if (text == null) return;
      setText(button, (await copyText(text)) ? "copied" : "no clipboard");
      setTimeout(() => setText(button, name), 1_500);
    });
    return { button, make };
  });
  const element = h(
    "div",
    { class: "wp-copy-row", role: "group", "aria-label": "Copy the row" },
    h("span", { class: "wp-dim" }, "copy as"),
    ...buttons.map(({ button }) => button),
  );
  return {
    element,
    update() {
      const now = whole();
      for (const { button, make } of buttons) {
        const text = now && now.row.kind !== "gap" ? make(now) : null;
        show(button, text !== null);
        setAttribute(button, "title", text && text.length > 400 ? `${text.slice(0, 399)}…` : text);
      }
    },
  };
}
