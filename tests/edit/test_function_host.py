"""Function endpoints: their people stay in them, and follow an edit where that is asked for."""

import asyncio

import pytest
from fastapi import FastAPI, WebSocket
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute

from playground import ConnectionEnded, Playground, UnknownEndpoint
from playground.edit import hosts

COUNT = """
async def count(websocket):
    await websocket.accept()
    try:
        while True:
            text = await websocket.receive_text()
            websocket.state.count = getattr(websocket.state, "count", 0) + 1
            await websocket.send_text(f"{0} {{text}} {{websocket.state.count}}")
    finally:
        LEFT.append("{0}")
"""


@pytest.fixture
def left():
    return []


@pytest.fixture
def pg(left):
    with Playground(functions="reenter", names={"LEFT": left}) as pg:
        pg.edit("/count", COUNT.format("one"))
        yield pg


def ask(client, text):
    client.send(text)
    return client.receive()


def test_an_idle_function_is_left_and_the_new_one_entered(pg, left):
    """On the same socket; what the scope's state holds stays, and `finally` runs."""
    with pg.connect("/count") as client:
        first = ask(client, "a")
        report = pg.edit("/count", COUNT.format("two"))
        second = ask(client, "b")

    assert (first, second) == ("one a 1", "two b 2")
    assert str(report) == "v2 live on 1 connection"
    assert pg.log.wait_for("disconnect").code == 1000
    assert left[0] == "one"
    assert [event.kind for event in pg.log.filter("kind:accept")] == ["accept"]


def test_no_message_is_lost_between_two_functions(pg):
    """However many edits there are while messages are on their way."""
    with pg.connect("/count") as client:
        for number in range(50):
            for part in range(4):
                client.send(f"{number}.{part}")
            pg.edit("/count", COUNT.format(f"v{number}"))
        replies = [client.receive().split() for _ in range(200)]

    assert [reply[1] for reply in replies] == [f"{number}.{part}" for number in range(50) for part in range(4)]
    assert [int(reply[2]) for reply in replies] == list(range(1, 201))


def test_a_function_in_the_middle_of_something_goes_on_to_its_next_receive(pg):
    """The report names it as busy."""
    asks = COUNT.replace(
        "await websocket.send_text(",
        'await websocket.send_text("sure?"); await GATE.wait(); await websocket.send_text(',
    )
    gate = asyncio.Event()
    pg._site._names["GATE"] = gate
    pg.edit("/count", asks.format("one"))
    with pg.connect("/count") as client:
        assert ask(client, "a") == "sure?"
        report = pg.edit("/count", COUNT.format("two"))
        pg._server.loop.call_soon_threadsafe(gate.set)

        assert client.receive() == "one a 1"
        assert ask(client, "b") == "two b 2"
    assert str(report).startswith("0 on v3, 1 busy on v2 line 8")


def test_a_function_that_returns_ends_the_connection(pg):
    """As under Starlette: no Close frame, 1006."""
    pg.edit("/count", "async def count(websocket):\n    await websocket.accept()\n    await websocket.receive_text()")
    with pg.connect("/count") as client:
        client.send("x")
        with pytest.raises(ConnectionEnded, match="1006"):
            client.receive()

    assert pg.endpoints["/count"].connections == 0


def test_a_function_can_become_a_class(pg, left):
    """Its `on_connect` takes the socket that is accepted already, and it follows edits as any class does."""
    counts = """
class Count(WebSocketEndpoint):
    encoding = "text"

    async def on_connect(self, websocket):
        await websocket.accept()
        self.count = 0

    async def on_receive(self, websocket, data):
        self.count += 1
        await websocket.send_text(f"NAME {data} {self.count}")
"""
    with pg.connect("/count") as client:
        first = ask(client, "a")
        report = pg.edit("/count", counts.replace("NAME", "two"))
        second = ask(client, "b")
        pg.edit("/count", counts.replace("NAME", "three"))
        third = ask(client, "c")
        runs = pg.endpoints["/count"].runs

    assert (first, second, third) == ("one a 1", "two b 1", "three c 2")
    assert str(report) == "v2 live on 1 connection"
    assert runs == {3: 1}
    assert pg.log.wait_for("disconnect").code == 1000
    assert left == ["one"]
    assert [event.kind for event in pg.log.filter("kind:accept")] == ["accept"]
    assert [event.version for event in pg.log.filter("kind:on_connect")] == [2]


