// Looks for what keeps people from using the panel, in every scene, theme and width:
//   node dev/axe.mjs [--built=folder] [--scene=name] [--browser=/usr/bin/chromium]
// Exits with 1 when axe calls something serious or critical.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "./serve.mjs";

const option = (name, otherwise) =>
  process.argv.find((each) => each.startsWith(`--${name}=`))?.split("=")[1] ?? otherwise;
const profile = await mkdtemp(join(tmpdir(), "axe-"));
let scanned = 0;
const found = new Map();

const done = new Promise((resolve) => {
  const take = (report) => {
    if (report.end) return resolve();
    scanned++;
    for (const { id, impact, help, nodes } of report.violations) {
      for (const { target, summary } of nodes) {
        const key = `${impact} ${id}: ${help}\n    ${target}\n    ${summary}`;
        if (!found.has(key)) found.set(key, []);
        found.get(key).push(report.where);
      }
    }
  };
  serve(0, option("built"), take).then((server) => {
    const url = `http://127.0.0.1:${server.address().port}/axe.html?scene=${option("scene", "")}`;
    const flags = [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      `--user-data-dir=${profile}`,
      "--window-size=1300,1200",
      "--remote-debugging-port=0",
    ];
    const browser = spawn(option("browser", "/usr/bin/chromium"), [...flags, url], { stdio: "ignore" });
    browser.on("exit", resolve);
    done.then(() => {
      browser.kill();
      server.close();
      server.closeAllConnections();
    });
  });
});
await done;
await new Promise((resolve) => setTimeout(resolve, 500));
await rm(profile, { recursive: true, force: true, maxRetries: 5 });

for (const [what, where] of found)
  console.log(`${what}\n    in ${where.length}: ${where.slice(0, 4).join(", ")}${where.length > 4 ? ", …" : ""}\n`);
const bad = [...found.keys()].filter((key) => /^(serious|critical)/.test(key)).length;
console.log(`${scanned} pages scanned, ${found.size} findings, ${bad} of them serious or critical`);
process.exit(scanned === 0 || bad > 0 ? 1 : 0);
