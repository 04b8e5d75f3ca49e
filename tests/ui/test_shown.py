"""The panel of a log that was opened from a file."""

import json

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from playground import NotRunning, freeze, open_log
from playground.ui.calls import Calls
from playground.ui.detail import detail_of
from playground.ui.frozen import frozen_html
from playground.ui.notebook import attach
from playground.ui.panel import panel_of
from playground.ui.rows import row_of, state_of
from playground.ui.shown import shown_of

from .test_panel import Browser


@pytest.fixture
def live(echo):
    """A playground whose conversation is over."""
    with echo.connect("/echo", name="alice") as alice:
        alice.send("hello <b>")
        alice.receive()
        alice.ping()
        alice.close(4001, "bye")
    echo.log.wait_for("end")
    echo.stop()
    return echo


@pytest.fixture
def log(live, tmp_path):
    """The same, opened from a file."""
    file = tmp_path / "trace.jsonl"
    file.write_text(live.log.rows().to_jsonl(), "utf-8")
    return open_log(file)


@pytest.fixture
def calls(log):
    """What its panel can do."""
    return Calls(shown_of(log))


def test_rows_and_details_are_those_of_the_live_log(live, log):
    """Times included."""
    shown, known = log.rows(), live.log.rows()

    assert [row_of(log, row.record) for row in shown] == [row_of(live.log, row.record) for row in known]
    assert [detail_of(log, row) for row in shown] == [detail_of(live.log, row) for row in known]


def test_the_panel_says_what_it_shows(log):
    """No server, no clients, no endpoints; the browser's half is told that nothing can be started."""
    state = state_of(shown_of(log))

    assert state["server"]["mode"] == "opened"
    assert (state["server"]["running"], state["server"]["message"]) == (False, "opened from trace.jsonl")
    assert (state["endpoints"], state["clients"]) == ([], [])
    assert state["counts"]["total"] == log.total
    assert state["counts"]["kept"] == log.kept


def test_a_playground_is_live(live):
    """Also when it has stopped."""
    assert state_of(live)["server"]["mode"] == "live"
    assert state_of(live)["server"]["message"] == "stopped"


def test_the_browser_gets_the_rows(log, monkeypatch):
    """All of them, when it says hello."""
    panel = panel_of(log)
    browser = Browser(panel, monkeypatch)
    browser.say(type="hello", epoch=None, have=0)
    rows = json.loads(browser.wait_for("events")[1][0])
    panel.close()

    assert [row["seq"] for row in rows] == [row.seq for row in sorted(log.rows(), key=lambda row: row.seq)]


def test_one_log_has_one_panel(log):
    """Second views share its state."""
    panel = panel_of(log)

    assert panel_of(log) is panel
    panel.close()


@pytest.mark.parametrize(
    ("op", "args"),
    [
        ("connect", {"path": "/ws"}),
        ("send", {"names": ["alice"], "kind": "text", "data": "x"}),
        ("apply", {"path": "/ws", "source": "x"}),
        ("versions", {"path": "/ws"}),
        ("on_error", {"value": "hold"}),
        ("run_again", {"seq": 1}),
        ("stop", {}),
        ("start", {}),
    ],
)
def test_what_needs_a_server_says_that_there_is_none(calls, op, args):
    """And how to get one."""
    with pytest.raises(NotRunning, match=r"opened from trace.jsonl, so there is no server; playground.start\(\)"):
        calls.run(op, args)


def test_what_reads_the_log_works(calls, log):
    """Searching, opening a row, saving, clearing."""
    end = log.rows("kind:end")[0]

    assert calls.run("search", {"query": "alice"})["total"] == len(log.rows("alice"))
    assert "4001" in calls.run("detail", {"seq": end.seq})["why"]["verdict"]
    assert calls.run("export", {"format": "csv"})["text"] == log.rows().to_csv()
    assert calls.run("clear", {}) == {}
    assert log.kept == 0


def test_its_still_picture_names_the_file(log):
    """Text from the file is text."""
    html = frozen_html(log)

    assert "opened from trace.jsonl" in html
    assert "hello &lt;b&gt;" in html


def test_an_opened_log_is_a_cells_last_line(log):
    """With its repr, and under it a still picture."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    attach(shell)
    with capture_output() as captured:
        shell.display_formatter.format(log)
        freeze(log)
    panel, still = captured.outputs[:2]
    InteractiveShell.clear_instance()
    panel_of(log).close()

    assert "application/vnd.jupyter.widget-view+json" in panel.data
    assert panel.data["text/plain"].startswith("<OpenedLog trace.jsonl")
    assert "<table>" in still.data["text/html"]
