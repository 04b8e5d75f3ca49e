"""The editor of the panel, its keys, and what keeps people from using it."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import pytest

pytestmark = pytest.mark.browser

PACKAGED_AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
NEWER_AXE = Path(__file__).parents[2] / "playground" / "ui" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
SHOUT = """class Shout(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(data.upper())
"""
START = f"import playground\npg = playground.start()\npg.edit('/ws', {SHOUT!r}, reset=True)\npg"
# Without the server's pings, which come after 20 seconds and would then be the last row.
QUIET = START.replace("start()", "start(ws_ping_interval=None)")


def test_code_is_written_in_the_panel(start, shot):
    """Keys of an editor work and run no cell; mistakes stand at their line; a draft survives a reload, undo its endpoint."""
    page, panel = start(START)
    cells = panel.count_cells()
    panel.connect()
    panel.type_code(SHOUT.replace("upper", "lower"))
    page.keyboard.press("Control+f")
    search = panel.root.get_by_test_id("editor").get_by_placeholder("Find")
    search.fill("lower")
    search.press("Escape")
    search.wait_for(state="hidden")
    panel.editor().press("Control+Enter")
    panel.report("v3 live on 1 connection")
    panel.type_code(SHOUT.replace("on_receive(", "on_receive(("))
    page.keyboard.press("Control+Enter")
    panel.report("line 4")
    rejected = panel.marked_line()
    panel.type_code(SHOUT.replace("upper", "uper"))
    page.keyboard.press("Control+Enter")
    panel.report("v4 live on 1 connection")
    panel.send("hello")
    panel.report("AttributeError.* c1")
    failed = panel.marked_line()
    shot(page, "failed-at-its-line")

    panel.root.get_by_test_id("new-endpoint").click()
    panel.fill_in(new_endpoint_path="/count")
    panel.root.get_by_test_id("template-counter").check()
    panel.root.get_by_test_id("new-endpoint-create").click()
    panel.editor().get_by_text("class Count").wait_for()
    panel.report("v1 live|v1 is live")
    panel.editor().press("Control+End")
    page.keyboard.insert_text("# a draft of count")
    panel.root.get_by_test_id("endpoint-select").select_option("websocket /ws")
    panel.editor().get_by_text("class Shout").wait_for()
    panel.editor().click()
    page.keyboard.press("Control+z")
    panel.root.get_by_test_id("edited").wait_for()
    undone = panel.editor().inner_text()
    panel.root.get_by_test_id("endpoint-select").select_option("websocket /count")
    panel.editor().get_by_text("# a draft of count").wait_for()
    executed = page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets[2].model.executionCount")

    page.run_command("docmanager:save")
    page.reload()
    panel = type(panel)(page)
    panel.editor().get_by_text("# a draft of count").wait_for()
    panel.row("receive", "hello").wait_for()

    assert rejected == 4
    assert failed == 5
    assert "# a draft" not in undone
    assert "on_receive((" in undone
    assert executed == 1
    assert panel.count_cells() == cells


def test_the_keyboard_is_enough(start):
    """Connect, write, send, choose and open a row with Tab, Enter, arrows; Tab leaves the editor after Escape."""
    page, panel = start(QUIET)
    panel.root.get_by_test_id("connect").focus()
    page.keyboard.press("Enter")
    panel.client("c1", "open").wait_for()
    panel.tab_to("message")
    page.keyboard.type("by hand")
    panel.tab_to("send")
    page.keyboard.press("Enter")
    panel.row("send", "BY HAND").wait_for()
    panel.tab_to("timeline")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    panel.root.get_by_test_id("payload").get_by_text("BY HAND").wait_for()
    opened = panel.root.locator(".wp-detail-body").evaluate("body => body === document.activeElement")
    page.keyboard.press("Escape")
    panel.root.get_by_test_id("detail").wait_for(state="hidden")
    back = panel.root.get_by_test_id("timeline").evaluate("list => list === document.activeElement")
    panel.editor().focus()
    page.keyboard.press("Tab")
    stays = panel.editor().evaluate("editor => editor === document.activeElement")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    left = panel.root.evaluate(
        "root => !root.querySelector('.cm-content').matches(':focus') && root.matches(':focus-within')"
    )

    assert opened
    assert back
    assert stays
    assert left


def test_nothing_keeps_people_out(start):
    """Axe finds nothing serious in both themes and three widths, with a row opened and as a diagram."""
    page, panel = start(START)
    panel.connect()
    panel.send("hello")
    panel.row("send", "HELLO").click()
    panel.root.get_by_test_id("payload").wait_for()
    page.add_script_tag(path=NEWER_AXE if NEWER_AXE.exists() else PACKAGED_AXE)
    drawn = {"list": '[data-testid="row"]:visible', "sequence": ".wp-seq-line"}
    findings = {}
    for theme in ("light", "dark"):
        panel.set_theme(theme)
        for width, view in ((360, "list"), (720, "list"), (1200, "list"), (1200, "sequence")):
            panel.set_width(width)
            panel.root.get_by_test_id(f"view-{view}").click()
            panel.root.locator(drawn[view]).last.wait_for()
            for finding in panel.violations():
                findings.setdefault(finding, []).append(f"{theme} {width} {view}")

    assert findings == {}
