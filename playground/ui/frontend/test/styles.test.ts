import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { COLOURS } from "../src/colours";
import { contrast, distance, VISION } from "./colour-vision";

const STYLES = new URL("../src/styles/", import.meta.url);
const sheets = readdirSync(STYLES).map((name) => ({ name, text: readFileSync(new URL(name, STYLES), "utf8") }));
const tokens = sheets.find(({ name }) => name === "tokens.css")!.text;
const [light, dark] = tokens
  .split('[data-theme="dark"]')
  .map((part) => new Map([...part.matchAll(/--wp-([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, hex]) => [name!, hex!])));
const clients = Array.from({ length: COLOURS }, (_, i) => `c${i}`);

/** JupyterLab's ground, and `--wp-selected` on it. */
const grounds = { light: ["#ffffff", "#e6f1fb"], dark: ["#111111", "#1e2d3e"] };

describe.each([
  ["light", light!, grounds.light],
  ["dark", dark!, grounds.dark],
])("in the %s theme the colour of a client", (_, colours, [ground, selected]) => {
  test.each(Object.entries(VISION))(
    "is none of a direction, an error or a difference, with %s vision",
    (name, vision) => {
      const least = name === "full" ? 11 : 5;
      for (const client of clients)
        for (const meaning of ["in", "out", "bad", "differs"])
          expect
            .soft(distance(colours.get(client)!, colours.get(meaning)!, vision), `${client} and ${meaning}`)
            .toBeGreaterThan(least);
    },
  );

  test("is another than that of the other clients, and can be read in every row", () => {
    for (const client of clients) {
      for (const behind of [ground!, selected!, colours.get("differs-bg")!, colours.get("bad-bg")!])
        expect.soft(contrast(colours.get(client)!, behind), `${client} on ${behind}`).toBeGreaterThan(4.5);
      for (const other of clients.filter((each) => each > client))
        expect.soft(distance(colours.get(client)!, colours.get(other)!), `${client} and ${other}`).toBeGreaterThan(8);
    }
  });
});

test("amber is for what the witnesses tell differently, and for nothing else", () => {
  const rules = sheets.flatMap(({ text }) =>
    [...text.matchAll(/([^{};]+)\{([^{}]*--wp-differs[^{}]*)\}/g)].map(([, selector, body]) => ({ selector, body })),
  );
  const other = rules.filter(({ selector, body }) => !/differs/.test(selector!) && !/--wp-differs: /.test(body!));

  expect(rules.length).toBeGreaterThan(4);
  expect(other).toEqual([]);
});

test("every class has a rule, and every rule a class", () => {
  const sources = readdirSync(new URL("../src", import.meta.url), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(new URL(`../src/${name}`, import.meta.url), "utf8"))
    .join("\n");
  const rules = new Set(sheets.flatMap(({ text }) => [...text.matchAll(/\.(wp-[\w-]+)/g)].map(([, name]) => name!)));
  const given = [...sources.matchAll(/class: "([^"]+)"/g)].flatMap(([, names]) => names!.split(" "));
  const parts = [...sources.matchAll(/wp-[\w-]*-(?=\$\{)/g)].map(([beginning]) => beginning);
  // The frame of a still picture is Python's.
  const known = [...(sources.match(/wp-[\w-]+/g) ?? []), "wp-still"];

  expect(given.filter((name) => name.startsWith("wp-") && !rules.has(name))).toEqual([]);
  expect(
    [...rules].filter((name) => !known.includes(name) && !parts.some((beginning) => name.startsWith(beginning))),
  ).toEqual([]);
});
