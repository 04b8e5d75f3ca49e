"""The playground as HTML without scripts."""

import html
import re
from html import escape

import pytest

from playground.ui.frozen import LEFT, ROWS, frozen_html, newest
from playground.ui.rows import row_of
from playground.ui.words import cells


def plain(page):
    """Return HTML without the style of its cells."""
    return page.replace(f" {LEFT}", "")


def test_rows_code_and_numbers_are_shown(echo):
    """The last rows with their witnesses, and each endpoint's source."""
    with echo.connect("/echo", name="alice") as alice:
        alice.send("hello")
        alice.receive()
    echo.log.wait_for("end")
    shown = plain(frozen_html(echo))

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


def test_a_saved_picture_has_no_secrets(echo):
    """It says what was masked; `start(secrets=True)` leaves them."""
    with echo.connect("/echo?token=hunter2", headers={"Cookie": "session=hunter2"}):
        pass
    echo.log.wait_for("end")
    masked = frozen_html(echo)
    echo.secrets = True

    assert "hunter2" not in masked
    assert "2 secrets are masked (header cookie, query token)" in masked
    assert "token=hunter2" in frozen_html(echo)


def test_the_picture_has_the_words_of_the_panel(echo):
    """Each cell that the panel would show, as the browser gets it; see `test_words`."""
    with echo.connect("/echo", name="alice") as alice:
        alice.send("hello")
        alice.receive()
    echo.log.wait_for("end")
    shown = plain(frozen_html(echo))

    for record in newest(echo):
        for cell in cells(row_of(echo.log, record)):
            assert f"<td>{escape(cell)}</td>" in shown


def test_heartbeats_are_folded(pg):
    """However many there are, they take one line, and the last rows in which something happened are shown."""
    pg.log.note("log", data="something happened")
    for _ in range(5 * ROWS):
        pg.log.note("ping")
        pg.log.note("pong")
    shown = frozen_html(pg)

    assert "something happened" in shown
    assert f"×{10 * ROWS:,}" in shown and shown.partition("<tbody>")[2].count("ping") == 1


@pytest.mark.parametrize("text", ["$5 and $10", "$$x$$", r"\(x\)", r"\[x\]", r"\begin{x}"])
def test_no_formula_begins_in_a_text(pg, text):
    """MathJax leaves the picture alone by its class; where that is removed, no part of a text begins a formula."""
    pg.log.note("log", data=text)
    shown = frozen_html(pg)

    assert "<div class='wp-frozen tex2jax_ignore mathjax_ignore'>" in shown
    assert not re.search(r"\$\d|\$\$|\\[(\[]|\\begin", shown)
    assert html.unescape(re.sub(r"</?span>", "", shown)).count(text) >= 1
