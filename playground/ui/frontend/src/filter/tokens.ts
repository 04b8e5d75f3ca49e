/**
 * Tokens: the words, brackets and operators of a filter's text, as `playground/record/filter/tokens.py` has them.
 * Any text has tokens; `tree` and `terms` say what is wrong with them.
 */

export type Operator = "OR" | "AND" | "NOT";
export type TokenType = "open" | "close" | Operator | "quoted" | "regex" | "key" | "word";

export interface Token {
  type: TokenType;
  from: number;
  to: number;
  /** Whether a minus stands before it. */
  negated: boolean;
  /** What a word, a quoted text or a regular expression says. */
  text: string;
  /** Whether the second quote or slash is there. */
  closed: boolean;
  key: string;
  /** How key and value are compared; "" for a field of JSON that has to exist. */
  op: string;
  value: string;
}

/** What is wrong with a filter's text, and where. */
export class Unreadable extends Error {
  constructor(
    readonly place: { from: number; to: number },
    what: string,
    /** Whether more text at the end would put it right. */
    readonly open = false,
  ) {
    super(what);
  }
}

// What Python takes for a space differs from \s.
export const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const KEY = "[A-Za-z][A-Za-z0-9_]*";
const FIELD = `[.\\[][^${SPACE}:<>=!()"]*`;
/** Brackets within a word, as in `f(x)`, up to two deep; they belong to the word. */
const BALANCED = `\\((?:[^${SPACE}()]|\\([^${SPACE}()]*\\))*\\)`;
const IN_VALUE = `[^${SPACE},()]`;
const VALUE = `(?:"[^"]*"|(?:${IN_VALUE}+(?:\\((?:${IN_VALUE}|\\(${IN_VALUE}*\\))*\\)${IN_VALUE}*)*)?)`;

const TOKEN = new RegExp(
  `(?<minus>-(?=[^${SPACE})]))?(?:` +
    `(?<open>\\()` +
    `|(?<close>\\))` +
    `|"(?<quoted>[^"]*)(?<closed>"?)` +
    `|/(?<regex>(?:\\\\[^\\n]|[^/\\\\])*)(?<slash>/?)(?=[${SPACE})]|$)` +
    `|(?<key>${KEY}(?:${FIELD})?)(?<op>:|>=|<=|!=|>|<|=)(?<value>${VALUE}(?:,${VALUE})*)` +
    `|(?<field>json${FIELD})(?=[${SPACE})]|$)` +
    `|(?<operator>OR|AND|NOT)(?=[${SPACE}()]|$)` +
    `|(?<word>[^${SPACE}()]+(?:${BALANCED}[^${SPACE}()]*)*)` +
    `)|[${SPACE}]+`,
  "uy",
);

/** The tokens of a filter's text, from left to right. */
export function* tokens(text: string): Generator<Token> {
  let position = 0;
  while (position < text.length) {
    TOKEN.lastIndex = position;
    const { 0: whole, groups = {} } = TOKEN.exec(text)!;
    const from = position;
    position += whole.length;
    const token = tokenOf(groups, from, position);
    if (token) yield token;
  }
}

type Groups = Record<string, string | undefined>;

function tokenOf(groups: Groups, from: number, to: number): Token | null {
  const negated = groups.minus !== undefined;
  const make = (type: TokenType, more: Partial<Token> = {}): Token => ({
    ...{ type, from, to, negated, text: "", closed: true, key: "", op: "", value: "" },
    ...more,
  });
  if (groups.open) return make("open");
  if (groups.close) return make("close");
  if (groups.quoted !== undefined) return make("quoted", { text: groups.quoted, closed: Boolean(groups.closed) });
  // A lone slash is the beginning of an expression, and asks for nothing yet.
  if (groups.regex || groups.slash) return make("regex", { text: groups.regex!, closed: Boolean(groups.slash) });
  if (groups.regex !== undefined) return make("word");
  if (groups.key) return make("key", { key: groups.key, op: groups.op!, value: groups.value! });
  if (groups.field) return make("key", { key: groups.field });
  if (groups.operator && !negated) return make(groups.operator as Operator);
  const text = groups.operator ?? groups.word;
  return text === undefined ? null : make("word", { text });
}

/** A value without the quotes around it. An expression that ends in `"+$` would begin anew at each quote inside. */
export function plain(value: string): string {
  let [from, to] = [0, value.length];
  while (value[from] === '"') from++;
  while (to > from && value[to - 1] === '"') to--;
  return value.slice(from, to);
}

/** The values that commas separate; in quotes a comma is part of the value. */
export function valuesOf({ value }: Pick<Token, "value">): string[] {
  return [...`${value},`.matchAll(/("[^"]*"|[^,]*),/g)].map(([, each]) => plain(each!));
}
