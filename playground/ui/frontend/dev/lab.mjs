// The panel with a running kernel: builds at every save, and starts JupyterLab so that open panels load what was built.
//   npm run dev [-- --port=9000 …]      what follows `--` is for JupyterLab; PYTHON names another Python than python3
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const extra = process.argv.splice(2);
process.argv.push("--watch");
await import("../build.mjs");

// anywidget watches the built files of a widget where this is set, and sends them to the browser when they change.
const env = { ...process.env, ANYWIDGET_HMR: "1" };
const python = process.env.PYTHON ?? (process.platform === "win32" ? "python" : "python3");
const lab = spawn(python, ["-m", "playground", "lab", ...(extra.length ? ["--", ...extra] : [])], {
  cwd: root,
  env,
  stdio: "inherit",
});
// Ctrl+C reaches JupyterLab too, which may ask whether it is meant; this process ends after it.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => lab.kill());
lab.on("error", (error) => {
  console.error(`${python} cannot be started: ${error.message}; name a Python in the variable PYTHON`);
  process.exit(1);
});
lab.on("exit", (code) => process.exit(code ?? 1));
