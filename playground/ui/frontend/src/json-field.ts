/** Fields of a JSON payload, compared as `json.dumps` would write them. */
import { dumped, floatText } from "./pytext";

/** A number as it was written: 9007199254740993 must not become ...992, nor 1.0 become 1. */
class Figure {
  constructor(readonly source: string) {}
}

/** A test whether the field at `path` is `value`: a string by its text, anything else by its JSON. */
export function fieldTest(path: readonly string[], value: string): (text: string) => boolean {
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
function quickTest(path: readonly string[], value: string): (text: string) => boolean {
  const key = path.at(-1)!;
  const name = /^\d+$/.test(key) ? "" : `"${key}"`;
  // Whole numbers and words stand in the text as they are, strings between quotes; other values can be written in several ways.
  const several = /^[[{]|^-?\d[\d.]*[.e]|^-?(?:Infinity|NaN)$/i.test(value);
  const written = several ? "" : /^(?:-?\d+|true|false|null)$/.test(value) ? value : `"${value}"`;
  return (text) => (text.includes(name) && text.includes(written)) || text.includes("\\");
}

function walk(found: unknown, path: readonly string[]): unknown {
  for (const key of path) {
    if (Array.isArray(found)) found = /^\d+$/.test(key) ? found[Number(key)] : undefined;
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
