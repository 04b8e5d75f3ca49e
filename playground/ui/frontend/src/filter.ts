import { ROW_CATEGORIES } from "./categories";
import {
  ALIASES,
  CATEGORIES,
  CATEGORY_ALIASES,
  COMPARISONS,
  type Comparison,
  DIGITS,
  DIRECTIONS,
  KINDS,
  LONGEST_FILTER,
  LONGEST_PATTERN,
  MOST_PATTERNS,
  MOST_TERMS,
  NUMBER_FIELDS,
  type NumberField,
  SHOWN_AS,
  TEXT_FIELDS,
  type TextField,
  WITNESSES,
} from "./generated/vocabulary";
import { fieldTest } from "./json-field";
import type { Row } from "./kernel-protocol";
import { aboutKinds, sawIt } from "./kinds";
import { repr, toFloat } from "./pytext";
import { shownPattern, toRegExp } from "./regex";
import { payloadOf, searchedText } from "./rowtext";

/**
 * The filter language, as `playground/record/query.py` has it: terms stand side by side and all have to hold.
 * `tests/cases/filter.json` has what both must agree on.
 */
export interface Filter {
  /** Whether a row passes. One on which the expressions were not run yet does not. */
  test(row: Row): boolean;
  /** Whether a row passes the terms that are no regular expressions. */
  maybe(row: Row): boolean;
  /** Regular expressions may take forever, so they are not run here; `Matching` writes the results to `verdicts`. */
  expressions: readonly Expression[];
  /** Whether all expressions hold, for the rows on which they were run. */
  verdicts: WeakMap<Row, boolean>;
  /** Asks for text or JSON, of which a row has only the beginning. */
  looksInside: boolean;
  /** The first thing that cannot be read, and where; null when all can. */
  mistake: Mistake | null;
}

/** Where a term stands. */
export interface Place {
  /** Counted from 1, in characters. */
  column: number;
  /** The same place in the string, and where the term ends. */
  from: number;
  to: number;
}

export interface Mistake extends Place {
  message: string;
}

/** A regular expression that a text has to match, or must not match. */
export interface Expression extends Place {
  /** As it is written in the filter. */
  pattern: string;
  source: string;
  flags: string;
  negated: boolean;
}

type Test = Filter["test"];
interface Term {
  test?: Test;
  expression?: Pick<Expression, "pattern" | "source" | "flags">;
  looksInside?: boolean;
}

const all: Test = () => true;
export const everything: Filter = {
  test: all,
  maybe: all,
  expressions: [],
  verdicts: new WeakMap(),
  looksInside: false,
  mistake: null,
};

// What Python takes for a space differs from \s.
const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const VALUE = `(?:"[^"]*"|[^${SPACE},]*)`;
const TERM = new RegExp(
  `(?<minus>-?)(?:` +
    `"(?<quoted>[^"]*)(?<closed>"?)` +
    `|/(?<regex>(?:\\\\[^\\n]|[^/\\\\])*)(?<slash>/?)(?=[${SPACE}]|$)` +
    `|(?<field>[a-z]+(?:\\.[^${SPACE}:<>=]+)?)(?<op>:|>=|<=|>|<|=)(?<value>${VALUE}(?:,${VALUE})*)` +
    `|(?<word>[^${SPACE}]+)` +
    `)|[${SPACE}]+`,
  "guy",
);

export function parseFilter(text: string): Filter {
  if (isTooLong(text)) return { ...everything, mistake: tooLong(text) };
  const tests: Test[] = [];
  const expressions: Expression[] = [];
  let looksInside = false;
  let count = 0;
  TERM.lastIndex = 0;
  while (TERM.lastIndex < text.length) {
    const from = TERM.lastIndex;
    const { groups = {} } = TERM.exec(text)!;
    if (groups.minus === undefined) continue;
    const to = TERM.lastIndex;
    const place = (): Place => ({ column: characters(text.slice(0, from)) + 1, from, to });
    try {
      if (++count > MOST_TERMS) throw new Unreadable(`a filter has at most ${MOST_TERMS} terms; this is one more`);
      if (isExpression(groups) && expressions.length === MOST_PATTERNS)
        throw new Unreadable(`a filter has at most ${MOST_PATTERNS} regular expressions; this is one more`);
      const { test, expression, looksInside: inside } = termOf(groups);
      const negated = groups.minus !== "";
      if (test) tests.push(negated ? (row) => !test(row) : test);
      if (expression) expressions.push({ ...expression, ...place(), negated });
      looksInside ||= Boolean(inside);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      return { ...everything, mistake: mistakeAt(place(), error.message) };
    }
  }
  if (!count) return everything;
  const verdicts = new WeakMap<Row, boolean>();
  const maybe: Test = (row) => tests.every((test) => test(row));
  const test: Test = expressions.length ? (row) => verdicts.get(row) === true && maybe(row) : maybe;
  return { test, maybe, expressions, verdicts, looksInside, mistake: null };
}

