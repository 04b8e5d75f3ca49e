"""What stands between an endpoint and its first client: the form, and a draft that is not applied."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

START = "import playground\npg = playground.start(ws_ping_interval=None)\npg"
NEW = """class New(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(data)
"""


def test_the_form_says_what_is_wrong_beside_the_field_and_keeps_what_was_typed(start, shot):
    """The next name is known; a path gets its slash; the kernel's own complaint stays in the form, a refusal keeps the fields."""
    page, panel = start(START)
    panel.connect()
    panel.root.get_by_test_id("connect-options").click()
    name = panel.root.get_by_test_id("connect-name").get_attribute("placeholder")
    panel.fill_in(connect_path="", connect_headers="no colon")
    panel.root.get_by_test_id("connect-go").click()
    form = panel.root.get_by_test_id("connect-form")
    form.get_by_text("Which path?").wait_for()
    focused = panel.root.get_by_test_id("connect-path").evaluate("field => field === document.activeElement")
    panel.fill_in(connect_path="ws")
    panel.root.get_by_test_id("connect-go").click()
    form.get_by_text('A header is "Name: value", not "no colon".').wait_for()
    invalid = panel.root.get_by_test_id("connect-headers").get_attribute("aria-invalid")
    panel.fill_in(connect_headers="", connect_subprotocols="a b")
    panel.root.get_by_test_id("connect-go").click()
    form.get_by_text('"a b" cannot be a subprotocol').wait_for()
    panel.fill_in(connect_path="http://elsewhere/", connect_subprotocols="")
    panel.root.get_by_test_id("connect-go").click()
    panel.root.get_by_test_id("connect-mistake").filter(has_text="did you mean 'ws://elsewhere/'").wait_for()
    shot(page, "connect-form")
    panel.fill_in(connect_path="nowhere", connect_name="zoe")
    panel.root.get_by_test_id("connect-go").click()
    panel.root.get_by_test_id("handshake-failure").filter(has_text="no endpoint at '/nowhere'").wait_for()
    panel.root.get_by_test_id("connect-options").click()
    promised = panel.root.get_by_test_id("connect-name").get_attribute("placeholder").split()[-1]
    kept = [panel.root.get_by_test_id(f"connect-{field}").input_value() for field in ("path", "name")]
    panel.fill_in(connect_path="ws", connect_name="")
    panel.root.get_by_test_id("connect-go").click()
    panel.client(promised, "open").wait_for()

    assert name == "leave empty for c2"
    assert focused
    assert invalid == "true"
    assert kept == ["nowhere", "zoe"]


def test_who_connects_beside_a_draft_is_offered_to_apply_it(start, shot):
    """
    With edits of the endpoint that it connects to, and not of another one: one press applies them.

    An endpoint that is only a draft is applied first.
    """
    page, panel = start(START.removesuffix("pg") + f"_ = pg.edit('/other', {NEW!r})\npg")
    panel.editor().click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("# more")
    panel.root.get_by_test_id("edited").wait_for()
    offer = panel.root.get_by_test_id("without-edits")
    panel.root.get_by_test_id("connect-options").click()
    panel.fill_in(connect_path="/other")
    panel.root.get_by_test_id("connect-go").click()
    panel.client("c1", "open").wait_for()
    panel.root.get_by_test_id("connect-form").wait_for(state="hidden")
    said_of_another = offer.is_visible()
    panel.connect()
    offer.wait_for()
    said = offer.inner_text()
    shot(page, "connected-without-edits")
    panel.root.get_by_test_id("apply-edits").click()
    panel.report("v2 live on")
    offer.wait_for(state="hidden")

    page.evaluate(
        """source => {
            const epoch = document.querySelector('[data-testid="playground"]') &&
                Object.keys(sessionStorage).map((key) => /^websocket-playground:([^:]+):/.exec(key)?.[1])
                    .find((part) => part && part !== "page");
            sessionStorage.setItem(`websocket-playground:${epoch}:draft:websocket /new`, JSON.stringify({ source, base: 0 }));
            sessionStorage.setItem(`websocket-playground:${epoch}:chosen`, "websocket /new");
        }""",
        NEW,
    )
    page.run_command("docmanager:save")
    page.reload()
    panel = type(panel)(page)
    panel.editor().get_by_text("class New").wait_for()
    button = panel.root.get_by_test_id("connect")
    label = button.inner_text()
    button.click()
    panel.client("c3", "open").wait_for()
    panel.report("v1 (is )?live")
    panel.send("hello")
    panel.row("send", "hello").wait_for()

    assert not said_of_another
    assert re.match(r"Connected to v1 of /ws, without the edits in the editor\.\s+Apply", said)
    assert label == "Apply and connect"
    assert button.inner_text() == "+ Connect"
