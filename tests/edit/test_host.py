"""Errors that are held: the connection stays, and the message can be run again."""

import threading

import pytest

from playground import ConnectionEnded, HandshakeRefused, Playground
from playground.edit import live_code

FRAGILE = """
class Fragile(WebSocketEndpoint):
    encoding = "json"

    async def on_receive(self, websocket, data):
        await websocket.send_text(data["say"])

    async def on_disconnect(self, websocket, close_code):
        print("told", close_code)
"""
SOLID = FRAGILE.replace('data["say"]', 'data.get("say", "nothing")')


@pytest.fixture
def pg():
    with Playground(on_error="hold") as pg:
        pg.edit("/fragile", FRAGILE)
        yield pg


def fail(pg, client, shout="hey"):
    """Send what the handler cannot take; return the held event."""
    since = pg.log.total
    client.send_json({"shout": shout})
    seq = pg.log.wait_for("on_receive", "KeyError", since=since).seq
    return pg.held[seq]


def test_by_default_errors_are_starlettes():
    """Nothing is held, the connection ends."""
    with Playground() as pg:
        pg.edit("/fragile", FRAGILE)
        with pg.connect("/fragile") as client:
            client.send_json({})
            with pytest.raises(ConnectionEnded, match="1006"):
                client.receive()

        assert pg.held == {}
        assert pg.log.wait_for("on_disconnect").code == 1011


def test_a_held_error_keeps_the_connection(pg):
    """The event says what Starlette would have done; later messages are handled."""
    with pg.connect("/fragile", name="alice") as alice:
        held = fail(pg, alice)
        alice.send_json({"say": "still here"})
        reply = alice.receive()
        event = pg.log.find(held.seq)

    assert reply == "still here"
    assert event.error == "KeyError: 'say'"
    assert (
        event.record.reason
        == "held: Starlette would have called on_disconnect(1011), and the client would have seen 1006"
    )
    assert repr(held) == f"<HeldMessage {held.seq} alice /fragile v1 KeyError: 'say'>"


def test_held_messages_are_bounded_in_bytes_and_their_rows_say_so(pg, monkeypatch):
    """The newest is held in any case; what was let go for it cannot be run again."""
    monkeypatch.setattr(live_code, "HELD_BYTES", 10_000)
    with pg.connect("/fragile") as client:
        first = fail(pg, client)
        some = [fail(pg, client, "x" * 4000) for _ in range(3)]
        few, let_go = list(pg.held.values()), pg.log.find(first.seq).record.reason
        large = fail(pg, client, "x" * 50_000)
        one = list(pg.held.values())
        with pytest.raises(LookupError, match="not held any more"):
            first.run_again()

    assert few == some[1:]
    assert one == [large]
    assert let_go == "was held, and let go for those that came after it"


def test_a_held_message_is_run_again_on_the_next_version(pg):
    """Once; the client gets the reply it waited for."""
    with pg.connect("/fragile") as client:
        held = fail(pg, client)
        pg.edit("/fragile", SOLID)
        event = held.run_again()

        assert client.receive() == "nothing"
        assert (event.kind, event.version, event.error) == ("on_receive", 2, None)
        assert pg.held == {}
        with pytest.raises(LookupError, match=f"event {held.seq} is not held any more"):
            held.run_again()


def test_what_fails_again_is_held_again(pg):
    """As an event of its own."""
    with pg.connect("/fragile") as client:
        held = fail(pg, client)
        event = held.run_again()

        assert event.error == "KeyError: 'say'"
        assert list(pg.held) == [event.seq]
        assert client.state == "open"


def test_a_held_connection_can_be_closed_as_starlette_would(pg):
    """on_disconnect(1011) for the handler, no Close frame for the client."""
    with pg.connect("/fragile") as client:
        fail(pg, client).close()
        with pytest.raises(ConnectionEnded, match="1006"):
            client.receive()
    event = pg.log.wait_for("on_disconnect")

    assert event.code == 1011
    assert event.output == (("stdout", "told 1011\n"),)
    assert pg.held == {}


def test_a_connection_that_ends_takes_its_held_messages_along(pg):
    """They cannot be answered any more."""
    with pg.connect("/fragile") as client:
        held = fail(pg, client)
    pg.log.wait_for("on_disconnect")

    assert pg.held == {}
    with pytest.raises(LookupError, match="its connection has ended"):
        held.close()


DECODES = """
class Decodes(WebSocketEndpoint):
    encoding = "ENCODING"

    async def on_receive(self, websocket, data):
        await websocket.send_text(repr(data))
"""


