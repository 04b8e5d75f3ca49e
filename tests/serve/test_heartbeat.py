"""A handler that blocks the loop is named, with its version and line."""

import threading

from playground.serve import heartbeat
from tests.conftest import PATIENCE

BLOCKS = """
class Blocks(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        GATE.wait()
        await websocket.send_text("free")
"""


def test_a_blocked_loop_is_named(monkeypatch):
    """In the log and at the playground, until it is free again; an edit meanwhile says so too."""
    from playground import Playground
    from playground.edit import hosts

    monkeypatch.setattr(heartbeat, "SILENCE", 0.1)
    monkeypatch.setattr(hosts, "CENSUS_TIMEOUT", 0.1)
    gate = threading.Event()
    with Playground(names={"GATE": gate}) as pg:
        pg.edit("/blocks", BLOCKS)
        with pg.connect("/blocks") as client:
            client.send("x")
            event = pg.log.wait_for("error", "blocked")
            while_blocked = pg.blocked
            report = pg.edit("/blocks", BLOCKS.replace("free", "new"))
            gate.set()
            reply = client.receive()
            pg.log.wait_for("log", '"free again"')
            client.send("y")

            assert (reply, client.receive()) == ("free", "new")
        assert while_blocked == "/blocks v1 line 6: GATE.wait()"
        assert event.error == f"the server's loop is blocked at {while_blocked}; nothing is served until it returns"
        assert str(report) == "v2 published; the server's loop is busy, connections follow when it is free"
        assert pg.blocked is None


def test_a_loop_that_is_blocked_at_the_end_is_not_called_free(monkeypatch):
    """Stopping ends the question, and the log says what still blocks."""
    from playground import Playground

    monkeypatch.setattr(heartbeat, "SILENCE", 0.1)
    gate = threading.Event()
    pg = Playground(names={"GATE": gate}).start()
    pg.edit("/blocks", BLOCKS)
    pg.connect("/blocks").send("x")
    pg.log.wait_for("error", "blocked")
    thread = pg._heartbeat._thread
    pg.stop(timeout=0.1)
    thread.join(PATIENCE)
    said = [row.data for row in pg.log.filter("kind:log")]
    gate.set()

    assert not [one for one in said if one and "free again" in one]
    assert "a handler still blocks the loop" in pg.log.wait_for("stop").error
    assert pg.blocked is None


class Prompt:
    """A loop that has answered when it has been asked, however long another thread lets it wait."""

    def __init__(self, loop) -> None:
        self.loop = loop
        self.answered = threading.Semaphore(0)

    def call_soon_threadsafe(self, answer):
        done = threading.Event()
        self.loop.call_soon_threadsafe(lambda: (answer(), done.set()))
        done.wait()
        self.answered.release()


def test_a_quiet_server_is_not_blocked(monkeypatch, pg):
    """An idle loop answers."""
    monkeypatch.setattr(heartbeat, "SILENCE", 0.01)
    looked = []
    loop = Prompt(pg._server.loop)
    with heartbeat.Heartbeat(loop, lambda: looked.append(1), lambda where: None, lambda seconds: None):
        answers = [loop.answered.acquire(timeout=60) for _ in range(5)]

    assert all(answers)
    assert looked == []


def test_constructing_starts_no_thread(pg):
    """`start` does; one that was never started can be stopped."""
    before = set(threading.enumerate())
    beat = heartbeat.Heartbeat(pg._server.loop, lambda: None, lambda where: None, lambda seconds: None)
    started = set(threading.enumerate()) - before
    beat.stop()

    assert started == set()
