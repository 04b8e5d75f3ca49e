import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Model } from "../src/kernel-protocol";
import { rowsCall } from "../src/python";
import { Session } from "../src/session";
import { memoryStorage } from "./storage";

let session: Session;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("sessionStorage", memoryStorage());
  vi.stubGlobal("localStorage", memoryStorage());
});
afterEach(() => {
  session.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function sessionOf(server?: object): Session {
  const traits: Record<string, unknown> = { server, epoch: "a" };
  const model: Model = { get: (name) => traits[name], on: () => {}, off: () => {}, send: () => {} };
  return new Session(model);
}

test("a log that was read from a file is called log in the calls that are shown", () => {
  session = sessionOf({ running: false, ws_url: "", http_url: "", message: "opened from trace.jsonl", mode: "opened" });

  expect(session.opened).toBe(true);
  expect(rowsCall(session.logName, "kind:end")).toBe('log.rows("kind:end")');
});

test.each([
  ["a stopped server", { running: false, ws_url: "", http_url: "", message: "stopped", mode: "live" }],
  ["a kernel that tells no mode", { running: false, ws_url: "", http_url: "", message: "stopped" }],
  ["a kernel that tells nothing", undefined],
])("%s is no opened log", (_name, server) => {
  session = sessionOf(server);

  expect(session.opened).toBe(false);
  expect(rowsCall(session.logName, "")).toBe("pg.log.rows()");
});
