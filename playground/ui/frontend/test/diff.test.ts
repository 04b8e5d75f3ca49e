import { describe, expect, test } from "vitest";
import { type DiffLine, diffLines, fold, lineAfter, splitLines, tally } from "../src/diff";

const written = (lines: DiffLine[]): string => lines.map(({ sign, text }) => sign + text).join("|");
const letters = (text: string): string[] => [...text];

describe("a difference", () => {
  test.each([
    ["", "", ""],
    ["abc", "abc", " a| b| c"],
    ["", "ab", "+a|+b"],
    ["ab", "", "-a|-b"],
    ["abc", "axc", " a|-b|+x| c"],
    ["abcd", "acd", " a|-b| c| d"],
    ["aab", "ab", " a|-a| b"],
    ["abcabba", "cbabac", "-a|-b| c|-a| b|+a| b| a|+c"],
  ])("of %j and %j keeps what both have", (before, after, expected) => {
    expect(written(diffLines(letters(before), letters(after)))).toBe(expected);
  });

  test("always leads from the one text to the other, with as few lines as there are", () => {
    const [before, after] = [letters("the quick brown fox"), letters("a thick crown for x")];
    const lines = diffLines(before, after);

    expect(lines.filter(({ sign }) => sign !== "+").map(({ text }) => text)).toEqual(before);
    expect(lines.filter(({ sign }) => sign !== "-").map(({ text }) => text)).toEqual(after);
    expect(tally(lines).out - tally(lines).in).toBe(before.length - after.length);
  });

  test("of texts too long for the table is one block for the other", () => {
    const long = Array.from({ length: 2_001 }, (_, i) => `line ${i}`);
    const lines = diffLines(["same", ...long, "end"], ["same", "new", "end"]);

    expect(lines.slice(-2).map(({ sign }) => sign)).toEqual(["+", " "]);
    expect(tally(lines)).toEqual({ out: 2_001, in: 1 });
  });
});

test("lines far from any difference are folded, unless it is only one", () => {
  const lines = diffLines(letters("abcdefgh"), letters("abcdefgx"));

  expect(fold(lines, 2)).toEqual([{ sign: "…", count: 5 }, ...lines.slice(5)]);
  expect(fold(lines, 6)).toEqual(lines);
  expect(fold(diffLines(letters("abc"), letters("abc")))).toEqual([{ sign: "…", count: 3 }]);
});

test("the last line's end and the kind of line ends make no difference", () => {
  expect(splitLines("a\r\n\r\nb\r\n")).toEqual(["a", "", "b"]);
  expect(splitLines("a\n\nb")).toEqual(["a", "", "b"]);
});

test.each([
  ["is the same where nothing differs", "abcd", "abcd", 3, 3],
  ["moves down by what came above it", "abcd", "xyabcd", 3, 5],
  ["moves up by what went above it", "abcd", "cd", 3, 1],
  ["stays where it was when it changed", "abcd", "abXd", 3, 3],
  ["is counted among those that changed together", "abcde", "aXYZe", 3, 3],
  ["leads to the last of fewer lines that came instead", "abcde", "aXe", 4, 2],
  ["leads to what follows when it is gone", "abcd", "abd", 3, 3],
  ["leads to the last line when nothing follows", "abcd", "abc", 4, 3],
  ["leads to the first line of an empty text", "ab", "", 2, 1],
])("a line %s", (_, before, after, line, now) => {
  expect(lineAfter([...before], [...after], line)).toBe(now);
});
