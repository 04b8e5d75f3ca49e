import type { Mark, SourceEditor } from "../editor-module";
import { h } from "./dom";
import { textareaEditor } from "./textarea-editor";
import type { View } from "./view";

/** The editor: a textarea at first, and CodeMirror once it is loaded. */
export class EditorHost {
  readonly element = h("div", { class: "wp-editor", "data-testid": "editor" });
  private editor: SourceEditor;
  private key = "";
  private marked: Mark | null | undefined;
  private locked = false;
  private name = "Source";
  private closed = false;
  private trying = false;

  constructor(
    private view: View,
    private onChange: (text: string) => void,
    private onApply: () => void,
  ) {
    this.editor = textareaEditor({ parent: this.element, onChange, onApply });
    this.element.dataset.editor = "textarea";
    this.tryUpgrade();
    view.scope.add(view.session.kernel.changed.on(() => this.tryUpgrade()));
    view.scope.add(() => {
      this.closed = true;
      this.editor.close();
    });
  }

  show(key: string, text: string): void {
    // The editor has a mark for each key, which may be out of date.
    if (this.key !== key) this.marked = undefined;
    this.key = key;
    this.editor.show(key, text);
  }

  mark(next: Mark | null): void {
    const { marked } = this;
    if (marked !== undefined && isSame(next, marked)) return;
    this.marked = next;
    this.editor.mark(next);
  }

  readOnly(on: boolean): void {
    this.locked = on;
    this.editor.readOnly(on);
  }

  label(text: string): void {
    this.name = text;
    this.editor.label(text);
  }

  focus(): void {
    this.editor.focus();
  }

  goTo(line: number): void {
    this.editor.goTo(line);
  }

  reveal(line: number): void {
    this.editor.reveal(line);
  }

  private get isUpgraded(): boolean {
    return this.element.dataset.editor === "codemirror";
  }

  private tryUpgrade(): void {
    if (this.trying || this.isUpgraded || !this.view.session.kernel.alive) return;
    this.trying = true;
    this.upgrade()
      .catch((error) => console.warn("websocket-playground: the plain editor stays,", error))
      .then(() => {
        this.trying = this.isUpgraded;
      });
  }

  private async upgrade(): Promise<void> {
    const { createEditor } = await this.view.session.editorModule();
    const { element, onChange, onApply } = this;
    await attached(element);
    if (this.closed || this.isUpgraded) return;
    // CodeMirror puts its style sheet into `root`. JupyterLab builds views detached, where getRootNode() is only a div.
    const top = element.getRootNode();
    const text = this.editor.text();
    const focused = this.editor.hasFocus();
    const root = top instanceof ShadowRoot ? top : document;
    const better = createEditor({ parent: element, root, onChange, onApply });
    this.editor.close();
    this.editor = better;
    element.dataset.editor = "codemirror";
    if (this.key) better.show(this.key, text);
    better.label(this.name);
    better.readOnly(this.locked);
    better.mark(this.marked ?? null);
    if (focused) better.focus();
  }
}

function isSame(one: Mark | null, other: Mark | null): boolean {
  return one?.line === other?.line && one?.message === other?.message && one?.tone === other?.tone;
}

/** Resolves once the element is in the page. */
function attached(element: HTMLElement): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => (element.isConnected ? resolve() : void requestAnimationFrame(look));
    look();
  });
}
