/** Quick choices: each puts a term into the filter's text, and takes it out again. */
import { type FieldTerm, fieldTerms } from "./filter";
import { CATEGORY_ALIASES } from "./generated/vocabulary";
import type { Client } from "./kernel-protocol";

const HEARTBEATS: readonly string[] = ["ping", "pong"];
export const NO_HEARTBEATS = `-kind:${HEARTBEATS.join(",")}`;

/** The term for one client. Rows of a foreign client have no name, only its connection. */
export function clientTerm({ name, own, connection }: Pick<Client, "name" | "own" | "connection">): string | null {
  if (!own) return connection === null ? null : `connection:${connection}`;
  return name.includes('"') ? null : `client:${/[\s,]/.test(name) ? `"${name}"` : name}`;
}

function withoutTerm(query: string, term: string): string {
  return ` ${query} `.replace(` ${term} `, " ").trim().replace(/ {2,}/g, " ");
}

/** Whether all the terms are in the filter's text. */
export function hasTerms(query: string, terms: readonly string[]): boolean {
  return terms.every((term) => ` ${query} `.includes(` ${term} `));
}

/** Puts terms into the filter's text or takes them out. `instead` are those that they exclude. */
export function toggleTerms(query: string, terms: readonly string[], instead: readonly string[] = []): string {
  const rest = [...terms, ...instead].reduce(withoutTerm, query.trim());
  return hasTerms(query, terms) ? terms.reduce(withoutTerm, query.trim()) : [rest, ...terms].filter(Boolean).join(" ");
}

/** The categories of rows that the filter's text asks for. */
export function categoriesIn(query: string): string[] {
  return [...new Set(valuesOf(query, "is", false).map((name) => CATEGORY_ALIASES[name] ?? name))];
}

/** Adds a category to the text or removes it; without categories, the term is removed. */
export function toggleCategory(query: string, name: string): string {
  const words = [name, ...Object.keys(CATEGORY_ALIASES).filter((each) => CATEGORY_ALIASES[each] === name)];
  const rest = without(query, "is", words);
  if (categoriesIn(query).includes(name)) return rest;
  const term = fieldTerms(rest, "is").find(({ negated }) => !negated);
  // Any of the categories of one term will do; a second term would ask for both.
  return term ? rewrite(rest, term, [...term.values, name], "is") : [rest, `is:${name}`].filter(Boolean).join(" ");
}

/** Whether the filter's text leaves heartbeats out, with one term or with two. */
export function hidesHeartbeats(query: string): boolean {
  const hidden = valuesOf(query, "kind", true);
  return HEARTBEATS.every((kind) => hidden.includes(kind));
}

export function toggleHeartbeats(query: string): string {
  const rest = without(query, "kind", HEARTBEATS);
  return hidesHeartbeats(query) ? rest : [rest, NO_HEARTBEATS].filter(Boolean).join(" ");
}

function valuesOf(query: string, field: string, negated: boolean): string[] {
  return fieldTerms(query, field).flatMap((term) => (term.negated === negated ? term.values : []));
}

/** Takes values out of all terms of a field, negated or not. */
function without(query: string, field: string, values: readonly string[]): string {
  const terms = fieldTerms(query, field).filter((term) => term.values.some((each) => values.includes(each)));
  return terms
    .reduceRight(
      (text, term) =>
        rewrite(
          text,
          term,
          term.values.filter((each) => !values.includes(each)),
          field,
        ),
      query,
    )
    .trim();
}

/** Gives a term other values; without values, removes it from the text. */
function rewrite(text: string, { from, to, negated }: FieldTerm, values: readonly string[], field: string): string {
  const after = text.slice(to);
  if (!values.length) return text.slice(0, from) + after.replace(/^\s+/, "");
  return `${text.slice(0, from)}${negated ? "-" : ""}${field}:${values.join(",")}${after}`;
}
