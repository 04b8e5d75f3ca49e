import { describe, expect, test } from "vitest";
import { checkClose, isSendable, SENDABLE } from "../src/close-codes";
import { COLOURS, Colours } from "../src/colours";
import { CLOSE_CODES } from "../src/generated/vocabulary";
import { PROTOCOL, protocolMismatch } from "../src/kernel-protocol";
import { retryText } from "../src/retry";
import { memoryStorage } from "./storage";

describe("closing", () => {
  test("takes each code that may travel", () => {
    for (const { code } of SENDABLE) expect(checkClose(String(code), "")).toBeNull();
    for (const code of [3000, 3999, 4000, 4999]) expect(checkClose(String(code), "bye")).toBeNull();
  });

  test.each([
    ["999"],
    ["1004"],
    ["1005"],
    ["1006"],
    ["1015"],
    ["1016"],
    ["2999"],
    ["5000"],
    [""],
    ["1e3"],
    ["1000.5"],
    ["-1"],
  ])("refuses %j with a sentence", (code) => {
    expect(checkClose(code, "")).toMatch(/^[A-Z0-9].*\.$/);
  });

  test("says why codes that exist cannot be sent", () => {
    expect(checkClose("1006", "")).toMatch(/no Close frame came; it is never sent/);
  });

  test("counts the reason in bytes, as the frame does", () => {
    expect(checkClose("1000", "x".repeat(123))).toBeNull();
    expect(checkClose("1000", "é".repeat(62))).toBe("The reason has 124 bytes; a Close frame has room for 123.");
  });

  test("knows which codes may travel", () => {
    expect([1000, 3456, 4001, 1006, 2999].map(isSendable)).toEqual([true, true, true, false, false]);
    expect(checkClose("1016", "")).toBe(
      "1016 cannot be sent. Codes that can be sent are 1000 to 1003, 1007 to 1014 and 3000 to 4999.",
    );
    for (const { code } of CLOSE_CODES.filter(({ sendable }) => !sendable))
      expect(checkClose(String(code), "")).toMatch(new RegExp(`^${code} is .*Send 1000 or 3000 to 4999`));
  });
});

describe("colours", () => {
  test("are the same for a name in each session", () => {
    const other = new Colours(null);
    other.of("frank");

    expect(["alice", "bob", "carol", "dave", "erin"].map((name) => new Colours(null).of(name))).toEqual([
      0, 1, 2, 3, 4,
    ]);
    expect(new Colours(null).of("frank")).toBe(other.of("frank"));
  });

  test("differ while there are enough of them", () => {
    const colours = new Colours(null);
    const names = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"];

    expect(new Set(names.map((name) => colours.of(name))).size).toBe(COLOURS);
    for (let i = 0; i < 100; i++) expect([0, 1, 2, 3, 4, 5, 6, 7]).toContain(colours.of(`guest ${i}`));
  });

  test("chosen by hand stay over a reload", () => {
    const storage = memoryStorage();
    const colours = new Colours(storage);
    const other = (colours.of("alice") + 3) % COLOURS;
    const changed: string[] = [];
    colours.changed.on((name) => changed.push(name));
    colours.choose("alice", other);

    expect(new Colours(storage).of("alice")).toBe(other);
    expect(changed).toEqual(["alice"]);
  });

  test("are numbers also for a client with the name of what every object has", () => {
    const colours = new Colours(memoryStorage());

    expect(colours.of("constructor")).toBeLessThan(COLOURS);
  });

  test("survive what others wrote to the same place", () => {
    const storage = memoryStorage();
    for (const text of ["nonsense", "null", '{"alice": 99}']) {
      storage.setItem("websocket-playground:colours", text);
      expect(new Colours(storage).of("alice")).toBe(new Colours(null).of("alice"));
    }
  });
});

test("a dropped client says which try comes when", () => {
  expect(retryText({ attempt: 3, at: 12_400 }, 10_000)).toBe("try 3 in 3 s");
  expect(retryText({ attempt: 3, at: 9_000 }, 10_000)).toBe("try 3 now…");
  expect([retryText(null, 0), retryText(undefined, 0)]).toEqual(["", ""]);
});

test("a page of another version says what to do", () => {
  expect([protocolMismatch(PROTOCOL), protocolMismatch(undefined)]).toEqual([null, null]);
  expect(protocolMismatch(PROTOCOL + 1)).toMatch(/older version .* Reload the page/);
  expect(protocolMismatch(1)).toMatch(/newer version .* Reload the page/);
});
