import { describe, expect, test } from "vitest";
import { checkBase64, checkHex, hexDump } from "../src/bytes";
import { duration, plural, size, timeOf } from "../src/format";
import type { Endpoint, Row } from "../src/kernel-protocol";
import { matchesPath, Problems } from "../src/problems";
import {
  closeCall,
  connectCall,
  fileValue,
  literal,
  messageValue,
  reenterCall,
  sendCall,
  tryCall,
} from "../src/python";
import { dataOf, lookOf } from "../src/rowtext";

test("calls read as Python", () => {
  expect(connectCall({ path: "/ws", name: "alice" })).toBe('pg.connect("/ws", name="alice")');
  expect(connectCall({ path: "/ws", headers: { a: "b" }, subprotocols: ["v2"] })).toBe(
    'pg.connect("/ws", headers={"a": "b"}, subprotocols=["v2"])',
  );
  expect(connectCall({ path: "/ws", origin: "https://a.example", reconnect: true })).toBe(
    'pg.connect("/ws", origin="https://a.example", reconnect=True)',
  );
  expect(sendCall(["alice"], messageValue("text", "hello"))).toBe('pg.clients["alice"].send("hello")');
  expect(sendCall(["alice"], messageValue("json", '{"say": 1}'), 3)).toBe(
    'pg.clients["alice"].send(\'{"say": 1}\', fragments=3)',
  );
  expect(sendCall(["a b"], messageValue("hex", "00"))).toBe('pg.clients["a b"].send(bytes.fromhex("00"))');
  expect(sendCall(["a", "b"], messageValue("text", "x"))).toBe('for name in ["a", "b"]: pg.clients[name].send("x")');
  expect(sendCall(["a"], fileValue("a.png", false))).toBe('pg.clients["a"].send(open("a.png", "rb").read())');
  expect(closeCall("alice", "4001", "bye")).toBe('pg.clients["alice"].close(4001, "bye")');
  expect([closeCall("a", "1000", ""), closeCall("a", "1001", "")]).toEqual([
    'pg.clients["a"].close()',
    'pg.clients["a"].close(1001)',
  ]);
  expect([tryCall("/ws", null), tryCall("/ws", 7), reenterCall("/ws")]).toEqual([
    'pg.try_edit("/ws", source)',
    'pg.try_edit("/ws", source, connection=7)',
    'pg.reenter("/ws")',
  ]);
  expect(literal('it\'s "so"\n\x01')).toBe('"it\'s \\"so\\"\\n\\x01"');
});

test("numbers read as people write them", () => {
  expect([0.012, 0.21, 12.3, 1500, null].map(duration)).toEqual(["12 µs", "0.2 ms", "12 ms", "1.50 s", ""]);
  expect([0, 1023, 2048, 3_500_000, null].map(size)).toEqual(["0 B", "1.0 kB", "2.0 kB", "3.5 MB", ""]);
  expect([plural(1, "row"), plural(1284, "row")]).toEqual(["1 row", "1,284 rows"]);
});

test("a row soon after another says how long after, but each second starts with the clock", () => {
  expect(timeOf(1000.3, 1000)).toBe("+0.3 ms");
  expect(timeOf(1150, 1000)).toMatch(/^\d\d:\d\d:01\.150$/);
  expect(timeOf(2000.1, 1999.9)).toMatch(/^\d\d:\d\d:02\.000$/);
});

describe("rows", () => {
  const row = (more: Partial<Row>): Row => ({ seq: 1, at: 0, kind: "receive", ...more });

  test("say what happened", () => {
    expect(dataOf(row({ preview: "a\nb" }))).toBe("a⏎b");
    expect(dataOf(row({ kind: "disconnect", code: 1000, reason: "bye" }))).toBe("1000 · bye");
    expect(dataOf(row({ kind: "close", code: 1000, reason: "bye", preview: "1000 normal closure · bye" }))).toBe(
      "1000 normal closure · bye",
    );
    expect(dataOf(row({ kind: "on_receive", error: "KeyError: 'say'", line: 9 }))).toBe("KeyError: 'say'  line 9");
    expect(dataOf(row({ kind: "on_connect", output: "room: 1\n" }))).toBe("printed “room: 1”");
    expect(dataOf(row({ kind: "gap", skipped: 1204 }))).toBe("1,204 rows skipped to keep up; still in the log");
  });

  test("have a sign and a word for every kind, known or not", () => {
    for (const kind of ["connect", "send", "on_tick", "whatever"]) {
      const look = lookOf(row({ kind }));
      expect(look.glyph && look.word).toBeTruthy();
    }
    expect(lookOf(row({ kind: "on_receive", error: "KeyError" })).glyph).toBe("✕");
  });
});

describe("problems", () => {
  const chat = { key: "websocket /chat/{name}", path: "/chat/{name}", kind: "websocket", version: 3 } as Endpoint;
  const bad: Row = {
    seq: 1,
    at: 5,
    kind: "on_receive",
    path: "/chat/alice",
    version: 3,
    error: "KeyError",
    line: 9,
    client: "alice",
  };

  test("are kept for the live version until the next", () => {
    const problems = new Problems();
    expect(problems.look([bad], [chat])).toBe(true);
    expect(problems.get(chat.key)).toEqual({ line: 9, message: "KeyError", version: 3, who: "alice", at: 5 });
    problems.keepOnly([{ ...chat, version: 4 }]);

    expect(problems.get(chat.key)).toBeUndefined();
  });

  test("of an older version are no news", () => {
    expect(new Problems().look([{ ...bad, version: 2 }], [chat])).toBe(false);
  });

  test.each([
    ["/ws", "/ws?x=1", true],
    ["/ws", "/wsx", false],
    ["/chat/{name}", "/chat/a", true],
    ["/chat/{name}", "/chat/a/b", false],
    ["/files/{rest:path}", "/files/a/b", true],
    ["/n/{id:int}.json", "/n/7.json", true],
    ["POST /items/{id}", "/items/7", true],
    ["POST /items", "POST /items", true],
    ["POST /items", "/other", false],
    ["api.example.org/x", "/x?y=1", true],
    ["POST {sub}.example.org/x", "/x", true],
    ["api.example.org/x", "/y", false],
  ])("belong to %s at %s: %s", (template, path, belongs) => {
    expect(matchesPath(template, path)).toBe(belongs);
  });
});

test("bytes are checked before they are sent", () => {
  expect([checkHex("68 65 6C"), checkHex(""), checkBase64("aGk="), checkBase64("")]).toEqual([null, null, null, null]);
  expect(checkHex("68 6")).toBe("6 has an odd number of hex digits; a byte has two");
  expect(checkHex("6x")).toBe("x at position 2 is not a hex digit");
  expect(checkBase64("aGk")).toMatch(/groups of four/);
  expect(checkBase64("a=Gk")).toMatch(/padded/);
});

test("bytes are shown sixteen a line, with their characters", () => {
  expect(hexDump("68656c6c6f000a")).toBe(`000000  68 65 6c 6c 6f 00 0a${" ".repeat(29)}hello··`);
  expect(hexDump("00".repeat(17)).split("\n")[1]).toMatch(/^000010 {2}00 /);
  expect(hexDump("00".repeat(40), 16).split("\n")[1]).toBe("… 24 more bytes");
});
