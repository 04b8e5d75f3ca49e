"""The history of an endpoint compares any two of its versions, and the editor with any of them."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

VERSIONS = """
import playground
pg = playground.start(ws_ping_interval=None)
CODE = '''class Says(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text("{}")
'''
for number, word in enumerate(("one", "two", "three")):
    pg.edit("/says", CODE.format(word), reset=not number)
pg
"""


def lines(panel) -> list[str]:
    changed = panel.root.get_by_test_id("history-diff").locator("[data-sign=removed], [data-sign=added]")
    return [re.sub(r"\s+", " ", line).strip() for line in changed.all_inner_texts()]


def test_any_two_versions_are_compared(start, shot):
    """First the last two; others by mouse and keyboard, in both directions, and with a draft."""
    page, panel = start(VERSIONS)
    history = panel.root.get_by_test_id("history-menu")
    says = panel.root.get_by_test_id("history-says")
    panel.root.get_by_test_id("endpoint-select").select_option("websocket /says")
    panel.editor().get_by_text("three").wait_for()
    panel.root.get_by_test_id("history").click()
    says.filter(has_text="−1 line, +1 line").wait_for()
    first = lines(panel)
    shot(page, "history-two-versions")
    panel.root.get_by_test_id("history-entry").filter(has_text="v1").click()
    history.get_by_text('"one"').wait_for()
    chosen = lines(panel)
    page.keyboard.press("Tab")
    panel.root.get_by_test_id("history-after").focus()
    page.keyboard.type("v2")
    history.get_by_text('"two"').wait_for()
    by_key = lines(panel)
    history.get_by_role("button", name="Swap the two").click()
    history.locator("[data-sign=added]", has_text='"one"').wait_for()
    swapped = lines(panel)
    call = says.get_attribute("title")
    page.keyboard.press("Escape")
    history.wait_for(state="hidden")

    panel.editor().click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("# a draft")
    panel.root.get_by_test_id("history").click()
    panel.root.get_by_test_id("history-entry").filter(has_text="v3").click()
    panel.root.get_by_test_id("history-after").select_option("draft")
    history.locator("[data-sign=added]", has_text="# a draft").wait_for()
    draft = lines(panel)

    assert first == ['− await websocket.send_text("two")', '+ await websocket.send_text("three")']
    assert chosen == ['− await websocket.send_text("one")', '+ await websocket.send_text("three")']
    assert by_key == ['− await websocket.send_text("one")', '+ await websocket.send_text("two")']
    assert swapped == ['− await websocket.send_text("two")', '+ await websocket.send_text("one")']
    assert call == 'pg.endpoints["/says"].diff(2, 1)'
    assert draft == ["+ # a draft"]
