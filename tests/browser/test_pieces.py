"""Parts of the panel by themselves, and the panel beside the notebook, in a real JupyterLab."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

BEGIN = "import playground\nfrom ipywidgets import HBox, VBox\npg = playground.start()\n"
BESIDE = '.lm-Widget[data-testid="beside"]'


def test_pieces_in_a_box_share_one_state(start, shot):
    """The clients connect, the composer sends as that client, and the timeline shows the rows that its filter lets pass."""
    page, panel = start(
        BEGIN + "HBox([VBox([pg.show('clients'), pg.show('composer')]), pg.show('timeline', 'kind:receive')])"
    )
    clients, composer, timeline = (type(panel)(page, page.get_by_test_id("playground").nth(i)) for i in range(3))
    clients.connect()
    composer.send("hello")
    timeline.row("receive", "hello").wait_for()
    shot(page, "pieces")
    widths = [one.root.bounding_box()["width"] for one in (clients, composer, timeline)]
    models = page.evaluate("() => globalThis[Symbol.for('websocket-playground pieces')].panels.size")

    assert timeline.root.get_by_test_id("filter").input_value() == "kind:receive"
    assert timeline.row("send").count() == 0
    assert widths[0] == widths[1] >= 300 and widths[2] >= 300
    assert models == 1


def test_an_editor_by_itself_is_about_its_endpoint(start):
    """With its bar, and with what was typed there in every other view."""
    page, panel = start(BEGIN + "VBox([pg.show('editor', '/'), pg.show('editor')])")
    first, second = (type(panel)(page, page.get_by_test_id("playground").nth(i)) for i in range(2))
    first.editor().get_by_text("HTMLResponse").first.wait_for()
    second.editor().get_by_text("you said").first.wait_for()
    second.type_code("class Echo(WebSocketEndpoint):\n    encoding = 'text'\n")
    page.keyboard.press("Control+Enter")
    second.report("v2 live")

    assert first.editor().inner_text().startswith("from starlette.endpoints import HTTPEndpoint")


def test_the_panel_opens_beside_the_notebook(start, shot):
    """By its button, without a cell: it works there, and closing it leaves the first one as it was."""
    page, panel = start()
    panel.connect()
    panel.root.get_by_test_id("open-beside").click()
    other = type(panel)(page, page.locator(BESIDE).get_by_test_id("playground"))
    other.send("from beside")
    other.row("send", "you said: from beside").wait_for()
    shot(page, "beside")
    notebook, beside = (page.locator(one).bounding_box() for one in (".jp-NotebookPanel", BESIDE))
    again = other.root.get_by_test_id("open-beside").count()
    page.locator(".lm-TabBar-tab", has_text="Playground").locator(".lm-TabBar-tabCloseIcon").click()
    page.locator(BESIDE).wait_for(state="detached")
    panel.send("from the cell")
    panel.row("send", "you said: from the cell").wait_for()

    assert beside["x"] >= notebook["x"] + notebook["width"] - 1
    assert again == 0


def test_a_cell_opens_a_piece_beside_the_notebook(start):
    """`side=True`; the cell says where it is, and the view goes with its notebook's kernel."""
    page, panel = start(BEGIN + "pg.show('sequence', side=True)")
    page.locator(BESIDE).get_by_test_id("view-sequence").wait_for()
    page.locator(".jp-OutputArea-output", has_text="Opened beside the notebook.").wait_for()
    page.locator(".lm-TabBar-tab", has_text="Playground · sequence").wait_for()

    assert page.locator(".jp-Notebook").get_by_test_id("playground").count() == 0
