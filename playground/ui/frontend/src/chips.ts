/** Quick choices: each puts a term into the filter's text, and takes it out again. */
import { isTooLong } from "./filter";
import { type Token, tokens, valuesOf } from "./filter/tokens";
import { CATEGORY_ALIASES } from "./generated/vocabulary";
import type { Client } from "./kernel-protocol";

const HEARTBEATS: readonly string[] = ["ping", "pong"];
export const NO_HEARTBEATS = `-kind:${HEARTBEATS.join(",")}`;

/** The term for one client. Rows of a foreign client have no name, only its connection. */
export function clientTerm({ name, own, connection }: Pick<Client, "name" | "own" | "connection">): string | null {
  if (!own) return connection === null ? null : `connection:${connection}`;
  return valueTerm("client", name);
}

/** A term with this value, in quotes where it needs them; null for one that no filter can name. */
export function valueTerm(key: string, value: string): string | null {
  return value.includes('"') ? null : `${key}:${/[\s,()]|^$/.test(value) ? `"${value}"` : value}`;
}

/**
 * The terms of the text that stand side by side, not those in brackets or after NOT. With an operator between them
 * there are none: a term cannot be taken out there without changing what the others mean.
 */
export function conditions(text: string): Token[] {
  if (isTooLong(text)) return [];
  const found: Token[] = [];
  let depth = 0;
  let not = false;
  for (const token of tokens(text)) {
    if (token.type === "open") depth++;
    else if (token.type === "close") depth--;
    else if (depth === 0 && (token.type === "OR" || token.type === "AND")) return [];
    else if (depth === 0 && token.type !== "NOT" && !not) found.push(token);
    not = token.type === "NOT";
  }
  return found;
}

/** The text with one more condition, whatever joins the terms of the text. */
function withTerm(query: string, term: string): string {
  const rest = query.trim();
  return [isEither(rest) ? `(${rest})` : rest, term].filter(Boolean).join(" ");
}

function isEither(text: string): boolean {
  let depth = 0;
  for (const { type } of isTooLong(text) ? [] : tokens(text)) {
    if (type === "OR" && depth === 0) return true;
    if (type === "open") depth++;
    if (type === "close") depth--;
  }
  return false;
}

function withoutTerm(query: string, term: string): string {
  return conditions(query)
    .filter(({ from, to }) => query.slice(from, to) === term)
    .reduceRight((text, token) => rewrite(text, token, []), query)
    .trim();
}

/** Whether all the terms are conditions of the filter's text. */
export function hasTerms(query: string, terms: readonly string[]): boolean {
  const there = conditions(query).map(({ from, to }) => query.slice(from, to));
  return terms.every((term) => there.includes(term));
}

/** Puts terms into the filter's text or takes them out. `instead` are those that they exclude. */
export function toggleTerms(query: string, terms: readonly string[], instead: readonly string[] = []): string {
  if (hasTerms(query, terms)) return terms.reduce(withoutTerm, query.trim());
  return terms.reduce(withTerm, instead.reduce(withoutTerm, query.trim()));
}

/** The categories of rows that the filter's text asks for. */
export function categoriesIn(query: string): string[] {
  return [...new Set(valuesIn(query, "is", false).map((name) => CATEGORY_ALIASES[name] ?? name))];
}

/** Adds a category to the text or removes it; without categories, the term is removed. */
export function toggleCategory(query: string, name: string): string {
  const words = [name, ...Object.keys(CATEGORY_ALIASES).filter((each) => CATEGORY_ALIASES[each] === name)];
  const rest = without(query, "is", words);
  if (categoriesIn(query).includes(name)) return rest;
  const term = termsOf(rest, "is").find(({ negated }) => !negated);
  // Any of the categories of one term will do; a second term would ask for both.
  return term ? rewrite(rest, term, [...valuesOf(term), name]) : withTerm(rest, `is:${name}`);
}

/** Whether the filter's text leaves heartbeats out, with one term or with two. */
export function hidesHeartbeats(query: string): boolean {
  const hidden = valuesIn(query, "kind", true);
  return HEARTBEATS.every((kind) => hidden.includes(kind));
}

export function toggleHeartbeats(query: string): string {
  const rest = without(query, "kind", HEARTBEATS);
  return hidesHeartbeats(query) ? rest : withTerm(rest, NO_HEARTBEATS);
}

function termsOf(query: string, key: string): Token[] {
  return conditions(query).filter((token) => token.key === key && token.op === ":");
}

function valuesIn(query: string, key: string, negated: boolean): string[] {
  return termsOf(query, key).flatMap((term) => (term.negated === negated ? valuesOf(term) : []));
}

/** Takes values out of all terms of a key, negated or not. */
function without(query: string, key: string, values: readonly string[]): string {
  return termsOf(query, key)
    .filter((term) => valuesOf(term).some((each) => values.includes(each)))
    .reduceRight(
      (text, term) =>
        rewrite(
          text,
          term,
          valuesOf(term).filter((each) => !values.includes(each)),
        ),
      query,
    )
    .trim();
}

/** Gives a term other values; without values, removes it from the text. */
function rewrite(text: string, { from, to, negated, key }: Token, values: readonly string[]): string {
  const after = text.slice(to);
  if (!values.length) return text.slice(0, from) + after.replace(/^\s+/, "");
  return `${text.slice(0, from)}${negated ? "-" : ""}${key}:${values.join(",")}${after}`;
}
