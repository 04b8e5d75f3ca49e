"""Editing with the panel: what an expert does all day."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

CHAT = """class Chat(WebSocketEndpoint):
    encoding = "json"
    members = set()

    async def on_connect(self, websocket):
        await websocket.accept()
        self.members.add(websocket)

    async def on_receive(self, websocket, data):
        await websocket.send_text(f"one {data['say']} {len(self.members)}")
"""
START = f"import playground\npg = playground.start()\npg.edit('/ws', {CHAT!r}, reset=True)\npg"


def test_go_back_to_an_earlier_version(start, shot):
    """History shows each version and what differs; going back reaches the open connection."""
    page, panel = start(START)
    panel.connect()
    panel.type_code(CHAT.replace("one", "two"))
    page.keyboard.press("Control+Enter")
    panel.report("v3 live on 1 connection")
    panel.root.get_by_test_id("kept").filter(has_text="Chat.members").wait_for()
    panel.root.get_by_test_id("version").filter(has_text="v3").wait_for()
    panel.root.get_by_test_id("history").click()
    panel.root.get_by_test_id("history-entry").filter(has_text="v2").click()
    panel.root.get_by_test_id("history-diff").wait_for()
    shot(page, "history")
    panel.root.get_by_test_id("revert").click()
    panel.report(re.escape("v4 (= v2) live on 1 connection"))
    panel.send('{"say": "back"}')

    panel.row("send", "one back 1").wait_for()


def test_try_a_draft_before_anybody_gets_it(start, shot):
    """The last messages are run on the draft; nothing is published."""
    page, panel = start(START)
    panel.connect()
    panel.send('{"say": "hello"}')
    panel.row("send", "one hello 1").wait_for()
    panel.type_code(CHAT.replace("one", "two"))
    panel.root.get_by_test_id("try").click()
    result = panel.root.get_by_test_id("try-result")
    result.get_by_text("two hello").first.wait_for()
    panel.run_cell(5, "with pg.connect('/ws') as other: other.send('{\"say\": \"other\"}'); other.receive()")
    result.get_by_test_id("try-whose").select_option("of c1")
    result.get_by_text("two hello").first.wait_for()
    shot(page, "try")
    result.get_by_test_id("try-whose").select_option("of the newest")
    result.get_by_text("two other").first.wait_for()
    panel.send('{"say": "again"}')

    panel.row("send", "one again 2").wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_note_leads_to_its_line(start, shot, theme):
    """It is under the editor with the report, also when the edit was made in a cell; a click marks its line."""
    noted = CHAT.replace("await websocket.send_text", "websocket.send_text")
    page, panel = start(START.replace(repr(CHAT), repr(noted)), dark=theme == "dark", width=1200, height=800)
    note = panel.root.get_by_test_id("notes").filter(has_text="is not awaited, so nothing is sent")
    note.get_by_test_id("note-line").click()
    marked = panel.marked_line()
    shot(page, f"notes-{theme}")
    panel.type_code(CHAT)
    page.keyboard.press("Control+Enter")
    note.wait_for(state="hidden")
    panel.root.get_by_test_id("editor").locator(".cm-wp-bad-number").wait_for(state="hidden")

    assert marked == 10


def test_people_in_a_function_are_moved(start, shot):
    """By a button that says how many wait for it."""
    function = "async def talk(websocket):\n    await websocket.accept()\n    while True:\n"
    function += "        await websocket.send_text('one ' + await websocket.receive_text())\n"
    page, panel = start(START.replace(repr(CHAT), repr(function)), width=1200, height=800)
    panel.connect()
    panel.type_code(function.replace("one", "two"))
    page.keyboard.press("Control+Enter")
    move = panel.root.get_by_test_id("move").filter(has_text="Move 1 connection to v3")
    move.wait_for()
    shot(page, "move")
    move.click()
    panel.report("v3 live on 1 connection")
    move.wait_for(state="hidden")
    panel.send("hi")

    panel.row("send", "two hi").wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_hold_a_failed_message_and_run_it_again(start, shot, theme):
    """The connection stays; the mended code answers what was asked."""
    page, panel = start(START, dark=theme == "dark")
    panel.root.get_by_test_id("on-error").select_option("hold")
    panel.connect()
    panel.send('{"shout": "hey"}')
    held = panel.root.get_by_test_id("held")
    held.filter(has_text="KeyError: 'say'").wait_for()
    shot(page, f"held-{theme}")
    panel.type_code(CHAT.replace("data['say']", "data.get('say', 'nothing')"))
    panel.root.get_by_test_id("try").click()
    tried = panel.root.get_by_test_id("try-result").locator("li").filter(has_text="held")
    tried.filter(has_text="before: ✕ KeyError: 'say'").filter(has_text="one nothing").wait_for()
    shot(page, f"try-held-{theme}")
    panel.root.get_by_test_id("editor").locator(".cm-content").focus()
    page.keyboard.press("Control+Enter")
    panel.report("v3 live on 1 connection")
    held.get_by_test_id("run-again").click()
    panel.row("send", "one nothing 1").wait_for()
    held.wait_for(state="hidden")

    assert panel.root.locator('[data-testid="client"][data-state="open"]').count() == 1


def test_a_handler_that_blocks_is_named(start, shot):
    """In a banner, with its line, while it blocks; then it goes."""
    page, panel = start("import threading\ngate = threading.Event()\n" + START)
    panel.connect()
    panel.type_code(CHAT.replace("await websocket.send_text", "gate.wait(); await websocket.send_text"))
    page.keyboard.press("Control+Enter")
    panel.report("v3 live on 1 connection")
    panel.send('{"say": "wait"}')
    panel.root.get_by_test_id("blocked").filter(has_text="/ws v3 line 10").wait_for()
    shot(page, "blocked")
    panel.run_cell(5, "gate.set()")

    panel.root.get_by_test_id("blocked").wait_for(state="hidden")


COUNT = """class Count(WebSocketEndpoint):
    count = 0

    async def on_receive(self, websocket, data):
        type(self).count += int(data)
        await websocket.send_text(f"count {self.count}")
