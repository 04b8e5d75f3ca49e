import { describe, expect, test } from "vitest";
import cases from "../../../../tests/cases/decoding.json";
import { endpointOf, fittingKind, isPythonJson, objection, type Sender } from "../src/expecting";
import type { Endpoint } from "../src/kernel-protocol";
import { KindChoice } from "../src/kind-choice";
import { frameOf } from "../src/outgoing";
import type { MessageKind } from "../src/python";

function at(path: string, encoding: string | null, more: Partial<Endpoint> = {}): Endpoint {
  return { key: `websocket ${path}`, path, kind: "websocket", version: 1, encoding, ...more } as Endpoint;
}

const text = at("/ws", "text");
const json = at("/chat", "json");
const bytes = at("/b", "bytes");
const any = at("/any", null);

function from(...endpoints: (Endpoint | undefined)[]): Sender[] {
  return endpoints.map((endpoint, i) => ({ name: `c${i + 1}`, endpoint }));
}

function said(senders: Sender[], kind: MessageKind, data: string): string {
  return objection(senders, frameOf({ kind, data }, null), "starlette");
}

describe("the endpoint of a client", () => {
  test("is the one with its path, before one whose template fits", () => {
    const named = at("/rooms/{name}", "text");
    const exact = at("/rooms/a", "json");
    expect(endpointOf({ path: "/rooms/a?x=1" }, [named, exact])).toBe(exact);
    expect(endpointOf({ path: "/rooms/b" }, [named, exact])).toBe(named);
  });

  test("is none for a foreign server, a page, a draft or nobody", () => {
    const page = at("/ws", null, { kind: "http" });
    const draft = at("/ws", null, { version: 0 });
    expect(endpointOf({ path: "example.org/ws" }, [text])).toBeUndefined();
    expect(endpointOf({ path: "/ws" }, [page, draft])).toBeUndefined();
    expect(endpointOf(undefined, [text])).toBeUndefined();
  });
});

describe("what speaks against a message", () => {
  test.each(cases)("is what Starlette does: $encoding, $kind, $data", ({ encoding, kind, data, fate }) => {
    const says = said(from(at("/ws", encoding)), kind as MessageKind, data);
    expect([says !== "", says.includes("1003")]).toEqual([fate !== null, fate === "1003"]);
  });

  test("is a sentence with the path and what it expects", () => {
    expect(said(from(json), "text", "hello")).toBe("/chat expects JSON: Starlette will close the connection with 1003");
    expect(said(from(text), "hex", "00")).toMatch(/^\/ws expects text: /);
    expect(said(from(bytes), "text", "a")).toMatch(/^\/b expects bytes: /);
    expect(said(from(json), "hex", "ff")).toMatch(/^\/chat expects JSON: .* not UTF-8, .* raise/);
  });

  test("is nothing for a foreign server, and for what is not sent at all", () => {
    expect(said(from(undefined), "text", "a")).toBe("");
    expect(said(from(json), "json", "hello")).toBe("");
  });

  test("says which of several senders, and how many", () => {
    expect(said(from(json, json, json), "text", "a")).toBe("all 3 will be closed with 1003: /chat expects JSON");
    expect(said(from(text, json, bytes), "text", "a")).toBe(
      "2 of 3 (c2, c3) will be closed with 1003: /chat expects JSON, /b expects bytes",
    );
    expect(said(from(text, json, json, json, json, json), "text", "a")).toMatch(/\(c2, c3, c4, 2 others\)/);
    expect(said(from(text, json), "hex", "ff")).toBe("all 2 will be closed: /ws expects text, /chat expects JSON");
  });

  test("is that it will be held, where failed messages are", () => {
    expect(objection(from(json), { binary: false, text: "a" }, "hold")).toBe(
      "/chat expects JSON: the message will fail and be held",
    );
  });

  test("is nothing while a part is asked for later, but for the kind of frame", () => {
    const source = { n: 1, now: new Date(0), uuid: () => "id" };
    expect(objection(from(json), frameOf({ kind: "text", data: "{{who}}" }, source), "starlette")).toBe("");
    expect(objection(from(json), frameOf({ kind: "text", data: '{"n": {{n}}}' }, source), "starlette")).toBe("");
    expect(objection(from(bytes), frameOf({ kind: "text", data: "{{who}}" }, source), "starlette")).not.toBe("");
  });

  test("reads nothing of a very long message but the kind of its frame", () => {
    const long = "x".repeat(200_001);
    expect(said(from(json), "text", long)).toBe("");
    expect(said(from(bytes), "text", long)).not.toBe("");
    expect(frameOf({ kind: "base64", data: "A".repeat(400_000) }, null)).toEqual({ binary: true, text: undefined });
  });

  test("is unknown while connections stay on an older version", () => {
    const moving = at("/chat", "json", { version: 2, runs: [{ version: 1, connections: 1 }] });
    expect(said(from(moving), "text", "a")).toBe("");
  });
});

test("Python reads constants that JSON does not have", () => {
  for (const good of ["NaN", "[-Infinity, Infinity]", '{"a": "NaN"}', " 1 "]) expect(isPythonJson(good)).toBe(true);
  for (const bad of ["-NaN", "nan", "NaN1", "", "'a'", '"NaN']) expect(isPythonJson(bad)).toBe(false);
});

describe("the kind of message", () => {
  test("is what the endpoints expect, and stays where nothing is known", () => {
    expect(fittingKind([text], "json", "utf8")).toBe("text");
    expect(fittingKind([json, json], "text", "utf8")).toBe("json");
    expect(fittingKind([bytes], "text", "hex")).toBe("hex");
    expect(fittingKind([bytes], "base64", "hex")).toBe("base64");
    expect(fittingKind([any, undefined], "base64", "hex")).toBe("base64");
    expect(fittingKind([text, json], "hex", "hex")).toBe("json");
    expect(fittingKind([bytes, json], "text", "hex")).toBe("utf8");
    expect(fittingKind([text, bytes], "json", "hex")).toBe("json");
  });

  function choice(): KindChoice {
    const items: Record<string, string> = {};
    return new KindChoice({
      recall: (what) => items[what] ?? null,
      remember: (what, value) => Object.assign(items, { [what]: value }),
    });
  }

  test("changes when the endpoint or its encoding does, and at no other time", () => {
    const kinds = choice();
    expect(kinds.follow([text], { kind: "json", data: "" })).toBe("text");
    expect(kinds.follow([text], { kind: "json", data: "" })).toBeNull();
    expect(kinds.follow([at("/ws", "json")], { kind: "text", data: "" })).toBe("json");
  });

  test("is the one chosen by hand for this endpoint, until the fitting one is chosen", () => {
    const kinds = choice();
    kinds.choose([json], "text");
    expect(kinds.follow([text], { kind: "text", data: "" })).toBe("text");
    expect(kinds.follow([json], { kind: "text", data: "" })).toBe("text");
    kinds.choose([json], "json");
    kinds.follow([text], { kind: "json", data: "" });
    expect(kinds.follow([json], { kind: "text", data: "" })).toBe("json");
  });

  test("for bytes is the one that was used last, if what is written is such", () => {
    const kinds = choice();
    expect(kinds.follow([bytes], { kind: "text", data: "hello" })).toBe("utf8");
    kinds.choose([bytes], "hex");
    kinds.follow([text], { kind: "hex", data: "" });
    expect(kinds.follow([bytes], { kind: "text", data: "00 ff" })).toBe("hex");
    kinds.follow([text], { kind: "hex", data: "" });
    expect(kinds.follow([bytes], { kind: "text", data: "hello" })).toBe("utf8");
  });
});
