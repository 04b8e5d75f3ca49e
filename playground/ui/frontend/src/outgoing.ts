/** From the text in the composer to the message that is sent. */
import { bytesOfBase64, bytesOfHex, checkBase64, checkHex } from "./bytes";
import { type Frame, isBinary } from "./expecting";
import { checkJson } from "./json";
import type { MessageKind } from "./python";
import { fill, questionsOf, type Source, variablesOf } from "./variables";

/** A longer message is not read before it is sent: that is done with each key, and whenever the panel is drawn again. */
const LONGEST_READ = 200_000;

export interface Outgoing {
  kind: MessageKind;
  data: string;
}

export interface Mistake {
  /** The place in the typed text; null when it is not known. */
  at: number | null;
  message: string;
}

/** The message with its variables filled in, or the mistake in it. Without a `source` variables are plain text. */
export function prepare(
  { kind, data }: Outgoing,
  values: Readonly<Record<string, string>>,
  source: Source | null,
): Outgoing | Mistake {
  const filled = source ? fill(data, values, source) : data;
  const mistake = mistakeIn(kind, filled);
  if (!mistake) return { kind, data: filled };
  return filled === data ? mistake : { at: null, message: `${mistake.message} (after {{…}} was filled in)` };
}

export function isMistake(value: Outgoing | Mistake): value is Mistake {
  return "message" in value;
}

function mistakeIn(kind: MessageKind, text: string): Mistake | null {
  if (kind === "json") {
    const mistake = checkJson(text);
    if (!mistake) return null;
    const { at, line, column, message } = mistake;
    return { at, message: `line ${line}, column ${column}: ${message}; to send it as it is, choose text` };
  }
  const message = kind === "hex" ? checkHex(text) : kind === "base64" ? checkBase64(text) : null;
  return message === null ? null : { at: null, message };
}

/**
 * How the message will travel. Its text is undefined while a part of it is asked for only when it is sent, and when it is
 * not yet what its kind says, or very long.
 */
export function frameOf({ kind, data }: Outgoing, source: Source | null): Frame {
  const binary = isBinary(kind);
  if (data.length > LONGEST_READ) return { binary, text: undefined };
  const filled = source ? fill(data, {}, source) : data;
  if (source && questionsOf(data).length) return { binary, text: undefined };
  if (mistakeIn(kind, filled)) return { binary, text: undefined };
  if (kind === "hex") return { binary, text: asText(bytesOfHex(filled)) };
  return { binary, text: kind === "base64" ? asText(bytesOfBase64(filled)) : filled };
}

function asText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

export function usesCounter(data: string): boolean {
  return variablesOf(data).includes("n");
}

/** A number of frames as typed, or why it cannot be used. */
export function readFragments(text: string): number | string {
  const number = Number(text.trim() || "1");
  return Number.isInteger(number) && number >= 1 && number <= 10_000 ? number : "A message has 1 to 10000 fragments.";
}
