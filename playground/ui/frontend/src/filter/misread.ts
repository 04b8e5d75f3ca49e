/** What other languages write, and this one would search as text; see `playground/record/filter/misread.py`. */
import { type Token, Unreadable } from "./tokens";

/** What stands between terms elsewhere, with what stands there here. */
const OPERATORS: Readonly<Record<string, string>> = { "&&": "AND", "||": "OR", "|": "OR" };

/** A regular expression with flags, as in JavaScript. */
const FLAGGED = /^\/([^\n]+)\/(?:i|g|gi|ig)$/;

const NEGATED_KEY = /^!([A-Za-z][A-Za-z0-9_]*(?:[:<>=].*)?)$/s;

export const FIELD = "json. needs the name of a field, as in json.user.name=alice or json.tags[0]=a";

/** Throws `Unreadable`, with the term to write instead, for a word that reads like a term of another language. */
export function refuseMisread(token: Token): void {
  const { text } = token;
  const tell = (what: string): never => {
    throw new Unreadable(token, `${what}; in quotes it is text`);
  };
  if (Object.hasOwn(OPERATORS, text)) tell(`write ${OPERATORS[text]} in place of ${text}`);
  if (text.startsWith("json.") || text.startsWith("json[")) tell(FIELD);
  const flagged = FLAGGED.exec(text)?.[1];
  if (flagged !== undefined) tell(`no letters stand after a regular expression; /(?i)${flagged}/ is in any case`);
  const negated = NEGATED_KEY.exec(text)?.[1];
  if (negated !== undefined && /[:<>=]/.test(negated)) tell(`put a minus before a term to exclude it: -${negated}`);
}

/** The term that is meant by one with two comparisons, as `size>5` by `size:>5`; null for one with one. */
export function meant({ key, op, value }: Token): string | null {
  if (!/^[<>=]/.test(value)) return null;
  const [signs] = /^[:<>=]+/.exec(op + value)!;
  const side = [">", "<"].find((sign) => signs.includes(sign)) ?? "";
  return `${key}${side}${signs.includes("=") || !side ? "=" : ""}${(op + value).slice(signs.length)}`;
}
