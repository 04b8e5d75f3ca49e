import { count, duration, plural } from "../format";
import type { Row } from "../kernel-protocol";
import { matchesPath } from "../problems";
import type { Change } from "../store";
import { EDGES, Rate, type Spread, Times } from "../traffic";
import { h, setAttribute, setText, show } from "./dom";
import type { View } from "./view";

const PERIOD = 1_000;
const PATHS = 2;

function buildTraffic() {
  const shape = bars("wp-spark", 60);
  const now = h("span", { class: "wp-dim" });
  const element = h(
    "span",
    { class: "wp-glance-item", role: "img", "aria-label": "no messages yet", "data-testid": "traffic" },
    shape.element,
    now,
  );
  return { shape, now, element };
}

function buildSpread() {
  const shape = bars("wp-spread", EDGES.length + 1);
  const name = h("span", { class: "wp-mono wp-path" });
  const median = h("span", { class: "wp-dim" });
  const element = h(
    "span",
    { class: "wp-glance-item", role: "img", hidden: true, "data-testid": "handler-times" },
    name,
    shape.element,
    median,
  );
  return { shape, name, median, element };
}

/** Messages per second as a sparkline, and how long the handlers of the busiest endpoints take. */
export class Glance {
  readonly element: HTMLElement;
  private traffic = buildTraffic();
  private spreads = Array.from({ length: PATHS }, buildSpread);
  private rate = new Rate();
  private times = new Times();
  /** The endpoint's path for each path that rows have. */
  private groups = new Map<string, string>();

  constructor(private view: View) {
    // The rate of the last minute means nothing for a log that was read from a file.
    show(this.traffic.element, !view.session.opened);
    this.element = h("div", { class: "wp-glance" }, this.traffic.element, ...this.spreads.map((each) => each.element));
    this.take({ reset: true, added: [...view.session.store.rows], replaced: [], first: null });
    this.draw();
    const timer = setInterval(() => this.draw(), PERIOD);
    view.scope.add(() => clearInterval(timer));
  }

  take(change: Change): void {
    if (change.reset) {
      this.rate.clear();
      this.times.clear();
      this.groups.clear();
    }
    for (const row of change.added) {
      this.rate.count(row);
      if (isTimed(row)) this.takeTime(row);
    }
    for (const [old, row] of change.replaced) if (isTimed(row) && !isTimed(old)) this.takeTime(row);
  }

  private takeTime(row: Row): void {
    this.times.count(this.groupOf(row.path ?? ""), row.duration_ms!);
  }

  private groupOf(path: string): string {
    const known = this.groups.get(path);
    if (known !== undefined) return known;
    const endpoint = this.view.session.endpoints.find(
      (each) => each.kind === "websocket" && matchesPath(each.path, path),
    );
    const group = endpoint?.path ?? path;
    this.groups.set(path, group);
    return group;
  }

  private draw(): void {
    // A panel that is scrolled away or in a hidden tab need not be drawn.
    if (document.hidden || this.element.offsetParent === null) return;
    this.drawTraffic();
    const names = this.times.names().slice(0, PATHS);
    this.spreads.forEach(({ shape, name, median, element }, i) => {
      const spread = names[i] === undefined ? null : this.times.spread(names[i]);
      show(element, spread !== null);
      if (!spread) return;
      setText(name, names[i]!);
      setText(median, duration(spread.p50));
      shape.draw(spread.buckets, Math.max(...spread.buckets));
      setAttribute(element, "title", spreadText(names[i]!, spread));
      setAttribute(element, "aria-label", spreadText(names[i]!, spread));
    });
  }

  private drawTraffic(): void {
    const { shape, now, element } = this.traffic;
    const minute = this.rate.lastMinute(Date.now());
    const most = Math.max(...minute);
    shape.draw(minute, Math.max(most, 1));
    setText(now, `${count(minute.at(-1)!)}/s`);
    const last = `${plural(minute.at(-1)!, "message")} in the last second`;
    const text = `${last}, at most ${count(most)} in a second of the last minute`;
    setAttribute(element, "title", text);
    setAttribute(element, "aria-label", text);
  }
}

function isTimed(row: Row): boolean {
  return row.kind === "receive" && row.duration_ms != null;
}

function spreadText(name: string, { buckets, count: total, p50, p99 }: Spread): string {
  const lines = buckets.map((many, i) => {
    const range =
      i === 0
        ? `under ${duration(EDGES[0])}`
        : i === EDGES.length
          ? `${duration(EDGES.at(-1))} or more`
          : `${duration(EDGES[i - 1])} to ${duration(EDGES[i])}`;
    return many ? `${range}: ${count(many)}` : "";
  });
  return [
    `on_receive of ${name}: half took under ${duration(p50)}, 99 of 100 under ${duration(p99)} (the last ${plural(total, "message")})`,
    ...lines.filter(Boolean),
  ].join("\n");
}

/** A row of bars, redrawn as one path. */
function bars(
  name: string,
  length: number,
): { element: SVGElement; draw(values: readonly number[], most: number): void } {
  const space = "http://www.w3.org/2000/svg";
  const element = document.createElementNS(space, "svg");
  element.setAttribute("class", name);
  element.setAttribute("viewBox", `0 0 ${length} 16`);
  element.setAttribute("preserveAspectRatio", "none");
  element.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  element.append(path);
  return {
    element,
    draw(values, most) {
      const heights = values.map((value) => (value > 0 ? Math.max(1.5, (value / most) * 15) : 0.6));
      path.setAttribute("d", heights.map((height, i) => `M${i + 0.1} 16v${-height.toFixed(2)}h.8V16z`).join(""));
    },
  };
}
