import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { looksForRows } from "../src/folding";
import type { Row } from "../src/kernel-protocol";
import { dataOf, lookOf, whoOf } from "../src/rowtext";
import { ShownRows } from "../src/shown";
import { type Change, RowStore } from "../src/store";

type Case = [kind: string, client: string, ms?: number | null, error?: string];
const { cases } = JSON.parse(
  readFileSync(new URL("../../../../tests/cases/folding.json", import.meta.url), "utf8"),
) as {
  cases: { name: string; rows: Case[]; lines: string[] }[];
};

function setup(limit?: number): { store: RowStore; shown: ShownRows } {
  const store = new RowStore(limit);
  const shown = new ShownRows(store);
  store.changed.on((change: Change) => void shown.apply(change));
  return { store, shown };
}

function row(seq: number, kind: string, client = "a", more: Partial<Row> = {}): Row {
  return { seq, at: seq * 10, kind, client, ...more };
}

const said = ({ rows }: ShownRows): string[] =>
  rows.map((each) => [whoOf(each), lookOf(each).word, dataOf(each)].filter(Boolean).join(" "));
const seqs = ({ rows }: ShownRows): number[] => rows.map(({ seq }) => seq);

describe("lines are those of the picture of a saved notebook", () => {
  it.each(cases)("$name", ({ rows, lines }) => {
    const { store, shown } = setup();
    rows.forEach(([kind, client, ms, error], i) =>
      store.add("e", [row(i + 1, kind, client, { duration_ms: ms ?? null, error: error ?? null, direction: "out" })]),
    );

    expect(said(shown)).toEqual(lines);
    expect(shown.total).toBe(rows.length);
  });
});

test("after ten minutes of idling three clients have three lines, and what happened before is in sight", () => {
  const { store, shown } = setup();
  store.add("e", [row(1, "receive"), row(2, "send")]);
  for (let seq = 3; seq < 93; seq++) store.add("e", [row(seq, "ping", "abc"[seq % 3]!, { duration_ms: 0.2 })]);

  expect(said(shown)).toEqual([
    "a receive",
    "a send",
    ...["a", "b", "c"].map((who) => `${who} ping ×30 · last 0.2 ms`),
  ]);
});

test("a line opens and closes, and what comes meanwhile is below it", () => {
  const { store, shown } = setup();
  store.add(
    "e",
    [1, 2, 3].map((seq) => row(seq, "ping")),
  );
  shown.toggleFold(shown.rows[0]!);
  store.add("e", [row(4, "ping"), row(5, "ping", "b")]);

  expect(seqs(shown)).toEqual([0.75, 1, 2, 3, 4, 5]);
  expect(shown.rows[0]).toMatchObject({ folded: 4, open: true });
  shown.toggleFold(shown.rows[0]!);
  expect(seqs(shown)).toEqual([0.75, 5]);
});

test("an open line stays open when the filter changes, and when a row divides it", () => {
  const { store, shown } = setup();
  store.add(
    "e",
    [1, 2, 4, 5].map((seq) => row(seq, "ping")),
  );
  shown.toggleFold(shown.rows[0]!);
  shown.filterBy({ test: () => true });
  store.add("e", [row(3, "send")]);

  expect(seqs(shown)).toEqual([0.75, 3, 3.75, 4, 5]);
});

test("a selected heartbeat stays in sight", () => {
  const { store, shown } = setup();
  store.add("e", [row(1, "ping")]);
  shown.keep(shown.rows[0]!);
  store.add("e", [row(2, "ping"), row(3, "ping")]);

  expect(seqs(shown)).toEqual([0.75, 1]);
  expect(shown.covers(shown.rows[0]!, shown.rows[1]!)).toBe(true);
  shown.keep(null);
  expect(seqs(shown)).toEqual([0.75]);
});

test("a pong that comes later is told by the line, and by the row in it", () => {
  const { store, shown } = setup();
  store.add("e", [row(1, "ping", "a", { duration_ms: 1 }), row(2, "ping")]);
  store.add("e", [row(2, "ping", "a", { duration_ms: 3 })]);

  expect(said(shown)).toEqual(["a ping ×2 · last 3.0 ms"]);
  shown.toggleFold(shown.rows[0]!);
  expect(said(shown)[2]).toBe("a ping pong after 3.0 ms");
});

test("whatever comes in whatever order, the lines are those of all rows at once", () => {
  const { store, shown } = setup(120);
  let seed = 11;
  const random = (n: number): number => {
    seed = (seed * 48271) % 2147483647;
    return seed % n;
  };
  const kinds = ["ping", "ping", "pong", "ping", "send", "gap"];
  for (let i = 1; i < 900; i++) {
    const kind = kinds[random(random(3) ? 4 : 6)]!;
    const made = row(i, kind, "ab"[random(2)]!, { at: i * 10 - random(60), duration_ms: random(9) });
    store.add("e", [made]);
    const old = store.rows[random(store.rows.length)]!;
    if (i % 3 === 0) store.add("e", [{ ...old, duration_ms: 5, at: old.at + (i % 9 ? 0 : random(50)) }]);
    if (i % 40 === 0) shown.toggleFold(shown.rows.find(({ folded }) => folded) ?? made);
    if (i % 7 === 0) shown.keep(store.rows[random(store.rows.length)]!);
    if (i % 11 === 0) shown.keep(null);
    if (i % 97 === 0) store.add("e", [{ ...old, error: "broken" }]);
    const [lines, total] = [shown.rows.map((each) => ({ ...each })), shown.total];
    shown.filterAgain();
    expect(lines).toEqual(shown.rows);
    expect(total).toBe(shown.total);
  }
});

test.each([
  ["", false],
  ["client:alice", false],
  ['client:"a b" -kind:receive', false],
  ["path:/ws -is:errors", false],
  ["kind:ping", true],
  ["client:alice ping", true],
  ["took>5", true],
  ["(client:a OR client:b)", false],
  ["client:a AND direction:in", false],
  ["client:a NOT kind:receive", false],
  ["NOT client:a kind:ping", true],
  ['"client:a"', true],
  ["/x y/ client:a", true],
  ["(kind:ping OR client:b)", true],
])("the filter %j looks for rows: %s", (query, looks) => {
  expect(looksForRows(query)).toBe(looks);
});
