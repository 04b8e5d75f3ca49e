import { expect, test } from "vitest";
import { atLine } from "../src/format";
import type { Run } from "../src/kernel-protocol";
import {
  allCurrent,
  applyingText,
  hasCaughtUp,
  inOrder,
  keptText,
  rollbackTarget,
  runsText,
  toneOf,
} from "../src/live";

test("a message has its line in front when it has one", () => {
  expect(atLine(14, "invalid syntax")).toBe("line 14: invalid syntax");
  expect(atLine(null, "line 3: not awaited")).toBe("line 3: not awaited");
  expect(atLine(null, "no endpoint here")).toBe("no endpoint here");
});

const runs = (...pairs: [number, number][]): Run[] => pairs.map(([version, connections]) => ({ version, connections }));

test("who runs which is said only while several versions run, newest first", () => {
  expect(runsText(runs([3, 1], [10, 15], [4, 2]))).toBe("15 on v10, 2 on v4, 1 on v3");
  expect([runsText(runs([4, 3])), runsText(runs([4, 3], [3, 0])), runsText([]), runsText(undefined)]).toEqual([
    "",
    "",
    "",
    "",
  ]);
});

test("an edit's stragglers have caught up when nobody runs an older version", () => {
  expect(allCurrent({ version: 4, runs: runs([4, 17]) })).toBe(true);
  expect(allCurrent({ version: 4, runs: runs([4, 16], [3, 1]) })).toBe(false);
  expect(allCurrent({ version: 4 })).toBeNull();
});

test("what an edit kept and reset fits on a line", () => {
  expect(keptText(["members", "Room.people"], ["size"])).toBe("kept: members, Room.people · from the new code: size");
  expect(keptText([], ["size"])).toBe("from the new code: size");
  expect(keptText([], [])).toBe("");
  expect(keptText([..."abcdefg"], [])).toBe("kept: a, b, c, d, e, f, g");
  expect(keptText([..."abcdefgh"], [])).toBe("kept: a, b, c, d, e, f and 2 more");
});

test.each([
  ["live", "good"],
  ["moving", "quiet"],
  ["pinned", "quiet"],
  ["stuck", "warn"],
  ["blocked", "warn"],
  ["stopped", "quiet"],
] as const)("news that an edit is %s is %s", (outcome, tone) => {
  expect(toneOf({ outcome })).toBe(tone);
});

test("a report of connections that were behind is over when they have moved", () => {
  expect(hasCaughtUp({ outcome: "moving" }, { version: 4, runs: runs([4, 17]) })).toBe(true);
  expect(hasCaughtUp({ outcome: "moving" }, { version: 4, runs: runs([4, 16], [3, 1]) })).toBe(false);
  expect(hasCaughtUp({ outcome: "live" }, { version: 4, runs: runs([4, 17]) })).toBe(false);
});

test("a held event leads back only from the version that raised it", () => {
  const endpoint = { version: 4, back: 2 };

  expect(rollbackTarget(endpoint, { version: 4 })).toBe(2);
  expect(rollbackTarget(endpoint, { version: 3 })).toBeNull();
  expect(rollbackTarget({ version: 3, back: null }, { version: 3 })).toBeNull();
  expect(rollbackTarget({ version: 3 }, { version: 3 })).toBeNull();
});

test("an edit under way is queued only while the kernel has not begun it, and after a while says what it does", () => {
  const texts = (op: "apply" | "revert" | "reset" | "reenter"): string[] => [
    applyingText({ op, long: false }, false),
    applyingText({ op, long: true }, false),
    applyingText({ op, long: true }, true),
  ];

  expect(texts("apply")).toEqual(["applying", "running the new code", "queued: the kernel is busy"]);
  expect(texts("reenter")[1]).toBe("moving the connections");
});

test("of the notes a value that needs a decision comes first, and what is always so last", () => {
  const kinds = ["global", "not-awaited", "conflict", "blocking-call"];

  expect(inOrder(kinds.map((kind) => ({ kind, text: "", line: null }))).map(({ kind }) => kind)).toEqual([
    "conflict",
    "not-awaited",
    "blocking-call",
    "global",
  ]);
});
