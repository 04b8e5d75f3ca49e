"""A draft is tried on messages that really came, before anybody gets it."""

import asyncio
import threading

import pytest
from starlette.endpoints import WebSocketEndpoint

from playground import EditRejected, UnknownEndpoint
from playground.edit.source import executing
from playground.edit.source.executing import left_behind
from playground.ui.calls import Calls
from tests.conftest import PATIENCE

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
            "import time; time.sleep(1.8); await websocket.send_text",
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


def test_a_draft_goes_on_with_copies_of_the_state(tried):
    """As it would once it is applied; what the live version has is not touched."""
    stateful = SHOUT.replace("class", "seen = []\nclass").replace("data.upper()", "str(seen.append(data) or len(seen))")
    tried.edit("/shout", stateful)
    tried.clients["alice"].send("x")
    tried.clients["alice"].receive()
    trial = tried.try_edit("/shout", stateful)

    assert [turn.after for turn in trial.turns] == [("2!",), ("3!",), ("4!",), ("5!",)]
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


ROOM = """
class Room(WebSocketEndpoint):
    encoding = "text"
    members = set()

    async def on_connect(self, websocket):
        await websocket.accept()
        self.members.add(websocket)
        await websocket.send_text("welcome")

    async def on_receive(self, websocket, data):
        for member in self.members:
            await member.send_text(data)

    async def on_disconnect(self, websocket, close_code):
        self.members.discard(websocket)
"""

ROOM_OF_FUNCTIONS = """
members = set()

async def room(websocket):
    await websocket.accept()
    members.add(websocket)
    await websocket.send_text("welcome")
    try:
        while True:
            data = await websocket.receive_text()
            for member in members:
                await member.send_text(data)
    except WebSocketDisconnect:
        members.discard(websocket)
"""


@pytest.mark.parametrize("source", [ROOM, ROOM_OF_FUNCTIONS], ids=["class", "function"])
def test_what_others_caused_is_not_compared(pg, source):
    """Their broadcasts are sent on this connection too, between its own messages and its replies."""
    pg.edit("/room", source)
    with pg.connect("/room", name="alice") as alice, pg.connect("/room", name="bob") as bob:
        for client in (alice, bob):
            assert client.receive() == "welcome"
        for text in ("one", "two", "three"):
            for client in (alice, bob):
                client.send(f"{client.name} {text}")
                for hears in (alice, bob):
                    assert hears.receive() == f"{client.name} {text}"
        trials = [pg.try_edit("/room", source, connection=client.connection.id) for client in (alice, bob)]
        louder = pg.try_edit("/room", source.replace("send_text(data)", "send_text(data.upper())"))

    assert [trial.same for trial in trials] == [True, True]
    assert [turn.before for turn in trials[0].turns] == [("alice one",), ("alice two",), ("alice three",)]
    assert [turn.after for turn in louder.turns] == [("BOB ONE",), ("BOB TWO",), ("BOB THREE",)]


def test_what_tasks_send_belongs_to_the_message_that_started_them(pg):
    """Also when the next message came first, and at the end, after a while."""
    later = """
import asyncio

class Later(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        async def answer():
            await asyncio.sleep(0.02)
            await websocket.send_text(data)
        self.task = asyncio.create_task(answer())
"""
    pg.edit("/later", later)
    with pg.connect("/later") as client:
        client.send("a")
        client.send("b")
        assert {client.receive(), client.receive()} == {"a", "b"}
        same = pg.try_edit("/later", later)
        silent = pg.try_edit("/later", later.replace("send_text(data)", "send_text(data) if data == 'a' else None"))

    assert same.same and [turn.after for turn in same.turns] == [("a",), ("b",)]
    assert [turn.after for turn in silent.turns] == [("a",), ()]


FRAGILE = """
class Fragile(WebSocketEndpoint):
    encoding = "json"

    async def on_receive(self, websocket, data):
        await websocket.send_text(data["say"])
"""


