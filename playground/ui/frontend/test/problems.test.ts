import { expect, test } from "vitest";
import type { Endpoint, Row } from "../src/kernel-protocol";
import { ownerOf, Problems } from "../src/problems";

const at = (version: number): Endpoint[] => [
  {
    key: "websocket /ws",
    path: "/ws",
    kind: "websocket",
    version,
    name: "",
    encoding: null,
    source: "",
    editable: true,
    note: null,
    connections: 0,
  },
];
const failed = (version: number | undefined): Row[] => [
  {
    seq: 1,
    at: 0,
    kind: "receive",
    path: "/ws",
    error: "KeyError",
    line: 9,
    ...(version !== undefined && { version }),
  },
];

test("an exception stands at its line until the next version", () => {
  const problems = new Problems();
  expect(problems.look(failed(3), at(3))).toBe(true);
  problems.keepOnly(at(3));
  expect(problems.get("websocket /ws")).toMatchObject({ line: 9, message: "KeyError", version: 3 });
  problems.keepOnly(at(4));
  expect(problems.get("websocket /ws")).toBeUndefined();
  expect(problems.look(failed(3), at(4))).toBe(false);
  expect(problems.look(failed(undefined), at(4))).toBe(true);
});

test("an exception of a version that the endpoint has not told of yet is kept", () => {
  const problems = new Problems();
  expect(problems.look(failed(4), at(3))).toBe(true);
  problems.keepOnly(at(3));
  problems.forget("websocket /ws", 4);
  problems.keepOnly(at(4));
  expect(problems.get("websocket /ws")).toMatchObject({ version: 4 });
});

test("of several endpoints a row is of the one with its very path", () => {
  const named = (path: string) => ({ path, kind: "websocket" as const });
  const endpoints = [named("api.example.org/x"), named("/{any}"), named("/x")];
  const owner = (path: string) => ownerOf({ kind: "receive", path }, endpoints)?.path;

  expect([owner("/x?y=1"), owner("/z"), owner("/a/b")]).toEqual(["/x", "/{any}", undefined]);
});
