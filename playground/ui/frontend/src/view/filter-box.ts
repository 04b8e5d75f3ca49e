import { everything, type Filter, type Mistake, parseFilter } from "../filter";
import { completions, type Option } from "../filter/completion";
import { advice } from "../filter/help";
import { type Known, knownWords } from "../filter/known";
import { unfinished } from "../filter/unfinished";
import { rowsCall } from "../python";
import { h, setAttribute, setText, show } from "./dom";
import { type FilterList, filterList } from "./filter-list";
import { helpMenu, savedFiltersMenu } from "./filter-menus";
import { inForceText } from "./shown-text";
import type { View } from "./view";

/** An example of a filter. */
export const EXAMPLE = "alice kind:receive -kind:ping json.say=hello";

export interface FilterBox {
  element: HTMLElement;
  /** The filter in use: the text of the box, or its last text that was whole and without a mistake. */
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
    type: "text",
    "aria-label": "Filter",
    placeholder: EXAMPLE,
    spellcheck: "false",
    autocomplete: "off",
    "aria-describedby": `${id}-mistake ${id}-note`,
    "data-testid": "filter",
  });
  const before = h("span");
  const marked = h("mark");
  const after = h("span");
  const place = h("pre", { class: "wp-filter-place", "aria-hidden": "true" }, before, marked, after);
  const message = h("span");
  const inForce = h("div", { class: "wp-dim", "data-testid": "filter-in-force" });
  const says = h(
    "div",
    { class: "wp-bad", id: `${id}-mistake`, role: "alert", hidden: true, "data-testid": "filter-mistake" },
    place,
    message,
    inForce,
  );
  const note = h("p", { class: "wp-dim", id: `${id}-note`, hidden: true, "data-testid": "filter-note" });
  const button = (text: string, label: string, testid: string): HTMLButtonElement =>
    h("button", { class: "wp-filter-button", "aria-label": label, title: label, "data-testid": testid }, text);
  const clear = button("✕", "Clear the filter", "filter-clear");
  const saved = button("☆", "Saved filters", "filter-saved");
  const help = button("?", "How to filter", "filter-help");
  return { input, before, marked, after, place, message, inForce, says, note, clear, saved, help };
}

type Parts = ReturnType<typeof build>;

/** Characters shown before, at and after a mistake; it would take long to lay out a text of a million. */
const SEEN = 2_000;

/** Shows what is wrong, and where; or what is not in use yet, and why. */
function tellers(parts: Parts, inForce: () => string) {
  const { input, before, marked, after, place, message, says, note } = parts;
  return {
    mistake(mistake: Mistake | null): void {
      const { value } = input;
      const { from, to } = mistake ?? { from: 0, to: 0 };
      setAttribute(input, "aria-invalid", mistake ? "true" : null);
      setText(before, value.slice(0, from));
      setText(marked, value.slice(from, Math.min(to, from + SEEN)));
      setText(after, mistake ? value.slice(to, to + SEEN) : "");
      setText(message, mistake?.message ?? "");
      setText(parts.inForce, inForceText(inForce()));
      show(place, mistake !== null && from < SEEN);
      show(parts.inForce, mistake !== null);
      show(says, mistake !== null);
    },
    note(text: string | null): void {
      setText(note, text ?? "");
      show(note, text !== null);
    },
    say(text: string): void {
      setText(message, text);
      show(place, false);
      show(parts.inForce, false);
      show(says, text !== "");
    },
  };
}

/**
 * The filter's text. A mistake is shown at its place; meanwhile, and while a term is being typed, the last filter stays
 * in use. `changed` is called for another filter, and has to accept or refuse it.
 */
