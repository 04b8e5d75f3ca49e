import { FORMATS, NAMES, type RowWithDetail } from "../../copying";
import { count } from "../../format";
import { literal } from "../../python";
import { copyText, h, isShown, setAttribute, setText, show } from "../dom";
import type { View } from "../view";

/** Characters of a copied text that are shown. */
const LONGEST = 20_000;

const NO_CLIPBOARD = "The browser did not let the panel copy: copy it from here.";

function build() {
  const opener = h(
    "button",
    {
      class: "wp-tab",
      "aria-expanded": "false",
      title: "Copy the row, or what does the same again",
      "data-testid": "copy",
    },
    "Copy ▾",
  );
  const state = h("p", { class: "wp-dim", role: "status", "data-testid": "copy-state" });
  const shown = h("textarea", {
    class: "wp-input wp-mono",
    rows: 5,
    readonly: true,
    hidden: true,
    "aria-label": "What was copied",
    "data-testid": "copied-text",
  });
  return { opener, state, shown };
}

function formatButton(format: string, name: string, copy: () => void): HTMLButtonElement {
  const button = h(
    "button",
    { class: "wp-button wp-small", "aria-label": `Copy as ${name}`, "data-testid": "copy-row", "data-format": format },
    name,
  );
  button.addEventListener("click", () => button.getAttribute("aria-disabled") !== "true" && copy());
  return button;
}

function formatLine(label: string, buttons: HTMLElement[]): HTMLElement {
  return h("div", { class: "wp-copy-formats" }, h("span", { class: "wp-dim" }, label), ...buttons);
}

/**
 * "Copy": the row as text and JSON, and the formats that do again what its client did. One that cannot say it stays in
 * its place, and its title says why.
 */
export class CopyRow {
  /** The formats, and the text that was copied. */
  readonly choice: HTMLElement;
  private parts = build();
  private made: { format: string; button: HTMLButtonElement }[];
  private again: HTMLElement;
  /** The row that the text was copied from. */
  private last: number | null = null;

  /** `secrets`: whether the secrets of the row are shown, and so are copied. */
  constructor(
    private view: View,
    private whole: () => RowWithDetail | null,
    private secrets: () => boolean,
  ) {
    const own = Object.entries(FORMATS).map(([name, make]) =>
      formatButton(name, name, () => {
        const now = whole();
        if (now) void this.put(name, make(now));
      }),
    );
    this.made = Object.entries(NAMES).map(([format, name]) => ({
      format,
      button: formatButton(format, name, () => void this.ask(format, name)),
    }));
    this.again = formatLine(
      "do it again",
      this.made.map(({ button }) => button),
    );
    const { state, shown } = this.parts;
    const attributes = { class: "wp-copies", role: "group", "aria-label": "Copy as", hidden: true };
    this.choice = h(
      "div",
      { ...attributes, "data-testid": "copies" },
      formatLine("the row", own),
      this.again,
      state,
      shown,
    );
    this.listen(own[0]!);
  }

  /** The button that opens the choice. */
  get opener(): HTMLElement {
    return this.parts.opener;
  }

  update(): void {
    const now = this.whole();
    const seq = now?.row.seq ?? null;
    if (seq !== this.last) this.say("", null);
    this.last = seq;
    const why = now?.detail?.copies ?? {};
    show(this.again, Object.keys(why).length > 0);
    const log = this.view.session.opened ? "log" : "pg";
    const more = this.secrets() ? ", secrets=True" : "";
    for (const { format, button } of this.made) {
      setAttribute(button, "title", why[format] || `${log}.copy_as(${literal(format)}, ${seq}${more})`);
      setAttribute(button, "aria-disabled", why[format] ? "true" : null);
    }
  }

  private listen(first: HTMLElement): void {
    const { opener } = this.parts;
    const toggle = (open: boolean): void => {
      show(this.choice, open);
      setAttribute(opener, "aria-expanded", String(open));
      if (open) first.focus();
    };
    opener.addEventListener("click", () => toggle(!isShown(this.choice)));
    this.choice.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      toggle(false);
      opener.focus();
    });
  }

  private say(text: string, copied: string | null): void {
    const { state, shown } = this.parts;
    setText(state, text);
    shown.value = copied === null || copied.length <= LONGEST ? (copied ?? "") : `${copied.slice(0, LONGEST)}…`;
    show(shown, copied !== null);
  }

  private async put(name: string, text: string): Promise<void> {
    const lines = text.trimEnd().split("\n").length;
    const copied = await copyText(text);
    this.say(copied ? `copied as ${name} · ${count(lines)} ${lines === 1 ? "line" : "lines"}` : NO_CLIPBOARD, text);
    if (!copied) this.parts.shown.select();
  }

  private async ask(format: string, name: string): Promise<void> {
    const seq = this.whole()?.row.seq;
    this.say("loading from the kernel…", null);
    try {
      const args = { format, seq, ...(this.secrets() && { secrets: true }) };
      const { result } = await this.view.session.kernel.call<{ text: string }>("copy_as", args);
      if (this.whole()?.row.seq === seq) await this.put(name, result.text);
    } catch (error) {
      this.say((error as Error).message, null);
    }
  }
}
