"""A witness says only what it saw, also of a handshake that the playground or uvicorn answers without the app."""

import asyncio
import json
import threading

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import WebSocketRoute

from playground import Playground
from playground.ui.calls import Calls
from tests.conftest import PATIENCE

from .peers import Peer

SANSIO, WSPROTO = "websockets-sansio", "wsproto"


async def app(scope, receive, send):
    """Do with a handshake what the path says."""
    if scope["type"] != "websocket":
        return
    path = scope["path"]
    if path == "/silent":
        return
    await receive()
    if path == "/closes":
        await send({"type": "websocket.close", "code": 4401})
    elif path == "/raises":
        raise ValueError("no")
    elif path == "/answers":
        await send({"type": "websocket.http.response.start", "status": 401, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b"who are you?"})
    else:
        await receive()


@pytest.fixture(params=[("h11", SANSIO), ("httptools", SANSIO), ("h11", WSPROTO), ("httptools", WSPROTO)], ids="/".join)
def pg(request):
    """A playground over each pair of uvicorn's implementations."""
    http, ws = request.param
    with Playground(app, http=http, ws=ws) as running:
        running.tapped = ws == SANSIO
        yield running


def told(pg, stop=False):
    """Return what each witness tells of the last connection: (row's kind, witness, event's kind, code)."""
    connection = pg.connections[-1]
    pg.log.wait_for("end", f"connection:{connection.id}")
    rows = [row for row in pg.log.rows(f"connection:{connection.id}") if row.kind != "log"]
    for row in rows:
        by = {event.witness for event in row.events}
        seen = {name for name, mark in zip(("client", "wire", "handler"), row.saw, strict=True) if mark == "1"}
        # What the handler knows of an end is in events of its own.
        assert by - {None} == seen - ({"handler"} if row.kind == "end" else set())
    return [(row.kind, event.witness, event.kind, event.code) for row in rows for event in row.events]


def whole(pg):
    """Return everything that a person may read of the log."""
    rows = pg.log.rows()
    detail = json.dumps([Calls(pg).detail(row.seq) for row in rows])
    return [rows.to_mermaid(), rows.to_csv(), rows.to_jsonl(), detail, str(pg.why(pg.connections[-1]))]


def accounts(pg, kind):
    """Return the panel's words for each witness of the row of a kind."""
    row = pg.log.rows(f"kind:{kind} connection:{pg.connections[-1].id}")[-1]
    said = Calls(pg).detail(row.seq)["accounts"]
    return {one["witness"]: " ".join(part["text"] for part in one["said"]) for one in said}


def by_wire(pg, *events):
    """Return those events if the wire is recorded."""
    return list(events) if pg.tapped else []


def test_an_origin_that_the_playground_refuses_was_no_matter_of_the_handler(pg):
    """Neither the request nor the answer has its dot, and every text says the same."""
    with Peer(pg.url, "/hesitates", Origin="http://elsewhere.example") as peer:
        assert peer.status == 403
    events = told(pg)
    wire = [one for one in events if one[1] == "wire"]
    rows = pg.log.rows("kind:connect,refuse,end")

    assert [one for one in events if one[1] == "handler"] == []
    assert ("refuse", None, "refuse", 403) in events
    assert wire == by_wire(
        pg,
        ("connect", "wire", "wire_request", None),
        ("refuse", "wire", "wire_response", 403),
        ("end", "wire", "tcp_end", None),
    )
    assert {row.saw for row in rows} == {"-10" if pg.tapped else "--0"}
    assert accounts(pg, "connect")["handler"] == "was not asked: the playground answered"
    assert accounts(pg, "refuse")["handler"] == "was not asked: the playground answered"
    assert pg.why().handler.text == "was not called: the playground refused the handshake"
    assert pg.connections[-1].ending.handler_asked is None
    assert len(whole(pg)) == 5


def test_an_app_that_closes_early_said_a_code_and_the_wire_a_status(pg):
    """uvicorn makes 403 from it; the handler's account names the code that the app gave."""
    with Peer(pg.url, "/closes") as peer:
        assert peer.status == 403
    events = told(pg)

    assert ("connect", "handler", "connect", None) in events
    assert accounts(pg, "refuse")["handler"] == "the app closed with 4401 before it accepted"
    assert ("refuse", "wire", "wire_response", 403) in events or not pg.tapped
    assert pg.log.rows("kind:end")[0].saw == ("-11" if pg.tapped else "--1")


@pytest.mark.parametrize("path", ["/raises", "/silent"])
def test_an_answer_that_uvicorn_gives_for_the_app_is_not_the_handlers(pg, path):
    """The app was called, and did not answer."""
    with Peer(pg.url, path) as peer:
        assert peer.status == 500
    events = told(pg)

    assert ("connect", "handler", "connect", None) in events
    assert [one for one in events if one[0] == "refuse"] == by_wire(pg, ("refuse", "wire", "wire_response", 500))
    if pg.tapped:
        assert accounts(pg, "refuse")["handler"] == "did not answer: uvicorn did"
    assert "HTTP 500" in pg.why().verdict


