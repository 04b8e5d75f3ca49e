"""Source runs within a time limit, on the main thread and on others, and nothing else is interrupted."""

import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from playground import EditRejected, Playground
from playground.edit.source import executing
from playground.edit.source.executing import execute, left_behind
from tests.conftest import PATIENCE

# An exception from another thread may strike where a weak reference is cleared. There Python reports it and goes on, and
# the source is ended at the next attempt.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

LIMIT = 0.1

ENDLESS = {
    "loop": "while True: pass",
    "catches errors": "while True:\n    try: x = 1\n    except Exception: pass",
    "catches everything": "while True:\n    try: int('1')\n    except BaseException: pass",
    "in a class": "class A:\n    for n in iter(int, 1): pass",
    "in a decorator": "def forever(cls):\n    while True: pass\n@forever\nclass A: pass",
    "in __set_name__": "class D:\n    def __set_name__(self, owner, name):\n        while True: pass\nclass A:\n    d = D()",
    "in a metaclass": "class M(type):\n    def __new__(*a):\n        while True: pass\nclass A(metaclass=M): pass",
    "in finally": "try: 1/0\nfinally:\n    while True: pass",
    "in a generator": "def g():\n    while True: yield\nlist(n for n in g() if 0)",
    "in a coroutine": "import asyncio\nasync def f():\n    while True: await asyncio.sleep(0)\nasyncio.run(f())",
    "in eval": "exec('while True: pass')",
}
"""Sources that run on and on, one step after the other."""

WAITING = {
    "sleep": "import time\ntime.sleep(1e6)",
    "lock": "import threading\nlock = threading.Lock()\nwith lock: lock.acquire()",
    "event": "import threading\nthreading.Event().wait()",
    "queue": "import queue\nqueue.Queue().get()",
    "socket": "import socket\na, b = socket.socketpair()\nwith a, b: a.recv(1)",
    "pipe": "import os\na, b = os.pipe()\nos.read(a, 1)",
    "stubborn": "import time\nwhile True:\n    try: time.sleep(1e6)\n    except BaseException: pass",
}
"""Sources that wait in one step."""

COMPUTING = {
    "power": "x = 10 ** 10 ** 9",
    "regex": "import re\nre.match('(a+)+$', 'a' * 60 + 'b')",
}
"""Sources that compute in one step, without letting go of Python's lock."""


def run(source, limit=LIMIT):
    """Execute a source."""
    execute(compile(source, "<source>", "exec"), {"__name__": "source"}, limit=limit)


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """On a loaded machine a thread may take longer to end."""
    monkeypatch.setattr(executing, "PATIENCE", PATIENCE)


@pytest.fixture
def elsewhere():
    """Return a function that calls another on a thread and returns what it returns."""
    with ThreadPoolExecutor() as pool:
        yield lambda function, *args: pool.submit(function, *args).result(PATIENCE)


@pytest.mark.parametrize("source", ENDLESS.values(), ids=ENDLESS)
def test_what_never_ends_is_ended_at_its_line(source, elsewhere):
    """On the main thread and on another one."""
    with pytest.raises(EditRejected, match=r"^line \d: the source did not end within 0.1 s; nothing changed") as here:
        run(source)
    with pytest.raises(EditRejected, match="did not end") as there:
        elsewhere(run, source)

    assert (here.value.stage, there.value.stage) == ("run", "run")
    assert here.value.line and there.value.line
    assert not left_behind()


@pytest.mark.parametrize("source", (WAITING | COMPUTING).values(), ids=WAITING | COMPUTING)
def test_the_main_thread_waits_for_nothing_that_never_comes(source):
    """Also where only a signal gets through."""
    with pytest.raises(EditRejected, match=r"^line \d: the source did not end") as caught:
        run(source)

    last = source.count("\n") + 1
    assert caught.value.line in ((last - 1, last) if "except" in source else (last,))


