/** The three dots of a row, and what they say in words. */
import type { Row } from "./kernel-protocol";

export interface Dot {
  glyph: string;
  state: "saw" | "missed" | "none" | "differs";
}

const NAMES = ["the client", "the wire", "the handler"];

export function dotsOf({ saw, agree }: Row): Dot[] {
  return [...(saw ?? "")].map((mark) => {
    if (mark === "1") return agree === false ? { glyph: "◐", state: "differs" } : { glyph: "●", state: "saw" };
    return mark === "0" ? { glyph: "○", state: "missed" } : { glyph: "·", state: "none" };
  });
}

/** "Seen by the client and the wire; not seen by the handler." */
export function witnessText(row: Row): string {
  const marks = [...(row.saw ?? "")];
  if (!marks.length) return "";
  const names = row.host ? [...NAMES.slice(0, 2), `the handler at ${row.host}`] : NAMES;
  const asked = row.pushed ? marks.slice(0, 2) : marks;
  const those = (mark: string): string => listed(names.filter((_, i) => asked[i] === mark));
  const parts: string[] = [];
  if (those("1")) parts.push(`seen by ${those("1")}`);
  if (those("0")) parts.push(`not seen by ${those("0")}`);
  if (those("-")) parts.push(`no report from ${those("-")}`);
  if (row.pushed) parts.push("the playground sent it in the place of the handler");
  if (row.agree === false)
    parts.push(
      row.codes?.length
        ? `they were told different codes: ${listed(row.codes.map(String))}`
        : "what they report differs",
    );
  const text = parts.join("; ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function listed(words: string[]): string {
  return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
