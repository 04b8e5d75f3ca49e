/** Terms: what each key, word and expression of a filter asks of a row; see `playground/record/filter/terms.py`. */
import { MEANINGS } from "../categories";
import {
  ALIASES,
  BYTES,
  CATEGORIES,
  CATEGORY_ALIASES,
  type Category,
  DIRECTIONS,
  KEYS,
  KINDS,
  LONGEST_PATTERN,
  MEASURES,
  type Measure,
  MILLISECONDS,
  NUMBER_KEYS,
  type NumberKey,
  TEXT_KEYS,
  type TextKey,
  WITNESSES,
  WRITTEN_AS,
} from "../generated/vocabulary";
import type { Row } from "../kernel-protocol";
import { aboutKinds, sawIt } from "../kinds";
import { repr } from "../pytext";
import { type JavaScript, shownPattern, toRegExp } from "../regex";
import { payloadOf, searchedText } from "../rowtext";
import { comparison, type Holds, whole, wholeComparison } from "./amounts";
import { fieldTest } from "./fields";
import { meant, refuseMisread } from "./misread";
import { nearOrAll } from "./nearest";
import { plain, type Token, Unreadable, valuesOf } from "./tokens";

export type Test = (row: Row) => boolean;

/** What a term asks: a test, or a regular expression, which is run elsewhere. */
export type Asked = { looksInside?: boolean } & ({ test: Test } | { expression: JavaScript });

/** Throws `Unreadable` when the term cannot be read. */
export function asked(token: Token): Asked {
  if (token.type === "key") return ofKey(token);
  if (token.type === "word") refuseMisread(token);
  if (token.type === "word" || token.type === "quoted") return word(token.text);
  return expression(token);
}

function word(text: string): Asked {
  const needle = text.toLowerCase();
  const ofKind = aboutKinds((kind) => kind.includes(needle));
  const isClient = (row: Row): boolean => row.client?.length === text.length && row.client.toLowerCase() === needle;
  const isIn = contains(needle);
  return { looksInside: true, test: (row) => ofKind(row) || isClient(row) || isIn(searchedText(row)) };
}

/** A search in any case. For ASCII an expression is three times as fast as lowering each text. */
function contains(needle: string): (text: string) => boolean {
  if (/[^\x00-\x7f]/.test(needle)) return (text) => text.toLowerCase().includes(needle);
  const found = new RegExp(needle.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "i");
  return (text) => found.test(text);
}

function expression(token: Token): Asked {
  const { text } = token;
  const { length } = [...text];
  if (length > LONGEST_PATTERN)
    throw new Unreadable(
      token,
      `a regular expression has at most ${LONGEST_PATTERN} characters, and this one ${length}`,
    );
  try {
    return { looksInside: true, expression: toRegExp(text) };
  } catch (error) {
    throw new Unreadable(token, `${shownPattern(text)} is not a regular expression: ${(error as Error).message}`);
  }
}

const TEXT_TESTS: Record<TextKey, (values: ReadonlySet<string>) => Test> = {
  client: (values) => (row) => row.client != null && values.has(row.client),
  kind: (values) => aboutKinds((kind) => values.has(kind)),
  dir: (values) => (row) => row.direction != null && values.has(row.direction),
  witness: (values) => (row) => WITNESSES.some((witness) => values.has(witness) && sawIt(row, witness)),
  path: (values) => (row) => row.path != null && values.has(row.path),
};
const NUMBER_TESTS: Record<NumberKey, (holds: Holds) => Test> = {
  v: (holds) => (row) => row.version != null && holds(row.version),
  code: (holds) => (row) => (row.code != null && holds(row.code)) || Boolean(row.codes?.some(holds)),
  connection: (holds) => (row) => row.connection != null && holds(row.connection),
};
const MEASURE_TESTS: Record<Measure, (token: Token) => Test> = {
  size: (token) => {
    const holds = comparison(token, BYTES, "a number of bytes, such as 1000, 1kB or 64KiB");
    return (row) => row.size != null && holds(row.size);
  },
  duration: (token) => {
    const holds = comparison(token, MILLISECONDS, "a time in milliseconds, or such as 0.1ms or 2s");
    return (row) => row.duration_ms != null && holds(row.duration_ms);
  },
};
/** What the value of a key may be. */
export const CHOICES: Readonly<Record<string, readonly string[]>> = {
  kind: KINDS,
  dir: DIRECTIONS,
  witness: WITNESSES,
  is: CATEGORIES,
};

