"""What a person does in the first ten minutes, in a real JupyterLab."""

from __future__ import annotations

import re

import pytest

from .conftest import SHOTS

pytestmark = pytest.mark.browser


def run_cells(page, count: int) -> None:
    page.click(".jp-Notebook .jp-Cell >> nth=0")
    for _ in range(count):
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell-and-select-next')")


def shot(page, name: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_edit_while_connected(browser, lab, dark):
    """Connect, send, change the code, send again: the same connection is answered by the new code."""
    page = lab.open(browser, "notebooks/00_start_here.ipynb", dark=dark)
    theme = "dark" if dark else "light"
    run_cells(page, 3)
    panel = page.get_by_test_id("playground").first
    panel.wait_for()
    shot(page, f"first-start-{theme}")

    panel.get_by_test_id("connect").click()
    panel.locator('[data-testid="client"][data-state="open"]').wait_for()
    panel.locator('[data-testid="row"][data-kind="on_connect"]').wait_for()
    panel.get_by_test_id("composer").locator("textarea").fill("hello")
    panel.get_by_test_id("send").click()
    panel.locator('[data-testid="row"][data-kind="send"]', has_text="you said: hello").wait_for()
    shot(page, f"sent-{theme}")

    editor = panel.get_by_test_id("editor").locator(".cm-content")
    editor.wait_for()
    source = editor.inner_text()
    editor.fill(source.replace("you said:", "NEW CODE:"))
    editor.press("Control+Enter")
    panel.get_by_test_id("report").filter(has_text=re.compile("v2 live on 1 of 1")).wait_for()
    panel.get_by_test_id("composer").locator("textarea").fill("again")
    panel.get_by_test_id("send").click()
    panel.locator('[data-testid="row"][data-kind="send"]', has_text="NEW CODE: again").wait_for()
    assert panel.locator('[data-testid="row"][data-kind="disconnect"]').count() == 0

    editor.fill(source.replace("async def on_receive(", "async def on_receive(("))
    panel.get_by_test_id("apply").click()
    panel.get_by_test_id("report").filter(has_text="line").wait_for()
    shot(page, f"rejected-{theme}")
    panel.get_by_test_id("composer").locator("textarea").fill("still there")
    panel.get_by_test_id("send").click()
    panel.locator('[data-testid="row"][data-kind="send"]', has_text="NEW CODE: still there").wait_for()
    shot(page, f"edited-{theme}")
    page.context.close()
