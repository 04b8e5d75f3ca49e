import type { Row } from "./wire";

/** The look of a kind of row: never colour alone, always a sign and a word too. */
export interface Look {
  glyph: string;
  word: string;
  tone: "in" | "out" | "hook" | "bad" | "edit" | "plain";
}

const LOOKS: Record<string, Look> = {
  connect: { glyph: "→", word: "handshake", tone: "in" },
  accept: { glyph: "←", word: "accept", tone: "out" },
  refuse: { glyph: "⊘", word: "refuse", tone: "bad" },
  receive: { glyph: "→", word: "receive", tone: "in" },
  send: { glyph: "←", word: "send", tone: "out" },
  close: { glyph: "⇤", word: "close", tone: "out" },
  disconnect: { glyph: "⇥", word: "disconnect", tone: "in" },
  request: { glyph: "→", word: "request", tone: "in" },
  response: { glyph: "←", word: "response", tone: "out" },
  edit: { glyph: "✎", word: "edit", tone: "edit" },
  error: { glyph: "✕", word: "error", tone: "bad" },
  log: { glyph: "≡", word: "log", tone: "plain" },
  start: { glyph: "▶", word: "start", tone: "plain" },
  stop: { glyph: "■", word: "stop", tone: "plain" },
  gap: { glyph: "⋯", word: "not shown", tone: "plain" },
};

export function lookOf(row: Row): Look {
  const look = LOOKS[row.kind] ?? unknownLook(row);
  return row.error && row.kind !== "edit" ? { ...look, glyph: "✕", tone: look.tone === "hook" ? "bad" : look.tone } : look;
}

function unknownLook(row: Row): Look {
  if (row.kind.startsWith("on_")) return { glyph: "ƒ", word: row.kind, tone: "hook" };
  if (row.direction === "in") return { glyph: "→", word: row.kind, tone: "in" };
  if (row.direction === "out") return { glyph: "←", word: row.kind, tone: "out" };
  return { glyph: "·", word: row.kind, tone: "plain" };
}

/** Rows that go across all columns. */
export function isAcross(row: Row): boolean {
  return row.kind === "edit" || row.kind === "gap" || row.kind === "start" || row.kind === "stop";
}

/** Who it is about: the client's name, or the connection's number when it has none. */
export function whoOf(row: Row): string {
  return row.client ?? (row.connection != null ? `#${row.connection}` : "");
}

/** The sentence in the data column. */
export function dataOf(row: Row): string {
  if (row.kind === "gap") return `${(row.skipped ?? 0).toLocaleString("en-US")} events not shown here: they came too fast`;
  const parts: string[] = [];
  if (row.error) parts.push(errorOf(row));
  const said = row.preview ?? "";
  if (row.code != null && !said.includes(String(row.code))) parts.push(String(row.code));
  if (row.reason && !said.includes(row.reason)) parts.push(row.reason);
  if (row.preview && !(row.error && row.preview.includes(row.error))) parts.push(oneLine(row.preview));
  if (row.output) parts.push(`printed “${oneLine(row.output.trim())}”`);
  return parts.join(row.kind === "receive" || row.kind === "send" ? " " : " · ");
}

/** The error with its line, unless it names the line itself. */
export function errorOf({ error, line }: Row): string {
  return error && line && !new RegExp(`\\bline ${line}\\b`).test(error) ? `${error}  line ${line}` : (error ?? "");
}

function oneLine(text: string): string {
  return text.replace(/\r?\n/g, "⏎");
}

const searchTexts = new WeakMap<Row, string>();

/** Everything a person could look for in a row, in lower case. */
export function searchText(row: Row): string {
  let text = searchTexts.get(row);
  if (text === undefined) {
    // Plain concatenation: a filter over 50,000 new rows builds all of these at once.
    text = `${row.kind}\n${lookOf(row).word}\n${whoOf(row)}\n${row.path ?? ""}\n${row.preview ?? ""}\n${row.code ?? ""}\n${row.reason ?? ""}`;
    text += `\n${row.error ?? ""}\n${row.output ?? ""}${row.version == null ? "" : `\nv${row.version}`}`;
    text = text.toLowerCase();
    searchTexts.set(row, text);
  }
  return text;
}
