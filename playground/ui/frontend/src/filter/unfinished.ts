/**
 * Which term somebody is still typing. It does not count yet: `kind:rec` is a mistake, and `-h` would hide nearly all.
 * A space after it, Enter, or leaving the box finishes it. So does the last letter of a known value, unless another
 * one begins with it, and a closing quote or slash. A plain word counts with each letter, unless it may become a key.
 */
import { ALIASES, KEYS } from "../generated/vocabulary";
import { type Known, wordsAfter } from "./known";
import { nameOf } from "./terms";
import { type Token, tokens, valuesOf } from "./tokens";

const BEGINNINGS = [...KEYS, ...Object.keys(ALIASES), "OR", "AND", "NOT"];

/** The term that ends at the caret and is not whole; null if there is none. */
export function unfinished(text: string, caret: number, known: Known): Token | null {
  const token = tokenAt(text, caret);
  return token && isUnfinished(token, known) ? token : null;
}

/** The token that ends at the caret. */
export function tokenAt(text: string, caret: number): Token | null {
  for (const token of tokens(text)) {
    if (token.to === caret) return token;
    if (token.to > caret) return null;
  }
  return null;
}

function isUnfinished(token: Token, known: Known): boolean {
  if (token.type === "word") return isBeginning(token);
  // Whether quotes, brackets and operators are complete is seen when the filter is read.
  if (token.type !== "key") return false;
  if (token.value.endsWith('"') && token.value.length > 1) return false;
  const words = wordsAfter(known, token.key);
  if (token.op !== ":" || !words) return mayBecome(token);
  const last = valuesOf(token).at(-1)!;
  const longer = words.some(({ value, silent }) => !silent && value !== last && value.startsWith(last));
  const whole = words.some(({ value }) => value === last);
  // What cannot become one of the few words that there are is a mistake, which is said at once.
  const closed = ["kind", "dir", "witness", "is"].includes(nameOf(token.key));
  return longer || (!whole && !closed);
}

/** Whether more letters can make a term of JSON or numbers right: `size>1` may become `size>10kB`, `size>x` nothing. */
function mayBecome({ key, op, value }: Token): boolean {
  const name = nameOf(key.split(/[.[]/)[0]!);
  if (!(KEYS as readonly string[]).includes(name)) return false;
  return (name === "json" && !/^[<>]/.test(op)) || /^[+-]?\.?(?:v?[0-9]|v?$)/.test(value);
}

function isBeginning({ text, negated }: Token): boolean {
  return (
    negated || text === "" || text === "-" || BEGINNINGS.some((each) => each.startsWith(text) || text === `${each}!`)
  );
}