def test_a_thread_that_cannot_be_interrupted_is_left_behind(elsewhere, monkeypatch):
    """The rejection says so, and counts it until it ends; then it goes no further than that step."""
    monkeypatch.setattr(executing, "PATIENCE", 0.05)
    free, went_on = threading.Event(), threading.Event()
    code = compile("import time\nfree.wait()\nwent_on.set()", "<source>", "exec")
    with pytest.raises(EditRejected, match=r"^line 2: .* its thread is left behind \(1 so far\)"):
        elsewhere(lambda: execute(code, {"free": free, "went_on": went_on}, limit=LIMIT))
    [thread] = [one for one in threading.enumerate() if one.name == "playground-edit"]

    assert thread.daemon and left_behind() == 1
    free.set()
    thread.join(PATIENCE)
    assert left_behind() == 0
    assert not went_on.is_set()


def test_nobody_waits_for_those_that_are_left_behind(elsewhere, monkeypatch):
    """Six in a row, and the next source runs."""
    monkeypatch.setattr(executing, "PATIENCE", 0.01)
    free = threading.Event()
    code = compile("free.wait()", "<source>", "exec")
    for _ in range(6):
        with pytest.raises(EditRejected, match="left behind"):
            elsewhere(lambda: execute(code, {"free": free}, limit=0.01))

    assert left_behind() == 6
    elsewhere(run, "x = 1")
    free.set()


def test_an_import_that_never_ends_can_be_made_again(tmp_path, monkeypatch, elsewhere):
    """Its lock is not held, and half of the module does not stay."""
    (tmp_path / "endless_sibling.py").write_text("import os\nif 'ENDS' not in os.environ:\n    while True: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    for call in (run, lambda source: elsewhere(run, source)):
        with pytest.raises(EditRejected, match="^line 2: the source did not end"):
            call("x = 1\nimport endless_sibling")
        assert "endless_sibling" not in sys.modules
    monkeypatch.setenv("ENDS", "1")

    elsewhere(run, "import endless_sibling")
    assert sys.modules.pop("endless_sibling")


def test_nothing_is_interrupted_after_the_source_has_ended(elsewhere):
    """Sources that end at about the limit are accepted or rejected, and what runs next goes on undisturbed."""
    limits = [0.001, *(0.0085 + step * 0.0002 for step in range(20)), PATIENCE]
    code = compile(
        "import time\nend = time.perf_counter() + 0.01\nwhile time.perf_counter() < end: pass", "<s>", "exec"
    )
    outcomes = set()

    def try_often():
        for limit in limits:
            try:
                execute(code, {}, limit=limit)
                outcomes.add("accepted")
            except EditRejected:
                outcomes.add("rejected")
            sum(range(1000))

    try_often()
    elsewhere(try_often)

    assert outcomes == {"accepted", "rejected"}


def test_a_timer_of_somebody_else_goes_on():
    """The test runner's, for example; and a source may set its own."""
    rung = threading.Event()
    before = signal.signal(signal.SIGALRM, lambda *_: rung.set())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        run("x = 1")
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 0.05
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        run("import time\nend = time.perf_counter() + 0.03\nwhile time.perf_counter() < end: pass", 1)
        deadline = time.monotonic() + PATIENCE
        while not rung.is_set() and time.monotonic() < deadline:
            pass
        assert rung.is_set()
        run("import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nsignal.setitimer(signal.ITIMER_REAL, 99)")
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 90
        assert signal.getsignal(signal.SIGALRM) is signal.SIG_IGN
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise SystemExit(3)", "line 1: SystemExit: 3"),
        ("import sys\nsys.exit()", "line 2: SystemExit"),
        ("raise GeneratorExit", "line 1: GeneratorExit"),
        ("import asyncio\nraise asyncio.CancelledError", "line 2: CancelledError"),
        ("class E(Exception):\n    def __str__(self): 1/0\nraise E", "line 3: E: its text cannot be shown"),
        ("def f(): f()\nf()", "line 1: RecursionError: maximum recursion depth exceeded"),
        ("raise KeyboardInterrupt", "interrupted while the source ran; nothing changed"),
    ],
)
def test_whatever_it_raises_rejects_the_edit(source, said, elsewhere):
    """Nothing that a source raises ends a thread, or the program."""
    for call in (run, lambda text: elsewhere(run, text)):
        with pytest.raises(EditRejected) as caught:
            call(source)
        assert str(caught.value).startswith(said)


