import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DeepSearch } from "../src/deep-search";
import { parseFilter } from "../src/filter";
import { CallError } from "../src/kernel";
import type { Row } from "../src/kernel-protocol";
import { RowStore } from "../src/store";

const row = (seq: number, more: Partial<Row> = {}): Row => ({
  seq,
  at: seq,
  kind: "receive",
  preview: "begins",
  ...more,
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setup(ask = vi.fn(async () => ({ seqs: [2], total: 1 }))) {
  const store = new RowStore();
  store.add("a", [row(1, { cut: true }), row(2, { cut: true }), row(3), row(4, { preview: "needle" })]);
  const deep = new DeepSearch(store, ask);
  store.changed.on((change) => deep.look(change));
  const use = (query: string): number[] => {
    const test = deep.use(query, parseFilter(query));
    return store.rows.filter(test).map(({ seq }) => seq);
  };
  return { store, deep, ask, use };
}

test("the kernel tells which long payloads match, once the typing stops", async () => {
  const { store, deep, ask, use } = setup();
  use("need");
  await vi.advanceTimersByTimeAsync(200);
  expect(use("needle")).toEqual([4]);
  await vi.advanceTimersByTimeAsync(400);

  expect(ask).toHaveBeenCalledTimes(1);
  expect(ask).toHaveBeenCalledWith("needle", store.limit);
  expect(deep.state).toBe("answered");
});

test("its answer decides for rows that are cut, also against what they begin with", async () => {
  const { store, deep } = setup();
  const filter = parseFilter("-needle");
  const test = deep.use("-needle", filter);
  expect(store.rows.filter(test).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  await vi.advanceTimersByTimeAsync(400);

  expect(store.rows.filter(test).map(({ seq }) => seq)).toEqual([2, 3]);
});

test("rows that came later are asked about again", async () => {
  const { store, ask, use } = setup();
  use("needle");
  await vi.advanceTimersByTimeAsync(400);
  store.add("a", [row(9)]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(ask).toHaveBeenCalledTimes(1);
  store.add("a", [row(10, { cut: true })]);
  await vi.advanceTimersByTimeAsync(2_000);

  expect(ask).toHaveBeenCalledTimes(2);
});

test("nobody is asked when no payload is cut or the filter does not look inside", async () => {
  const { ask, use, store } = setup();
  use("client:bob");
  await vi.advanceTimersByTimeAsync(2_000);
  store.clear();
  use("needle");
  await vi.advanceTimersByTimeAsync(2_000);

  expect(ask).not.toHaveBeenCalled();
});

test("an answer to an earlier question is not taken", async () => {
  const answers: ((value: { seqs: number[]; total: number }) => void)[] = [];
  const { deep, use } = setup(
    vi.fn(() => new Promise<{ seqs: number[]; total: number }>((resolve) => answers.push(resolve))),
  );
  use("needle");
  await vi.advanceTimersByTimeAsync(400);
  const second = use("other");
  answers[0]!({ seqs: [1, 2], total: 2 });
  await vi.advanceTimersByTimeAsync(0);

  expect([second, deep.state]).toEqual([[], "none"]);
});

test("a failure leaves what the beginnings say", async () => {
  const { deep, use } = setup(vi.fn(async () => Promise.reject(new Error("no kernel"))));
  expect(use("begins")).toEqual([1, 2, 3]);
  await vi.advanceTimersByTimeAsync(400);

  expect(deep.state).toBe("failed");
});

test("what is wrong with the filter is told, but not that the kernel is away", async () => {
  const said = async (error: Error): Promise<string> => {
    const { deep, use } = setup(vi.fn(async () => Promise.reject(error)));
    use("needle");
    await vi.advanceTimersByTimeAsync(400);
    return deep.failure;
  };

  expect(await said(new CallError({ type: "QueryError", message: "column 1: /x/ took too long" }))).toContain(
    "column 1",
  );
  expect(await said(new CallError({ type: "NoKernel", message: "the kernel is gone" }))).toBe("");
});

test("where nothing else can match expressions, the kernel is asked about every row", async () => {
  const { store, deep, ask } = setup(vi.fn(async () => ({ seqs: [3], total: 1 })));
  const test = deep.use("/x/", parseFilter("/x/"), true);
  const passing = (): number[] => store.rows.filter(test).map(({ seq }) => seq);
  expect([deep.state, passing()]).toEqual(["asking", []]);
  await vi.advanceTimersByTimeAsync(400);
  expect([deep.state, passing()]).toEqual(["answered", [3]]);
  store.add("a", [row(9)]);
  await vi.advanceTimersByTimeAsync(2_000);

  expect(ask).toHaveBeenCalledTimes(2);
});
