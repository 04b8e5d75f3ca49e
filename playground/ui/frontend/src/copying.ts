/** A row as text, JSON, Python and as a command for the terminal. */
import { clock, duration, size } from "./format";
import type { Row } from "./kernel-protocol";
import { connectCall, literal } from "./python";
import type { Detail } from "./row-detail";
import { dataOf, formOf, lookOf, payloadOf, whoOf } from "./rowtext";

export interface RowWithDetail {
  row: Row;
  detail: Detail | null;
  /** Such as ws://127.0.0.1:50213; empty when the log was read from a file. */
  server: string;
}

export const FORMATS = { text: asText, JSON: asJson, Python: asPython, websocat: asWebsocat } satisfies Record<
  string,
  (whole: RowWithDetail) => string | null
>;

export function asText({ row, detail }: RowWithDetail): string {
  const look = lookOf(row);
  const text = detail?.text != null && row.cut ? dataOf({ ...row, preview: detail.text, cut: false }) : dataOf(row);
  const parts = [
    clock(row.at),
    whoOf(row),
    look.glyph,
    [look.word, formOf(row)].filter(Boolean).join(" "),
    text,
    size(row.size),
    duration(row.duration_ms),
    row.version == null ? "" : `v${row.version}`,
  ];
  return parts.filter(Boolean).join("  ") + (detail?.traceback ? `\n${detail.traceback}` : "");
}

export function asJson({ row, detail }: RowWithDetail): string {
  const { preview: _, cut, ...rest } = row;
  const known = Object.entries(rest).filter(([, value]) => value != null);
  const text = detail?.text ?? (cut ? undefined : payloadOf(row));
  const hex = row.opcode === "binary" ? detail?.hex : undefined;
  return JSON.stringify({ ...Object.fromEntries(known), ...(text != null && { text }), ...(hex && { hex }) }, null, 2);
}

/** The call that repeats a client's action; for other rows, the row as a dict. */
export function asPython(whole: RowWithDetail): string {
  const { row } = whole;
  const client = row.client ? `pg.clients[${literal(row.client, Infinity)}]` : null;
  if (client && row.kind === "receive") return `${client}.send(${dataLiteral(whole)})`;
  if (client && row.kind === "ping" && row.direction === "in") return `${client}.ping()`;
  if (client && row.kind === "disconnect")
    return `${client}.close(${row.code ?? 1000}${row.reason ? `, ${literal(row.reason, Infinity)}` : ""})`;
  if (row.client && row.kind === "connect" && row.path)
    return `${row.client.replace(/\W+/g, "_")} = ${connectCall({ path: row.path, name: row.client })}`;
  return pythonValue(JSON.parse(asJson(whole)));
}

/** A command that sends the same from a terminal; null for what a client does not do, and without a server. */
export function asWebsocat(whole: RowWithDetail): string | null {
  const { row, detail, server } = whole;
  if (!server || !row.path || !["connect", "receive"].includes(row.kind)) return null;
  const target = [...headerOptions(detail), quote(server + row.path)].join(" ");
  if (row.kind === "connect") return `websocat ${target}`;
  const hex = row.opcode === "binary" ? hexOf(whole) : null;
  if (hex !== null) return `printf ${quote(hex.replace(/../g, "\\x$&"))} | websocat -b -n ${target}`;
  const text = textOf(whole);
  // websocat makes a message of each line; one with lines of its own ends with a zero byte instead.
  if (/[\r\n]/.test(text)) return `printf '%s\\0' ${quote(text)} | websocat -n -0 ${target}`;
  return `printf '%s\\n' ${quote(text)} | websocat -n ${target}`;
}

const MECHANICS =
  /^(?:host|upgrade|connection|sec-websocket-(?!protocol)\S*|accept-encoding|accept-language|cache-control|pragma|user-agent)$/i;

function headerOptions(detail: Detail | null): string[] {
  return (detail?.handshake?.request.headers ?? []).flatMap(([name, value]) => {
    if (MECHANICS.test(name)) return [];
    return /^sec-websocket-protocol$/i.test(name)
      ? [`--protocol ${quote(value)}`]
      : [`-H ${quote(`${name}: ${value}`)}`];
  });
}

function textOf({ row, detail }: RowWithDetail): string {
  return detail?.text ?? payloadOf(row) ?? "";
}

function hexOf({ row, detail }: RowWithDetail): string {
  return (detail?.hex ?? row.preview ?? "").replace(/\s/g, "");
}

function dataLiteral(whole: RowWithDetail): string {
  return whole.row.opcode === "binary"
    ? `bytes.fromhex(${literal(hexOf(whole), Infinity)})`
    : literal(textOf(whole), Infinity);
}

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}

function pythonValue(value: unknown): string {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return literal(value, Infinity);
  if (Array.isArray(value)) return `[${value.map(pythonValue).join(", ")}]`;
  if (typeof value === "object")
    return `{${Object.entries(value!)
      .map(([key, item]) => `${literal(key, Infinity)}: ${pythonValue(item)}`)
      .join(", ")}}`;
  return String(value);
}
