"""What an app returns reaches uvicorn, which ends the connection and says what ASGI expects."""

import logging

import pytest

from playground import Playground

from .peers import Peer
from .test_handshake import Bare, undated

SANSIO, WSPROTO = "websockets-sansio", "wsproto"

ENDS = {
    "/accepts": [{"type": "websocket.accept"}],
    "/closes": [{"type": "websocket.accept"}, {"type": "websocket.close", "code": 4000}],
    "/refuses": [{"type": "websocket.close", "code": 4000}],
    "/silent": [],
}

REQUEST = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"

RETURNED = {"/nothing": None, "/zero": 0, "/text": "done", "/false": False}


async def app(scope, receive, send):
    """Answer, and return what the path says."""
    if scope["type"] == "websocket":
        await receive()
        for message in ENDS[scope["path"]]:
            await send(message)
        return "returned"
    if scope["type"] == "http":
        if scope["path"] != "/zero":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"ok"})
        return RETURNED[scope["path"]]
    return None


def conversation(peer, path):
    """Return what a peer reads, which leaves once it was told to."""
    frames = [peer.frame()] if path == "/closes" else []
    peer.fin()
    return undated(peer.answer), frames + peer.rest()


def said(caplog):
    """Return what uvicorn said of the app."""
    lines = [one.getMessage() for one in caplog.records if "ASGI" in one.getMessage()]
    caplog.clear()
    return lines


@pytest.mark.parametrize("path", ENDS)
@pytest.mark.parametrize("ws", [SANSIO, WSPROTO])
@pytest.mark.parametrize("http", ["h11", "httptools"])
def test_what_a_websockets_app_returns_is_told_to_uvicorn(caplog, http, ws, path):
    """It logs the value, and drops the connection."""
    with Bare(app, http=http, ws=ws) as bare, Peer(f"ws://127.0.0.1:{bare.port}", path) as peer:
        plain = conversation(peer, path)
    expected = said(caplog)
    with Playground(app, http=http, ws=ws) as pg:
        with Peer(pg.url, path) as peer:
            ours = conversation(peer, path)
        pg.log.wait_for("end")
        logged = [row.data for row in pg.log.rows("kind:log") if "ASGI" in row.data]

    assert ours == plain
    assert logged == expected
    if path != "/silent":
        assert expected == ["ASGI callable should return None, but returned 'returned'."]


@pytest.mark.parametrize("path", RETURNED)
@pytest.mark.parametrize("http", ["h11", "httptools"])
def test_what_an_http_app_returns_is_told_to_uvicorn(caplog, http, path):
    """It closes the connection, also where an answer was sent."""
    caplog.set_level(logging.INFO)
    with (
        Bare(app, http=http) as bare,
        Peer(f"ws://127.0.0.1:{bare.port}", "/", head=REQUEST % path.encode(), waits=False) as peer,
    ):
        if RETURNED[path] is None:
            peer.fin()
        while peer._more():
            pass
        plain = undated(peer._buffer)
    expected = said(caplog)
    with Playground(app, http=http) as pg:
        with Peer(pg.url, "/", head=REQUEST % path.encode(), waits=False) as peer:
            if RETURNED[path] is None:
                peer.fin()
            while peer._more():
                pass
        logged = [row.data for row in pg.log.rows("kind:log") if "ASGI" in row.data]

    assert undated(peer._buffer) == plain
    assert logged == expected
    assert bool(expected) is (RETURNED[path] is not None)
