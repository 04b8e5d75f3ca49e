import { describe, expect, test } from "vitest";
import type { Row } from "../src/kernel-protocol";
import { type Arrow, layOut, leftFor, NARROWEST } from "../src/sequence";
import { stepTo } from "../src/steps";
import { spoken } from "../src/view/sequence-drawing";

let seq = 0;
const row = (kind: string, more: Partial<Row> = {}): Row => ({ seq: ++seq, at: seq, kind, ...more });
const into = (client: string, more: Partial<Row> = {}): Row =>
  row("receive", { direction: "in", client, preview: "hi", ...more });
const out = (client: string, more: Partial<Row> = {}): Row =>
  row("send", { direction: "out", client, preview: "yo", ...more });

describe("lanes", () => {
  test("stand on both sides of the server, in the order in which they came", () => {
    const { lanes, servers } = layOut([into("a"), into("b"), into("c"), into("d")], 1000);

    expect(lanes.map(({ name }) => name)).toEqual(["c", "a", "b", "d"]);
    expect(lanes.map(({ x }) => x < servers[0]!.x)).toEqual([true, true, false, false]);
  });

  test("need some room each, and the diagram grows beyond the view", () => {
    const { width, lanes } = layOut(
      ["a", "b", "c", "d", "e"].map((name) => into(name)),
      300,
    );

    expect(width).toBe(6 * NARROWEST);
    expect(new Set(lanes.map(({ x }) => x)).size).toBe(5);
  });

  test("of the server and the newest row are in sight when a narrow view opens", () => {
    const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const sees = (newest: string, room: number): boolean[] => {
      const diagram = layOut([...names.map((name) => into(name)), out(newest), row("stop")], room);
      const left = leftFor(diagram, room);
      const inSight = (x: number): boolean => left <= x - NARROWEST / 2 && x + NARROWEST / 2 <= left + room;
      return [inSight(diagram.servers[0]!.x), inSight(diagram.lanes.find(({ name }) => name === newest)!.x)];
    };

    for (const name of ["a", "b", "c", "d"]) expect(sees(name, 360)).toEqual([true, true]);
    for (const name of ["g", "h"]) expect(sees(name, 360)).toEqual([true, false]);
    expect(leftFor(layOut([into("a")], 360), 360)).toBe(0);
    expect(leftFor(layOut([], 360), 360)).toBe(0);
  });

  test("are few: the many beyond stand together", () => {
    const rows = Array.from({ length: 100 }, (_, i) => into(`client${i}`));
    const { lanes, lines, servers } = layOut(rows, 1000);
    const others = lanes.find(({ name }) => name === "others")!;

    expect(lanes.length).toBe(16);
    expect(lines.at(-1)!.mark).toMatchObject({ shape: "arrow", from: others.x, to: servers[0]!.x });
  });

  test("of other servers stand among their clients, by their hosts", () => {
    const away = { host: "a.example" };
    const rows = [into("a"), into("b", away), out("c", { host: "b.example:81" }), out("b", away), out("d", away)];
    const { lanes, lines, servers } = layOut(rows, 1200);
    const columns = [...lanes, ...servers].sort((one, other) => one.x - other.x);
    const [a, b, c] = ["a", "b", "c"].map((name) => lanes.find((lane) => lane.name === name)!.x);
    const [ours, first, second] = servers.map(({ x }) => x);

    expect(columns.map(({ name }) => name)).toEqual(["a", "server", "b", "a.example", "d", "c", "b.example:81"]);
    expect(new Set(columns.map(({ x }) => x)).size).toBe(7);
    expect(lines.slice(0, 4).map(({ mark }) => mark)).toMatchObject([
      { from: a, to: ours },
      { from: b, to: first },
      { from: second, to: c },
      { from: first, to: b },
    ]);
  });

  test("of the playground's server is left out where no row is about it", () => {
    const rows = [row("start"), into("a", { host: "a.example" })];

    expect(layOut(rows, 1000).servers.map(({ name }) => name)).toEqual(["a.example"]);
    expect(layOut([row("start")], 1000).servers.map(({ name }) => name)).toEqual(["server"]);
  });

  test("of many servers are few", () => {
    const rows = Array.from({ length: 20 }, (_, i) => into("a", { host: `h${i}.example` }));
    const { lines, servers } = layOut(rows, 1000);

    expect(servers.length).toBe(6);
    expect(servers.at(-1)!.name).toBe("other servers");
    expect(lines.at(-1)!.mark).toMatchObject({ to: servers.at(-1)!.x });
  });

  test("are open from the handshake to the end, and again", () => {
    const mine = { client: "a" };
    const rows = [
      row("start"),
      row("connect", mine),
      into("a"),
      row("end", { ...mine, code: 1000 }),
      row("log"),
      row("connect", mine),
      into("a"),
    ];

    expect(layOut(rows, 500).lanes[0]!.open).toEqual([
      [1, 4],
      [5, Infinity],
    ]);
  });

  test("of a refused handshake end with it", () => {
    const mine = { client: "a" };

    expect(
      layOut([row("connect", mine), row("refuse", { ...mine, direction: "out" }), row("end", mine)], 500).lanes[0]!
        .open,
    ).toEqual([[0, 3]]);
  });

  test("that were open before the first row are open from the top", () => {
    expect(layOut([row("log"), into("a")], 500).lanes[0]!.open).toEqual([[0, Infinity]]);
  });

  test("have the connection's number when there is no name", () => {
    expect(layOut([row("receive", { direction: "in", connection: 7 })], 500).lanes[0]!.name).toBe("#7");
  });
});

