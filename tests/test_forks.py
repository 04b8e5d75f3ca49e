"""A forked child leaves alone what is its parent's, and says that it has no playground."""

import subprocess
import sys
from pathlib import Path

import pytest

from playground.record.autopsy import autopsy
from playground.record.connections import Connections
from playground.record.log import Log
from playground.record.recorder.server import Recorder
from tests.conftest import PATIENCE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")

FOLDER = Path(__file__).parents[1]

HEAD = """
import json, os, socket, sys, threading, time, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # what Python says of forks with threads is what is tested here
import playground
before = sys.stdout, sys.stderr, sys.getswitchinterval(), threading.excepthook
pg = playground.start({settings})

def forked(function):
    "Run a function in a forked child, and return what it returned; the child exits as any Python does."
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        with open(reading) as answer:
            said = json.load(answer)
        assert os.waitpid(child, 0)[1] == 0
        return said
    with open(writing, "w") as answer:
        try:
            said = function()
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        json.dump(said, answer)
    sys.exit()

def tell(*values):
    print("=", *values, flush=True)

def answers():
    with pg.connect("/ws") as client:
        client.send("x")
        return client.receive()
"""


def run(script, *arguments, settings=""):
    """Run a script in a Python of its own, and return what it printed."""
    text = HEAD.replace("{settings}", settings) + script
    command = [sys.executable, "-c", text, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, cwd=FOLDER, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return [line.removeprefix("= ") for line in done.stdout.splitlines() if line.startswith("= ")]


def test_the_parent_goes_on_after_its_child_has_exited():
    """The child runs Python's exit, with everything that is registered there, and closes nothing of its parent's."""
    alice, echoed, state = run("""
alice = pg.connect("/ws", name="alice")
alice.send("before")
alice.receive()
forked(lambda: None)
alice.send("after")
tell(alice.receive())
tell(answers())
tell(pg.running, len(pg.log.rows("kind:stop")))
""")

    assert (alice, echoed, state) == ("you said: after", "you said: x", "True 0")


CALLS = [
    "pg.connect('/ws')",
    "pg.start()",
    "pg.restart()",
    "pg.swap(pg.app)",
    "pg.edit('/ws', '')",
    "pg.reset('/ws')",
    "pg.try_edit('/ws', '')",
    "pg.watch('x.py')",
    "pg.reenter('/ws')",
    "pg.revert('/ws', to=1)",
]


def test_a_child_says_that_it_has_no_playground():
    """Whatever is asked of it; and what to do."""
    parent, child, *said = run(
        f"""
def say():
    yield os.getpid()
    for call in ({", ".join(f"lambda: {call}" for call in CALLS)}):
        try:
            call()
        except playground.NotRunning as error:
            yield str(error)
tell(os.getpid())
for one in forked(lambda: list(say())):
    tell(one)
"""
    )

    assert said == len(CALLS) * [
        f"this process, {child}, was forked from process {parent}, where the playground runs, and has none; "
        "start one here with playground.start()"
    ]


def test_a_child_has_what_was_there_before():
    """Its own stdout, and Python's settings; no client is open, and what was recorded can be read."""
    [state] = run("""
alice = pg.connect("/ws", name="alice")
alice.send("x")
alice.receive()
rows = len(pg.log.rows("kind:receive"))
tell(forked(lambda: [
    (sys.stdout, sys.stderr, sys.getswitchinterval(), threading.excepthook) == before,
    alice.state,
    pg.running,
    len(pg.log.rows("kind:receive")) - rows,
    repr(pg).startswith(f"<Playground of process {os.getppid()} "),
    pg.stop(),
]))
""")

    assert state == "[True, 'closed', False, 0, True, None]"


def test_a_child_starts_one_of_its_own():
    """Beside its parent's, with clients of its own."""
    child, echoed = run("""
answers()
def own():
    global pg
    port, pg = pg.port, playground.start()
    said = answers(), pg.port != port
    pg.stop()
    return said
tell(forked(own))
tell(answers())
""")

    assert (child, echoed) == ("['you said: x', True]", "you said: x")


def test_a_child_writes_nothing_into_the_spill_file(tmp_path):
    """What it does, and its exit, adds no line; the parent's file is whole."""
    [rows, lines] = run(
        """
answers()
forked(lambda: [pg.log.note("log", data=f"of the child {n}") and None for n in range(1000)])
answers()
pg.stop()
log = playground.open_log(sys.argv[1])
tell(log.problems, len(log.rows("child")))
with open(sys.argv[1]) as file:
    tell("child" in file.read())
""",
        tmp_path / "spill.jsonl",
        settings="spill=sys.argv[1], log_limit=10",
    )

    assert (rows, lines) == ("[] 0", "False")


def test_other_ways_to_fork_leave_the_parent_alone():
    """Processes and pools of multiprocessing."""
    pool, process, echoed = run("""
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
fork = multiprocessing.get_context("fork")
with ProcessPoolExecutor(2, mp_context=fork) as pool:
    tell(sum(pool.map(abs, range(-10, 0))))
process = fork.Process(target=pg.stop)
process.start()
process.join()
tell(process.exitcode)
tell(answers())
""")

    assert (pool, process, echoed) == ("55", "0", "you said: x")


def test_a_child_that_lives_on_keeps_no_port():
    """`stop` frees it, and the same port can be had at once."""
    [again] = run("""
reading, writing = os.pipe()
child = os.fork()
if not child:
    os.close(writing)
    os.read(reading, 1)
    os._exit(0)
port = pg.port
pg.stop()
pg = playground.Playground(port=port).start()
tell(answers())
pg.stop()
os.close(writing)
os.waitpid(child, 0)
""")

    assert again == "you said: x"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which process has a socket")
def test_why_names_the_child_that_holds_the_socket():
    """The server has closed it, and for the client TCP does not end while the child lives."""
    child, held, after = run("""
pg.edit("/bye", '''
class Bye(WebSocketEndpoint):
    async def on_receive(self, websocket, data):
        await websocket.close(4001)
''')
from tests.serve.peers import Peer
peer = Peer(pg.url, "/bye")
reading, writing = os.pipe()
child = os.fork()
if not child:
    os.close(writing)
    os.read(reading, 1)
    os._exit(0)
tell(child)
peer.send(1, b"go")
code, _ = peer.frame().close
peer.close_with(code)
pg.log.wait_for("end", timeout=60)
tell(pg.why().verdict)
os.close(writing)
os.waitpid(child, 0)
tell(pg.why().verdict)
pg.stop()
""")

    assert held.endswith(
        f"; process {child}, forked while it was open, still holds its socket, so TCP has not ended for the client"
    )
    assert after.endswith(
        "; a child process that was forked while it was open had its socket too, and has closed it since"
    )


def test_where_the_system_does_not_tell_the_child_is_still_named():
    """As unknown."""
    log = Log()
    recorder = Recorder(log, lambda address: None, dict)
    connection = Connections().open("/ws", tapped=True)
    recorder.process_forks(connection, 4711)
    recorder.wire_ended(connection, None, True, (), None)

    assert autopsy.why(connection).verdict.endswith(
        "; a child process that was forked while it was open may hold its socket, which then ends TCP later"
    )


IN_A_HANDLER = """
import asyncio
import urllib.request
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute

async def child_does(what):
    "Fork as a careless handler does, and wait for the child without blocking the loop."
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode((await asyncio.to_thread(os.waitpid, child, 0))[1])
    if what == "exits":
        sys.exit(3)
    if what == "raises":
        raise ValueError("of the child")
    if what == "awaits":
        await asyncio.sleep(3600)

async def handler(websocket):
    await websocket.accept()
    code = await child_does(await websocket.receive_text())
    if code is not None:
        await websocket.send_text(str(code))

async def page(request):
    code = await child_does(request.query_params["what"])
    return PlainTextResponse(str(code))

pg.swap(Starlette(routes=[WebSocketRoute("/fork", handler), Route("/page", page)]))
for what in ("exits", "raises", "returns", "awaits"):
    with pg.connect("/fork") as client:
        client.send(what)
        tell(what, client.receive(timeout=30))
for what in ("exits", "raises"):
    with urllib.request.urlopen(f"{pg.http_url}/page?what={what}", timeout=30) as answer:
        tell(what, answer.read().decode())
"""


@pytest.mark.parametrize("loop", ["asyncio", "auto"])
def test_a_child_of_a_handler_is_no_second_server(loop):
    """However the handler goes on in it, it ends there, with Python's exit code; the parent's client is answered."""
    text = HEAD.replace("{settings}", f"loop={loop!r}") + IN_A_HANDLER
    command = [sys.executable, "-c", text]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, cwd=FOLDER, check=False)

    said = [line.removeprefix("= ") for line in done.stdout.splitlines() if line.startswith("= ")]
    assert said == ["exits 3", "raises 1", "returns 0", "awaits 1", "exits 3", "raises 1"], done.stderr
    assert done.stderr.count("ValueError: of the child") == 2
    assert "forked while code ran on a playground's event loop" in done.stderr
    assert done.returncode == 0