export function mistakeAt({ column, from, to }: Place, what: string): Mistake {
  return { column, message: `column ${column}: ${what}`, from, to };
}

/** How many characters a text has; those outside the basic plane have two units in a string. */
function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function isTooLong(text: string): boolean {
  return text.length > LONGEST_FILTER && characters(text) > LONGEST_FILTER;
}

function tooLong(text: string): Mistake {
  const from = [...text.slice(0, 2 * LONGEST_FILTER)].slice(0, LONGEST_FILTER).join("").length;
  const what = `a filter has at most ${LONGEST_FILTER} characters, and this one ${characters(text)}`;
  return mistakeAt({ column: LONGEST_FILTER + 1, from, to: text.length }, what);
}

/** A term `field:value,value` of a filter's text and where it stands there. */
export interface FieldTerm {
  from: number;
  to: number;
  negated: boolean;
  values: string[];
}

/** The terms of that field, whether or not the rest of the text can be read. */
export function fieldTerms(text: string, name: string): FieldTerm[] {
  if (isTooLong(text)) return [];
  // The matching goes on where the expression was last left.
  TERM.lastIndex = 0;
  return [...text.matchAll(TERM)].flatMap(({ index, 0: whole, groups = {} }) => {
    if (groups.field !== name || groups.op !== ":") return [];
    return { from: index, to: index + whole.length, negated: groups.minus !== "", values: alternatives(groups.value!) };
  });
}

class Unreadable extends Error {}

function termOf({ quoted, closed, regex, slash, field, op, value, word }: Record<string, string | undefined>): Term {
  if (quoted !== undefined) {
    if (!closed) throw new Unreadable("this quote is never closed");
    return wordTerm(quoted);
  }
  if (isExpression({ regex, slash })) return regexTerm(regex!, slash!);
  if (field !== undefined) return fieldTerm(field, op!, value!);
  return wordTerm(word ?? "");
}

function isExpression({ regex, slash }: Record<string, string | undefined>): boolean {
  return Boolean(regex || slash);
}

function wordTerm(word: string): Term {
  const needle = word.toLowerCase();
  const ofKind = aboutKinds((kind) => kind.includes(needle));
  const isClient = (row: Row): boolean => row.client?.length === word.length && row.client.toLowerCase() === needle;
  const isIn = contains(needle);
  return { looksInside: true, test: (row) => ofKind(row) || isClient(row) || isIn(searchedText(row)) };
}

/** A search in any case. For ASCII an expression is three times as fast as lowering each text. */
function contains(needle: string): (text: string) => boolean {
  if (/[^\x00-\x7f]/.test(needle)) return (text) => text.toLowerCase().includes(needle);
  const found = new RegExp(needle.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "i");
  return (text) => found.test(text);
}

function regexTerm(pattern: string, slash: string): Term {
  if (!slash) throw new Unreadable("this /regular expression has no second slash");
  const length = characters(pattern);
  if (length > LONGEST_PATTERN)
    throw new Unreadable(`a regular expression has at most ${LONGEST_PATTERN} characters, and this one ${length}`);
  try {
    const { source, flags } = toRegExp(pattern);
    return { looksInside: true, expression: { pattern, source, flags } };
  } catch (error) {
    throw new Unreadable(`${shownPattern(pattern)} is not a regular expression: ${(error as Error).message}`);
  }
}

const TEXT_TESTS: Record<TextField, (values: ReadonlySet<string>) => Test> = {
  client: (values) => (row) => row.client != null && values.has(row.client),
  kind: (values) => aboutKinds((kind) => values.has(kind)),
  dir: (values) => (row) => row.direction != null && values.has(row.direction),
  witness: (values) => (row) => WITNESSES.some((witness) => values.has(witness) && sawIt(row, witness)),
  path: (values) => (row) => row.path != null && values.has(row.path),
};
const NUMBER_TESTS: Record<NumberField, (values: ReadonlySet<number>) => Test> = {
  v: (values) => (row) => row.version != null && values.has(row.version),
  code: (values) => (row) =>
    (row.code != null && values.has(row.code)) || Boolean(row.codes?.some((code) => values.has(code))),
  connection: (values) => (row) => row.connection != null && values.has(row.connection),
};
const CHOICES: Record<string, readonly string[]> = {
  kind: KINDS,
  dir: DIRECTIONS,
  witness: WITNESSES,
  is: CATEGORIES,
};
const KNOWN = [...TEXT_FIELDS, ...NUMBER_FIELDS, "is"].join(", ");

