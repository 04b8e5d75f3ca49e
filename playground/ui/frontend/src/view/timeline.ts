import { DeepSearch } from "../deep-search";
import { everything, type Filter } from "../filter";
import { looksForRows } from "../folding";
import { count } from "../format";
import type { Row } from "../kernel-protocol";
import { Matching, NoWorker, Stopped } from "../matching";
import { Pace } from "../pace";
import { rowsCall } from "../python";
import { ShownRows } from "../shown";
import type { Change } from "../store";
import { filterChips } from "./chips";
import { DetailPane } from "./detail";
import { h, isShown, setAttribute, setText, show } from "./dom";
import { filterBox } from "./filter-box";
import { paneHeading } from "./fold";
import { Glance } from "./glance";
import { RowList } from "./row-list";
import { saveMenu } from "./save-menu";
import { SequenceView } from "./sequence-view";
import { shownText } from "./shown-text";
import type { View } from "./view";

const FIRST_STEP = "Press + Connect, then send a message: what happens appears here.";
const NO_ROWS = "The opened log has no rows.";

function build() {
  // No live region: it changes with the traffic. `result` says once what a filter found.
  const total = h("span", { class: "wp-dim wp-shown", "data-testid": "shown" });
  const result = h("span", { class: "wp-unseen", role: "status", "data-testid": "filter-result" });
  const pause = h(
    "button",
    {
      class: "wp-button",
      "aria-pressed": "false",
      title: "Pause the list; no rows are lost",
      "data-testid": "pause",
    },
    "Pause",
  );
  const clear = h("button", { class: "wp-button", "data-testid": "clear" }, "Clear");
  const empty = h("p", { class: "wp-hint wp-empty", "data-testid": "empty" });
  const jump = h("button", { class: "wp-jump", hidden: true, "data-testid": "jump" });
  const tabs = (["List", "Sequence"] as const).map((name) =>
    h(
      "button",
      { class: "wp-button", "aria-pressed": String(name === "List"), "data-testid": `view-${name.toLowerCase()}` },
      name,
    ),
  );
  return { total, result, pause, clear, empty, jump, tabs };
}

/** Everything that happened, in order, as a list or as a diagram; a row opens beside or below it. */
export class Timeline {
  readonly element: HTMLElement;
  private parts = build();
  private shown: ShownRows;
  private deep: DeepSearch;
  private matching: Matching;
  private pace: Pace;
  private list: RowList;
  private sequence: SequenceView;
  private traffic: Glance;
  private detail: DetailPane;
  private box: ReturnType<typeof filterBox>;
  private chips: ReturnType<typeof filterChips>;
  private save: ReturnType<typeof saveMenu>;
  /** Another filter is in use, and what it found has not been said yet. */
  private toSay = false;
  private remembers = true;

  constructor(
    private view: View,
    asSequence: boolean,
  ) {
    const { session } = view;
    this.shown = new ShownRows(session.store);
    this.deep = new DeepSearch(session.store, async (query, limit) => {
      const { result } = await session.kernel.call<{ seqs: number[]; total: number }>("search", { query, limit });
      return result;
    });
    this.matching = new Matching(session.store.limit);
    this.pace = new Pace(() => this.draw());
    this.list = new RowList(view, this.shown, this.pace);
    this.sequence = new SequenceView(view, this.shown, this.list, this.pace);
    this.traffic = new Glance(view);
    this.detail = new DetailPane(view, () => this.closeDetail());
    this.box = filterBox(view, () => this.applyFilter());
    this.chips = filterChips(view, this.box.text, this.box.write);
    this.save = saveMenu(view, () => this.box.query);
    this.listen();
    this.follow();
    setAttribute(this.parts.clear, "title", `${session.logName}.clear()`);
    this.describeTabs();
    this.describe();
    this.pace.soon();
    this.element = this.arrange();
    if (asSequence) this.showSequence(true);
    const before = session.memory.recall("filter");
    if (before) this.box.write(before);
  }

