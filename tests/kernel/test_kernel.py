"""In a real ipykernel: what a cell prints, interrupts, restarts, and what others did to asyncio."""

import os
import subprocess
import sys

import pytest
from jupyter_client.manager import KernelManager

from playground.client.async_client import AsyncClient
from playground.client.client import Client

PATIENCE = 120
"""Seconds that a kernel gets for anything; only a failing test waits that long."""


class Kernel:
    """A kernel and what its cells print."""

    def __init__(self, manager) -> None:
        self.manager = manager
        self.client = manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)

    def begin(self, code: str) -> str:
        return self.client.execute(code)

    def finish(self, request: str) -> tuple[str, str]:
        """Return (stdout and stderr, error name) of a cell."""
        printed, error = [], ""
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                printed.append(content["text"])
            elif message["msg_type"] == "error":
                error = content["ename"]
                printed.append(content["evalue"])
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                return "".join(printed), error

    def run(self, code: str) -> str:
        printed, error = self.finish(self.begin(code))
        assert not error, printed
        return printed


def start_kernel() -> tuple[KernelManager, Kernel]:
    """A kernel whose ports are chosen before it starts; when another program has taken one meanwhile, another kernel."""
    for attempts_left in (1, 0):
        manager = KernelManager(kernel_name="python3", shutdown_wait_time=PATIENCE)
        manager.start_kernel(env={**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"})
        try:
            return manager, Kernel(manager)
        except RuntimeError:
            manager.shutdown_kernel(now=True)
            if not attempts_left:
                raise
    raise AssertionError("unreachable")


@pytest.fixture
def kernel():
    manager, kernel = start_kernel()
    yield kernel
    kernel.client.stop_channels()
    manager.shutdown_kernel(now=True)


START = "import playground; pg = playground.start(); print(pg.url)"


def test_what_a_handler_prints_belongs_to_its_event(kernel):
    """And not to whichever cell happens to run."""
    kernel.run(START)
    kernel.run("%%endpoint /loud\nclass Loud(WebSocketEndpoint):\n    async def on_connect(self, websocket):\n"
               "        print('from the handler')\n        await websocket.accept()")  # fmt: skip
    printed = kernel.run("with pg.connect('/loud'): print('from the cell')")
    logged = kernel.run("print(pg.log.wait_for('on_connect').output)")

    assert printed == "from the cell\n"
    assert logged == "(('stdout', 'from the handler\\n'),)\n"


TROUBLE = """%%endpoint /trouble
import asyncio, logging, sys, threading
async def dies():
    raise ValueError("late")
def fails():
    raise ValueError("threaded")
class Trouble(WebSocketEndpoint):
    encoding = "text"
    async def on_receive(self, websocket, data):
        print("on stderr", file=sys.stderr)
        logging.getLogger("room").warning("not configured")
        websocket.send_text("forgotten")
        asyncio.create_task(dies())
        threading.Thread(target=fails).start()
        await websocket.send_text(data)
"""


def test_no_trouble_of_a_handler_is_printed_under_a_cell(kernel):
    """Standard error, logging, warnings, tasks and threads: each is in the log, and only there."""
    kernel.run(START)
    kernel.run(TROUBLE)
    printed = kernel.run(
        "with pg.connect('/trouble') as client:\n"
        "    client.send('x'); client.receive()\n"
        f"    error = pg.log.wait_for('error', 'ValueError late', timeout={PATIENCE})\n"
        f"    error = pg.log.wait_for('error', 'threaded', timeout={PATIENCE})\n"
        "import gc; gc.collect(); print('from the cell')"
    )
    said = kernel.run("print(pg.log.wait_for('on_receive', 'client:c1').text)")

    assert printed == "from the cell\n"
    assert [word for word in ("on stderr", "not configured", "never awaited") if word not in said] == []


def test_a_cell_that_waits_can_be_interrupted(kernel):
    """The connection is kept and answers afterwards."""
    kernel.run(START)
    kernel.run("alice = pg.connect('/ws')")
    request = kernel.begin("print('waiting'); alice.receive(timeout=60)")
    while True:
        message = kernel.client.get_iopub_msg(timeout=PATIENCE)
        if message["msg_type"] == "stream":
            break
    kernel.manager.interrupt_kernel()
    _, error = kernel.finish(request)

    assert error == "KeyboardInterrupt"
    assert kernel.run("alice.send('x'); print(alice.receive())") == "you said: x\n"


def test_a_restart_tells_the_clients(kernel):
    """They get 1012 and not a dead socket; the next kernel starts as if nothing had been."""
    url = kernel.run(START).strip()
    outside = Client(AsyncClient(f"{url}/ws")).connect()
    kernel.client.stop_channels()
    kernel.manager.restart_kernel()
    with pytest.raises(ConnectionError, match="1012 service restart"):
        outside.receive()
    again = Kernel(kernel.manager)

    assert again.run(START).startswith("ws://127.0.0.1:")
    again.client.stop_channels()


def test_a_second_run_of_the_first_cell_keeps_everything(kernel):
    """The same server, at the same address."""
    first = kernel.run(START)
    kernel.run("alice = pg.connect('/ws')")

    assert kernel.run(START) == first
    assert kernel.run("alice.send('x'); print(alice.receive())") == "you said: x\n"


def test_an_endpoint_cell_before_the_start_says_what_is_missing(kernel):
    """The import is enough for the magic to be known."""
    kernel.run("import playground")
    printed, _ = kernel.finish(kernel.begin("%%endpoint /echo\nclass Echo(WebSocketEndpoint): pass"))

    assert "no playground runs; write pg = playground.start() in a cell before" in printed


def test_awaiting_in_cells_works(kernel):
    """On the kernel's own loop."""
    kernel.run(START)

    assert kernel.run(
        "async with pg.connect_async('/ws') as bob:\n    await bob.send('x')\n    print(await bob.receive())"
    ) == ("you said: x\n")


def test_a_mistake_in_an_endpoint_cell_is_short(kernel):
    """Its line, not a traceback through this package."""
    kernel.run(START)
    printed, error = kernel.finish(kernel.begin("%%endpoint /ws\nclass Echo(WebSocketEndpoint:\n    pass"))

    assert error == "UsageError" or "UsageError" in printed
    assert "parse error: line 1" in printed
    assert "Traceback" not in printed


@pytest.fixture
def old_nest_asyncio(tmp_path):
    """The folder of nest_asyncio 1.6.0, which nobody should install and many have."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--target",
        str(tmp_path),
        "nest-asyncio==1.6.0",
    ]
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode:
        subprocess.run([sys.executable, "-m", "ensurepip"], check=True, capture_output=True)
    installed = subprocess.run(command, capture_output=True, text=True)
    if installed.returncode:
        if os.environ.get("CI"):
            pytest.fail(f"CI has to try the old nest_asyncio and could not get it: {installed.stderr}")
        pytest.skip(f"THE OLD nest_asyncio WAS NOT TRIED: {installed.stderr}")
    return tmp_path


@pytest.mark.parametrize("order", ["before", "after"])
def test_the_old_nest_asyncio_is_survived(kernel, old_nest_asyncio, order):
    """Applied before or after: a clear warning, and server, clients and edits go on."""
    nest = f"import sys; sys.path.insert(0, {str(old_nest_asyncio)!r}); import nest_asyncio; nest_asyncio.apply()\n"
    printed = kernel.run(nest + START if order == "before" else START + "\n" + nest + START)
    talked = kernel.run(
        "alice = pg.connect('/ws'); alice.send('x'); print(alice.receive())\n"
        "pg.edit('/ws', pg.endpoints['/ws'].current.source.replace('you said', 'edited'))\n"
        "alice.send('x'); print(alice.receive()); pg.stop()"
    )

    assert "nest_asyncio 1.x was applied here" in printed
    assert talked == "you said: x\nedited: x\n"


def test_cells_queued_behind_asyncio_run_are_not_lost(kernel):
    """With nest-asyncio2, which is what `allow_asyncio_run` applies."""
    kernel.run(START + "\nimport asyncio; playground.allow_asyncio_run()")
    cells = ["asyncio.run(asyncio.sleep(0.05)); print('A')", "print('B')", "print('C')"]
    requests = [kernel.begin(cell) for cell in cells]

    assert [kernel.finish(request)[0] for request in requests] == ["A\n", "B\n", "C\n"]


def test_a_kernel_that_nobody_told_shows_the_panel(kernel):
    """A cell's last line is enough; the view is a widget."""
    kernel.run(START)
    request = kernel.begin("pg")
    shown = None
    while shown is None:
        message = kernel.client.get_iopub_msg(timeout=PATIENCE)
        if message["msg_type"] == "display_data" and message["parent_header"].get("msg_id") == request:
            shown = message["content"]["data"]

    assert "application/vnd.jupyter.widget-view+json" in shown
    assert shown["text/plain"].startswith("<Playground ws://127.0.0.1:")
