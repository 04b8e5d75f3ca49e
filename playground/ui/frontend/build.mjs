// Builds ../static from src, or the folder of `--out=`. The same sources give the same bytes, so that CI can compare.
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const elsewhere = process.argv.find((argument) => argument.startsWith("--out="))?.slice("--out=".length);
const out = elsewhere ? `${resolve(elsewhere)}/` : fileURLToPath(new URL("../static/", import.meta.url));

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  charset: "utf8",
  legalComments: "none",
  target: ["es2022", "chrome111", "firefox115", "safari16.4"],
  logLevel: "info",
};

await mkdir(out, { recursive: true });
await esbuild.build({ ...common, format: "esm", entryPoints: ["src/editor/main.ts"], outfile: `${out}editor.js` });

// The page keeps one copy of the editor for all panels; two versions of the package must not share it.
const edition = createHash("sha256")
  .update(await readFile(`${out}editor.js`))
  .digest("hex")
  .slice(0, 12);

const panel = {
  ...common,
  format: "esm",
  define: { EDITOR_EDITION: JSON.stringify(edition) },
  entryPoints: { panel: "src/panel.ts", piece: "src/piece.ts" },
  outdir: out,
};
const extension = {
  ...common,
  format: "iife",
  entryPoints: { remoteEntry: "src/lab-extension.ts" },
  outdir: elsewhere ? `${out}labextension/static` : fileURLToPath(new URL("../labextension/static/", import.meta.url)),
};
const styles = { ...common, entryPoints: { panel: "src/styles/panel.css" }, outdir: out };

if (process.argv.includes("--watch")) {
  for (const options of [panel, extension, styles]) await (await esbuild.context(options)).watch();
} else {
  for (const options of [panel, extension, styles]) await esbuild.build(options);
}
