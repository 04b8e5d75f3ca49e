"""Fixed sentences of other projects, as their installed versions say them."""

import ast
import asyncio
import gc
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from websockets.asyncio.server import serve

from playground import Playground
from playground.common.foreign_words import (
    has_traceback,
    is_message_too_large,
    is_parse_disturbed,
    is_ping_unanswered,
    reports_app_exception,
)
from playground.common.tracebacks import PARSER_IS_SHARED
from playground.serve.server import Server

from ..serve.peers import CLOSE, TEXT, Peer

WS = ["websockets-sansio", "wsproto"]


async def failing(scope, receive, send):
    raise ValueError("boom")


def logged(ask, **options):
    """Return what uvicorn logs while an app raises."""
    records = []
    server = Server(failing, on_log=records.append, options=options)
    server.start(timeout=60)
    ask(server)
    server.stop(timeout=60)
    return [record.getMessage() for record in records]


def last_close(peer):
    """Return the code and reason of the Close frame that the server sends."""
    return next(got.close for got in peer.rest() if got.opcode == CLOSE)


@pytest.mark.parametrize("ws", WS)
def test_uvicorn_reports_what_an_app_raises_in_a_handshake(ws):
    """In one line of its log."""

    def ask(server):
        with Peer(server.url, "/") as peer:
            assert peer.status == 500

    messages = logged(ask, ws=ws)

    assert sum(map(reports_app_exception, messages)) == 1
    assert not reports_app_exception("Started server process [1]")


@pytest.mark.parametrize("http", ["h11", "httptools"])
def test_uvicorn_reports_what_an_app_raises_in_a_request(http):
    """The same line."""

    def ask(server):
        with pytest.raises(urllib.error.HTTPError, match="500"):
            urllib.request.urlopen(server.http_url, timeout=60)

    assert sum(map(reports_app_exception, logged(ask, http=http))) == 1


def test_wsproto_says_that_a_message_was_too_large():
    """In the reason of its Close frame."""
    with Playground(ws="wsproto", ws_max_size=10) as pg, Peer(pg.url, "/ws") as peer:
        peer.send(TEXT, b"x" * 50)
        close = last_close(peer)

    assert is_message_too_large(*close)
    assert not is_message_too_large(1009, "mine")
    assert not is_message_too_large(1000, close[1])


@pytest.mark.parametrize("ws", WS)
def test_uvicorn_says_that_a_ping_was_not_answered(ws):
    """In the reason of its Close frame."""
    with Playground(ws=ws, ws_ping_interval=0.05, ws_ping_timeout=0.05) as pg, Peer(pg.url, "/ws") as peer:
        close = last_close(peer)

    assert is_ping_unanswered(*close)
    assert not is_ping_unanswered(1011, "mine")


def test_websockets_says_that_a_ping_was_not_answered():
    """With the same words."""

    def talk(port):
        with Peer(f"ws://127.0.0.1:{port}", "/") as peer:
            return last_close(peer)

    async def listen():
        async def until_closed(connection):
            await connection.wait_closed()

        async with serve(until_closed, "127.0.0.1", 0, ping_interval=0.05, ping_timeout=0.05) as server:
            return await asyncio.to_thread(talk, server.sockets[0].getsockname()[1])

    assert is_ping_unanswered(*asyncio.run(listen()))


def test_python_prints_a_traceback():
    """Under the same headline in every version."""
    ran = subprocess.run([sys.executable, "-c", "1 / 0"], capture_output=True, text=True, timeout=60)

    assert has_traceback(ran.stderr)
    assert not has_traceback(ran.stdout)


def test_python_3_11_fails_to_parse_what_another_parse_disturbs():
    """The garbage collector runs one in the middle of the other, and in the way that threads meet there."""
    running = []

    def parse_in_between(phase, info):
        if not running:
            running.append(phase)
            ast.parse("x")
            running.clear()

    told = None
    before = gc.get_threshold()
    gc.callbacks.append(parse_in_between)
    gc.set_threshold(1)
    try:
        ast.parse("\n".join(f"f({number}, [x, y], a=1)" for number in range(2000)))
    except SystemError as error:
        told = error
    finally:
        gc.callbacks.remove(parse_in_between)
        gc.set_threshold(*before)

    assert (told is not None) == PARSER_IS_SHARED
    assert told is None or is_parse_disturbed(told)
    assert not is_parse_disturbed(SystemError("something else"))
