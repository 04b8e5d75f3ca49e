"""What a handler that raises does to others: nothing, whatever they parse meanwhile."""

import ast
import asyncio
import contextlib
import gc
import logging
import threading

import pytest

from playground import ConnectionEnded

# Its finalizers run while Python collects garbage: where CPython 3.11 is in the middle of building a syntax tree then,
# another thread gets its turn.
FAILS = """
import logging

class Garbage:
    def __init__(self):
        self.itself = self

    def __del__(self):
        sum(range(300))

def fail(depth):
    if depth:
        return fail(depth - 1)
    for _ in range(20):
        Garbage()
    return len("a") + {}["nothing"]

class Fails(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        try:
            fail(30)
        except KeyError:
            logging.getLogger("test_failing_handlers").exception("failed")
        fail(30)
"""

LARGE = "\n".join(f"def f{number}(a, b=[{number}, 2]): return a.b(c + {number})[d] and not b" for number in range(40))


class Garbage:
    def __init__(self):
        self.itself = self

    def __del__(self):
        sum(range(300))


@contextlib.contextmanager
def failing(pg):
    """Let a handler raise on one connection after the other meanwhile; give what waits for some of that."""
    pg.edit("/fails", FAILS)
    done, failed = threading.Event(), threading.Semaphore(0)

    def go_on_failing():
        while not done.is_set():
            with pg.connect("/fails") as client, contextlib.suppress(ConnectionEnded):
                client.send("x")
                client.receive()
            failed.release()

    def some(count):
        for _ in range(count):
            assert failed.acquire(timeout=60)

    handler = logging.StreamHandler(open_nowhere())
    logger = logging.getLogger("test_failing_handlers")
    logger.addHandler(handler)
    logger.propagate = False
    thread = threading.Thread(target=go_on_failing)
    thread.start()
    try:
        yield some
    finally:
        done.set()
        thread.join()
        logger.removeHandler(handler)
        logger.propagate = True


def open_nowhere():
    class Nowhere:
        def write(self, text):
            return len(text)

        def flush(self):
            pass

    return Nowhere()


@pytest.fixture(autouse=True)
def often_collected():
    """Collect garbage many times while a tree is built."""
    before = gc.get_threshold()
    gc.set_threshold(100, 10, 10)
    yield
    gc.set_threshold(*before)


def test_no_edit_is_rejected_while_a_handler_raises(pg):
    """A hundred edits, each published."""
    with failing(pg) as failures:
        failures(3)
        for number in range(100):
            for _ in range(20):
                Garbage()
            pg.edit("/ws", f"{LARGE}\nclass Echo(WebSocketEndpoint):\n    number = {number}")
        failures(3)

    assert pg.endpoints["/ws"].current.number == 101
    assert pg.endpoints["/ws"].current.target.number == 99


def test_a_cell_is_parsed_while_a_handler_raises(pg):
    """A notebook parses its cells on the main thread, and does not try again."""
    with failing(pg) as failures:
        failures(3)
        for _ in range(200):
            for _ in range(20):
                Garbage()
            tree = ast.parse(LARGE)
        failures(3)

    assert len(tree.body) == 40


FORGETS = """
class Forgets(WebSocketEndpoint):
    async def on_connect(self, websocket):
        pass
"""


def test_why_tells_of_an_on_connect_that_forgets_to_accept(pg):
    """While the client waits, and when it has given up."""
    pg.edit("/forgets", FORGETS)

    async def dial():
        dialling = asyncio.ensure_future(pg.connect_async("/forgets", name="alice"))
        await pg.log.wait_for_async("on_connect")
        waits = pg.why("alice")
        dialling.cancel()
        await asyncio.wait({dialling})
        return waits

    waits = asyncio.run(dial())
    pg.log.wait_for("end")

    assert waits.verdict == "on_connect returned without accepting or closing, so the handshake is not answered"
    assert (
        pg.why("alice").verdict
        == "on_connect returned without accepting or closing, so the handshake was never answered"
    )
    assert waits.advice == pg.why("alice").advice == "await websocket.accept() in on_connect"
