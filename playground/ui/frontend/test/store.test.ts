import { describe, expect, test } from "vitest";
import { parseFilter } from "../src/filter";
import type { Row } from "../src/kernel-protocol";
import { ShownRows } from "../src/shown";
import { type Change, RowStore, weightOf } from "../src/store";

const row = (seq: number, more: Partial<Row> = {}): Row => ({ seq, at: seq * 10, kind: "receive", ...more });
const seqs = (rows: readonly Row[]): number[] => rows.map(({ seq }) => seq);

describe("the row store", () => {
  test("orders rows by time, then by number", () => {
    const store = new RowStore();
    store.add("a", [row(1, { at: 30 }), row(3, { at: 20 }), row(2, { at: 20 })]);

    expect(seqs(store.rows)).toEqual([2, 3, 1]);
  });

  test("replaces a row that it has already", () => {
    const store = new RowStore();
    store.add("a", [row(1, { running: true }), row(2)]);
    store.add("a", [row(1, { duration_ms: 4 })]);

    expect(store.rows.length).toBe(2);
    expect(store.get(1)!.duration_ms).toBe(4);
    expect(store.rows[0]!.running).toBeUndefined();
  });

  test("never mixes two epochs", () => {
    const store = new RowStore();
    store.add("a", [row(1), row(2)]);
    store.add("b", [row(1)]);

    expect(store.epoch).toBe("b");
    expect(seqs(store.rows)).toEqual([1]);
    expect(store.lastSeq).toBe(1);
  });

  test("keeps a bounded number of bytes, whatever is long in a row", () => {
    const store = new RowStore(1_000, 1_000_000);
    const changes: Change[] = [];
    store.changed.on((change) => changes.push(change));
    const long = "x".repeat(50_000);
    for (let seq = 1; seq <= 60; seq++)
      store.add("a", [row(seq, seq % 3 ? { path: long } : seq % 2 ? { error: long } : { told: { client: long } })]);
    store.add("a", [row(60, {})]);
    const bytes = store.rows.reduce((sum, each) => sum + weightOf(each), 0);

    expect(bytes).toBeLessThanOrEqual(1_000_000);
    expect(store.rows.length).toBe(60 - store.forgotten);
    expect(store.forgotten).toBeGreaterThan(45);
    expect(store.rows.at(-1)!.seq).toBe(60);
    expect(store.get(1)).toBeUndefined();
    expect(changes.some(({ first }) => first !== null)).toBe(true);
  });

  test("keeps a bounded number of rows and says how many it forgot", () => {
    const store = new RowStore(100);
    store.add(
      "a",
      Array.from({ length: 250 }, (_, i) => row(i + 1)),
    );

    expect(store.rows.length).toBe(100);
    expect(store.rows[0]!.seq).toBe(151);
    expect(store.get(150)).toBeUndefined();
    expect(store.forgotten).toBe(150);
  });

  test("shows what was skipped as a row of its own, before the rows that came", () => {
    const store = new RowStore();
    store.add("a", [row(1)]);
    store.add("a", [row(9), row(10)], 7);

    expect(store.rows.map(({ kind, skipped }) => skipped ?? kind)).toEqual(["receive", 7, "receive", "receive"]);
  });

  test("adds up gaps that follow each other", () => {
    const store = new RowStore();
    store.add("a", [row(1)]);
    store.add("a", [], 3);
    store.add("a", [], 4);

    expect(store.rows.map(({ skipped }) => skipped)).toEqual([undefined, 7]);
  });

  test("goes on counting after the log was cleared", () => {
    const store = new RowStore();
    store.add("a", [row(1), row(2)]);
    store.clear();

    expect(store.rows).toEqual([]);
    expect(store.lastSeq).toBe(2);
  });
});

describe("the shown rows", () => {
  const setup = (limit?: number): { store: RowStore; shown: ShownRows } => {
    const store = new RowStore(limit);
    const shown = new ShownRows(store);
    store.changed.on((change: Change) => void shown.apply(change));
    return { store, shown };
  };

  test("follow the store with every kind of change", () => {
    const { store, shown } = setup(50);
    let seed = 7;
    const random = (n: number): number => {
      seed = (seed * 48271) % 2147483647;
      return seed % n;
    };
    for (let i = 1; i < 400; i++) {
      const batch = Array.from({ length: random(4) }, (_, k) => row(i * 4 + k, { at: i * 40 - random(90) }));
      if (i % 5 === 0) batch.push(row(i * 4 - random(30), { at: i * 40, preview: "again" }));
      store.add("a", batch, i % 50 === 0 ? 3 : 0);
    }

    expect(seqs(shown.rows)).toEqual(seqs(store.rows));
  });

  test("pass the filter as they come, and when they are replaced", () => {
    const { store, shown } = setup();
    shown.filterBy(parseFilter("error"));
    store.add("a", [row(1), row(2, { preview: "an error" })]);
    store.add("a", [row(1, { error: "KeyError" }), row(2, { preview: "fine" })]);

    expect(seqs(shown.rows)).toEqual([1]);
  });

  test("hold still while paused and lose nothing", () => {
    const { store, shown } = setup();
    store.add("a", [row(1)]);
    shown.pause(true);
    store.add("a", [row(2), row(3)]);

    expect(seqs(shown.rows)).toEqual([1]);
    expect(shown.waiting).toBe(2);
    shown.pause(false);
    expect(seqs(shown.rows)).toEqual([1, 2, 3]);
  });

  test("are filtered while paused without the rows that came meanwhile", () => {
    const { store, shown } = setup();
    store.add("a", [row(1), row(2, { preview: "x" })]);
    shown.pause(true);
    store.add("a", [row(3), row(4, { preview: "x" })]);
    shown.filterBy(parseFilter("x"));

    expect(seqs(shown.rows)).toEqual([2]);
    expect(shown.waiting).toBe(1);
    shown.pause(false);
    expect(seqs(shown.rows)).toEqual([2, 4]);
  });

  test("are empty after the log was cleared while paused, and wait for what follows", () => {
    const { store, shown } = setup();
    store.add("a", [row(1)]);
    shown.pause(true);
    store.clear();
    store.add("a", [row(2)]);

    expect(seqs(shown.rows)).toEqual([]);
    expect(shown.waiting).toBe(1);
  });
});
