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
    panel.report("v3 live on 1 of 1")
    panel.root.get_by_test_id("kept").filter(has_text="Chat.members").wait_for()
    panel.root.get_by_test_id("version").filter(has_text="v3").wait_for()
    panel.root.get_by_test_id("history").click()
    panel.root.get_by_test_id("history-entry").filter(has_text="v2").click()
    panel.root.get_by_test_id("history-diff").wait_for()
    shot(page, "history")
    panel.root.get_by_test_id("revert").click()
    panel.report(re.escape("v4 (= v2) live on 1 of 1"))
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
    shot(page, "try")
    panel.send('{"say": "again"}')

    panel.row("send", "one again 1").wait_for()


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
    page.keyboard.press("Control+Enter")
    panel.report("v3 live on 1 of 1")
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
    panel.report("v3 live on 1 of 1")
    panel.send('{"say": "wait"}')
    panel.root.get_by_test_id("blocked").filter(has_text="/ws v3 line 10").wait_for()
    shot(page, "blocked")
    panel.run_cell(5, "gate.set()")

    panel.root.get_by_test_id("blocked").wait_for(state="hidden")
