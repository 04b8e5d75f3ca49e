/** A sequence diagram of rows: the lanes, and what is drawn on each line. Each row has one line. */
import { isSendable } from "./close-codes";
import { duration } from "./format";
import type { Row } from "./kernel-protocol";
import { dataCell, isAbnormal, isAcross, lookOf, type RowLook, whoOf } from "./rowtext";

export const NARROWEST = 116;
const MOST_LANES = 16;
const REST = "others";
const MOST_SERVERS = 6;
const OTHER_SERVERS = "other servers";
const OURS = "server";

export interface Lane {
  name: string;
  x: number;
  /** Lines between which the connection is open, [from, to); to infinity while it is. */
  open: [number, number][];
}

export interface Arrow {
  shape: "arrow";
  from: number;
  to: number;
  dashed: boolean;
  /** It was answered in the same row, as a ping by its pong. */
  answered: boolean;
  label: string;
  /** The hook that handled it, at the server. */
  bar: Bar | null;
}

export interface Bar {
  label: string;
  bad: boolean;
  /** How many lines it spans: to the last message that it sent. */
  lines: number;
}

export type Mark =
  | Arrow
  | { shape: "bar"; bar: Bar; at: number }
  | { shape: "across"; label: string }
  | { shape: "end"; at: number; left: string; right: string; bad: boolean }
  | { shape: "note"; label: string; bad: boolean };

/** The life line of the playground's server, or of another, which has the name of its host. */
export interface ServerLane {
  name: string;
  x: number;
}

export interface Line {
  row: Row;
  /** Where the server of this row is. */
  server: number;
  tone: RowLook["tone"];
  mark: Mark;
}

export interface Diagram {
  lanes: Lane[];
  /** The playground's own first. */
  servers: ServerLane[];
  width: number;
  lines: Line[];
}

export function layOut(rows: readonly Row[], room: number): Diagram {
  const columns = columnsOf(rows);
  const width = Math.max(room, columns.length * NARROWEST);
  const x = (i: number): number => Math.round(((i + 0.5) * width) / columns.length);
  const lanes = columns.flatMap(({ name, server }, i): Lane[] => (server ? [] : [{ name, x: x(i), open: [] }]));
  const servers = columns.flatMap(({ name, server }, i): ServerLane[] => (server ? [{ name, x: x(i) }] : []));
  const byName = new Map(lanes.map((lane) => [lane.name, lane]));
  const laneOf = (row: Row): Lane | undefined => byName.get(whoOf(row)) ?? byName.get(REST);
  const places = new Map(servers.map((server) => [server.name, server.x]));
  const hosts = [...places.keys()];
  const serverOf = (row: Row): number => places.get(homeOf(row, hosts))!;
  const last = lastCaused(rows);
  const lines = rows.map((row, i): Line => {
    const server = serverOf(row);
    const mark = markOf(row, laneOf(row), server, Math.max(1, (last.get(row.seq) ?? i) - i + 1));
    return { row, server, tone: lookOf(row).tone, mark };
  });
  for (const lane of lanes) lane.open = spans(rows, (row) => laneOf(row) === lane);
  return { lanes, servers, width, lines };
}

/** How far to scroll sideways to show the server, and the lane of the newest row if there is room for both. */
export function leftFor({ lines, servers, width }: Diagram, room: number): number {
  const newest = lines.filter((line) => laneIn(line) !== null).at(-1);
  const server = newest?.server ?? servers[0]!.x;
  const lane = (newest && laneIn(newest)) ?? server;
  const half = NARROWEST / 2;
  const [first, last] = [Math.min(lane, server), Math.max(lane, server)];
  const between =
    last - first + NARROWEST <= room ? (first + last - room) / 2 : lane < server ? server + half - room : server - half;
  return Math.max(0, Math.min(Math.round(between), width - room));
}

function laneIn({ mark, server }: Line): number | null {
  if (mark.shape === "arrow") return mark.from === server ? mark.to : mark.from;
  return mark.shape === "end" || mark.shape === "bar" ? mark.at : null;
}

/** A life line: a client's, or a server's. */
interface Column {
  name: string;
  server: boolean;
}

/** Each server stands in the middle of its clients, so that arrows are short and their labels have room. */
function columnsOf(rows: readonly Row[]): Column[] {
  const servers = serverNames(rows);
  const homes = new Map<string, string>();
  for (const row of rows) {
    const name = isAcross(row) ? "" : whoOf(row);
    if (name && !homes.has(name)) homes.set(name, homeOf(row, servers));
  }
  const names = [...homes.keys()];
  const kept = names.length <= MOST_LANES ? names : names.slice(0, MOST_LANES - 1);
  return servers.flatMap((server, i) => {
    const { left, right } = arranged(kept.filter((name) => homes.get(name) === server));
    if (i === 0 && kept.length < names.length) right.push(REST);
    const clients = (part: string[]): Column[] => part.map((name) => ({ name, server: false }));
    return [...clients(left), { name: server, server: true }, ...clients(right)];
  });
}

