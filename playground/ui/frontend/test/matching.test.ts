import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parseFilter } from "../src/filter";
import type { Row } from "../src/kernel-protocol";
import { Matching, NoWorker, Stopped } from "../src/matching";
import type { WorkerLike } from "../src/matching-worker";
import type { Change } from "../src/store";
import { FakeWorker } from "./fake-worker";

const EVIL = "a".repeat(300);
const row = (seq: number, preview: string): Row => ({ seq, at: seq, kind: "receive", preview });
const added = (...rows: Row[]): Change => ({ reset: false, added: rows, replaced: [], first: null });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setup(make: () => WorkerLike = () => new FakeWorker((text) => text === EVIL)) {
  const workers: FakeWorker[] = [];
  const matching = new Matching(1_000, () => {
    const worker = make();
    workers.push(worker as FakeWorker);
    return worker;
  });
  return { matching, workers };
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  const caught = promise.then(
    () => null,
    (error: unknown) => error,
  );
  await vi.advanceTimersByTimeAsync(20_000);
  return caught;
}

test("an expression that does not come back is stopped, and the row is named as Python names it", async () => {
  const { matching, workers } = setup();
  const error = await failure(matching.use(parseFilter("receive /(a+)+b/"), [row(1, "x"), row(2, EVIL)]));

  expect(error).toBeInstanceOf(Stopped);
  expect((error as Stopped).mistake).toEqual({
    column: 9,
    from: 8,
    to: 16,
    message:
      "column 9: /(a+)+b/ took too long: it was stopped after 1 s on row 2, a text of 300 characters that begins " +
      `“${"a".repeat(39)}…”; make it simpler: a repetition within a repetition, or two ways to match the same text, take very long`,
  });
  expect(workers.map(({ ended }) => ended)).toEqual([true, true]);
});

test("the next filter has a new worker", async () => {
  const { matching, workers } = setup();
  await failure(matching.use(parseFilter("/(a+)+b/"), [row(1, EVIL)]));
  const filter = parseFilter("/x/");
  const rows = [row(2, "x"), row(3, "y")];
  const current = await matching.use(filter, rows);

  expect(current).toBe(true);
  expect(rows.map(filter.test)).toEqual([true, false]);
  expect(workers.at(-1)!.ended).toBe(false);
});

test("the results of an outdated filter are dropped, and its worker is ended", async () => {
  const { matching, workers } = setup();
  const first = matching.use(parseFilter("/(a+)+b/"), [row(1, EVIL)]);
  await vi.advanceTimersByTimeAsync(10);
  const second = matching.use(parseFilter("/x/"), [row(1, EVIL.slice(1))]);

  expect(await first).toBe(false);
  expect(await second).toBe(true);
  expect(workers.map(({ ended }) => ended)).toEqual([true, false]);
});

test("all matches together have a limit", async () => {
  const { matching } = setup(() => {
    const worker = new FakeWorker();
    const post = worker.postMessage.bind(worker);
    worker.postMessage = (batch) => {
      const told = worker.onmessage!;
      worker.onmessage = ({ data }) =>
        told.call(worker as unknown as Worker, { data: { ...data, ms: 10_001 } } as MessageEvent);
      post(batch);
    };
    return worker;
  });
  const error = await failure(matching.use(parseFilter("/x/"), [row(1, "x"), row(7, "y")]));

  expect((error as Stopped).mistake.message).toBe(
    "column 1: /x/ took too long: 10 s for all rows up to row 7, together with the filter's others; " +
      "make it simpler, or put other terms before it",
  );
});

test("later rows are told about when they are matched", async () => {
  const { matching } = setup();
  const filter = parseFilter("/x/ -/y/");
  await matching.use(filter, []);
  const rows = [row(1, "x"), row(2, "xy"), row(3, "y")];
  const settled: number[] = [];
  matching.settled.on((some) => settled.push(...some.filter(filter.test).map(({ seq }) => seq)));
  matching.look(added(...rows));
  expect(rows.some(filter.test)).toBe(false);
  await vi.advanceTimersByTimeAsync(0);

  expect(settled).toEqual([1]);
});

