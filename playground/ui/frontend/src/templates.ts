/** Templates for a new endpoint, each with a message that it answers. */
import type { Outgoing } from "./outgoing";
import { pathOf } from "./problems";

/** A WebSocket endpoint that a page can talk to. */
export interface Partner {
  path: string;
  encoding: string | null;
}

export interface Template {
  id: string;
  title: string;
  /** One sentence: what it does and what it teaches. */
  about: string;
  kind: "websocket" | "http";
  /** A message to begin with; none where the client is a browser. */
  example: Outgoing | null;
  source(path: string, partner: Partner): string;
}

export const TEMPLATES: readonly Template[] = [
  {
    id: "echo",
    title: "echo",
    about: "sends back what it gets; all three hooks",
    kind: "websocket",
    example: { kind: "text", data: "hello" },
    source: (path) => `class ${className(path)}(WebSocketEndpoint):
    encoding = "text"

    async def on_connect(self, websocket):
        await websocket.accept()

    async def on_receive(self, websocket, data):
        await websocket.send_text(f"echo: {data}")

    async def on_disconnect(self, websocket, close_code):
        print(f"left with {close_code}")
`,
  },
  {
    id: "chat",
    title: "chat",
    about: "repeats every message to everybody; keeps a set of connections",
    kind: "websocket",
    example: { kind: "json", data: '{"say": "hello"}' },
    source: (path) => `class ${className(path)}(WebSocketEndpoint):
    encoding = "json"
    members = set()

    async def on_connect(self, websocket):
        await websocket.accept()
        self.members.add(websocket)

    async def on_receive(self, websocket, data):
        for member in list(self.members):
            await member.send_json({"say": data["say"], "people": len(self.members)})

    async def on_disconnect(self, websocket, close_code):
        self.members.discard(websocket)
`,
  },
  {
    id: "counter",
    title: "counter",
    about: "counts messages, of each connection and of all; shows where state is kept",
    kind: "websocket",
    example: { kind: "text", data: "next" },
    source: (path) => `class ${className(path)}(WebSocketEndpoint):
    encoding = "text"
    total = 0

    async def on_connect(self, websocket):
        await websocket.accept()
        self.mine = 0

    async def on_receive(self, websocket, data):
        self.mine += 1
        type(self).total += 1
        await websocket.send_json({"mine": self.mine, "total": self.total})
`,
  },
  {
    id: "auth",
    title: "auth by first message",
    about: 'expects {"token": "secret"} as the first message; otherwise closes with 4401',
    kind: "websocket",
    example: { kind: "json", data: '{"token": "secret", "user": "alice"}' },
    source: (path) => `class ${className(path)}(WebSocketEndpoint):
    encoding = "json"
    user = None

    async def on_connect(self, websocket):
        await websocket.accept()

    async def on_receive(self, websocket, data):
        if self.user is None:
            if data.get("token") != "secret":
                await websocket.close(4401, "wrong token")
                return
            self.user = data.get("user", "somebody")
            await websocket.send_json({"welcome": self.user})
            return
        await websocket.send_json({"from": self.user, "got": data})
`,
  },
  {
    id: "push",
    title: "periodic push",
    about: "sends every second without being asked; send it a number to change how often",
    kind: "websocket",
    example: { kind: "text", data: "0.5" },
    source: (path) => `import asyncio


class ${className(path)}(WebSocketEndpoint):
    encoding = "text"
    every = 1.0

    async def on_connect(self, websocket):
        await websocket.accept()
        self.task = asyncio.create_task(self.push(websocket))

    async def push(self, websocket):
        number = 0
        while True:
            number += 1
            await websocket.send_json({"number": number})
            await asyncio.sleep(self.every)

    async def on_receive(self, websocket, data):
        self.every = max(0.1, float(data))

    async def on_disconnect(self, websocket, close_code):
        self.task.cancel()
`,
  },
  {
    id: "bytes",
    title: "bytes",
    about: "takes binary messages and answers with their length and checksum",
    kind: "websocket",
    example: { kind: "hex", data: "68 65 6c 6c 6f" },
    source: (path) => `import zlib


class ${className(path)}(WebSocketEndpoint):
    encoding = "bytes"

    async def on_receive(self, websocket, data):
        await websocket.send_json({"bytes": len(data), "crc32": f"{zlib.crc32(data):08x}"})
`,
  },
  {
    id: "both",
    title: "text or bytes",
    about: "accepts text and bytes, and answers with the same",
    kind: "websocket",
    example: { kind: "text", data: "hello" },
    source: (path) => `class ${className(path)}(WebSocketEndpoint):
    encoding = None

    async def on_receive(self, websocket, data):
        if isinstance(data, str):
            await websocket.send_text(data[::-1])
        else:
            await websocket.send_bytes(data[::-1])
`,
  },
  {
    id: "subprotocol",
    title: "subprotocol",
    about: "chooses one of the subprotocols that a client offers; the ▾ beside + Connect has a field for them",
    kind: "websocket",
    example: { kind: "text", data: "hello" },
    source: (path) => `class ${className(path)}(WebSocketEndpoint):
    encoding = "text"
    known = ["chat.v2", "chat.v1"]

    async def on_connect(self, websocket):
        offered = websocket.scope["subprotocols"]
        self.chosen = next((name for name in self.known if name in offered), None)
        await websocket.accept(subprotocol=self.chosen)

    async def on_receive(self, websocket, data):
        await websocket.send_json({"subprotocol": self.chosen, "got": data})
`,
  },
  {
    id: "http",
    title: "HTTP",
    about: "answers GET and POST, any other method gets 405; its path may have parameters: /items/{name}",
    kind: "http",
    example: null,
    source: (path) => `class ${className(path)}(HTTPEndpoint):
    async def get(self, request):
        return JSONResponse({"path": request.path_params, "query": dict(request.query_params)})

    async def post(self, request):
        body = await request.body()
        return JSONResponse({"bytes": len(body)}, status_code=201)
`,
  },
  {
    id: "page",
    title: "page",
    about: "an HTML page whose script talks to the endpoint that is chosen now",
    kind: "http",
    example: null,
    source: pageSource,
  },
];

