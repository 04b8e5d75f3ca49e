"""What `SECURITY.md` says is shown by tests, and a few of them are here."""

import re
from pathlib import Path

import httpx2 as httpx
import psutil
import pytest
from websockets.sync.client import connect

from playground import Playground

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "SECURITY.md").read_text("utf-8")
ROWS = re.findall(r"^\| (?!what|---)(.+?) \| (.+?) \|$", TEXT, re.MULTILINE)
SOURCES = sorted((ROOT / "playground" / "ui" / "frontend" / "src").rglob("*.ts"))
SINKS = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|srcdoc|createContextualFragment|DOMParser|eval)\b|document\.write|new Function"
)


@pytest.mark.parametrize(("claim", "tests"), ROWS)
def test_each_claim_has_a_test(claim, tests):
    """A test that was renamed or removed takes its claim with it."""
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", tests)

    assert named and re.sub(r"`[^`]+`", "", tests).strip() == ""
    for file, name in named:
        assert f"def {name}(" in (ROOT / file).read_text("utf-8"), f"{file} has no {name}"


def test_there_are_claims():
    """The table is read as it is written."""
    assert len(ROWS) > 10
    assert len(ROWS) == TEXT.count("`tests/") - sum(tests.count("`tests/") - 1 for _, tests in ROWS)


def test_nobody_else_in_the_network_can_connect(pg):
    """The one socket that listens is bound to loopback."""
    listening = [
        one.laddr
        for one in psutil.Process().net_connections("tcp")
        if one.laddr and one.laddr[1] == pg.port and one.status == psutil.CONN_LISTEN
    ]

    assert listening == [("127.0.0.1", pg.port)]


def test_no_request_changes_code(pg):
    """Neither what the panel would send nor the source itself, at any path, with any method."""
    code = "class Echo(WebSocketEndpoint): pass"
    call = {"type": "call", "id": 1, "op": "apply", "args": {"path": "/ws", "source": code}}
    before = [(one.path, one.current.number, one.current.source) for one in pg.endpoints.all()]
    for path in ("/", "/ws", "/edit", "/api/kernels", "/call"):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            answer = httpx.request(method, pg.http_url + path, json=call, trust_env=False)
            assert answer.status_code in (200, 404, 405)
    with connect(f"{pg.url}/ws", proxy=None) as websocket:
        for message in (code, f"%%endpoint /ws\n{code}", str(call)):
            websocket.send(message)
            assert websocket.recv(timeout=60) == f"you said: {message}"

    assert [(one.path, one.current.number, one.current.source) for one in pg.endpoints.all()] == before


def test_the_panel_makes_no_html_of_text():
    """Elements are made one by one, and texts are set as texts; CodeMirror does the same."""
    assert SOURCES
    assert [(path.name, found[0]) for path in SOURCES if (found := SINKS.search(path.read_text("utf-8")))] == []


@pytest.mark.parametrize("ws", ["auto", "wsproto"])
def test_who_connects_is_told_by_the_socket(ws):
    """X-Forwarded-For says what a peer likes, and uvicorn believes what comes from this machine."""
    with Playground(ws=ws) as pg:
        with pg.connect("/ws", name="alice", headers={"X-Forwarded-For": "203.0.113.7"}):
            pg.log.wait_for("accept")
        bob = pg.connect("/ws", name="bob")
        # As while he dials.
        pg.clients.announce(bob.async_client._witness, ("127.0.0.1", 5))
        with connect(f"{pg.url}/ws", additional_headers={"X-Forwarded-For": "127.0.0.1:5"}, proxy=None):
            shown = [row.client for row in pg.log.rows("kind:connect")]

    assert shown == ["alice", "bob", None]
