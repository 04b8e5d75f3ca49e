// Serves this folder and ../static for the fake host page: node dev/serve.mjs [port]
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const dev = fileURLToPath(new URL(".", import.meta.url));
const built = fileURLToPath(new URL("../../static/", import.meta.url));
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

const server = createServer((request, response) => {
  const path = normalize(new URL(request.url, "http://host").pathname).replace(/^\/+/, "") || "host.html";
  const file = path.startsWith("static/") ? join(built, path.slice(7)) : join(dev, path);
  createReadStream(file)
    .on("error", () => response.writeHead(404).end())
    .on("open", () => response.writeHead(200, { "content-type": `${types[extname(file)] ?? "text/plain"}; charset=utf-8` }))
    .pipe(response);
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
