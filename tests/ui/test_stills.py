"""What a saved notebook shows of a playground when its kernel is gone."""

import nbformat
import pytest
from nbclient import NotebookClient

import playground

TALK = "with pg.connect('/ws', name='alice') as alice:\n    alice.send('still <b>')\n    alice.receive()"


def execute(*cells):
    """Return a notebook whose cells were run headless, after one that starts a playground."""
    sources = ["import playground\npg = playground.start()", *cells, "pg.stop()"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in sources])
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    return notebook


@pytest.fixture(scope="module")
def left():
    """A notebook that was run, and nothing else."""
    return execute("pg", TALK)


@pytest.fixture(scope="module")
def frozen():
    """A notebook whose panel was frozen."""
    return execute("pg", "pg", TALK, "pg.log.wait_for('end')\nplayground.freeze(pg)")


def test_the_last_rows_stay_under_the_panel(left):
    """As of the last cell that was run, and not as of the panel's own."""
    panel, still = left.cells[1].outputs

    assert "application/vnd.jupyter.widget-view+json" in panel.data
    assert set(still.data) == {"text/html"}
    assert "still &lt;b&gt;" in still.data["text/html"]
    assert "stopped" in still.data["text/html"]


def test_nbconvert_shows_the_rows(left):
    """In HTML, where no script runs."""
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter().from_notebook_node(left)

    assert "still &lt;b&gt;" in page
    assert "●●●" in page


def test_freezing_replaces_every_panel(frozen):
    """What is saved has no widget any more, and each picture once."""
    for cell in frozen.cells[1:3]:
        panel, still = cell.outputs

        assert set(panel.data) == {"text/html", "text/plain"}
        assert "still &lt;b&gt;" in panel.data["text/html"]
        assert still.data["text/html"] == ""


def test_freezing_what_is_nowhere_shown_does_nothing(pg):
    """Outside a notebook, too."""
    playground.freeze(pg)
