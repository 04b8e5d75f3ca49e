import { type EditorState, RangeSet, RangeSetBuilder, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  EditorView,
  GutterMarker,
  gutterLineClass,
  WidgetType,
} from "@codemirror/view";
import type { Mark } from "../editor-module";

class Note extends WidgetType {
  constructor(
    readonly message: string,
    readonly indent: number,
    readonly tone: Mark["tone"],
  ) {
    super();
  }

  override eq(other: Note): boolean {
    return other.message === this.message && other.indent === this.indent && other.tone === this.tone;
  }

  override toDOM(): HTMLElement {
    const note = document.createElement("div");
    note.className = this.tone ? "cm-wp-note cm-wp-noted" : "cm-wp-note";
    note.style.paddingLeft = `calc(${this.indent}ch + 4px)`;
    note.textContent = this.message;
    return note;
  }
}

class MarkedNumber extends GutterMarker {
  override elementClass: string;

  constructor(tone: Mark["tone"]) {
    super();
    this.elementClass = tone ? "cm-wp-bad-number cm-wp-noted" : "cm-wp-bad-number";
  }
}

interface Marked {
  mark: Mark | null;
  /** Where the marked line starts. */
  at: number;
  text: DecorationSet;
  gutter: RangeSet<GutterMarker>;
}

/** Sets or clears the one marked line. */
export const setMark = StateEffect.define<Mark | null>();

function draw(state: EditorState, mark: Mark | null, start?: number): Marked {
  if (!mark) return { mark, at: 0, text: Decoration.none, gutter: RangeSet.empty };
  const line =
    start === undefined ? state.doc.line(Math.min(Math.max(1, mark.line), state.doc.lines)) : state.doc.lineAt(start);
  const indent = Math.min(/^ */.exec(line.text)![0].length, 16);
  const gutter = new RangeSetBuilder<GutterMarker>();
  gutter.add(line.from, line.from, new MarkedNumber(mark.tone));
  return {
    mark,
    at: line.from,
    text: Decoration.set([
      Decoration.line({ class: mark.tone ? "cm-wp-bad cm-wp-noted" : "cm-wp-bad" }).range(line.from),
      Decoration.widget({ widget: new Note(mark.message, indent, mark.tone), side: 1, block: true }).range(line.to),
    ]),
    gutter: gutter.finish(),
  };
}

/** The marked line moves with the text around it. */
export const lineMark = StateField.define<Marked>({
  create: (state) => draw(state, null),
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(setMark)) return draw(transaction.state, effect.value);
    if (!transaction.docChanged) return value;
    return draw(transaction.state, value.mark, transaction.changes.mapPos(value.at, 1));
  },
  provide: (field) => [
    EditorView.decorations.from(field, (value) => value.text),
    gutterLineClass.from(field, (value) => value.gutter),
  ],
});
