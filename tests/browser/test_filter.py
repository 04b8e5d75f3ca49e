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


TALK = """import playground
pg = playground.start(ws_ping_interval=None)
alice = pg.connect("/ws", name="alice")
bob = pg.connect("/ws", name="bob")
alice.send("hello")
bob.send("other")
pg.log.wait_for("client_receive", "client:bob")
pg"""


def box_of(start, **size):
    """Return a panel, its filter's box, and what says how many rows are shown."""
    page, panel = start(TALK, **size)
    panel.row("receive", "other").wait_for()
    return page, panel, panel.root.get_by_test_id("filter"), panel.root.get_by_test_id("shown")


def test_a_half_word_leaves_the_list_as_it_is(start, shot):
    """A space or Enter finishes it; a plain word counts with each letter; a mistake is told when it can be none else."""
    page, panel, box, shown = box_of(start, width=1200, height=800)
    options, note = panel.root.get_by_test_id("filter-option"), panel.root.get_by_test_id("filter-note")
    box.fill("client:alice")
    shown.filter(has_text=re.compile(r"^\d+ of ")).wait_for()
    before = shown.inner_text()
    box.press("End")
    page.keyboard.type(" kind:rec")
    note.filter(has_text="not applied yet: “kind:rec”").wait_for()
    shot(page, "filter-half-word")

    assert shown.inner_text() == before
    assert options.all_inner_texts() == ["receive"]
    assert panel.root.get_by_test_id("filter-mistake").is_hidden()

    page.keyboard.press("Enter")
    mistake = panel.root.get_by_test_id("filter-mistake")
    mistake.filter(has_text="did you mean 'receive'").wait_for()
    page.keyboard.type("eive")
    shown.filter(has_text=re.compile("^1 of ")).wait_for()

    assert mistake.is_hidden()
    assert note.is_hidden()

    box.fill("")
    page.keyboard.type("hel")
    panel.row("receive", "other").wait_for(state="hidden")

    assert panel.row("receive", "hello").is_visible()


def test_keys_and_values_are_completed_by_keyboard_and_mouse(start):
    """Arrows choose, Tab and Enter take; Escape closes the list and then clears; Tab goes on when the list is closed."""
    page, panel, box, shown = box_of(start)
    options, root = panel.root.get_by_test_id("filter-option"), panel.root
    box.click()
    page.keyboard.type("cl")
    page.keyboard.press("Tab")

    assert box.input_value() == "client:"
    assert [each.split("\n")[0] for each in options.all_inner_texts()] == ["alice", "bob"]
    assert box.get_attribute("aria-expanded") == "true"

    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    active = box.get_attribute("aria-activedescendant")

    assert root.locator(f"[id='{active}']").inner_text().startswith("bob")

    page.keyboard.press("Enter")
    panel.row("receive", "hello").wait_for(state="hidden")

    assert box.input_value() == "client:bob"
    assert box.get_attribute("aria-expanded") == "false"

    page.keyboard.type(" kind:on_c")
    options.first.click()

    assert box.input_value() == "client:bob kind:on_connect"
    assert box.evaluate("box => box === box.getRootNode().activeElement")

    page.keyboard.type(" k")
    page.keyboard.press("Escape")
    closed = box.input_value(), options.count()
    page.keyboard.press("Escape")

    assert closed == ("client:bob kind:on_connect k", 0)
    assert box.input_value() == ""

    page.keyboard.type("k")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")

    assert not box.evaluate("box => box === box.getRootNode().activeElement")


def test_terms_are_joined_by_or_and_brackets(start, shot):
    """What is not closed yet is told quietly; a bracket too many is a mistake at its place."""
    page, panel, box, shown = box_of(start, width=1200, height=800)
    box.click()
    page.keyboard.type("(client:bob OR hello) ")
    page.keyboard.type("kind:receive ")
    shown.filter(has_text=re.compile("^2 of ")).wait_for()
    page.keyboard.type("(x")
    note = panel.root.get_by_test_id("filter-note")
    note.filter(has_text="this bracket is never closed").wait_for()

    assert shown.inner_text().startswith("2 of ")

    page.keyboard.type("))")
    mistake = panel.root.get_by_test_id("filter-mistake")
    mistake.filter(has_text="column 39: this ) closes no bracket").wait_for()
    shot(page, "filter-bracket-too-many")

    assert mistake.locator("mark").inner_text() == ")"


def test_a_filter_is_saved_chosen_renamed_and_deleted_and_the_last_one_stays(start, shot):
    """Under a name, in the browser; the help's examples are used by a click."""
    page, panel, box, shown = box_of(start, width=1200, height=800)
    root = panel.root
    box.fill("kind:receive client:bob")
    root.get_by_test_id("filter-saved").click()
    root.get_by_test_id("filter-name").fill("what bob says")
    page.keyboard.press("Enter")
    root.get_by_test_id("saved-filter").filter(has_text="what bob says").wait_for()
    shot(page, "filter-saved")
    root.get_by_test_id("filter-rename").click()
    root.get_by_test_id("filter-new-name").fill("bob")
    page.keyboard.press("Enter")
    root.get_by_test_id("saved-filter").filter(has_text=re.compile("^bob")).wait_for()
    page.keyboard.press("Escape")
    root.get_by_test_id("filter-help").click()
    shot(page, "filter-help")
    root.get_by_test_id("filter-example").filter(has_text="-kind:ping,pong").click()

    assert box.input_value() == "-kind:ping,pong"

    root.get_by_test_id("filter-saved").click()
    root.get_by_test_id("saved-filter").click()
    shown.filter(has_text=re.compile("^1 of ")).wait_for()

    assert box.input_value() == "kind:receive client:bob"
    assert page.evaluate("sessionStorage.getItem('websocket-playground:page:filter')") == "kind:receive client:bob"

    root.get_by_test_id("filter-saved").click()
    root.get_by_test_id("filter-delete").click()
    root.get_by_text("No filter is saved yet.").wait_for()

    assert root.get_by_test_id("saved-filter").count() == 0
