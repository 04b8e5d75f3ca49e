import { count, plural } from "../format";
import { h, isShown, setText, show } from "./dom";
import type { View } from "./view";

/** Connections and rows in one line. What is zero is not shown, and nothing is announced, because it changes with the traffic. */
export function countsView(view: View): HTMLElement {
  const { session } = view;
  const part = (name: string): HTMLElement => h("span", { "data-testid": `count-${name}` });
  const [connections, kept, spilled, dropped] = ["connections", "kept", "spilled", "dropped"].map(part) as [
    HTMLElement,
    HTMLElement,
    HTMLElement,
    HTMLElement,
  ];
  spilled.title = "Rows that were moved from memory to a file; filters and exports still find them";
  dropped.title = "Rows that were dropped: the log was full, or its file could not keep up";
  const element = h("div", {
    class: "wp-counts wp-dim",
    role: "group",
    "aria-label": "Counts",
    "data-testid": "counts",
  });
  element.append(connections, kept, spilled, dropped);
  const write = (each: HTMLElement, number: number, text: string): void => {
    setText(each, text);
    show(each, number > 0);
  };
  view.redrawOnChange(() => {
    const { counts, endpoints, logName } = session;
    const open = endpoints.reduce((sum, endpoint) => sum + endpoint.connections, 0);
    write(connections, session.opened ? 0 : open, plural(open, "connection"));
    write(kept, counts.kept, plural(counts.kept, "row"));
    write(spilled, counts.spilled ?? 0, `${count(counts.spilled ?? 0)} spilled`);
    write(dropped, counts.dropped, `${count(counts.dropped)} dropped`);
    const all = [connections, kept, spilled, dropped];
    element.title = all
      .filter(isShown)
      .map((each) => each.textContent)
      .join(" · ");
    kept.title = `Rows in the kernel's memory: ${logName}.kept; since the log began: ${count(counts.total)}, ${logName}.total`;
  });
  return element;
}
