"""What passes between a server and an app becomes events, and nothing else changes."""

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from playground import ConnectionEnded, HandshakeRefused, Playground
from playground.record import connections


def kinds(pg, query=""):
    return [event.kind for event in pg.log.filter(query)]


def test_a_conversation_is_recorded_in_order(echo):
    """From the handshake to the last hook, with data, size, version, path, connection and client."""
    with echo.connect("/echo?room=1", name="alice") as alice:
        alice.send("hé")
        alice.receive()
    echo.log.wait_for("on_disconnect")
    events = echo.log.filter("connection:1 witness:handler")

    assert [event.kind for event in events] == [
        "connect",
        "on_connect",
        "accept",
        "receive",
        "on_receive",
        "send",
        "disconnect",
        "on_disconnect",
    ]
    assert {(event.client, event.path, event.connection) for event in events} == {("alice", "/echo", 1)}
    received, sent = events[3], events[5]
    assert (received.data, received.size, received.version, received.direction) == ("hé", 3, 1, "in")
    assert (sent.data, sent.size, sent.version, sent.line, sent.direction) == ("hé", 3, 1, 6, "out")
    assert events[0].data == "GET /echo?room=1"
    assert ("upgrade", "websocket") in [(name.lower(), value.lower()) for name, value in events[0].headers]
    assert all(event.duration is not None for event in events if event.kind.startswith("on_"))
    assert [event.at for event in events] == sorted(event.at for event in events)


def test_a_connection_is_known_while_it_lasts_and_after(echo):
    """With its counts, and the code it ended with."""
    with echo.connect("/echo", name="alice") as alice:
        alice.send("x")
        alice.receive()
        connection = echo.connections[-1]
        assert (connection.state, connection.received, connection.sent, connection.version) == ("open", 1, 1, 1)
    echo.log.wait_for("on_disconnect")

    assert (connection.state, connection.code) == ("closed", 1000)
    assert repr(connection) == "<Connection 1 alice /echo closed 1000 v1 in 1 out 1>"


def test_ended_connections_are_bounded(echo, monkeypatch):
    """The last ones stay."""
    monkeypatch.setattr(connections, "ENDED", 3)
    for _ in range(6):
        echo.connect("/echo").close()
        echo.log.wait_for("on_disconnect", f"connection:{echo.connections[-1].id}")
    with echo.connect("/echo"):
        assert len(echo.connections) <= 5


def test_what_a_background_task_sends_carries_its_line(echo):
    """Also long after the hook that started it has returned."""
    echo.edit(
        "/ticker",
        """
import asyncio

class Ticker(WebSocketEndpoint):
    async def on_connect(self, websocket):
        await websocket.accept()
        self.task = asyncio.create_task(self.tick(websocket))

    async def tick(self, websocket):
        await asyncio.sleep(0)
        await websocket.send_text("tick")
""",
    )
    with echo.connect("/ticker") as client:
        client.receive()

    assert echo.log.wait_for("send", "tick").line == 11


def test_a_refusal_is_recorded(pg):
    """Closing before accepting is an HTTP 403, whatever code was given."""
    pg.edit("/no", "class No(WebSocketEndpoint):\n    async def on_connect(self, ws): await ws.close(4401)")
    with pytest.raises(HandshakeRefused, match="HTTP 403"):
        pg.connect("/no", name="alice")
    pg.log.wait_for("on_disconnect")

    assert kinds(pg, "path:/no witness:handler") == ["connect", "on_connect", "refuse", "disconnect", "on_disconnect"]
    assert pg.log.wait_for("refuse").code == 403


def test_an_error_in_a_hook_is_told_once(pg):
    """By the hook's own event; a function's error is an event of its own."""
    pg.edit("/a", "class A(WebSocketEndpoint):\n    async def on_receive(self, ws, data): {}['say']")
    pg.edit("/f", "async def f(websocket):\n    await websocket.accept()\n    raise ValueError('no')")
    with pg.connect("/a") as a:
        a.send("x")
        with pytest.raises(ConnectionEnded):
            a.receive()
    with pg.connect("/f") as f, pytest.raises(ConnectionEnded):
        f.receive()
    pg.log.wait_for("error", "path:/f")

    assert [(e.kind, e.error, e.line) for e in pg.log if e.error and e.path == "/a"] == [
        ("on_receive", "KeyError: 'say'", 2)
    ]
    assert [(e.kind, e.error, e.line) for e in pg.log if e.error and e.path == "/f"] == [("error", "ValueError: no", 3)]


