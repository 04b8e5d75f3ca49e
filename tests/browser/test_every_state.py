"""
What keeps people from using the panel, looked for in every state that it can be brought into.

The panel stands on the fake kernel of `frontend/dev`, so that a state is one page and a few clicks; no JupyterLab runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import axe_playwright_python
import pytest

from tests.browser.conftest import PATIENCE

pytestmark = pytest.mark.browser

UI = Path(__file__).parents[2] / "playground" / "ui"
PACKAGED_AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
NEWER_AXE = UI / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
HOST = "http://127.0.0.1:9/"
"""Where nothing listens: each request is answered from the folders."""

POSTMAN = {
    "info": {"name": "Chat", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
    "item": [
        {
            "name": "room",
            "item": [{"name": "join", "request": {"body": {"mode": "raw", "raw": '{"room": "{{room}}"}'}}}],
        }
    ],
}

# A line of the diagram that is cut off with "…" is said in full; `sequence.test.ts` compares the two.
OPTIONS = {"resultTypes": ["violations"], "rules": {"label-content-name-mismatch": {"enabled": False}}}

Step = Callable[["State"], None]


class State:
    """A page with the panel, and what a person does to bring it into a state."""

    def __init__(self, page) -> None:
        self.page = page

    def one(self, testid: str):
        """The first element in sight that has this test id."""
        return self.page.locator(f'[data-testid="{testid}"]:visible').first

    def row(self, kind: str):
        """The last row of a kind."""
        return self.page.locator(f'[data-testid="row"][data-kind="{kind}"]:visible').last

    def findings(self) -> list[str]:
        """What axe says of the panel, whatever the impact."""
        return self.page.evaluate(
            """options => axe.run(".websocket-playground", options).then(({ violations }) =>
                violations.flatMap(({ id, nodes }) =>
                    nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`)))""",
            OPTIONS,
        )


def press(*testids: str, seen: str = "") -> Step:
    """Return a step that clicks these one after the other, until `seen` is in sight."""

    def step(state: State) -> None:
        for testid in testids:
            state.one(testid).click()
        if seen:
            state.one(seen).wait_for()

    return step


def opened(kind: str, tab: str = "", *then: str) -> Step:
    """Return a step that opens a row of a kind, at a page of its details."""

    def step(state: State) -> None:
        state.row(kind).click()
        state.one("detail").get_by_text("loading from the kernel…").wait_for(state="hidden")
        if tab:
            state.page.locator(f'[data-testid="detail-tab"][data-name="{tab}"]').click()
        press(*then)(state)

    return step


def typed(testid: str, text: str, *then: str, seen: str = "") -> Step:
    """Return a step that writes into a field, and clicks."""

    def step(state: State) -> None:
        state.one(testid).fill(text)
        press(*then, seen=seen)(state)

    return step


def coded(text: str, *then: str, seen: str = "edited") -> Step:
    """Return a step that adds a text to the code, and clicks."""

    def step(state: State) -> None:
        state.page.locator(".cm-content").click()
        state.page.keyboard.press("Control+End")
        state.page.keyboard.insert_text(text)
        press(*then, seen=seen)(state)

    return step


def keys(*pressed: str, at: str = ".cm-content", seen: str) -> Step:
    """Return a step that presses keys in an element, until what a selector names is in sight."""

    def step(state: State) -> None:
        state.page.locator(at).first.click()
        for key in pressed:
            state.page.keyboard.press(key)
        state.page.locator(seen).first.wait_for()

    return step


def read(text: str) -> Step:
    """Return a step that reads saved messages from a file."""

    def step(state: State) -> None:
        press("saved", seen="saved-menu")(state)
        file = {"name": "messages.json", "mimeType": "application/json", "buffer": text.encode()}
        state.page.get_by_test_id("saved-file").set_input_files(file)
        state.one("saved-file-says").filter(has_text="messages.json" if text[0] != "{" else "Postman").wait_for()

    return step


def each(*steps: Step) -> Step:
    """Return a step of several."""

    def step(state: State) -> None:
        for one in steps:
            one(state)

    return step


def nothing(_: State) -> None:
    """Leave a scene as it is."""


STATES: dict[str, tuple[str, Step]] = {
    **{
        scene: (scene, nothing)
        for scene in ("empty", "none", "stopped", "opened", "crowd", "held2", "noted", "blocked", "mixed", "error")
    },
    **{scene: (scene, nothing) for scene in ("reconnecting", "restarted", "reloaded", "idle", "newer", "witnesses")},
    "the diagram": ("traffic", press("view-sequence", seen="sequence")),
    "the diagram of heartbeats": ("idle", press("view-sequence", seen="sequence")),
    "heartbeats unfolded": ("idle", lambda state: state.page.locator('[data-testid="row"]:visible').last.click()),
    "an end": ("witnesses", opened("end")),
    "frames": ("witnesses", opened("receive", "Frames")),
    "a handshake": ("witnesses", opened("connect", "Handshake")),
    "an error": ("error", opened("on_receive")),
    "an edit": ("error", opened("edit")),
    "copies": ("traffic", opened("receive", "", "copy")),
    "save": ("traffic", press("save", seen="save-menu")),
    "connect": ("traffic", press("connect-options", seen="connect-form")),
    "refused": ("refused", press("connect", seen="handshake-failure")),
    "all clients": ("traffic", press("all-clients", seen="batch-menu")),
    "a new endpoint": ("traffic", press("new-endpoint", seen="new-endpoint-form")),
    "a mistake in a path": (
        "traffic",
        each(
            press("new-endpoint"),
            typed("new-endpoint-path", "/a b{", "new-endpoint-create", seen="new-endpoint-mistake"),
        ),
    ),
    "history": ("traffic", press("history", "history-entry", seen="history-diff")),
    "colours": ("traffic", press("swatch", seen="colours")),
    "close": (
        "traffic",
        each(lambda state: state.one("client").hover(), press("close-client", seen="close-code")),
    ),
    "send options": ("traffic", press("send-options", seen="fragments")),
    "nothing saved": ("traffic", press("saved", seen="saved-menu")),
    "saved messages": ("traffic", read(json.dumps(POSTMAN))),
    "a file that cannot be read": ("traffic", read("nonsense")),
    "values": ("traffic", typed("message", "hi {{whom}}", "send", seen="ask")),
    "not sent": ("unsendable", typed("message", '{"say": 1}', "send", seen="send-card")),
    "no JSON": ("traffic", typed("message", "{no json")),
    "a mistake in the filter": ("traffic", typed("filter", "kind:recieve", seen="filter-mistake")),
    "nothing found": ("traffic", typed("filter", "zzzzz", seen="empty")),
    "completion in the filter": (
        "traffic",
        keys("k", at='[data-testid="filter"]', seen='[data-testid="filter-option"]'),
    ),
    "help for the filter": ("traffic", press("filter-help", seen="filter-help-menu")),
    "saved filters": ("traffic", press("filter-saved", seen="saved-filters-menu")),
    "rejected": ("traffic", coded("\nsyntax error", "apply", seen="report-line")),
    "tried": ("traffic", coded("\n# x", "try", seen="try-result")),
    "applied": ("traffic", coded("\n# x", "apply", seen="report")),
    "completion in the code": (
        "traffic",
        each(coded("\n    asy"), lambda state: state.page.keyboard.press("Control+Space")),
    ),
    "search in the code": ("traffic", keys("Control+f", seen=".cm-search")),
    "paused": ("traffic", press("pause")),
    "cleared": ("traffic", press("clear", seen="empty")),
    "collapsed": ("traffic", press("collapse-editor", "collapse-side")),
}
"""What each state is called, the scene that it begins in, and the step that leads to it."""

LOOKS = [(1200, False), (360, True), (1200, True), (720, False), (1500, False)]
"""Widths in pixels, and whether the theme is dark; the states take turns in them."""


def answer(route) -> None:
    """Answer a request for the fake host page from the folders."""
    path = route.request.url.removeprefix(HOST).split("?")[0]
    inside = UI / "static" if path.startswith("static/") else UI / "frontend" / "dev"
    file = inside / path.removeprefix("static/")
    if file.is_file():
        route.fulfill(path=file)
    else:
        route.fulfill(status=404)


@pytest.fixture(scope="module")
def page(browser):
    """A page on which the fake host can be opened."""
    context = browser.new_context(viewport={"width": 1600, "height": 1000}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.route("**/*", answer)
    # What one state leaves behind is no part of the next.
    page.add_init_script("sessionStorage.clear(); localStorage.clear()")
    yield page
    context.close()


def enter(page, name: str, width: int, dark: bool) -> State:
    """Bring the page into a state, with axe's script in it."""
    scene, step = STATES[name]
    page.goto(f"{HOST}host.html?scene={scene}&dark={int(dark)}&width={width}")
    page.wait_for_function("() => window.ready")
    if scene not in ("none", "opened"):
        page.locator(".cm-content").wait_for()
    state = State(page)
    step(state)
    page.add_script_tag(path=NEWER_AXE if NEWER_AXE.exists() else PACKAGED_AXE)
    return state


@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing_in_any_state(page, name):
    """Neither does the page report an error; the width and the theme differ from state to state."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    width, dark = LOOKS[list(STATES).index(name) % len(LOOKS)]
    state = enter(page, name, width, dark)

    assert state.findings() == []
    assert errors == []


@pytest.mark.parametrize("name", ["history", "an end", "refused", "completion in the filter", "saved messages"])
def test_axe_finds_nothing_with_forced_colours(page, name):
    """Where something is chosen, what stands in it has the system's colour for that."""
    page.emulate_media(forced_colors="active")
    state = enter(page, name, 1200, dark=False)
    findings = state.findings()
    page.emulate_media(forced_colors="none")

    assert findings == []
