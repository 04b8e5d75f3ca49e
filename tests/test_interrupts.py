"""A call that is interrupted, wherever that happens, leaves what the next call can go on from."""

import asyncio
import contextlib
import linecache
import logging
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest
from starlette.applications import Starlette

import playground
from playground import EditRejected, Playground, starting
from playground.edit.turns import Turns
from playground.serve.server import bind
from tests.conftest import ECHO, PATIENCE, in_finalizer

PACKAGE = str(Path(playground.__file__).parent)
MOST = 400
"""More lines than the main thread runs in any of these calls."""


def replaced():
    """Return what a playground replaces in the process while it runs."""
    return (
        sys.stdout,
        sys.stderr,
        logging.getLogRecordFactory(),
        logging.Logger.isEnabledFor,
        threading.Thread.start,
        threading.excepthook,
        warnings._warn_unawaited_coroutine,
        sys.getswitchinterval(),
    )


def threads():
    """Return the names of a playground's threads, once what calls have left behind has ended; the clients' one stays."""
    until_ended("playground-call")
    names = [one.name for one in threading.enumerate()]
    return [name for name in names if name.startswith("playground-") and name != "playground-clients"]


class Interrupt:
    """Raises KeyboardInterrupt at the nth line that this thread runs in the package, or in its waiting."""

    def __init__(self, number):
        self.left = number
        self.entered = set()

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self.trace)
        return self

    def __exit__(self, *_):
        sys.settrace(self.before)

    @property
    def came(self):
        """Whether there were as many lines."""
        return self.left == 0

    def leaves(self, frame):
        """Return whether a `with` ends at this line, where Python looks at no signals before its `__exit__` runs."""
        place = id(frame), frame.f_lineno
        again = place in self.entered
        if linecache.getline(frame.f_code.co_filename, frame.f_lineno).lstrip().startswith("with "):
            self.entered.add(place)
        return again

    def trace(self, frame, event, argument):
        waits = frame.f_code.co_name in ("wait", "result", "join") and "concurrent" in frame.f_code.co_filename
        if not (frame.f_code.co_filename.startswith(PACKAGE) or waits):
            return None
        if event == "call" and in_finalizer(frame):
            return None
        if event == "line" and self.left and not self.leaves(frame):
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self.trace


def at_every_line(call):
    """Call a function again and again, interrupted one line later each time; yield whether it was after each."""
    for number in range(1, MOST):
        with Interrupt(number) as interrupt, contextlib.suppress(KeyboardInterrupt):
            call()
        yield interrupt.came
        if not interrupt.came:
            assert number > 5
            return
    raise AssertionError(f"more than {MOST} lines")


def until_ended(name):
    """Wait for the threads of that name, such as those that interrupted calls have left behind."""
    for thread in threading.enumerate():
        if thread.name == name:
            thread.join(PATIENCE)


def test_stop_can_be_called_again():
    """The port is free, the row is there once, and everything that was replaced in the process is given back."""
    before = replaced()
    pg = Playground()
    for number, _ in enumerate(at_every_line(lambda: pg.stop()), 1):
        pg.stop()

        assert (pg.running, threads(), replaced()) == (False, [], before)
        assert len(pg.log.rows("kind:stop")) == len(pg.log.rows("kind:start")) == number - 1
        bind("127.0.0.1", pg.port).close()
        pg.start()
    pg.stop()


def test_start_can_be_called_again():
    """It serves then, once."""
    before = replaced()
    pg = Playground()
    for _ in at_every_line(lambda: pg.start()):
        until_ended("playground-call")
        pg.start()

        assert pg.running
        assert threads().count("playground-server") == threads().count("playground-heartbeat") == 1
        with pg.connect("/ws") as client:
            client.send("x")
            assert client.receive()
        pg.stop()
        assert (threads(), replaced()) == ([], before)


def test_restart_can_be_called_again():
    """With the settings asked for."""
    pg = Playground().start()
    for _ in at_every_line(lambda: pg.restart(ws_max_size=1000)):
        pg.restart(ws_max_size=1000)

        assert pg.running
        assert threads().count("playground-server") == 1
    pg.stop()

    assert threads() == []


def test_an_interrupted_start_in_a_cell_is_no_lost_playground():
    """Running the cell again gives one that serves, and no other is left."""
    for _ in at_every_line(lambda: playground.start(name="interrupted")):
        pg = playground.start(name="interrupted")

        assert pg.running
        assert threads().count("playground-server") == 1
        pg.stop()
        assert threads() == []
    starting._running.pop("interrupted")


def app_that_counts(ended):
    """Return an app whose lifespan says when it ends."""

    @contextlib.asynccontextmanager
    async def lifespan(app):
        yield
        ended.append(app)

    return Starlette(lifespan=lifespan)