def test_a_function_can_become_a_class_with_a_dispatch_of_its_own(pg):
    """It is entered on the open socket, and keeps its version until the connection closes."""
    own = """
class Own(WebSocketEndpoint):
    async def dispatch(self):
        websocket = WebSocket(self.scope, self.receive, self.send)
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(f"own {text}")
"""
    with pg.connect("/count") as client:
        first = ask(client, "a")
        report = pg.edit("/count", own)
        second = ask(client, "b")
        pinned = pg.edit("/count", COUNT.format("three"))
        third = ask(client, "c")

    assert (first, second, third) == ("one a 1", "own b", "own c")
    assert str(report) == "v2 live on 1 connection"
    assert str(pinned) == "0 on v3, 1 keeps its version until it closes"
    assert pg.connections[-1].version == 2


def test_no_message_is_lost_between_a_function_and_a_class(pg):
    """Messages that arrive while the function is left are the class's first."""
    says = "class Says(WebSocketEndpoint):\n    encoding = 'text'\n"
    says += "    async def on_receive(self, websocket, data):\n        await websocket.send_text(f'class {data} -')\n"
    clients = [pg.connect("/count") for _ in range(10)]
    for number in range(20):
        for client in clients:
            client.send(str(number))
        if number == 10:
            pg.edit("/count", says)
    replies = [[client.receive().split()[1] for _ in range(20)] for client in clients]
    for client in clients:
        client.close()

    assert replies == [[str(number) for number in range(20)]] * 10


@pytest.fixture
def pinned(left):
    with Playground(names={"LEFT": left}) as pg:
        pg.edit("/count", COUNT.format("one"))
        yield pg


def test_a_function_keeps_its_people_until_they_are_moved(pinned, left):
    """The report says how many wait for it; then the socket, and what the scope's state holds, stay."""
    with pinned.connect("/count") as one, pinned.connect("/count") as other:
        first = ask(one, "a")
        edited = pinned.edit("/count", COUNT.format("two"))
        second = ask(one, "b")
        waiting = pinned.endpoints["/count"].movable
        moved = pinned.reenter("/count")
        third = ask(one, "c"), ask(other, "d")
        runs = pinned.endpoints["/count"].runs

    assert (first, second, third) == ("one a 1", "one b 2", ("two c 3", "two d 1"))
    assert str(edited) == "0 on v2, 2 keep their version until they close (pg.reenter('/count') moves them)"
    assert (edited.outcome, edited.pinned, edited.movable, waiting) == ("pinned", 2, 2, 2)
    assert (str(moved), moved.outcome, moved.movable) == ("v2 live on all 2 connections", "live", 0)
    assert runs == {2: 2}
    assert left[:2] == ["one", "one"]
    assert len(pinned.log.filter("kind:accept")) == 2


def test_people_who_were_moved_stay_in_the_new_function(pinned):
    """Moving is for one edit; those who are on the current version are not marked for the next."""
    with pinned.connect("/count") as client:
        pinned.reenter("/count")
        pinned.edit("/count", COUNT.format("two"))
        second = ask(client, "a")
        # The reply has come, but the function need not be back at `receive`.
        while pinned.reenter("/count").outcome != "live":
            pass
        pinned.edit("/count", COUNT.format("three"))
        third = ask(client, "b")

    assert (second, third) == ("one a 1", "two b 2")


def test_no_message_is_lost_while_people_are_moved(pinned):
    """However many edits there are while messages are on their way."""
    with pinned.connect("/count") as client:
        for number in range(50):
            for part in range(4):
                client.send(f"{number}.{part}")
            pinned.edit("/count", COUNT.format(f"v{number}"))
            pinned.reenter("/count")
        replies = [client.receive().split() for _ in range(200)]

    assert [reply[1] for reply in replies] == [f"{number}.{part}" for number in range(50) for part in range(4)]
    assert [int(reply[2]) for reply in replies] == list(range(1, 201))


def test_a_function_that_is_not_at_receive_moves_at_its_next(pinned):
    """The report names it as busy."""
    gate = asyncio.Event()
    pinned._site._names["GATE"] = gate
    pinned.edit(
        "/count",
        COUNT.replace("await websocket.send_text(", "await GATE.wait(); await websocket.send_text(").format("old"),
    )
    with pinned.connect("/count") as client:
        client.send("a")
        pinned.log.wait_for("receive")
        pinned.edit("/count", COUNT.format("new"))
        report = pinned.reenter("/count")
        pinned._server.loop.call_soon_threadsafe(gate.set)
        replies = client.receive(), ask(client, "b")

    assert str(report).startswith("0 on v3, 1 busy on v2 line ")
    assert replies == ("old a 1", "new b 2")


