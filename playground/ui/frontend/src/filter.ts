import { fieldTest } from "./json-field";
import { aboutKinds, KINDS, sawIt, WITNESSES } from "./kinds";
import { repr, toFloat } from "./pytext";
import { toRegExp } from "./regex";
import { payloadOf, searchedText, textsOf } from "./rowtext";
import type { Row } from "./wire";

/**
 * The filter language, as `playground/core/query.py` has it: terms stand side by side and all have to hold.
 * `tests/cases/filter.json` has what both must agree on.
 */
export interface Filter {
  test(row: Row): boolean;
  /** Asks for text or JSON, of which a row has only the beginning. */
  looksInside: boolean;
  /** The first thing that cannot be read, and where; null when all can. */
  mistake: Mistake | null;
}

export interface Mistake {
  /** Counted from 1, in characters. */
  column: number;
  message: string;
  /** The same place in the string, and where the term ends. */
  from: number;
  to: number;
}

type Test = Filter["test"];
interface Term {
  test: Test;
  looksInside?: boolean;
}

export const everything: Filter = { test: () => true, looksInside: false, mistake: null };

// What Python takes for a space differs from \s.
const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const TERM = new RegExp(
  `(?<minus>-?)(?:` +
    `"(?<quoted>[^"]*)(?<closed>"?)` +
    `|/(?<regex>(?:\\\\[^\\n]|[^/\\\\])*)(?<slash>/?)(?=[${SPACE}]|$)` +
    `|(?<field>[a-z]+(?:\\.[^${SPACE}:<>=]+)?)(?<op>:|>=|<=|>|<|=)(?<value>"[^"]*"|[^${SPACE}]*)` +
    `|(?<word>[^${SPACE}]+)` +
    `)|[${SPACE}]+`,
  "uy",
);

export function parseFilter(text: string): Filter {
  const tests: Test[] = [];
  let looksInside = false;
  TERM.lastIndex = 0;
  while (TERM.lastIndex < text.length) {
    const from = TERM.lastIndex;
    const { groups = {} } = TERM.exec(text)!;
    if (groups.minus === undefined) continue;
    const to = TERM.lastIndex;
    try {
      const { test, looksInside: inside } = termOf(groups);
      tests.push(groups.minus ? (row) => !test(row) : test);
      looksInside ||= Boolean(inside);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      const column = [...text.slice(0, from)].length + 1;
      return { ...everything, mistake: { column, message: `column ${column}: ${error.message}`, from, to } };
    }
  }
  if (!tests.length) return everything;
  return { test: (row) => tests.every((test) => test(row)), looksInside, mistake: null };
}

class Unreadable extends Error {}

function termOf({ quoted, closed, regex, slash, field, op, value, word }: Record<string, string | undefined>): Term {
  if (quoted !== undefined) {
    if (!closed) throw new Unreadable("this quote is never closed");
    return wordTerm(quoted);
  }
  if (regex || slash) return regexTerm(regex!, slash!);
  if (field !== undefined) return fieldTerm(field, op!, value!.replace(/^"+|"+$/g, ""));
  return wordTerm(word ?? "");
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
  let found: RegExp;
  try {
    found = toRegExp(pattern);
  } catch (error) {
    throw new Unreadable(`/${pattern}/ is not a regular expression: ${(error as Error).message}`);
  }
  return { looksInside: true, test: (row) => textsOf(row).some((text) => found.test(text)) };
}

const ALIASES: Record<string, string> = { version: "v", direction: "dir", duration: "took" };
const CHOICES: Record<string, readonly string[]> = { kind: KINDS, dir: ["in", "out"], witness: WITNESSES };
const TEXT_FIELDS: Record<string, (value: string) => Test> = {
  client: (value) => (row) => row.client === value,
  kind: (value) => aboutKinds((kind) => kind === value),
  dir: (value) => (row) => row.direction === value,
  witness: (value) => (row) => sawIt(row, value as (typeof WITNESSES)[number]),
  path: (value) => (row) => row.path === value,
};
const NUMBER_FIELDS: Record<string, (value: number) => Test> = {
  v: (value) => (row) => row.version === value,
  code: (value) => (row) => row.code === value || Boolean(row.codes?.includes(value)),
  connection: (value) => (row) => row.connection === value,
};
const KNOWN = [...Object.keys(TEXT_FIELDS), ...Object.keys(NUMBER_FIELDS)].join(", ");

function fieldTerm(written: string, op: string, value: string): Term {
  if (written.startsWith("json.")) return jsonTerm(written.slice(5), op, value);
  const name = Object.hasOwn(ALIASES, written) ? ALIASES[written]! : written;
  if ((name === "size" || name === "took") && op !== ":") return measureTerm(name, op, value);
  if (op !== ":") throw new Unreadable(`${repr(name)} is compared with ':', as ${name}:${value}`);
  if (Object.hasOwn(TEXT_FIELDS, name)) {
    const choices = CHOICES[name];
    if (choices && !choices.includes(value)) throw new Unreadable(`no ${name} ${repr(value)}; there are ${choices.join(", ")}`);
    return { test: TEXT_FIELDS[name]!(value) };
  }
  if (Object.hasOwn(NUMBER_FIELDS, name)) {
    if (!/^\d+$/.test(value)) throw new Unreadable(`${name}: takes a number, not ${repr(value)}`);
    return { test: NUMBER_FIELDS[name]!(Number(value)) };
  }
  throw new Unreadable(`no field ${repr(name)}; there are ${KNOWN}, size, took and json.…`);
}

const COMPARE: Record<string, (a: number, b: number) => boolean> = {
  ">": (a, b) => a > b,
  "<": (a, b) => a < b,
  ">=": (a, b) => a >= b,
  "<=": (a, b) => a <= b,
  "=": (a, b) => a === b,
};

function measureTerm(name: "size" | "took", op: string, value: string): Term {
  const limit = toFloat(value);
  if (limit === null) throw new Unreadable(`${name}${op} takes a number, not ${repr(value)}`);
  const compare = COMPARE[op]!;
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
