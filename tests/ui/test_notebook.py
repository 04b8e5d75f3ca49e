"""In an IPython shell: the panel as a cell's last line, `%%endpoint`, and asyncio.run."""

import os
import subprocess
import sys

import pytest
from fastapi import FastAPI
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from playground import Playground
from playground.ui import nesting
from playground.ui.displays.registering import html_of
from playground.ui.notebook import attach

CELL = "class Echo(WebSocketEndpoint):\n    encoding = 'text'\n"


@pytest.fixture
def shell():
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    attach(shell)
    yield shell
    InteractiveShell.clear_instance()


def test_a_cell_is_an_endpoint(shell, pg):
    """It goes to `pg`, or to the only playground there is."""
    shell.user_ns["pg"] = pg
    report = shell.run_cell_magic("endpoint", "/echo", CELL)
    del shell.user_ns["pg"]
    shell.user_ns["lab"] = pg
    again = shell.run_cell_magic("endpoint", "/echo", CELL)

    assert str(report) == "new endpoint /echo, v1 live"
    assert again.version.number == 2


def test_a_cell_shows_what_is_worth_knowing_about_its_code(shell, pg, capsys):
    """Below it, with the line of the cell."""
    shell.user_ns["pg"] = pg
    with capture_output() as captured:
        shell.run_cell(f"%%endpoint /echo\n{CELL}    async def on_recieve(self, websocket, data): pass\n")
    shown = shell.user_ns["_"]

    assert "line 3: on_recieve is never called; did you mean on_receive?" in captured.stdout
    assert "<li>⚠ line 3: on_recieve is never called" in html_of(shown)


def test_a_cell_names_its_playground(shell, pg):
    """When there are several."""
    with Playground() as other:
        shell.user_ns.update(one=pg, two=other)
        with pytest.raises(UsageError, match="several playgrounds run; name one, as in %%endpoint /echo lab"):
            shell.run_cell_magic("endpoint", "/echo", CELL)
        shell.run_cell_magic("endpoint", "/echo two", CELL)

        assert "/echo" in other.endpoints and "/echo" not in pg.endpoints


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "say which path, as in %%endpoint /echo"),
        ("/a b c", "say which path"),
        ("/a lab", "lab is not a playground; write lab = playground.start"),
        ("/a", "no playground runs; write pg = playground.start"),
    ],
)
def test_a_cell_without_a_playground_says_what_to_write(shell, line, message):
    """In a sentence, not a traceback."""
    with pytest.raises(UsageError, match=message):
        shell.run_cell_magic("endpoint", line, CELL)


def test_a_mistake_in_a_cell_is_shown_under_its_line(shell, pg, capsys):
    """The cell fails, shortly; nothing has changed."""
    shell.user_ns["pg"] = pg
    with pytest.raises(UsageError, match="/ws is unchanged"):
        shell.run_cell_magic("endpoint", "/ws", "class Echo(WebSocketEndpoint):\n    encoding = = 'text'\n")
    shown = capsys.readouterr().err

    assert "parse error: line 2: invalid syntax" in shown
    assert "    2 |     encoding = = 'text'\n      |                ^" in shown
    assert pg.endpoints["/ws"].current.number == 1


def test_a_mistake_in_a_first_cell_says_that_nothing_was_made(shell, pg):
    """There was nothing before that could be unchanged."""
    shell.user_ns["pg"] = pg
    with pytest.raises(UsageError, match="no endpoint was made at /new"):
        shell.run_cell_magic("endpoint", "/new", "x = 1")


def test_a_cell_edits_one_method_of_a_path(shell):
    """With its decorator, as FastAPI's are written."""
    app = FastAPI()
    app.add_api_route("/items", lambda: "old", methods=["GET"])
    app.add_api_route("/items", lambda: "old", methods=["POST"])
    shell.user_ns["lab"] = Playground(app, names={"app": app})
    shell.run_cell_magic("endpoint", "POST /items lab", "@app.post('/items')\ndef make(): return 'new'")
    http = TestClient(app)

    assert (http.get("/items").json(), http.post("/items").json()) == ("old", "new")


