"""The page through a real Jupyter server with jupyter-server-proxy, whose kernel runs the playground."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import httpx2 as httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BASE = "/user/ada/"
TOKEN = "a-token-of-this-test"
HUB = "hub.example.org"

CELL = """
import json, socket
from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
import playground

def headers(connection):
    return {name: value for name, value in connection.headers.items()}

async def told(request):
    return JSONResponse({"method": request.method, **headers(request)})

class Told(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_json({"said": data, **headers(websocket)})

pg = playground.start(Starlette(routes=[Route("/", told, methods=["GET", "POST"]), WebSocketRoute("/ws", Told)]))
with socket.create_connection(("127.0.0.1", TEST)) as test:
    test.sendall(str(pg.port).encode())
"""


class Notebook:
    """A Jupyter server, and the port of the playground that runs in a kernel of it."""

    def __init__(self, port: int, playground: int) -> None:
        self.port = port
        self.playground = playground
        self.path = f"{BASE}proxy/{playground}"

    def ask(self, method: str, *, direct: bool = False, **headers: str) -> httpx.Response:
        """Send a request through the proxy, or straight to the playground, as a browser or a program would."""
        port, path = (self.playground, "") if direct else (self.port, self.path)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        own = {} if direct else {"Authorization": f"token {TOKEN}"}
        return httpx.request(method, f"http://127.0.0.1:{port}{path}/", headers=own | given, trust_env=False)

    def talk(self, *, direct: bool = False, **headers: str) -> dict[str, str]:
        """Open a WebSocket, send a message, and return what the app was told."""
        port, path = (self.playground, "") if direct else (self.port, self.path)
        own = {} if direct else {"Authorization": f"token {TOKEN}"}
        with socket.create_connection(("127.0.0.1", port)) as straight:
            url = f"ws://{headers.pop('Host', f'127.0.0.1:{port}')}{path}/ws"
            with connect(url, sock=straight, additional_headers=own | headers, proxy=None) as websocket:
                websocket.send("hello")
                return json.loads(websocket.recv(timeout=60))


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """A Jupyter server as JupyterHub starts it: below a path, for another host name, with a token."""
    home = tmp_path_factory.mktemp("home")
    with socket.create_server(("127.0.0.1", 0)) as test, socket.socket() as reserved:
        spec = {"argv": kernel_command(test.getsockname()[1]), "display_name": "playground", "language": "python"}
        (home / "data" / "kernels" / "playground").mkdir(parents=True)
        (home / "data" / "kernels" / "playground" / "kernel.json").write_text(json.dumps(spec))
        # Bound, but not listening: the system gives the port to nobody else.
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        with (home / "server.log").open("wb") as log:
            process = subprocess.Popen(
                server_command(port, home), env=environment(home), cwd=home, stdout=log, stderr=log
            )
            try:
                wait_until_up(port, process, home / "server.log")
                asked = {"Authorization": f"token {TOKEN}"}
                made = httpx.post(
                    f"http://127.0.0.1:{port}{BASE}api/kernels",
                    json={"name": "playground"},
                    headers=asked,
                    trust_env=False,
                )
                assert made.status_code == 201
                test.settimeout(120)
                with test.accept()[0] as kernel:
                    yield Notebook(port, int(kernel.recv(100)))
                # The server's own end would leave the kernel to find out by itself.
                httpx.delete(
                    f"http://127.0.0.1:{port}{BASE}api/kernels/{made.json()['id']}", headers=asked, trust_env=False
                )
            finally:
                process.terminate()
                process.wait(60)


def kernel_command(test: int) -> list[str]:
    """A real ipykernel that runs the cell at once."""
    cell = CELL.replace("TEST", str(test))
    return [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", f"--IPKernelApp.code_to_run={cell}"]


def server_command(port: int, home: Path) -> list[str]:
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={port}"]
    command += ["--port-retries=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.base_url={BASE}"]
    return [*command, "--ServerApp.allow_remote_access=True", f"--ServerApp.root_dir={home}"]


def environment(home: Path) -> dict[str, str]:
    here = {name: str(home / name) for name in ("config", "data", "runtime")}
    env = {f"JUPYTER_{name.upper()}_DIR": place for name, place in here.items()}
    return {**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT), **env}


def wait_until_up(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    # Another program's start-up can only be asked for.
    for _ in range(1200):
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{BASE}api", timeout=30).close()
            return
        except OSError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
    raise RuntimeError(f"the Jupyter server did not start:\n{log.read_text()[-3000:]}")


OWN_PAGE = {"Host": HUB, "Origin": f"https://{HUB}"}
"""What a browser says that shows the page under the hub's name."""


@pytest.mark.parametrize("host", [HUB, "127.0.0.1:8888", "localhost"])
def test_the_page_comes_under_every_name_of_the_notebook_server(notebook, host):
    """The kernel knows none of the names that a hub is reached by; the notebook's server has checked who asks."""
    answer = notebook.ask("GET", Host=host)

    assert answer.status_code == 200
    assert answer.json()["host"] == host
    assert answer.json()["x-forwarded-prefix"] == notebook.path


@pytest.mark.parametrize(
    "more",
    [{}, {"Sec_Fetch_Site": "same-origin"}, {"X_Forwarded_For": "203.0.113.7", "X_Forwarded_Proto": "https"}],
    ids=["old browser", "new browser", "behind the hub's own proxy"],
)
def test_the_page_may_post(notebook, more):
    """From the Origin that it was loaded from."""
    answer = notebook.ask("POST", **OWN_PAGE, **more)

    assert answer.status_code == 200
    assert answer.json()["method"] == "POST"


def test_the_page_may_open_a_websocket(notebook):
    """From the Origin that it was loaded from."""
    told = notebook.talk(**OWN_PAGE)

    assert told["said"] == "hello"
    assert (told["host"], told["origin"]) == (HUB, f"https://{HUB}")


@pytest.mark.parametrize("site", [{}, {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}])
def test_a_foreign_page_may_not_post_through_the_proxy(notebook, site):
    """The notebook's server passes it on; the playground refuses it and says how to allow it."""
    answer = notebook.ask("POST", Host=HUB, Origin="https://evil.example", **site)

    assert answer.status_code == 403
    assert "playground.start(origins=['https://evil.example'])" in answer.text


def test_who_has_no_token_is_not_let_in(notebook):
    """By the notebook's server, before the playground is asked; it shows its own login page."""
    answer = notebook.ask("GET", Host=HUB, Authorization="token wrong")

    assert answer.status_code in (302, 403)


@pytest.mark.parametrize("forwarded", ["", "127.0.0.1", HUB])
def test_a_page_that_was_rebound_is_refused_whatever_it_sends(notebook, forwarded):
    """It comes from a browser and not from the notebook's server, and its headers say what it likes."""
    sent = {"X_Forwarded_Prefix": notebook.path, "X_ProxyContextPath": notebook.path, "X_Forwarded_Host": HUB}
    answer = notebook.ask("GET", direct=True, Host="evil.example", X_Forwarded_For=forwarded, **sent)

    assert answer.status_code == 421
    with pytest.raises(InvalidStatus, match="421"):
        notebook.talk(direct=True, Host="evil.example", Origin="http://evil.example")