/** `/rooms/{name}/chat` becomes `RoomsChat`. */
export function className(path: string): string {
  const words = path.replace(/\{[^{}]*\}/g, " ").match(/[A-Za-z0-9]+/g) ?? [];
  const name = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
  return /^[A-Za-z]/.test(name) ? name : `Echo${name}`;
}

/** A page that talks to a WebSocket endpoint of the same server. */
function pageSource(path: string, { path: partner, encoding }: Partner): string {
  // Relative, so that the page also works behind a proxy that puts a prefix in front of its path.
  const place = pathOf(partner).replace(/\{[^{}]*\}/g, "1");
  const relative = encodeURI("../".repeat(path.split("/").length - 2) + place.slice(1));
  const first = encoding === "json" ? '{"say": "hello"}' : "hello";
  return `PAGE = """<!doctype html>
<meta charset="utf-8">
<title>${encodeURI(place)}</title>
<p id="state">connecting…</p>
<form><input size="40" value='${first}'> <button>Send</button></form>
<ul></ul>
<script>
  const url = new URL("${relative}", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new WebSocket(url);
  socket.onopen = () => { document.getElementById("state").textContent = "connected to " + url; };
  socket.onclose = ({ code }) => { document.getElementById("state").textContent = "closed with " + code; };
  socket.onmessage = ({ data }) => {
    const item = document.createElement("li");
    item.textContent = data;
    document.querySelector("ul").append(item);
  };
  document.querySelector("form").onsubmit = (event) => {
    event.preventDefault();
    socket.send(${encoding === "bytes" ? 'new TextEncoder().encode(document.querySelector("input").value)' : 'document.querySelector("input").value'});
  };
</script>
"""


class ${className(path)}(HTTPEndpoint):
    async def get(self, request):
        return HTMLResponse(PAGE)
`;
}

/** A path as typed, or an address of this server, as the path of an endpoint. */
export function pathFrom(typed: string, servers: readonly string[] = []): string {
  const text = typed.trim();
  const server = servers.find((address) => address && text.startsWith(`${address}/`));
  const path = server ? text.slice(server.length) : text;
  return !path || path.startsWith("/") || path.includes("://") ? path : `/${path}`;
}

/** A path for a template that no endpoint has: "/chat", or "/chat-2" where there is one already. */
export function freePath({ id }: Template, endpoints: readonly { path: string }[]): string {
  const taken = new Set(endpoints.map(({ path }) => path));
  let path = `/${id}`;
  for (let number = 2; taken.has(path); number++) path = `/${id}-${number}`;
  return path;
}

/** Why the path cannot be an endpoint's, as a sentence; null when it can. Starlette checks what is in its brackets. */
export function checkPath(path: string): string | null {
  if (path.includes("://"))
    return "This is another server's address; an endpoint has a path of this one, such as /chat.";
  if (/\s/.test(path)) return "A path has no spaces.";
  if (/[?#]/.test(path))
    return `Leave out ${/[?#].*/.exec(path)![0]}: it belongs to a connection, not to the endpoint.`;
  const escaped = /%[0-9a-f]{2}/i.exec(path)?.[0];
  if (escaped) return `Write the character itself in place of ${escaped}: routes are compared with the decoded path.`;
  if (/[{}]/.test(path.replace(/\{[^{}]*\}/g, ""))) return "A parameter is a name in brackets, such as {room}.";
  const odd = /\{(?![A-Za-z_]\w*(?::[A-Za-z_]\w*)?\})([^{}]*)\}/.exec(path);
  if (odd) return `{${odd[1]}} is no parameter; write a name, such as {room} or {number:int}.`;
  return null;
}
