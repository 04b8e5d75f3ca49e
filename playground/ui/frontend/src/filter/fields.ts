/** Fields: what `json.…` asks of a payload; see `playground/record/filter/fields.py`. */
import { DIGITS } from "../generated/vocabulary";
import { dumped, floatText } from "../pytext";
import { comparison, NO_UNITS } from "./amounts";
import { FIELD, meant } from "./misread";
import { plain, type Token, Unreadable } from "./tokens";

type TextTest = (text: string) => boolean;

/** The test of a payload that a term such as `json.user.name=alice` asks for; throws `Unreadable`. */
export function fieldTest(token: Token): TextTest {
  const path = pathOf(token);
  const value = plain(token.value);
  if (token.op === "") return found(path, (field) => field !== undefined);
  if (token.op === "!=") throw new Unreadable(token, `put a minus before a term to exclude it: -${token.key}=${value}`);
  if (token.op === "=" || token.op === ":") {
    const term = meant(token);
    if (term !== null) throw new Unreadable(token, `write ${term}; in quotes the sign belongs to the value`);
    return isValue(path, value);
  }
  const holds = comparison(token, NO_UNITS, "a number, such as 3");
  return found(path, (field) => typeof field === "number" && holds(field));
}

/** The names that lead to a field; `[0]` is the same as `.0`. */
function pathOf(token: Token): string[] {
  const path = token.key
    .slice("json".length)
    .replace(/\[([0-9]+)\]/g, ".$1")
    .replace(/^\./, "")
    .split(".");
  if (path.some((name) => !name || /[[\]]/.test(name))) throw new Unreadable(token, FIELD);
  return path;
}

function found(path: readonly string[], holds: (field: unknown) => boolean): TextTest {
  const name = quoted(path);
  return (text) => {
    if (!text.includes(name) && !text.includes("\\")) return false;
    try {
      return holds(walk(JSON.parse(text), path));
    } catch {
      return false;
    }
  };
}

/** How the last name of a path stands in a text without escapes; "" for a place in a list. */
function quoted(path: readonly string[]): string {
  const key = path.at(-1)!;
  return /^[0-9]+$/.test(key) ? "" : `"${key}"`;
}

/** Whether the field at `path` is `value`: a string by its text, anything else as `json.dumps` would write it. */
function isValue(path: readonly string[], value: string): TextTest {
  const mayHave = quickTest(path, value);
  const number = Number(value);
  return (text) => {
    if (!mayHave(text)) return false;
    let found: unknown;
    try {
      found = JSON.parse(text);
    } catch {
      return false;
    }
    found = walk(found, path);
    if (typeof found === "string") return found === value;
    if (found === undefined) return false;
    if (found === null || typeof found === "boolean") return String(found) === value;
    // Rounding cannot make equal numbers differ: reading the payload again is for those that may be equal.
    if (typeof found === "number" && number !== found) return false;
    return dump(walk(exact(text), path)) === value;
  };
}

/** Rules most rows out without reading them as JSON. What is written with escapes looks different. */
function quickTest(path: readonly string[], value: string): TextTest {
  const name = quoted(path);
  // Whole numbers and words stand in the text as they are, strings between quotes; other values can be written in several ways.
  const several = /^[[{]|^-?\d[\d.]*[.e]|^-?(?:Infinity|NaN)$/i.test(value);
  const written = several ? "" : /^(?:-?\d+|true|false|null)$/.test(value) ? value : `"${value}"`;
  return (text) => (text.includes(name) && text.includes(written)) || text.includes("\\");
}

const INDEX = new RegExp(`^[0-9]{1,${DIGITS}}$`);

/** A number as it was written: 9007199254740993 must not become ...992, nor 1.0 become 1. */
class Figure {
  constructor(readonly source: string) {}
}

function walk(found: unknown, path: readonly string[]): unknown {
  for (const key of path) {
    if (Array.isArray(found)) found = INDEX.test(key) ? found[Number(key)] : undefined;
    else if (typeof found === "object" && found !== null && Object.hasOwn(found, key))
      found = (found as Record<string, unknown>)[key];
    else return undefined;
  }
  return found;
}

function dump(value: unknown): string {
  if (value instanceof Figure)
    return /[.e]/i.test(value.source) ? floatText(Number(value.source)) : value.source === "-0" ? "0" : value.source;
  if (typeof value === "string") return dumped(value);
  if (Array.isArray(value)) return `[${value.map(dump).join(", ")}]`;
  if (value instanceof Map) return `{${[...value].map(([key, item]) => `${dumped(key)}: ${dump(item)}`).join(", ")}}`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([key, item]) => `${dumped(key)}: ${dump(item)}`)
      .join(", ")}}`;
  return String(value);
}

/** The payload with each number as a `Figure`. The text is JSON: `JSON.parse` has taken it. */
function exact(text: string): unknown {
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    token[0] === '"' ? token : `{"\\u0000":"${token}"}`,
  );
  return JSON.parse(marked, (_key, value) =>
    typeof value === "object" && value !== null && Object.hasOwn(value, "\0") ? new Figure(value["\0"]) : value,
  );
}