export function filterBox(view: View, changed: () => void): FilterBox {
  const { id, session } = view;
  const parts = build(id);
  const { input, clear } = parts;
  const box: FilterBox = {
    element: h("div", { class: "wp-filter-box" }, input),
    query: "",
    wanted: { query: "", filter: everything },
    text: () => input.value,
    write(text) {
      input.value = text;
      list.close();
      reader.read(false);
    },
    accept(query) {
      box.query = query;
      setText(parts.inForce, inForceText(query));
      setAttribute(input, "title", rowsCall(session.logName, query));
    },
    refuse(mistake) {
      box.wanted = null;
      tell.mistake(mistake);
    },
    say: (text) => tell.say(text),
  };
  const tell = tellers(parts, () => box.query);
  const words = (): Known => knownWords(session);
  const reader = readerOf(parts, tell, { box, words, changed });
  const offer = (asked = false): void =>
    list.offer(completions(input.value, input.selectionEnd ?? 0, words(), asked), asked ? 0 : -1);
  const take = (option: Option): void => {
    input.setRangeText(option.text, option.from, option.to, "end");
    reader.read(option.open);
    if (option.open) offer();
    else list.close();
  };
  const list = filterList(input, `${id}-options`, take);
  const finish = (): void => {
    list.close();
    reader.finish();
  };

  setAttribute(input, "title", rowsCall(session.logName, ""));
  show(clear, false);
  input.addEventListener("input", (event) => {
    const typing = isTyping(event as InputEvent);
    reader.read(typing);
    if (typing) offer();
    else list.close();
  });
  input.addEventListener("blur", finish);
  input.addEventListener("keydown", (event) => pressed(event, { list, take, offer, finish, box }));
  assemble(view, parts, list.element, box);
  return box;
}

/** Whether somebody is typing: what is pasted, or comes at once from a program, is whole. */
function isTyping({ inputType = "", data }: InputEvent): boolean {
  return (
    /^(?:insertComposition|delete)/.test(inputType) || (inputType === "insertText" && [...(data ?? "")].length < 2)
  );
}

interface Reading {
  box: FilterBox;
  words(): Known;
  changed(): void;
}

/** Reads the text: what is whole is wanted, and what is still being typed waits. */
function readerOf({ input, clear }: Parts, tell: ReturnType<typeof tellers>, { box, words, changed }: Reading) {
  let waits = false;
  const read = (typing: boolean): void => {
    const { value } = input;
    const filter = parseFilter(value);
    const { mistake } = filter;
    const term = typing ? unfinished(value, input.selectionEnd ?? value.length, words()) : null;
    const open = typing && mistake?.open === true;
    show(clear, value !== "");
    // A mistake before the term that is being typed is told at once.
    waits = (term !== null || open) && (!mistake || open || mistake.to > term!.from);
    tell.mistake(waits ? null : mistake);
    const what = term ? `“${value.slice(term.from, term.to)}”` : mistake?.message.replace(/^column \d+: /, "");
    const how = mistake ? "" : "; a space or Enter applies it";
    tell.note(waits ? `not applied yet: ${what}${how} · ${inForceText(box.query)}` : advice(value));
    if (waits) return;
    box.wanted = mistake ? null : { query: value.trim(), filter };
    if (box.wanted) changed();
  };
  return {
    read,
    finish(): void {
      if (waits) read(false);
    },
  };
}

function assemble(view: View, parts: Parts, list: HTMLElement, box: FilterBox): void {
  const { clear, saved, help, note, says } = parts;
  const menus = [
    { opener: saved, menu: savedFiltersMenu(view, saved, box) },
    { opener: help, menu: helpMenu(view, help, box) },
  ];
  for (const { opener, menu } of menus) opener.addEventListener("click", () => menu.toggle(!menu.isOpen()));
  box.element.append(
    h("span", { class: "wp-filter-buttons" }, clear, saved, help),
    h("div", { class: "wp-filter-says" }, list, note, says),
    ...menus.map(({ menu }) => menu.anchor),
  );
}

interface Keys {
  list: FilterList;
  take(option: Option): void;
  offer(asked: boolean): void;
  finish(): void;
  box: FilterBox;
}

/** Arrows move in the list, Enter and Tab take an option; Escape closes the list, and then clears the box. */
function pressed(event: KeyboardEvent, { list, take, offer, finish, box }: Keys): void {
  if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
  const open = list.isOpen();
  const done = (): void => event.preventDefault();
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (open) list.move(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "ArrowDown") offer(true);
    else return;
    done();
  } else if (event.key === "Enter") {
    const option = list.active();
    if (option) take(option);
    else finish();
    done();
  } else if (event.key === "Tab" && open && !event.shiftKey) {
    const option = list.active() ?? list.first();
    if (option) take(option);
    done();
  } else if (event.key === "Escape" && open) {
    list.close();
    event.stopPropagation();
    done();
  } else if (event.key === "Escape" && box.text()) box.write("");
}
