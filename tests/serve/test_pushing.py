"""Messages that the playground sends as the server, past the handler."""

import asyncio
import json
import threading
from functools import partial

import fastapi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import Mount, WebSocketRoute

import playground
from playground import NotJSON, NotRunning, Playground, PushFailed, UnknownEndpoint
from playground.serve.pushing import Push
from tests.conftest import ECHO, PATIENCE

from .peers import Peer

SANSIO, WSPROTO, LEGACY = "websockets-sansio", "wsproto", "websockets"
LARGE = b"x" * 2**23
"""More than a socket's buffers hold."""


HOOK = """
import asyncio

class Hook(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        try:
            pg.push("never")
        except RuntimeError as error:
            await websocket.send_text(str(error))
        await asyncio.to_thread(pg.push, "from a thread")
"""

DRAFT = """
import asyncio

class Draft(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        pushed = await asyncio.to_thread(pg.push, "never")
        await websocket.send_text(repr(pushed))
"""


class Echo(WebSocketEndpoint):
    """Sends back what it gets."""

    encoding = "text"

    async def on_receive(self, websocket, data):
        """Echo."""
        await websocket.send_text(data)


async def function(websocket):
    """Send back what comes, as a function."""
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


async def plain(scope, receive, send):
    """Send back what comes, without a framework; accept only when a message has come at /late."""
    if scope["type"] != "websocket":
        return
    while (message := await receive())["type"] != "websocket.disconnect":
        if message["type"] == "websocket.connect":
            if scope["path"] == "/never":
                await asyncio.Event().wait()
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "websocket.send", "text": message["text"]})


def of_fastapi():
    """Return an app of FastAPI with an echo."""
    app = fastapi.FastAPI()

    @app.websocket("/ws")
    async def echo(websocket: fastapi.WebSocket):
        await function(websocket)

    return app


APPS = {
    "class": lambda: Starlette(routes=[WebSocketRoute("/ws", Echo)]),
    "function": lambda: Starlette(routes=[WebSocketRoute("/ws", function)]),
    "mounted": lambda: Starlette(routes=[Mount("/", Starlette(routes=[WebSocketRoute("/ws", function)]))]),
    "fastapi": of_fastapi,
    "plain": lambda: plain,
}


@pytest.fixture(params=[SANSIO, WSPROTO])
def over(request):
    """Return what serves an app over one of uvicorn's protocol implementations."""
    return partial(Playground, ws=request.param)


@pytest.mark.parametrize("kind", APPS)
def test_a_message_is_pushed_past_every_kind_of_endpoint(kind, over):
    """Text, bytes and JSON arrive, and the endpoint serves on as before."""
    with over(APPS[kind]()) as pg, pg.connect("/ws") as client:
        client.send("before")
        assert client.receive() == "before"

        assert len(pg.push("text")) == 1
        pg.push(b"\0\1")
        pg.push({"n": 1, "ä": None})

        assert [client.receive() for _ in range(3)] == ["text", b"\0\1", '{"n": 1, "ä": null}']
        client.send("after")
        assert client.receive() == "after"


@pytest.mark.filterwarnings("ignore:The .websockets. implementation", "ignore::DeprecationWarning:websockets.*")
def test_a_message_is_pushed_over_an_implementation_that_is_not_tapped():
    """Also over websockets' former one, which uvicorn still has."""
    with Playground(ws=LEGACY) as pg, pg.connect("/ws") as client:
        pg.push("hello")

        assert client.receive() == "hello"


def test_the_handler_does_not_hear_of_it(over):
    """It gets the client's messages only, and its own count of messages stays right."""
    seen = []

    class Counts(Echo):
        async def on_receive(self, websocket, data):
            seen.append((data, websocket.application_state.name))
            await super().on_receive(websocket, data)

    with over(Starlette(routes=[WebSocketRoute("/ws", Counts)])) as pg, pg.connect("/ws") as client:
        pg.push("pushed")
        client.send("sent")
        assert [client.receive(), client.receive()] == ["pushed", "sent"]

    assert seen == [("sent", "CONNECTED")]


def test_the_log_says_that_it_was_pushed(over):
    """The handler did not send it, so it does not testify, and nobody disagrees because of that."""
    with over(plain) as pg, pg.connect("/ws", name="alice") as client:
        pg.push("pushed", to="alice")
        client.receive()
        client.send("sent")
        client.receive()
        [row] = pg.log.rows("is:pushed")
        handled = pg.log.rows("kind:send -is:pushed")

        assert row.pushed
        assert row.data == "pushed"
        assert row.saw[0] == "1"
        assert row.saw[2] == "-"
        assert row.agree
        assert repr(row).endswith(" pushed>")
        assert [(event.kind, event.witness) for event in row.events][0] == ("send", None)
        assert [(one.data, one.pushed, one.saw[2]) for one in handled] == [("sent", False, "1")]
        assert pg.connections[0].sent == 2
        client.close()
        pg.log.wait_for("end")
        assert row.agree
        assert not pg.log.rows("is:disagree")


