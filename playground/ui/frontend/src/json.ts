/**
 * JSON as written: checked and indented on the text itself.
 * `JSON.parse` and back would turn 9007199254740993 into ...992 and 1.0 into 1, and would drop repeated keys.
 */

export interface JsonMistake {
  at: number;
  line: number;
  column: number;
  message: string;
}

const TOKEN =
  /(?:([{}[\]:,])|("[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])|(true|false|null)(?!\w))/y;

class Mistake extends Error {
  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

type Wanted = "value" | "value or ]" | "key" | "key or }" | ":" | ", or ]" | ", or }" | "end";

/** Walks the tokens of one JSON value; throws `Mistake` where the text stops being JSON. */
function walk(text: string, emit: (token: string, depth: number, wanted: Wanted) => void): void {
  const stack: string[] = [];
  let wanted: Wanted = "value";
  let at = 0;
  const after = (): Wanted => (stack.length === 0 ? "end" : stack.at(-1) === "{" ? ", or }" : ", or ]");
  for (;;) {
    const gap = /[ \t\r\n]*/y;
    gap.lastIndex = at;
    gap.exec(text);
    at = gap.lastIndex;
    if (at >= text.length) {
      if (wanted === "end") return;
      throw new Mistake(at, `the text ends here; expected ${wording(wanted)}`);
    }
    if (wanted === "end") throw new Mistake(at, "unexpected text after the JSON value");
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw new Mistake(at, unreadable(text, at));
    const [, mark, string, number, word] = match;
    const token = mark ?? string ?? number ?? word!;
    const start = TOKEN.lastIndex - token.length;
    const scalar = mark === undefined;
    const opens = mark === "{" || mark === "[";
    const depth = stack.length;
    const was: Wanted = wanted;
    if ((wanted === "value" || wanted === "value or ]") && (scalar || opens)) {
      if (opens) {
        stack.push(mark);
        wanted = mark === "{" ? "key or }" : "value or ]";
      } else wanted = after();
    } else if ((wanted === "key" || wanted === "key or }") && string !== undefined) wanted = ":";
    else if (wanted === ":" && mark === ":") wanted = "value";
    else if (wanted === ", or ]" && mark === ",") wanted = "value";
    else if (wanted === ", or }" && mark === ",") wanted = "key";
    else if (
      (mark === "]" && (wanted === ", or ]" || wanted === "value or ]")) ||
      (mark === "}" && (wanted === ", or }" || wanted === "key or }"))
    ) {
      stack.pop();
      wanted = after();
    } else throw new Mistake(start, `expected ${wording(wanted)}, found ${mark ? `'${mark}'` : short(token)}`);
    emit(token, depth, was);
    at = TOKEN.lastIndex;
  }
}

function wording(wanted: Wanted): string {
  if (wanted === "value" || wanted === "value or ]") return "a value";
  if (wanted === "key" || wanted === "key or }") return "a quoted key";
  return wanted
    .split(" or ")
    .map((mark) => `'${mark}'`)
    .join(" or ");
}

function short(token: string): string {
  return token.length > 20 ? `${token.slice(0, 19)}…` : token;
}

function unreadable(text: string, at: number): string {
  const rest = text.slice(at, at + 40);
  if (rest.startsWith('"')) return "the string is not closed, or has a character that must be escaped";
  if (rest.startsWith("'")) return 'JSON strings have "double quotes"';
  const word = /^[A-Za-z_]+/.exec(rest)?.[0];
  if (word === "True" || word === "False" || word === "None")
    return `${word} is Python; JSON writes ${word === "None" ? "null" : word.toLowerCase()}`;
  if (word) return `${short(word)} is not JSON`;
  if (/^[-+.\d]/.test(rest)) return "not a valid JSON number";
  return `${short(rest[0] ?? "")} is not JSON`;
}

/** The first mistake in the text, or null when it is JSON. */
export function checkJson(text: string): JsonMistake | null {
  try {
    walk(text, () => {});
    return null;
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    const lines = text.slice(0, error.at).split("\n");
    return { at: error.at, line: lines.length, column: lines.at(-1)!.length + 1, message: error.message };
  }
}

/** The most characters of an indented text. Brackets within brackets would make it grow with their square. */
const LONGEST = 8_000_000;

class TooLong extends Error {}

/** The text with one value per line, every token as it was written; null when it is not JSON, or would be too long. */
export function indentJson(text: string, step = "  "): string | null {
  const out: string[] = [];
  let last = "";
  let length = 0;
  try {
    walk(text, (token, depth) => {
      const closes = token === "}" || token === "]";
      const level = closes ? depth - 1 : depth;
      const empty = closes && (last === "{" || last === "[");
      const breaks = token !== "," && token !== ":" && last !== ":" && last !== "" && !empty;
      length += token.length + (breaks ? level * step.length + 1 : 1);
      if (length > LONGEST) throw new TooLong();
      if (breaks) out.push("\n", step.repeat(level));
      out.push(token === ":" ? ": " : token);
      last = token;
    });
  } catch (error) {
    if (error instanceof Mistake || error instanceof TooLong) return null;
    throw error;
  }
  return out.join("");
}
