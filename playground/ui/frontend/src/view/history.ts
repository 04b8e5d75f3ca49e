import { diffLines, fold, splitLines, tally } from "../diff";
import { clock, plural } from "../format";
import type { Endpoint, Version } from "../kernel-protocol";
import { diffCall, resetCall, revertCall } from "../python";
import { firstSides, keptSides, type Side, type Sides, sideText } from "../versions";
import { diffView } from "./diff-view";
import { h, isShown, setAttribute, setOptions, setText, show } from "./dom";
import type { View } from "./view";

/** The menu's elements and their layout. */
function build() {
  const list = h("ul", { "aria-label": "Versions, newest first" });
  const caption = h("div", { class: "wp-dim", role: "status", "data-testid": "history-says" });
  const side = (label: string, testid: string): HTMLSelectElement =>
    h("select", { class: "wp-select wp-small", "aria-label": label, "data-testid": testid });
  const [before, after] = [side("Compare", "history-before"), side("with", "history-after")];
  const swap = h("button", { class: "wp-button wp-small", "aria-label": "Swap the two", title: "Swap the two" }, "⇄");
  const diff = h("div", {
    class: "wp-history-diff",
    tabindex: 0,
    role: "region",
    "aria-label": "Difference",
    "data-testid": "history-diff",
  });
  const back = h("button", { class: "wp-button wp-small wp-primary", "data-testid": "revert" });
  const copy = h("button", { class: "wp-button wp-small", "data-testid": "copy-version" }, "Copy into the editor");
  const reset = h("button", { class: "wp-button wp-small", "data-testid": "reset" }, "Reset state");
  const close = h("button", { class: "wp-button wp-small", "aria-label": "Close the history", title: "Escape" }, "✕");
  const menu = h(
    "div",
    { class: "wp-history", role: "dialog", "aria-label": "History", hidden: true, "data-testid": "history-menu" },
    h("div", { class: "wp-history-list" }, list, h("div", { class: "wp-history-state" }, reset)),
    h(
      "div",
      { class: "wp-history-version" },
      h("div", { class: "wp-inline" }, before, "→", after, swap, caption, h("span", { class: "wp-grow" }), close),
      diff,
      h("div", { class: "wp-actions" }, copy, h("span", { class: "wp-grow" }), back),
    ),
  );
  return { list, caption, before, after, swap, diff, back, copy, reset, close, menu };
}

/** The versions of the endpoint, how any two differ, and buttons to go back to the first of them. */
export class HistoryMenu {
  readonly element: HTMLElement;
  private parts = build();
  private versions: Version[] = [];
  private sides: Sides | null = null;
  /** The endpoint and the version for which the list was asked for. */
  private loaded = "";
  /** The two texts that were compared last. */
  private compared: readonly [string, string] | null = null;

  constructor(
    private view: View,
    private opener: HTMLButtonElement,
    private focusEditor: () => void,
  ) {
    this.element = h("div", { class: "wp-anchor" }, this.parts.menu);
    this.listen();
    view.redrawOnChange(() => this.update());
  }

  private get isOpen(): boolean {
    return isShown(this.parts.menu);
  }

  private toggle(open: boolean): void {
    if (open === this.isOpen) return;
    const focused = this.parts.menu.matches(":focus-within");
    show(this.parts.menu, open);
    setAttribute(this.opener, "aria-expanded", String(open));
    this.loaded = "";
    this.compared = null;
    if (open) this.update();
    else if (focused) this.opener.focus();
  }