def test_http_requests_are_recorded(pg):
    """Method, path, status, duration, and the version that answered; 405 tells what is allowed."""
    import urllib.error
    import urllib.request

    urllib.request.urlopen(f"{pg.http_url}/", timeout=60).close()
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{pg.http_url}/", data=b"x", timeout=60)
    caught.value.close()
    pg.log.wait_for("response", "code:405")
    requests = pg.log.filter("kind:request")

    assert caught.value.headers["allow"] == "GET, HEAD"
    assert [(event.data, event.code, event.version) for event in requests] == [("GET /", 200, 1), ("POST /", 405, 1)]


def test_an_http_handler_that_raises_shows_its_line(pg):
    """500 for the browser, the user's line for the person."""
    import urllib.error
    import urllib.request

    pg.edit("/broken", "async def broken(request):\n    print('trying')\n    return 1 / 0")
    with pytest.raises(urllib.error.HTTPError, match="500"):
        urllib.request.urlopen(f"{pg.http_url}/broken", timeout=60)
    event = pg.log.wait_for("request", "path:/broken")

    assert (event.error, event.line) == ("ZeroDivisionError: division by zero", 3)
    assert event.output == (("stdout", "trying\n"),)


@pytest.mark.parametrize(
    ("sends", "shown"),
    [
        ("send_bytes(bytearray(b'\\x01'))", b"\x01"),
        ("send_bytes(memoryview(b'\\x01'))", b"\x01"),
        ("send({'type': 'websocket.send', 'text': 123})", "123"),
    ],
)
def test_an_odd_payload_is_recorded_and_changes_nothing(pg, sends, shown):
    """What can travel arrives; what cannot fails in the handler as it would without us."""
    pg.edit("/odd", f"class Odd(WebSocketEndpoint):\n    async def on_receive(self, ws, data): await ws.{sends}")
    with pg.connect("/odd") as client:
        client.send("x")
        if shown == b"\x01":
            assert client.receive() == shown
        else:
            with pytest.raises(ConnectionEnded):
                client.receive()
            assert "has no attribute 'encode'" in pg.log.wait_for("on_receive").error

    assert pg.log.wait_for("send").data == shown


def test_a_send_that_fails_is_not_counted(pg):
    """It says why instead."""
    pg.edit(
        "/late",
        "class Late(WebSocketEndpoint):\n    async def on_disconnect(self, ws, code):\n"
        "        await self.send({'type': 'websocket.send', 'text': 'late'})",
    )
    pg.connect("/late").close()
    pg.log.wait_for("on_disconnect")

    assert pg.log.wait_for("send").error is not None
    assert pg.connections[-1].sent == 0


def test_lines_are_counted_in_the_source_that_is_shown(pg, tmp_path, monkeypatch):
    """What stands around a class in its file is not the class."""
    (tmp_path / "lines_app.py").write_text(
        "from starlette.endpoints import WebSocketEndpoint\n\n"
        "async def reply(ws, text):\n    await ws.send_text(text)\n    if text == 'boom': raise ValueError\n\n"
        "class Echo(WebSocketEndpoint):\n    encoding = 'text'\n"
        "    async def on_receive(self, ws, data):\n        await reply(ws, data)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import lines_app

    pg.edit("/lines", lines_app.Echo)
    with pg.connect("/lines") as client:
        client.send("boom")
        client.receive()

    assert pg.log.wait_for("send").line == 4
    assert pg.log.wait_for("on_receive").line == 4


def test_any_asgi_app_is_recorded():
    """Raw ASGI has no hooks, but messages."""

    async def app(scope, receive, send):
        if scope["type"] != "websocket":
            return
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "bytes": b"\x01"})
        await send({"type": "websocket.close", "code": 4000, "reason": "done"})

    with Playground(app) as pg:
        with pg.connect("/any") as client:
            assert client.receive() == b"\x01"
            with pytest.raises(ConnectionEnded, match="4000"):
                client.receive()
        closed = pg.log.wait_for("close")

        assert kinds(pg, "connection:1 witness:handler") == ["connect", "accept", "send", "close"]
        assert (closed.code, closed.reason) == (4000, "done")
        assert list(pg.endpoints) == []


def test_a_route_that_raises_before_accepting_is_recorded():
    """The client gets a 500, the log the exception."""

    async def breaks(websocket):
        raise ValueError("early")

    with Playground(Starlette(routes=[WebSocketRoute("/ws", breaks)])) as pg:
        with pytest.raises(HandshakeRefused, match="HTTP 500"):
            pg.connect("/ws")

        assert pg.log.wait_for("error").error == "ValueError: early"
