import { diffLines, fold, splitLines, tally } from "../diff";
import { clock, plural } from "../format";
import type { Endpoint, Version } from "../kernel-protocol";
import { literal, revertCall } from "../python";
import { diffView } from "./diff-view";
import { h, isShown, setAttribute, setText, show } from "./dom";
import type { View } from "./view";

/** The versions of the endpoint, what each would change in the editor, and the way back to it. */
export function historyMenu(view: View, opener: HTMLButtonElement, focusEditor: () => void): HTMLElement {
  const { session } = view;
  const list = h("ul", { "aria-label": "Versions, newest first" });
  const caption = h("div", { class: "wp-dim", role: "status" });
  const diff = h("div", {
    class: "wp-history-diff",
    tabindex: 0,
    role: "region",
    "aria-label": "Difference to the editor",
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
      h("div", { class: "wp-inline" }, caption, h("span", { class: "wp-grow" }), close),
      diff,
      h("div", { class: "wp-actions" }, copy, h("span", { class: "wp-grow" }), back),
    ),
  );
  let versions: Version[] = [];
  let chosen: Version | null = null;
  let loaded = "";
  let compared = "";

  const toggle = (open: boolean): void => {
    if (open === isShown(menu)) return;
    const focused = menu.matches(":focus-within");
    show(menu, open);
    setAttribute(opener, "aria-expanded", String(open));
    loaded = compared = "";
    if (open) update();
    else if (focused) opener.focus();
  };
  const load = async ({ path, kind }: Endpoint): Promise<void> => {
    const ticket = loaded;
    if (!versions.length) setText(caption, "asking the kernel…");
    try {
      const { result } = await session.kernel.call<{ versions: Version[] }>("versions", { path, kind });
      if (ticket !== loaded) return;
      versions = [...result.versions].sort((a, b) => b.number - a.number);
      const elsewhere = menu.matches(":focus-within") && !list.matches(":focus-within");
      list.replaceChildren(...versions.map(entry));
      choose(versions.find(({ number }) => number === chosen?.number) ?? versions[1] ?? versions[0] ?? null);
      if (!elsewhere) list.querySelector<HTMLElement>("[aria-current=true]")?.focus();
    } catch (error) {
      if (ticket === loaded) setText(caption, (error as Error).message);
    }
  };
  const entry = (version: Version): HTMLElement => {
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
    button.addEventListener("click", () => choose(version));
    return h("li", {}, button);
  };
  const choose = (version: Version | null): void => {
    chosen = version;
    compared = "";
    for (const button of list.querySelectorAll<HTMLElement>("button"))
      setAttribute(button, "aria-current", String(button.dataset.version === String(version?.number)));
    update();
  };

  const update = (): void => {
    const { endpoint } = view;
    if (!isShown(menu)) return;
    if (!endpoint?.version || !session.kernel.alive) return toggle(false);
    const wanted = `${endpoint.key} ${endpoint.version}`;
    if (loaded !== wanted) {
      if (!loaded.startsWith(`${endpoint.key} `)) {
        versions = [];
        chosen = null;
        list.replaceChildren();
        diff.replaceChildren();
      }
      loaded = wanted;
      void load(endpoint);
    }
    const { text } = session.standing(endpoint);
    setAttribute(reset, "title", `pg.reset(${literal(endpoint.path)})`);
    const live = chosen?.number === endpoint.version;
    setText(back, !chosen ? "Go back" : live ? `v${chosen.number} is live` : `Go back to v${chosen.number}`);
    setAttribute(back, "title", chosen ? revertCall(endpoint.path, chosen.number) : null);
    back.disabled = !chosen || live || !endpoint.editable;
    reset.disabled = !endpoint.editable;
    copy.disabled = !chosen || chosen.source === text || !endpoint.editable;
    setAttribute(copy, "title", chosen ? `Put the code of v${chosen.number} into the editor; nothing goes live` : null);
    if (!chosen || compared === text) return;
    compared = text;
    compare(chosen, text);
  };
  const compare = (version: Version, text: string): void => {
    const lines = diffLines(splitLines(text), splitLines(version.source));
    const { out, in: come } = tally(lines);
    const same = !out && !come;
    setText(
      caption,
      same
        ? `${version.label} is what the editor shows`
        : `editor → v${version.number}: −${plural(out, "line")}, +${plural(come, "line")}`,
    );
    diff.replaceChildren(diffView(fold(lines)));
    diff.scrollTop = 0;
  };

  opener.addEventListener("click", () => toggle(!isShown(menu)));
  opener.addEventListener("keydown", (event) => {
    if (event.key === "Escape") toggle(false);
  });
  close.addEventListener("click", () => toggle(false));
  back.addEventListener("click", () => {
    const { endpoint } = view;
    if (!endpoint || !chosen) return;
    void session.edits.revert(endpoint, chosen.number);
    toggle(false);
  });
  reset.addEventListener("click", () => {
    if (view.endpoint) void session.edits.reset(view.endpoint);
    toggle(false);
  });
  copy.addEventListener("click", () => {
    const { endpoint } = view;
    if (!endpoint || !chosen) return;
    session.type(endpoint, chosen.source, menu);
    toggle(false);
    focusEditor();
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return toggle(false);
    const buttons = [...list.querySelectorAll("button")];
    const now = buttons.findIndex((button) => button.matches(":focus"));
    const next =
      now < 0 ? -1 : ({ ArrowUp: now - 1, ArrowDown: now + 1, Home: 0, End: buttons.length - 1 }[event.key] ?? -1);
    if (!buttons[next]) return;
    event.preventDefault();
    buttons[next].focus();
    buttons[next].click();
  });
  view.scope.listen<PointerEvent>(document, "pointerdown", (event) => {
    const path = event.composedPath();
    if (isShown(menu) && !path.includes(menu) && !path.includes(opener)) toggle(false);
  });
  view.redrawOnChange(update);
  return h("div", { class: "wp-anchor" }, menu);
}
