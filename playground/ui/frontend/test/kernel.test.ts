import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type CallError, Kernel } from "../src/kernel";
import type { Model } from "../src/kernel-protocol";

describe("the kernel's client", () => {
  let sent: any[];
  let answer: (content: any, buffers?: any[]) => void;
  let kernel: Kernel;

  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    const model: Model = {
      get: () => undefined,
      on: (_event, callback) => (answer = callback),
      off: () => {},
      send: (content) => sent.push(content),
    };
    kernel = new Kernel(model, () => ({ epoch: "a", have: 7 }));
  });
  afterEach(() => {
    kernel.close();
    vi.useRealTimers();
  });

  test("says hello with what it has", () => {
    kernel.start();

    expect(sent).toEqual([{ type: "hello", epoch: "a", have: 7 }]);
  });

  test("matches answers to calls by their id", async () => {
    const first = kernel.call("ping", { name: "a" });
    const second = kernel.call("ping", { name: "b" });
    answer({ type: "reply", id: sent[1].id, ok: true, result: 2 });
    answer({ type: "reply", id: sent[0].id, ok: true, result: 1 });

    expect([(await first).result, (await second).result]).toEqual([1, 2]);
  });

  test("rejects with what the kernel says about a failure", async () => {
    const call = kernel.call("apply");
    answer({
      type: "reply",
      id: sent[0].id,
      ok: false,
      error: { type: "EditRejected", message: "invalid syntax", line: 8 },
    });

    const error = await call.catch((reason: CallError) => reason);
    expect((error as CallError).failure).toMatchObject({ message: "invalid syntax", line: 8 });
  });

  test("gives up after the timeout", async () => {
    const call = kernel.call("ping", {}, 2_000).catch((reason: CallError) => reason.message);
    vi.advanceTimersByTime(2_001);

    expect(await call).toBe("no answer from the kernel in 2 s");
  });

  test("is busy while a call waits for longer than 300 ms", async () => {
    const call = kernel.call("ping");
    vi.advanceTimersByTime(301);
    expect(kernel.waiting).toBe(1);
    answer({ type: "reply", id: sent[0].id, ok: true, result: {} });
    await call;

    expect(kernel.waiting).toBe(0);
  });

  test("is gone after six silent seconds, and asks for what it missed when it is back", () => {
    for (let i = 0; i < 8; i++) vi.advanceTimersByTime(1_000);
    expect(kernel.alive).toBe(false);
    answer({ type: "beat" });

    expect(kernel.alive).toBe(true);
    expect(sent.at(-1)).toEqual({ type: "hello", epoch: "a", have: 7 });
  });

  test("stays alive on heartbeats alone", () => {
    for (let i = 0; i < 20; i++) {
      vi.advanceTimersByTime(1_000);
      if (i % 2) answer({ type: "beat" });
    }

    expect(kernel.alive).toBe(true);
  });

  test("acknowledges every 128 kB, not every batch", () => {
    kernel.acknowledge(80_000);
    expect(sent).toEqual([]);
    kernel.acknowledge(80_000);
    kernel.acknowledge(100);

    expect(sent).toEqual([{ type: "ack", bytes: 160_000 }]);
  });

  test("a call that the kernel has begun is not counted as waiting, however long it takes", async () => {
    const early = kernel.call("apply");
    answer({ type: "begun", id: sent[0].id });
    const late = kernel.call("apply");
    vi.advanceTimersByTime(1_000);
    expect(kernel.waiting).toBe(1);
    answer({ type: "begun", id: sent[1].id });
    expect(kernel.waiting).toBe(0);
    for (const { id } of sent) answer({ type: "reply", id, ok: true, result: id });

    expect([(await early).result, (await late).result, kernel.waiting]).toEqual([1, 2, 0]);
  });
});
