"""A file in somebody's own editor is applied whenever it is saved."""

import os

import pytest

from playground import EditRejected
from playground.edit import watch as module

ECHO = """
class Echo(WebSocketEndpoint):
    encoding = "text"
    members = set()

    async def on_receive(self, websocket, data):
        self.members.add(data)
        await websocket.send_text(f"{0} {{data}} {{len(self.members)}}")
"""
APP = """
from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import WebSocketRoute

{0}

app = Starlette(routes=[WebSocketRoute("/echo", Echo)])
"""


def ask(client, text):
    client.send(text)
    return client.receive()


def test_a_saved_file_reaches_open_connections(pg, tmp_path):
    """Written in place, or renamed over it as many editors do; state is kept."""
    file = tmp_path / "echo.py"
    file.write_text(ECHO.format("one"))
    watch = pg.watch(file, "/echo")
    with pg.connect("/echo") as client:
        answers = [ask(client, "a")]
        file.write_text(ECHO.format("two"))
        pg.log.wait_for("edit", "v:2")
        answers.append(ask(client, "b"))
        (tmp_path / "new").write_text(ECHO.format("three"))
        os.replace(tmp_path / "new", file)
        pg.log.wait_for("edit", "v:3")
        answers.append(ask(client, "c"))

    assert answers == ["one a 1", "two b 2", "three c 3"]
    assert repr(watch) == "<Watch echo.py watching>"
    watch.stop()
    assert repr(watch) == "<Watch echo.py stopped>"


def test_a_mistake_is_told_and_the_next_save_helps(pg, tmp_path):
    """At the first call it is raised; later it is in the log, and the old code goes on."""
    file = tmp_path / "echo.py"
    file.write_text("class Echo(")
    with pytest.raises(EditRejected, match="line 1"):
        pg.watch(file, "/echo")
    file.write_text(ECHO.format("one"))
    pg.watch(file, "/echo")
    since = pg.log.total
    file.write_text("class Echo(")
    pg.log.wait_for("edit", "rejected", since=since)
    file.write_text(ECHO.format("two"))
    pg.log.wait_for("edit", "v:2")
    with pg.connect("/echo") as client:
        assert ask(client, "a") == "two a 1"


def test_a_file_can_be_a_whole_app(pg, tmp_path):
    """As for `uvicorn main:app`; open connections follow, state is kept, tracebacks name the file."""
    file = tmp_path / "main.py"
    file.write_text(APP.format(ECHO.format("one")))
    pg.watch(file)
    with pg.connect("/echo") as client:
        first = ask(client, "a")
        file.write_text(APP.format(ECHO.format("two")))
        pg.log.wait_for("edit", '"another app is served"', since=pg.log.wait_for("send").seq)
        second = ask(client, "b")
        since = pg.log.total
        file.write_text("app = 1")
        refused = pg.log.wait_for("edit", since=since)
        third = ask(client, "c")

    assert (first, second, third) == ("one a 1", "two b 2", "two c 3")
    assert refused.error.startswith("main.py rejected: main.py defines no `app`; give it one, as app = Starlette")


def test_a_file_saved_while_it_is_applied_is_not_missed(pg, tmp_path):
    """However long the app takes to start."""
    file = tmp_path / "echo.py"
    save = f"from pathlib import Path\nPath({str(file)!r}).write_text({ECHO.format('two')!r})\n"
    file.write_text(save + ECHO.format("one"))
    pg.watch(file, "/echo")
    pg.log.wait_for("edit", "v:2")
    with pg.connect("/echo") as client:
        assert ask(client, "a") == "two a 1"


def test_a_file_saved_before_its_folder_is_watched_is_not_missed(pg, tmp_path, monkeypatch):
    """Watching takes a moment to begin."""
    file = tmp_path / "echo.py"
    file.write_text(ECHO.format("one"))
    watch = module.watch

    def begin(*args, **options):
        file.write_text(ECHO.format("two"))
        yield from watch(*args, **options)

    monkeypatch.setattr(module, "watch", begin)
    pg.watch(file, "/echo")
    pg.log.wait_for("edit", "v:2")


def test_a_file_that_is_not_there_is_an_error(pg, tmp_path):
    """At once."""
    with pytest.raises(FileNotFoundError):
        pg.watch(tmp_path / "nothing.py", "/echo")


def test_stopping_the_playground_stops_watching(pg, tmp_path):
    """No thread is left."""
    file = tmp_path / "echo.py"
    file.write_text(ECHO.format("one"))
    watch = pg.watch(file, "/echo")
    pg.stop()

    assert repr(watch) == "<Watch echo.py stopped>"
