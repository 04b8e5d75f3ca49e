import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseFilter } from "../src/filter";
import type { Row } from "../src/kernel-protocol";
import { Matching } from "../src/matching";
import { EXAMPLE } from "../src/view/filter-box";
import { FakeWorker } from "./fake-worker";

/** What both languages agree on; `tests/record/test_query_cases.py` runs the same. */
const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../../tests/cases/${name}`, import.meta.url), "utf8"));
const shared = read("filter.json") as {
  rows: Row[];
  queries: ({ query: string } & ({ seqs: number[] } | { column: number; message?: string }))[];
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

test("what Python says to random filters, the browser says too", async () => {
  const random = read("filter_random.json") as { query: string; message?: string; seqs?: number[] }[];
  const said = await Promise.all(
    random.map(async ({ query }) => {
      const { mistake } = parseFilter(query);
      return mistake ? { query, message: mistake.message } : { query, seqs: await seqs(query) };
    }),
  );

  expect(random.length).toBeGreaterThan(900);
  expect(said).toEqual(random);
});

describe("the shared cases", () => {
  test.each(shared.queries)("$query", async (each) => {
    const { mistake } = parseFilter(each.query);

    if ("column" in each)
      expect([mistake?.column, mistake?.message]).toEqual([each.column, each.message ?? mistake?.message]);
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
  ["héllo clinet:bob", "clinet:bob"],
  ['say "hello', '"hello'],
  ["-/[/", "-/[/"],
  ["x (kind:send,recieve OR y)", "kind:send,recieve"],
  [`size>${"1".repeat(15_000)}x`, `size>${"1".repeat(15_000)}x`],
  ["alice OR", "OR"],
  ["x (bob", "("],
  ["foo(", "("],
  ["x )", ")"],
])("the mistake in %j is marked, and the filter passes everything", (query, term) => {
  const { mistake, test: passes } = parseFilter(query);

  expect(query.slice(mistake!.from, mistake!.to)).toBe(term);
  expect(passes(shared.rows[0]!)).toBe(true);
});

test("what is wrong with an expression is told as Python tells it", () => {
  expect(parseFilter("-/[/").mistake!.message).toBe(
    "column 1: /[/ is not a regular expression: unterminated character class",
  );
  expect(parseFilter("/\\q/").mistake!.message).toBe(
    "column 1: /\\q/ is not a regular expression: bad escape \\q at position 0",
  );
});

test.each([
  ["hello", true],
  ["/x/", true],
  ["json.a=1", true],
  ["client:bob OR (x -json.a)", true],
  ["client:bob size>3 -kind:ping (is:errors OR v:3)", false],
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
  ['{"a": null}', "json.a", true],
  ['{"\\u0061": 5}', "json.a>4", true],
  ['{"a": 1e999}', "json.a>1e300", true],
  ['{"a": NaN}', "json.a", false],
  ['{"a": [[1, 2.5]]}', "json.a[0][1]>=2.5", true],
  ["{", "json.a", false],
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
