import { RangeSet, RangeSetBuilder, StateEffect, StateField, type EditorState } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, gutterLineClass, GutterMarker, WidgetType } from "@codemirror/view";
import type { Mark } from "../editor-module";

class Note extends WidgetType {
  constructor(readonly message: string) {
    super();
  }

  override eq(other: Note): boolean {
    return other.message === this.message;
  }

  override toDOM(): HTMLElement {
    const note = document.createElement("span");
    note.className = "cm-wp-note";
    note.textContent = this.message;
    return note;
  }
}

class BadNumber extends GutterMarker {
  override elementClass = "cm-wp-bad-number";
}

interface Marked {
  mark: Mark | null;
  text: DecorationSet;
  gutter: RangeSet<GutterMarker>;
}

/** Sets or clears the one marked line. */
export const setMark = StateEffect.define<Mark | null>();

function draw(state: EditorState, mark: Mark | null): Marked {
  if (!mark) return { mark, text: Decoration.none, gutter: RangeSet.empty };
  const line = state.doc.line(Math.min(Math.max(1, mark.line), state.doc.lines));
  const gutter = new RangeSetBuilder<GutterMarker>();
  gutter.add(line.from, line.from, new BadNumber());
  return {
    mark,
    text: Decoration.set([
      Decoration.line({ class: "cm-wp-bad" }).range(line.from),
      Decoration.widget({ widget: new Note(mark.message), side: 1 }).range(line.to),
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
    return { mark: value.mark, text: value.text.map(transaction.changes), gutter: value.gutter.map(transaction.changes) };
  },
  provide: (field) => [
    EditorView.decorations.from(field, (value) => value.text),
    gutterLineClass.from(field, (value) => value.gutter),
  ],
});
