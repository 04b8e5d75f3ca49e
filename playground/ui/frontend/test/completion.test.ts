import { expect, test } from "vitest";
import { parseFilter } from "../src/filter";
import { completions } from "../src/filter/completion";
import { advice, HELP } from "../src/filter/help";
import { knownWords } from "../src/filter/known";
import { KEYS, KINDS } from "../src/generated/vocabulary";
import type { Client, Endpoint } from "../src/kernel-protocol";

const client = (name: string, connection: number): Client => ({
  ...{ name, path: "/chat", url: "", state: "open", sent: 0, received: 0, rtt_ms: null, code: null, reason: null },
  ...{ connection, own: true },
});
const endpoints = [{ path: "/chat", version: 3 } as Endpoint, { path: "/ws", version: 1 } as Endpoint];
const known = knownWords({ clients: [client("alice", 1), client("al b", 2)], endpoints });

/** The labels of the options at the end of the text. */
const labels = (text: string): string[] => completions(text, text.length, known).map(({ label }) => label);
/** The text after the first option was taken. */
function taken(text: string, label: string): string {
  const { from, to, text: put } = completions(text, text.length, known).find((each) => each.label === label)!;
  return text.slice(0, from) + put + text.slice(to);
}

test.each([
  ["k", ["kind:"]],
  ["c", ["client:", "code:", "connection:"]],
  ["tim", []],
  ["took", ["took>"]],
  ["siz", ["size>"]],
  ["js", ["json."]],
  ["alice -ki", ["kind:"]],
  ["(ki", ["kind:"]],
  ["alice O", ["OR"]],
  ["al", ["client:alice", 'client:"al b"']],
  ["pin", ["kind:ping"]],
  ["kind:on_", ["on_connect", "on_receive", "on_disconnect"]],
  ["kind:ping,po", ["pong"]],
  ["dir:", ["in", "out"]],
  ["is:d", ["differ"]],
  ["client:al", ["alice", "al b"]],
  ["path:", ["/chat", "/ws"]],
  ["v:", ["3", "2", "1"]],
  ["code:101", ["1010", "1011", "1012", "1013", "1014", "1015"]],
  ["connection:", ["1", "2"]],
  ["kind:receive", []],
  ["size>1", []],
  ["hello", []],
  ["", []],
  ["alice ", []],
])("after %j: %j", (text, expected) => {
  expect(labels(text)).toEqual(expected);
});

test("an option takes the place of what is typed, in quotes where it needs them", () => {
  expect(taken("bob -ki", "kind:")).toBe("bob -kind:");
  expect(taken("kind:ping,po", "pong")).toBe("kind:ping,pong");
  expect(taken("-client:al", "al b")).toBe('-client:"al b"');
  expect(taken("al", "client:alice")).toBe("client:alice");
  expect(taken("alice O", "OR")).toBe("alice OR ");
});

test("each option of a key is a filter, and each key is offered when it is asked for", () => {
  const all = completions("", 0, known, true).map(({ label }) => label.slice(0, -1));

  expect([...all].sort()).toEqual([...KEYS].sort());
  for (const key of ["kind", "is", "dir", "witness", "client", "path", "v", "code", "connection"])
    for (const { text } of completions(`${key}:`, key.length + 1, known))
      expect(parseFilter(`${key}:${text}`).mistake).toBeNull();
});

test("every kind is offered once, messages first", () => {
  const kinds = known.kind!.map(({ value }) => value);

  expect([...kinds].sort()).toEqual([...KINDS].sort());
  expect(kinds.slice(0, 2)).toEqual(["receive", "send"]);
});

test("each example of the help is a filter", () => {
  const examples = HELP.flatMap((part) => part.examples);

  expect(examples.length).toBeGreaterThan(12);
  for (const { query } of examples) expect([query, parseFilter(query).mistake]).toEqual([query, null]);
});

test("an operator in small letters is told", () => {
  expect(advice("alice or bob")).toBe("“or” is searched as a word; the operator is OR");
  expect(advice("not alice")).toBe("“not” is searched as a word; the operator is NOT");
  expect(advice('alice "or" order OR nor')).toBeNull();
});
