"""Parts of the panel by themselves, and the panel beside the notebook, in a real JupyterLab."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

BEGIN = "import playground\nfrom ipywidgets import HBox, VBox\npg = playground.start()\n"
CHAT = """
class Chat(WebSocketEndpoint):
    encoding = "json"

    async def on_receive(self, websocket, data):
        await websocket.send_json({"heard": data["say"]})
"""
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

    assert "HTMLResponse" in first.editor().inner_text()


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


def test_a_page_in_the_notebook_talks_to_the_endpoint_that_is_chosen(start, shot):
    """Directly and through jupyter-server-proxy; what it sends and gets follows the endpoint, and stays text."""
    page, panel = start(BEGIN + f"pg.edit('/chat', {CHAT!r})\nVBox([pg.page(), pg.show('editor', '/ws')])")
    frame = page.frame_locator('[data-testid="page-frame"]')
    frame.get_by_text("connected to ws://127.0.0.1").wait_for()
    page.get_by_test_id("endpoint-select").select_option("websocket /chat")
    frame.get_by_text(re.compile("connected to .*/chat")).wait_for()
    frame.get_by_label("message").fill("<b>no JSON")
    frame.get_by_text("not JSON:").wait_for()
    frame.get_by_label("message").fill('{"say": "<b>hello"}')
    frame.get_by_role("button", name="Send").click()
    frame.get_by_text('← {"heard": "<b>hello"}').or_(frame.get_by_text('← {"heard":"<b>hello"}')).wait_for()
    shot(page, "page")
    page.get_by_test_id("page-way").click()
    frame.get_by_text(re.compile(r"connected to .*/proxy/\d+/chat")).wait_for()

    assert frame.get_by_label("as").input_value() == "json"
    assert frame.locator("li b").count() == 0


def test_the_panel_shows_the_page_inside(start):
    """And leaves it, which closes its connection."""
    page, panel = start()
    panel.root.get_by_test_id("page-here").click()
    frame = page.frame_locator('[data-testid="page-frame"]')
    frame.get_by_text("connected to").wait_for()
    frame.get_by_label("message").fill("from the page")
    frame.get_by_role("button", name="Send").click()
    frame.get_by_text("you said: from the page").wait_for()
    panel.root.get_by_test_id("page-here").click()
    panel.row("end").wait_for()

    assert panel.row("receive", "from the page").count() == 1
    assert panel.root.get_by_test_id("page-frame").is_hidden()
