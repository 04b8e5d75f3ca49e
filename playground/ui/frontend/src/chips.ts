/** Quick choices: each puts a term into the filter's text, and takes it out again. */
import type { Client } from "./wire";

export const HEARTBEATS: readonly string[] = ["-kind:ping", "-kind:pong"];

/** The term that asks for one client. The rows of a foreign one carry no name, only its connection. */
export function clientTerm({ name, own, connection }: Pick<Client, "name" | "own" | "connection">): string | null {
  if (!own) return connection === null ? null : `connection:${connection}`;
  return name.includes('"') ? null : `client:${/[\s,]/.test(name) ? `"${name}"` : name}`;
}

function without(query: string, term: string): string {
  return ` ${query} `.replace(` ${term} `, " ").trim().replace(/ {2,}/g, " ");
}

/** Whether all the terms are in the filter's text. */
export function hasTerms(query: string, terms: readonly string[]): boolean {
  return terms.every((term) => ` ${query} `.includes(` ${term} `));
}

/** Puts terms into the filter's text or takes them out. `instead` are those that they exclude. */
export function toggleTerms(query: string, terms: readonly string[], instead: readonly string[] = []): string {
  const rest = [...terms, ...instead].reduce(without, query.trim());
  return hasTerms(query, terms) ? terms.reduce(without, query.trim()) : [rest, ...terms].filter(Boolean).join(" ");
}

const IS = /(?<!\S)is:(\S*)\s*/;

/** The sorts of rows that the filter's text asks for; any of them will do. */
export function sortsIn(query: string): string[] {
  return IS.exec(query)?.[1]!.split(",").filter(Boolean) ?? [];
}

/** Adds a sort to those the text asks for, or takes it away; the last one takes the term with it. */
export function toggleSort(query: string, name: string): string {
  const sorts = sortsIn(query);
  const rest = sorts.includes(name) ? sorts.filter((each) => each !== name) : [...sorts, name];
  const term = rest.length ? `is:${rest.join(",")} ` : "";
  return (IS.test(query) ? query.replace(IS, term) : `${query.trim()} ${term}`).trim();
}
