"""A task, thread or callback that dies without anybody hearing of it has a row, and never ends the server."""

import asyncio
import contextlib
import gc
import logging
import sys
import threading

import pytest
from starlette.applications import Starlette

from playground import ConnectionEnded, Playground, open_log
from playground.serve.server import bind
from tests.conftest import PATIENCE

FEED = """
import asyncio
import contextlib
import functools
import sys
import threading

kept = set()
go_on = None

async def dies(websocket, error, told="in the task"):
    await go_on.wait()
    print(told)
    raise error

async def wakes(task):
    await asyncio.wait({task})
    with contextlib.suppress(ValueError):
        task.result()

def thread_dies(mistake):
    raise mistake

class Feed(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        global go_on
        go_on = asyncio.Event()
        await getattr(self, data)(websocket)
        # Whatever was started goes on when this hook has ended.
        asyncio.get_running_loop().call_later(0, go_on.set)
        await websocket.send_text("done")

    async def kept_in_a_set(self, websocket):
        kept.add(asyncio.create_task(dies(websocket, ValueError("late")), name="ticker"))

    async def kept_by_nobody(self, websocket):
        asyncio.create_task(dies(websocket, ValueError("late")))

    async def awaited(self, websocket):
        task = asyncio.create_task(dies(websocket, ValueError("late")))
        go_on.set()
        with contextlib.suppress(ValueError):
            await task

    async def gathered(self, websocket):
        go_on.set()
        await asyncio.gather(dies(websocket, ValueError("late")), return_exceptions=True)

    async def waited_for(self, websocket):
        task = asyncio.create_task(dies(websocket, ValueError("late")))
        go_on.set()
        await wakes(task)

    async def cancelled(self, websocket):
        asyncio.create_task(dies(websocket, ValueError("late"))).cancel()

    async def exits(self, websocket):
        kept.add(asyncio.create_task(dies(websocket, SystemExit(3))))

    async def interrupts(self, websocket):
        kept.add(asyncio.create_task(dies(websocket, KeyboardInterrupt())))

    async def calls_exit(self, websocket):
        asyncio.get_running_loop().call_later(0, sys.exit, 4)

    async def calls_back(self, websocket):
        asyncio.get_running_loop().call_later(0, functools.partial(thread_dies, ValueError("called back")))

    async def in_a_thread(self, websocket):
        threading.Thread(target=thread_dies, args=(ValueError("threaded"),), name="worker").start()

    async def hook_exits(self, websocket):
        sys.exit(5)
"""


@pytest.fixture(params=["asyncio", "uvloop"])
def feed(request):
    """A playground on either loop whose endpoint starts what a message names."""
    pytest.importorskip(request.param)
    with Playground(loop=request.param) as pg:
        pg.edit("/feed", FEED)
        yield pg


def start(pg, what):
    with pg.connect("/feed", name="alice") as alice:
        alice.send(what)
        assert alice.receive() == "done"
        return pg.log.wait_for("error", timeout=PATIENCE)


def line_of(text):
    return FEED.split("\n").index(text) + 1


@pytest.mark.parametrize("what", ["kept_in_a_set", "kept_by_nobody"])
def test_a_dead_task_has_a_row_with_its_line_and_the_hook(feed, what):
    """At once, not only when it is freed; what it printed last is there too."""
    error = start(feed, what)
    hook = feed.log.wait_for("on_receive")
    [row] = feed.log.rows("is:errors")
    name = "ticker" if what == "kept_in_a_set" else error.task.split()[1]

    assert error.error == "ValueError: late"
    assert (error.line, error.version) == (line_of("    raise error"), 1)
    assert (error.task, error.cause) == (f"task {name} (dies)", hook.seq)
    assert (error.client, error.path) == ("alice", "/feed")
    assert error.data == f"{error.task}, started by on_receive, died; nobody has awaited it yet"
    assert error.output == (("stdout", "in the task\n"),)
    assert "ValueError: late" in error.traceback
    assert repr(error.task)[1:-1] in repr(row)


def test_what_a_task_says_after_its_hook_has_a_row_of_its_own(feed):
    """The hook's row is not changed after its end; the other one refers to it."""
    error = start(feed, "kept_by_nobody")
    hook = feed.log.wait_for("on_receive")
    said = feed.log.wait_for("log", '"in the task"')

    assert hook.output == ()
    assert (said.task, said.cause, said.connection) == (error.task, hook.seq, hook.connection)
    assert said.output == (("stdout", "in the task\n"),)


@pytest.mark.parametrize("what", ["awaited", "gathered", "waited_for", "cancelled"])
def test_a_task_that_somebody_waits_for_has_none(feed, what):
    """Who takes its exception decides what becomes of it."""
    with feed.connect("/feed") as client:
        for word in (what, "kept_by_nobody"):
            client.send(word)
            assert client.receive() == "done"
        feed.log.wait_for("error", timeout=PATIENCE)
        gc.collect()
        messages = [event.seq for event in feed.log.filter("kind:on_receive")]

    assert [event.cause for event in feed.log.filter("kind:error")] == messages[1:]


