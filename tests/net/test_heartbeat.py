"""A handler that blocks the loop is named, with its version and line."""

import threading

from playground.net import heartbeat

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
    from playground.core import endpoints

    monkeypatch.setattr(heartbeat, "SILENCE", 0.1)
    monkeypatch.setattr(endpoints, "CENSUS_TIMEOUT", 0.1)
    gate = threading.Event()
    with Playground(names={"GATE": gate}) as pg:
        pg.edit("/blocks", BLOCKS)
        with pg.connect("/blocks") as client:
            client.send("x")
            event = pg.log.wait_for("error", "blocked", timeout=10)
            while_blocked = pg.blocked
            report = pg.edit("/blocks", BLOCKS.replace("free", "new"))
            gate.set()
            reply = client.receive()
            pg.log.wait_for("log", '"free again"', timeout=10)
            client.send("y")

            assert (reply, client.receive()) == ("free", "new")
        assert while_blocked == "/blocks v1 line 6: GATE.wait()"
        assert event.error == f"the server's loop is blocked at {while_blocked}; nobody is served meanwhile"
        assert str(report) == "v2 published; the server's loop is busy, connections follow when it is free"
        assert pg.blocked is None


def test_a_quiet_server_is_not_blocked(monkeypatch, pg):
    """An idle loop answers."""
    monkeypatch.setattr(heartbeat, "SILENCE", 0.01)
    answered = threading.Semaphore(0)
    asked = []
    loop = pg._server.loop
    beat = heartbeat.Heartbeat(loop, lambda: asked.append(1), lambda where: None, lambda seconds: None)
    for _ in range(5):
        loop.call_soon_threadsafe(answered.release)
        assert answered.acquire(timeout=5)
    beat.stop()

    assert asked == []
