"""What uvicorn and asyncio log on the playground's own threads is formatted without parsing anything."""

import asyncio
import contextlib
import io
import logging
import threading

import pytest

from playground.client import loops
from playground.client.async_client import AsyncClient
from playground.client.client import Client
from playground.common import tracebacks
from playground.serve.server import Server


async def fails(scope, receive, send):
    if scope["type"] == "websocket":
        raise_it()
    raise NotImplementedError


def raise_it():
    return len("abc") + {}["nothing"]


@pytest.fixture
def shared(monkeypatch):
    """Let Python be one whose threads share a parser."""
    monkeypatch.setattr(tracebacks, "PARSER_IS_SHARED", True)


@contextlib.contextmanager
def written_by(name):
    """Give the stream to which a logger's handler writes, and an event for the first record written."""
    stream, written = io.StringIO(), threading.Event()

    class Handler(logging.StreamHandler):
        def emit(self, record):
            super().emit(record)
            written.set()

    handler = Handler(stream)
    logger = logging.getLogger(name)
    logger.addHandler(handler)
    try:
        yield stream, written
    finally:
        logger.removeHandler(handler)


@pytest.fixture
def server():
    """A server whose app raises, and whose log goes where the program's does."""
    running = Server(fails)
    running.start(timeout=60)
    yield running
    running.stop()


def log_a_failure(loop):
    """Have a loop report what nobody caught, as it does for a task that failed."""
    try:
        raise_it()
    except KeyError as error:
        loop.call_soon_threadsafe(loop.call_exception_handler, {"message": "failed", "exception": error})


def test_uvicorns_own_error_log_has_no_carets(shared, server):
    """Whichever handler writes it; the rest of the traceback is there."""
    with written_by("uvicorn.error") as (stream, written):
        with pytest.raises(ConnectionError):
            Client(AsyncClient(f"ws://127.0.0.1:{server.port}/")).connect()
        assert written.wait(60)

    assert "return len" in stream.getvalue()
    assert "^" not in stream.getvalue()


@pytest.mark.parametrize("whose", ["server", "clients"])
def test_what_a_loop_reports_has_no_carets(shared, server, whose):
    """The server's and the one that clients live on."""
    loop = server.loop if whose == "server" else loops.client_loop()
    with written_by("asyncio") as (stream, written):
        log_a_failure(loop)
        assert written.wait(60)

    assert "return len" in stream.getvalue()
    assert "^" not in stream.getvalue()


def test_another_threads_log_is_left_alone(shared, server):
    """A loop of somebody else's says what it always said."""

    async def report():
        log_a_failure(asyncio.get_running_loop())
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    with written_by("asyncio") as (stream, written):
        asyncio.run(report())

    assert written.is_set()
    assert "^" in stream.getvalue()
