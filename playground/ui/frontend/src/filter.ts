import { lookOf, searchText, whoOf } from "./rowtext";
import type { Row } from "./wire";

/**
 * The words of the filter box: `hello` must be in the row, `-ping` must not, `"two words"` stay together,
 * `kind:send` asks for exactly that in one field. A row passes when all of them agree. Case does not matter.
 */
export interface Filter {
  test(row: Row): boolean;
  /** Where the text does not make sense, and why; null when it does. */
  mistake: { at: number; message: string } | null;
}

interface Term {
  not: boolean;
  matches(row: Row): boolean;
}

interface Field {
  /** What the field may be called in this row, in lower case. */
  of(row: Row): string[];
  /** What it takes, if not any text. */
  takes?: [RegExp, string];
}

const number: [RegExp, string] = [/^\d+$/, "a number"];
const FIELDS: Record<string, Field> = {
  client: { of: (row) => [whoOf(row).toLowerCase()] },
  kind: { of: (row) => [row.kind.toLowerCase(), lookOf(row).word.toLowerCase()] },
  dir: { of: (row) => [row.direction ?? ""], takes: [/^(in|out)$/, "in or out"] },
  path: { of: (row) => [(row.path ?? "").toLowerCase()] },
  v: { of: (row) => [String(row.version ?? "")], takes: number },
  code: { of: (row) => [String(row.code ?? "")], takes: number },
};
const NAMES = Object.keys(FIELDS).join(", ");

export const everything: Filter = { test: () => true, mistake: null };

export function parseFilter(text: string): Filter {
  const terms: Term[] = [];
  let mistake: Filter["mistake"] = null;
  // A URL such as ws://host is a word, not a field.
  for (const match of text.matchAll(/(-?)(?:([a-z_]\w*):(?!\/\/))?(?:"([^"]*)("?)|(\S+))?/gi)) {
    const [whole, minus, name, quoted, closing, bare] = match;
    // Somebody is about to type what must not be there.
    if (!whole || whole === "-") continue;
    const at = match.index + minus!.length;
    if (quoted !== undefined && !closing) mistake ??= { at: match.index + whole.lastIndexOf('"'), message: "the quote is not closed" };
    const wanted = (quoted ?? bare ?? "").toLowerCase();
    const not = minus === "-";
    if (name === undefined) {
      if (wanted) terms.push({ not, matches: (row) => searchText(row).includes(wanted) });
      continue;
    }
    const field = Object.hasOwn(FIELDS, name.toLowerCase()) ? FIELDS[name.toLowerCase()]! : null;
    const [form, meaning] = field?.takes ?? [];
    if (!field) mistake ??= { at, message: `no field '${name}'; there are ${NAMES}` };
    else if (wanted && form && !form.test(wanted)) mistake ??= { at: at + name.length + 1, message: `${name} is ${meaning}` };
    else if (wanted) terms.push({ not, matches: (row) => field.of(row).includes(wanted) });
  }
  if (!terms.length) return { ...everything, mistake };
  return { mistake, test: (row) => terms.every(({ not, matches }) => matches(row) !== not) };
}
