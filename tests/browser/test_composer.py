"""The composer knows what the endpoint takes, and says what became of a message."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

ENDPOINTS = """
import playground
pg = playground.start(ws_ping_interval=None)
CODE = '''class Takes(WebSocketEndpoint):
    encoding = "{}"

    async def on_receive(self, websocket, data):
        await websocket.send_text(f"got {{data!r}}")
'''
for encoding in ("text", "json", "bytes"):
    pg.edit(f"/{encoding}", CODE.format(encoding), reset=True)
pg
"""


def connect(panel, path: str, name: str) -> None:
    panel.root.get_by_test_id("connect-options").click()
    panel.fill_in(connect_path=path, connect_name=name)
    panel.root.get_by_test_id("connect-go").click()
    panel.client(name, "open").wait_for()


def test_the_kind_of_message_follows_the_sender_and_what_is_refused_is_said(start, shot):
    """Text, JSON and bytes for their endpoints; a choice by hand stays; before a refusal a warning, after it the truth."""
    page, panel = start(ENDPOINTS)
    composer, state = panel.root, panel.root.get_by_test_id("send-state")
    kinds = {}
    for name in ("text", "json", "bytes"):
        connect(panel, f"/{name}", name)
        kind = {"text": "text", "json": "json", "bytes": "utf8"}[name]
        page.wait_for_function(
            "([as, kind]) => as.value === kind", arg=[composer.get_by_test_id("as").element_handle(), kind]
        )
        kinds[name] = composer.get_by_test_id("as").input_value()
    panel.send("hello")
    panel.row("send", "got b'hello'").wait_for()
    composer.get_by_test_id("from").select_option("json")
    composer.get_by_test_id("as").select_option("text")
    state.filter(has_text="/json expects JSON: Starlette will close the connection with 1003").wait_for()
    composer.get_by_test_id("from").select_option("text")
    composer.get_by_test_id("from").select_option("json")
    by_hand = composer.get_by_test_id("as").input_value()
    composer.get_by_test_id("send-options").click()
    composer.get_by_test_id("fragments").fill("3")
    composer.get_by_test_id("send-options").click()
    fragments = composer.get_by_test_id("in-fragments").inner_text()
    composer.get_by_test_id("from").select_option("*")
    composer.get_by_test_id("as").select_option("text")
    state.filter(has_text=re.compile(r"^2 of 3 \(json, bytes\) will be closed with 1003")).wait_for()
    shot(page, "composer-warns")
    composer.get_by_test_id("send").click()
    state.filter(has_text="sent to 3; 2 were closed with 1003").wait_for()
    tone = state.get_attribute("data-tone")
    shot(page, "composer-tells-the-truth")
    panel.client("json", "closed").wait_for()
    panel.row("send", "got 'hello'").wait_for()
    composer.get_by_test_id("in-fragments").get_by_role("button").click()
    composer.get_by_test_id("in-fragments").wait_for(state="hidden")

    assert kinds == {"text": "text", "json": "json", "bytes": "utf8"}
    assert by_hand == "text"
    assert fragments.split() == ["in", "3", "fragments", "✕"]
    assert tone == "bad"


def test_an_edit_changes_the_kind_of_message(start):
    """The sender stays, what its endpoint takes does not."""
    page, panel = start(ENDPOINTS)
    connect(panel, "/text", "ann")
    panel.root.get_by_test_id("endpoint-select").select_option("websocket /text")
    panel.editor().get_by_text('encoding = "text"').wait_for()
    panel.type_code(
        'class Takes(WebSocketEndpoint):\n    encoding = "json"\n\n    async def on_receive(self, websocket, data):\n'
        "        await websocket.send_json(data)\n"
    )
    panel.root.get_by_test_id("apply").click()
    panel.report("v2 (is )?live")
    page.wait_for_function("as => as.value === 'json'", arg=panel.root.get_by_test_id("as").element_handle())
    panel.send('{"n": 1.0}')
    panel.row("send", '{"n":1.0}').wait_for()
    state = panel.root.get_by_test_id("send-state")

    assert state.get_attribute("data-tone") == "good"
