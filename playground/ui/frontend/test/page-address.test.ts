import { describe, expect, it } from "vitest";
import type { Endpoint } from "../src/kernel-protocol";
import { pageAddress, pagePath } from "../src/page-address";

const SERVER = "http://127.0.0.1:50213";
const endpoint = (path: string, kind: "websocket" | "http", more: Partial<Endpoint> = {}): Endpoint =>
  ({ key: `${kind} ${path}`, path, kind, version: 1, encoding: null, ...more }) as Endpoint;

describe("where a page is found", () => {
  const at = (href: string, base: string | null = "/") => pageAddress(SERVER, "/?path=%2Fws", { href, base }, null);

  it.each([
    ["http://localhost:8888/lab", `${SERVER}/?path=%2Fws`, false],
    ["http://127.0.0.1:8888/lab", `${SERVER}/?path=%2Fws`, false],
    // Chrome and Firefox take the reader's own machine for safe.
    ["https://localhost:8888/lab", `${SERVER}/?path=%2Fws`, false],
    ["https://hub.example.org/user/me/lab", "https://hub.example.org/user/me/proxy/50213/?path=%2Fws", true],
  ])("from %s", (href, url, proxied) => {
    const base = href.includes("/user/me/") ? "/user/me/" : "/";

    expect(at(href, base)).toMatchObject({ url, proxied });
  });

  it("is nowhere where an https page would have to show an http one, and says what to do", () => {
    const { url, note } = at("https://notebooks.example.org/x", null);

    expect(url).toBeNull();
    expect(note).toContain("jupyter-server-proxy");
  });

  it("has the usual port too, which no address names", () => {
    const here = { href: "http://localhost:8888/lab", base: "/" };

    expect(pageAddress("http://127.0.0.1:80", "/", here, true).url).toBe("http://localhost:8888/proxy/80/");
  });

  it("is what somebody has chosen", () => {
    const here = { href: "http://localhost:8888/lab", base: "/" };

    expect(pageAddress(SERVER, "/", here, true).url).toBe("http://localhost:8888/proxy/50213/");
    expect(pageAddress(SERVER, "/", { href: "http://far.example/lab", base: "/" }, false).url).toBe(`${SERVER}/`);
  });
});

describe("what is shown for an endpoint", () => {
  it.each([
    ["", endpoint("/chat", "websocket", { encoding: "json" }), "/?path=/chat&encoding=json"],
    ["/", endpoint("/a b/{n}", "websocket"), "/?path=/a%20b/%7Bn%7D"],
    ["", endpoint("/items", "http"), "/items"],
    ["/", endpoint("/items", "http"), "/"],
    ["", endpoint("/{name}", "http"), "/"],
    ["", endpoint("POST /items", "http"), "/"],
    ["", endpoint("api.example.org/items", "http"), "/"],
    ["", endpoint("/draft", "websocket", { version: 0 }), "/"],
    ["/?path=/x", endpoint("/chat", "websocket"), "/?path=/x"],
    ["", undefined, "/"],
    ["", endpoint("/", "http"), "/"],
  ])("%s %o", (wanted, chosen, path) => {
    expect(pagePath(wanted, chosen)).toBe(path);
  });

  it("has the notebook's theme where the system has another one", () => {
    expect(pagePath("", endpoint("/ws", "websocket"), "dark")).toBe("/?path=/ws&theme=dark");
    expect(pagePath("", endpoint("/items", "http"), "dark")).toBe("/items");
  });
});
