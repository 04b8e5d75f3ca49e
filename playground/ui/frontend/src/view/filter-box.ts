import { everything, type Filter, parseFilter } from "../filter";
import { rowsCall } from "../python";
import { h, setAttribute, setText, show } from "./dom";
import { inForceText } from "./shown-text";
import type { View } from "./view";

/** An example of a filter. */
export const EXAMPLE = "alice kind:receive -kind:ping json.say=hello";

export interface FilterBox {
  element: HTMLElement;
  /** The filter in use: the text of the box, or its last text without a mistake. */
  query: string;
  filter: Filter;
  text(): string;
  write(text: string): void;
  /** Shows another problem than a mistake in the filter, such as a failed call. */
  say(message: string): void;
}

function build(id: string) {
  const input = h("input", {
    class: "wp-input wp-mono wp-filter",
    type: "search",
    "aria-label": "Filter",
    placeholder: EXAMPLE,
    spellcheck: "false",
    autocomplete: "off",
    "aria-describedby": `${id}-mistake`,
    "data-testid": "filter",
  });
  const before = h("span");
  const marked = h("mark");
  const after = h("span");
  const place = h("pre", { class: "wp-filter-place", "aria-hidden": "true" }, before, marked, after);
  const message = h("span");
  const inForce = h("div", { class: "wp-dim wp-filter-in-force", "data-testid": "filter-in-force" });
  const says = h(
    "div",
    {
      class: "wp-bad wp-filter-says",
      id: `${id}-mistake`,
      role: "alert",
      hidden: true,
      "data-testid": "filter-mistake",
    },
    place,
    message,
    inForce,
  );
  return { input, before, marked, after, place, message, inForce, says };
}

/** The filter's text. A mistake is shown at its place; meanwhile the last filter without a mistake stays in use. */
export function filterBox({ id, session }: View, changed: () => void): FilterBox {
  const { input, before, marked, after, place, message, inForce, says } = build(id);
  const box: FilterBox = {
    element: h("div", { class: "wp-filter-box" }, input, says),
    query: "",
    filter: everything,
    text: () => input.value,
    write(text) {
      input.value = text;
      read();
    },
    say(text) {
      setText(message, text);
      show(place, false);
      show(inForce, false);
      show(says, text !== "");
    },
  };
  const read = (): void => {
    const filter = parseFilter(input.value);
    const { mistake } = filter;
    setAttribute(input, "aria-invalid", mistake ? "true" : null);
    setText(before, input.value.slice(0, mistake?.from ?? 0));
    setText(marked, mistake ? input.value.slice(mistake.from, mistake.to) : "");
    setText(after, mistake ? input.value.slice(mistake.to) : "");
    setText(message, mistake?.message ?? "");
    setText(inForce, inForceText(box.query));
    show(place, mistake !== null);
    show(inForce, mistake !== null);
    show(says, mistake !== null);
    if (mistake) return;
    box.filter = filter;
    box.query = input.value.trim();
    setAttribute(input, "title", rowsCall(session.logName, box.query));
    changed();
  };
  setAttribute(input, "title", rowsCall(session.logName, ""));
  input.addEventListener("input", read);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && input.value) box.write("");
  });
  return box;
}
