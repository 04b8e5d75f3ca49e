"""JupyterLab with a real kernel, driven by a real Chromium; `test_firefox` brings its own browser."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.ui.doctor import find_chromium

ROOT = Path(__file__).parents[2]
SHOTS = Path(os.environ.get("PLAYGROUND_SCREENSHOTS", ROOT / ".screenshots"))
PATIENCE = 90_000
"""Milliseconds that a page gets for anything; only a failing test waits that long."""
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser():
    """
    A Chromium; without one the tests are skipped loudly, in CI they fail.

    Not for the whole session: as long as it is open, Playwright's loop runs in this thread and no test can have its own.
    """
    path = find_chromium()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("CI has to drive a real browser and found no Chromium; apt-get install chromium")
        pytest.skip("NO BROWSER TEST RAN: no Chromium or Chrome found; install one, or put it on the PATH")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


class Lab:
    """A running JupyterLab server and the folder it shows."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder

    def open(self, browser, notebook: str, *, name: str, dark: bool = False, width: int = 1500, height: int = 1100):
        """Return a page with a copy of the notebook open, under a name of its own, and a fresh kernel ready."""
        shutil.copy(ROOT / "notebooks" / notebook, self.folder / f"{name}.ipynb")
        page = self.visit(browser, f"{name}.ipynb", width=width, height=height)
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        page.wait_for_function("() => window.jupyterapp !== undefined")
        theme = "JupyterLab Dark" if dark else "JupyterLab Light"
        command(page, "apputils:change-theme", {"theme": theme})
        page.wait_for_selector(f'body[data-jp-theme-light="{"false" if dark else "true"}"]', state="attached")
        command(page, "application:toggle-left-area")
        wait_until_idle(page)
        page.run_command = lambda name, args=None: command(page, name, args)
        return page

    def visit(self, browser, file: str, *, width: int = 1500, height: int = 1100):
        """Return a page of its own that begins to show a notebook of the folder."""
        page = browser.new_context(viewport={"width": width, "height": height}).new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{self.url}/lab/tree/{file}?reset")
        return page


def command(page, name: str, args: dict | None = None) -> None:
    """Run one of JupyterLab's commands and wait for it."""
    page.evaluate("([name, args]) => window.jupyterapp.commands.execute(name, args).then(() => {})", [name, args or {}])


def wait_until_idle(page) -> None:
    """Return when the notebook has a kernel that waits; running a cell before makes JupyterLab ask for one."""
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
    )


class Panel:
    """A panel of a page, the first unless another is named, and what a person does with it."""

    def __init__(self, page, root=None) -> None:
        self.page = page
        self.root = root or page.get_by_test_id("playground").first
        self.root.wait_for()

    def connect(self) -> None:
        self.root.get_by_test_id("connect").click()
        self.root.locator('[data-testid="client"][data-state="open"]').first.wait_for()

    def send(self, text: str) -> None:
        self.root.get_by_test_id("message").fill(text)
        self.root.get_by_test_id("send").click()

    def row(self, kind: str, text: str | re.Pattern[str] = "", *, saw: str = ""):
        """
        The first row of a kind in sight; with the dots of `saw`, only once the witnesses have said as much.

        Elements are used again for other rows, and those that are hidden still say what they showed before.
        """
        row = self.root.locator(f'[data-testid="row"][data-kind="{kind}"]:visible', has_text=text)
        return (row.filter(has=self.page.locator(".wp-c-saw", has_text=saw)) if saw else row).first

    def editor(self):
        content = self.root.get_by_test_id("editor").locator(".cm-content")
        content.wait_for()
        return content

    def type_code(self, source: str) -> None:
        """Replace the code as a person would, by hand."""
        self.editor().click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)

    def client(self, name: str, state: str | None = None):
        """The line of a client; with a state, only as long as it is in that state."""
        wanted = f'[data-testid="client"][data-name="{name}"]' + (f'[data-state="{state}"]' if state else "")
        return self.root.locator(wanted)

    def fill_in(self, **fields: str) -> None:
        """Write into the fields that are in sight, by their test ids."""
        for name, text in fields.items():
            self.root.get_by_test_id(name.replace("_", "-")).locator("visible=true").fill(text)

    def tab_to(self, testid: str) -> None:
        """Press Tab until the element has the focus, as somebody without a mouse would."""
        wanted = self.root.get_by_test_id(testid)
        for _ in range(60):
            if wanted.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"Tab does not lead to {testid}")

    def marked_line(self) -> int:
        """The number of the line that the editor marks as wrong."""
        return int(self.root.get_by_test_id("editor").locator(".cm-wp-bad-number").inner_text())

    def violations(self) -> list[str]:
        """What axe calls serious or critical in the panel; its script has to be in the page."""
        return self.root.evaluate(
            """root => axe.run(root, { resultTypes: ["violations"] }).then(({ violations }) =>
                violations
                    .filter(({ impact }) => impact === "serious" || impact === "critical")
                    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`)))"""
        )

    def detail_tab(self, name: str) -> None:
        """Turn to a page of the opened row, when the kernel has told everything: the tabs are made anew then."""
        self.root.get_by_test_id("detail").get_by_text("loading from the kernel…").wait_for(state="hidden")
        self.root.locator(f'[data-testid="detail-tab"][data-name="{name}"]').click()

    def set_theme(self, theme: str) -> None:
        """Change JupyterLab's theme, "light" or "dark", and wait until the panel follows."""
        self.page.run_command("apputils:change-theme", {"theme": f"JupyterLab {theme.title()}"})
        self.root.and_(self.page.locator(f'[data-theme="{theme}"]')).wait_for()

    def set_width(self, width: int) -> None:
        """Give the panel that many pixels of the page."""
        self.root.evaluate("(root, width) => (root.parentElement.style.width = `${width}px`)", width)
        self.page.wait_for_function(
            "([root, width]) => root.clientWidth === width", arg=[self.root.element_handle(), width]
        )

    def overflow(self) -> int:
        """How many pixels stick out sideways, once everything is drawn: what changes is drawn in the next frame."""
        self.root.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return self.root.evaluate("root => Math.max(0, root.scrollWidth - root.clientWidth - 1)")

    def report(self, pattern: str) -> None:
        self.root.get_by_test_id("report").filter(has_text=re.compile(pattern)).wait_for()

    def run_cell(self, index: int, source: str | None = None) -> None:
        """Begin to run one cell of the notebook, with another source if one is given."""
        run_cell(self.page, index, source)

    def wait_until_idle(self) -> None:
        """Return when the kernel waits for the next cell."""
        wait_until_idle(self.page)

    def count_cells(self) -> int:
        """How many cells the notebook has; a key that leaks out of the panel would add some."""
        return self.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.model.cells.length")


