// Serves this folder and ../static, or another folder of the build, for the fake host page: node dev/serve.mjs [port] [folder]
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const dev = fileURLToPath(new URL(".", import.meta.url));
const axe = fileURLToPath(new URL("../node_modules/axe-core/axe.min.js", import.meta.url));
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

/** Resolves to a server that listens; what is posted to it goes to `take`. */
export function serve(port, folder, take = () => {}) {
  const built = folder ? resolve(folder) : fileURLToPath(new URL("../../static/", import.meta.url));
  const server = createServer((request, response) => {
    if (request.method === "POST") {
      let body = "";
      request
        .on("data", (part) => (body += part))
        .on("end", () => {
          response.end();
          take(JSON.parse(body));
        });
      return;
    }
    const path = normalize(new URL(request.url, "http://host").pathname).replace(/^\/+/, "") || "host.html";
    const file =
      path === "axe.min.js" ? axe : path.startsWith("static/") ? join(built, path.slice(7)) : join(dev, path);
    createReadStream(file)
      .on("error", () => response.writeHead(404).end())
      .on("open", () =>
        response.writeHead(200, { "content-type": `${types[extname(file)] ?? "text/plain"}; charset=utf-8` }),
      )
      .pipe(response);
  });
  return new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(server)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await serve(Number(process.argv[2] ?? 0), process.argv[3]);
  console.log(`http://127.0.0.1:${server.address().port}/`);
}