function fieldTerm(written: string, op: string, value: string): Term {
  const plain = unquoted(value);
  if (written.startsWith("json.")) return jsonTerm(written.slice(5), op, plain);
  const name = Object.hasOwn(ALIASES, written) ? ALIASES[written]! : written;
  if ((name === "size" || name === "took") && op !== ":") return measureTerm(name, op, plain);
  if (op !== ":") throw new Unreadable(`${repr(name)} is compared with ':', as ${name}:${plain}`);
  if (name === "is") return categoryTerm(choices(name, value).map((each) => CATEGORY_ALIASES[each] ?? each));
  if (isOneOf(TEXT_FIELDS, name)) return { test: TEXT_TESTS[name](new Set(choices(name, value))) };
  if (isOneOf(NUMBER_FIELDS, name)) return { test: NUMBER_TESTS[name](new Set(numbers(name, value))) };
  throw new Unreadable(`no field ${repr(name)}; there are ${KNOWN}, size, took and json.…`);
}

function isOneOf<T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name);
}

/** Without the quotes around it. An expression that ends in `"+$` would begin anew at each quote inside. */
function unquoted(value: string): string {
  let [from, to] = [0, value.length];
  while (value[from] === '"') from++;
  while (to > from && value[to - 1] === '"') to--;
  return value.slice(from, to);
}

/** The values that commas separate; within quotes a comma is part of the value. */
function alternatives(value: string): string[] {
  return [...`${value},`.matchAll(/("[^"]*"|[^,]*),/g)].map(([, each]) => unquoted(each!));
}

function choices(name: string, value: string): string[] {
  const values = alternatives(value);
  const known = CHOICES[name];
  const odd =
    known && values.find((each) => !known.includes(each) && !(name === "is" && Object.hasOwn(CATEGORY_ALIASES, each)));
  if (odd !== undefined) throw new Unreadable(noChoice(name, odd, known!));
  return values;
}

function noChoice(name: string, odd: string, known: readonly string[]): string {
  if (name === "is") return `is: takes ${known.slice(0, -1).join(", ")} or ${known.at(-1)}, not ${repr(odd)}`;
  if (name === "kind" && Object.hasOwn(SHOWN_AS, odd)) return `no kind ${repr(odd)}; write kind:${SHOWN_AS[odd]}`;
  return `no ${name} ${repr(odd)}; there are ${known.join(", ")}`;
}

const NUMBER = new RegExp(`^(\\d{1,${DIGITS}})$`);
const VERSION = new RegExp(`^v?(\\d{1,${DIGITS}})$`);

function numbers(name: string, value: string): number[] {
  // A version may be written as it is everywhere else: v3.
  const number = name === "v" ? VERSION : NUMBER;
  return alternatives(value).map((each) => {
    const digits = number.exec(each)?.[1];
    if (digits === undefined) throw new Unreadable(`${name}: takes a number, not ${repr(each)}`);
    return Number(digits);
  });
}

function categoryTerm(names: readonly string[]): Term {
  const tests = ROW_CATEGORIES.filter(({ name }) => names.includes(name)).map(({ test }) => test);
  return { test: (row) => tests.some((test) => test(row)) };
}

const COMPARE: Record<Comparison, (a: number, b: number) => boolean> = {
  ">": (a, b) => a > b,
  "<": (a, b) => a < b,
  ">=": (a, b) => a >= b,
  "<=": (a, b) => a <= b,
  "=": (a, b) => a === b,
};

function measureTerm(name: "size" | "took", op: string, value: string): Term {
  const limit = toFloat(value);
  if (limit === null) throw new Unreadable(`${name}${op} takes a number, not ${repr(value)}`);
  if (!isOneOf(COMPARISONS, op)) throw new Unreadable(`${name}${op} is not a comparison`);
  const compare = COMPARE[op];
  const measured = (row: Row): number | null | undefined => (name === "size" ? row.size : row.duration_ms);
  return {
    test: (row) => {
      const amount = measured(row);
      return amount != null && compare(amount, limit);
    },
  };
}

function jsonTerm(written: string, op: string, value: string): Term {
  if (op !== "=" && op !== ":") throw new Unreadable(`json.${written} is compared with '='`);
  const isIn = fieldTest(written.split("."), value);
  return {
    looksInside: true,
    test: (row) => {
      const text = payloadOf(row);
      return text !== null && !row.cut && isIn(text);
    },
  };
}
