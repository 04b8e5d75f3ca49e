"""A notebook that is opened again, when the kernel that its panel belonged to is gone."""

from __future__ import annotations

import shutil

import pytest

pytestmark = pytest.mark.browser


def test_the_last_rows_outlive_the_kernel(browser, lab, start, shot):
    """What was clicked is in the saved notebook; while the panel lives, its picture is out of sight."""
    page, panel = start()
    panel.connect()
    panel.send("clicked <b>last</b>")
    panel.row("send", "clicked").wait_for()
    still = page.locator(".wp-still")
    still.get_by_text("clicked <b>last</b>").first.wait_for(state="attached")
    hidden = still.is_hidden()
    page.run_command("docmanager:save")
    [saved] = [one for one in lab.folder.glob("*.ipynb") if "clicked" in one.read_text("utf-8")]
    # Under another name it gets a kernel of its own, which knows nothing of the panel.
    copy = shutil.copy(saved, lab.folder / "opened-again.ipynb")
    again = lab.visit(browser, copy.name)
    row = again.locator(".wp-still").get_by_text("clicked <b>last</b>").first
    row.wait_for()
    again.get_by_text("Error displaying widget").first.wait_for()
    shot(again, "without-kernel")
    again.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    again.context.close()

    assert hidden
