"""A draft is tried on messages that really came, before anybody gets it."""

import pytest

from playground import EditRejected, UnknownEndpoint

SHOUT = """
class Shout(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(data.upper() + websocket.query_params.get("mark", ""))
"""


@pytest.fixture
def tried(pg):
    """An endpoint with three messages behind it."""
    pg.edit("/shout", SHOUT)
    with pg.connect("/shout?mark=!", name="alice") as alice:
        for text in ("a", "b", "say"):
            alice.send(text)
            alice.receive()
        yield pg


def test_a_draft_is_compared_with_what_was_sent(tried):
    """Same query, same messages; nothing is published and nobody hears of it."""
    before = tried.log.total
    same = tried.try_edit("/shout", SHOUT)
    other = tried.try_edit("/shout", SHOUT.replace("data.upper()", "data.upper() * (1 + (data == 'b'))"))

    assert same.same and [turn.after for turn in same.turns] == [("A!",), ("B!",), ("SAY!",)]
    assert [turn.same for turn in other.turns] == [True, False, True]
    assert repr(other) == "<Trial 3 messages, 1 answered differently>\n  <Turn 'b' -> 'BB!', before 'B!'>"
    assert tried.endpoints["/shout"].current.number == 1
    assert tried.log.total == before


def test_a_draft_that_raises_shows_at_which_message(tried):
    """The exception stands where the reply would."""
    trial = tried.try_edit("/shout", SHOUT.replace("data.upper()", "{'a': 'A', 'b': 'B'}[data]"))

    assert [turn.error for turn in trial.turns] == [None, None, "KeyError: 'say'"]
    assert not trial.same
    assert "<Turn 'say' -> KeyError: 'say', before 'SAY!'>" in repr(trial)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "await websocket.send_text",
            "import asyncio; await asyncio.Event().wait(); await websocket.send_text",
            "did not finish within 1 s, at message 1",
        ),
        (
            "await websocket.send_text",
            "import time; time.sleep(3); await websocket.send_text",
            "the draft blocked its thread",
        ),
        (
            "    async def on_receive",
            "    async def on_connect(self, ws): 1/0\n    async def on_receive",
            "while connecting: ZeroDiv",
        ),
        (
            "    async def on_receive",
            "    async def on_disconnect(self, ws, code): 1/0\n    async def on_receive",
            "while disconnecting: ZeroDivisionError",
        ),
    ],
)
def test_a_draft_that_hangs_or_fails_outside_a_message_is_told(tried, old, new, message):
    """The server and the caller go on."""
    trial = tried.try_edit("/shout", SHOUT.replace(old, new), timeout=1)

    assert message in trial.error
    assert not trial.same


def test_a_draft_starts_with_fresh_state(tried):
    """The room of the live version is neither seen nor touched."""
    stateful = SHOUT.replace("class", "seen = []\nclass").replace("data.upper()", "str(seen.append(data) or len(seen))")
    tried.edit("/shout", stateful)
    tried.clients["alice"].send("x")
    tried.clients["alice"].receive()
    trial = tried.try_edit("/shout", stateful)

    assert [turn.after for turn in trial.turns] == [("1!",), ("2!",), ("3!",), ("4!",)]
    tried.clients["alice"].send("y")
    assert tried.clients["alice"].receive() == "2!"


def test_binary_messages_are_tried_too(pg):
    """As bytes."""
    pg.edit("/b", "class B(WebSocketEndpoint):\n    async def on_receive(self, ws, data): await ws.send_bytes(data)")
    with pg.connect("/b") as client:
        client.send(b"\x01")
        client.receive()
        trial = pg.try_edit("/b", "class B(WebSocketEndpoint):\n    encoding = 'text'")

    assert trial.turns[0].error == "RuntimeError: Expected text websocket messages, but got bytes"


def test_what_cannot_be_tried_is_said(pg):
    """A mistake, an unknown path, no messages, HTTP."""
    with pytest.raises(EditRejected, match="line 1"):
        pg.try_edit("/ws", "class X(")
    with pytest.raises(UnknownEndpoint):
        pg.try_edit("/nowhere", SHOUT)

    assert repr(pg.try_edit("/ws", SHOUT)) == "<Trial no message was received here yet; send one first>"
    assert pg.try_edit("/", SHOUT).note == "only WebSocket endpoints have messages to try"
