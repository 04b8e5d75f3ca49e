import { expect, test } from "vitest";
import type { Version } from "../src/kernel-protocol";
import { firstSides, keptSides, sideText } from "../src/versions";

const versions = (...numbers: number[]): Version[] =>
  numbers.map((number) => ({ number, label: `v${number}`, at: 0, name: "", source: "" }));

test("at first the current version is compared with the one that going back leads to", () => {
  expect(firstSides(versions(3, 2, 1), 3, 2)).toEqual({ before: 2, after: 3 });
  expect(firstSides(versions(4, 3, 2, 1), 4, 1)).toEqual({ before: 1, after: 4 });
});

test("without a way back it is the one before, and with one version what is in the editor", () => {
  expect(firstSides(versions(1, 3, 2), 3, null)).toEqual({ before: 2, after: 3 });
  expect(firstSides(versions(5, 4), 5, 2)).toEqual({ before: 4, after: 5 });
  expect(firstSides(versions(1), 1, null)).toEqual({ before: 1, after: "draft" });
});

test("a choice stays as long as both are kept", () => {
  const first = { before: 2, after: 3 };
  expect(keptSides({ before: 1, after: "draft" }, versions(3, 2, 1), first)).toEqual({ before: 1, after: "draft" });
  expect(keptSides({ before: 1, after: 3 }, versions(3, 2), first)).toEqual(first);
});

test("the sides have names", () => {
  expect([sideText("draft"), sideText(2)]).toEqual(["the editor", "v2"]);
});
