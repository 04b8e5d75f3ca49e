"""
The main way through, in Firefox: connect, send, edit and apply, filter, look at a row.

Playwright drives only a Firefox of its own. The one on the machine speaks WebDriver BiDi (https://w3c.github.io/webdriver-bidi/),
which is JSON over a WebSocket, so that websockets is all that is needed.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from websockets.sync.client import connect

from playground.ui.doctor import find_firefox

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
PATIENCE = 90
"""Seconds that the page gets for anything; only a failing test waits that long."""
KEYS = {"Control": "\ue009", "Enter": "\ue007", "Home": "\ue011", "End": "\ue010"}
SHOUT = """class Shout(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(data.upper())
"""
START = f"import playground\npg = playground.start(ws_ping_interval=None)\npg.edit('/ws', {SHOUT!r}, reset=True)\npg"
# Not the current widget: a window without a screen has no focus, so that there is none.
NOTEBOOK = "[...(window.jupyterapp?.shell.widgets('main') ?? [])][0]"
# Returns the first visible element with a test id that contains the text, as soon as there is one.
FIND = """(id, text, seconds) => new Promise((resolve, reject) => {
    const end = performance.now() + seconds * 1000;
    const look = () => {
        const found = [...document.querySelectorAll(`[data-testid="${id}"]`)].find(
            (element) => element.checkVisibility() && element.innerText.includes(text)
        );
        if (found) { found.scrollIntoView({ block: "nearest" }); return resolve(found); }
        if (performance.now() > end) return reject(new Error(`no ${id} with “${text}” came in sight`));
        setTimeout(look, 20);
    };
    look();
})"""
# Notes whether the next click is on the element or in it.
LISTEN = """(element) => {
    window.clicked = false;
    element.addEventListener("click", () => { window.clicked = true; }, { capture: true, once: true });
}"""
UNTIL = """(condition, seconds) => new Promise((resolve, reject) => {
    const end = performance.now() + seconds * 1000, holds = new Function(`return ${condition}`);
    const look = () => {
        if (holds()) return resolve();
        if (performance.now() > end) return reject(new Error(`this never became true: ${condition}`));
        setTimeout(look, 20);
    };
    look();
})"""


class Firefox:
    """One tab of a Firefox, and what it reports."""

    def __init__(self, socket) -> None:
        self.socket = socket
        self.ids = itertools.count(1)
        self.errors: list[str] = []
        self.command("session.new", capabilities={})
        self.command("session.subscribe", events=["log.entryAdded"])
        self.tab = self.command("browsingContext.getTree")["contexts"][0]["context"]

    def command(self, method: str, **params):
        """Run one command of BiDi and return its result; what is reported meanwhile is kept."""
        number = next(self.ids)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self.socket.recv(timeout=PATIENCE + 10))
            if answer.get("method") == "log.entryAdded" and answer["params"]["level"] == "error":
                self.errors.append(str(answer["params"]["text"]))
            if answer.get("id") == number:
                assert answer["type"] == "success", f"{method}: {answer}"
                return answer["result"]

    def visit(self, url: str, width: int, height: int) -> None:
        size = {"width": width, "height": height}
        self.command("browsingContext.setViewport", context=self.tab, viewport=size)
        self.command("browsingContext.navigate", context=self.tab, url=url, wait="complete")

    def call(self, function: str, *arguments: str | int | dict[str, str]):
        """Call a function of the page, with texts, numbers and handles of elements, and wait for its promise."""
        values = [
            one if isinstance(one, dict) else {"type": "number" if isinstance(one, int) else "string", "value": one}
            for one in arguments
        ]
        result = self.command(
            "script.callFunction",
            functionDeclaration=function,
            arguments=values,
            awaitPromise=True,
            target={"context": self.tab},
        )
        assert result["type"] == "success", result["exceptionDetails"]["text"]
        return result["result"]

    def until(self, condition: str) -> None:
        self.call(UNTIL, condition, PATIENCE)

    def see(self, testid: str, text: str = "") -> str:
        """Wait for an element in sight and return its handle."""
        return self.call(FIND, testid, text, PATIENCE)["sharedId"]

    def click(self, testid: str, text: str = "") -> None:
        """With the mouse, in the middle of the element; again where it moved away meanwhile, as while the panel arrives."""
        presses = [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        for _ in range(20):
            element = {"sharedId": self.see(testid, text)}
            self.call(LISTEN, element)
            move = {"type": "pointerMove", "x": 0, "y": 0, "origin": {"type": "element", "element": element}}
            self._act({"type": "pointer", "id": "mouse", "actions": [move, *presses]})
            if self.call("() => window.clicked")["value"]:
                return
        pytest.fail(f"no click arrived at {testid} {text!r}")

    def press(self, *keys: str) -> None:
        """All keys at once, as in Ctrl+Enter."""
        values = [KEYS.get(key, key) for key in keys]
        down = [{"type": "keyDown", "value": value} for value in values]
        up = [{"type": "keyUp", "value": value} for value in reversed(values)]
        self._act({"type": "key", "id": "keyboard", "actions": down + up})

    def type(self, text: str) -> None:
        presses = [{"type": kind, "value": letter} for letter in text for kind in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keyboard", "actions": presses})

    def _act(self, source: dict) -> None:
        self.command("input.performActions", context=self.tab, actions=[source])


@pytest.fixture
def firefox(tmp_path):
    """A Firefox with a profile of its own; without one the test is skipped loudly, in CI it fails."""
    path = find_firefox()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("CI has to drive a real Firefox and found none; apt-get install firefox-esr")
        pytest.skip("NO TEST RAN IN FIREFOX: none was found; install one, or put it on the PATH")
    options = ["--headless", "--no-remote", "--remote-debugging-port=0", "--profile", str(tmp_path / "profile")]
    (tmp_path / "profile").mkdir()
    process = subprocess.Popen(
        [path, *options], stderr=subprocess.PIPE, text=True, env={**os.environ, "HOME": str(tmp_path)}
    )
    rest = None
    try:
        said = []
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"BiDi listening on (ws://\S+)", line):
                break
        else:
            pytest.fail(f"Firefox did not start:\n{''.join(said)[-2000:]}")
        # What it goes on to say has to be read, or it waits.
        rest = threading.Thread(target=process.stderr.read)
        rest.start()
        with connect(f"{found[1]}/session", max_size=None, ping_interval=None, compression=None) as socket:
            yield Firefox(socket)
    finally:
        process.kill()
        process.wait()
        if rest:
            rest.join()
        process.stderr.close()


def test_the_main_way_through_in_firefox(firefox, lab):
    """Nothing is missing for whoever has no Chromium, and nothing is reported on the console."""
    shutil.copy(ROOT / "notebooks" / "00_start_here.ipynb", lab.folder / "firefox.ipynb")
    firefox.visit(f"{lab.url}/lab/tree/firefox.ipynb?reset", 1500, 1100)
    firefox.until(f"{NOTEBOOK}?.sessionContext?.session?.kernel?.status === 'idle'")
    firefox.call(
        f"""(source) => {{
            const {{ content: notebook, id }} = {NOTEBOOK};
            window.jupyterapp.shell.activateById(id);
            notebook.widgets[2].model.sharedModel.setSource(source);
            notebook.activeCellIndex = 2;
            window.jupyterapp.commands.execute("notebook:run-cell");
        }}""",
        START,
    )

    firefox.click("connect")
    firefox.see("client", "c1")
    firefox.click("message")
    firefox.type("hello")
    firefox.press("Control", "Enter")
    firefox.see("row", "HELLO")

    firefox.until("document.querySelector('[data-testid=editor] .cm-content')")
    firefox.click("editor")
    firefox.press("Control", "End")
    firefox.type("# in Firefox")
    firefox.press("Control", "Home")
    firefox.press("Control", "Enter")
    firefox.see("report", "v3 live on 1 connection")

    firefox.click("filter")
    firefox.type("kind:send HELLO")
    firefox.until(
        "[...document.querySelectorAll('[data-testid=row]')].filter((row) => row.checkVisibility()).length === 1"
    )
    firefox.click("row", "HELLO")
    detail = firefox.see("payload", "HELLO")
    leaked = firefox.call(f"() => {NOTEBOOK}.content.model.cells.length")
    firefox.call(f"() => {NOTEBOOK}.sessionContext.shutdown()")

    assert detail
    assert leaked["value"] == len(json.loads((ROOT / "notebooks" / "00_start_here.ipynb").read_text("utf-8"))["cells"])
    assert firefox.errors == []
