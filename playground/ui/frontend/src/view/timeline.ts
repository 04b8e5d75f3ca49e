import { count } from "../format";
import { parseFilter } from "../filter";
import { ShownRows } from "../shown";
import { detailPane } from "./detail";
import { h, setAttribute, setText, show } from "./dom";
import { RowList } from "./row-list";
import type { View } from "./view";

const FIRST_STEP = "Press + Connect, then send a message: what happens appears here.";

/** Everything that happened, in order; a row opens beside or below the list. */
export function timeline(view: View): HTMLElement {
  const { session } = view;
  const { store } = session;
  const shown = new ShownRows(store);
  const total = h("span", { class: "wp-dim", "data-testid": "shown" });
  const filter = h("input", { class: "wp-input wp-mono wp-filter", type: "search", "aria-label": "Filter", placeholder: "filter: hello kind:send -client:bob", spellcheck: "false", autocomplete: "off", "data-testid": "filter" });
  const pause = h("button", { class: "wp-button", "aria-pressed": "false", title: "Hold the list still; nothing is lost", "data-testid": "pause" }, "Pause");
  const clear = h("button", { class: "wp-button", title: "pg.log.clear()", "data-testid": "clear" }, "Clear");
  const mistake = h("span", { class: "wp-bad wp-filter-says", role: "alert", "data-testid": "filter-mistake" });
  const empty = h("p", { class: "wp-hint wp-empty", "data-testid": "empty" });
  const jump = h("button", { class: "wp-jump", hidden: true, "data-testid": "jump" });
  const list = new RowList(view, shown);
  const detail = detailPane(view, () => {
    list.select(null);
    list.element.focus();
  });

  const describe = (): void => {
    const filtered = filter.value.trim() !== "";
    const { length } = shown.rows;
    setText(total, filtered ? `${count(length)} of ${count(store.rows.length)}` : length ? count(length) : "");
    setText(empty, store.rows.length === 0 ? FIRST_STEP : length === 0 ? "No row matches the filter." : "");
    show(empty, length === 0);
    const held = shown.paused ? shown.waiting : list.following ? 0 : list.unseen;
    show(jump, held > 0);
    if (held > 0) setText(jump, shown.paused ? `${count(held)} new while paused — resume` : `↓ ${count(held)} new — jump to latest`);
    setText(pause, shown.paused ? "Resume" : "Pause");
    setAttribute(pause, "aria-pressed", String(shown.paused));
  };
  let describing = 0;
  const describeSoon = (): void => {
    describing ||= requestAnimationFrame(() => {
      describing = 0;
      describe();
    });
  };
  view.scope.add(() => cancelAnimationFrame(describing));

  const applyFilter = (): void => {
    const parsed = parseFilter(filter.value);
    setText(mistake, parsed.mistake ? `column ${parsed.mistake.at + 1}: ${parsed.mistake.message}` : "");
    list.hold(() => (shown.filterBy(parsed), 0));
    list.unseen = 0;
    describeSoon();
  };
  const setPaused = (on: boolean): void => {
    list.hold(() => (shown.pause(on), 0));
    if (!on) list.jumpToLatest();
    describeSoon();
  };

  filter.addEventListener("input", applyFilter);
  filter.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !filter.value) return;
    filter.value = "";
    applyFilter();
  });
  pause.addEventListener("click", () => setPaused(!shown.paused));
  jump.addEventListener("click", () => (shown.paused ? setPaused(false) : list.jumpToLatest()));
  clear.addEventListener("click", async () => {
    try {
      await session.kernel.call("clear");
      setText(mistake, "");
    } catch (error) {
      setText(mistake, (error as Error).message);
    }
  });

  list.onSelect = (row) => detail.show(row);
  list.onOpen = () => detail.focus();
  list.onDraw = describe;
  view.scope.add(
    store.changed.on((change) => {
      list.hold(() => shown.apply(change));
      if (change.reset) {
        list.unseen = 0;
        if (!shown.paused) list.select(null);
      }
      const { row } = list.selected;
      const fresh = row && change.replaced.find(([old]) => old.seq === row.seq)?.[1];
      if (fresh) {
        list.selected.row = fresh;
        detail.show(fresh);
      }
      describeSoon();
    }),
  );
  view.keep(() => {
    clear.disabled = !session.kernel.alive;
  });
  describe();
  list.refresh();

  const bar = h("div", { class: "wp-bar" }, h("h3", {}, "Timeline"), total, h("span", { class: "wp-grow" }), h("div", { class: "wp-filter-box" }, filter, mistake), pause, clear);
  const body = h("div", { class: "wp-timeline-body" }, h("div", { class: "wp-list" }, list.element, empty, jump), detail.element);
  return h("section", { class: "wp-timeline", "aria-label": "Timeline" }, bar, body);
}
