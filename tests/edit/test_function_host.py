"""Function endpoints that follow an edit, where that is asked for."""

import pytest

from playground import ConnectionEnded, Playground

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
    assert str(report) == "v2 live on 1 of 1"
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
    import asyncio

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
    assert str(report) == "v2 live on 1 of 1"
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
    assert str(report) == "v2 live on 1 of 1"
    assert str(pinned) == "0 on v3, 1 keep their version until they close"
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