  private arrange(): HTMLElement {
    const { total, result, pause, clear, empty, jump, tabs } = this.parts;
    const views = h("div", { class: "wp-segments", role: "group", "aria-label": "View" }, ...tabs);
    const space = (): HTMLElement => h("span", { class: "wp-grow" });
    const head = paneHeading(this.view, "timeline", "Timeline");
    const bar = h("div", { class: "wp-bar" }, head, views, this.box.element, total, result, pause);
    bar.append(this.save.element, clear);
    const second = h("div", { class: "wp-second-bar" }, this.chips.element, space(), this.traffic.element);
    const rows = h("div", { class: "wp-list" }, this.list.element, this.sequence.element, empty, jump);
    const body = h("div", { class: "wp-timeline-body" }, rows, ...this.detail.elements);
    return h("section", { class: "wp-timeline", "aria-label": "Timeline" }, bar, second, body);
  }

  private listen(): void {
    const { pause, clear, jump, tabs } = this.parts;
    const { scope } = this.view;
    scope.listen(document, "keydown", ({ timeStamp }) => this.pace.typed(timeStamp), { capture: true, passive: true });
    pause.addEventListener("click", () => this.setPaused(!this.shown.paused));
    jump.addEventListener("click", () => (this.shown.paused ? this.setPaused(false) : this.current.jumpToLatest()));
    clear.addEventListener("click", () => void this.clear());
    tabs.forEach((tab, i) => tab.addEventListener("click", () => this.showSequence(i === 1)));
    this.list.onSelect = (row) => {
      this.detail.show(row);
      this.sequence.reveal();
    };
    this.list.onOpen = () => this.detail.focus();
    this.list.onToggle = () => {
      this.sequence.stay();
      this.redraw();
    };
  }

  private follow(): void {
    const { scope, session } = this.view;
    scope.add(() => this.deep.close());
    scope.add(() => this.matching.close());
    scope.add(this.matching.settled.on((rows) => this.reconsider(rows)));
    scope.add(this.matching.stopped.on((error) => this.stopFilter(error)));
    scope.add(() => this.pace.close());
    scope.add(
      this.deep.changed.on(() => {
        if (this.deep.failure) this.box.say(this.deep.failure);
        this.list.hold(() => this.shown.filterAgain());
        this.redraw();
      }),
    );
    scope.add(session.store.changed.on((change) => this.take(change)));
    this.view.redrawOnChange(() => {
      this.parts.clear.disabled = !session.kernel.alive;
    });
  }

  /** The list or the diagram; both follow the latest row until the reader scrolls up. */
  private get current(): Pick<RowList, "following" | "unseen" | "jumpToLatest"> {
    return isShown(this.sequence.element) ? this.sequence : this.list;
  }

  /** Shows what passes a filter that is not remembered: it belongs to this piece. */
  filterBy(text: string): void {
    this.remembers = false;
    this.box.write(text);
  }

  private draw(): void {
    this.list.draw();
    this.sequence.draw();
    this.describe();
  }

  private redraw(): void {
    this.sequence.outdate();
    this.pace.soon();
  }

  private closeDetail(): void {
    this.list.select(null);
    if (isShown(this.sequence.element)) this.sequence.focus();
    else this.list.element.focus();
  }

  private describe(): void {
    const { total, result, pause, empty, jump } = this.parts;
    const { shown } = this;
    const { forgotten, rows } = this.view.session.store;
    const all = rows.length;
    const length = shown.total;
    setText(
      total,
      shownText({ shown: length, all, filtered: this.box.query !== "", deep: this.deep.state, forgotten }),
    );
    if (this.toSay && this.deep.state !== "asking") {
      this.toSay = false;
      setText(result, this.box.query ? `${total.textContent} rows match the filter` : "");
    }
    setText(
      empty,
      all === 0 ? (this.view.session.opened ? NO_ROWS : FIRST_STEP) : length > 0 ? "" : this.noMatchText(),
    );
    show(empty, length === 0);
    const { following, unseen } = this.current;
    const waiting = shown.paused ? shown.waiting : following ? 0 : unseen;
    show(jump, waiting > 0);
    const many = count(waiting);
    if (waiting > 0)
      setText(jump, shown.paused ? `${many} new while paused: resume` : `↓ ${many} new: jump to the latest`);
    // Nothing is added to a log that was read from a file.
    show(pause, !this.view.session.opened);
    setText(pause, shown.paused ? "Resume" : "Pause");
    setAttribute(pause, "aria-pressed", String(shown.paused));
  }

