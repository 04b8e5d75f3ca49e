import type { Choice } from "../expecting";
import { base64, describeFile, type FileMessage, fileText, readFile } from "../file-message";
import { indentJson } from "../json";
import type { Outgoing } from "../outgoing";
import { fileValue, type MessageKind, messageValue } from "../python";
import { atFirstLine, atLastLine, Recall } from "../recall";
import { h, isModEnter, labels, modEnter, setText, show } from "./dom";
import type { View } from "./view";

const CHOICES: [Choice, string][] = [
  ["text", "text"],
  ["json", "JSON"],
  ["utf8", "text as bytes"],
  ["hex", "hex"],
  ["base64", "base64"],
  ["file", "file"],
];
const PLACEHOLDERS: Record<MessageKind, string> = {
  text: "Message text",
  json: 'Message as JSON, such as {"say": "hello"}',
  utf8: "Text, sent as UTF-8 bytes",
  hex: "Bytes in hex, such as 68 65 6c 6c 6f",
  base64: "Bytes in base64, such as aGVsbG8=",
};

function build() {
  const as = h(
    "select",
    { class: "wp-select", "aria-label": "Send as", "data-testid": "as" },
    ...CHOICES.map(([value, text]) => h("option", { value }, text)),
  );
  const format = h(
    "button",
    {
      class: "wp-button wp-small",
      "aria-label": "Format",
      title: "Format: one value a line; numbers stay as they are written",
      "data-testid": "format",
    },
    ...labels("Format", "{ }"),
  );
  const box = h("textarea", {
    class: "wp-input wp-mono wp-message",
    spellcheck: "false",
    autocapitalize: "off",
    "aria-label": `Message. Enter makes a new line, ${modEnter} sends, up arrow in the first line recalls.`,
    "data-testid": "message",
  });
  return { as, format, box };
}

function buildFiles() {
  const picker = h("input", {
    type: "file",
    class: "wp-file-input",
    "aria-label": "File to send",
    "data-testid": "file",
  });
  const asText = h("input", { type: "checkbox", "data-testid": "file-as-text" });
  const about = h("span", { class: "wp-dim", role: "status", "data-testid": "file-about" });
  const place = h(
    "div",
    { class: "wp-message wp-file", hidden: true },
    picker,
    h("label", { class: "wp-check" }, asText, "as text"),
    about,
  );
  return { picker, asText, about, place };
}

/** Where a message is written or a file is chosen. */
export class MessageBox {
  readonly element: HTMLElement;
  private parts = build();
  private files = buildFiles();
  private recall: Recall;
  private file: FileMessage | null = null;
  /** The file as the message that it was made into last: that takes long for a large one. */
  private packed: { file: FileMessage; asText: boolean; message: Outgoing } | null = null;
  /** Why the chosen file cannot be sent. */
  private trouble = "";

  constructor(
    private view: View,
    private changed: () => void,
    private submit: () => void,
    /** A person chose another kind of message. */
    private chose: (kind: Choice) => void,
  ) {
    const { memory } = view.session;
    const { as, box } = this.parts;
    this.recall = new Recall(
      () => memory.recall("sent"),
      (text) => memory.remember("sent", text),
    );
    this.element = h("div", {}, box, this.files.place);
    box.value = memory.recall("message") ?? "";
    as.value = memory.recall("as") ?? "text";
    if (!as.value || !this.isText()) as.value = "text";
    this.listen();
    queueMicrotask(() => this.update());
  }

  get as(): HTMLSelectElement {
    return this.parts.as;
  }

  get format(): HTMLButtonElement {
    return this.parts.format;
  }

  get kind(): Choice {
    return this.parts.as.value as Choice;
  }

  /** Changes the kind of message; what is written stays. */
  take(kind: Choice): void {
    if (this.kind === kind) return;
    this.parts.as.value = kind;
    this.view.session.memory.remember("as", kind);
    this.update();
  }

  isText(): boolean {
    return this.kind !== "file";
  }

  /** What is in the box. */
  get written(): string {
    return this.parts.box.value;
  }

  /** The message to send; throws an error when there is none. */
  content(): Outgoing {
    const kind = this.kind;
    if (kind !== "file") return { kind, data: this.parts.box.value };
    if (!this.file) throw new Error(this.trouble || "Choose a file first.");
    return this.pack(this.file, this.files.asText.checked);
  }

