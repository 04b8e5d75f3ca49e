import { describe, expect, test } from "vitest";
import { sinceText } from "../src/format";
import type { Row } from "../src/kernel-protocol";
import { dataCell, errorOf, isAbnormal, lookOf, versionBefore } from "../src/rowtext";
import { sentence, statementText } from "../src/saying";
import { inForceText, shownText } from "../src/view/shown-text";
import { dotsOf, witnessText } from "../src/witness-text";

const row = (more: Partial<Row> = {}): Row => ({ seq: 1, at: 0, kind: "receive", ...more });
const glyphs = (more: Partial<Row>): string =>
  dotsOf(row(more))
    .map(({ glyph }) => glyph)
    .join("");

describe("the three dots", () => {
  test("show who saw it", () => {
    expect(glyphs({ saw: "10-" })).toBe("●○·");
    expect(glyphs({ saw: "1-1", agree: false })).toBe("◐·◐");
    expect(glyphs({ saw: "" })).toBe("");
    expect(glyphs({})).toBe("");
  });

  test("say it in words", () => {
    expect(witnessText(row({ saw: "111" }))).toBe("Seen by the client, the wire and the handler.");
    expect(witnessText(row({ saw: "110" }))).toBe("Seen by the client and the wire; not seen by the handler.");
    expect(witnessText(row({ saw: "-01" }))).toBe(
      "Seen by the handler; not seen by the wire; no report from the client.",
    );
    expect(witnessText(row({ kind: "send", saw: "11-", pushed: true }))).toBe(
      "Seen by the client and the wire; the playground sent it in the place of the handler.",
    );
    expect(witnessText(row({ saw: "11-", host: "a.example" }))).toBe(
      "Seen by the client and the wire; no report from the handler at a.example.",
    );
    expect(witnessText(row({ saw: "111", agree: false, codes: [1006, 1011] }))).toMatch(
      /; they were told different codes: 1006 and 1011\.$/,
    );
    expect(witnessText(row())).toBe("");
  });
});

test("what a witness says has a word for its kind", () => {
  expect(statementText({ kind: "client_send", text: "15 B" })).toBe("sent 15 B");
  expect(statementText({ kind: "client_open", text: "" })).toBe("was accepted");
  expect(statementText({ kind: "on_receive", text: "took 0.40 ms" })).toBe("on_receive took 0.40 ms");
  expect(
    statementText({ kind: null, text: "was told 4000 private use (application-defined) “client_send; bye”" }),
  ).toBe("was told 4000 private use (application-defined) “client_send; bye”");
  expect([sentence("catch the error"), sentence("on_receive raised"), sentence("Done.")]).toEqual([
    "Catch the error.",
    "on_receive raised.",
    "Done.",
  ]);
});

test("an error has its line, and a rejected edit names it itself", () => {
  expect(errorOf(row({ error: "JSONDecodeError: line 1 column 1", line: 1 }))).toBe(
    "JSONDecodeError: line 1 column 1  line 1",
  );
  expect(errorOf(row({ kind: "edit", error: "rejected: line 8: invalid syntax", line: 8 }))).toBe(
    "rejected: line 8: invalid syntax",
  );
});

test("an end is abnormal by its code or when the witnesses differ", () => {
  const end = (more: Partial<Row>): boolean => isAbnormal(row({ kind: "end", ...more }));

  expect([
    end({ code: 1000 }),
    end({ code: 1001 }),
    end({}),
    end({ code: 1006 }),
    end({ code: 1000, codes: [1000, 1006] }),
    end({ agree: false, code: 1000 }),
  ]).toEqual([false, false, false, true, true, true]);
  expect([end({ code: 1005 }), end({ code: 4000 }), end({ preview: "refused with HTTP 403" })]).toEqual([
    false,
    true,
    false,
  ]);
  expect(lookOf(row({ kind: "end", code: 1006 })).tone).toBe("bad");
  expect(isAbnormal(row({ code: 1006 }))).toBe(false);
});

test("a message says its payload, its hook's error and what was printed", () => {
  expect(
    dataCell(row({ preview: '{"a": 1}', hook: "on_receive", error: "KeyError: 'b'", line: 9, output: "x\ny\n" })),
  ).toEqual({ main: '{"a": 1}', error: "KeyError: 'b'  line 9", printed: "printed “x⏎y”" });
  expect(dataCell(row({ preview: "abc", cut: true })).main).toBe("abc…");
  expect(dataCell(row({ preview: "abc…", cut: true })).main).toBe("abc…");
  expect(dataCell(row({ kind: "edit", path: "/ws", preview: "v2 live on all 2 connections" })).main).toBe(
    "/ws v2 live on all 2 connections",
  );
  expect(dataCell(row({ kind: "ping", duration_ms: 0.21 })).main).toBe("pong after 0.2 ms");
  expect(dataCell(row({ kind: "disconnect", code: 1006, codes: [1006, 1011] })).main).toBe("1006 / 1011");
  expect(lookOf(row({ opcode: "binary", error: "x", hook: "on_receive" }))).toMatchObject({
    glyph: "→",
    word: "receive",
  });
});

test("an edit that was applied has a version before it", () => {
  expect(
    [
      row({ kind: "edit", version: 3 }),
      row({ kind: "edit", version: 1 }),
      row({ kind: "edit", version: 3, error: "x" }),
      row({ version: 3 }),
    ].map(versionBefore),
  ).toEqual([2, null, null, null]);
});

test("times are told from the selected row on", () => {
  expect([sinceText(1000.4, 1000), sinceText(1000, 3500), sinceText(5, 5)]).toEqual(["+0.4 ms", "−2.50 s", "+0 µs"]);
  expect([sinceText(754_000, 0), sinceText(0, 3_754_000)]).toEqual(["+12:34", "−1:02:34"]);
});

test("how many rows are shown", () => {
  expect(shownText({ shown: 1200, all: 1200, filtered: false, deep: "none" })).toBe("");
  expect(shownText({ shown: 1200, all: 1200, filtered: false, deep: "none", forgotten: 5000 })).toBe(
    "5,000 older only in the kernel",
  );
  expect(shownText({ shown: 3, all: 1200, filtered: true, deep: "failed" })).toBe(
    "3 of 1,200 · long payloads: only their beginning",
  );
});

test("which filter holds is said in short", () => {
  expect([inForceText("alice kind:send"), inForceText("")]).toEqual(["showing: alice kind:send", "showing: all rows"]);
  expect(inForceText("x".repeat(100))).toBe(`showing: ${"x".repeat(59)}…`);
});
