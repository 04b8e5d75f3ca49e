import json

from starlette.endpoints import HTTPEndpoint
from starlette.responses import HTMLResponse
from starlette.routing import WebSocketRoute

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>A client in a browser</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 0 auto; padding: .75rem 1rem; }
  h1 { font-size: 1.1rem; margin: 0 0 .5rem; }
  form { display: flex; flex-wrap: wrap; gap: .5rem; }
  input, select, button { font: inherit; padding: .2rem .5rem; max-width: 100%; }
  #message { flex: 1 1 12rem; }
  p { margin: .5rem 0; overflow-wrap: anywhere; }
  ul { list-style: none; margin: 0; padding: 0; }
  li { border-top: 1px solid #8884; padding: .2rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
</style>
<h1>A client in a browser</h1>
<form id="where">
  <label>path <input id="path" list="paths" size="14" spellcheck="false"></label><datalist id="paths"></datalist>
  <label>as <select id="as"><option>text<option>json<option>bytes</select></label>
  <button>Connect</button>
</form>
<p id="state" role="status">connecting…</p>
<form id="send">
  <input id="message" aria-label="message" autocomplete="off"><button>Send</button>
</form>
<p id="hint" role="status"></p>
<ul id="log" aria-live="polite"></ul>
<script type="application/json" id="known">KNOWN</script>
<script>
  const $ = (id) => document.getElementById(id);
  const asked = new URLSearchParams(location.search);
  const known = new Map(Object.entries(JSON.parse($("known").textContent)));
  const examples = { text: "say something", json: '{"say": "hello"}', bytes: "hexadecimal, such as 68 69" };
  let socket;

  if (asked.has("theme")) document.documentElement.style.colorScheme = asked.get("theme");

  for (const path of known.keys()) $("paths").append(new Option(path, path));
  $("path").value = asked.get("path") || [...known.keys()][0] || "/ws";

  function show(arrow, text) {
    const item = document.createElement("li");
    item.textContent = `${arrow} ${text}`;  // as text: what arrives is never HTML
    $("log").prepend(item);
  }

  const hex = (data) => [...new Uint8Array(data)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const shown = (data) => (typeof data === "string" ? data : hex(data));

  function describe() {
    $("message").placeholder = examples[$("as").value];
    hint();
  }

  function connect() {
    socket?.close();
    const path = $("path").value;
    // Relative to this page, so that it also works behind a proxy: no host and no port is written down.
    const url = new URL(path.replace(/^\\/*/, "./"), location.href);
    url.protocol = url.protocol.replace("http", "ws");
    $("as").value = known.get(path) ?? asked.get("encoding") ?? "text";
    describe();
    const mine = (socket = new WebSocket(url));
    mine.binaryType = "arraybuffer";
    const state = (text) => { if (mine === socket) $("state").textContent = text; };
    state(`connecting to ${url}…`);
    mine.onopen = () => state(`connected to ${url}`);
    mine.onmessage = (event) => show("←", shown(event.data));
    mine.onclose = (event) => state(`closed: ${event.code} ${event.reason}`);
  }

  // What the message becomes, or null for hexadecimal that is none.
  function payload() {
    const text = $("message").value;
    if ($("as").value !== "bytes") return text;
    const digits = text.replace(/\\s/g, "");
    if (!/^([0-9a-f]{2})*$/i.test(digits)) return null;
    return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16)).buffer;
  }

  function hint() {
    let text = "";
    if (payload() === null) text = "not hexadecimal: write two digits for each byte";
    if ($("as").value === "json" && $("message").value) {
      try { JSON.parse($("message").value); } catch (error) { text = `not JSON: ${error.message}`; }
    }
    $("hint").textContent = text;
  }

  $("where").onsubmit = (event) => { event.preventDefault(); connect(); };
  $("path").onchange = connect;
  $("as").onchange = describe;
  $("message").oninput = hint;
  $("send").onsubmit = (event) => {
    event.preventDefault();
    const data = payload();
    if (data === null) return;
    if (socket.readyState !== WebSocket.OPEN) { $("hint").textContent = "not connected: press Connect"; return; }
    socket.send(data);
    show("→", shown(data));
    $("message").value = "";
    hint();
  };
  connect();
</script>
</html>
"""


class Page(HTTPEndpoint):
    async def get(self, request):
        # The app's WebSocket endpoints; a "<" in a path must not end the script that they are written into.
        routes = [route for route in request.app.routes if isinstance(route, WebSocketRoute)]
        known = {route.path: getattr(route.endpoint, "encoding", None) for route in routes}
        return HTMLResponse(PAGE.replace("KNOWN", json.dumps(known).replace("<", "\\u003c")))
