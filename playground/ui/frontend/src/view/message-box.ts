import { base64, describeFile, type FileMessage, fileText, readFile } from "../file-message";
import { indentJson } from "../json";
import type { Outgoing } from "../outgoing";
import { fileValue, type MessageKind, messageValue } from "../python";
import { atFirstLine, atLastLine, Recall } from "../recall";
import { h, isModEnter, modEnter, setText, show } from "./dom";
import type { View } from "./view";

type Choice = MessageKind | "file";

const CHOICES: [Choice, string][] = [
  ["text", "text"],
  ["json", "JSON"],
  ["hex", "hex"],
  ["base64", "base64"],
  ["file", "file"],
];
const PLACEHOLDERS: Record<MessageKind, string> = {
  text: "a message, such as hello",
  json: 'a message, such as {"say": "hello"}',
  hex: "bytes, such as 68 65 6c 6c 6f",
  base64: "bytes, such as aGVsbG8=",
};

export interface MessageBox {
  as: HTMLSelectElement;
  format: HTMLButtonElement;
  element: HTMLElement;
  /** What would be sent; throws a sentence when there is nothing that could be. */
  content(): Outgoing;
  /** The message as Python. */
  python(): string;
  put(message: Outgoing): void;
  /** Remembers what was sent for ↑. */
  addToHistory(): void;
  /** Shows where a mistake is. */
  point(at: number | null): void;
  isText(): boolean;
}

/** Where a message is written or a file is chosen. */
export function messageBox(view: View, changed: () => void, submit: () => void): MessageBox {
  const { memory } = view.session;
  const as = h(
    "select",
    { class: "wp-select", "aria-label": "Send as", "data-testid": "as" },
    ...CHOICES.map(([value, text]) => h("option", { value }, text)),
  );
  const format = h(
    "button",
    {
      class: "wp-button wp-small",
      title: "One value a line; numbers stay as they are written",
      "data-testid": "format",
    },
    "Format",
  );
  const box = h("textarea", {
    class: "wp-input wp-mono wp-message",
    spellcheck: "false",
    autocapitalize: "off",
    "aria-label": `Message. Enter makes a new line, ${modEnter} sends, up arrow in the first line recalls.`,
    "data-testid": "message",
  });
  const picker = h("input", {
    type: "file",
    class: "wp-file-input",
    "aria-label": "File to send",
    "data-testid": "file",
  });
  const asText = h("input", { type: "checkbox", "data-testid": "file-as-text" });
  const about = h("span", { class: "wp-dim", role: "status", "data-testid": "file-about" });
  const files = h(
    "div",
    { class: "wp-message wp-file", hidden: true },
    picker,
    h("label", { class: "wp-check" }, asText, "as text"),
    about,
  );
  const recall = new Recall(
    () => memory.recall("sent"),
    (text) => memory.remember("sent", text),
  );
  let file: FileMessage | null = null;
  let trouble = "";

  const choice = (): Choice => as.value as Choice;
  const update = (): void => {
    const now = choice();
    show(files, now === "file");
    show(box, now !== "file");
    show(format, now === "json");
    if (now !== "file") box.placeholder = PLACEHOLDERS[now];
    setText(about, trouble || (file ? describeFile(file) : "at most 8 MB"));
    about.classList.toggle("wp-bad", Boolean(trouble));
    changed();
  };
  const typed = (): void => {
    memory.remember("message", box.value);
    changed();
  };
  const put = ({ kind, data }: Outgoing | { kind: string; data: string }): void => {
    box.value = data;
    if (kind && choice() !== kind) as.value = kind;
    memory.remember("as", as.value);
    typed();
    update();
  };

  picker.addEventListener("change", async () => {
    const [chosen] = picker.files ?? [];
    file = null;
    trouble = "";
    try {
      if (chosen) file = await readFile(chosen);
    } catch (error) {
      trouble = (error as Error).message;
      picker.value = "";
    }
    update();
  });
  asText.addEventListener("change", changed);
  as.addEventListener("change", () => {
    memory.remember("as", as.value);
    update();
  });
  box.addEventListener("input", typed);
  format.addEventListener("click", () => {
    const pretty = indentJson(box.value);
    if (pretty === null) return submit();
    // Setting the value would forget what can be undone.
    box.focus();
    box.select();
    if (!document.execCommand?.("insertText", false, pretty)) box.value = pretty;
    box.setSelectionRange(0, 0);
    typed();
  });
  box.addEventListener("keydown", (event) => {
    if (isModEnter(event)) {
      event.preventDefault();
      return submit();
    }
    if (event.shiftKey || event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    const { value, selectionStart, selectionEnd } = box;
    const now = { kind: as.value, data: value };
    let step = null;
    if (event.key === "ArrowUp" && atFirstLine(value, selectionStart, selectionEnd)) step = recall.back(now);
    if (event.key === "ArrowDown" && atLastLine(value, selectionStart, selectionEnd)) step = recall.forward();
    if (!step) return;
    event.preventDefault();
    put(step);
    // The cursor stays where the next press of the same key goes on.
    const place = event.key === "ArrowUp" ? 0 : step.data.length;
    box.setSelectionRange(place, place);
  });

  box.value = memory.recall("message") ?? "";
  as.value = memory.recall("as") ?? "text";
  if (!as.value || choice() === "file") as.value = "text";

  const element = h("div", { class: "wp-message-place" }, box, files);
  queueMicrotask(update);
  return {
    as,
    format,
    element,
    put,
    isText: () => choice() !== "file",
    content() {
      const kind = choice();
      if (kind !== "file") return { kind, data: box.value };
      if (!file) throw new Error(trouble || "choose a file first");
      return asText.checked ? { kind: "text", data: fileText(file) } : { kind: "base64", data: base64(file.bytes) };
    },
    python() {
      const kind = choice();
      return kind === "file" ? fileValue(file?.name ?? "file", asText.checked) : messageValue(kind, box.value);
    },
    addToHistory() {
      if (choice() !== "file") recall.add({ kind: choice(), data: box.value });
      if (box.matches(":focus")) box.select();
    },
    point(at) {
      if (choice() === "file") return picker.focus();
      box.focus();
      if (at !== null) box.setSelectionRange(at, at + 1);
    },
  };
}