/** The playground's server first, if a row is about it, then the hosts of others in the order in which they appear. */
function serverNames(rows: readonly Row[]): string[] {
  const others = [...new Set(rows.flatMap(({ host }) => host ?? []))];
  const known = others.length <= MOST_SERVERS ? others : [...others.slice(0, MOST_SERVERS - 1), OTHER_SERVERS];
  const ours = rows.some((row) => !row.host && !isAcross(row)) || !others.length;
  return ours ? [OURS, ...known] : known;
}

/** The server, of these, that a row is about. */
function homeOf({ host }: Row, servers: readonly string[]): string {
  const name = host ?? OURS;
  return servers.includes(name) ? name : host ? OTHER_SERVERS : servers[0]!;
}

/** First to the left of the server, second to the right, and so on outwards. */
function arranged(names: readonly string[]): { left: string[]; right: string[] } {
  const left = names.filter((_, i) => i % 2 === 0);
  return { left: left.reverse(), right: names.filter((_, i) => i % 2 === 1) };
}

/** For each received message, the line of the last message that its handler sent. */
function lastCaused(rows: readonly Row[]): Map<number, number> {
  const last = new Map<number, number>();
  rows.forEach(({ cause }, i) => {
    if (cause != null) last.set(cause, i);
  });
  return last;
}

/** When the lane's connection is open, which may be several times. */
function spans(rows: readonly Row[], mine: (row: Row) => boolean): [number, number][] {
  const found: [number, number][] = [];
  let since: number | null = null;
  let touched = false;
  rows.forEach((row, i) => {
    if (!mine(row)) return;
    const before = found.at(-1);
    // A refused handshake has its end, too.
    if (row.kind === "end" && since === null && before) {
      before[1] = i + 1;
      return;
    }
    // A connection that was open before the first line did not begin there.
    if (!touched && row.kind !== "connect") since = 0;
    else since ??= i;
    touched = true;
    if (row.kind === "end" || row.kind === "refuse") {
      found.push([since ?? i, i + 1]);
      since = null;
    }
  });
  if (since !== null) found.push([since, Infinity]);
  return found;
}

function markOf(row: Row, lane: Lane | undefined, server: number, lines: number): Mark {
  const { main, error } = dataCell(row);
  if (row.folded && lane) {
    const label = `${row.open ? "▾" : "▸"} ${row.kind} ${main}`;
    return { shape: "arrow", from: lane.x, to: server, dashed: true, answered: true, label, bar: null };
  }
  if (isAcross(row)) return { shape: "across", label: [main, error].filter(Boolean).join(" · ") };
  if (row.kind === "end" && lane) return { shape: "end", at: lane.x, ...endWords(row), bad: isAbnormal(row) };
  if (row.kind.startsWith("on_")) return { shape: "bar", bar: barOf(row, row.kind, lines), at: lane?.x ?? server };
  if (!row.direction || !lane || isOnlyTold(row))
    return { shape: "note", label: [lookOf(row).word, main, error].filter(Boolean).join(" "), bad: Boolean(error) };
  const [from, to] = row.direction === "in" ? [lane.x, server] : [server, lane.x];
  const beat = row.kind === "ping" || row.kind === "pong";
  const said =
    row.kind === "send" || row.kind === "receive"
      ? main
      : [lookOf(row).word, main].filter(Boolean).join(beat ? ", " : " ");
  const bar = row.hook || error ? barOf(row, row.undecoded ? "decode" : (row.hook ?? ""), lines) : null;
  return {
    shape: "arrow",
    from,
    to,
    dashed: beat,
    answered: row.kind === "ping" && row.duration_ms != null,
    label: said,
    bar,
  };
}

/** The handler was told of an end for which its client sent nothing. */
function isOnlyTold({ kind, saw, code }: Row): boolean {
  if (kind !== "disconnect" || saw?.[0] === "1" || saw?.[1] === "1") return false;
  return saw?.[1] === "0" || (code != null && !isSendable(code));
}

function barOf(row: Row, name: string, lines: number): Bar {
  const { error, printed } = dataCell(row);
  const took = row.running ? "running…" : duration(row.duration_ms);
  return { label: [name, took, error || printed].filter(Boolean).join(" "), bad: Boolean(error), lines };
}

/** What the client reports is shown at its line, the rest at the server's. */
function endWords({ told, preview, code }: Row): { left: string; right: string } {
  const { client, wire, handler } = told ?? {};
  // What the handler reports is next to the server; the end of the text is cut first.
  const right = client || wire || handler ? [handler, wire].filter(Boolean).join(" · ") : (preview ?? "");
  return { left: client ?? (code == null ? "end" : String(code)), right };
}