def test_why_says_that_the_last_message_was_pushed(pg):
    """Otherwise the handler would look for a message that it has never sent."""
    with pg.connect("/ws", name="alice"):
        pg.push("bye")
    pg.log.wait_for("end")

    assert pg.why("alice").last == "the server spoke last: “bye”, pushed by the playground"


def test_exports_and_files_say_that_it_was_pushed(pg, tmp_path):
    """In each format's own way, and a log that is read back knows it too."""
    with pg.connect("/ws", name="alice") as alice:
        pg.push("hello")
        alice.receive()
    pg.log.wait_for("end")
    rows = pg.log.rows("connection:1")
    file = tmp_path / "log.jsonl"
    file.write_text(rows.to_jsonl(), "utf-8")

    messages = json.loads(rows.to_har())["log"]["entries"][0]["_webSocketMessages"]
    assert [message.get("_pushed") for message in messages] == [True]
    assert "->>c1: send pushed hello" in rows.to_mermaid()
    assert ",True," in next(line for line in rows.to_csv().splitlines() if ",send," in line)
    assert [(row.data, row.saw) for row in playground.open_log(file).rows("is:pushed")] == [("hello", "11-")]


# To whom


def test_a_message_goes_to_those_who_are_named(pg):
    """By name, client, number or connection, and to each once."""
    clients = [pg.connect("/ws", name=name) for name in ("alice", "bob", "carol", "dave")]
    alice, bob, carol, dave = clients

    pushed = pg.push("hello", to=["alice", bob, 3, carol.connection, "alice"])
    pg.push("all")

    assert [one.client for one in pushed.connections] == ["alice", "bob", "carol"]
    assert repr(pushed) == "<Pushed to alice, bob, carol>"
    for client in (alice, bob, carol):
        assert [client.receive(), client.receive()] == ["hello", "all"]
    assert dave.receive() == "all"


def test_a_message_goes_to_those_at_a_path(pg):
    """The path of a connection, or that of a route."""
    pg.edit("/room/{name}", ECHO)
    with pg.connect("/room/a") as a, pg.connect("/room/b") as b, pg.connect("/ws") as other:
        assert len(pg.push("a", path="/room/a")) == 1
        assert len(pg.push("rooms", path="/room/{name}")) == 2
        assert len(pg.push("ws", path="/ws")) == 1

        assert [a.receive(), a.receive(), b.receive(), other.receive()] == ["a", "rooms", "rooms", "ws"]
        with pytest.raises(LookupError, match=r"c3 is connected to '/ws', and not to '/room/a'; leave out path"):
            pg.push("x", to=other, path="/room/a")


def test_nobody_is_sent_a_message_where_nobody_is(pg):
    """Everybody is nobody then; it is no error, and the outcome says it."""
    pushed = pg.push("hello")

    assert (len(pushed), repr(pushed)) == (0, "<Pushed to nobody>")
    assert not pg.push("hello", path="/ws")


def test_a_connection_of_another_program_gets_it_too(pg):
    """It is named by its number."""
    with Peer(pg.url, "/ws") as peer:
        assert repr(pg.push("hello")) == "<Pushed to #1>"
        assert peer.frame().payload == b"hello"
        assert repr(pg.push("again", to="#1")) == "<Pushed to #1>"
        assert peer.frame().payload == b"again"
        with pytest.raises(LookupError, match="connection 7 is not remembered; the last are 1"):
            pg.push("x", to="#7")
        with pytest.raises(LookupError, match="no connection of a client named '#x'"):
            pg.push("x", to="#x")