@pytest.mark.parametrize(
    ("what", "name", "text"),
    [
        ("exits", "(dies)", "SystemExit: 3"),
        ("interrupts", "(dies)", "KeyboardInterrupt"),
        ("calls_exit", "a callback", "4"),
    ],
)
def test_an_exit_is_a_row_and_the_server_goes_on(feed, what, name, text):
    """Under plain uvicorn the process would end, as the row says; once."""
    error = start(feed, what)
    with feed.connect("/feed") as client:
        client.send("kept_by_nobody")
        assert client.receive() == "done"
        feed.log.wait_for("error", since=error.seq)

    assert text in error.error
    assert name in error.task
    assert error.data.endswith("died; plain uvicorn would have exited here")
    assert len(feed.log.rows('kind:error "uvicorn would"')) == 1
    assert feed.running


def test_an_exit_in_a_hook_ends_its_connection_alone(feed):
    """As under plain uvicorn, which takes every exception of an app."""
    with feed.connect("/feed") as client:
        client.send("hook_exits")
        with pytest.raises(ConnectionEnded):
            client.receive()
    failed = feed.log.wait_for("on_receive")

    assert (failed.error, feed.running) == ("SystemExit: 5", True)


def test_a_callback_that_raises_has_a_row(feed):
    """asyncio's loop tells which hook has asked for it."""
    error = start(feed, "calls_back")

    assert (error.error, error.line) == ("ValueError: called back", line_of("    raise mistake"))


def test_a_thread_that_dies_has_a_row(pg, monkeypatch):
    """With the hook that started it; who reports such threads, as Python does on stderr, still does."""
    reported = threading.Event()
    pg.stop()
    monkeypatch.setattr(threading, "excepthook", lambda args: reported.set())
    pg.start()
    pg.edit("/feed", FEED)
    error = start(pg, "in_a_thread")
    hook = pg.log.wait_for("on_receive")

    assert (error.error, error.task, error.cause) == ("ValueError: threaded", "thread worker", hook.seq)
    assert error.line == line_of("    raise mistake")
    assert reported.wait(PATIENCE)
    pg.stop()


def test_why_names_the_task_that_died(feed):
    """For an open connection, too, whose feed has ended."""
    with feed.connect("/feed", name="alice") as alice:
        alice.send("kept_in_a_set")
        alice.receive()
        error = feed.log.wait_for("error")
        found = feed.why("alice")

    assert found.verdict == (
        "it is still open; neither side has closed it; task ticker (dies) died: ValueError: late at line "
        f"{error.line} of v1"
    )
    assert found.advice == "catch the error in the task, or await the task"


def test_a_written_log_knows_of_it(pg, tmp_path):
    """As the live one does, for the row and for why."""
    pg.edit("/feed", FEED)
    with pg.connect("/feed", name="alice") as alice:
        alice.send("kept_in_a_set")
        alice.receive()
        error = pg.log.wait_for("error")
    pg.log.wait_for("end")
    (tmp_path / "log.jsonl").write_text(pg.log.rows().to_jsonl(), "utf-8")
    written = open_log(tmp_path / "log.jsonl")

    assert "task ticker (dies) died before: ValueError: late" in pg.why("alice").verdict
    assert written.why("alice").verdict == pg.why("alice").verdict
    assert list(written.filter("kind:error")) == [error]


def test_asyncio_reports_it_as_before(feed, caplog):
    """A logging configuration of the user's hears of it, and no hook that happens to run then is said to have logged it."""
    with caplog.at_level(logging.ERROR, logger="asyncio"):
        start(feed, "kept_by_nobody")
        gc.collect()
        start(feed, "kept_by_nobody")

    assert any("Task exception was never retrieved" in record.getMessage() for record in caplog.records)
    assert [event for event in feed.log if any("never retrieved" in text for _, text in event.output)] == []


def test_a_task_of_the_lifespan():
    """It belongs to no connection, and is told of all the same; a task factory of the user's makes it."""
    made = []

    def factory(loop, coroutine, **options):
        made.append(coroutine)
        return asyncio.Task(coroutine, loop=loop, **options)

    async def poll():
        await asyncio.sleep(0)
        raise OSError("no feed")

    @contextlib.asynccontextmanager
    async def lifespan(app):
        loop = asyncio.get_running_loop()
        loop.set_task_factory(factory)
        assert loop.get_task_factory() is factory
        app.state.task = asyncio.create_task(poll(), name="poller")
        assert app.state.task.get_name() == "poller"
        yield

    with Playground(Starlette(lifespan=lifespan)) as pg:
        error = pg.log.wait_for("error")

    assert (error.error, error.task, error.connection) == (
        "OSError: no feed",
        "task poller (poll)",
        None,
    )
    assert len(made) >= 1


