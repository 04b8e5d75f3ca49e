import { describe, expect, test } from "vitest";
import { atLine, splitLine } from "../src/lines";
import { allCurrent, keptText, outcomeOf, runsText, versionBefore, wayBack } from "../src/live";

describe("a line is named once", () => {
  test.each([
    [14, "invalid syntax", "line 14: invalid syntax"],
    [14, "line 14: invalid syntax", "line 14: invalid syntax"],
    [14, "line 14: line 14: invalid syntax", "line 14: invalid syntax"],
    [null, "line 3: not awaited", "line 3: not awaited"],
    [null, "no endpoint here", "no endpoint here"],
  ])("line %s, %j", (line, message, said) => {
    expect(atLine(line, message)).toBe(said);
  });

  test("and can be taken off", () => {
    expect(splitLine("line 7: line 7: oops")).toEqual({ line: 7, text: "oops" });
    expect(splitLine("in line 7: oops")).toEqual({ line: null, text: "in line 7: oops" });
  });
});

test("who runs which is said only while several versions run, newest first", () => {
  expect(runsText({ v3: 1, v10: 15, v4: 2 })).toBe("15 on v10, 2 on v4, 1 on v3");
  expect([runsText({ v4: 3 }), runsText({ v4: 3, v3: 0 }), runsText({}), runsText(undefined)]).toEqual([
    "",
    "",
    "",
    "",
  ]);
});

test("an edit's stragglers have caught up when nobody runs an older version", () => {
  expect(allCurrent({ version: 4, runs: { v4: 17 } })).toBe(true);
  expect(allCurrent({ version: 4, runs: { v4: 16, v3: 1 } })).toBe(false);
  expect(allCurrent({ version: 4 })).toBeNull();
});

test("what an edit kept and reset fits on a line", () => {
  expect(keptText(["members", "Room.people"], ["size"])).toBe("kept members, Room.people · reset size");
  expect(keptText([], ["size"])).toBe("reset size");
  expect(keptText([], [])).toBe("");
  expect(keptText([..."abcdefg"], [])).toBe("kept a, b, c, d, e, f, g");
  expect(keptText([..."abcdefgh"], [])).toBe("kept a, b, c, d, e, f and 2 more");
});

test.each([
  ["v4 live on 17 of 17", "live"],
  ["v7 (= v3) live, nobody connected", "live"],
  ["16 on v4, 1 busy on v3 line 12", "underway"],
  ["16 on v4, 1 stuck: TypeError: takes no arguments", "stuck"],
  ["v4 published; the server's loop is busy, connections follow when it is free", "stuck"],
])("%j is %s", (report, outcome) => {
  expect(outcomeOf(report)).toBe(outcome);
});

test("rolling back goes to the latest earlier version that is kept", () => {
  expect(versionBefore({ version: 5, versions: [1, 3, 5] })).toBe(3);
  expect([versionBefore({ version: 1, versions: [1] }), versionBefore({ version: 2 })]).toEqual([null, null]);
});

test("a held event leads back only from the version that raised it", () => {
  const endpoint = { version: 4, versions: [2, 3, 4] };

  expect(wayBack(endpoint, { version: 4 })).toBe(3);
  expect(wayBack(endpoint, { version: 3 })).toBeNull();
  expect(wayBack({ version: 1, versions: [1] }, { version: 1 })).toBeNull();
});
