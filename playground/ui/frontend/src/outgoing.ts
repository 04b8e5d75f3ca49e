/** From the text in the composer to the message that is sent. */
import { checkBase64, checkHex } from "./bytes";
import { checkJson } from "./json";
import type { MessageKind } from "./python";
import { fill, type Source, variablesOf } from "./variables";

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
    return mistake && { at: mistake.at, message: `line ${mistake.line}, column ${mistake.column}: ${mistake.message}` };
  }
  const message = kind === "hex" ? checkHex(text) : kind === "base64" ? checkBase64(text) : null;
  return message === null ? null : { at: null, message };
}

export function usesCounter(data: string): boolean {
  return variablesOf(data).includes("n");
}

/** A number of frames as typed, or why it cannot be used. */
export function readFragments(text: string): number | string {
  const number = Number(text.trim() || "1");
  return Number.isInteger(number) && number >= 1 && number <= 10_000 ? number : "A message has 1 to 10000 fragments.";
}
