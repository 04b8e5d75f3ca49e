declare const EDITOR_EDITION: string;

/** A line with a note below it. */
export interface Mark {
  line: number;
  message: string;
  /** Marked as a note; as an error when left out. */
  tone?: "warn";
}

/** What both editors can do: the textarea that is always there, and CodeMirror. */
export interface SourceEditor {
  /** Shows the source of an endpoint. Each key has its own undo history. */
  show(key: string, text: string): void;
  text(): string;
  mark(mark: Mark | null): void;
  readOnly(on: boolean): void;
  label(text: string): void;
  hasFocus(): boolean;
  focus(): void;
  /** Puts the cursor at the line's first word, in sight and focused. */
  goTo(line: number): void;
  /** Scrolls the line into sight; cursor and focus stay. */
  reveal(line: number): void;
  close(): void;
}

export interface EditorOptions {
  parent: HTMLElement;
  /** Where style sheets go; a shadow root in hosts that use one. */
  root: Document | ShadowRoot;
  onChange(text: string): void;
  onApply(): void;
}

export interface EditorModule {
  createEditor(options: EditorOptions): SourceEditor;
}

interface Page {
  [edition: symbol]: Promise<EditorModule> | undefined;
}

/** Imports the editor that `fetchSource` gets, once per page for each edition of it. */
export function loadEditor(fetchSource: () => Promise<BufferSource>): Promise<EditorModule> {
  const page = globalThis as unknown as Page;
  const edition = Symbol.for(`websocket-playground editor ${EDITOR_EDITION}`);
  page[edition] ??= fetchSource().then(importSource);
  const loading = page[edition];
  loading.catch(() => {
    if (page[edition] === loading) delete page[edition];
  });
  return loading;
}

async function importSource(source: BufferSource): Promise<EditorModule> {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    return (await import(url)) as EditorModule;
  } finally {
    URL.revokeObjectURL(url);
  }
}
