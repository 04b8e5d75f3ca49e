import { describe, expect, test } from "vitest";
import { draftAt, nextName, readConnect, type Typed } from "../src/connecting";
import type { Endpoint } from "../src/kernel-protocol";

const EMPTY: Typed = { path: "/ws", name: "", query: "", headers: "", subprotocols: "", origin: "", reconnect: false };

function read(typed: Partial<Typed>, ...paths: string[]) {
  return readConnect(
    { ...EMPTY, ...typed },
    paths.map((path) => ({ path })),
  );
}

describe("what was typed becomes a call", () => {
  test("with no more than what was given", () => {
    expect(read({})).toEqual({ path: "/ws" });
    expect(
      read({
        path: "chat",
        name: " ann ",
        query: "?token=1",
        headers: "X-A: 1\n\nX-B: a: b",
        subprotocols: "v2, v1,",
        origin: "https://a.b",
        reconnect: true,
      }),
    ).toEqual({
      path: "/chat?token=1",
      name: "ann",
      headers: { "X-A": "1", "X-B": "a: b" },
      subprotocols: ["v2", "v1"],
      origin: "https://a.b",
      reconnect: true,
    });
    expect(read({ path: "/a?b=1", query: "c=2" })).toEqual({ path: "/a?b=1&c=2" });
  });

  test("also for another server", () => {
    expect(read({ path: "wss://example.org/{x}" })).toEqual({ path: "wss://example.org/{x}" });
  });

  test("a mistake names its field", () => {
    expect(read({ path: " " })).toMatchObject({ field: "path", message: expect.stringMatching(/\/chat/) });
    expect(read({ path: "/room/{name}" }, "/room/{name}")).toMatchObject({
      field: "path",
      message: "Put a value in place of {name}.",
    });
    expect(read({ headers: "X-A" })).toMatchObject({ field: "headers", message: expect.stringMatching(/"X-A"/) });
    expect(read({ headers: "X-A: 1\nx-a: 2" })).toMatchObject({ field: "headers" });
    expect(read({ headers: "X A: 1" })).toMatchObject({ field: "headers", message: expect.stringMatching(/"X A"/) });
    expect(read({ subprotocols: "v1, a b" })).toMatchObject({ field: "subprotocols" });
  });

  test("what works is not complained about: brackets that are no parameter of an endpoint", () => {
    expect(read({ path: "/{literal}" }, "/room/{name}")).toEqual({ path: "/{literal}" });
  });
});

test("a client without a name gets the next free one", () => {
  expect(nextName([])).toBe("c1");
  expect(nextName([{ name: "c1" }, { name: "alice" }, { name: "c3" }])).toBe("c2");
});

test("a draft is in the way only where no live endpoint serves the path", () => {
  const at = (path: string, version: number, kind = "websocket") => ({ path, version, kind }) as Endpoint;
  const draft = at("/room/{n}", 0);
  expect(draftAt("/room/1?x=2", [at("/ws", 1), draft])).toBe(draft);
  expect(draftAt("/room/1", [draft, at("/room/1", 2)])).toBeUndefined();
  expect(draftAt("/ws", [at("/ws", 1), draft])).toBeUndefined();
  expect(draftAt("/page", [at("/page", 0, "http")])).toBeUndefined();
});