  private listen(): void {
    const { menu, close, back, reset, copy, before, after, swap } = this.parts;
    this.opener.addEventListener("click", () => this.toggle(!this.isOpen));
    this.opener.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.toggle(false);
    });
    close.addEventListener("click", () => this.toggle(false));
    back.addEventListener("click", () => this.goBack());
    reset.addEventListener("click", () => {
      if (this.view.endpoint) void this.view.session.edits.reset(this.view.endpoint);
      this.toggle(false);
    });
    copy.addEventListener("click", () => this.copyIntoEditor());
    before.addEventListener("change", () => this.compareWith({ before: sideOf(before.value) }));
    after.addEventListener("change", () => this.compareWith({ after: sideOf(after.value) }));
    swap.addEventListener("click", () => {
      if (this.sides) this.compareWith({ before: this.sides.after, after: this.sides.before });
    });
    menu.addEventListener("keydown", (event) => this.pressed(event));
    this.view.scope.listen<PointerEvent>(document, "pointerdown", (event) => {
      const path = event.composedPath();
      if (this.isOpen && !path.includes(menu) && !path.includes(this.opener)) this.toggle(false);
    });
  }

  /** The version that the buttons are about. */
  private get chosen(): Version | null {
    return this.numbered(this.sides?.before) ?? null;
  }

  private goBack(): void {
    const { endpoint } = this.view;
    if (!endpoint || !this.chosen) return;
    void this.view.session.edits.revert(endpoint, this.chosen.number);
    this.toggle(false);
  }

  private copyIntoEditor(): void {
    const { endpoint } = this.view;
    if (!endpoint || !this.chosen) return;
    this.view.session.type(endpoint, this.chosen.source, this);
    this.toggle(false);
    this.focusEditor();
  }

  private pressed(event: KeyboardEvent): void {
    if (event.key === "Escape") return this.toggle(false);
    if (event.target instanceof HTMLSelectElement) return;
    const buttons = [...this.parts.list.querySelectorAll("button")];
    const now = buttons.findIndex((button) => button.matches(":focus"));
    const next =
      now < 0 ? -1 : ({ ArrowUp: now - 1, ArrowDown: now + 1, Home: 0, End: buttons.length - 1 }[event.key] ?? -1);
    if (!buttons[next]) return;
    event.preventDefault();
    buttons[next].focus();
    buttons[next].click();
  }

  private async load({ path, kind }: Endpoint): Promise<void> {
    const { caption, menu, list } = this.parts;
    const ticket = this.loaded;
    if (!this.versions.length) setText(caption, "loading from the kernel…");
    try {
      const { result } = await this.view.session.kernel.call<{ versions: Version[] }>("versions", { path, kind });
      if (ticket !== this.loaded) return;
      this.versions = [...result.versions].sort((a, b) => b.number - a.number);
      const elsewhere = menu.matches(":focus-within") && !list.matches(":focus-within");
      list.replaceChildren(...this.versions.map((version) => this.entry(version)));
      const { version = 0, back } = this.view.endpoint ?? {};
      const first = firstSides(this.versions, version, back);
      this.compareWith(this.sides ? keptSides(this.sides, this.versions, first) : first);
      if (!elsewhere) list.querySelector<HTMLElement>("[aria-current=true]")?.focus();
    } catch (error) {
      if (ticket === this.loaded) setText(caption, (error as Error).message);
    }
  }

  private numbered(number: Side | undefined): Version | undefined {
    return this.versions.find((version) => version.number === number);
  }

  private entry(version: Version): HTMLElement {
    const button = h(
      "button",
      {
        class: "wp-history-entry",
        "data-testid": "history-entry",
        "data-version": version.number,
        title: `${version.name} of ${clock(version.at)}`,
      },
      h("b", {}, version.label),
      h("span", { class: "wp-dim" }, clock(version.at).slice(0, 8)),
    );
    button.addEventListener("click", () => this.compareWith({ before: version.number }));
    return h("li", {}, button);
  }

  private compareWith(sides: Partial<Sides>): void {
    this.sides = { before: "draft", after: "draft", ...this.sides, ...sides };
    for (const button of this.parts.list.querySelectorAll<HTMLElement>("button"))
      setAttribute(button, "aria-current", String(button.dataset.version === String(this.sides.before)));
    this.update();
  }

  private update(): void {
    const { endpoint, session } = this.view;
    if (!this.isOpen) return;
    if (!endpoint?.version || !session.kernel.alive) return this.toggle(false);
    const wanted = `${endpoint.key} ${endpoint.version}`;
    if (this.loaded !== wanted) {
      if (!this.loaded.startsWith(`${endpoint.key} `)) this.empty();
      this.loaded = wanted;
      void this.load(endpoint);
    }
    const { text } = session.sourceState(endpoint);
    this.offer(endpoint);
    this.describe(endpoint, text);
    if (!this.sides) return;
    const sourceOf = (side: Side): string => (side === "draft" ? text : (this.numbered(side)?.source ?? ""));
    const [before, after] = [sourceOf(this.sides.before), sourceOf(this.sides.after)];
    if (this.compared?.[0] === before && this.compared[1] === after) return;
    this.compared = [before, after];
    this.compare(before, after);
  }

  private empty(): void {
    this.versions = [];
    this.sides = null;
    this.parts.list.replaceChildren();
    this.parts.diff.replaceChildren();
  }

  /** Any version can be compared with any other, and with the editor. */
  private offer({ version: current, path }: Endpoint): void {
    const { before, after, caption } = this.parts;
    if (!this.sides) return;
    const versions = this.versions.map(({ number, label }) => ({
      value: String(number),
      text: number === current ? `${label} live` : label,
    }));
    const choices = [{ value: "draft", text: "editor" }, ...versions];
    setOptions(before, choices, String(this.sides.before));
    setOptions(after, choices, String(this.sides.after));
    setAttribute(caption, "title", diffCall(path, this.sides.before, this.sides.after));
  }

  private describe(endpoint: Endpoint, text: string): void {
    const { chosen } = this;
    const { back, copy, reset } = this.parts;
    setAttribute(reset, "title", resetCall(endpoint.path));
    const asWhat = chosen && chosen.number !== endpoint.version ? ` as v${endpoint.version}` : "";
    const live = chosen !== null && (!asWhat || chosen.source === endpoint.source);
    const says = live ? `v${chosen.number} is live${asWhat}` : `Go back to v${chosen?.number}`;
    setText(back, chosen ? says : "Go back");
    setAttribute(back, "title", chosen ? revertCall(endpoint.path, chosen.number) : null);
    back.disabled = !chosen || live || !endpoint.editable;
    reset.disabled = !endpoint.editable;
    copy.disabled = !chosen || chosen.source === text || !endpoint.editable;
    setText(copy, chosen ? `Copy v${chosen.number} into the editor` : "Copy into the editor");
    setAttribute(
      copy,
      "title",
      chosen ? `Put the code of v${chosen.number} into the editor; nothing is published` : null,
    );
  }

  private compare(before: string, after: string): void {
    const { caption, diff } = this.parts;
    const lines = diffLines(splitLines(before), splitLines(after));
    const { out, in: come } = tally(lines);
    const same = `${sideText(this.sides!.before)} and ${sideText(this.sides!.after)} are the same`;
    setText(caption, out || come ? `−${plural(out, "line")}, +${plural(come, "line")}` : same);
    diff.replaceChildren(diffView(fold(lines)));
    diff.scrollTop = 0;
  }
}

function sideOf(value: string): Side {
  return value === "draft" ? value : Number(value);
}