def test_an_interrupt_ends_it():
    """Ctrl+C, and the kernel's interrupt: the edit is rejected, and nothing has changed."""
    script = (
        "import os, signal, threading, time\nfrom playground import EditRejected\n"
        "from playground.edit.source.executing import execute\n"
        "code = compile('begun.set()\\nimport time\\ntime.sleep(1e6)', '<s>', 'exec')\n"
        "begun = threading.Event()\n"
        "def interrupt():\n    begun.wait()\n    os.kill(os.getpid(), signal.SIGINT)\n"
        "threading.Thread(target=interrupt, daemon=True).start()\n"
        "try: execute(code, {'begun': begun})\nexcept EditRejected as error: print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE)

    assert told.stdout == "interrupted while the source ran; nothing changed\n"


def test_context_variables_reach_a_thread_of_its_own(elsewhere):
    """They say where its output belongs."""
    from contextvars import ContextVar

    variable = ContextVar("variable")

    def call():
        variable.set("here")
        namespace = {"variable": variable}
        execute(compile("seen = variable.get()", "<s>", "exec"), namespace)
        return namespace["seen"]

    assert elsewhere(call) == "here"


def test_an_edit_has_the_limit_of_the_playground_or_its_own(pg):
    """The endpoint goes on, and the log has the reason with its line."""
    with pg.connect("/ws") as client:
        with pytest.raises(EditRejected, match="line 1: the source did not end within 0.1 s"):
            pg.edit("/ws", "while True: pass", timeout=0.1)
        client.send("a")
        assert client.receive() == "you said: a"
    with Playground(edit_timeout=0.15) as other:
        for edit in (other.edit, other.try_edit):
            with pytest.raises(EditRejected, match="within 0.15 s"):
                edit("/ws", "while True: pass")

    assert pg.log.find(pg.log.rows("is:errors")[-1].seq).error.startswith("rejected: line 1")
    assert pg.endpoints["/ws"].current.number == 1


@pytest.mark.parametrize("value", [0, -1, None, "x"])
def test_a_limit_is_more_than_no_time(pg, value):
    """Said at the call."""
    with pytest.raises((TypeError, ValueError), match="edit_timeout has to be"):
        Playground(edit_timeout=value)
    if value is not None:
        with pytest.raises((TypeError, ValueError), match="timeout has to be"):
            pg.edit("/ws", "x = 1", timeout=value)


EDITOR = """
class Editor(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        try:
            report = pg.edit("/edited", data, timeout=0.1)
        except ValueError as error:
            report = error
        await websocket.send_text(str(report))
"""


def test_a_handler_can_edit(pg):
    """On the server's own loop, another path or its own; a source that never ends costs no more than its time."""
    pg._site._names = {"pg": pg}
    pg.edit("/editor", EDITOR)
    pg.edit("/edited", EDITOR)
    with pg.connect("/editor") as client, pg.connect("/edited") as edited:
        replies = []
        for source in (EDITOR + "\n", "x = 1\nwhile True: pass", EDITOR):
            client.send(source)
            replies.append(client.receive())
        edited.send(EDITOR + "\n\n")
        replies.append(edited.receive())

    assert replies == [
        "v2 live on 1 connection",
        "line 2: the source did not end within 0.1 s; nothing changed",
        "v3 live on 1 connection",
        "0 on v4, 1 busy on v3",
    ]


def test_going_back_to_what_no_longer_ends_is_rejected(pg, monkeypatch):
    """With a row in the log, as any other edit."""
    monkeypatch.delenv("ENDLESS", raising=False)
    pg.restart(edit_timeout=0.1)
    pg.edit("/back", "import os\nwhile 'ENDLESS' in os.environ: pass\nclass A(WebSocketEndpoint): pass")
    pg.edit("/back", "class A(WebSocketEndpoint): pass")
    monkeypatch.setenv("ENDLESS", "1")
    with pytest.raises(EditRejected, match="line 2: the source did not end"):
        pg.revert("/back", to=1)

    assert (
        pg.log.rows("is:errors")[-1].error == "rejected: line 2: the source did not end within 0.1 s; nothing changed"
    )
    assert pg.endpoints["/back"].current.number == 2