"""


def test_a_crowded_panel_leaves_the_editor_its_lines(start, shot):
    """With a held message, a Try and notes; a refused edit shows its line, and a conflict is ended beside its note."""
    page, panel = start(START.replace(repr(CHAT), repr(COUNT)), width=1200, height=800)
    editor = panel.root.get_by_test_id("editor")
    panel.root.get_by_test_id("on-error").select_option("hold")
    panel.connect()
    panel.send("2")
    panel.row("send", "count 2").wait_for()
    panel.type_code(COUNT.replace("count = 0", "count = 10"))
    page.keyboard.press("Control+Enter")
    note = panel.root.get_by_test_id("notes").filter(has_text="count stays 2")
    note.wait_for()
    panel.send("many")
    panel.root.get_by_test_id("held").filter(has_text="ValueError").wait_for()
    panel.root.get_by_test_id("report-line").filter(has_text="line 5").click()
    panel.root.get_by_test_id("try").click()
    panel.root.get_by_test_id("try-result").get_by_text("count").first.wait_for()
    shot(page, "crowded")
    lines = editor.evaluate("editor => editor.clientHeight / editor.querySelector('.cm-line').offsetHeight")
    panel.type_code("def f(:\n" + COUNT + "# more\n" * 60)
    page.keyboard.press("Control+Enter")
    panel.report("line 1: ")
    editor.locator(".cm-wp-bad-number").wait_for()
    page.wait_for_function("() => document.querySelector('.cm-scroller').scrollTop === 0")
    shot(page, "refused")
    panel.root.get_by_test_id("discard").click()
    note.get_by_test_id("note-reset").click()
    panel.report("v4 live on 1 connection")
    note.wait_for(state="hidden")

    assert lines >= 8
