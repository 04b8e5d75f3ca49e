import { expect, test } from "vitest";
import { parseFilter } from "../src/filter";
import type { Row } from "../src/wire";

const hello: Row = { seq: 1, at: 0, kind: "receive", client: "alice", preview: '{"say": "Hello  World"}', version: 3 };
const ping: Row = { seq: 2, at: 0, kind: "on_receive", client: "bob", error: "KeyError: 'say'", version: 4 };

test.each([
  ["", true, true],
  ["hello", true, false],
  ["HELLO", true, false],
  ["-hello", false, true],
  ["alice hello", true, false],
  ["alice bob", false, false],
  ['"hello  world"', true, false],
  ['-"hello  world"', false, true],
  ["keyerror", false, true],
  ["v3", true, false],
  ["receive", true, true],
  ["-", true, true],
])("the filter %j", (text, first, second) => {
  const { test: passes, mistake } = parseFilter(text);

  expect([passes(hello), passes(ping)]).toEqual([first && true, second && true]);
  expect(mistake).toBeNull();
});

const send: Row = { seq: 3, at: 0, kind: "send", client: "browser 3", path: "/ws", direction: "out", preview: "ws://localhost", version: 31 };
const shut: Row = { seq: 4, at: 0, kind: "connect", connection: 7, path: "/ws/more", direction: "in", code: 101 };

test.each([
  ["kind:send", [3]],
  ["kind:SEND", [3]],
  ["kind:on_receive", [2]],
  ["kind:receive", [1]],
  ["kind:handshake", [4]],
  ["client:bob", [2]],
  ["-client:bob", [1, 3, 4]],
  ['client:"browser 3"', [3]],
  ["client:browser", []],
  ["client:#7", [4]],
  ["path:/ws", [3]],
  ["v:3", [1]],
  ["code:101", [4]],
  ["dir:out", [3]],
  ["hello kind:receive -client:bob", [1]],
  ["client:", [1, 2, 3, 4]],
  ["ws://localhost", [3]],
  ['"say":', [1, 2]],
  ['"kind:send"', []],
])("the fields of the filter %j", (text, seqs) => {
  const { test: passes, mistake } = parseFilter(text);

  expect([hello, ping, send, shut].filter(passes).map(({ seq }) => seq)).toEqual(seqs);
  expect(mistake).toBeNull();
});

test.each([
  ["clinet:bob", 0, "no field 'clinet'; there are client, kind, dir, path, v, code"],
  ["hello -toString:x", 7, "no field 'toString'; there are client, kind, dir, path, v, code"],
  ["v:three", 2, "v is a number"],
  ["dir:up", 4, "dir is in or out"],
])("a mistake in a field of %j hides nothing", (text, at, message) => {
  const filter = parseFilter(text);

  expect(filter.mistake).toEqual({ at, message });
  expect(filter.test(hello)).toBe(true);
});

test("an open quote is a mistake, and filters by what is there", () => {
  const filter = parseFilter('alice "hello');

  expect(filter.mistake).toEqual({ at: 6, message: "the quote is not closed" });
  expect(filter.test(hello)).toBe(true);
});