  private pack(file: FileMessage, asText: boolean): Outgoing {
    if (this.packed?.file !== file || this.packed.asText !== asText) {
      const message: Outgoing = asText
        ? { kind: "text", data: fileText(file) }
        : { kind: "base64", data: base64(file.bytes) };
      this.packed = { file, asText, message };
    }
    return this.packed.message;
  }

  /** The message as Python. */
  python(): string {
    const kind = this.kind;
    if (kind !== "file") return messageValue(kind, this.parts.box.value);
    return fileValue(this.file?.name ?? "file", this.files.asText.checked);
  }

  put = ({ kind, data }: Outgoing | { kind: string; data: string }): void => {
    const { as, box } = this.parts;
    box.value = data;
    if (kind && as.value !== kind) as.value = kind;
    this.view.session.memory.remember("as", as.value);
    this.typed();
    this.update();
  };

  /** Puts in an example, unless that would replace something that was written and not sent. */
  offer(example: Outgoing): void {
    const { memory } = this.view.session;
    const now = this.parts.box.value;
    if (now && now !== memory.recall("example") && !this.recall.has(now)) return;
    memory.remember("example", example.data);
    this.put(example);
  }

  /** Remembers what was sent for ↑. */
  addToHistory(): void {
    const { box } = this.parts;
    const kind = this.kind;
    if (kind !== "file") this.recall.add({ kind, data: box.value });
    if (box.matches(":focus")) box.select();
  }

  /** Shows where a mistake is. */
  point(at: number | null): void {
    const { box } = this.parts;
    if (!this.isText()) return this.files.picker.focus();
    box.focus();
    if (at !== null) box.setSelectionRange(at, at + 1);
  }

  private listen(): void {
    const { as, box, format } = this.parts;
    this.files.picker.addEventListener("change", () => void this.pickFile());
    this.files.asText.addEventListener("change", () => this.changed());
    as.addEventListener("change", () => {
      this.view.session.memory.remember("as", as.value);
      this.chose(this.kind);
      this.update();
    });
    box.addEventListener("input", () => this.typed());
    box.addEventListener("keydown", (event) => this.pressed(event));
    format.addEventListener("click", () => this.indent());
  }

  private update(): void {
    const { box, format } = this.parts;
    const { place, about } = this.files;
    const now = this.kind;
    show(place, now === "file");
    show(box, now !== "file");
    show(format, now === "json");
    if (now !== "file") box.placeholder = PLACEHOLDERS[now];
    setText(about, this.trouble || (this.file ? describeFile(this.file) : "at most 8 MB"));
    about.classList.toggle("wp-bad", Boolean(this.trouble));
    this.changed();
  }

  private typed(): void {
    this.view.session.memory.remember("message", this.parts.box.value);
    this.changed();
  }

  private async pickFile(): Promise<void> {
    const { picker } = this.files;
    const [chosen] = picker.files ?? [];
    this.file = null;
    this.trouble = "";
    try {
      if (chosen) this.file = await readFile(chosen);
    } catch (error) {
      this.trouble = (error as Error).message;
      picker.value = "";
    }
    this.update();
  }

  private indent(): void {
    const { box } = this.parts;
    const pretty = indentJson(box.value);
    if (pretty === null) return this.submit();
    // Setting the value would clear the undo history.
    box.focus();
    box.select();
    if (!document.execCommand?.("insertText", false, pretty)) box.value = pretty;
    box.setSelectionRange(0, 0);
    this.typed();
  }

  private pressed(event: KeyboardEvent): void {
    if (isModEnter(event)) {
      event.preventDefault();
      return this.submit();
    }
    if (event.shiftKey || event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    const { as, box } = this.parts;
    const { value, selectionStart, selectionEnd } = box;
    const now = { kind: as.value, data: value };
    let step = null;
    if (event.key === "ArrowUp" && atFirstLine(value, selectionStart, selectionEnd)) step = this.recall.back(now);
    if (event.key === "ArrowDown" && atLastLine(value, selectionStart, selectionEnd)) step = this.recall.forward();
    if (!step) return;
    event.preventDefault();
    this.put(step);
    // The cursor stays where another press of the same key recalls the next message.
    const place = event.key === "ArrowUp" ? 0 : step.data.length;
    box.setSelectionRange(place, place);
  }
}
