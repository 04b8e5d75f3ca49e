import { h, setAttribute, show } from "../dom";

export interface Tab {
  name: string;
  /** The text after the name, such as a count. */
  note?: string;
  content: HTMLElement[];
}

/** Pages under a row of tabs: arrows move between them. `aside` is shown beside the tabs. */
export function tabs(
  id: string,
  pages: Tab[],
  chosen: number,
  onChoose: (name: string) => void,
  aside: HTMLElement,
): HTMLElement[] {
  const panel = h("div", { role: "tabpanel", class: "wp-page", "aria-labelledby": `${id}-tab-${chosen}` });
  const buttons = pages.map(({ name, note }, i) =>
    h(
      "button",
      { class: "wp-tab", role: "tab", id: `${id}-tab-${i}`, "data-testid": "detail-tab", "data-name": name },
      name,
      note ? h("span", { class: "wp-dim" }, ` ${note}`) : null,
    ),
  );
  const choose = (now: number): void => {
    buttons.forEach((button, i) => {
      setAttribute(button, "aria-selected", String(i === now));
      button.tabIndex = i === now ? 0 : -1;
    });
    setAttribute(panel, "aria-labelledby", `${id}-tab-${now}`);
    panel.replaceChildren(...pages[now]!.content);
  };
  buttons.forEach((button, i) =>
    button.addEventListener("click", () => {
      choose(i);
      onChoose(pages[i]!.name);
    }),
  );
  const strip = h("div", { class: "wp-tabs", role: "tablist", "aria-label": "Parts of the row" }, ...buttons);
  strip.addEventListener("keydown", (event) => {
    const now = buttons.findIndex((button) => button.matches(":focus"));
    const next = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: buttons.length - 1 }[event.key];
    const button = next === undefined ? undefined : buttons[(next + buttons.length) % buttons.length];
    if (!button) return;
    event.preventDefault();
    button.focus();
    button.click();
  });
  show(strip, pages.length > 1);
  choose(chosen);
  return [h("div", { class: "wp-tab-bar" }, strip, aside), panel];
}