def run_cell(page, index: int, source: str | None = None) -> None:
    """Begin to run one cell of the notebook, with another source if one is given."""
    page.evaluate(
        """([index, source]) => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            if (source !== null) notebook.widgets[index].model.sharedModel.setSource(source);
            notebook.activeCellIndex = index;
            window.jupyterapp.commands.execute("notebook:run-cell");
        }""",
        [index, source],
    )


@pytest.fixture
def start(browser, lab, request):
    """Open the first notebook and run it up to the panel."""
    pages = []

    def open_panel(source: str | None = None, **options):
        name = re.sub(r"\W+", "-", request.node.name)
        page = lab.open(browser, "00_start_here.ipynb", name=name, **options)
        pages.append(page)
        run_cell(page, 2, source)
        return page, Panel(page)

    yield open_panel
    for page in pages:
        # A kernel that goes on would take time from the next test, and it has a server of its own.
        page.evaluate("() => window.jupyterapp.shell.currentWidget?.sessionContext?.shutdown()")
        page.context.close()


@pytest.fixture
def shot():
    """Keep a picture of a page, to be looked at."""

    def take(page, name: str) -> None:
        SHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}.png")

    return take


@pytest.fixture(scope="session")
def lab(tmp_path_factory) -> Iterator[Lab]:
    """JupyterLab on a copy of the notebooks, with a home of its own."""
    home = tmp_path_factory.mktemp("home")
    folder = tmp_path_factory.mktemp("lab")
    settings = home / "c" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(json.dumps({"fetchNews": "false"}))
    env = {**os.environ, "HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / "c"), "JUPYTER_DATA_DIR": str(home / "d")}
    env["JUPYTER_RUNTIME_DIR"] = str(home / "r")
    # As an installation does.
    shutil.copytree(ROOT / "playground/ui/labextension", home / "d" / "labextensions" / "websocket-playground")
    # The kernel runs in another folder, where only what is installed can be imported.
    env["PYTHONPATH"] = str(ROOT)
    with socket.socket() as reserved, (home / "lab.log").open("wb") as log:
        # Bound, but not listening: the system gives the port to nobody else, and JupyterLab can still listen on it.
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
        command += ["--port-retries=0", "--IdentityProvider.token=", "--expose-app-in-browser"]
        command += [f"--ServerApp.root_dir={folder}"]
        process = subprocess.Popen(command, env=env, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_until_up(f"http://127.0.0.1:{port}/api", process, home / "lab.log")
            yield Lab(f"http://127.0.0.1:{port}", folder)
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a program, by force if it takes long, and return when it has ended."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    # Another program's start-up can only be asked for; each question waits for the connection to be answered.
    for _ in range(1200):
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=30).close()
            return
        except (urllib.error.URLError, OSError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")
