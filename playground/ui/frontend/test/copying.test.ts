import { describe, expect, test } from "vitest";
import { asJson, asPython, asText, asWebsocat } from "../src/copying";
import type { Row } from "../src/kernel-protocol";
import type { Detail } from "../src/row-detail";

const server = "ws://127.0.0.1:50213";
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
const bytes: Row = { ...said, preview: "de ad", opcode: "binary", size: 2 };

test("as text, in one line, with the traceback below", () => {
  expect(asText({ row: said, detail: null, server })).toMatch(
    /^\d\d:\d\d:\d\d\.000 {2}alice {2}→ {2}receive {2}\{"say": "it's"\} {2}15 B {2}0\.4 ms {2}v3$/,
  );
  expect(asText({ row: said, detail: detail({ traceback: "Traceback" }), server })).toMatch(/\nTraceback$/);
});

test("as JSON, with the whole payload and without empty fields", () => {
  const cut: Row = { ...said, preview: "ab", cut: true, error: null };

  expect(JSON.parse(asJson({ row: cut, detail: detail({ text: "abc" }), server }))).toEqual({
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
  expect(JSON.parse(asJson({ row: cut, detail: null, server })).text).toBeUndefined();
});

describe("as Python", () => {
  test("what a client does is a call", () => {
    expect(asPython({ row: said, detail: null, server })).toBe(`pg.clients["alice"].send("{\\"say\\": \\"it's\\"}")`);
    expect(asPython({ row: bytes, detail: detail({ hex: "de ad" }), server })).toBe(
      'pg.clients["alice"].send(bytes.fromhex("dead"))',
    );
    expect(asPython({ row: { ...said, kind: "disconnect", code: 1001, reason: "bye" }, detail: null, server })).toBe(
      'pg.clients["alice"].close(1001, "bye")',
    );
    expect(asPython({ row: { ...said, kind: "ping" }, detail: null, server })).toBe('pg.clients["alice"].ping()');
    expect(asPython({ row: { ...said, kind: "connect" }, detail: null, server })).toBe(
      'alice = pg.connect("/chat", name="alice")',
    );
  });

  test("the rest is a dict", () => {
    expect(
      asPython({
        row: { seq: 1, at: 2.5, kind: "end", agree: false, codes: [1006, 1011], preview: "x" },
        detail: null,
        server,
      }),
    ).toBe('{"seq": 1, "at": 2.5, "kind": "end", "agree": False, "codes": [1006, 1011], "text": "x"}');
  });

  test("long payloads are not shortened", () => {
    const text = "x".repeat(5_000);

    expect(asPython({ row: said, detail: detail({ text }), server })).toContain(text);
  });
});

describe("as a websocat command", () => {
  test("quotes for the shell", () => {
    expect(asWebsocat({ row: said, detail: null, server })).toBe(
      `printf '%s\\n' '{"say": "it'\\''s"}' | websocat -n ws://127.0.0.1:50213/chat`,
    );
    expect(asWebsocat({ row: { ...said, preview: "a\nb" }, detail: null, server })).toBe(
      `printf '%s\\0' 'a\nb' | websocat -n -0 ws://127.0.0.1:50213/chat`,
    );
    expect(asWebsocat({ row: bytes, detail: detail({ hex: "de ad" }), server })).toBe(
      `printf '\\xde\\xad' | websocat -b -n ws://127.0.0.1:50213/chat`,
    );
  });

  test("needs a server", () => {
    expect(asWebsocat({ row: said, detail: null, server: "" })).toBeNull();
  });

  test("repeats the headers that mean something", () => {
    const headers: [string, string][] = [
      ["host", "x"],
      ["Sec-WebSocket-Key", "k"],
      ["sec-websocket-protocol", "v2"],
      ["authorization", "Bearer it"],
    ];
    const handshake = { request: { line: "", headers }, response: null };

    expect(asWebsocat({ row: { ...said, kind: "connect" }, detail: detail({ handshake }), server })).toBe(
      "websocat --protocol v2 -H 'authorization: Bearer it' ws://127.0.0.1:50213/chat",
    );
  });

  test("is not there for what a client does not do", () => {
    expect(asWebsocat({ row: { ...said, kind: "send" }, detail: null, server })).toBeNull();
  });
});
