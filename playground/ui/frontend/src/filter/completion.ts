/** What may stand at the caret: keys, then their values. */
import { valueTerm } from "../chips";
import { ALIASES, MEASURES, NUMBER_KEYS, TEXT_KEYS } from "../generated/vocabulary";
import { type Known, wordsAfter } from "./known";
import { type Token, valuesOf } from "./tokens";
import { tokenAt } from "./unfinished";

export interface Option {
  /** What the option shows, and what it is. */
  label: string;
  about: string;
  /** What it puts in the place of the text from `from` to `to`. */
  text: string;
  from: number;
  to: number;
  /** More has to follow, such as a value after a key. */
  open: boolean;
}

const MOST = 40;
/** Letters after which kinds and clients are offered without their key. */
const ENOUGH = 2;

const ABOUT_KEYS: Readonly<Record<string, string>> = {
  client: "by name",
  kind: "of row, such as receive or on_connect",
  dir: "in or out",
  witness: "who saw it",
  path: "of the endpoint",
  v: "version of the code",
  code: "close code or HTTP status",
  connection: "by number",
  is: "messages, hooks, errors …",
  size: "bytes of payload, as in size>1kB",
  duration: "as in duration>0.5ms",
  json: "field of a JSON payload",
};

/** The options at the caret. Without a term there, all keys are offered if `asked` for. */
export function completions(text: string, caret: number, known: Known, asked = false): Option[] {
  const token = tokenAt(text, caret);
  const begins = !token || token.type === "open" || token.type === "close";
  if (begins) return asked && !isWithin(text, caret) ? keys("", caret, caret) : [];
  if (token.type === "key" && token.op === ":") return values(token, known);
  return token.type === "word" ? words(token, known) : [];
}

/** Whether the caret is inside a word or right before one. */
function isWithin(text: string, caret: number): boolean {
  return /\S/.test(text[caret] ?? "");
}

function words(token: Token, known: Known): Option[] {
  const from = token.from + (token.negated ? 1 : 0);
  const { to } = token;
  const typed = token.text === "-" ? "" : token.text;
  const start = token.text === "-" ? to : from;
  const found = keys(typed, start, to);
  for (const operator of ["OR", "NOT"])
    if (typed && !token.negated && operator.startsWith(typed))
      found.push({ label: operator, about: "joins terms", text: `${operator} `, from, to, open: true });
  if (typed.length >= ENOUGH)
    for (const key of ["client", "kind", "is"])
      for (const { value, about = "", silent } of known[key] ?? [])
        if (!silent && value.startsWith(typed)) {
          const term = valueTerm(key, value);
          if (term) found.push({ label: term, about, text: term, from: start, to, open: false });
        }
  return found.slice(0, MOST);
}

function keys(typed: string, from: number, to: number): Option[] {
  return [...TEXT_KEYS, ...NUMBER_KEYS, "is", ...MEASURES, "json"].flatMap((key) => {
    const other = Object.keys(ALIASES).find((each) => ALIASES[each] === key && typed && each.startsWith(typed));
    if (!key.startsWith(typed) && !other) return [];
    const sign = key === "json" ? "." : (MEASURES as readonly string[]).includes(key) ? ">" : ":";
    const label = (key.startsWith(typed) ? key : other!) + sign;
    return [{ label, about: ABOUT_KEYS[key] ?? "", text: label, from, to, open: true }];
  });
}

function values(token: Token, known: Known): Option[] {
  const words = wordsAfter(known, token.key);
  if (!words || token.value.endsWith('"')) return [];
  const there = valuesOf(token);
  const typed = there.pop()!;
  // A quote that is not closed yet is put in order with the value.
  const from = token.to - (token.value.length - (token.value.lastIndexOf(",") + 1));
  const options = words.filter(
    ({ value, silent }) => !silent && value.startsWith(typed) && value !== typed && !there.includes(value),
  );
  return options.slice(0, MOST).flatMap(({ value, about = "" }) => {
    const text = valueTerm("", value)?.slice(1);
    return text === undefined ? [] : [{ label: value, about, text, from, to: token.to, open: false }];
  });
}
