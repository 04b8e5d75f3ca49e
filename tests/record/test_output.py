"""What handlers print and log belongs to their event."""

import io
import logging
import sys

from playground.record import output
from playground.record.recorder.hooks import OUTPUT_LIMIT

TALKS = """
import logging

class Talks(WebSocketEndpoint):
    encoding = "text"

    async def on_connect(self, websocket):
        print("room:", 1)
        await websocket.accept()

    async def on_receive(self, websocket, data):
        print(data, end="")
        logging.getLogger("room").warning("heard %s", data)
        logging.getLogger("room").debug("not shown: the level is higher")
        print("!")
        await websocket.send_text(data)
"""


def test_output_is_attached_to_the_hook_that_made_it(pg, capsys):
    """Two clients at once do not mix, and outside a notebook it is printed as well."""
    pg.edit("/talks", TALKS)
    with pg.connect("/talks", name="alice") as alice, pg.connect("/talks", name="bob") as bob:
        for client in (alice, bob):
            client.send(client.name)
            client.receive()
    hooks = pg.log.filter("kind:on_receive")

    assert pg.log.wait_for("on_connect").output == (("stdout", "room: 1\n"),)
    assert [event.output for event in hooks] == [
        (("stdout", name), ("WARNING", f"room: heard {name}\n"), ("stdout", "!\n")) for name in ("alice", "bob")
    ]
    assert "room: 1\nroom: 1\nalice!\nbob!\n" in capsys.readouterr().out


def test_output_of_one_hook_is_bounded(pg):
    """A hook that prints for ever fills no memory."""
    pg.edit("/loud", TALKS.replace('print(data, end="")', "print('x' * 100_000)"))
    with pg.connect("/loud") as client:
        client.send("x")
        client.receive()
    said = pg.log.wait_for("on_receive").output

    assert said == (("stdout", "x" * OUTPUT_LIMIT + "… (cut)"),)


def test_everything_is_as_before_afterwards(capsys):
    """Standard output and logging are given back, after the last of several users; one may say twice that it is done."""
    before = sys.stdout, logging.getLogRecordFactory()
    output.capture("one")
    output.capture("another")
    output.release("one")
    output.release("one")
    during = sys.stdout
    output.release("another")

    assert during is not before[0]
    assert (sys.stdout, logging.getLogRecordFactory()) == before


def test_a_stdout_that_was_replaced_meanwhile_is_left_alone(monkeypatch):
    """Whoever replaced it will put it back."""
    output.capture("one")
    theirs = io.StringIO()
    monkeypatch.setattr(sys, "stdout", theirs)
    output.release("one")

    assert sys.stdout is theirs


FUNCTION = """
import asyncio
import logging
from starlette.websockets import WebSocketDisconnect

async def apart():
    print("apart")

async def talks(websocket):
    print("before")
    await websocket.accept()
    try:
        while True:
            data = await websocket.receive_text()
            print(data)
            logging.getLogger("room").info("heard %s", data)
            if data == "task":
                await asyncio.create_task(apart(), name="helper")
            await websocket.send_text(data)
    except WebSocketDisconnect:
        print("bye")
"""


def test_output_of_a_function_is_attached_to_the_message_that_came_last(pg):
    """To the handshake before the first one, to the end afterwards; a task of its own has a row."""
    pg.edit("/function", FUNCTION)
    with pg.connect("/function") as client:
        for word in ("one", "task"):
            client.send(word)
            client.receive()
    pg.log.wait_for("end")
    outputs = {
        (row.kind, row.data): "".join(text for _, text in row.record.output or ())
        for row in pg.log.rows()
        if row.record.output
    }
    [received] = [event for event in pg.log.filter("kind:receive one")]

    assert outputs == {
        ("connect", "GET /function"): "before\n",
        ("receive", "one"): "one\nroom: heard one\n",
        ("receive", "task"): "task\nroom: heard task\n",
        ("log", "task helper (apart), after receive"): "apart\n",
        ("disconnect", None): "bye\n",
    }
    assert received.output == (("stdout", "one\n"), ("INFO", "room: heard one\n"))
