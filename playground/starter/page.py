from starlette.endpoints import HTTPEndpoint
from starlette.responses import HTMLResponse

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Echo</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 36rem; margin: 3rem auto; padding: 0 1rem; }
  form { display: flex; gap: .5rem; }
  input { flex: 1; font: inherit; padding: .3rem .6rem; }
  button { font: inherit; padding: .3rem 1rem; }
  li { white-space: pre-wrap; overflow-wrap: anywhere; }
</style>
<h1>Echo</h1>
<p id="state" role="status">connecting…</p>
<form><input aria-label="message" placeholder="say something" autofocus><button>Send</button></form>
<ul id="log" aria-live="polite"></ul>
<script>
  // Relative to this page, so that it also works behind a proxy: no host and no port is written down.
  const url = new URL("ws", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new WebSocket(url);
  const state = document.getElementById("state");
  const show = (text) => {
    const item = document.createElement("li");
    item.textContent = text;
    document.getElementById("log").append(item);
  };
  socket.onopen = () => { state.textContent = `connected to ${url}`; };
  socket.onmessage = (event) => show(event.data);
  socket.onclose = (event) => { state.textContent = `closed: ${event.code} ${event.reason}`; };
  document.querySelector("form").onsubmit = (event) => {
    event.preventDefault();
    const input = document.querySelector("input");
    socket.send(input.value);
    input.value = "";
  };
</script>
</html>
"""


class Page(HTTPEndpoint):
    async def get(self, request):
        return HTMLResponse(PAGE)