function ofKey(token: Token): Asked {
  const { key, op } = token;
  if (key.startsWith("json.") || key.startsWith("json[")) return ofField(token);
  const name = nameOf(key);
  if (!isOneOf(KEYS, name)) {
    const near = nearOrAll(key.split(/[.[]/)[0]!, KEYS, Object.keys(ALIASES));
    const quotes = near.endsWith("?") ? "" : "; in quotes it is searched as text";
    throw new Unreadable(token, `no key ${repr(key)}; ${near}${quotes}`);
  }
  if (name === "json") throw new Unreadable(token, "json needs the name of a field, as in json.user.name=alice");
  const value = plain(token.value);
  if (op === "!=") {
    const equal = isOneOf(MEASURES, name) ? "=" : ":";
    throw new Unreadable(token, `put a minus before a term to exclude it: -${key}${equal}${value}`);
  }
  if (isOneOf(MEASURES, name)) {
    if (op === ":") {
      const term = meant(token) ?? `${key}>${value}`;
      throw new Unreadable(token, `${repr(key)} is compared with >, <, >=, <= or =, as ${term}`);
    }
    return { test: MEASURE_TESTS[name](token) };
  }
  if (isOneOf(NUMBER_KEYS, name)) {
    const term = op === ":" ? meant(token) : null;
    if (term !== null) throw new Unreadable(token, `write ${term}`);
    return { test: NUMBER_TESTS[name](op === ":" ? oneOf(token) : wholeComparison(token)) };
  }
  if (op !== ":")
    throw new Unreadable(token, `${repr(key)} is compared with ':', as ${key}:${value.replace(/^=+/, "")}`);
  const values = chosen(name, token);
  return { test: isOneOf(TEXT_KEYS, name) ? TEXT_TESTS[name](new Set(values)) : ofCategories(values) };
}

/** The key that another name of it stands for. */
export function nameOf(key: string): string {
  return Object.hasOwn(ALIASES, key) ? ALIASES[key]! : key;
}

export function isOneOf<T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name);
}

function oneOf(token: Token): Holds {
  const numbers = new Set(valuesOf(token).map((value) => whole(token, value)));
  return (value) => numbers.has(value);
}

function chosen(name: string, token: Token): string[] {
  const choices = CHOICES[name];
  const values = valuesOf(token).map((value) =>
    name === "is" && Object.hasOwn(CATEGORY_ALIASES, value) ? CATEGORY_ALIASES[value]! : value,
  );
  const odd = choices && values.find((value) => !choices.includes(value));
  if (odd !== undefined) throw new Unreadable(token, noChoice(name, odd, choices!));
  return values;
}

function noChoice(name: string, odd: string, choices: readonly string[]): string {
  if (name === "kind" && Object.hasOwn(WRITTEN_AS, odd)) return `no kind ${repr(odd)}; write kind:${WRITTEN_AS[odd]}`;
  const what = name === "is" ? `is: has no word ${repr(odd)}` : `no ${name} ${repr(odd)}`;
  return `${what}; ${nearOrAll(odd, choices, name === "is" ? Object.keys(CATEGORY_ALIASES) : [])}`;
}

function ofCategories(names: readonly string[]): Test {
  const tests = [...new Set(names)].map((name) => MEANINGS[name as Category].test);
  return (row) => tests.some((test) => test(row));
}

function ofField(token: Token): Asked {
  const isIn = fieldTest(token);
  return {
    looksInside: true,
    test: (row) => {
      const text = payloadOf(row);
      return text !== null && !row.cut && isIn(text);
    },
  };
}
