/** The words that may stand after a key, as far as the page knows them: to complete them, and to see that one is whole. */
import { MEANINGS } from "../categories";
import { CATEGORIES, CATEGORY_ALIASES, CLOSE_CODES, KINDS, WITNESSES } from "../generated/vocabulary";
import type { Client, Endpoint } from "../kernel-protocol";
import { nameOf } from "./terms";

export interface Word {
  value: string;
  about?: string;
  /** It is understood, but not offered. */
  silent?: true;
}

export type Known = Readonly<Record<string, readonly Word[]>>;

/** The words that may stand after a key; undefined where any may, or nobody knows them. */
export function wordsAfter(known: Known, key: string): readonly Word[] | undefined {
  const name = nameOf(key);
  // A key is typed by a person: `constructor:` finds nothing that every object has.
  return Object.hasOwn(known, name) ? known[name] : undefined;
}

const MOST_VERSIONS = 30;

/** The kinds of rows in the order in which they are looked for; those of single witnesses follow. */
const FIRST = [
  ...["receive", "send", "on_connect", "on_receive", "on_disconnect", "connect", "accept", "refuse"],
  ...["close", "disconnect", "end", "ping", "pong", "error", "edit", "request", "response", "log"],
];

const FIXED: Known = {
  kind: [...FIRST, ...KINDS.filter((kind) => !FIRST.includes(kind))].map((value) => ({ value })),
  dir: [
    { value: "in", about: "from a client" },
    { value: "out", about: "to a client" },
  ],
  witness: WITNESSES.map((value) => ({ value, about: `the ${value} saw it` })),
  is: [
    ...CATEGORIES.map((value) => ({ value, about: MEANINGS[value].title })),
    ...Object.keys(CATEGORY_ALIASES).map((value) => ({ value, silent: true as const })),
  ],
};

export function knownWords({
  clients,
  endpoints,
}: {
  clients: readonly Client[];
  endpoints: readonly Endpoint[];
}): Known {
  const newest = Math.max(0, ...endpoints.map(({ version }) => version));
  const versions = Array.from({ length: Math.min(newest, MOST_VERSIONS) }, (_, i) => String(newest - i));
  const connections = clients.flatMap(({ connection, name }) =>
    connection === null ? [] : [{ value: String(connection), about: name }],
  );
  return {
    ...FIXED,
    client: unique(clients.flatMap(({ own, name, path }) => (own ? [{ value: name, about: path }] : []))),
    path: unique([...endpoints, ...clients].map(({ path }) => ({ value: path }))),
    v: versions.flatMap((value) => [{ value }, { value: `v${value}`, silent: true as const }]),
    connection: unique(connections),
    code: [
      ...CLOSE_CODES.map(({ code, name }) => ({ value: String(code), about: name })),
      ...[101, 403].map((code) => ({ value: String(code), about: "HTTP" })),
    ],
  };
}

function unique(words: readonly Word[]): Word[] {
  return [...new Map(words.map((word) => [word.value, word])).values()];
}
