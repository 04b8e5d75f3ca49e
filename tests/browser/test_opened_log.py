"""A log that was read from a file, shown in a real JupyterLab: what reads it is there, what needs a server is not."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

OPEN = """import playground
with playground.start(ws_ping_interval=None) as pg:
    with pg.connect("/ws?token=abc", name="alice") as alice:
        alice.send("hello")
        alice.receive(timeout=60)
        alice.close(4001, "bye")
    pg.log.wait_for("end", timeout=60)
    with open("trace.jsonl", "w", encoding="utf-8") as file:
        file.write(pg.log.rows().to_jsonl())
playground.open_log("trace.jsonl")"""

NEEDS_A_SERVER = [
    "power", "copy-url", "open-page", "endpoint-select", "editor", "apply", "on-error", "connect", "connect-options",
    "composer-connect", "message", "send", "traffic", "pause",
]  # fmt: skip


def test_an_opened_log_is_read_without_a_server(start, shot):
    """Rows, a row's detail, the filter, the search and the diagram; no button that starts, connects, edits or sends."""
    page, panel = start(OPEN, width=1200, height=800)
    panel.root.get_by_test_id("state").get_by_text("Log", exact=True).wait_for()
    panel.root.get_by_test_id("url").get_by_text("opened from trace.jsonl").wait_for()
    panel.row("receive", "hello", saw="●●●").wait_for()
    panel.row("end").click()
    panel.root.get_by_test_id("why").get_by_text("4001").first.wait_for()
    for theme in ("light", "dark"):
        panel.set_theme(theme)
        shot(page, f"opened-{theme}")
    panel.root.get_by_test_id("detail-close").click()
    panel.fill_in(filter="client:alice kind:receive")
    panel.row("accept").wait_for(state="hidden")
    panel.row("receive", "hello").wait_for()
    title = panel.root.get_by_test_id("filter").get_attribute("title")
    panel.fill_in(filter="")
    panel.root.get_by_test_id("view-sequence").click()
    panel.root.locator(".wp-seq-line").last.wait_for()
    shown = [name for name in NEEDS_A_SERVER if panel.root.get_by_test_id(name).locator("visible=true").count()]

    assert title == 'log.rows("client:alice kind:receive")'
    assert shown == []
    assert panel.root.get_by_test_id("banner").is_hidden()
    assert panel.overflow() == 0


def test_an_opened_log_is_saved_frozen_and_cleared(start):
    """As the log of a playground is: the call is asked of the log itself."""
    page, panel = start(OPEN)
    panel.row("end").wait_for()
    panel.root.get_by_test_id("save").click()
    with page.expect_download() as download:
        panel.root.get_by_test_id("save-jsonl").click()
    saved = download.value.path().read_text("utf-8")
    panel.root.get_by_test_id("clear").click()
    panel.root.get_by_test_id("empty").get_by_text("The opened log has no rows").wait_for()
    panel.root.get_by_test_id("save").click()
    panel.root.get_by_test_id("freeze").click()
    panel.root.wait_for(state="hidden")

    assert '"hello"' in saved
    assert page.get_by_test_id("playground").locator("visible=true").count() == 0
