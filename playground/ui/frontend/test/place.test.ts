import { expect, test } from "vitest";
import { type Draft, sourceState } from "../src/drafts";
import type { Report } from "../src/edits";
import type { Endpoint, Row } from "../src/kernel-protocol";
import { type Place, placeOf, reportedLine } from "../src/place";
import type { Problem } from "../src/problems";
import type { Why } from "../src/row-detail";

const source = (lines: number): string => Array.from({ length: lines }, (_, i) => `line ${i + 1}\n`).join("");
const endpoint = (path: string, more: Partial<Endpoint> = {}): Endpoint => ({
  key: `${more.kind ?? "websocket"} ${path}`,
  path,
  kind: "websocket",
  version: 3,
  name: "",
  encoding: null,
  source: source(9),
  editable: true,
  note: null,
  connections: 0,
  ...more,
});
const row = (kind: string, more: Partial<Row> = {}): Row => ({ seq: 1, at: 0, kind, path: "/ws", ...more });
const why = (raised: Why["raised"]): Why => ({ verdict: "", advice: null, raised });
const place = (
  each: Row,
  because: Why | null = null,
  endpoints = [endpoint("/health", { kind: "http" }), endpoint("/ws")],
): Place | null => placeOf(each, because, endpoints, (one) => sourceState(one, undefined));

test("a row with a line leads to that line of its endpoint", () => {
  expect(place(row("receive", { line: 9, version: 3, error: "KeyError" }))).toEqual({
    key: "websocket /ws",
    path: "/ws",
    line: 9,
    label: "show line 9",
  });
  expect(place(row("error", { line: 2, path: "/health" }))).toMatchObject({
    key: "http /health",
    label: "show line 2",
  });
  expect(place(row("request", { line: 2, path: "/health", version: 3 }))).toMatchObject({ key: "http /health" });
  expect(place(row("receive", { line: 2, path: "/chat/bob" }), null, [endpoint("/chat/{name}")])).toMatchObject({
    path: "/chat/{name}",
  });
});

test("an end leads to the line that raised, when one did", () => {
  expect(place(row("end", { version: 3 }), why({ line: 4, version: 3 }))).toMatchObject({
    line: 4,
    label: "show line 4",
  });
  expect(place(row("end"), why(null))).toBeNull();
  expect(place(row("end"), why(undefined))).toBeNull();
});

const typed =
  (text: string, base = 3): ((each: Row, more?: Partial<Endpoint>) => Place | null) =>
  (each, more = {}) =>
    placeOf(each, null, [endpoint("/ws", more)], (one) => sourceState(one, { source: text, base }));

test("there is no way to a line of another version than the editor's", () => {
  expect(place(row("receive", { line: 9, version: 2 }))).toBeNull();
  expect(place(row("end"), why({ line: 4, version: 2 }))).toBeNull();
  expect(typed(source(12), 2)(row("receive", { line: 9, version: 3 }))).toBeNull();
  expect(typed(source(12), 2)(row("receive", { line: 9, version: 2 }))).toBeNull();
});

test("a line that moved in the draft is found where it stands now", () => {
  const failed = row("receive", { line: 7, version: 3 });

  expect(typed(`a\nb\nc\n${source(9)}`)(failed)).toMatchObject({ line: 10, label: "show line 7, now 10" });
  expect(typed(source(9).replace("line 2\nline 3\n", ""))(failed)).toMatchObject({ line: 5 });
  expect(typed(`${source(9)}more\n`)(failed)).toMatchObject({ line: 7, label: "show line 7" });
  expect(typed(source(9).replace("line 7", "changed"))(failed)).toMatchObject({ line: 7 });
});

test("applied lines belong to the new version, also before the kernel's endpoints tell of it", () => {
  const draft = { source: source(12), base: 3, submitted: source(12), applied: 4 };
  const at = (version: number, live: Partial<Endpoint>): Place | null =>
    placeOf(row("receive", { line: 11, version }), null, [endpoint("/ws", live)], (one) => sourceState(one, draft));

  expect(at(4, {})).toMatchObject({ line: 11, label: "show line 11" });
  expect(at(4, { version: 4, source: source(12) })).toMatchObject({ line: 11 });
  expect(at(3, { version: 4, source: source(12) })).toBeNull();
});

test("there is no way to a line that the editor does not have", () => {
  expect(place(row("receive", { line: 10, version: 3 }))).toBeNull();
  expect(place(row("receive", { line: 3, path: "/other" }))).toBeNull();
  expect(place(row("receive", { line: 1 }), null, [endpoint("/ws", { source: "" })])).toBeNull();
  expect(place(row("receive"))).toBeNull();
});

test("a rejected edit's line is where its draft is", () => {
  const rejected = row("edit", { line: 5, error: "SyntaxError: invalid syntax" });

  expect(place(rejected)).toBeNull();
  expect(
    placeOf(rejected, null, [endpoint("/ws")], (one) => sourceState(one, { source: source(5), base: 3 })),
  ).toMatchObject({ label: "show line 5" });
});

/** Where the report's line is in an editor with that draft. */
function reported(draft: Draft | undefined, report: Report | undefined, problem?: Problem): unknown {
  const one = endpoint("/ws");
  const session = {
    edits: { reports: new Map(report ? [[one.key, report]] : []) },
    problems: { get: () => problem },
    drafts: { get: () => draft },
    sourceState: () => sourceState(one, draft),
  };
  return reportedLine(session, one);
}

test("the report's line of an edit that was refused is found again after more typing", () => {
  const refused: Report = { state: "rejected", text: "invalid syntax", line: 2 };
  const submitted = "a = 1\nb = (\n";
  expect(reported({ source: submitted, base: 3, submitted }, refused)).toEqual({ line: 2, now: 2 });
  expect(reported({ source: `import x\n${submitted}`, base: 3, submitted }, refused)).toEqual({ line: 2, now: 3 });
  expect(reported({ source: submitted, base: 3, submitted }, { ...refused, line: null })).toBeNull();
});

test("the report's line of an exception is that of the version that raised it", () => {
  const problem: Problem = { line: 4, message: "KeyError", version: 3, who: null, at: 0 };
  expect(reported(undefined, undefined, problem)).toEqual({ line: 4, now: 4 });
  expect(reported({ source: `new\n${source(9)}`, base: 3 }, undefined, problem)).toEqual({ line: 4, now: 5 });
  expect(reported(undefined, undefined, { ...problem, version: 2 })).toBeNull();
  expect(reported(undefined, undefined)).toBeNull();
});