@pytest.mark.parametrize(
    ("error", "how", "said"),
    [
        (LookupError, {"to": "alcie"}, "no connection of a client named 'alcie' is remembered; did you mean 'alice'"),
        (LookupError, {"to": 77}, "connection 77 is not remembered; the last are 1"),
        (TypeError, {"to": 1.5}, "push takes a client, its name, a connection or its number, or a list, not 1.5"),
        (TypeError, {"to": [None]}, "push takes a client, .*, not None"),
        (TypeError, {"to": True}, "push takes a client, .*, not True"),
        (TypeError, {"to": b"alice"}, "push takes a client, .*, not b'alice'"),
        (TypeError, {"path": 1}, "a path has to be text, such as '/echo', not 1"),
        (ValueError, {"path": "/{a:nothing}"}, "'/{a:nothing}' is not a route's path"),
        (UnknownEndpoint, {"path": "/wss"}, "no endpoint at '/wss'; did you mean '/ws'"),
        (NotJSON, {"data": {1}}, r"\{1\} cannot be sent as JSON"),
        (ValueError, {"data": "\ud800"}, "text with a lone surrogate"),
        (ValueError, {"timeout": -1}, "timeout"),
    ],
)
def test_a_push_that_cannot_be_is_refused(pg, error, how, said):
    """The message says what to change, and nobody is sent anything."""
    with pg.connect("/ws", name="alice"):
        with pytest.raises(error, match=said):
            pg.push(**{"data": "x", **how})

        assert not pg.log.rows("is:pushed")


def test_nobody_is_sent_what_one_who_is_named_cannot_be(over):
    """A connection that is closed, or refused, or not accepted yet."""
    with over(plain) as pg, pg.connect("/ws", name="alice") as alice:
        bob = pg.connect("/ws", name="bob")
        bob.close(4001, "bye")
        pg.log.wait_for("end", "client:bob")
        with pytest.raises(PushFailed, match="bob: it is closed: 4001 .* “bye”; nothing was sent") as caught:
            pg.push("x", to=["alice", bob])
        assert list(caught.value.pushed.missed) == [bob.connection]
        assert isinstance(caught.value, ConnectionError)

        with Peer(pg.url, "/never", waits=False):
            number = pg.log.wait_for("connect", "path:/never").connection
            with pytest.raises(PushFailed, match=f"#{number}: its handshake is not accepted yet; nothing was sent"):
                pg.push("x", to=number)
            assert [one.client for one in pg.push("to those who are there").connections] == ["alice"]

        assert alice.receive() == "to those who are there"


def test_a_client_of_another_server_cannot_be_sent_to(pg):
    """That server is not the playground's to send as."""
    with Playground() as other, pg.connect(f"{other.url}/ws", name="away"):
        with pytest.raises(PushFailed, match="away: its server is not this playground's"):
            pg.push("x", to="away")
        assert not pg.push("x")


def test_a_stopped_playground_pushes_nothing():
    """It says how to go on."""
    with pytest.raises(NotRunning, match=r"pg\.start\(\) starts it again"):
        Playground().push("x")


def test_a_playground_that_stops_ends_a_push_that_waits(over):
    """Its connections are closed then, and it says so; on a loop that is gone nothing waits at all."""
    pg = over().start()
    told = []

    def push():
        try:
            while True:
                pg.push(LARGE, to=1, timeout=None)
        except (PushFailed, NotRunning) as error:
            told.append(error)

    with Peer(pg.url, "/ws"):
        pg.log.wait_for("accept")
        pushing = threading.Thread(target=push)
        pushing.start()
        pg.log.wait_for("send")
        loop = pg._server.loop
        pg.stop()
        pushing.join(PATIENCE)

    assert len(told) == 1
    with pytest.raises(NotRunning, match="the playground was stopped meanwhile; <Pushed to nobody>"):
        Push({}, [], {}, None).run(loop)


# When


def test_pushes_of_many_threads_arrive_whole_and_in_the_order_of_each(over):
    """While the handler sends too; the log has every message as its client got it."""
    count, threads = 50, 4
    with over(plain) as pg, pg.connect("/ws") as client:

        def push(thread):
            for number in range(count):
                pg.push(f"{thread} {number}")

        running = [threading.Thread(target=push, args=(thread,)) for thread in range(threads)]
        for one in running:
            one.start()
        for number in range(count):
            client.send(f"echo {number}")
        for one in running:
            one.join()
        got = [client.receive() for _ in range(count * (threads + 1))]

        for who in (*map(str, range(threads)), "echo"):
            assert [text for text in got if text.split()[0] == who] == [f"{who} {n}" for n in range(count)]
        sent = pg.log.rows("kind:send")
        assert [row.data for row in sent if row.pushed] == [text for text in got if not text.startswith("echo")]
        assert all(row.record.client_data is None and row.saw[0] == "1" for row in sent)


