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


TALK = """import playground
import playground.ui.panel
# So that a picture is renewed often, if it is.
playground.ui.panel.STILL_PAUSE = 0.05
pg = playground.start(ws_ping_interval=0.05, ws_ping_timeout=None)
alice = pg.connect("/ws", name="alice")
alice.send("$5 and $10, \\\\(x\\\\), $$y$$")
alice.receive()
pg"""


def is_dirty(page):
    """Whether JupyterLab would save the notebook."""
    return page.evaluate("() => window.jupyterapp.shell.currentWidget.context.model.dirty")


def test_an_idle_notebook_is_not_saved_again(start):
    """Heartbeats come and go, and JupyterLab finds nothing to save."""
    page, panel = start(TALK)
    panel.row("ping").wait_for()
    panel.wait_until_idle()
    page.locator(".wp-still").get_by_text("$5 and $10").first.wait_for(state="attached")

    def seen():
        return page.evaluate("() => document.querySelector('[data-testid=count-kept]').textContent")

    # What the cell has shown comes within some heartbeats; after them the notebook stays as it was saved.
    for _ in range(10):
        page.run_command("docmanager:save")
        before = seen()
        page.wait_for_function(
            "before => parseInt(document.querySelector('[data-testid=count-kept]').textContent.replace(',', '')) > before + 40",
            arg=int(before.split()[0].replace(",", "")),
        )
        if not is_dirty(page):
            break
    quiet = not is_dirty(page)
    panel.send("something happened")
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.context.model.dirty")

    assert quiet


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("trusted", [True, False])
def test_the_picture_is_text_to_read(browser, lab, start, shot, theme, trusted):
    """As JupyterLab shows it: no formula, everything on the left, without heartbeats, in both themes."""
    page, panel = start(TALK)
    panel.row("ping").wait_for()
    page.locator(".wp-still").get_by_text("$5 and $10").first.wait_for(state="attached")
    page.run_command("docmanager:save")
    [saved] = [one for one in lab.folder.glob("test_the_picture*.ipynb") if "$</span>5 and" in one.read_text("utf-8")]
    text = saved.read_text("utf-8")
    saved.unlink()
    copy = lab.folder / f"picture-{theme}-{trusted}.ipynb"
    # JupyterLab does not trust what it has not written; then it removes scripts and style sheets.
    copy.write_text(text if trusted else text.replace("pg.connect", "pg .connect"), "utf-8")
    again = lab.visit(browser, copy.name)
    again.wait_for_selector(".jp-Notebook .jp-Cell")
    again.evaluate(
        "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme }).then(() => {})",
        f"JupyterLab {theme.title()}",
    )
    picture = again.locator(".wp-frozen")
    row = picture.locator("tr", has_text="$5 and $10, \\(x\\), $$y$$").first
    row.wait_for()
    aligned = set(picture.locator("th, td").evaluate_all("all => all.map((one) => getComputedStyle(one).textAlign)"))
    formulas = picture.locator("mjx-container, .MathJax, .katex").count()
    words = row.locator("td").nth(3).inner_text()
    beats = picture.locator("td", has_text="ping").count()
    styled = picture.locator("style").count()
    shot(again, f"picture-{theme}-{'trusted' if trusted else 'untrusted'}")
    again.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    again.context.close()

    assert aligned == {"left"}
    assert formulas == 0
    assert words == "receive"
    assert beats == 0
    assert styled == int(trusted)