EAGER = """
import asyncio

async def dies():
    raise ValueError("at once")

class Eager(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        self.task = asyncio.create_task(dies())
        await websocket.send_text(str(self.task.done()))
"""


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
def test_eager_tasks_work():
    """One that has ended when it is made, too."""
    with Playground(loop="asyncio") as pg:
        pg.edit("/eager", EAGER)
        with pg.connect("/eager") as client:
            client.send("x")
            done = client.receive()
            error = pg.log.wait_for("error")

    assert (done, error.error) == ("True", "ValueError: at once")


ENDS = """
import asyncio
import socket

kept = []
errors = {"exit": SystemExit(3), "interrupt": KeyboardInterrupt(), "generator": GeneratorExit()}

def fails(error):
    raise error

class Ends(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        what, _, error = data.partition(" ")
        loop = asyncio.get_running_loop()
        if what == "echo":
            await websocket.send_text(data)
        elif what == "stops":
            loop.stop()
        elif what == "stops_later":
            loop.call_soon(loop.stop)
        elif what == "cancels":
            for task in asyncio.all_tasks():
                task.cancel()
        else:
            getattr(self, what)(loop, errors[error])

    def called_soon(self, loop, error):
        loop.call_soon(fails, error)

    def called_from_a_thread(self, loop, error):
        loop.call_soon_threadsafe(fails, error)

    def reads(self, loop, error):
        kept[:] = socket.socketpair()

        def read():
            loop.remove_reader(kept[0])
            for one in kept:
                one.close()
            fails(error)

        loop.add_reader(kept[0], read)
        kept[1].send(b"x")

    def done(self, loop, error):
        future = loop.create_future()
        future.add_done_callback(lambda future: fails(error))
        future.set_result(None)

    def handles(self, loop, error):
        loop.set_exception_handler(lambda loop, context: fails(error))
        loop.call_soon(fails, ValueError("for the handler"))

    def in_executor(self, loop, error):
        kept.append(loop.run_in_executor(None, fails, error))
"""


@pytest.fixture
def ends(feed):
    """A playground on either loop whose endpoint ends what a message names."""
    feed.edit("/ends", ENDS)
    return feed


def end(pg, *messages):
    """Send messages to the endpoint, and return what it echoes at last."""
    with pg.connect("/ends", name="alice") as alice:
        for message in messages:
            alice.send(message)
        return alice.receive()


@pytest.mark.parametrize("error", ["exit", "interrupt", "generator"])
@pytest.mark.parametrize("where", ["called_soon", "called_from_a_thread", "reads", "done", "handles", "in_executor"])
def test_no_exception_of_an_app_takes_the_server_down_without_a_word(ends, where, error):
    """Its row names the line, and says where plain uvicorn would have exited; everybody else is served on."""
    assert end(ends, f"{where} {error}", "echo") == "echo"
    names = {"exit": "SystemExit: 3", "interrupt": "KeyboardInterrupt", "generator": "GeneratorExit"}
    if (where, error) == ("handles", "generator"):
        # asyncio reports what its handler was called for, and takes what the handler raised.
        names["generator"] = "ValueError: for the handler"
    told = ends.log.wait_for("error", f'"{names[error].partition(":")[0]}"')

    assert told.error.startswith(names[error].split(":")[0])
    assert told.line == ENDS.split("\n").index("    raise error") + 1
    assert ("plain uvicorn would have exited here" in told.data) == (error != "generator" and where != "in_executor")
    assert ends.running
    assert end(ends, "echo") == "echo"


@pytest.mark.parametrize(("how", "line"), [("stops", "            loop.stop()"), ("stops_later", None)])
def test_a_loop_that_an_app_stops_goes_on(ends, how, line):
    """With a row that names the line, where one did it."""
    assert end(ends, how, "echo") == "echo"
    told = ends.log.wait_for("error")

    assert told.data == "loop.stop() was called; plain uvicorn would have exited here"
    assert told.line == (ENDS.split("\n").index(line) + 1 if line else None)
    assert told.client == "alice"
    assert end(ends, "echo") == "echo"


def test_a_server_whose_own_task_is_cancelled_says_so(ends):
    """It has stopped then, as plain uvicorn does; its port is free, and it can be started again."""
    with pytest.raises(ConnectionEnded):
        end(ends, "cancels")
    told = ends.log.wait_for("error", '"own task"')

    assert told.error == (
        "the server has stopped: its own task was cancelled, as by cancelling all of asyncio.all_tasks(); "
        "plain uvicorn would have exited here; pg.start() starts it again"
    )
    for thread in threading.enumerate():
        if thread.name == "playground-server":
            thread.join(PATIENCE)
    bind("127.0.0.1", ends.port).close()
    assert not ends.running
    ends.start()
    assert end(ends, "echo") == "echo"