def test_an_answer_of_the_apps_own_is_the_handlers(pg):
    """With its status."""
    with Peer(pg.url, "/answers") as peer:
        assert peer.status == 401
    events = told(pg)

    assert ("refuse", "handler", "refuse", 401) in events
    assert pg.log.rows("kind:end")[0].saw == ("-11" if pg.tapped else "--1")


def test_a_stop_before_the_answer_is_neither_the_clients_nor_the_apps_doing(pg):
    """uvicorn answers with 500 and tells the app 1006: nothing came from the client, so the diagram draws no arrow."""
    with Peer(pg.url, "/hesitates", waits=False) as peer:
        pg.log.wait_for("connect", "witness:handler")
        pg.stop()
        peer.rest()
    events = told(pg)
    diagram = pg.log.rows().to_mermaid()

    assert pg.why().verdict.startswith("the server was stopped before the app answered the handshake")
    assert "HTTP 500" in pg.why().verdict
    assert ("disconnect", "handler", "disconnect", 1006) in events
    assert "was told 1006" in pg.why().handler.text
    assert "Note right of server: disconnect 1006" in diagram
    assert "server: disconnect" not in diagram.replace("of server: disconnect", "")


class Late:
    """An app that waits in its handshake until `go`, and then does what it is given."""

    def __init__(self, answer):
        self.asked, self.go = threading.Event(), threading.Event()

        async def late(websocket):
            self.asked.set()
            await asyncio.to_thread(self.go.wait, PATIENCE)
            await answer(websocket)

        self.app = Starlette(routes=[WebSocketRoute("/late", late)])


async def _fails(websocket):
    raise ValueError("late")


LATE = {
    "accepts": lambda websocket: websocket.accept(),
    "closes": lambda websocket: websocket.close(4401),
    "answers": lambda websocket: websocket.send_denial_response(PlainTextResponse("who are you?", 401)),
    "raises": _fails,
}


@pytest.mark.parametrize("answer", LATE.values(), ids=LATE)
def test_what_the_app_answers_to_nobody_is_no_answer_on_the_wire(answer, monkeypatch):
    """The client has left before: the wire saw no status, and why says so before and after the app's answer."""
    monkeypatch.setattr("playground.serve.uvicorn_tap.WITNESS_TIMEOUT", 0.0)
    late = Late(answer)
    with Playground(late.app) as pg:
        with Peer(pg.url, "/late", waits=False) as peer:
            assert late.asked.wait(PATIENCE)
            peer.reset()
        pg.log.wait_for("end", timeout=PATIENCE)
        connection = pg.connections[-1]
        before = str(pg.why(connection))
        late.go.set()
        pg.log.wait_for("error", timeout=PATIENCE)
        after = str(pg.why(connection))

        for told in (before, after):
            assert "the connection was reset before the handshake was answered" in told
            assert "HTTP" not in told
        assert "still running" in before
        assert "HTTP" not in str(pg.log.rows("kind:end")[-1])


@pytest.mark.parametrize("answer", [LATE["closes"], LATE["answers"]], ids=["closes", "answers"])
def test_without_the_wire_an_answer_that_uvicorn_refuses_was_not_given(answer):
    """The app was told so by the exception, which is all that is known."""
    late = Late(answer)
    with Playground(late.app, ws=WSPROTO) as pg:
        with Peer(pg.url, "/late", waits=False) as peer:
            assert late.asked.wait(PATIENCE)
            peer.reset()
        connection = pg.connections[-1]
        # Whatever came before has been read when another client is answered.
        with Peer(pg.url, "/elsewhere") as other:
            assert other.status == 403
        late.go.set()
        pg.log.wait_for("error", f"connection:{connection.id}", timeout=PATIENCE)

        assert "HTTP" not in str(pg.why(connection))


def test_a_dial_that_is_given_up_got_no_answer_either(monkeypatch):
    """Also when the app accepts later."""
    monkeypatch.setattr("playground.serve.uvicorn_tap.WITNESS_TIMEOUT", 0.0)
    late = Late(LATE["accepts"])
    with Playground(late.app) as pg:
        with pytest.raises(OSError, match="within"):
            pg.connect("/late", timeout=0.2)
        pg.log.wait_for("end", timeout=PATIENCE)
        late.go.set()
        pg.log.wait_for("error", timeout=PATIENCE)

        assert "no handshake's answer" in str(pg.why())
        assert "opens no WebSocket" not in str(pg.why())
