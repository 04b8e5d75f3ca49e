import { describe, expect, it } from "vitest";
import type { Row } from "../src/kernel-protocol";
import { dataOf } from "../src/rowtext";
import { visible } from "../src/visible";

describe("what cannot be seen is written out", () => {
  it.each([
    ["\u001b[31mred", "\\x1b[31mred"],
    ["user\u202egnp.exe", "user\\u202egnp.exe"],
    ["\u2066a\u2069\u200f\u061c", "\\u2066a\\u2069\\u200f\\u061c"],
    ["a\u2028b\u0085c", "a\\u2028b\\x85c"],
    ["100%\rdone\r\n", "100%\\rdone\r\n"],
    ["a\nb\tc", "a\nb\tc"],
    ["👩‍💻 नमस्ते مرحبا €", "👩‍💻 नमस्ते مرحبا €"],
  ])("%j", (text, shown) => {
    expect(visible(text)).toBe(shown);
    expect(visible(shown)).toBe(shown);
  });

  it("holds for each part of a row", () => {
    const row = {
      kind: "receive",
      preview: "a\u202eb",
      error: "E: \u001b",
      output: "\u202eo",
      reason: "\u2067",
    } as Row;

    expect(dataOf(row)).toBe("\\u2067 · a\\u202eb · E: \\x1b · printed “\\u202eo”");
  });
});
