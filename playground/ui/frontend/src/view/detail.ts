import { clock } from "../format";
import type { CallError } from "../kernel";
import type { Row } from "../kernel-protocol";
import type { Detail } from "../row-detail";
import { lookOf, versionBefore, whoOf } from "../rowtext";
import { copyRow } from "./detail/copy-row";
import { editDiff } from "./detail/diff";
import { pagesOf } from "./detail/pages";
import { showLine } from "./detail/show-line";
import { tabs } from "./detail/tabs";
import { h, setText, show } from "./dom";
import { heldActions } from "./held";
import type { View } from "./view";

export interface DetailPane {
  element: HTMLElement;
  show(row: Row | null): void;
  focus(): void;
}

/** One row in full: who saw it, its payload, its frames, its traceback and what was printed. */
export function detailPane(view: View, onClose: () => void): DetailPane {
  const { session } = view;
  const glyph = h("span", { class: "wp-detail-glyph", "aria-hidden": "true" });
  const title = h("b");
  const about = h("span", { class: "wp-dim wp-path" });
  const close = h(
    "button",
    { class: "wp-button wp-small", "aria-label": "Close the detail", title: "Escape", "data-testid": "detail-close" },
    "✕",
  );
  const body = h("div", { class: "wp-detail-body", tabindex: 0, role: "region", "aria-label": "Detail of the row" });
  let current: Row | null = null;
  let detail: Detail | null = null;
  let page = "";
  const copy = copyRow(() => current && { row: current, detail, server: session.server.ws_url });
  const line = showLine(view, () => current && { row: current, why: detail?.why ?? null });
  view.redrawOnChange(line.update);
  const held = heldActions(view, true);
  const actions = h("div", { class: "wp-strip wp-held", role: "status", hidden: true });
  const offer = (): void => {
    const event = session.server.held?.find(({ seq }) => seq === current?.seq);
    if (event) held.show(event);
    if (event && !held.element.parentNode) actions.append(held.element);
    else if (!event) held.element.remove();
    show(actions, Boolean(event));
  };
  view.redrawOnChange(offer);
  const bar = h("div", { class: "wp-bar" }, glyph, title, about, h("span", { class: "wp-grow" }), close);
  const element = h(
    "aside",
    { class: "wp-detail", hidden: true, "aria-label": "Detail", "data-testid": "detail" },
    bar,
    actions,
    body,
  );

  close.addEventListener("click", onClose);
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") onClose();
  });

  const draw = (row: Row, ...more: HTMLElement[]): void => {
    const pages = pagesOf(row, detail, line.element);
    const wanted = pages.findIndex(({ name }) => name === page);
    const scrolled = body.scrollTop;
    body.replaceChildren(
      ...tabs(`${view.id}-detail`, pages, Math.max(0, wanted), (name) => (page = name), copy.element),
      ...more,
    );
    body.scrollTop = scrolled;
    copy.update();
    line.update();
  };

  const render = async (row: Row, again: boolean): Promise<void> => {
    const look = lookOf(row);
    setText(glyph, look.glyph);
    element.dataset.tone = look.tone;
    setText(title, look.word);
    setText(about, [whoOf(row), row.path, row.kind === "gap" ? "" : clock(row.at)].filter(Boolean).join(" · "));
    if (row.kind === "gap")
      return void body.replaceChildren(
        h(
          "p",
          { class: "wp-part" },
          "These events came faster than the page can show. The kernel has them: see pg.log.",
        ),
      );
    const waiting = h("p", { class: "wp-dim", role: "status" }, "asking the kernel…");
    // The same row drawn again keeps what is known, so that nothing flickers under the reader.
    if (!again) draw(row, waiting);
    try {
      const { result } = await session.kernel.call<Detail>("detail", { seq: row.seq });
      if (current !== row) return;
      detail = result;
      draw(row);
      const before = versionBefore(row);
      if (before === null) return;
      const diff = await editDiff(session, row, before);
      if (current === row) body.append(diff);
    } catch (error) {
      if (current !== row) return;
      setText(waiting, `Only the preview is here: ${(error as CallError).message}`);
      body.append(waiting);
    }
  };

  return {
    element,
    focus: () => body.focus(),
    show(row) {
      const again = row !== null && row.seq === current?.seq && detail !== null;
      current = row;
      if (!again) {
        detail = null;
        body.scrollTop = 0;
      }
      show(element, row !== null);
      offer();
      if (row) void render(row, again);
    },
  };
}
