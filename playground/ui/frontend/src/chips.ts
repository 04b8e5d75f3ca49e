/** Quick choices beside the filter's text. */
import { isAbnormal } from "./rowtext";
import type { Client, Row } from "./wire";

export interface Kind {
  name: string;
  title: string;
  test(row: Row): boolean;
}

/** Several may be on: a row passes when one of them lets it. The filter language has no "or", so these stand beside it. */
export const SORTS: readonly Kind[] = [
  { name: "messages", title: "Only messages: what was received and sent", test: ({ kind }) => kind === "receive" || kind === "send" },
  { name: "hooks", title: "Only what a hook of the endpoint handled", test: ({ kind, hook }) => Boolean(hook) || kind.startsWith("on_") },
  { name: "errors", title: "Only failures: exceptions, refusals, connections that ended badly", test: (row) => Boolean(row.error) || row.kind === "error" || row.kind === "refuse" || isAbnormal(row) },
  { name: "disagree", title: "Only what two witnesses tell differently", test: ({ agree }) => agree === false },
];

/** The test of the chosen sorts; null when none is chosen. */
export function sortsTest(chosen: ReadonlySet<string>): ((row: Row) => boolean) | null {
  const tests = SORTS.filter(({ name }) => chosen.has(name)).map(({ test }) => test);
  return tests.length ? (row) => tests.some((test) => test(row)) : null;
}

export const HEARTBEATS: readonly string[] = ["-kind:ping", "-kind:pong"];

/** The term that asks for one client. The rows of a foreign one carry no name, only its connection. */
export function clientTerm({ name, own, connection }: Pick<Client, "name" | "own" | "connection">): string | null {
  if (!own) return connection === null ? null : `connection:${connection}`;
  return name.includes('"') ? null : `client:${/\s/.test(name) ? `"${name}"` : name}`;
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
