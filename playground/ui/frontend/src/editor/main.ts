import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState, type Extension, type Line, Prec } from "@codemirror/state";
import {
  drawSelection,
  dropCursor,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { EditorOptions, Mark, SourceEditor } from "../editor-module";
import { lineMark, setMark } from "./mark";
import { theme } from "./theme";

const fromOutside = Annotation.define<boolean>();

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--wp-keyword)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--wp-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--wp-number)" },
  {
    tag: [tags.function(tags.definition(tags.variableName)), tags.definition(tags.className), tags.className],
    color: "var(--wp-name)",
  },
  { tag: [tags.comment, tags.docString], color: "var(--wp-comment)", fontStyle: "italic" },
  { tag: tags.meta, color: "var(--wp-out)" },
]);

/** The extensions that do not depend on the panel. */
const BASICS: Extension = [
  lineNumbers(),
  highlightActiveLineGutter(),
  highlightSpecialChars(),
  history(),
  drawSelection(),
  dropCursor(),
  EditorState.allowMultipleSelections.of(true),
  EditorState.tabSize.of(4),
  indentUnit.of("    "),
  indentOnInput(),
  bracketMatching(),
  closeBrackets(),
  highlightActiveLine(),
  highlightSelectionMatches(),
  search({ top: true }),
  python(),
  syntaxHighlighting(colours),
  keymap.of([...closeBracketsKeymap, ...searchKeymap, ...historyKeymap, ...defaultKeymap, indentWithTab]),
  lineMark,
  theme,
];

function attributes(name: string): Extension {
  return EditorView.contentAttributes.of({
    "aria-label": `${name}. Escape, then Tab leaves the editor.`,
    "data-lm-suppress-shortcuts": "true",
    spellcheck: "false",
    autocorrect: "off",
    autocapitalize: "off",
    tabindex: "0",
  });
}

/** A CodeMirror for Python that hands Mod-Enter to the panel. */
export function createEditor({ parent, root, onChange, onApply }: EditorOptions): SourceEditor {
  const states = new Map<string, EditorState>();
  const editing = new Compartment();
  const naming = new Compartment();
  let key = "";
  let name = "Source";
  let locked = false;

  const lock = (): Extension => [EditorState.readOnly.of(locked), EditorView.editable.of(!locked)];
  const applied = (): boolean => {
    onApply();
    return true;
  };
  const extensions: Extension = [
    Prec.highest(keymap.of([{ key: "Mod-Enter", run: applied, preventDefault: true, stopPropagation: true }])),
    BASICS,
    editing.of(lock()),
    naming.of(attributes(name)),
    EditorView.updateListener.of((update) => {
      if (update.docChanged && !update.transactions.some((transaction) => transaction.annotation(fromOutside))) {
        onChange(update.state.doc.toString());
      }
    }),
  ];

  const view = new EditorView({ parent, root, state: EditorState.create({ extensions }) });

  const refresh = (): void => {
    view.dispatch({ effects: [editing.reconfigure(lock()), naming.reconfigure(attributes(name))] });
  };

  return {
    show(nextKey, text) {
      if (nextKey !== key) {
        if (key) states.set(key, view.state);
        key = nextKey;
        view.setState(states.get(key) ?? EditorState.create({ doc: text, extensions }));
        refresh();
      }
      const now = view.state.doc.toString();
      if (now !== text) view.dispatch({ changes: difference(now, text), annotations: fromOutside.of(true) });
    },
    text: () => view.state.doc.toString(),
    mark(mark: Mark | null) {
      view.dispatch({ effects: setMark.of(mark) });
    },
    readOnly(on) {
      if (on === locked) return;
      locked = on;
      refresh();
    },
    label(text) {
      if (text === name) return;
      name = text;
      refresh();
    },
    hasFocus: () => view.hasFocus,
    focus: () => view.focus(),
    goTo: (line) => goTo(view, line),
    reveal: (line) => reveal(view, line),
    close: () => view.destroy(),
  };
}

function lineOf({ state: { doc } }: EditorView, number: number): Line {
  return doc.line(Math.min(Math.max(1, number), doc.lines));
}

/** Room above and below, because what is wrong is written under a marked line. */
function reveal(view: EditorView, number: number): void {
  view.dispatch({ effects: EditorView.scrollIntoView(lineOf(view, number).from, { y: "nearest", yMargin: 40 }) });
}

function goTo(view: EditorView, number: number): void {
  const line = lineOf(view, number);
  const anchor = line.from + /^\s*/.exec(line.text)![0].length;
  // Only as far as needed: the page around the editor scrolls too.
  view.dispatch({
    selection: { anchor },
    effects: EditorView.scrollIntoView(anchor, { y: "nearest", yMargin: 40 }),
  });
  view.focus();
}

/** The one range that differs, so that the cursor and the scroll position stay where they are. */
function difference(old: string, text: string): { from: number; to: number; insert: string } {
  const limit = Math.min(old.length, text.length);
  let start = 0;
  while (start < limit && old[start] === text[start]) start++;
  let end = 0;
  while (end < limit - start && old[old.length - 1 - end] === text[text.length - 1 - end]) end++;
  return { from: start, to: old.length - end, insert: text.slice(start, text.length - end) };
}