def test_a_cell_for_a_route_that_cannot_be_edited_says_why(shell, capsys):
    """The cell fails, and the route goes on."""

    async def served(scope, receive, send): ...

    shell.user_ns["pg"] = Playground(Starlette(routes=[Mount("/echo", served)]))
    with pytest.raises(UsageError, match="no endpoint was made at /echo/1"):
        shell.run_cell_magic("endpoint", "/echo/1", CELL)

    assert "check error: '/echo/1' is taken by '/echo/{path:path}', which is a mount of" in capsys.readouterr().err


def test_the_panel_is_a_cells_last_line(shell, pg):
    """With its repr, and under it a still picture for where no widget can live."""
    with capture_output() as captured:
        shell.display_formatter.format(pg)
    panel, still = captured.outputs

    assert "application/vnd.jupyter.widget-view+json" in panel.data
    assert panel.data["text/plain"].startswith("<Playground ws://127.0.0.1:")
    assert "<table>" in still.data["text/html"]


def test_objects_show_themselves_beside_their_text(shell, echo):
    """As a cell's last line: HTML for a notebook, and the text that `repr` returns for everything else."""
    alice = echo.connect("/echo", name="alice")
    alice.send("hello")
    alice.receive()
    alice.close()
    echo.log.wait_for("end")
    rows = echo.log.rows("alice hello kind:receive")
    shown, _ = shell.display_formatter.format(rows)

    assert shown["text/plain"] == repr(rows)
    assert "<td style='text-align:left'>hello</td>" in shown["text/html"]


def test_the_old_nest_asyncio_is_warned_of(monkeypatch):
    """And only that one."""
    assert not nesting.old_nesting_applied()

    def run():
        pass

    run.__module__ = "nest_asyncio"
    monkeypatch.setattr(nesting.asyncio, "run", run)
    with pytest.warns(UserWarning, match="nest_asyncio 1.x was applied here; with ipykernel 7 it drops cells"):
        nesting.warn_about_nesting()


def test_asyncio_run_works_in_a_cell_once_it_is_allowed():
    """As code from the web expects; a playground goes on as before."""
    code = """
import asyncio, playground

async def cell():
    playground.allow_asyncio_run()
    async def main():
        await asyncio.sleep(0)
        return "ran"
    pg = playground.start()
    with pg.connect("/ws") as client:
        client.send("x")
        print(asyncio.run(main()), client.receive())

asyncio.new_event_loop().run_until_complete(cell())
playground.start().stop()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)

    assert done.stdout.startswith("ran you said: x\n"), done.stderr


def test_code_that_autoreload_replaces_is_another_version_from_the_next_cell_on(shell, tmp_path, monkeypatch):
    """Even if the extension is loaded after the playground was; the source shown is that of the saved file."""
    source = (
        "from starlette.applications import Starlette\nfrom starlette.endpoints import WebSocketEndpoint\n"
        "from starlette.routing import WebSocketRoute\nclass Echo(WebSocketEndpoint):\n    encoding = 'text'\n"
        "    async def on_receive(self, websocket, data):\n        await websocket.send_text(self.answer())\n"
        "    def answer(self):\n        return 'one'\napp = Starlette(routes=[WebSocketRoute('/echo', Echo)])\n"
    )
    file = tmp_path / "reloaded_app.py"
    file.write_text(source)
    monkeypatch.syspath_prepend(tmp_path)

    def run(cell):
        shell.run_cell(cell).raise_error()

    run(
        "import playground, reloaded_app\nlab = playground.Playground(reloaded_app.app).start()\nc = lab.connect('/echo')"
    )
    try:
        run("%load_ext autoreload\n%autoreload 2\nc.send('x'); told = [c.receive()]")
        file.write_text(source.replace("'one'", "'three'"))
        os.utime(file, (1, file.stat().st_mtime + 10))
        run("c.send('x'); told.append(c.receive())")
        endpoint = shell.user_ns["lab"].endpoints.find("/echo")
        rows = shell.user_ns["lab"].log.rows("kind:receive")

        assert shell.user_ns["told"] == ["one", "three"]
        assert [row.version for row in rows] == [1, 2]
        assert "'three'" in endpoint.current.source
    finally:
        run("%autoreload 0\nlab.stop()")
        sys.modules.pop("reloaded_app", None)
