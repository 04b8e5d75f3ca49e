"""What a saved notebook shows of a playground when its kernel is gone."""

import nbformat
import pytest
from nbclient import NotebookClient

import playground
from playground.ui import stills

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


def test_it_is_renewed_only_when_something_has_happened(pg, monkeypatch):
    """Heartbeats change nothing, so that JupyterLab does not save an idle notebook every two minutes."""
    updates = []
    monkeypatch.setattr(stills, "display", lambda *args, **options: None)
    monkeypatch.setattr(stills, "update_display", lambda *args, **options: updates.append(options))
    stills.show(pg, {})
    ping = pg.log.note("ping")
    stills.renew(pg)
    ping.answer = (ping.at, b"\x8a\x00", 2)
    pg.log.note("pong")
    stills.renew(pg)
    idle = list(updates)
    pg.log.note("log", data="something")
    stills.renew(pg)
    stills.renew(pg)

    assert idle == []
    assert len(updates) == 1
