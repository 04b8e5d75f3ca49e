import { expect, test } from "vitest";
import { clientTerm, hasTerms, HEARTBEATS, sortsTest, toggleTerms } from "../src/chips";
import type { Row } from "../src/wire";

const row = (kind: string, more: Partial<Row> = {}): Row => ({ seq: 1, at: 0, kind, ...more });

test("terms go into the text and out again, and leave the rest alone", () => {
  const on = toggleTerms("hello", HEARTBEATS);

  expect(on).toBe("hello -kind:ping -kind:pong");
  expect(hasTerms(on, HEARTBEATS)).toBe(true);
  expect(toggleTerms(`${on} x`, HEARTBEATS)).toBe("hello x");
  expect(toggleTerms("-kind:pong", HEARTBEATS)).toBe("-kind:ping -kind:pong");
});

test("one client takes another's place", () => {
  expect(toggleTerms("client:bob x", ["client:alice"], ["client:bob", "client:carol"])).toBe("x client:alice");
  expect(toggleTerms("client:alice", ["client:alice"], ["client:bob"])).toBe("");
  expect(hasTerms("client:alice2", ["client:alice"])).toBe(false);
});

test("a client is asked for by name, a foreign one by its connection", () => {
  const own = { own: true, connection: 4 };

  expect(clientTerm({ ...own, name: "alice" })).toBe("client:alice");
  expect(clientTerm({ ...own, name: "a b" })).toBe('client:"a b"');
  expect(clientTerm({ ...own, name: 'a"b' })).toBeNull();
  expect(clientTerm({ name: "browser 3", own: false, connection: 4 })).toBe("connection:4");
});

test("chosen sorts add up", () => {
  const rows = [row("receive"), row("send", { agree: false }), row("receive", { hook: "on_receive", error: "KeyError" }), row("on_connect"), row("refuse"), row("end", { code: 1006 }), row("end", { code: 1000 }), row("ping")];
  const passing = (...names: string[]): number[] => rows.flatMap((each, i) => (sortsTest(new Set(names))!(each) ? i : []));

  expect(passing("messages")).toEqual([0, 1, 2]);
  expect(passing("hooks")).toEqual([2, 3]);
  expect(passing("errors")).toEqual([2, 4, 5]);
  expect(passing("disagree", "hooks")).toEqual([1, 2, 3]);
  expect(sortsTest(new Set())).toBeNull();
});
