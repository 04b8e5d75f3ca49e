"""The panel's Python half: what it sends, when, and from which context."""

import json
import queue
import re
import threading
from pathlib import Path

import pytest

from playground.ui import panel as panel_module
from playground.ui.panel import Panel, panel_of


class Browser:
    """Stands where the browser would: says hello, collects what arrives."""

    def __init__(self, panel: Panel, monkeypatch) -> None:
        self.panel = panel
        self.inbox = queue.Queue()
        self.states = queue.Queue()
        monkeypatch.setattr(panel, "send", lambda content, buffers=(): self.inbox.put((content, buffers)))

    def say(self, **content) -> None:
        self.panel._on_message(self.panel, content, [])

    def wait_for(self, kind):
        while True:
            content, buffers = self.inbox.get(timeout=60)
            if content["type"] == kind:
                return content, buffers

    def rows_until(self, kind):
        rows = []
        while not any(row["kind"] == kind and not row.get("running") for row in rows):
            rows += json.loads(self.wait_for("events")[1][0])
        return rows


@pytest.fixture
def browser(pg, monkeypatch):
    panel = panel_of(pg)
    yield Browser(panel, monkeypatch)
    panel._pump.stop()


def test_one_playground_has_one_panel(pg):
    """Second views share its state."""
    assert panel_of(pg) is panel_of(pg)
    assert panel_of(pg).endpoints[0]["path"] == "/ws"


def test_the_panel_knows_its_notebook(pg, monkeypatch):
    """By a name that does not tell the path, is the same in the next kernel, and empty when Jupyter does not tell."""
    names = []
    for path in ("/home/me/a.ipynb", "/home/me/a.ipynb", "/home/me/b.ipynb", ""):
        monkeypatch.setenv("JPY_SESSION_NAME", path)
        names.append(Panel(pg).notebook)

    assert names[0] == names[1] != names[2]
    assert names[3] == "" and "me" not in names[0]


def test_what_happens_arrives_as_rows(pg, browser):
    """First what there was, then what comes; a hook's row comes again when it has returned."""
    browser.say(type="hello", epoch=None, have=0)
    first = browser.rows_until("start")
    with pg.connect("/ws", name="alice") as alice:
        alice.send("hi")
        rows = browser.rows_until("send")

    assert [row["kind"] for row in first] == ["start"]
    assert {"connect", "on_connect", "accept", "receive"} <= {row["kind"] for row in rows}


def test_a_browser_that_comes_back_gets_what_it_missed(pg, browser):
    """The same epoch goes on where it was; another begins from the start."""
    pg.log.note("log", data="one")
    seen = pg.log.total
    pg.log.note("log", data="two")
    browser.say(type="hello", epoch=browser.panel.epoch, have=seen)
    missed = browser.rows_until("log")
    browser.say(type="hello", epoch="another", have=seen)
    everything = browser.rows_until("start")

    assert [row["preview"] for row in missed] == ["two"]
    assert everything[0]["seq"] == 1


def test_a_flood_is_thinned_and_says_so(pg, browser, monkeypatch):
    """The newest rows, and how many were left out."""
    monkeypatch.setattr(panel_module, "BATCH", 10)
    browser.say(type="hello", epoch=None, have=0)
    browser.rows_until("start")
    seen = pg.log.total
    for number in range(1000):
        pg.log.note("log", data=str(number))
    rows, skipped = [], 0
    while not rows or rows[-1]["preview"] != "999":
        content, buffers = browser.wait_for("events")
        skipped += content["skipped"]
        rows += json.loads(buffers[0])

    # A row that was seen may come again, once more is known of it.
    new = [row for row in rows if row["seq"] > seen]
    assert skipped > 0
    assert skipped + len(new) == rows[-1]["seq"] - seen >= 1000


def test_a_call_is_answered(pg, browser):
    """With a result, or with an error that says what went wrong."""
    browser.say(type="call", id=1, op="connect", args={"path": "/ws", "name": "alice"})
    good = browser.wait_for("reply")[0]
    browser.say(type="call", id=2, op="apply", args={"path": "/ws", "source": "class A("})
    bad = browser.wait_for("reply")[0]
    browser.say(type="call", id=3, op="asset", args={"name": "editor.js"})
    asset, buffers = browser.wait_for("reply")
    browser.say(type="call", id=4, op="asset", args={"name": "../panel.py"})
    outside = browser.wait_for("reply")[0]

    assert good == {"type": "reply", "id": 1, "ok": True, "result": {"name": "alice"}}
    assert (bad["id"], bad["ok"], bad["error"]["line"]) == (2, False, 1)
    assert asset["ok"] and len(buffers[0]) > 1000
    assert outside["ok"] is False


def test_calls_that_never_end_keep_nobody_waiting(pg, browser, monkeypatch):
    """More of them than a pool has workers; each starts at once, and the next one is answered."""
    free = threading.Event()
    monkeypatch.setitem(panel_of(pg)._calls.by_name, "endless", lambda: free.wait(60) and {})
    for number in range(40):
        browser.say(type="call", id=number, op="endless")
    browser.say(type="call", id=40, op="connect", args={"path": "/ws", "name": "alice"})

    assert browser.wait_for("reply")[0] == {"type": "reply", "id": 40, "ok": True, "result": {"name": "alice"}}
    free.set()
    assert {browser.wait_for("reply")[0]["id"] for _ in range(40)} == set(range(40))


