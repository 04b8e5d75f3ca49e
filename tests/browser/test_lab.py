"""What a person does in the first ten minutes, in a real JupyterLab."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser


SOURCE = """from starlette.endpoints import WebSocketEndpoint

class Echo(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(f"NEW CODE: {data}")
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_edit_while_connected(start, shot, theme):
    """Connect, send, change the code, send again: the same connection is answered by the new code."""
    page, panel = start(dark=theme == "dark")
    cells = panel.count_cells()
    panel.editor()
    shot(page, f"first-start-{theme}")
    panel.connect()
    panel.row("on_connect").wait_for()
    panel.send("hello")
    panel.row("send", "you said: hello").wait_for()
    shot(page, f"sent-{theme}")

    panel.type_code(SOURCE)
    page.keyboard.press("Control+Enter")
    panel.report("v2 live on 1 connection")
    panel.send("again")
    panel.row("send", "NEW CODE: again").wait_for()
    shot(page, f"edited-{theme}")

    panel.type_code(SOURCE.replace("on_receive(", "on_receive(("))
    panel.root.get_by_test_id("apply").click()
    panel.report("line 6")
    shot(page, f"rejected-{theme}")
    panel.send("still there")
    panel.row("send", "NEW CODE: still there").wait_for()

    assert panel.row("disconnect").count() == 0
    assert panel.count_cells() == cells


def test_a_failing_handler_is_shown_at_its_line(start, shot):
    """The row tells the exception, the editor marks the line, the opened row shows the traceback."""
    page, panel = start()
    panel.connect()
    panel.type_code(SOURCE.replace("await websocket", "data['say']; await websocket"))
    page.keyboard.press("Control+Enter")
    panel.report("v2 live")
    panel.send("oops")
    failed = panel.row("receive", "TypeError")
    failed.click()
    panel.root.get_by_test_id("detail").get_by_text("Traceback (most recent call last)").wait_for()
    panel.root.locator('[data-testid="client"][data-state="closed"]').wait_for()
    shot(page, "failed-handler")

    panel.root.get_by_test_id("editor").get_by_text("TypeError").first.wait_for()


@pytest.mark.parametrize("cell", ["import time; time.sleep(3600)", "while True: pass"], ids=["sleeping", "computing"])
def test_a_busy_cell_does_not_stop_the_panel(start, cell):
    """Messages are sent and answered while the cell runs, which does not end by itself."""
    page, panel = start()
    panel.connect()
    panel.run_cell(5, f"print('begun')\n{cell}")
    page.locator(".jp-OutputArea-output", has_text="begun").wait_for()
    for number in range(4):
        panel.send(f"message {number}")
        panel.row("send", f"you said: message {number}").wait_for()
    panel.type_code(SOURCE)
    page.keyboard.press("Control+Enter")
    panel.report("v2 live on 1 connection")
    executed = page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets[5].model.executionCount")

    # The cell is still running: so nothing of this can have waited for it.
    assert executed is None


def test_the_page_talks_to_its_server(start, browser, lab):
    """In a tab of its own, directly and through jupyter-server-proxy; both show as connections of other programs."""
    page, panel = start()
    url = panel.root.get_by_test_id("open-page").get_attribute("href")
    port = re.search(r":(\d+)", panel.root.inner_text()).group(1)
    for address in (f"http://127.0.0.1:{port}/", f"{lab.url}/proxy/{port}/"):
        tab = page.context.new_page()
        tab.goto(address)
        tab.get_by_text("connected to").wait_for()
        tab.get_by_label("message").fill("from the tab <b>")
        tab.get_by_role("button", name="Send").click()
        tab.get_by_text("you said: from the tab <b>").wait_for()
    page.bring_to_front()
    panel.root.locator('[data-testid="client"]', has_text="#2").wait_for()

    panel.row("receive", "from the tab <b>").wait_for()

    assert url.startswith("http://127.0.0.1:")
    assert panel.root.locator("b", has_text="from the tab").count() == 0


def test_a_foreign_page_cannot_connect(start):
    """Another Origin is refused by the server, whatever the browser allows."""
    page, panel = start()
    port = re.search(r":(\d+)", panel.root.inner_text()).group(1)
    outcome = page.evaluate(
        """port => new Promise(done => {
            const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
            socket.onopen = () => done("open");
            socket.onclose = event => done(event.code);
        })""",
        port,
    )

    assert outcome == 1006
    panel.row("refuse").wait_for()
    panel.row("log", "refused a WebSocket from a page of Origin").wait_for()


def test_a_reloaded_page_shows_everything_again(start):
    """Rows, clients and code come from the kernel, which did not notice."""
    page, panel = start()
    panel.connect()
    panel.send("before the reload")
    panel.row("send", "before the reload").wait_for()
    page.run_command("docmanager:save")
    page.reload()
    panel = type(panel)(page)
    panel.row("send", "before the reload").wait_for()
    panel.send("after the reload")
    panel.row("send", "you said: after the reload").wait_for()

    panel.root.locator('[data-testid="client"][data-state="open"]').wait_for()


def test_a_dead_kernel_is_said(start, shot):
    """After a few seconds without a sign of life: the panel stays readable and says what to do."""
    page, panel = start()
    panel.connect()
    panel.row("on_connect").wait_for()
    page.evaluate("() => { window.jupyterapp.shell.currentWidget.sessionContext.shutdown() }")
    panel.root.get_by_test_id("state").filter(has_text="No kernel").wait_for()
    panel.root.get_by_text("Run the cell again").first.wait_for()
    shot(page, "no-kernel")

    assert panel.row("on_connect").count() == 1
