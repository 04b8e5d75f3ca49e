import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { duration, size } from "../src/format";

const cases = JSON.parse(
  readFileSync(new URL("../../../../tests/cases/numbers.json", import.meta.url), "utf8"),
) as Record<"sizes" | "durations", [number, string][]>;

describe("numbers are written as Python writes them", () => {
  it.each(cases.sizes)("%d bytes", (bytes, text) => expect(size(bytes)).toBe(text));
  it.each(cases.durations)("%d ms", (ms, text) => expect(duration(ms)).toBe(text));
});