def test_the_held_message_is_tried_first_of_all(pg):
    """Whichever connection is newer, and however many messages came since; the others are tried as before."""
    pg.on_error = "hold"
    pg.edit("/fragile", FRAGILE)
    with pg.connect("/fragile", name="alice") as alice, pg.connect("/fragile", name="bob") as bob:
        alice.send_json({"say": "before"})
        alice.receive()
        alice.send_json({"shout": "hey"})
        for text in "abc":
            alice.send_json({"say": text})
            assert alice.receive() == text
        bob.send_json({"say": "bob"})
        bob.receive()
        draft = FRAGILE.replace('data["say"]', 'data.get("say", "nothing")')
        trial = pg.try_edit("/fragile", draft, last=2)
        still = pg.try_edit("/fragile", FRAGILE, last=2)
        others = pg.try_edit("/fragile", draft, connection=bob.connection.id)
        pg.edit("/fragile", draft)
        [held] = pg.held.values()
        held.run_again()
        assert alice.receive() == "nothing"
        done = pg.try_edit("/fragile", draft, connection=alice.connection.id)

    first, *rest = trial.turns
    assert (first.held, first.received, first.after) == (True, '{"shout": "hey"}', ("nothing",))
    assert (first.failed, first.before, first.error, first.same) == ("KeyError: 'say'", (), None, False)
    assert [(turn.held, turn.after, turn.same) for turn in rest] == [(False, ("b",), True), (False, ("c",), True)]
    assert repr(trial) == (
        "<Trial 3 messages, 1 answered differently>\n"
        "  <Turn held '{\"shout\": \"hey\"}' -> 'nothing', before KeyError: 'say'>"
    )
    assert still.turns[0].error == "KeyError: 'say'" and not still.error and len(still.turns) == 3
    assert [turn.after for turn in others.turns] == [("bob",)]
    assert not any(turn.held for turn in done.turns)


def test_while_errors_are_held_a_draft_goes_on_after_one(pg):
    """As the endpoint itself does; what means to close closes all the same."""
    pg.on_error = "hold"
    pg.edit("/shout", SHOUT)
    with pg.connect("/shout") as client:
        for text in ("a", "b", "c"):
            client.send(text)
            client.receive()
        trial = pg.try_edit("/shout", SHOUT.replace("data.upper()", "{'a': 'A', 'c': 'C'}[data]"))
        closes = pg.try_edit(
            "/shout",
            "from starlette.exceptions import WebSocketException\n"
            + SHOUT.replace("await websocket", "raise WebSocketException(4000)\n        await websocket"),
        )

    assert [turn.error for turn in trial.turns] == [None, "KeyError: 'b'", None]
    assert [turn.after for turn in trial.turns] == [("A",), (), ("C",)]
    assert len(closes.turns) == 1 and closes.turns[0].error.startswith("WebSocketException")


def test_what_a_draft_sends_to_others_reaches_nobody(pg):
    """Also where the people are in a module or an app that the draft shares with what is served."""
    people = set()

    class Room(WebSocketEndpoint):
        encoding = "text"

        async def on_connect(self, websocket):
            await websocket.accept()
            people.add(websocket)

        async def on_receive(self, websocket, data):
            for one in list(people):
                await one.send_text("said " + data)

        async def on_disconnect(self, websocket, close_code):
            people.discard(websocket)

    pg.edit("/room", Room)
    with pg.connect("/room") as alice, pg.connect("/room") as bob:
        alice.send("one")
        heard = [bob.receive()]
        trial = pg.try_edit("/room", pg.endpoints["/room"].current.source.replace("said", "DRAFT"))
        alice.send("two")
        heard.append(bob.receive())

    assert [turn.after for turn in trial.turns] == [("DRAFT one",)]
    assert heard == ["said one", "said two"]


EXITS = """
import asyncio, sys

def leaves():
    raise KIND("gone")

async def leaves_later():
    leaves()

class Shout(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(data.upper() + "!")
"""


