import { expect, test } from "vitest";
import { asText } from "../src/copying";
import { parseFilter } from "../src/filter";
import { KINDS, LOOKS } from "../src/generated/vocabulary";
import type { Row } from "../src/kernel-protocol";
import { lookOf } from "../src/rowtext";
import { layOut } from "../src/sequence";

/** Kinds that a row may have; a gap is the panel's own. */
const ROWS = [...new Set([...Object.keys(LOOKS), "on_connect", "ping", "pong", "frame"])].filter(
  (kind) => kind !== "gap",
);

test.each(ROWS)("%s has the same word in the list, the filter, the diagram and what is copied", (kind) => {
  const travels = !kind.startsWith("on_") && !["end", "log", "error", "start", "stop", "edit"].includes(kind);
  const row: Row = { seq: 1, at: 0, kind, connection: 1, client: "alice", ...(travels && { direction: "in" }) };
  const { word } = lookOf(row);

  expect(word).toBe(kind);
  expect(KINDS as readonly string[]).toContain(word);
  expect(parseFilter(`kind:${word}`)).toMatchObject({ mistake: null });
  expect(parseFilter(`kind:${word}`).test(row)).toBe(true);
  expect(asText({ row, detail: null, server: "" }).split("  ")).toContain(word);
  expect(labelOf(row).split(/[ ,]/)).toContain(word);
});

/** What is written on the row's line of the diagram; a message's line has its payload alone, and its word in its name. */
function labelOf(row: Row): string {
  const { mark } = layOut([row], 600).lines[0]!;
  if (row.kind === "receive" || row.kind === "send") return row.kind;
  if (mark.shape === "end") return mark.left;
  if (mark.shape === "bar") return mark.bar.label;
  return mark.shape === "across" ? row.kind : mark.label;
}
