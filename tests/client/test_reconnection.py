"""A dropped client comes back, and one that left does not."""

import asyncio

import pytest

from playground import ConnectFailed, ConnectionEnded
from playground.client import reconnection
from playground.client.reconnection import Reconnection, pause_before

KICK = """
class Kick(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        if data == "kick":
            await websocket.close(4000)
        else:
            await websocket.send_text(data)
"""


@pytest.fixture
def quick(monkeypatch):
    """No pause worth waiting for."""
    monkeypatch.setattr(reconnection, "FIRST", 0.001)


@pytest.mark.parametrize(
    ("attempt", "low", "high"), [(1, 0.16, 0.24), (2, 0.32, 0.48), (7, 8.0, 12.0), (10_000, 8.0, 12.0)]
)
def test_pauses_grow_to_a_limit(attempt, low, high):
    """Doubled each time, spread by a fifth."""
    assert all(low <= pause_before(attempt) <= high for _ in range(50))


def test_it_tries_until_it_succeeds(quick):
    """And tells which attempt comes next."""
    attempts = []

    async def connect():
        attempts.append(back.attempt)
        if len(attempts) < 3:
            raise ConnectFailed("nobody listens")

    back = Reconnection(connect, lambda: None)
    asyncio.run(back.run())

    assert attempts == [1, 2, 3]


def test_a_dropped_client_comes_back(pg, quick):
    """With the same name, as another connection."""
    pg.edit("/kick", KICK)
    alice = pg.connect("/kick", name="alice", reconnect=True)
    first = alice.connection
    alice.send("kick")
    pg.log.wait_for("client_open", "alice", since=pg.log.wait_for("end", "alice").seq)
    alice.send("hello again")

    assert alice.receive() == "hello again"
    assert alice.connection is not first and alice.connection.client == "alice"
    alice.close()


def test_a_client_that_closed_stays_away(pg, quick):
    """Nobody wanted it back."""
    alice = pg.connect("/ws", name="alice", reconnect=True)
    alice.close()
    pg.log.wait_for("end", "alice")

    assert alice.state == "closed" and alice.async_client.reconnection is None


def test_a_client_reconnects_when_told(pg):
    """An open one stays as it is."""
    pg.edit("/kick", KICK)
    alice = pg.connect("/kick", name="alice")
    alice.send("kick")
    with pytest.raises(ConnectionEnded, match="4000"):
        alice.receive()
    alice.reconnect()
    same = alice.connection
    alice.reconnect()
    alice.send("back")

    assert alice.receive() == "back"
    assert alice.connection is same
    alice.close()
