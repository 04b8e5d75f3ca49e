"""Parts of the panel as widgets."""

import json
import re
import subprocess
import sys

import ipywidgets
import pytest

import playground
from playground import Playground, QueryError, UnknownEndpoint, show
from playground.common.version import VERSION
from playground.ui.panel import STATIC, panel_of
from playground.ui.pieces import PIECES, Piece


def state(piece):
    """Return what the page gets of a piece."""
    return piece.get_state()


@pytest.mark.parametrize("name", PIECES)
def test_each_piece_is_a_widget_of_the_one_panel(pg, name):
    """It can be laid out with other widgets, and the page finds the panel by it."""
    piece = show(pg, name, height=300)
    box = ipywidgets.HBox([piece, show(pg, name)])

    assert box.children[0] is piece
    assert state(piece) | {"panel": f"IPY_MODEL_{panel_of(pg).model_id}", "pane": name, "height": 300} == state(piece)
    assert state(piece)["epoch"] == panel_of(pg).epoch == state(box.children[1])["epoch"]


def test_a_piece_costs_the_page_a_hundredth_of_the_panel(pg):
    """The panel's script, rows and state travel once, however many pieces there are."""
    panel = len(json.dumps(panel_of(pg).get_state()))
    piece = len(json.dumps(state(show(pg, "timeline", "alice"))))

    assert piece < 3_000
    assert 50 * piece < panel


def test_the_second_argument_says_what_it_is_about(pg):
    """A filter, the path of an endpoint, or the path of a page."""
    assert state(show(pg, "timeline", "alice -ping"))["filter"] == "alice -ping"
    assert state(show(pg, "sequence", "client:alice"))["filter"] == "client:alice"
    assert state(show(pg, "editor", "/ws"))["path"] == "/ws"
    assert state(show(pg, "page", "/?path=/ws"))["path"] == "/?path=/ws"
    assert state(show(pg, "page"))["path"] == "/"


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        (("timelin",), ValueError, "no piece 'timelin'; did you mean 'timeline'?"),
        (("log",), ValueError, "no piece 'log'; there are panel, timeline, sequence, clients, composer, editor, page"),
        ((None,), ValueError, "no piece None; there are panel"),
        (("clients", "alice"), TypeError, "the piece 'clients' takes no second argument, and got 'alice'"),
        (("editor", "/wss"), UnknownEndpoint, "no endpoint at '/wss'; did you mean '/ws'?"),
        (("timeline", "clint:alice"), QueryError, "clint"),
        (("timeline", 5), TypeError, "5"),
        (("page", 5), TypeError, "a path has to be text"),
    ],
)
def test_a_mistake_is_said_at_the_call(pg, args, error, message):
    """With what is there, or the nearest of it."""
    with pytest.raises(error, match=re.escape(message)):
        show(pg, *args)


@pytest.mark.parametrize("height", [0, -1, "400px", 2.5, True])
def test_a_height_is_a_number_of_pixels(pg, height):
    """Anything else is refused."""
    with pytest.raises(ValueError, match="height has to be a number of pixels, such as 400, not"):
        show(pg, height=height)


def test_a_piece_beside_the_notebook_is_opened_once(pg):
    """The page says when it has done so; when it is loaded again, what somebody has closed stays closed."""
    piece = show(pg, "timeline", side=True)
    before = state(piece)["side"]
    piece._handle_custom_msg({"type": "placed"}, [])

    assert (before, state(piece)["side"]) == ("asked", "placed")
    assert state(show(pg))["side"] == ""


def test_a_playground_shows_itself_where_ipython_is(pg, monkeypatch):
    """What draws is registered from above; without it, the error says what works everywhere."""
    monkeypatch.setattr(Playground, "drawn_with", None)
    with pytest.raises(RuntimeError, match=re.escape("playground.show(pg) returns the same widget")):
        pg.show()
    monkeypatch.setattr(Playground, "drawn_with", staticmethod(show))
    page = pg.page("/?x=1", height=200)

    assert isinstance(pg.show("timeline", "alice", height=200), Piece)
    assert state(page) | {"pane": "page", "path": "/?x=1", "height": 200} == state(page)


def test_a_log_from_a_file_has_the_pieces_that_need_no_server(pg, tmp_path):
    """The others say which there are."""
    (tmp_path / "log.jsonl").write_text(pg.log.rows().to_jsonl(), "utf-8")
    log = playground.open_log(tmp_path / "log.jsonl")

    assert state(show(log, "timeline", "is:errors"))["filter"] == "is:errors"
    with pytest.raises(ValueError, match="a log from a file has no composer; it has panel, timeline, sequence"):
        show(log, "composer")


def test_its_repr_is_one_line_that_says_what_it_shows(pg):
    """In a list of widgets, for example."""
    assert repr(show(pg, "timeline", "alice\nbob")).startswith("<Piece timeline 'alice\\nbob' of <Playground ws://")


def test_importing_the_package_imports_no_widgets():
    """The third of a second that they take is spent when something is shown."""
    code = "import sys, playground; playground.Playground; print('anywidget' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_the_extension_for_jupyterlab_is_built_and_has_the_packages_version():
    """JupyterLab reads `package.json`, loads the container that it names, and asks it for the module."""
    folder = STATIC.parent / "labextension"
    described = json.loads((folder / "package.json").read_text("utf-8"))
    build = described["jupyterlab"]["_build"]
    script = (folder / build["load"]).read_text("utf-8")

    assert described["version"] == VERSION
    assert described["name"] in script and build["extension"] in script
