"""Objects as a cell's last line shows them."""

import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from playground.edit.notes import Note
from playground.edit.versions import Diff, Report, Version
from playground.record.lists import Rows
from playground.ui.displays.endpoints import NOTES
from playground.ui.displays.html import CODE
from playground.ui.displays.registering import DISPLAYS, html_of
from playground.ui.displays.rows import ROWS
from playground.ui.rows import state_of

HOSTILE = "</style></pre><script>alert(1)</script><img src=x onerror=alert(2)>'\"&amp;$x$ \x1b[2J\u202eevil"
"""Text that would end the elements around it, run a script, set a formula, and turn the line around."""

SOURCE = f"""
class Hostile(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        {HOSTILE!a}
        print({HOSTILE!a})
        await websocket.send_text(data)
        raise ValueError({HOSTILE!a})
"""

TELLS_THE_TOKEN = """
class Telling(WebSocketEndpoint):
    encoding = "text"

    async def on_connect(self, websocket):
        await websocket.accept()
        await websocket.close(4000, "bad token " + websocket.query_params["token"])
"""

ELEMENTS = {"div", "style", "p", "b", "span", "ul", "li", "pre", "code", "table", "thead", "tbody", "tr", "th", "td"}


class Elements(HTMLParser):
    """Collects the elements of a page and the names of their attributes, as a browser reads them."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.attributes = set(), set()
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attributes}


@pytest.fixture
def objects(pg):
    """One object of each type that shows itself, with hostile text in all that others can choose."""
    report = pg.edit("/bad", SOURCE)
    edited = pg.edit("/bad", SOURCE + f"# {HOSTILE!a}\n")
    alice = pg.connect("/bad", name=HOSTILE, headers={"X-Text": "<b>"})
    alice.send(HOSTILE)
    pg.log.wait_for("end")
    row = pg.log.rows("kind:receive")[-1]
    notes = (Note("hostile", HOSTILE, 3), Note("hostile", HOSTILE))
    version = Version(number=2, source=HOSTILE, target=None, filename=HOSTILE, module_name="m")
    noted = Report(HOSTILE, version, 2, 0, stuck=(HOSTILE, HOSTILE), notes=notes, kept=(HOSTILE,), reset=(HOSTILE,))
    diff = pg.endpoints["/bad"].diff(1, 2)
    endpoint = pg.endpoints["/bad"]
    everything = [pg.log.rows(), row, pg.why(), report, edited, noted, endpoint, pg.endpoints, diff, pg.clients]
    return [*everything, alice, alice.async_client]


def test_every_type_has_a_display_and_nothing_of_its_text_becomes_an_element(objects):
    """Whatever a peer, a name or a source says: a browser sees the elements that displays are made of, and no others."""
    assert {type(one) for one in objects} == set(DISPLAYS)
    for one in objects:
        page = Elements(html_of(one))

        assert page.elements <= ELEMENTS, type(one)
        assert page.attributes <= {"class", "style", "scope", "title", "aria-label"}, type(one)


def test_what_cannot_be_seen_is_written_out_and_no_formula_begins(objects):
    """A display is saved with its notebook, and opened by others."""
    for one in objects:
        page = html_of(one)

        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", page), type(one)
        assert "tex2jax_ignore" in page and "$x$" not in page, type(one)


def test_a_list_of_rows_is_bounded(pg):
    """The last rows, the beginning of each payload, and how many there are besides."""
    for number in range(10 * ROWS):
        pg.log.note("log", data=f"line {number} " + "x" * 10_000)
    rows = pg.log.rows()
    page = html_of(rows)

    assert page.count("<tr") == ROWS + 1
    assert f"… {len(rows) - ROWS:,} earlier rows" in page
    assert f"line {10 * ROWS - 1} " in page and len(page) < 60_000


def test_a_row_shows_its_whole_payload_and_its_witnesses(echo):
    """Where the table of the timeline would cut it; a text of megabytes is cut here too, and says so."""
    alice = echo.connect("/echo", name="alice")
    for text in ("one\ntwo", "x" * 1_000_000):
        alice.send(text)
        alice.receive()
    echo.log.wait_for("on_receive", "size>1000")
    short, long = map(html_of, echo.log.rows("kind:receive"))

    assert "<code>one\ntwo</code>" in short
    assert all(f"<td style='text-align:left'>{one}</td>" in short for one in ("client", "wire", "handler"))
    assert "… 996,000 more characters" in long and len(long) < 10_000


def test_bytes_are_shown_in_hexadecimal(pg):
    """A part of them, and how many there are besides."""
    pg.connect("/ws").send(b"\x00\xff" * 2_000)
    pg.log.wait_for("end")

    assert "00 ff 00 ff" in html_of(pg.log.rows("kind:receive")[-1])
    assert "… 3,000 more bytes" in html_of(pg.log.rows("kind:receive")[-1])


def test_what_is_long_is_bounded():
    """A diff, and the notes on an edit."""
    changed = html_of(Diff("--- a\n+++ b\n" + "+x\n" * CODE))
    version = Version(number=2, source="", target=None, filename="f", module_name="m")
    noted = html_of(Report("/ws", version, 0, 0, notes=(Note("x", "n"),) * (NOTES + 7)))

    assert len(changed) < 100 * CODE and "more characters" in changed
    assert noted.count("<li>") == NOTES and "… 7 more notes" in noted


def test_secrets_are_masked(echo):
    """The output of a cell is saved with its notebook."""
    echo.connect("/echo?token=hunter2", name="alice", headers={"Cookie": "session=hunter2"}).close()
    echo.log.wait_for("end")
    pages = [html_of(one) for one in (echo.log.rows(), *echo.log.rows(), echo.clients, echo.clients["alice"])]

    assert not any("hunter2" in page for page in pages)
    assert "secrets are masked" in pages[0]


def test_a_secret_that_a_server_repeats_is_masked(pg):
    """In the reason of its Close frame, which stands in the client's line and in the accounts of a row."""
    pg.edit("/told", TELLS_THE_TOKEN)
    alice = pg.connect("/told?token=hunter2long", name="alice")
    pg.log.wait_for("end")
    pages = [html_of(one) for one in (alice, pg.why(alice), pg.clients, pg.log.rows(), *pg.log.rows())]
    [shown] = state_of(pg)["clients"]

    assert "bad token (masked)" in pages[0]
    assert "bad token (masked)" in pages[1]
    assert shown["reason"] == "bad token (masked)"
    assert not any("hunter2long" in page for page in pages)


def test_an_object_that_is_broken_has_no_display():
    """So IPython shows its text, and no traceback."""
    broken = object.__new__(Report)

    assert html_of(broken) is None
    assert html_of(object()) is None


def test_nothing_to_show_is_said(pg):
    """In words, not as an empty table."""
    assert "no rows" in html_of(Rows([]))
    assert "no clients" in html_of(pg.clients)
    assert "no difference" in html_of(pg.endpoints["/ws"].diff(1, 1))


def test_colours_follow_the_page():
    """No colour of a text stands alone: each is mixed with the page's ink, or comes from its theme."""
    version = Version(number=2, source="", target=None, filename="f", module_name="m")
    page = html_of(Report("/ws", version, 2, 2))

    assert re.search("(?<![-\\w])color:#", page) is None
    assert "color-mix(in srgb,#1a7f37 70%,currentColor)" in page


def test_without_ipython_nothing_is_drawn():
    """A program that uses rows, reports and clients never imports what draws them."""
    code = (
        "import sys, playground\n"
        "with playground.Playground() as pg:\n"
        "    pg.connect('/ws'); repr(pg.log.rows())\n"
        "print([name for name in sys.modules if name.startswith(('playground.ui', 'IPython'))])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert said.splitlines()[-1] == "[]"
