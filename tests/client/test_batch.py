"""Many clients at once: connected again, closed, taken off the list; and another one like one there is."""

import asyncio

import pytest

from playground import HandshakeRefused, Playground
from playground.client.batch import AT_ONCE, each

DOOR = """
class Door(WebSocketEndpoint):
    async def on_connect(self, websocket):
        if websocket.query_params.get("token") == "old" and SHUT:
            return await websocket.close()
        offered = websocket.scope["subprotocols"]
        await websocket.accept(subprotocol=offered[0] if offered else None)
"""


@pytest.fixture
def door(pg):
    """A playground with a door at /door, which lets everybody in."""
    pg.edit("/door", f"SHUT = False\n{DOOR}")
    return pg


def states(pg):
    return {name: one.state for name, one in pg.clients.items()}


def test_all_that_are_closed_connect_again(door):
    """Each by itself: who is refused fails, an open one stays, and the text counts them."""
    alice, bob, carol = (door.connect("/door", name=name) for name in ("alice", "bob", "carol"))
    eve = door.connect("/door?token=old", name="eve")
    for one in (alice, bob, eve):
        one.close()
    door.edit("/door", f"SHUT = True\n{DOOR}")
    first = carol.connection
    outcome = door.clients.reconnect()

    assert str(outcome) == "2 reconnected, 1 refused: HTTP 403"
    assert repr(outcome) == "<Outcome 2 reconnected, 1 refused: HTTP 403>"
    assert outcome.done == ("alice", "bob")
    assert isinstance(outcome.failed["eve"], HandshakeRefused)
    assert states(door) == {"alice": "open", "bob": "open", "carol": "open", "eve": "failed"}
    assert carol.connection is first


def test_failures_of_one_kind_are_counted_together(door):
    """A stopped server refuses all of them with the same words."""
    for name in ("alice", "bob"):
        door.connect("/door", name=name).close()
    door.stop()
    outcome = door.clients.reconnect()

    assert set(outcome.failed) == {"alice", "bob"}
    assert str(outcome).startswith("2 failed: ")


def test_all_are_closed_with_a_code(door):
    """Also those that wait to connect again, which then stay away; a code that cannot be sent closes none."""
    alice = door.connect("/door", name="alice")
    bob = door.connect("/door", name="bob", reconnect=True)
    with pytest.raises(ValueError, match="1006"):
        door.clients.close(1006)
    assert states(door) == {"alice": "open", "bob": "open"}
    door.stop()
    door.log.wait_for("client_closed", "client:bob")
    outcome = door.clients.close(4001, "bye")
    door.start()
    again = door.clients.reconnect()
    closed = door.clients.close(4001, "bye")

    assert outcome.done == ("bob",)
    assert bob.async_client.reconnection is None
    assert str(again) == "2 reconnected"
    assert (str(closed), alice.close_code) == ("2 closed", 4001)
    assert str(door.clients.close()) == "no client is connected"


def test_those_that_are_gone_are_forgotten(door):
    """One that is open stays, and one that comes back by itself."""
    door.connect("/door", name="alice").close()
    door.connect("/door", name="bob")
    with pytest.raises(HandshakeRefused):
        door.connect("/nowhere", name="eve")
    outcome = door.clients.forget_closed()

    assert (str(outcome), outcome.done) == ("2 removed", ("alice", "eve"))
    assert list(door.clients) == ["bob"]
    assert str(door.clients.forget_closed()) == "no client is closed"
    assert str(door.clients.reconnect()) == "no client is closed"


def test_hundreds_come_a_few_at_a_time():
    """No more than a limit dial at the same moment, and the loop goes on meanwhile."""

    class Dialling:
        def __init__(self, number):
            self.name = f"c{number}"

    async def run():
        now, most, free = set(), 0, asyncio.Event()

        async def dial(client):
            nonlocal most
            now.add(client)
            most = max(most, len(now))
            if len(now) == AT_ONCE:
                free.set()
            await free.wait()
            now.discard(client)

        outcomes = await each([Dialling(number) for number in range(500)], dial)
        return most, len(outcomes)

    assert asyncio.run(run()) == (AT_ONCE, 500)


def test_one_that_fails_otherwise_does_not_hide_the_rest():
    """What became of each is returned, also where the error is none of the playground's."""

    class Named:
        def __init__(self, name):
            self.name = name

    async def act(client):
        if client.name == "odd":
            raise RuntimeError("unforeseen")

    outcomes = asyncio.run(each([Named("odd"), Named("plain")], act))

    assert outcomes["plain"] is None
    assert str(outcomes["odd"]) == "unforeseen"


def test_a_hundred_connect_again(door):
    """Against a real server, of which none is lost."""
    many = [door.connect("/door") for _ in range(100)]
    door.clients.close()
    outcome = door.clients.reconnect()

    assert str(outcome) == "100 reconnected"
    assert {one.state for one in many} == {"open"}


def test_a_duplicate_has_the_same_handshake(door):
    """Path, query, headers, cookies, subprotocols and Origin; with a name beside the first one's."""
    alice = door.connect(
        "/door?room=1",
        name="alice",
        headers={"X-Room": "blue"},
        cookies={"session": "abc"},
        subprotocols=["v2", "v1"],
        origin=door.http_url,
    )
    second = door.duplicate(alice)
    third = door.duplicate("alice-2")
    alice.close()
    fourth = door.duplicate("alice")
    named = door.duplicate(alice, name="bob")
    first, *others = [row.record.connection.request for row in door.log.rows("kind:connect")]

    def told(record):
        return record.data, [pair for pair in record.headers if pair[0] != b"sec-websocket-key"]

    assert [one.name for one in (second, third, fourth, named)] == ["alice-2", "alice-3", "alice-4", "bob"]
    assert [told(one) for one in others] == [told(first)] * 4
    assert list(door.clients) == ["alice", "alice-2", "alice-3", "alice-4", "bob"]


def test_a_duplicate_of_a_numbered_client_gets_the_next_number(door):
    """As `connect` without a name would give it."""
    one = door.connect("/door")

    assert (one.name, door.duplicate(one).name) == ("c1", "c2")


def test_a_duplicate_goes_to_the_same_foreign_server(door):
    """With what it was connected with."""
    with Playground() as theirs:
        alice = door.connect(f"{theirs.url}/ws", name="alice", headers={"X-Room": "blue"})
        again = door.duplicate(alice)
        headers = [dict(row.record.connection.request.headers) for row in theirs.log.rows("kind:connect")]

        assert again.url == alice.url
        assert [one[b"x-room"] for one in headers] == [b"blue", b"blue"]
        door.clients.close()


def test_whom_nobody_knows_cannot_be_duplicated(door):
    """The names there are, are named."""
    with pytest.raises(LookupError, match="no client named 'zoe'"):
        door.duplicate("zoe")
    with Playground() as theirs:
        alice = theirs.connect("/ws", name="alice")
        with pytest.raises(LookupError, match="alice was not made by this playground"):
            door.duplicate(alice)