def test_a_client_that_does_not_read_is_not_waited_for_any_longer(over):
    """The others have it, and it gets all that was sent to it, whole, once it reads."""
    with over() as pg, pg.connect("/ws", name="alice") as alice, Peer(pg.url, "/ws") as slow:
        number = next(one.id for one in pg.connections if one.client is None)
        while pg.push(LARGE, to=number) and pg._tap.senders[number].writable is not None:
            try:
                pg.push("tiny", to=number, timeout=0.1)
            except PushFailed as error:
                assert "it has not read what was sent before for 0.1 s, so nothing was sent to it" in str(error)
                break
        pushed = pg.push("to all", timeout=0.1)

        assert [one.client for one in pushed.connections] == ["alice"]
        assert [one.id for one in pushed.missed] == [number]
        assert alice.receive() == "to all"
        rows = [row.data for row in pg.log.rows(f"connection:{number} is:pushed")]
        got = [slow.frame().payload for _ in rows]
        assert got == [row if isinstance(row, bytes) else row.encode() for row in rows]
        pg.push("last", to=number, timeout=PATIENCE)
        assert slow.frame().payload == b"last"


def test_what_waits_for_a_slow_client_keeps_its_order(over):
    """The app's messages that wait come before what is pushed after them, and the log has each frame in its row."""
    went = threading.Event()

    async def app(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
        await send({"type": "websocket.send", "bytes": LARGE})
        went.set()
        await send({"type": "websocket.send", "text": "waits"})
        await receive()

    with over(app) as pg, Peer(pg.url, "/ws") as slow:
        slow.send(1, b"go")
        assert went.wait(PATIENCE)
        pushing = threading.Thread(target=pg.push, args=("pushed",), kwargs={"timeout": PATIENCE})
        pushing.start()

        assert [slow.frame().payload for _ in range(3)] == [LARGE, b"waits", b"pushed"]
        pushing.join()
        rows = pg.log.rows("kind:send")
        assert [row.data for row in rows] == [LARGE, "waits", "pushed"]
        if pg.connections[0].tapped:
            assert [row.wire_size for row in rows] == [len(LARGE) + 10, 7, 8]


def test_a_blocked_loop_is_named_and_nothing_is_sent_later(pg):
    """The loop finds that the push was given up when it is free again."""
    went, go = threading.Event(), threading.Event()

    class Blocks(Echo):
        async def on_receive(self, websocket, data):
            went.set()
            go.wait(PATIENCE)
            await websocket.send_text("free")

    pg.edit("/blocks", Blocks)
    with pg.connect("/blocks") as client:
        client.send("x")
        assert went.wait(PATIENCE)
        try:
            with pytest.raises(PushFailed, match="the server's loop is blocked"):
                pg.push("late", timeout=0.01)
        finally:
            go.set()
        assert client.receive() == "free"
        pg.push("in time")

        assert client.receive() == "in time"


@pytest.fixture
def known():
    """A playground that its own endpoints know as `pg`."""
    names = {"pg": None}
    with Playground(names=names) as pg:
        names["pg"] = pg
        yield pg


def test_a_hook_cannot_wait_for_its_own_loop(known):
    """It would wait for ever; the error says what to do, and that works."""
    known.edit("/hook", HOOK)
    with known.connect("/hook") as client:
        client.send("go")

        assert "a hook cannot call it" in client.receive()
        assert client.receive() == "from a thread"


def test_a_draft_that_is_only_tried_pushes_to_nobody(known):
    """What it does reaches nobody."""
    known.edit("/echo", ECHO)
    with known.connect("/echo") as client:
        client.send("go")
        client.receive()
        trial = known.try_edit("/echo", DRAFT)

        assert [turn.after for turn in trial.turns] == [("<Pushed to nobody>",)]
        assert not known.log.rows("is:pushed")


@settings(max_examples=25)
@given(
    st.sampled_from([SANSIO, WSPROTO]),
    st.lists(st.tuples(st.sampled_from(["push", "echo", "bytes"]), st.integers(0, 70_000)), max_size=12),
)
def test_any_turns_of_app_and_playground_arrive_in_their_order(conversations, ws, turns):
    """What the client gets, and what the log has, are in the order in which they were sent."""
    pg, client = conversations(ws)
    start = pg.log.total
    sent = []
    for number, (who, size) in enumerate(turns):
        text = f"{number} " + "x" * size
        data = text.encode() if who == "bytes" else text
        if who == "echo":
            client.send(data)
            # The echo has to be on its way before the next push, or their order is anybody's.
            assert client.receive() == data
        else:
            pg.push(data)
            assert client.receive() == data
        sent.append((who != "echo", data))

    assert [(row.pushed, row.data) for row in pg.log.rows("kind:send") if row.seq > start] == sent


@pytest.fixture(scope="module")
def conversations():
    """Return a playground and its client over a protocol implementation, the same for all examples."""
    made = {}

    def conversation(ws):
        if ws not in made:
            pg = Playground(APPS["class"](), ws=ws).start()
            made[ws] = pg, pg.connect("/ws")
        return made[ws]

    yield conversation
    for pg, _ in made.values():
        pg.stop()
