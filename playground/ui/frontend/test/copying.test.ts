import { expect, test } from "vitest";
import { asJson, asText } from "../src/copying";
import type { Row } from "../src/kernel-protocol";
import type { Detail } from "../src/row-detail";

const said: Row = {
  seq: 5,
  at: 0,
  kind: "receive",
  direction: "in",
  client: "alice",
  path: "/chat",
  preview: '{"say": "it\'s"}',
  size: 15,
  opcode: "text",
  version: 3,
  duration_ms: 0.4,
};
const detail = (more: Partial<Detail>): Detail => ({
  text: null,
  hex: null,
  traceback: null,
  output: null,
  fields: null,
  ...more,
});

test("as text, in one line, with the traceback below", () => {
  expect(asText({ row: said, detail: null })).toMatch(
    /^\d\d:\d\d:\d\d\.000 {2}alice {2}→ {2}receive {2}\{"say": "it's"\} {2}15 B {2}0\.4 ms {2}v3$/,
  );
  expect(asText({ row: said, detail: detail({ traceback: "Traceback" }) })).toMatch(/\nTraceback$/);
});

test("as JSON, with the whole payload and without empty fields", () => {
  const cut: Row = { ...said, preview: "ab", cut: true, error: null };

  expect(JSON.parse(asJson({ row: cut, detail: detail({ text: "abc" }) }))).toEqual({
    seq: 5,
    at: 0,
    kind: "receive",
    direction: "in",
    client: "alice",
    path: "/chat",
    size: 15,
    opcode: "text",
    version: 3,
    duration_ms: 0.4,
    text: "abc",
  });
  expect(JSON.parse(asJson({ row: cut, detail: null })).text).toBeUndefined();
});