WAITS = {
    "wait_for": "await asyncio.wait_for(websocket.receive_text(), 60)",
    "a task": "await asyncio.create_task(websocket.receive_text())",
    "a task group": "await in_group(websocket.receive_text())",
}


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_a_function_is_moved_however_it_waits(pinned, wait):
    """With a time limit, or in a task of its own."""
    source = """
import asyncio

async def in_group(coroutine):
    async with asyncio.TaskGroup() as group:
        task = group.create_task(coroutine)
    return task.result()

async def count(websocket):
    await websocket.accept()
    while True:
        await websocket.send_text("NAME " + WAIT)
""".replace("WAIT", f"({wait})")
    pinned.edit("/count", source.replace("NAME", "one"))
    with pinned.connect("/count") as client:
        first = ask(client, "a")
        pinned.edit("/count", source.replace("NAME", "two"))
        pinned.reenter("/count")
        second = ask(client, "b")

    assert (first, second) == ("one a", "two b")


def test_a_function_that_catches_everything_stays(pinned):
    """It is asked once for each version, so that it cannot turn in a circle."""
    source = """
async def count(websocket):
    await websocket.accept()
    while True:
        try:
            await websocket.send_text("NAME " + await websocket.receive_text())
        except BaseException:
            if websocket.client_state.name == "DISCONNECTED":
                return
"""
    pinned.edit("/count", source.replace("NAME", "one"))
    with pinned.connect("/count") as client:
        first = ask(client, "a")
        pinned.edit("/count", source.replace("NAME", "two"))
        pinned.reenter("/count")
        second = ask(client, "b")
        runs = pinned.endpoints["/count"].runs

    assert (first, second, runs) == ("one a", "one b", {2: 1})


def test_a_message_that_middleware_is_working_on_is_not_lost(left):
    """It has left the server's queue already when the function is woken, and the new function gets it."""
    gate, held = asyncio.Event(), asyncio.Event()

    class Slow:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            async def slow():
                message = await receive()
                if message.get("text") == "b":
                    held.set()
                    await gate.wait()
                return message

            await self.app(scope, slow, send)

    names = {"LEFT": left}
    exec(COUNT.format("one"), names)
    app = Starlette(routes=[WebSocketRoute("/count", names["count"])], middleware=[Middleware(Slow)])
    with Playground(app, names={"LEFT": left}) as pg, pg.connect("/count") as client:
        first = ask(client, "a")
        pg.edit("/count", COUNT.format("two").replace("LEFT.append", "print"))
        client.send("b")
        asyncio.run_coroutine_threadsafe(held.wait(), pg._server.loop).result(60)
        pg.reenter("/count")
        second = client.receive()

    assert (first, second) == ("one a 1", "two b 2")


def test_a_function_that_is_cancelled_is_cancelled(pinned):
    """By the server, or by itself: only what woke it for an edit is taken back."""
    source = """
import asyncio

async def count(websocket):
    await websocket.accept()
    try:
        async with asyncio.timeout(0.01):
            await websocket.receive_text()
    except TimeoutError:
        await websocket.send_text("too late")
    await websocket.close()
"""
    pinned.edit("/count", source)
    with pinned.connect("/count") as client:
        assert client.receive() == "too late"


def test_what_cannot_be_moved_is_left(pinned):
    """A class follows by itself; an unknown path is named."""
    pinned.edit("/class", "class T(WebSocketEndpoint): pass")

    assert repr(pinned.reenter("/class")) == "<Report /class v1 live, nobody connected>"
    with pytest.raises(UnknownEndpoint, match="no endpoint at '/cuont'; did you mean '/count'"):
        pinned.reenter("/cuont")


SLOW = """
from typing import Annotated
from fastapi import Depends, WebSocket

async def ready(websocket: WebSocket):
    await websocket.app.state.gate.wait()

async def count(websocket: WebSocket, _: Annotated[None, Depends(ready)]):
    await websocket.accept()
    while True:
        await websocket.send_text("two " + await websocket.receive_text())
"""


