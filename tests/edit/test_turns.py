"""One edit of a path at a time: numbers, file names and tracebacks belong together, however many edit at once."""

import contextvars
import linecache
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest

from playground import EditRejected
from playground.edit.turns import Turns
from tests.conftest import ECHO, PATIENCE

FAILS = """
class Fails(WebSocketEndpoint):
    mark = {0}
    async def on_receive(self, websocket, data): raise KeyError({0})

def fail(): return {{}}[{0}]
"""

THREADS, EDITS = 8, 20


def line_shown(version):
    """Return the line of the source that a traceback of a version's code shows, and its file."""
    try:
        version.module.fail()
    except KeyError as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
    return frame.filename, frame.line


@pytest.mark.parametrize(("path", "first"), [("/eight/known", 2), ("/eight/new", 1)])
def test_versions_of_concurrent_edits_are_their_own(pg, path, first, monkeypatch):
    """Eight threads make twenty edits each, of an endpoint that is there and of a new one; some are rejected."""
    monkeypatch.setattr("playground.edit.live_code.HISTORY", THREADS * EDITS + 1)
    begin = threading.Barrier(THREADS)
    if first == 2:
        pg.edit(path, FAILS.format(-1))

    def edit(thread):
        begin.wait(PATIENCE)
        reports = []
        for number in range(EDITS):
            if number % 5 == 0:
                with pytest.raises(EditRejected):
                    pg.edit(path, "1 / 0")
            mark = thread * EDITS + number
            reports.append((mark, pg.edit(path, FAILS.format(mark))))
        return reports

    with ThreadPoolExecutor(THREADS) as pool:
        reports = [one for made in pool.map(edit, range(THREADS)) for one in made]

    versions = pg.endpoints[path].versions
    assert [one.number for one in versions] == list(range(1, THREADS * EDITS + first))
    assert sorted(report.version.number for _, report in reports) == list(range(first, THREADS * EDITS + first))
    for mark, report in reports:
        version = report.version
        assert version.filename == f"<live {path} v{version.number}>"
        assert version.source == FAILS.format(mark) and version.target.mark == mark
        assert line_shown(version) == (version.filename, f"def fail(): return {{}}[{mark}]")
    assert [name for name in linecache.cache if name.startswith(f"<live {path} ")] == [
        one.filename for one in versions if one.module
    ]


def test_drafts_that_are_tried_meanwhile_have_names_of_their_own(pg):
    """They take no number, and no name of a version."""
    pg.edit("/drafts", ECHO)
    with pg.connect("/drafts") as client, ThreadPoolExecutor(4) as pool:
        client.send("a")
        client.receive()
        trials = [pool.submit(pg.try_edit, "/drafts", ECHO) for _ in range(8)]
        report = pg.edit("/drafts", ECHO + "\n")

        assert all(trial.result(PATIENCE).same for trial in trials)
    assert report.version.filename == "<live /drafts v2>"
    assert not [name for name in linecache.cache if name.startswith("<draft /drafts")]


def test_a_source_cannot_edit_its_own_path(echo):
    """It would wait for itself; another path it may edit, and later its own."""
    echo._site._names = {"pg": echo}
    source = echo.endpoints["/echo"].current.source
    nested = f"pg.edit('/echo', {source!r})\n{source}"
    with pytest.raises(EditRejected, match="a source cannot edit its own path, /new, while it runs"):
        echo.edit("/new", nested.replace("/echo", "/new"))
    echo.edit("/new", nested)

    assert echo.endpoints["/echo"].current.number == 2
    assert echo.endpoints["/new"].current.number == 1


def test_what_a_source_has_started_may_edit_its_path_later():
    """Its tasks have its context, in which its turn is over by then."""
    turns = Turns()
    with turns.take("/a"), turns.take("/b"):
        context = contextvars.copy_context()
        with pytest.raises(EditRejected), turns.take("/a"):
            pass

    def later():
        with turns.take("/a"):
            return "edited"

    assert context.run(later) == "edited"