test("a replaced row counts as its predecessor until it is matched", async () => {
  const { matching } = setup();
  const filter = parseFilter("/x/");
  const [old, fresh] = [row(1, "x"), row(1, "no")];
  await matching.use(filter, [old]);
  matching.look({ ...added(), replaced: [[old, fresh]] });
  expect(filter.test(fresh)).toBe(true);
  await vi.advanceTimersByTimeAsync(0);

  expect(filter.test(fresh)).toBe(false);
});

test("a later row that takes too long stops the filter in use", async () => {
  const { matching } = setup();
  await matching.use(parseFilter("/(a+)+b/"), [row(1, "x")]);
  const stopped: string[] = [];
  matching.stopped.on(({ message }) => stopped.push(message));
  matching.look(added(row(2, EVIL)));
  await vi.advanceTimersByTimeAsync(5_000);

  expect(stopped).toEqual([expect.stringContaining("on row 2, a text of 300 characters")]);
});

test("only rows that pass the other terms are matched", async () => {
  const { matching, workers } = setup();
  const filter = parseFilter("-kind:receive /(a+)+b/");

  expect(await matching.use(filter, [row(1, EVIL)])).toBe(true);
  expect(workers).toEqual([]);
});

test("rows that wait to be matched are as many as the list may have", async () => {
  const { matching, workers } = setup();
  await matching.use(parseFilter("/x/"), [row(0, "x")]);
  matching.look(added(row(1, "first")));
  matching.look(added(...Array.from({ length: 2_500 }, (_, i) => row(i + 2, "x"))));
  await vi.advanceTimersByTimeAsync(0);

  expect(workers[0]!.batches.map(({ texts }) => texts.length)).toEqual([1, 1, 1_000]);
});

test("an expression that the engine cannot compile is a mistake at its column", async () => {
  const { matching } = setup(() => {
    const worker = new FakeWorker();
    worker.postMessage = () =>
      queueMicrotask(() =>
        worker.onmessage!.call(
          worker as unknown as Worker,
          {
            data: {
              type: "failed",
              row: 0,
              pattern: 1,
              message: "Invalid regular expression: /a/: Regular expression too large",
            },
          } as MessageEvent,
        ),
      );
    return worker;
  });
  const error = await failure(matching.use(parseFilter("/x/ /a/"), [row(1, "x")]));

  expect((error as Stopped).message).toBe("column 5: /a/ cannot be run: regular expression too large");
});

test.each([
  [
    "throws",
    () => {
      throw new Error("refused");
    },
  ],
  [
    "reports an error",
    () => {
      const worker = { postMessage: () => {}, terminate: () => {}, onmessage: null } as unknown as WorkerLike;
      queueMicrotask(() =>
        worker.onerror!.call(worker as AbstractWorker as Worker, { preventDefault: () => {} } as ErrorEvent),
      );
      return worker;
    },
  ],
  ["never starts", () => ({ postMessage: () => {}, terminate: () => {} }) as unknown as WorkerLike],
])("where the page allows no worker, which %s, this is told at once from then on", async (_, make) => {
  const { matching } = setup(make);
  const first = await failure(matching.use(parseFilter("/x/"), [row(1, "x")]));
  const second = await matching.use(parseFilter("/x/"), [row(1, "x")]).catch((error: unknown) => error);

  expect(first).toBeInstanceOf(NoWorker);
  expect(second).toBeInstanceOf(NoWorker);
});

test("a worker that starts when nobody waits for it any more is ended", async () => {
  const { matching, workers } = setup();
  const used = matching.use(parseFilter("/x/"), [row(1, "x")]);
  matching.close();

  expect(await used).toBe(false);
  expect(workers.map(({ ended }) => ended)).toEqual([true]);
});
