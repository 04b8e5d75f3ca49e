/** Templates for a new endpoint. */

export interface Template {
  id: string;
  title: string;
  /** One sentence: what it does and what it teaches. */
  about: string;
  source(path: string): string;
}

export const TEMPLATES: readonly Template[] = [
  {
    id: "echo",
    title: "echo",
    about: "sends back what it gets",
    source: (path) => `class ${className(path)}(WebSocketEndpoint):
    encoding = "text"

    async def on_connect(self, websocket):
        await websocket.accept()

    async def on_receive(self, websocket, data):
        await websocket.send_text(f"echo: {data}")

    async def on_disconnect(self, websocket, close_code):
        pass
`,
  },
  {
    id: "chat",
    title: "chat",
    about: "repeats every message to everybody; keeps a set of connections",
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
    about: "counts for each connection and for all; where state lives",
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
    about: 'wants {"token": "secret"} first, else closes with 4401',
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
];

/** `/rooms/{name}/chat` becomes `RoomsChat`. */
export function className(path: string): string {
  const words = path.replace(/\{[^{}]*\}/g, " ").match(/[A-Za-z0-9]+/g) ?? [];
  const name = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
  return /^[A-Za-z]/.test(name) ? name : `Echo${name}`;
}

/** Why the path cannot be an endpoint's, or null. */
export function checkPath(path: string): string | null {
  if (!path.startsWith("/")) return "a path starts with /";
  if (/\s/.test(path)) return "a path has no spaces";
  if (/[?#]/.test(path)) return "leave the query out: it belongs to a connection";
  return null;
}
