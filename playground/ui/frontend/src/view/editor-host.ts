import type { Mark, SourceEditor } from "../editor-module";
import { h } from "./dom";
import { textareaEditor } from "./textarea-editor";
import type { View } from "./view";

export interface EditorHost {
  element: HTMLElement;
  show(key: string, text: string): void;
  mark(mark: Mark | null): void;
  readOnly(on: boolean): void;
  label(text: string): void;
  focus(): void;
  goTo(line: number): void;
}

/** The place of the editor: a textarea at once, CodeMirror when it has arrived. */
export function editorHost(view: View, onChange: (text: string) => void, onApply: () => void): EditorHost {
  const element = h("div", { class: "wp-editor", "data-testid": "editor" });
  let editor: SourceEditor = textareaEditor({ parent: element, onChange, onApply });
  let key = "";
  let mark: Mark | null | undefined;
  let locked = false;
  let name = "Source";
  let closed = false;
  element.dataset.editor = "textarea";

  const upgrade = async (): Promise<void> => {
    const { createEditor } = await view.session.editorModule();
    await attached(element);
    if (closed || element.dataset.editor === "codemirror") return;
    // CodeMirror puts its style sheet into `root`. JupyterLab builds views detached, where getRootNode() is only a div.
    const top = element.getRootNode();
    const text = editor.text();
    const focused = editor.hasFocus();
    const better = createEditor({
      parent: element,
      root: top instanceof ShadowRoot ? top : document,
      onChange,
      onApply,
    });
    editor.close();
    editor = better;
    element.dataset.editor = "codemirror";
    if (key) better.show(key, text);
    better.label(name);
    better.readOnly(locked);
    better.mark(mark ?? null);
    if (focused) better.focus();
  };

  let trying = false;
  const tryUpgrade = (): void => {
    if (trying || element.dataset.editor === "codemirror" || !view.session.kernel.alive) return;
    trying = true;
    upgrade()
      .catch((error) => console.warn("websocket-playground: the plain editor stays,", error))
      .then(() => (trying = element.dataset.editor === "codemirror"));
  };
  tryUpgrade();
  view.scope.add(view.session.kernel.changed.on(tryUpgrade));
  view.scope.add(() => {
    closed = true;
    editor.close();
  });

  return {
    element,
    show(nextKey, text) {
      // Each key keeps its own mark in the editor, which may be an old one by now.
      if (key !== nextKey) mark = undefined;
      key = nextKey;
      editor.show(key, text);
    },
    mark(next) {
      if (mark !== undefined && next?.line === mark?.line && next?.message === mark?.message) return;
      mark = next;
      editor.mark(mark);
    },
    readOnly(on) {
      locked = on;
      editor.readOnly(on);
    },
    label(text) {
      name = text;
      editor.label(text);
    },
    focus: () => editor.focus(),
    goTo: (line) => editor.goTo(line),
  };
}

/** Resolves once the element is in the page. */
function attached(element: HTMLElement): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => (element.isConnected ? resolve() : void requestAnimationFrame(look));
    look();
  });
}
