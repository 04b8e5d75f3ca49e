import { clock } from "../format";
import { dataOf, lookOf, signName, whoOf } from "../rowtext";
import type { Bar, Diagram, Line, Mark } from "../sequence";
import { visible } from "../visible";

export const HEIGHT = 28;
/** The approximate width of a character of the labels. */
const CHARACTER = 6.95;

export function svg(
  tag: string,
  attributes: Record<string, string | number> = {},
  ...children: (Node | string)[]
): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, visible(String(value)));
  element.append(...children.map((child) => (typeof child === "string" ? visible(child) : child)));
  return element;
}

/** The life line of each participant: solid while the connection is open. */
export function drawLives({ lanes, servers }: Diagram, height: number): SVGElement {
  const life = (x: number, from: number, to: number, name: string): SVGElement =>
    svg("line", { class: name, x1: x, x2: x, y1: from, y2: to });
  const open = lanes.flatMap(({ x, open: spans }) =>
    spans.map(([from, to]) => life(x, from * HEIGHT, Math.min(to * HEIGHT, height), "wp-life")),
  );
  return svg(
    "g",
    { "aria-hidden": "true" },
    ...lanes.map(({ x }) => life(x, 0, height, "wp-life wp-life-gone")),
    ...open,
    ...servers.map(({ x }) => life(x, 0, height, "wp-life")),
  );
}

export function drawLine(diagram: Diagram, line: Line, index: number, id: string, selected: boolean): SVGElement {
  const { row, tone } = line;
  const said = spoken(line);
  const group = svg("g", {
    id,
    class: "wp-seq-line",
    role: "treeitem",
    "aria-selected": String(selected),
    ...(row.folded && { "aria-expanded": String(row.open) }),
    "aria-label": said,
    "data-seq": row.seq,
    "data-kind": row.kind,
    "data-tone": tone,
    "data-differs": String(row.agree === false),
    transform: `translate(0 ${index * HEIGHT})`,
  });
  group.append(
    svg("rect", { class: "wp-seq-back", x: 0, y: 0, width: diagram.width, height: HEIGHT }),
    svg("title", {}, `${clock(row.at)} · ${said}`),
    ...shapes(diagram, line),
  );
  return group;
}

/** What a screen reader says of a line: all that is written on it, in that order, also what is cut off. */
export function spoken({ row, mark }: Line): string {
  const written = writtenOn(mark).filter(Boolean).join(", ");
  const [word, data] = [lookOf(row).word, dataOf(row)];
  const rest = [written.startsWith(word) ? "" : word, written, data && written.includes(data) ? "" : data];
  return [whoOf(row), signName(row), ...rest].filter(Boolean).join(", ");
}

function writtenOn(mark: Mark): string[] {
  switch (mark.shape) {
    case "across":
    case "note":
      return [mark.label];
    case "bar":
      return [mark.bar.label];
    case "end":
      return [mark.left, mark.right];
    case "arrow":
      return [mark.label, mark.bar?.label ?? ""];
  }
}

function shapes({ width }: Diagram, { mark, server }: Line): SVGElement[] {
  switch (mark.shape) {
    case "across":
      return [
        svg("line", { class: "wp-seq-across", x1: 12, x2: width - 12, y1: 20, y2: 20 }),
        words(20, 15, mark.label, width - 40, "start", "wp-dim-text"),
      ];
    case "note":
      return [
        words(server + 14, 18, mark.label, width - server - 20, "start", mark.bad ? "wp-bad-text" : "wp-dim-text"),
      ];
    case "bar":
      return drawBar(server, width, mark.bar, mark.at);
    case "end": {
      const tone = mark.bad ? "wp-bad-text" : "wp-dim-text";
      const onLeft = mark.at < server;
      const gap = Math.abs(server - mark.at) - 24;
      return [
        words(mark.at, 19, "✕", 20, "middle", `${tone} wp-cross`),
        words(mark.at + (onLeft ? 12 : -12), 18, mark.left, gap, onLeft ? "start" : "end", tone),
        words(
          server + (onLeft ? 12 : -12),
          18,
          mark.right,
          (onLeft ? width - server : server) - 20,
          onLeft ? "start" : "end",
          tone,
        ),
      ];
    }
    case "arrow": {
      const { from, to, dashed, answered, label, bar } = mark;
      const way = to > from ? 1 : -1;
      const tip = to - way;
      const head = svg("polygon", {
        class: "wp-seq-tip",
        points: `${tip},23 ${tip - way * 8},18.5 ${tip - way * 8},26.5`,
      });
      const back = svg("polygon", {
        class: "wp-seq-tip",
        points: `${from + way},18 ${from + way * 8},14.5 ${from + way * 8},22.5`,
      });
      const shaft = svg("line", {
        class: dashed ? "wp-seq-arrow wp-dashed" : "wp-seq-arrow",
        x1: from,
        y1: 18,
        x2: tip - way * 5,
        y2: 22.6,
      });
      return [
        shaft,
        head,
        ...(answered ? [back] : []),
        words((from + to) / 2, 14, label, Math.abs(to - from) - 24, "middle", ""),
        ...(bar ? drawBar(server, width, bar, to === server ? from : to) : []),
      ];
    }
  }
}

/** The hook at the server's line; its label is on the side without an arrow. */
function drawBar(server: number, width: number, { label, bad, lines }: Bar, other: number): SVGElement[] {
  const toRight = other <= server;
  const box = svg("rect", {
    class: bad ? "wp-seq-bar wp-bad-bar" : "wp-seq-bar",
    x: server - 5,
    y: 8,
    width: 10,
    height: Math.min(lines, 40) * HEIGHT - 10,
    rx: 3,
  });
  return [
    box,
    words(
      server + (toRight ? 12 : -12),
      18,
      label,
      (toRight ? width - server : server) - 18,
      toRight ? "start" : "end",
      bad ? "wp-bad-text" : "wp-dim-text",
    ),
  ];
}

/** A text node, cut to the available width; its line says all of it. */
function words(
  x: number,
  y: number,
  text: string,
  room: number,
  anchor: "start" | "middle" | "end",
  tone: string,
): SVGElement {
  const most = Math.max(1, Math.floor(room / CHARACTER));
  const cut = text.length > most ? `${text.slice(0, Math.max(0, most - 1))}…` : text;
  return svg("text", { x, y, "text-anchor": anchor, class: tone }, cut);
}
