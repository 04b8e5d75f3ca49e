import { count, duration } from "./format";
import { DIRECTION_WORDS, type KindLook, LOOKS, ORDINARY_CODES, SKIPPED } from "./generated/vocabulary";
import type { Row } from "./kernel-protocol";
import { visible } from "./visible";

/** How a row looks; its word is its kind, as the filter has it. */
export interface RowLook extends KindLook {
  word: string;
}

export function lookOf(row: Row): RowLook {
  if (row.folded) return { glyph: row.open ? "▾" : "▸", tone: "plain", word: row.kind };
  const look = { ...(LOOKS[row.kind] ?? unknownLook(row)), word: row.kind === "gap" ? SKIPPED : row.kind };
  if (row.kind === "end") return isAbnormal(row) ? { ...look, tone: "bad" } : look;
  return row.error && row.kind !== "edit" && !row.hook && !row.opcode
    ? { ...look, glyph: "✕", tone: look.tone === "hook" ? "bad" : look.tone }
    : look;
}

function unknownLook({ kind, direction }: Row): KindLook {
  if (kind.startsWith("on_")) return { glyph: "ƒ", tone: "hook" };
  if (direction === "in") return { glyph: "→", tone: "in" };
  if (direction === "out") return { glyph: "←", tone: "out" };
  return { glyph: "·", tone: "plain" };
}

/** "binary" for a message of bytes, "pushed" for one of the playground's; most need no word. */
export function formOf({ opcode, pushed }: Row): string {
  return [pushed ? "pushed" : "", opcode === "binary" ? opcode : ""].filter(Boolean).join(" ");
}

/** What the sign of a row says, in words: "failed, from the client". */
export function signName(row: Row): string {
  const failed = lookOf(row).glyph === "✕" && row.kind !== "end" ? "failed" : "";
  return [failed, row.direction ? DIRECTION_WORDS[row.direction] : ""].filter(Boolean).join(", ");
}

/** Whether a connection's end is not an ordinary one. */
export function isAbnormal({ kind, agree, code, codes }: Row): boolean {
  return (
    kind === "end" &&
    (agree === false || [code, ...(codes ?? [])].some((each) => each != null && !ORDINARY_CODES.includes(each)))
  );
}

/** Rows that go across all columns. */
export function isAcross(row: Row): boolean {
  return row.kind === "edit" || row.kind === "gap" || row.kind === "start" || row.kind === "stop";
}

/** The client's name, or the connection's number if the client has none. */
export function whoOf(row: Row): string {
  return row.client ?? (row.connection != null ? `#${row.connection}` : "");
}

/** The data column: the payload or text, the error, and what the handler printed. */
export interface DataCell {
  main: string;
  error: string;
  printed: string;
}

export function dataCell(row: Row): DataCell {
  if (row.kind === "gap")
    return {
      main: `${count(row.skipped ?? 0)} rows skipped to keep up; still in the log`,
      error: "",
      printed: "",
    };
  if (row.folded) return { main: foldedText(row), error: "", printed: "" };
  const named = row.kind === "edit" && row.path && !row.preview?.includes(row.path) ? `${row.path} ` : "";
  const said = named + (row.preview ?? "");
  const parts: string[] = [];
  const codes = row.codes?.length ? row.codes : row.code != null ? [row.code] : [];
  if (codes.length && !codes.some((code) => said.includes(String(code)))) parts.push(codes.join(" / "));
  if (row.reason && !said.includes(row.reason)) parts.push(row.reason);
  const shown =
    said && !(row.error && said.includes(row.error)) ? oneLine(said) + (row.cut && !said.endsWith("…") ? "…" : "") : "";
  // The payload of a message comes first.
  if (shown && row.size != null) parts.unshift(shown);
  else if (shown) parts.push(shown);
  if (row.kind === "ping" && row.duration_ms != null) parts.push(`pong after ${duration(row.duration_ms)}`);
  return {
    main: visible(parts.join(" · ")),
    error: visible(oneLine(errorOf(row))),
    printed: row.output?.trim() ? `printed “${visible(oneLine(row.output.trim()))}”` : "",
  };
}

/** "×120 · last 0.2 ms": how many heartbeats a line stands for, and the last round trip. */
function foldedText({ folded = 0, kind, duration_ms }: Row): string {
  const last = duration_ms != null ? `last ${duration(duration_ms)}` : kind === "ping" ? "no pong to the last" : "";
  return [`×${count(folded)}`, last].filter(Boolean).join(" · ");
}

/** The data column in one line. */
export function dataOf(row: Row): string {
  const { main, error, printed } = dataCell(row);
  return [main, error, printed].filter(Boolean).join(" · ");
}

/** The version before an edit, when there is one to compare with. */
export function versionBefore({ kind, version, error }: Row): number | null {
  return kind === "edit" && !error && version != null && version > 1 ? version - 1 : null;
}

/** The error with its line; that of a rejected edit names the line itself. */
export function errorOf({ kind, error, line }: Row): string {
  return error && line && kind !== "edit" ? `${error}  line ${line}` : (error ?? "");
}

function oneLine(text: string): string {
  return text.replace(/\r?\n|␍?␊/g, "⏎");
}

/** The payload as text; null when it is bytes. */
export function payloadOf(row: Row): string | null {
  return row.opcode === "binary" ? null : unfolded(row.preview ?? null);
}

/** The kernel writes a preview on one line, with signs for the ends of lines. */
function unfolded(preview: string | null): string | null {
  return preview && /[␊␍]/.test(preview) ? preview.replace(/␊/g, "\n").replace(/␍/g, "\r") : preview;
}

/** The text that a search looks through. It is not cached, which would take much memory for 50,000 rows. */
export function searchedText(row: Row): string {
  if (!row.error && !row.reason && !row.output) return row.preview ?? "";
  return [row.preview, ...toldBesides(row)].filter(Boolean).join(" · ");
}

/** The texts that a regular expression is tested on: the payload, the rest, and both. */
export function textsOf(row: Row): string[] {
  const besides = toldBesides(row);
  const preview = unfolded(row.preview ?? "")!;
  if (!besides.length) return [preview];
  const told = besides.join(" · ");
  return preview ? [preview, told, `${preview} · ${told}`] : [told];
}

function toldBesides({ error, reason, output }: Row): string[] {
  return [error, reason, output?.trimEnd()].filter((text): text is string => Boolean(text));
}