describe("what is drawn", () => {
  test("arrows go to the server and from it; pings are dashed, with their answer", () => {
    const { lines, lanes, servers } = layOut(
      [into("a"), out("a"), row("ping", { direction: "in", client: "a", duration_ms: 0.2 })],
      500,
    );
    const [x] = lanes.map((lane) => lane.x);

    expect(lines.map(({ mark }) => mark)).toMatchObject([
      { from: x, to: servers[0]!.x, dashed: false, answered: false, label: "hi" },
      { from: servers[0]!.x, to: x, label: "yo" },
      { from: x, to: servers[0]!.x, dashed: true, answered: true, label: "ping, pong after 0.2 ms" },
    ]);
  });

  test("an end that only the handler was told of is no arrow from the client", () => {
    const told = { client: "a", direction: "in", code: 1005 } as const;
    const shapes = ["-11", "-01", "--1", "0-1", "1-1"].map(
      (saw) => layOut([into("a"), row("disconnect", { ...told, saw })], 500).lines[1]!.mark.shape,
    );
    const closed = layOut([into("a"), row("disconnect", { ...told, code: 1000, saw: "--1" })], 500).lines[1]!.mark;

    expect(shapes).toEqual(["arrow", "note", "note", "note", "arrow"]);
    expect(closed.shape).toBe("arrow");
  });

  test("a hook's bar spans to the last message that it sent", () => {
    const asked = into("a", { hook: "on_receive", duration_ms: 0.4 });
    const { lines } = layOut([asked, out("b", { cause: asked.seq }), out("a", { cause: asked.seq }), into("b")], 500);

    expect((lines[0]!.mark as Arrow).bar).toEqual({ label: "on_receive 0.4 ms", bad: false, lines: 3 });
    expect((lines[3]!.mark as Arrow).bar).toBeNull();
  });

  test("what cannot be decoded never reaches the hook", () => {
    const row = into("a", {
      hook: "on_receive",
      undecoded: true,
      error: "RuntimeError: Malformed JSON data received.",
    });
    const { lines } = layOut([row], 500);

    expect((lines[0]!.mark as Arrow).bar?.label).toMatch(/^decode RuntimeError/);
  });

  test("a failing hook says so", () => {
    const { lines } = layOut(
      [into("a", { hook: "on_receive", duration_ms: 0.1, error: "KeyError: 'say'", line: 9 })],
      500,
    );

    expect((lines[0]!.mark as Arrow).bar).toEqual({
      label: "on_receive 0.1 ms KeyError: 'say'  line 9",
      bad: true,
      lines: 1,
    });
  });

  test("an end says at each line who was told what", () => {
    const end = row("end", {
      client: "a",
      agree: false,
      codes: [1006, 1011],
      preview: "client saw 1006 · no Close frame on the wire · handler was told 1011",
      told: { client: "client saw 1006", wire: "no Close frame on the wire", handler: "handler was told 1011" },
    });
    const { lines } = layOut([into("a"), end], 500);

    expect(lines[1]!.mark).toMatchObject({
      shape: "end",
      left: "client saw 1006",
      right: "handler was told 1011 · no Close frame on the wire",
      bad: true,
    });
  });

  test("an end without a client's word has its code there, and a refused one its status at the server", () => {
    const reason = "handler raised ValueError: client a · client b";
    const foreign = row("end", { connection: 7, code: 1001, preview: reason, told: { handler: reason } });
    const refused = row("end", { connection: 8, code: 403, preview: "refused with HTTP 403", told: {} });
    const { lines } = layOut([foreign, refused], 500);

    expect(lines[0]!.mark).toMatchObject({ left: "1001", right: reason });
    expect(lines[1]!.mark).toMatchObject({ left: "403", right: "refused with HTTP 403" });
  });

  test("edits and gaps go across; a failure without a client is a note", () => {
    const { lines } = layOut(
      [row("edit", { preview: "/ws v3 applied" }), row("gap", { skipped: 5 }), row("error", { error: "boom" })],
      500,
    );

    expect(lines.map(({ mark }) => mark.shape)).toEqual(["across", "across", "note"]);
  });
});

test.each([
  ["ArrowDown", 3, 4],
  ["ArrowDown", null, 9],
  ["ArrowUp", 0, 0],
  ["PageDown", 8, 9],
  ["PageUp", 5, 0],
  ["Home", 5, 0],
  ["End", null, 9],
  ["a", 5, null],
])("the key %s at %s leads to %s", (key, now, next) => {
  expect(stepTo(key, now, 10, 5)).toBe(next);
});

test("what is said of a line has all that is written on it, in its order", () => {
  const long = "x".repeat(300);
  const said = layOut(
    [
      row("connect", { direction: "in", client: "a", preview: "GET /chat" }),
      into("a", { preview: long }),
      row("on_receive", { client: "a", duration_ms: 0.4 }),
      row("end", { client: "a", code: 1006 }),
      row("start", { preview: "listening" }),
    ],
    600,
  ).lines.map(spoken);

  expect(said[0]).toBe("a, from the client, connect GET /chat");
  expect(said[1]).toContain(`a, from the client, receive, ${long}`);
  expect(said[2]).toBe("a, on_receive 0.4 ms");
  expect(said[3]).toMatch(/^a, .*1006/);
  expect(said[4]).toBe("start, listening");
});