def exits(kind):
    return EXITS.replace("KIND", "asyncio.CancelledError" if kind is asyncio.CancelledError else kind.__name__)


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError])
@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("    def __init__(self, *scope):\n        leaves()\n", None),
        ("    async def on_connect(self, websocket):\n        leaves()\n", None),
        ("    async def on_disconnect(self, websocket, code):\n        leaves()\n", None),
        ("    async def decode(self, websocket, message):\n        leaves()\n", 0),
        ("    async def decode(self, websocket, message):\n        asyncio.current_task().cancel('gone')\n", 0),
    ],
)
def test_what_ends_a_program_is_the_drafts_error(tried, kind, where, message):
    """It ends neither the cell that tries the draft, nor the trial without a word."""
    trial = tried.try_edit("/shout", exits(kind) + where)
    told = trial.error if message is None else trial.turns[message].error

    assert ("CancelledError" if "cancel(" in where else f"{kind.__name__}: gone") in told
    assert not trial.same


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
@pytest.mark.parametrize("start", ["create_task(leaves_later())", "call_soon(leaves)"])
def test_a_task_or_callback_that_ends_the_loop_is_told(tried, kind, start):
    """As the error of the message that was handled then."""
    hook = (
        "    async def decode(self, websocket, message):\n"
        f"        asyncio.get_running_loop().{start}\n        await asyncio.Event().wait()\n"
    )
    trial = tried.try_edit("/shout", exits(kind) + hook)

    assert (trial.error, trial.turns[0].error) == (None, f"{kind.__name__}: gone")


def test_the_panel_goes_on_when_a_draft_exits(tried):
    """Its call returns the error as the draft's."""
    hook = "    async def decode(self, websocket, message):\n        leaves()\n"
    result = Calls(tried).run("try", {"path": "/shout", "source": exits(SystemExit) + hook})

    assert result["turns"][0]["error"] == "SystemExit: gone"


def threads():
    return [one for one in threading.enumerate() if one.name == "playground-trial"]


@pytest.mark.parametrize(
    "endless",
    [
        "while True: pass",
        "asyncio.get_running_loop().call_soon(spin)",
        "asyncio.create_task(spins())",
        "while True:\n            try:\n                while True: pass\n            except: pass",
    ],
)
def test_a_draft_that_never_ends_is_ended(tried, endless, monkeypatch):
    """Its thread does not go on for ever."""
    monkeypatch.setattr(executing, "PATIENCE", PATIENCE)
    source = EXITS.replace("class", "def spin():\n    while True: pass\n\nasync def spins(): spin()\n\nclass")
    hook = f"    async def decode(self, websocket, message):\n        {endless}\n        await asyncio.Event().wait()\n"
    trial = tried.try_edit("/shout", source + hook, timeout=0.2)

    assert trial.error.endswith("within 0.2 s, at message 1")
    assert threads() == []
    assert left_behind() == 0


def test_a_draft_that_cannot_be_ended_is_left_behind(tried, monkeypatch):
    """It is counted, and nobody waits for it."""
    monkeypatch.setattr(executing, "PATIENCE", 0.01)
    gate = threading.Event()
    tried.app.state.gate = gate
    hook = "    async def decode(self, websocket, message):\n        websocket.app.state.gate.wait()\n"
    trial = tried.try_edit("/shout", EXITS + hook, timeout=0.3)
    behind, left = threads(), left_behind()
    gate.set()
    behind[0].join(PATIENCE)

    assert "at message 1; what it waits for cannot be interrupted, so its thread is left behind" in trial.error
    assert (len(behind), left) == (1, 1)
    assert threads() == []


ECHO = """
async def echo(websocket):
    await websocket.accept()
    while True:
        await websocket.send_text(await websocket.receive_text())
"""


def test_the_end_of_the_recorded_messages_is_no_error(pg):
    """The plainest function ends with WebSocketDisconnect, which is the trial's doing."""
    pg.edit("/echo", ECHO)
    with pg.connect("/echo") as client:
        client.send("a")
        client.receive()
        same = pg.try_edit("/echo", ECHO)
        own = pg.try_edit("/echo", ECHO.replace("    while", "    raise WebSocketDisconnect(1001)\n    while"))

    assert (same.error, same.same, repr(same)) == (None, True, "<Trial 1 message, 0 answered differently>")
    assert own.error.startswith("while connecting: WebSocketDisconnect")


def test_one_message_is_not_two(tried):
    """Nor where the trial itself failed."""
    hook = "    async def on_disconnect(self, websocket, code): 1/0\n"
    assert "<Trial 1 message, while disconnecting" in repr(tried.try_edit("/shout", EXITS + hook, last=1))
