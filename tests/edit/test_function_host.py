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
