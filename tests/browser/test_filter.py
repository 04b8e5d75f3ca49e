"""A filter in a browser: no expression and no text holds the page."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

ECHO = """import playground
pg = playground.start(ws_ping_interval=None)
alice = pg.connect("/ws", name="alice")
alice.send("a" * 300)
alice.send("ab")
pg"""
EVIL = "/(a|aa)+[!?]/"
"""On the 200 letters that a row has, an engine that goes back would need longer than the universe is old."""


def press_pause(panel):
    """Press a button and see that it was pressed, which a page that is held cannot do."""
    pause = panel.root.get_by_test_id("pause")
    pause.click()
    panel.root.locator('[data-testid="pause"][aria-pressed="true"]').wait_for()
    pause.click()
    panel.root.locator('[data-testid="pause"][aria-pressed="false"]').wait_for()


def test_an_expression_that_takes_too_long_is_stopped(start, shot):
    """The page goes on meanwhile, the error says which row it was, and the next filter works, also for new rows."""
    page, panel = start(ECHO, width=1200, height=800)
    long, short = panel.row("receive", "aaaa"), panel.row("receive", "ab")
    short.wait_for()
    box, says = panel.root.get_by_test_id("filter"), panel.root.get_by_test_id("filter-mistake")
    box.fill(EVIL)
    press_pause(panel)
    says.filter(has_text="took too long").wait_for()
    told = says.inner_text()
    press_pause(panel)
    for theme in ("light", "dark"):
        panel.set_theme(theme)
        says.scroll_into_view_if_needed()
        shot(page, f"filter-took-too-long-{theme}")
    kept = long.count(), short.count()

    assert f"column 1: {EVIL} took too long: it was stopped after 1 s on row " in told
    assert "a text of 200 characters that begins “aaaa" in told
    assert "showing: all rows" in told
    assert box.get_attribute("aria-invalid") == "true"
    assert kept == (1, 1)

    box.fill("/^ab+$/")
    long.wait_for(state="hidden")
    short.wait_for()
    panel.send("not that")
    panel.send("abbb")
    panel.row("receive", "abbb").wait_for()

    assert says.is_hidden()
    assert panel.row("receive", "not that").count() == 0


def test_where_workers_are_forbidden_the_kernel_matches(start):
    """A page's Content-Security-Policy may forbid workers; the kernel has the same time limit."""
    page, panel = start(ECHO)
    long, short = panel.row("receive", "aaaa"), panel.row("receive", "ab")
    short.wait_for()
    page.evaluate(
        """() => {
            const policy = document.createElement("meta");
            policy.httpEquiv = "Content-Security-Policy";
            policy.content = "worker-src 'none'";
            document.head.append(policy);
        }"""
    )
    box, says = panel.root.get_by_test_id("filter"), panel.root.get_by_test_id("filter-mistake")
    box.fill("/^ab$/")
    long.wait_for(state="hidden")
    short.wait_for()
    box.fill(EVIL)
    press_pause(panel)
    says.filter(has_text="took too long").wait_for()

    assert re.search(r"column 1: .* took too long: it was stopped after .* s on row \d+", says.inner_text())
    assert "a text of 300 characters" in says.inner_text()


def test_a_text_of_a_million_characters_is_no_filter(start):
    """Pasted by accident, it is refused at once, and the page goes on."""
    _, panel = start(ECHO)
    row = panel.row("receive", "ab")
    row.wait_for()
    box, says = panel.root.get_by_test_id("filter"), panel.root.get_by_test_id("filter-mistake")
    box.fill("word " * 200_000)
    says.filter(has_text="at most").wait_for()
    press_pause(panel)
    told = says.inner_text()
    box.fill("kind:send")
    row.wait_for(state="hidden")

    assert "column 20001: a filter has at most 20000 characters, and this one 1000000" in told
    assert "showing: all rows" in told


def test_a_payload_of_millions_of_characters_is_not_laid_out(start):
    """The beginning is shown, with how much more there is; brackets within brackets are not indented without end."""
    _, panel = start(ECHO)
    panel.row("receive", "ab").wait_for()
    panel.run_cell(5, 'alice.send("x" * 3_000_000); alice.send("[" * 1_500_000)')
    detail = panel.root.get_by_test_id("detail")
    more = {}
    for letter in "x[":
        panel.row("receive", letter * 10).click()
        detail.get_by_text(re.compile("^Times")).wait_for()
        detail.get_by_test_id("payload").filter(has_text=letter * 1000).wait_for()
        more[letter] = detail.get_by_test_id("payload-more").inner_text()
        press_pause(panel)

    assert more["x"] == "… 2,800,000 more characters; Copy has them all"
    assert more["["] == "… 1,300,000 more characters; Copy has them all"
