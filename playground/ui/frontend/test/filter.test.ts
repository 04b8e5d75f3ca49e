import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseFilter } from "../src/filter";
import { KINDS } from "../src/generated/vocabulary";
import type { Row } from "../src/kernel-protocol";
import { Matching } from "../src/matching";
import { EXAMPLE } from "../src/view/filter-box";
import { FakeWorker } from "./fake-worker";

/** What both languages agree on; `tests/record/test_query.py` runs the same. */
const shared = JSON.parse(readFileSync(new URL("../../../../tests/cases/filter.json", import.meta.url), "utf8")) as {
  rows: Row[];
  queries: ({ query: string } & ({ seqs: number[] } | { column: number }))[];
  long: ({ name: string; before: string; repeat: string; times: number; after: string } & (
    | { seqs: number[] }
    | { column: number }
  ))[];
};

async function passing(query: string, rows: readonly Row[] = shared.rows): Promise<Row[]> {
  const filter = parseFilter(query);
  await new Matching(rows.length, () => new FakeWorker()).use(filter, rows);
  return rows.filter(filter.test);
}

const seqs = async (query: string): Promise<number[]> => (await passing(query)).map(({ seq }) => seq);

describe("the shared cases", () => {
  test.each(shared.queries)("$query", async (each) => {
    const { mistake } = parseFilter(each.query);

    if ("column" in each) expect(mistake?.column).toBe(each.column);
    else expect([mistake, await seqs(each.query)]).toEqual([null, each.seqs]);
  });

  test.each(shared.long)("$name", async (each) => {
    const query = each.before + each.repeat.repeat(each.times) + each.after;
    const { mistake } = parseFilter(query);

    if ("column" in each) expect(mistake?.column).toBe(each.column);
    else expect([mistake, await seqs(query)]).toEqual([null, each.seqs]);
  });
});

test.each([
  [
    "héllo clinet:bob",
    "column 7: no field 'clinet'; there are client, kind, dir, witness, path, v, code, connection, is, size, took and json.…",
    "clinet:bob",
  ],
  ['say "hello', "column 5: this quote is never closed", '"hello'],
  ["/hello", "column 1: this /regular expression has no second slash", "/hello"],
  ["-/[/", "column 1: /[/ is not a regular expression: unterminated character class", "-/[/"],
  ["/\\q/", "column 1: /\\q/ is not a regular expression: bad escape \\q at position 0", "/\\q/"],
  ["v:three", "column 1: v: takes a number, not 'three'", "v:three"],
  ["dir:up", "column 1: no dir 'up'; there are in, out", "dir:up"],
  ["witness:it's", 'column 1: no witness "it\'s"; there are client, wire, handler', "witness:it's"],
  ["x kind:send,recieve", `column 3: no kind 'recieve'; there are ${KINDS.join(", ")}`, "kind:send,recieve"],
  ["is:errors,error", "column 1: is: takes messages, hooks, errors, differ or pushed, not 'error'", "is:errors,error"],
  ["is=errors", "column 1: 'is' is compared with ':', as is:errors", "is=errors"],
  ["kind:text", "column 1: no kind 'text'; write kind:receive,send", "kind:text"],
  ["v:1,three", "column 1: v: takes a number, not 'three'", "v:1,three"],
  [
    `size>${"1".repeat(15_000)}x`,
    `column 1: size> takes a number, not '${"1".repeat(15_000)}x'`,
    `size>${"1".repeat(15_000)}x`,
  ],
  ["size=1,5", "column 1: size= takes a number, not '1,5'", "size=1,5"],
  ["client=bob", "column 1: 'client' is compared with ':', as client:bob", "client=bob"],
  ["json.a.b>5", "column 1: json.a.b is compared with '='", "json.a.b>5"],
])("the mistake in %j is told as Python tells it", (query, message, term) => {
  const { mistake, test: passes } = parseFilter(query);

  expect(mistake!.message).toBe(message);
  expect(query.slice(mistake!.from, mistake!.to)).toBe(term);
  expect(passes(shared.rows[0]!)).toBe(true);
});

test.each([
  ["hello", true],
  ["/x/", true],
  ["json.a=1", true],
  ["client:bob size>3 -kind:ping is:errors", false],
  ["", false],
])("%j looks inside payloads: %s", (query, looksInside) => {
  expect(parseFilter(query).looksInside).toBe(looksInside);
});

const payload = (preview: string, more: Partial<Row> = {}): Row => ({
  seq: 1,
  at: 0,
  kind: "receive",
  preview,
  ...more,
});

test.each([
  ['{"n": 1.50}', "json.n=1.5", true],
  ['{"n": 1e2}', "json.n=100.0", true],
  ['{"n": 1e2}', "json.n=100", false],
  ['{"n": 0.00001}', "json.n=1e-05", true],
  ['{"n": -0}', "json.n=0", true],
  ['{"n": [1, {"a": 2.0}]}', 'json.n="[1, {"a": 2.0}]"', false],
  ['{"n": [1,[2.0]]}', 'json.n="[1, [2.0]]"', true],
  ['{"n": "1"}', "json.n=1", true],
  ['{"n": null}', "json.n=null", true],
  ['{"n": "\\u0068i"}', "json.n=hi", true],
  ['{"\\u006e": "hi"}', "json.n=hi", true],
  ['{"__proto__": "hi"}', "json.__proto__=hi", true],
  ['{"a": 1}', "json.toString=x", false],
  ["not json", "json.a=1", false],
])("in %s the field %s: %s", (text, query, holds) => {
  expect(parseFilter(query).test(payload(text))).toBe(holds);
});

test("lines that the preview folds are lines for JSON and expressions", async () => {
  const folded = payload('{␍␊ "a": 1}');

  expect(parseFilter("json.a=1").test(folded)).toBe(true);
  expect(await passing("/\\{\\r\\n/", [folded])).toEqual([folded]);
});

test("bytes are no JSON, nor is the beginning of a payload", () => {
  expect(parseFilter("json.0=1").test(payload("[1]", { opcode: "binary" }))).toBe(false);
  expect(parseFilter("json.0=1").test(payload("[1]", { cut: true }))).toBe(false);
});

test("Python's way to write expressions is understood", async () => {
  expect(await seqs("/(?i)HELLO/")).toEqual(await seqs("hello"));
  expect(await seqs("/\\Aserver stopped\\Z/")).toEqual([27]);
  expect(await seqs("/(?P<open>GET) \\/(?:chat)/")).toEqual([2]);
});

test("the example in the empty box is a filter, typed as it stands", () => {
  expect(parseFilter(EXAMPLE).mistake).toBeNull();
});
