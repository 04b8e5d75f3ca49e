/** What a new endpoint starts from. */
export function echoTemplate(path: string): string {
  return `class ${className(path)}(WebSocketEndpoint):
    encoding = "text"

    async def on_connect(self, websocket):
        await websocket.accept()

    async def on_receive(self, websocket, data):
        await websocket.send_text(f"echo: {data}")

    async def on_disconnect(self, websocket, close_code):
        pass
`;
}

/** `/rooms/{name}/chat` becomes `RoomsChat`. */
export function className(path: string): string {
  const words = path.replace(/\{[^}]*\}/g, " ").match(/[A-Za-z0-9]+/g) ?? [];
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
