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

test("an open quote is a mistake, and filters by what is there", () => {
  const filter = parseFilter('alice "hello');

  expect(filter.mistake).toEqual({ at: 6, message: "the quote is not closed" });
  expect(filter.test(hello)).toBe(true);
});
