import { describe, expect, test } from "vitest";
import { categoriesIn } from "../src/chips";
import { FORMATS } from "../src/copying";
import { splitLines } from "../src/diff";
import { parseFilter } from "../src/filter";
import { checkJson, indentJson } from "../src/json";
import { literal } from "../src/python";
import { dataOf, textsOf } from "../src/rowtext";
import { className } from "../src/templates";
import { fill, variablesOf } from "../src/variables";

/** Texts from the wire on which an expression that begins anew at each letter would not come back within the test's time. */
const MILLION = 1_000_000;
const LETTERS = ["a", '"', "\\", " ", "{", "[", "1", "-", "\n", "\r", "␍", "é", "{{a", "{{ ", "0.", "/"];

describe.each(LETTERS)("a million of %j", (letter) => {
  const text = letter.repeat(MILLION / letter.length);
  const row = { seq: 1, at: 1, kind: "receive", client: "bob", preview: text, output: text, size: 1, opcode: "text" };

  test("is read as JSON or as a mistake", () => {
    expect(checkJson(`${text}!`)).not.toBeNull();
    expect(indentJson(`${text}!`)).toBeNull();
  });

  test("is shown and copied", () => {
    const copied = Object.values(FORMATS).map((format) => format({ row, detail: null }));

    expect(dataOf(row).length).toBeGreaterThanOrEqual(0);
    expect(textsOf(row).length).toBeGreaterThan(0);
    expect(splitLines(text).length).toBeGreaterThan(0);
    expect(literal(text, Infinity).length).toBeGreaterThan(MILLION / 2);
    expect(copied.every((each) => each.length > 0)).toBe(true);
  });

  test("has no places to fill in", () => {
    expect(variablesOf(text)).toEqual([]);
    expect(fill(text, {}, { n: 1, now: new Date(0), uuid: () => "" })).toBe(text);
  });

  test("is a filter or a mistake, and the name of a class", () => {
    const some = text.slice(0, 20_000);

    expect(parseFilter(text).mistake?.column).toBe(20_001);
    expect(parseFilter(`size>${some}`).mistake).not.toBeUndefined();
    expect(categoriesIn(some)).toEqual([]);
    expect(className(some)).toMatch(/^\w+$/);
  });
});
