import { clock, count, duration } from "../format";
import type { CallError } from "../kernel";
import type { Row } from "../kernel-protocol";
import type { Detail } from "../row-detail";
import { lookOf, versionBefore, whoOf } from "../rowtext";
import { CopyRow } from "./detail/copy-row";
import { editDiff } from "./detail/diff";
import { pagesOf } from "./detail/pages";
import { showLine } from "./detail/show-line";
import { tabs } from "./detail/tabs";
import { h, isShown, setAttribute, setText, show } from "./dom";
import { type Foldable, foldable, foldButton } from "./fold";
import { HeldActions } from "./held";
import { splitter } from "./splitter";
import type { View } from "./view";

function build(fold: HTMLElement) {
  const glyph = h("span", { class: "wp-detail-glyph", "aria-hidden": "true" });
  const title = h("b");
  const about = h("span", { class: "wp-dim wp-path" });
  const close = h(
    "button",
    { class: "wp-button wp-small", "aria-label": "Close the detail", title: "Escape", "data-testid": "detail-close" },
    "✕",
  );
  const masked = h("span", { class: "wp-dim" });
  const reveal = h("button", { class: "wp-button wp-small", "data-testid": "show-secrets" }, "Show");
  const secrets = h("div", { class: "wp-strip", hidden: true, "data-testid": "secrets" }, masked, reveal);
  const body = h("div", { class: "wp-detail-body", tabindex: 0, role: "region", "aria-label": "Detail of the row" });
  const actions = h("div", { class: "wp-strip wp-held", role: "status", hidden: true });
  const element = h(
    "aside",
    { class: "wp-detail", hidden: true, "aria-label": "Detail", "data-testid": "detail" },
    h("div", { class: "wp-bar" }, fold, glyph, title, about, h("span", { class: "wp-grow" }), close),
    actions,
    secrets,
    body,
  );
  return { glyph, title, about, close, body, actions, secrets, masked, reveal, element };
}

/** One row in full: who saw it, its payload, its frames, its traceback and what was printed. */
export class DetailPane {
  /** What divides it from the list, the detail, and the bar in its place while it is collapsed. */
  readonly elements: HTMLElement[];
  private parts: ReturnType<typeof build>;
  private fold: Foldable;
  private split: HTMLElement;
  private current: Row | null = null;
  private detail: Detail | null = null;
  /** The page that was chosen last, by its name. */
  private page = "";
  /** The row whose secrets are shown, until another one is opened. */
  private revealed: number | null = null;
  private copy: CopyRow;
  private line: ReturnType<typeof showLine>;
  private held: HeldActions;

