"""The source of a class or function that was defined elsewhere."""

from pathlib import Path

from starlette.endpoints import WebSocketEndpoint

from playground.edit.definitions import source_of
from playground.edit.running import forget
from playground.edit.source import load


def make_page():
    class Page(WebSocketEndpoint):
        html = """<p>
    indented on purpose
</p>"""

        async def on_receive(self, websocket, data):
            await websocket.send_text(self.html)

    return Page


def test_a_class_inside_a_function_is_cut_out_whole():
    """Moved to the left edge, and not a blank inside its strings."""
    text, _, _ = source_of(make_page())
    loaded = load(text, filename="<live /t v1>", module_name="<live /t v1>")
    forget("<live /t v1>", "<live /t v1>")

    assert text.startswith("class Page(WebSocketEndpoint):\n    html")
    assert loaded.target.html == make_page().html


class Local(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(data)


def test_the_source_of_an_object_is_found():
    """The class's text, the file, and the line it begins at."""
    text, filename, first = source_of(Local)

    assert text.startswith("class Local(WebSocketEndpoint):\n    encoding")
    assert filename == __file__
    assert Path(__file__).read_text("utf-8").splitlines()[first - 1] == "class Local(WebSocketEndpoint):"
    assert source_of(int) is None
