"""The playground as HTML without scripts."""

import re

import nbformat
import pytest
from nbclient import NotebookClient

import playground
from playground.ui.frozen import ROWS, frozen_html


def test_rows_code_and_numbers_are_shown(echo):
    """The last rows with their witnesses, and each endpoint's source."""
    with echo.connect("/echo", name="alice") as alice:
        alice.send("hello")
        alice.receive()
    echo.log.wait_for("end")
    shown = frozen_html(echo)

    assert "<td>alice</td><td>→</td><td>receive</td><td>hello</td><td>5 B</td>" in shown
    assert "<td>●●●</td>" in shown
    assert "async def on_receive(self, websocket, data):" in shown
    assert "0 spilled, 0 dropped" in shown


def test_text_from_the_wire_stays_text(echo):
    """Nothing of it becomes an element."""
    with echo.connect("/echo", name="<b>") as alice:
        alice.send("<img src=x onerror=alert(1)><script>alert(2)</script>")
        alice.receive()
    shown = frozen_html(echo)

    assert "&lt;img src=x onerror=alert(1)&gt;" in shown
    assert not re.search(r"<(img|script)|<b>(?!WebSocket)", shown)


def test_it_is_bounded(pg):
    """The last rows, and the beginning of a payload."""
    for number in range(2 * ROWS):
        pg.log.note("log", data=f"line {number} " + "x" * 10_000)
    shown = frozen_html(pg)

    assert shown.count("<tr") == ROWS + 1
    assert f"line {2 * ROWS - 1} " in shown and "line 10 " not in shown
    assert len(shown) < 200_000


@pytest.fixture(scope="module")
def executed():
    """A notebook that was run headless and then frozen."""
    cells = [
        "import playground\npg = playground.start()",
        "pg",
        "with pg.connect('/ws', name='alice') as alice:\n    alice.send('frozen <b>')\n    alice.receive()",
        "pg.log.wait_for('end')\nplayground.freeze(pg)\npg.stop()",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return notebook


def test_freezing_replaces_the_panel(executed):
    """What is saved has no widget any more, and the rows that came after the cell had run."""
    [output] = executed.cells[1].outputs

    assert set(output.data) == {"text/html", "text/plain"}
    assert "frozen &lt;b&gt;" in output.data["text/html"]


def test_nbconvert_shows_the_rows(executed):
    """In HTML, where no script runs."""
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter().from_notebook_node(executed)

    assert "frozen &lt;b&gt;" in page
    assert "●●●" in page


def test_freezing_what_is_nowhere_shown_does_nothing(pg):
    """Outside a notebook, too."""
    playground.freeze(pg)