def test_another_app_takes_over_or_not():
    """Never half of it: the app that is served is the one whose lifespan runs, and the next call goes on from there."""
    ended = []
    pg = Playground(app_that_counts(ended)).start()
    for _ in at_every_line(lambda: pg.swap(app_that_counts(ended))):
        until_ended("playground-call")
        told = len(pg.log.rows('kind:edit "another app"'))
        assert (pg.app not in ended, len(ended)) == (True, told)
        pg.swap(app_that_counts(ended))
        assert len(ended) == told + 1
    pg.stop()

    assert len(set(map(id, ended))) == len(ended) == told + 2


def test_an_app_that_hangs_is_given_up_when_it_is_to_take_over(pg):
    """At once, and the one before goes on."""
    before = pg.app
    gone = threading.Event()

    @contextlib.asynccontextmanager
    async def hangs(app):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        try:
            await asyncio.Event().wait()
        finally:
            gone.set()
        yield

    with pytest.raises(KeyboardInterrupt):
        pg.swap(Starlette(lifespan=hangs), timeout=PATIENCE)
    until_ended("playground-call")

    assert gone.wait(PATIENCE)
    assert pg.app is before
    with pg.connect("/ws") as client:
        client.send("x")
        assert client.receive()


def test_an_app_that_hangs_while_starting_is_given_up_at_once():
    """Nobody has to wait for its time to be over before the next call."""

    go_on = threading.Event()

    @contextlib.asynccontextmanager
    async def hangs(app):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        go_on.wait()
        yield

    pg = Playground(Starlette(lifespan=hangs))
    with pytest.raises(KeyboardInterrupt):
        pg.start(timeout=PATIENCE)
    until_ended("playground-call")
    bind("127.0.0.1", pg.port).close()
    go_on.set()
    until_ended("playground-server")

    assert (pg.running, threads()) == (False, [])


def test_stopping_gives_up_a_start_in_another_thread():
    """Which is told why it has failed."""
    begun = threading.Event()
    failed = []

    @contextlib.asynccontextmanager
    async def hangs(app):
        begun.set()
        await asyncio.Event().wait()
        yield

    pg = Playground(Starlette(lifespan=hangs))

    def start():
        try:
            pg.start(timeout=PATIENCE)
        except playground.StartFailed as error:
            failed.append(str(error))

    thread = threading.Thread(target=start)
    thread.start()
    assert begun.wait(PATIENCE)
    pg.stop()
    thread.join(PATIENCE)

    assert failed == ["the playground was stopped before the app had started"]
    assert threads() == []


EXITS = """
import os, signal, sys, threading
import playground
from starlette.applications import Starlette
import contextlib

@contextlib.asynccontextmanager
async def lifespan(app):
    yield
    # Python is exiting: the first interrupt comes while the playground is being stopped.
    os.kill(os.getpid(), signal.SIGINT)
    print("ended", flush=True)

pg = playground.start(Starlette(lifespan=lifespan))
print(pg.port, flush=True)
"""


def test_an_interrupt_while_python_exits_ends_the_process():
    """Nothing hangs."""
    folder = str(Path(PACKAGE).parent)
    done = subprocess.run(
        [sys.executable, "-c", EXITS], capture_output=True, text=True, timeout=PATIENCE, cwd=folder, check=False
    )
    port, *_ = done.stdout.split()
    bind("127.0.0.1", int(port)).close()

    assert "Fatal" not in done.stderr


def test_a_message_is_pushed_or_not(pg):
    """Whole or not at all, wherever it is interrupted, and at most once."""
    with pg.connect("/ws") as client:
        for _ in at_every_line(lambda: pg.push("maybe")):
            pg.push("surely")
            got = [client.receive()]
            got += [client.receive()] if got == ["maybe"] else []

            assert got in (["surely"], ["maybe", "surely"])


@pytest.mark.parametrize("first", range(1, 8))
def test_an_edit_is_made_or_not(pg, first):
    """Wherever it is interrupted: the number of versions is that of the log, connections run the last, and more follow."""
    pg.edit("/echo", ECHO)
    with pg.connect("/echo") as client:
        # An edit runs some thousand lines.
        for number in range(first, 4000, 97):
            with Interrupt(number) as interrupt, contextlib.suppress(KeyboardInterrupt, EditRejected):
                pg.edit("/echo", ECHO + f"# {number}")
            until_ended("playground-call")
            versions = pg.endpoints["/echo"].current.number
            told = pg.log.filter("kind:edit -is:errors path:/echo")
            assert told[-1].version == versions == len(told)
            client.send("x")
            assert client.receive() == "x"
            assert pg.endpoints["/echo"].runs == {versions: 1}
            if not interrupt.came:
                break
        report = pg.edit("/echo", ECHO + "# last")

    assert (report.version.number, report.live) == (versions + 1, 1)


def test_the_turn_of_an_interrupted_edit_is_over():
    """Nobody else is kept out of that path, wherever the interrupt came."""
    turns = Turns()

    def edit():
        with turns.take("/echo"):
            pass

    for _ in at_every_line(edit):
        waits = threading.Thread(target=edit, daemon=True)
        waits.start()
        waits.join(PATIENCE)
        assert not waits.is_alive()
        edit()