@pytest.mark.parametrize(
    ("encoding", "data", "corrected", "seen"),
    [
        ("json", "{", "text", 1003),
        ("json", b"{", "bytes", 1003),
        ("json", b"\xff", "bytes", 1006),
        ("text", b"a", "bytes", 1003),
        ("bytes", "a", "text", 1003),
    ],
)
def test_a_message_that_cannot_be_decoded_is_held(pg, encoding, data, corrected, seen):
    """Nothing is closed; it is decoded anew by the corrected version, or ends the connection as Starlette would."""
    pg.edit("/decodes", DECODES.replace("ENCODING", encoding))
    with pg.connect("/decodes") as client:
        client.send(data)
        failed = pg.log.wait_for("on_receive")
        held = pg.held[failed.seq]
        pg.edit("/decodes", DECODES.replace("ENCODING", corrected))
        again = held.run_again()
        reply = client.receive()
        pg.edit("/decodes", DECODES.replace("ENCODING", encoding))
        since = pg.log.total
        client.send(data)
        seq = pg.log.wait_for("on_receive", since=since).seq
        pg.held[seq].close()
        with pytest.raises(ConnectionEnded, match=str(seen)):
            client.receive()

    assert failed.reason == (
        f"held: Starlette would have called on_disconnect(1011), and the client would have seen {seen}"
    )
    assert (again.version, again.error, reply) == (2, None, repr(data))
    assert pg.log.wait_for("on_disconnect").code == 1011
    assert pg.held == {}


def test_a_decode_of_the_users_is_left_as_it_is(pg):
    """What it closes is closed; what it only raises is held."""
    source = (
        DECODES.replace("ENCODING", "text")
        + """
    async def decode(self, websocket, message):
        if message["text"] == "close":
            await websocket.close(4000)
        raise ValueError(message["text"])
"""
    )
    pg.edit("/own", source)
    with pg.connect("/own") as client:
        client.send("raise")
        held = pg.log.wait_for("on_receive")
        there = list(pg.held)
        client.send("close")
        with pytest.raises(ConnectionEnded, match="4000"):
            client.receive()

    assert there == [held.seq]
    assert (held.error, pg.held) == ("ValueError: raise", {})


@pytest.mark.parametrize(
    ("raises", "code"),
    [
        ("from starlette.exceptions import WebSocketException\nERROR = WebSocketException(4003)", 4003),
        ("from starlette.exceptions import HTTPException\nERROR = HTTPException(401)", 1006),
        ("from starlette.websockets import WebSocketDisconnect\nERROR = WebSocketDisconnect(1000)", 1006),
    ],
)
def test_what_means_to_end_the_connection_does(pg, raises, code):
    """Starlette's own exceptions are never held."""
    pg.edit("/ends", raises + "\nclass Ends(WebSocketEndpoint):\n    async def on_receive(self, ws, data): raise ERROR")
    with pg.connect("/ends") as client:
        client.send("x")
        with pytest.raises(ConnectionEnded, match=str(code)):
            client.receive()

    assert pg.held == {}


def test_connecting_and_disconnecting_fail_as_in_starlette(pg):
    """Only messages are held."""
    pg.edit(
        "/greets",
        """
class Greets(WebSocketEndpoint):
    async def on_connect(self, websocket):
        raise ValueError("early")
""",
    )
    with pytest.raises(HandshakeRefused, match="HTTP 500"):
        pg.connect("/greets")

    assert pg.held == {}


def test_running_again_waits_for_the_event_that_runs(pg, monkeypatch):
    """Two events of one connection never overlap."""
    slow = SOLID.replace(
        "await websocket.send_text", "await websocket.receive_text()\n        await websocket.send_text"
    )
    with pg.connect("/fragile") as client:
        held = fail(pg, client)
        pg.edit("/fragile", slow)
        client.send_json({"say": "slow"})
        pg.log.wait_for("receive", '"slow"')
        inserted, insert = threading.Event(), held.host.insert
        monkeypatch.setattr(held.host, "insert", lambda message: (insert(message), inserted.set()))
        thread = threading.Thread(target=held.run_again)
        thread.start()
        # Until then "go on" could come first, as a message of its own.
        assert inserted.wait(60)
        client.send("go on")
        first = client.receive()
        client.send("go on")
        second = client.receive()
        thread.join()

    assert (first, second) == ("slow", "nothing")


def test_running_again_tells_of_that_event_alone(pg, monkeypatch):
    """Whatever ends meanwhile on other connections."""
    slow = SOLID.replace(
        "await websocket.send_text", "await websocket.receive_text()\n        await websocket.send_text"
    )
    events = []
    with pg.connect("/fragile", name="alice") as alice, pg.connect("/ws", name="bob") as bob:
        held = fail(pg, alice)
        pg.edit("/fragile", slow)
        inserted, insert = threading.Event(), held.host.insert
        monkeypatch.setattr(held.host, "insert", lambda message: (insert(message), inserted.set()))
        thread = threading.Thread(target=lambda: events.append(held.run_again()))
        thread.start()
        assert inserted.wait(60)
        bob.send("x")
        bob.receive()
        alice.send("go on")
        alice.receive()
        thread.join()

    assert [(event.kind, event.client, event.path) for event in events] == [("on_receive", "alice", "/fragile")]


def test_the_policy_is_checked(pg):
    """With the value."""
    with pytest.raises(ValueError, match="on_error has to be 'starlette' or 'hold', not 'ignore'"):
        pg.on_error = "ignore"