def test_a_source_that_never_ends_is_rejected_in_the_panel(browser):
    """With its line; others are applied meanwhile and afterwards."""
    browser.panel._pg.restart(edit_timeout=0.2)
    browser.say(type="call", id=1, op="apply", args={"path": "/new", "source": "x = 1\nwhile True: pass"})
    browser.say(type="call", id=2, op="versions", args={"path": "/ws"})
    first, second = browser.wait_for("reply")[0], browser.wait_for("reply")[0]

    assert (first["id"], second["id"]) == (2, 1)
    assert second["error"]["line"] == 2 and "did not end within 0.2 s" in second["error"]["reason"]


@pytest.mark.parametrize(("op", "told"), [("apply", True), ("try", True), ("versions", False)])
def test_a_call_that_runs_code_is_announced(browser, op, told):
    """Before it is answered, so that the browser does not take it for queued."""
    source = {} if op == "versions" else {"source": "x = 1"}
    browser.say(type="call", id=7, op=op, args={"path": "/ws", **source})
    kinds = []
    while "reply" not in kinds:
        content, _ = browser.inbox.get(timeout=60)
        if content.get("id") == 7:
            kinds.append(content["type"])

    assert kinds == (["begun", "reply"] if told else ["reply"])


def test_the_state_follows(pg, browser):
    """Clients, endpoints and counts are kept up to date."""
    browser.say(type="hello", epoch=None, have=0)
    changed = threading.Event()
    browser.panel.observe(lambda change: change["new"] and changed.set(), "clients")
    with pg.connect("/ws", name="alice"):
        assert changed.wait(60)
        assert browser.panel.clients[0]["name"] == "alice"


def test_clearing_the_log_clears_the_panel(pg, browser):
    """Whoever cleared it."""
    browser.say(type="hello", epoch=None, have=0)
    browser.rows_until("start")
    pg.log.clear()
    pg.log.note("log")

    assert browser.wait_for("cleared")[0]["epoch"] == browser.panel.epoch


def test_signs_of_life_come_by_themselves(browser, monkeypatch):
    """So that the browser knows a dead kernel from a quiet one."""
    monkeypatch.setattr(panel_module, "BEAT", 0.01)
    browser.say(type="hello", epoch=None, have=0)
    browser.wait_for("beat")
    browser.wait_for("beat")


def test_a_browser_that_takes_nothing_stalls_only_the_panel(pg, browser, monkeypatch):
    """After the credit is used up it is asked for, and after a while sending goes on all the same."""
    monkeypatch.setattr(panel_module, "CREDIT", 10)
    monkeypatch.setattr(panel_module, "STALL", 0.01)
    browser.say(type="hello", epoch=None, have=0)
    for number in range(3):
        pg.log.note("log", data=str(number))
        browser.rows_until("log")
    browser.say(type="ack", bytes=1_000_000)

    assert browser.panel._pump._credit <= 10


def test_our_threads_publish_as_part_of_the_browsers_request(pg, monkeypatch):
    """Otherwise ipykernel would send the next click to the busy cell; the main thread publishes as it is."""
    import contextvars

    import anywidget

    request = contextvars.ContextVar("request", default="the running cell")
    seen = []
    monkeypatch.setattr(anywidget.AnyWidget, "_send", lambda self, msg, buffers=None: seen.append(request.get()))
    panel = panel_of(pg)
    seen.clear()

    def from_the_browser():
        request.set("the browser's request")
        panel._on_message(panel, {"type": "ack"}, [])

    thread = threading.Thread(target=from_the_browser)
    thread.start()
    thread.join()
    other = threading.Thread(target=panel._send, args=({},))
    other.start()
    other.join()
    panel._send({})

    assert seen == ["the browser's request", "the running cell"]


WRONG = [None, True, -1, 10**30, 1.5, float("nan"), "x", "\ud800", [], [[]], {}, {"a": 1}]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_whatever_the_browser_sends_is_answered(browser, wrong):
    """A page that is older or broken gets an error to show; the kernel goes on."""
    browser.panel._on_message(browser.panel, wrong, [])
    browser.say(type=str(wrong))
    browser.say(type="hello", epoch=browser.panel.epoch, have=wrong)
    browser.say(type="ack", bytes=wrong)
    browser.say(type="call", id=1, op=wrong, args=wrong)
    unknown = browser.wait_for("reply")[0]
    browser.say(type="call", id=2, op="asset", args={"name": wrong})
    no_file = browser.wait_for("reply")[0]
    browser.say(type="call", id=3, op="detail", args={"seq": 1})

    assert "which this playground does not have; reload the page" in unknown["error"]["message"]
    assert "the panel has no file" in no_file["error"]["message"]
    assert browser.wait_for("reply")[0]["ok"]


@pytest.mark.parametrize("name", ["../panel.py", "../../__init__.py", "/etc/passwd", ".", "", "no.js"])
def test_only_the_panels_own_files_are_given_away(browser, name):
    """By their names, without a path."""
    browser.say(type="call", id=1, op="asset", args={"name": name})

    assert browser.wait_for("reply")[0]["error"]["type"] == "LookupError"


@pytest.mark.parametrize(
    ("file", "number"),
    [
        ("PROTOCOL.md", r"- `protocol`: (\d+)\."),
        ("src/kernel-protocol.ts", r"export const PROTOCOL = (\d+);"),
        ("dev/fake-kernel.js", r"protocol: (\d+),"),
    ],
)
def test_both_halves_and_their_description_have_the_same_protocol(file, number):
    """Otherwise every page would ask to be reloaded, or none that is too old."""
    text = (Path(panel_module.__file__).parent / "frontend" / file).read_text("utf-8")

    assert re.findall(number, text) == [str(panel_module.PROTOCOL)]
