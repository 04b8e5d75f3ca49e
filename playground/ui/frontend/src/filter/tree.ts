/**
 * Tree: how the terms of a filter are joined, as `playground/record/filter/tree.py` has it.
 *
 *     either := all ("OR" all)*
 *     all    := term ("AND"? term)*
 *     term   := "NOT" term | "-"? ("(" either ")" | a word, "text", /regex/ or key:value)
 */
import {
  ALIASES,
  BYTES,
  DEEPEST,
  KEYS,
  MEASURES,
  MILLISECONDS,
  MOST_PATTERNS,
  MOST_TERMS,
} from "../generated/vocabulary";
import { type Token, tokens, Unreadable } from "./tokens";

export type Node = { term: Token } | { not: Node } | { all: Node[] } | { either: Node[] };

/** Throws `Unreadable` when brackets or operators are not in order, or there are too many terms. */
export function tree(text: string): Node {
  const reader = new Reader(text);
  const node = reader.either(0);
  if (reader.next) throw new Unreadable(reader.next, "this ) closes no bracket; in quotes it is text");
  return node;
}

function isNothing(node: Node): boolean {
  return "all" in node && node.all.length === 0;
}

class Reader {
  next: Token | undefined;
  private tokens: Iterator<Token>;
  private before: Token | undefined;
  private terms = 0;
  private patterns = 0;

  constructor(private text: string) {
    this.tokens = tokens(text);
    this.next = this.tokens.next().value;
  }

  either(depth: number): Node {
    const parts = [this.all(depth, null)];
    while (this.next?.type === "OR") {
      if (parts.length === 1 && isNothing(parts[0]!))
        throw new Unreadable(this.next, "OR stands between two terms, and nothing stands before it");
      parts.push(this.all(depth, this.take()));
    }
    return parts.length === 1 ? parts[0]! : { either: parts };
  }

  /** What stands side by side; `joint` is the operator after which it stands. */
  private all(depth: number, joint: Token | null): Node {
    const parts: Node[] = [];
    while (this.next && this.next.type !== "OR" && this.next.type !== "close") {
      if (this.next.type === "AND" && (joint || !parts.length)) break;
      if (this.next.type === "AND") joint = this.take();
      else {
        parts.push(this.term(depth));
        joint = null;
      }
    }
    if (joint)
      throw new Unreadable(joint, `${joint.type} stands between two terms, and nothing stands after it`, !this.next);
    if (this.next?.type === "AND")
      throw new Unreadable(this.next, "AND stands between two terms, and nothing stands before it");
    return parts.length === 1 ? parts[0]! : { all: parts };
  }

  private term(depth: number): Node {
    const { before } = this;
    const token = this.take();
    if (token.type === "NOT") {
      this.goDeeper(token, depth);
      if (!this.next || ["OR", "AND", "close"].includes(this.next.type))
        throw new Unreadable(token, "NOT stands before a term, and none follows", !this.next);
      return { not: this.term(depth + 1) };
    }
    let part: Node;
    if (token.type === "open") part = this.bracket(token, depth);
    else {
      this.count(token);
      this.check(token, before);
      part = { term: token };
    }
    return token.negated ? { not: part } : part;
  }

  private bracket(opening: Token, depth: number): Node {
    this.goDeeper(opening, depth);
    const part = this.either(depth + 1);
    if (!this.next) throw new Unreadable(opening, "this bracket is never closed", true);
    if (isNothing(part)) throw new Unreadable(opening, "there is nothing in these brackets; in quotes they are text");
    this.take();
    return part;
  }

  private goDeeper(token: Token, depth: number): void {
    if (depth >= DEEPEST)
      throw new Unreadable(token, `brackets and NOT are nested at most ${DEEPEST} deep; this is one more`);
  }

  private count(token: Token): void {
    if (++this.terms > MOST_TERMS)
      throw new Unreadable(token, `a filter has at most ${MOST_TERMS} terms; this is one more`);
    if (token.type === "regex" && ++this.patterns > MOST_PATTERNS)
      throw new Unreadable(token, `a filter has at most ${MOST_PATTERNS} regular expressions; this is one more`);
  }

  /** Throws `Unreadable` for a term that does not end, or is torn in two by a space. */
  private check(token: Token, before: Token | undefined): void {
    if (token.type === "quoted" && !token.closed) throw new Unreadable(token, "this quote is never closed", true);
    if (token.type === "regex" && !token.closed)
      throw new Unreadable(
        token,
        "this /regular expression has no second slash; a path is written as path:/chat",
        true,
      );
    if (this.text[token.to] === "(")
      throw new Unreadable(
        { from: token.to, to: token.to + 1 },
        "a bracket stands before a whole term, after a space, as in (kind:send OR kind:close); in quotes it is text",
      );
    if (before && token.type === "word" && isTorn(before, token)) {
      const whole = this.text.slice(before.from, before.to) + token.text;
      throw new Unreadable(token, `there is no space within a term: ${whole}; in quotes it is text`);
    }
  }

  private take(): Token {
    const token = this.next!;
    this.before = token;
    this.next = this.tokens.next().value;
    return token;
  }
}

/** Whether a word belongs to the term before it, as in `size > 1` and `size>1 kB`. */
function isTorn(before: Token, token: Token): boolean {
  const compares = /^[:<>=!]/.test(token.text);
  if (before.type === "key" && !before.op) return compares;
  if (before.type === "word")
    return compares && ((KEYS as readonly string[]).includes(before.text) || Object.hasOwn(ALIASES, before.text));
  const key = Object.hasOwn(ALIASES, before.key) ? ALIASES[before.key]! : before.key;
  if (before.type !== "key" || !(MEASURES as readonly string[]).includes(key)) return false;
  const unit = token.text.toLowerCase();
  return /[0-9]$/.test(before.value) && (Object.hasOwn(BYTES, unit) || Object.hasOwn(MILLISECONDS, unit));
}
