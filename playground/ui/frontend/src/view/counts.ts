import { count } from "../format";
import { h, setText } from "./dom";
import type { View } from "./view";

/** How many rows are kept in memory, were moved to a file, and were dropped. */
export function countsView(view: View): HTMLElement {
  const numbers = [
    { name: "kept", title: `Rows in the kernel's memory: ${view.session.logName}.kept` },
    {
      name: "spilled",
      title: "Rows that were moved from memory to a file; filters and exports still find them",
    },
    { name: "dropped", title: "Rows that were dropped: the log was full, or they came too fast" },
  ] as const;
  const parts = numbers.map(({ name, title }) => ({
    name,
    element: h("span", { title, "data-testid": `count-${name}` }),
  }));
  view.redrawOnChange(() => {
    const { counts } = view.session;
    for (const { name, element } of parts) {
      setText(element, `${count(counts[name] ?? 0)} ${name}`);
      element.dataset.some = String((counts[name] ?? 0) > 0);
    }
  });
  return h(
    "div",
    { class: "wp-kept wp-dim", role: "group", "aria-label": "Rows" },
    ...parts.map(({ element }) => element),
  );
}
