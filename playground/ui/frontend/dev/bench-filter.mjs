// How long the filter takes over 50,000 rows that it has never seen: node dev/bench-filter.mjs [query…]
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const folder = await mkdtemp(join(tmpdir(), "filter-"));
const outfile = join(folder, "filter.mjs");
await esbuild.build({
  absWorkingDir: fileURLToPath(new URL("..", import.meta.url)),
  entryPoints: ["src/filter.ts"],
  bundle: true,
  format: "esm",
  outfile,
  logLevel: "error",
});
const { parseFilter } = await import(outfile);
await rm(folder, { recursive: true });

// Through JSON and back, as rows come from the kernel: strings that nothing has looked at.
const text = JSON.stringify(
  Array.from({ length: 50_000 }, (_, i) => ({
    seq: i + 1,
    at: 1.7e12 + i,
    kind: i % 2 ? "send" : "receive",
    saw: "111",
    agree: true,
    connection: i % 7,
    client: ["alice", "bob", "Carol"][i % 3],
    path: "/chat",
    direction: i % 2 ? "out" : "in",
    preview: `{"say": "Message number ${i}", "user": {"name": "alice", "n": ${i}}}`,
    size: 60,
    wire_size: 66,
    opcode: "text",
    hook: i % 2 ? null : "on_receive",
    duration_ms: 0.4,
    version: 3,
  })),
);
const queries = process.argv.slice(2);
for (const query of queries.length
  ? queries
  : ["h", "hello", "-hello alice", "json.user.name=bob", "json.user.n=49", "client:bob size>3", "kind:frame"]) {
  const took = Array.from({ length: 7 }, () => {
    const rows = JSON.parse(text);
    const start = performance.now();
    const { test } = parseFilter(query);
    const found = rows.filter(test).length;
    return { ms: performance.now() - start, found };
  });
  const sorted = took.map(({ ms }) => ms).sort((a, b) => a - b);
  console.log(
    `${query.padEnd(22)} first ${took[0].ms.toFixed(1)} ms, median ${sorted[3].toFixed(1)} ms, worst ${sorted[6].toFixed(1)} ms, ${took[0].found} rows`,
  );
}
