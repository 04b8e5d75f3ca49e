"""A client of somebody else's server has the full client's view in the panel."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

TWO = """
import playground
pg = playground.start(ws_ping_interval=None)
other = playground.Playground(ws_ping_interval=None).start()
pg.connect("/ws", name="ann")
pg.connect(other.url + "/ws", name="faye")
pg
"""


def test_another_server_is_seen_by_client_and_wire(start, shot):
    """Its host is in the client's row and in the diagram; its messages have frames, and the handler cannot be asked."""
    page, panel = start(TWO)
    detail = panel.root.get_by_test_id("detail")
    host = re.search(r"127\.0\.0\.1:\d+", panel.client("faye", "open").inner_text())[0]
    panel.root.get_by_test_id("from").select_option("faye")
    panel.root.get_by_test_id("as").select_option("text")
    panel.send("hello there")
    panel.row("send", "you said: hello there", saw="●●·").click()
    panel.detail_tab("Frames")
    detail.get_by_text("TEXT").first.wait_for()
    panel.detail_tab("Overview")
    detail.get_by_text("the server is not this playground's").wait_for()
    panel.root.get_by_test_id("view-sequence").click()
    panel.root.locator(".wp-seq-name", has_text=host).wait_for()
    shot(page, "another-server-sequence")

    assert panel.root.locator(".wp-seq-name").all_inner_texts() == ["ann", "faye", "server", host]
