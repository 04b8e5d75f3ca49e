import { expect, test } from "vitest";
import { objection } from "../src/expecting";
import type { Endpoint } from "../src/kernel-protocol";
import { frameOf } from "../src/outgoing";
import { checkPath, className, freePath, pathFrom, TEMPLATES } from "../src/templates";

const partner = { path: "/chat", encoding: "json" };

test("a new endpoint's class is named after its path", () => {
  expect(["/ws", "/rooms/{name}/chat", "/", "/2fa"].map(className)).toEqual(["Ws", "RoomsChat", "Echo", "Echo2fa"]);
});

test.each(TEMPLATES)("the template $id is one class of its kind, without a loose end", ({ kind, source }) => {
  const text = source("/rooms/{name}/chat", partner);
  const base = kind === "http" ? "HTTPEndpoint" : "WebSocketEndpoint";
  expect(text.match(/^class .*$/gm)).toEqual([`class RoomsChat(${base}):`]);
  expect(text).toMatch(/[^\n]\n$/);
  expect(text).not.toMatch(/\t|[^\S\n]$/m);
});

test.each(TEMPLATES)("the message of $id is one that its endpoint takes", ({ kind, example, source }) => {
  expect(example === null).toBe(kind === "http");
  if (!example) return;
  const encoding = /encoding = "(\w+)"/.exec(source("/a", partner))?.[1] ?? null;
  const endpoint = { key: "websocket /a", path: "/a", kind, version: 1, encoding } as Endpoint;
  expect(objection([{ name: "c1", endpoint }], frameOf(example, null), "starlette")).toBe("");
  expect(frameOf(example, null).text).not.toBeUndefined();
});

test("a page finds its endpoint from wherever it is, and writes in its kind", () => {
  const page = TEMPLATES.find(({ id }) => id === "page")!;
  expect(page.source("/page", partner)).toContain('new URL("chat", location.href)');
  expect(page.source("/a/b/", partner)).toContain('new URL("../../chat", location.href)');
  expect(page.source("/page", { path: '/r/{room}/"', encoding: "bytes" })).toMatch(
    /URL\("r\/1\/%22"[\s\S]*TextEncoder/,
  );
  expect(page.source("/page", partner)).toContain(`value='{"say": "hello"}'`);
});

test("a path gets its slash, and an address of this server is cut to its path", () => {
  const servers = ["ws://127.0.0.1:5/x", ""];
  expect(
    ["chat", " /chat ", "{room}", "", "ws://127.0.0.1:5/x/chat", "wss://a.b/c"].map((t) => pathFrom(t, servers)),
  ).toEqual(["/chat", "/chat", "/{room}", "", "/chat", "wss://a.b/c"]);
});

test("a template offers a path that no endpoint has", () => {
  const chat = TEMPLATES.find(({ id }) => id === "chat")!;

  expect(freePath(chat, [{ path: "/ws" }])).toBe("/chat");
  expect(freePath(chat, [{ path: "/chat" }, { path: "/chat-2" }])).toBe("/chat-3");
});

test("a path that cannot be an endpoint's is refused with the reason", () => {
  for (const good of ["/", "/a", "/a/{b}", "/{n:int}/{rest:path}", "/ä"]) expect(checkPath(good)).toBeNull();
  expect(checkPath("wss://a.b/c")).toMatch(/another server/);
  expect(checkPath("/a b")).toMatch(/spaces/);
  expect(checkPath("/a?token=1")).toMatch(/^Leave out \?token=1: /);
  expect(checkPath("/a#b")).toMatch(/^Leave out #b: /);
  expect(checkPath("/caf%C3%A9")).toMatch(/in place of %C3/);
  for (const bad of ["/{a", "/a}", "/{a}}"]) expect(checkPath(bad)).toMatch(/name in brackets/);
  for (const bad of ["/{}", "/{1}", "/{a b}".replace(" ", "-")]) expect(checkPath(bad)).toMatch(/is no parameter/);
});