@pytest.mark.parametrize("functions", ["pinned", "reenter"])
def test_people_count_as_moved_once_they_have_arrived(monkeypatch, functions):
    """While the new function's dependencies take their time, its room is empty, and the report says so."""
    monkeypatch.setattr(hosts, "CENSUS_TIMEOUT", 0.4)
    app = FastAPI()
    gate = app.state.gate = asyncio.Event()

    @app.websocket("/count")
    async def count(websocket: WebSocket):
        await websocket.accept()
        while True:
            await websocket.send_text("one " + await websocket.receive_text())

    with Playground(app, functions=functions) as pg, pg.connect("/count") as client:
        first = ask(client, "a")
        edited = pg.edit("/count", SLOW)
        report = pg.reenter("/count") if functions == "pinned" else edited
        again = pg.reenter("/count")
        runs = pg.endpoints["/count"].runs
        pg._server.loop.call_soon_threadsafe(gate.set)
        second = ask(client, "b")
        after = pg.reenter("/count")

    assert (first, second) == ("one a", "two b")
    assert str(report).startswith("0 on v2, 1 on its way into v2")
    assert [(one.outcome, one.live, one.pinned, one.busy[0].entering) for one in (report, again)] == [
        ("moving", 0, 0, True)
    ] * 2
    assert runs == {1: 1}
    assert str(after) == "v2 live on 1 connection"


def test_a_report_waits_until_people_have_arrived(pinned):
    """If that takes less time than an edit has for its count."""
    late = COUNT.format("two").replace(
        "    await websocket.accept", "    await asyncio.sleep(0.05)\n    await websocket.accept"
    )
    with pinned.connect("/count") as client:
        pinned.edit("/count", "import asyncio\n" + late)
        report = pinned.reenter("/count")
        reply = ask(client, "a")

    assert (str(report), reply) == ("v2 live on 1 connection", "two a 1")


def test_a_connection_that_ends_on_its_way_is_not_counted(pinned):
    """The new function raised before it took part."""
    with pinned.connect("/count") as client:
        pinned.edit("/count", "async def count(websocket):\n    raise KeyError(1)")
        report = pinned.reenter("/count")
        with pytest.raises(ConnectionEnded):
            client.receive()

    assert (report.connections, report.live) == (0, 0)


MANAGED = """
class Manager:
    def __init__(self):
        self.members = []

    async def connect(self, websocket):
        await websocket.accept()
        self.members.append(websocket)

manager = Manager()

async def count(websocket):
    await manager.connect(websocket)
    try:
        while True:
            await websocket.send_text("one " + await websocket.receive_text())
    except WebSocketDisconnect:
        manager.members.remove(websocket)
"""

TWICE = "count runs again from its first line: what it did with websocket before (manager.connect) is done twice; "
ENDS = ("except WebSocketDisconnect:", "finally:")
IN_A_LIST = ("await manager.connect(websocket)", "await websocket.accept(); manager.members.append(websocket)")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (MANAGED, MANAGED, [TWICE + "put the clean-up into `finally`"]),
        (MANAGED, MANAGED.replace(*ENDS), [TWICE + "v1 has no `finally`"]),
        (MANAGED.replace(*ENDS), MANAGED, []),
        (MANAGED.replace("except WebSocketDisconnect", "except BaseException"), MANAGED, []),
        (
            MANAGED.replace(*IN_A_LIST),
            MANAGED.replace(*IN_A_LIST),
            [TWICE.replace("connect", "members.append") + "put the clean-up into `finally`"],
        ),
        (MANAGED, COUNT.format("two"), []),
        (MANAGED.replace(*IN_A_LIST), MANAGED, []),
        (MANAGED, MANAGED.replace("manager.connect(websocket)", "websocket.accept()"), []),
    ],
)
def test_what_is_registered_twice_is_noted(old, new, said, left):
    """Only where the function that is left certainly keeps what the new one does again."""
    with Playground(names={"LEFT": left}) as pg:
        pg.edit("/m", old)
        with pg.connect("/m") as client:
            ask(client, "a")
            edited = pg.edit("/m", new.replace('"one "', '"two "'))
            moved = pg.reenter("/m")
            again = pg.reenter("/m")

    assert [note.text for note in moved.notes if note.kind == "runs-again"] == said
    assert not [note for note in (*edited.notes, *again.notes) if note.kind == "runs-again"]
