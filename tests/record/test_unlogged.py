"""What a hook says in other ways than `print` is in its row, and everybody else notices nothing."""

import logging
import sys
import threading
import warnings

import pytest

from playground.record import output

SAYS = """
import asyncio
import logging
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

logger = logging.getLogger("room")
pool = ThreadPoolExecutor(1)

class Says(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await getattr(self, data)(websocket)
        await websocket.send_text("done")

    async def info(self, websocket):
        logger.debug("not %s", "shown")
        logger.info("heard %s", "alice")
        logging.getLogger("quiet").info("not shown: its level was set")

    async def adapted(self, websocket):
        logging.LoggerAdapter(logger, {}).info("adapted %d", 1)
        logger.log(25, "between")

    async def asked(self, websocket):
        print(logger.isEnabledFor(logging.INFO), logger.getEffectiveLevel())

    async def exception(self, websocket):
        try:
            1 / 0
        except ZeroDivisionError:
            logger.exception("failed")

    async def misfit(self, websocket):
        logger.info("%d", "no number")

    async def stderr(self, websocket):
        print("on stderr", file=sys.stderr)
        sys.stderr.write("written\\n")

    async def warning(self, websocket):
        warnings.warn("old way", UserWarning)

    async def in_a_thread(self, websocket):
        thread = threading.Thread(target=print, args=("from a thread",))
        thread.start()
        thread.join()

    async def in_a_thread_of_a_thread(self, websocket):
        thread = threading.Thread(target=self.starts_another)
        thread.start()
        thread.join()

    def starts_another(self):
        thread = threading.Timer(0, print, ("from a timer",))
        thread.start()
        thread.join()

    async def to_thread(self, websocket):
        await asyncio.to_thread(print, "to a thread")

    async def in_the_executor(self, websocket):
        await asyncio.get_running_loop().run_in_executor(None, print, "in the executor")

    async def in_a_pool(self, websocket):
        await asyncio.get_running_loop().run_in_executor(pool, print, "in a pool")

    async def unawaited(self, websocket):
        websocket.send_text("nothing")
"""


@pytest.fixture
def says(pg, monkeypatch):
    """An endpoint that says something in the way that a message names; logging is not configured, as in a script."""
    monkeypatch.setattr(logging.root, "level", logging.WARNING)
    logging.getLogger("quiet").setLevel(logging.ERROR)
    logging.root.manager._clear_cache()
    pg.edit("/says", SAYS)
    yield pg
    logging.getLogger("quiet").setLevel(logging.NOTSET)


def said(pg, what):
    """Return what is in the row of a hook that did something."""
    with pg.connect("/says") as client:
        client.send(what)
        client.receive()
        return pg.log.wait_for("on_receive").output


def line_of(text):
    return next(number for number, line in enumerate(SAYS.split("\n"), 1) if text in line)


@pytest.mark.parametrize(
    ("what", "output"),
    [
        ("info", [("INFO", "room: heard alice\n")]),
        ("adapted", [("INFO", "room: adapted 1\n"), ("Level 25", "room: between\n")]),
        ("asked", [("stdout", "False 30\n")]),
        ("misfit", []),
        ("stderr", [("stderr", "on stderr\nwritten\n")]),
        ("in_a_thread", [("stdout", "from a thread\n")]),
        ("in_a_thread_of_a_thread", [("stdout", "from a timer\n")]),
        ("to_thread", [("stdout", "to a thread\n")]),
        ("in_the_executor", [("stdout", "in the executor\n")]),
        ("in_a_pool", [("stdout", "in a pool\n")]),
        (
            "unawaited",
            [
                (
                    "WARNING",
                    "coroutine 'WebSocket.send_text' was never awaited, so it did nothing; write await before it "
                    f"(line {line_of('nothing')})\n",
                )
            ],
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_it_is_in_the_row_of_the_hook(says, what, output):
    """Once, whoever prints it for the hook."""
    assert said(says, what) == tuple(output)


def test_a_logged_exception_has_its_traceback(says):
    """The message alone says nothing about it."""
    [(level, text)] = said(says, "exception")

    assert level == "ERROR"
    assert text.startswith("room: failed\nTraceback (most recent call last):\n")
    assert text.endswith("ZeroDivisionError: division by zero\n")


def test_a_warning(says):
    """As Python prints it."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        # In place of pytest's, which keeps them for itself.
        warnings.showwarning = original_showwarning
        [(stream, text)] = said(says, "warning")

    assert stream == "stderr"
    assert f":{line_of('old way')}: UserWarning: old way\n" in text


def original_showwarning(message, category, filename, lineno, file=None, line=None):
    sys.stderr.write(warnings.formatwarning(message, category, filename, lineno, line))


@pytest.mark.parametrize("action", ["error", "ignore", "once"])
def test_filters_of_warnings_hide_no_forgotten_await(says, action):
    """Each hook that forgets it is told, whatever is to become of the warning."""
    unraisable, before = [], sys.unraisablehook
    sys.unraisablehook = unraisable.append
    try:
        with warnings.catch_warnings(record=True):
            warnings.simplefilter(action)
            with says.connect("/says") as client:
                for _ in range(2):
                    client.send("unawaited")
                    client.receive()
                hooks = says.log.filter("kind:on_receive")
    finally:
        sys.unraisablehook = before

    assert ["never awaited" in str(event.output) for event in hooks] == [True, True]
    assert len(unraisable) == (2 if action == "error" else 0)


def test_the_users_own_logging_is_as_before(says):
    """A handler gets what its level lets through, from the line that logged it; the row has each message once."""
    records = []
    handler = logging.StreamHandler(sys.stderr)
    handler.emit = records.append
    logger = logging.getLogger("room")
    logger.addHandler(handler)
    try:
        quiet = said(says, "info")
        logger.setLevel(logging.INFO)
        loud = said(says, "info")
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    line = line_of("heard %s")

    assert quiet == loud == (("INFO", "room: heard alice\n"),)
    assert [(record.getMessage(), record.lineno, record.funcName) for record in records] == [
        ("heard alice", line, "info")
    ]


def test_nothing_is_left_behind(monkeypatch):
    """Every function that was replaced is the one of before."""

    def replaced():
        return (
            sys.stdout,
            sys.stderr,
            logging.getLogRecordFactory(),
            logging.Logger.isEnabledFor,
            threading.Thread.start,
            threading.excepthook,
            warnings._warn_unawaited_coroutine,
        )

    before = replaced()
    output.capture("one")
    during = replaced()
    output.release("one")

    assert all(new is not old for new, old in zip(during, before, strict=True))
    assert replaced() == before
