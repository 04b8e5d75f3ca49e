import { DeepSearch } from "../deep-search";
import { Pace } from "../pace";
import { ShownRows } from "../shown";
import { filterChips } from "./chips";
import { countsView } from "./counts";
import { detailPane } from "./detail";
import { h, isShown, setAttribute, setText, show } from "./dom";
import { filterBox, rowsCall } from "./filter-box";
import { glance } from "./glance";
import { RowList } from "./row-list";
import { saveMenu } from "./save-menu";
import { SequenceView } from "./sequence-view";
import { shownText } from "./shown-text";
import type { View } from "./view";

const FIRST_STEP = "Press + Connect, then send a message: what happens appears here.";

/** Everything that happened, in order, as a list or as a diagram; a row opens beside or below it. */
export function timeline(view: View): HTMLElement {
  const { session } = view;
  const { store } = session;
  const shown = new ShownRows(store);
  const deep = new DeepSearch(
    store,
    async (query, limit) =>
      (await session.kernel.call<{ seqs: number[]; total: number }>("search", { query, limit })).result,
  );
  view.scope.add(() => deep.close());
  const total = h("span", { class: "wp-dim wp-shown", role: "status", "data-testid": "shown" });
  const pause = h(
    "button",
    {
      class: "wp-button",
      "aria-pressed": "false",
      title: "Hold the list still; nothing is lost",
      "data-testid": "pause",
    },
    "Pause",
  );
  const clear = h("button", { class: "wp-button", title: "pg.log.clear()", "data-testid": "clear" }, "Clear");
  const empty = h("p", { class: "wp-hint wp-empty", "data-testid": "empty" });
  const jump = h("button", { class: "wp-jump", hidden: true, "data-testid": "jump" });
  const pace = new Pace(() => {
    list.draw();
    sequence.draw();
    describe();
  });
  view.scope.add(() => pace.close());
  view.scope.listen(document, "keydown", ({ timeStamp }) => pace.typed(timeStamp), { capture: true, passive: true });
  const list = new RowList(view, shown, pace);
  const sequence = new SequenceView(view, shown, list, pace);
  const traffic = glance(view);
  const detail = detailPane(view, () => {
    list.select(null);
    if (isShown(sequence.element)) sequence.focus();
    else list.element.focus();
  });

  /** What is in sight: both follow the latest row until the reader scrolls up. */
  const current = (): Pick<RowList, "following" | "unseen" | "jumpToLatest"> =>
    isShown(sequence.element) ? sequence : list;
  const describe = (): void => {
    const { length } = shown.rows;
    setText(total, shownText({ shown: length, all: store.rows.length, filtered: box.query !== "", deep: deep.state }));
    setText(empty, store.rows.length === 0 ? FIRST_STEP : length === 0 ? "No row matches the filter." : "");
    show(empty, length === 0);
    const { following, unseen } = current();
    const waiting = shown.paused ? shown.waiting : following ? 0 : unseen;
    show(jump, waiting > 0);
    if (waiting > 0)
      setText(
        jump,
        shown.paused
          ? `${waiting.toLocaleString("en-US")} new while paused — resume`
          : `↓ ${waiting.toLocaleString("en-US")} new — jump to latest`,
      );
    setText(pause, shown.paused ? "Resume" : "Pause");
    setAttribute(pause, "aria-pressed", String(shown.paused));
  };
  const redraw = (): void => {
    sequence.outdate();
    pace.soon();
  };

  const filterAnew = (test: (row: (typeof store.rows)[number]) => boolean): void => {
    list.hold(() => shown.filterBy({ test }));
    list.unseen = sequence.unseen = 0;
    redraw();
  };
  const applyFilter = (): void => {
    const passes = deep.use(box.query, box.filter);
    // What was left out may have been what is looked for, so gaps always show.
    filterAnew((row) => row.kind === "gap" || passes(row));
    chips.update();
    save.update();
    describeTabs();
  };
  const box = filterBox(view.id, applyFilter);
  const chips = filterChips(view, box.text, box.write);
  const save = saveMenu(view, () => box.query);
  view.scope.add(
    deep.changed.on(() => {
      list.hold(() => shown.filterAgain());
      redraw();
    }),
  );

  const setPaused = (on: boolean): void => {
    list.hold(() => shown.pause(on));
    if (!on) for (const each of [list, sequence]) each.jumpToLatest();
    redraw();
  };
  pause.addEventListener("click", () => setPaused(!shown.paused));
  jump.addEventListener("click", () => (shown.paused ? setPaused(false) : current().jumpToLatest()));
  clear.addEventListener("click", async () => {
    try {
      await session.kernel.call("clear");
      box.say("");
    } catch (error) {
      box.say((error as Error).message);
    }
  });

  const tabs = (["List", "Sequence"] as const).map((name) =>
    h(
      "button",
      { class: "wp-button", "aria-pressed": String(name === "List"), "data-testid": `view-${name.toLowerCase()}` },
      name,
    ),
  );
  const describeTabs = (): void =>
    tabs.forEach((tab, i) => setAttribute(tab, "title", rowsCall(box.query) + (i === 1 ? ".to_mermaid()" : "")));
  describeTabs();
  const showSequence = (on: boolean): void => {
    show(sequence.element, on);
    show(list.element, !on);
    tabs.forEach((tab, i) => setAttribute(tab, "aria-pressed", String((i === 1) === on)));
    if (on) sequence.open();
    else list.reveal();
    redraw();
  };
  tabs.forEach((tab, i) => tab.addEventListener("click", () => showSequence(i === 1)));

  list.onSelect = (row) => {
    detail.show(row);
    sequence.reveal();
  };
  list.onOpen = () => detail.focus();
  view.scope.add(
    store.changed.on((change) => {
      traffic.take(change);
      list.hold(() => {
        const added = shown.apply(change);
        for (const each of [list, sequence]) if (!each.following) each.unseen += added;
      });
      deep.look(change);
      if (change.reset) {
        list.unseen = sequence.unseen = 0;
        if (!shown.paused) list.select(null);
        pace.soon();
      }
      const { row } = list.selected;
      const fresh = row && change.replaced.find(([old]) => old.seq === row.seq)?.[1];
      if (fresh) {
        list.selected.row = fresh;
        detail.show(fresh);
      }
      sequence.outdate();
      pace.stream();
    }),
  );
  view.redrawOnChange(() => {
    clear.disabled = !session.kernel.alive;
  });
  describe();
  pace.soon();

  const views = h("div", { class: "wp-segments", role: "group", "aria-label": "View" }, ...tabs);
  const bar = h(
    "div",
    { class: "wp-bar" },
    h("h3", {}, "Timeline"),
    views,
    total,
    h("span", { class: "wp-grow" }),
    box.element,
    pause,
    save.element,
    clear,
  );
  const second = h(
    "div",
    { class: "wp-second-bar" },
    chips.element,
    h("span", { class: "wp-grow" }),
    traffic.element,
    countsView(view),
  );
  const body = h(
    "div",
    { class: "wp-timeline-body" },
    h("div", { class: "wp-list" }, list.element, sequence.element, empty, jump),
    detail.element,
  );
  return h("section", { class: "wp-timeline", "aria-label": "Timeline" }, bar, second, body);
}
