import { count, duration, plural } from "../format";
import type { Row } from "../kernel-protocol";
import { matchesPath } from "../problems";
import type { Change } from "../store";
import { EDGES, Rate, type Spread, Times } from "../traffic";
import { h, setAttribute, setText, show } from "./dom";
import type { View } from "./view";

const PERIOD = 1_000;
const PATHS = 2;

/** Messages per second as a sparkline, and how long the handlers of the busiest endpoints take. */
export function glance(view: View): { element: HTMLElement; take(change: Change): void } {
  const { session } = view;
  const rate = new Rate();
  const times = new Times();
  const spark = bars("wp-spark", 60);
  const now = h("span", { class: "wp-dim" });
  const traffic = h(
    "span",
    { class: "wp-glance-item", role: "img", "aria-label": "no messages yet", "data-testid": "traffic" },
    spark.element,
    now,
  );
  const spreads = Array.from({ length: PATHS }, () => {
    const shape = bars("wp-spread", EDGES.length + 1);
    const name = h("span", { class: "wp-mono wp-path" });
    const median = h("span", { class: "wp-dim" });
    return {
      shape,
      name,
      median,
      element: h(
        "span",
        { class: "wp-glance-item", role: "img", hidden: true, "data-testid": "handler-times" },
        name,
        shape.element,
        median,
      ),
    };
  });
  const element = h("div", { class: "wp-glance" }, traffic, ...spreads.map((each) => each.element));

  let groups = new Map<string, string>();
  const groupOf = (path: string): string => {
    let group = groups.get(path);
    if (group === undefined) {
      group =
        session.endpoints.find((endpoint) => endpoint.kind === "websocket" && matchesPath(endpoint.path, path))?.path ??
        path;
      groups.set(path, group);
    }
    return group;
  };
  const timed = (row: Row): boolean => row.kind === "receive" && row.duration_ms != null;
  const takeTime = (row: Row): void => times.count(groupOf(row.path ?? ""), row.duration_ms!);
  const take = (change: Change): void => {
    if (change.reset) {
      rate.clear();
      times.clear();
      groups = new Map();
    }
    for (const row of change.added) {
      rate.count(row);
      if (timed(row)) takeTime(row);
    }
    for (const [old, row] of change.replaced) if (timed(row) && !timed(old)) takeTime(row);
  };
  take({ reset: true, added: [...session.store.rows], replaced: [], first: null });

  const draw = (): void => {
    // Nobody sees a panel that is scrolled away or in a hidden tab.
    if (document.hidden || element.offsetParent === null) return;
    const minute = rate.lastMinute(Date.now());
    const most = Math.max(...minute);
    spark.draw(minute, Math.max(most, 1));
    setText(now, `${count(minute.at(-1)!)}/s`);
    const said = `${plural(minute.at(-1)!, "message")} in the last second, at most ${count(most)} in a second of the last minute`;
    setAttribute(traffic, "title", said);
    setAttribute(traffic, "aria-label", said);
    const names = times.names().slice(0, PATHS);
    spreads.forEach(({ shape, name, median, element: item }, i) => {
      const spread = names[i] === undefined ? null : times.spread(names[i]);
      show(item, spread !== null);
      if (!spread) return;
      setText(name, names[i]!);
      setText(median, duration(spread.p50));
      shape.draw(spread.buckets, Math.max(...spread.buckets));
      setAttribute(item, "title", spreadText(names[i]!, spread));
      setAttribute(item, "aria-label", spreadText(names[i]!, spread));
    });
  };
  draw();
  const timer = setInterval(draw, PERIOD);
  view.scope.add(() => clearInterval(timer));
  return { element, take };
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