  private noMatchText(): string {
    return this.deep.state === "asking" ? "Searching…" : "No row matches the filter.";
  }

  private describeTabs(): void {
    const call = rowsCall(this.view.session.logName, this.box.query);
    this.parts.tabs.forEach((tab, i) => setAttribute(tab, "title", i === 1 ? `${call}.to_mermaid()` : call));
  }

  /** Expressions are run elsewhere, and meanwhile the filter before stays in use. */
  private applyFilter(): void {
    const { query, filter } = this.box.wanted!;
    if (filter.expressions.length) void this.match(query, filter);
    else {
      this.matching.close();
      this.useFilter(query, filter);
    }
    this.chips.update();
  }

  private async match(query: string, filter: Filter): Promise<void> {
    try {
      if (await this.matching.use(filter, this.view.session.store.rows)) this.useFilter(query, filter);
    } catch (error) {
      // Where no worker may run, the kernel is asked, which has the same time limit.
      if (error instanceof NoWorker) this.useFilter(query, filter, true);
      else if (!(error instanceof Stopped)) throw error;
      else if (this.box.wanted?.filter === filter) this.box.refuse(error.mistake);
    }
  }

  /** A later row was too much for the filter in use: nothing may stay hidden without a word. */
  private stopFilter({ mistake }: Stopped): void {
    const asked = this.box.wanted !== null;
    this.useFilter("", everything);
    if (asked) this.box.refuse(mistake);
  }

  private useFilter(query: string, filter: Filter, everyRow = false): void {
    this.box.accept(query);
    if (this.remembers) this.view.session.memory.remember("filter", query);
    const passes = this.deep.use(query, filter, everyRow);
    // A skipped row might match the filter, so gaps are always shown.
    const test = (row: Row): boolean => row.kind === "gap" || passes(row);
    this.list.hold(() => this.shown.filterBy({ test }, !looksForRows(query)));
    this.list.unseen = this.sequence.unseen = 0;
    this.toSay = true;
    this.redraw();
    this.save.update();
    this.describeTabs();
  }

  private reconsider(rows: readonly Row[]): void {
    this.list.hold(() => this.countUnseen(this.shown.reconsider(rows)));
    this.sequence.outdate();
    this.pace.stream();
  }

  private countUnseen(added: number): void {
    for (const each of [this.list, this.sequence]) if (!each.following) each.unseen += added;
  }

  private setPaused(on: boolean): void {
    this.list.hold(() => this.shown.pause(on));
    if (!on) for (const each of [this.list, this.sequence]) each.jumpToLatest();
    this.redraw();
  }

  private async clear(): Promise<void> {
    try {
      await this.view.session.kernel.call("clear");
      this.box.say("");
    } catch (error) {
      this.box.say((error as Error).message);
    }
  }

  private showSequence(on: boolean): void {
    show(this.sequence.element, on);
    show(this.list.element, !on);
    this.parts.tabs.forEach((tab, i) => setAttribute(tab, "aria-pressed", String((i === 1) === on)));
    if (!this.view.alone) this.view.layout.sequence = on;
    if (on) this.sequence.open();
    else this.list.reveal();
    this.redraw();
  }

  private take(change: Change): void {
    const { list, sequence, shown } = this;
    this.traffic.take(change);
    // First: replaced rows count as their predecessors did.
    this.matching.look(change);
    list.hold(() => this.countUnseen(shown.apply(change)));
    this.deep.look(change);
    if (change.reset) {
      list.unseen = sequence.unseen = 0;
      if (!shown.paused) list.select(null);
      this.pace.soon();
    }
    this.replaceSelected(change);
    sequence.outdate();
    this.pace.stream();
  }

  private replaceSelected({ replaced }: Change): void {
    const { row } = this.list.selected;
    if (row?.folded) return this.refreshFold(row);
    const fresh = row && replaced.find(([old]) => old.seq === row.seq)?.[1];
    if (!fresh) return;
    this.list.selected.row = fresh;
    this.detail.show(fresh);
  }

  private refreshFold(line: Row): void {
    const fresh = this.shown.rows[this.shown.indexOf(line)];
    if (!fresh || fresh === line) return;
    this.list.selected.row = fresh;
    this.detail.show(fresh);
  }
}
