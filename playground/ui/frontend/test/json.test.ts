import { describe, expect, test } from "vitest";
import { checkJson, indentJson } from "../src/json";

describe("indenting", () => {
  test("leaves every number as it was written", () => {
    expect(indentJson('{"big":9007199254740993,"one":1.0,"e":1E+2,"z":-0}')).toBe(
      '{\n  "big": 9007199254740993,\n  "one": 1.0,\n  "e": 1E+2,\n  "z": -0\n}',
    );
  });

  test("keeps repeated keys, escapes and empty containers", () => {
    expect(indentJson('{"a":1,"a":"\\u00e9\\n","b":[],"c":{}, "d":[{}, [ ]]}')).toBe(
      '{\n  "a": 1,\n  "a": "\\u00e9\\n",\n  "b": [],\n  "c": {},\n  "d": [\n    {},\n    []\n  ]\n}',
    );
  });

  test("is itself JSON with the same meaning", () => {
    const text = '[1, {"x": [true, null, "a,b:{}"], "y": {"z": [[1],[2,[3]]]}}]';

    expect(JSON.parse(indentJson(text)!)).toEqual(JSON.parse(text));
  });

  test("survives deep nesting", () => {
    const text = "[".repeat(5_000) + "]".repeat(5_000);

    expect(checkJson(text)).toBeNull();
  });

  test.each(["", "{", "hello", "[1,]", '{"a" 1}', "1 2", "NaN"])("gives null for %j", (text) => {
    expect(indentJson(text)).toBeNull();
  });
});

describe("checking", () => {
  test.each([
    ["{'a': 1}", 1, 2, 'JSON strings have "double quotes"'],
    ['{"a": True}', 1, 7, "True is Python; JSON writes true"],
    ['{"a": None}', 1, 7, "None is Python; JSON writes null"],
    ["[1,\n 2,\n]", 3, 1, "expected a value, found ']'"],
    ['{"a": 1,}', 1, 9, "expected a quoted key, found '}'"],
    ['{"a": 01}', 1, 7, "not a valid JSON number"],
    ["[1 2]", 1, 4, "expected ',' or ']', found 2"],
    ["[1", 1, 3, "the text ends here; expected ',' or ']'"],
    ['"a', 1, 1, "the string is not closed, or has a character that must be escaped"],
    ["1 x", 1, 3, "unexpected text after the JSON value"],
  ])("finds the mistake in %j", (text, line, column, message) => {
    expect(checkJson(text)).toMatchObject({ line, column, message });
  });

  test.each(['"a"', " 1 ", "null", "-1.5e-7", '{"a": [1, 2, {"b": ""}]}', "[]", "{}"])(
    "accepts %j, as JSON.parse does",
    (text) => {
      expect(checkJson(text)).toBeNull();
      expect(() => JSON.parse(text)).not.toThrow();
    },
  );

  test.each(["+1", ".5", "1.", "0x1", "tru", "[1,,2]", "{1: 2}", '"\t"', '"\\x"', "{]", "--1"])(
    "refuses %j, as JSON.parse does",
    (text) => {
      expect(checkJson(text)).not.toBeNull();
      expect(() => JSON.parse(text)).toThrow();
    },
  );
});

test("brackets within brackets are not indented without end", () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);

  expect(indentJson(deep)).toBeNull();
  expect(indentJson("[".repeat(900_000))).toBeNull();
  expect(indentJson("[".repeat(100) + "]".repeat(100))!.split("\n").length).toBe(199);
});

test("a string of millions of characters or escapes is read", () => {
  for (const text of [`["${"a".repeat(4_000_000)}"]`, `["${"\\n".repeat(2_000_000)}"]`])
    expect(checkJson(text)).toBeNull();
});
