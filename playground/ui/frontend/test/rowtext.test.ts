import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Row } from "../src/kernel-protocol";
import { dataOf, formOf, isAcross, lookOf } from "../src/rowtext";
import { dotsOf } from "../src/witness-text";

interface Case {
  row: Row;
  glyph: string;
  word: string;
  data: string;
  marks: string;
  form?: string;
}
const { rows } = JSON.parse(readFileSync(new URL("../../../../tests/cases/rows.json", import.meta.url), "utf8")) as {
  rows: Case[];
};

describe("a row reads as in the picture of a saved notebook", () => {
  it.each(rows)("$row.kind: $data", ({ row, glyph, word, data, marks, form }) => {
    const look = lookOf(row);
    const dots = isAcross(row)
      ? ""
      : dotsOf(row)
          .map((dot) => dot.glyph)
          .join("");
    expect([look.glyph, look.word, dataOf(row), dots]).toEqual([glyph, word, data, marks]);
    if (form !== undefined) expect(formOf(row)).toBe(form);
  });
});
