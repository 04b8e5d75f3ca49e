import { everything, type Filter, type Mistake, parseFilter } from "../filter";
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
  /** What the box asks for now; null while there is a mistake in it. */
  wanted: { query: string; filter: Filter } | null;
  text(): string;
  write(text: string): void;
  /** Takes what was wanted into use. */
  accept(query: string): void;
  /** Shows what is wrong with the filter that is wanted, found when it was run. */
  refuse(mistake: Mistake): void;
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

/** Characters shown before, at and after a mistake; it would take long to lay out a text of a million. */
const SEEN = 2_000;

/**
 * The filter's text. A mistake is shown at its place; meanwhile the last filter without a mistake stays in use.
 * `changed` is called for another filter, and has to accept or refuse it.
 */
export function filterBox({ id, session }: View, changed: () => void): FilterBox {
  const { input, before, marked, after, place, message, inForce, says } = build(id);
  const box: FilterBox = {
    element: h("div", { class: "wp-filter-box" }, input, says),
    query: "",
    wanted: { query: "", filter: everything },
    text: () => input.value,
    write(text) {
      input.value = text;
      read();
    },
    accept(query) {
      box.query = query;
      setText(inForce, inForceText(query));
      setAttribute(input, "title", rowsCall(session.logName, query));
    },
    refuse(mistake) {
      box.wanted = null;
      tell(mistake);
    },
    say(text) {
      setText(message, text);
      show(place, false);
      show(inForce, false);
      show(says, text !== "");
    },
  };
  const tell = (mistake: Mistake | null): void => {
    const { value } = input;
    const { from, to } = mistake ?? { from: 0, to: 0 };
    setAttribute(input, "aria-invalid", mistake ? "true" : null);
    setText(before, value.slice(0, from));
    setText(marked, value.slice(from, Math.min(to, from + SEEN)));
    setText(after, mistake ? value.slice(to, to + SEEN) : "");
    setText(message, mistake?.message ?? "");
    setText(inForce, inForceText(box.query));
    show(place, mistake !== null && from < SEEN);
    show(inForce, mistake !== null);
    show(says, mistake !== null);
  };
  const read = (): void => {
    const filter = parseFilter(input.value);
    tell(filter.mistake);
    box.wanted = filter.mistake ? null : { query: input.value.trim(), filter };
    if (box.wanted) changed();
  };
  setAttribute(input, "title", rowsCall(session.logName, ""));
  input.addEventListener("input", read);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && input.value) box.write("");
  });
  return box;
}