  constructor(
    private view: View,
    onClose: () => void,
  ) {
    this.parts = build(foldButton(view, "detail", "Detail"));
    this.fold = foldable(view, "detail", "Detail", this.element, () => this.current !== null);
    this.split = splitter(view, () => "list", "List, and detail");
    this.elements = [this.split, this.element, this.fold.stub];
    view.scope.add(view.layout.changed.on(() => this.place()));
    this.place();
    this.copy = new CopyRow(
      view,
      () => this.current && { row: this.current, detail: this.detail },
      () => this.revealed !== null && this.revealed === this.current?.seq,
    );
    this.line = showLine(view, () => this.current && { row: this.current, why: this.detail?.why ?? null });
    this.held = new HeldActions(view, true);
    view.redrawOnChange(this.line.update);
    view.redrawOnChange(() => this.offer());
    this.parts.close.addEventListener("click", onClose);
    this.parts.reveal.addEventListener("click", () => {
      if (!this.current) return;
      this.revealed = this.current.seq;
      void this.render(this.current, true);
      this.parts.body.focus();
    });
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") onClose();
    });
  }

  get element(): HTMLElement {
    return this.parts.element;
  }

  focus(): void {
    this.parts.body.focus();
  }

  show(row: Row | null): void {
    const again = row !== null && row.seq === this.current?.seq && this.detail !== null;
    this.current = row;
    if (row?.seq !== this.revealed) this.revealed = null;
    if (!again) {
      this.detail = null;
      this.parts.body.scrollTop = 0;
    }
    this.place();
    this.offer();
    if (row) void this.render(row, again);
  }

  private place(): void {
    this.fold.update();
    show(this.split, isShown(this.element));
  }

  /** Shows the buttons of a held event, when the row is one. */
  private offer(): void {
    const { actions } = this.parts;
    const { element } = this.held;
    const event = this.view.session.server.held?.find(({ seq }) => seq === this.current?.seq);
    if (event) this.held.show(event);
    if (event && !element.parentNode) actions.append(element);
    else if (!event) element.remove();
    show(actions, Boolean(event));
  }

  /** Says what is masked, with the button that shows it. */
  private offerSecrets(row: Row): void {
    const { secrets, masked, reveal } = this.parts;
    const names = this.detail?.masked ?? [];
    show(secrets, names.length > 0);
    setText(masked, `Masked: ${names.join(", ")} `);
    const log = this.view.session.logName;
    setAttribute(reveal, "title", `Show what is masked, in this view only: ${log}.find(${row.seq}).events`);
  }

  private draw(row: Row, ...more: HTMLElement[]): void {
    const { body } = this.parts;
    const pages = pagesOf(row, this.detail, this.line.element, this.view.session.opened ? "log" : "pg");
    const wanted = pages.findIndex(({ name }) => name === this.page);
    const scrolled = body.scrollTop;
    const choose = (name: string): void => {
      this.page = name;
    };
    const { opener, choice } = this.copy;
    const [bar, ...page] = tabs(`${this.view.id}-detail`, pages, Math.max(0, wanted), choose, opener);
    body.replaceChildren(bar!, choice, ...page, ...more);
    body.scrollTop = scrolled;
    this.copy.update();
    this.line.update();
  }

  private drawBar(row: Row): void {
    const look = lookOf(row);
    setText(this.parts.glyph, look.glyph);
    this.element.dataset.tone = look.tone;
    setText(this.parts.title, row.opcode ? `${look.word} · ${row.opcode}` : look.word);
    const when = row.kind === "gap" ? "" : clock(row.at);
    setText(this.parts.about, [whoOf(row), row.path, when].filter(Boolean).join(" · "));
  }

  private async render(row: Row, again: boolean): Promise<void> {
    const { body } = this.parts;
    const { session } = this.view;
    this.drawBar(row);
    this.offerSecrets(row);
    if (row.folded) return body.replaceChildren(...foldedView(row));
    if (row.kind === "gap") return body.replaceChildren(h("p", { class: "wp-part" }, leftOut(session.logName)));
    const waiting = h("p", { class: "wp-dim", role: "status" }, "loading from the kernel…");
    // The same row drawn again keeps what is known, so that nothing flickers under the reader.
    if (!again) this.draw(row, waiting);
    try {
      const { result } = await session.kernel.call<Detail>("detail", {
        seq: row.seq,
        ...(this.revealed === row.seq && { secrets: true }),
      });
      if (this.current !== row) return;
      this.detail = result;
      this.offerSecrets(row);
      this.draw(row);
      const before = versionBefore(row);
      // The code of the versions is not part of a file.
      if (before === null || session.opened) return;
      const diff = await editDiff(session, row, before);
      if (this.current === row) body.append(diff);
    } catch (error) {
      if (this.current !== row) return;
      setText(waiting, `Only the beginning is shown: ${(error as CallError).message}`);
      body.append(waiting);
    }
  }
}

function foldedView(row: Row): HTMLElement[] {
  const { folded = 0, at, until = at, duration_ms } = row;
  const facts = [
    ["heartbeats", count(folded)],
    ["first", clock(at)],
    ["last", clock(until)],
    ["last round trip", duration_ms == null ? "no pong to the last ping" : duration(duration_ms)],
  ];
  return [
    h("p", { class: "wp-part" }, "Enter, or a click on the line, shows each ping and pong as a row of its own."),
    h(
      "dl",
      { class: "wp-facts wp-part" },
      ...facts.flatMap(([name, value]) => [h("dt", {}, name!), h("dd", {}, value!)]),
    ),
  ];
}

function leftOut(log: string): string {
  return `The panel skipped these rows to keep up. They are still in ${log}.`;
}
