"""Handshakes that never reach the app: answered as by plain uvicorn, which leaves some without one, and recorded."""

import json
import logging

import pytest

from playground import HandshakeRefused, Playground
from playground.serve.handshake import HEAD, REQUEST
from playground.serve.unread import explain, explain_by_limits, is_for_websocket, request_of
from playground.ui.calls import Calls

from .peers import CLOSE, TEXT, Peer, frame, request
from .test_handshake import Bare, undated

SANSIO, WSPROTO = "websockets-sansio", "wsproto"

TLS = bytes.fromhex("16030100c8010000c40303") + b"\x11" * 190


def post(**changes):
    return request("/x", "localhost", **changes).replace(b"GET", b"POST", 1)


HEADS = {
    "a long request line": (request("/" + "x" * 9000, "localhost"), "the request line has 9,016 bytes"),
    "a long header": (request("/x", "localhost", X_Long="x" * 9000), "the line of the header x-long has 9,010 bytes"),
    "a header beyond what is kept": (request("/x", "localhost", X="x" * 70_000), "the line of the header x has 70,005 bytes"),
    "many headers": (request("/x", "localhost", **{f"X{n}": "1" for n in range(130)}), "the request has 135 headers"),
    "a POST": (post(), "unsupported HTTP method"),
    "a POST with a body": (post(Content_Length="3") + b"abc", "unsupported "),
    "a GET with a body": (request("/x", "localhost", Content_Length="3") + b"abc", "unsupported request body"),
    "a chunked body": (request("/x", "localhost", Transfer_Encoding="chunked") + b"0\r\n\r\n", "transfer codings aren't supported"),
    "no key": (request("/x", "localhost", Sec_WebSocket_Key=None), "missing Sec-WebSocket-Key"),
    "a key that is none": (request("/x", "localhost", Sec_WebSocket_Key="???"), "invalid Sec-WebSocket-Key header: ???"),
    "another version": (request("/x", "localhost", Sec_WebSocket_Version="8"), "invalid Sec-WebSocket-Version header: 8"),
    "no version": (request("/x", "localhost", Sec_WebSocket_Version=None), "missing Sec-WebSocket-Version"),
    "bytes that are no HTTP": (b"\x00\x01garbage\r\n\r\n", "what came is no HTTP/1 request: '\\x00\\x01garbage"),
    "words": (b"hello there\r\n\r\n", "what came is no HTTP/1 request: 'hello there"),
    "TLS": (TLS, "a TLS ClientHello came, and this server speaks plain HTTP"),
    "a control character": (request("/x", "localhost", X="a\x00b"), "the server refused the request: "),
    "a path that is not ASCII": (request("/\xe9", "localhost"), "the server refused the request: "),
}  # fmt: skip

BY_WSPROTO = {
    "a POST": "Request method must be GET",
    "a POST with a body": "Request method must be GET",
    "no key": "Missing header, 'Sec-WebSocket-Key'",
    "another version": "Sec-WebSocket-Version is '8', and only '13' is known",
    "no version": "Missing header, 'Sec-WebSocket-Version'",
}
"""What wsproto refuses, and says of it; it takes longer heads, bodies and other keys."""

WITHOUT_AN_ANSWER = {
    "a long request line": 414,
    "a long header": 431,
    "a header beyond what is kept": 431,
    "many headers": 431,
    "a POST": 400,
    "a POST with a body": 400,
    "a GET with a body": 400,
    "a chunked body": 400,
}
"""What uvicorn with websockets neither answers nor logs, and the status with which the playground answers.

A POST without a body is such a request before websockets 16 only."""


async def app(scope, receive, send):
    """Accept, and read to the end; nobody may get here with one of the heads above."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def answer_to(url, head, *, leaves=False):
    """Return all that a server answers before the stream ends, to a client that waits for that or leaves at once."""
    with Peer(url, "/", head=head, waits=False) as peer:
        if leaves:
            peer.fin()
        while peer._more():
            pass
        return peer._buffer


@pytest.fixture(scope="module", params=[("h11", SANSIO), ("httptools", SANSIO), ("h11", WSPROTO), ("httptools", WSPROTO)],
                ids="/".join)  # fmt: skip
def both(request):
    """A bare uvicorn and a playground."""
    http, ws = request.param
    with Bare(app, http=http, ws=ws) as bare, Playground(app, http=http, ws=ws) as pg:
        pg.ws = ws
        yield f"ws://127.0.0.1:{bare.port}", pg


@pytest.mark.parametrize("name", HEADS)
def test_a_handshake_that_never_reaches_the_app_is_answered_and_explained(caplog, capfd, both, name):
    """As by plain uvicorn, or as the standard says where that would let the client wait; and nothing is printed."""
    bare, pg = both
    head, told = HEADS[name]
    of_websockets = head.startswith((b"GET", b"POST")) and "the server refused" not in told
    if pg.ws == WSPROTO and of_websockets:
        if name not in BY_WSPROTO:
            pytest.skip("wsproto takes it")
        told = BY_WSPROTO[name]
    pg.log.clear()

    answer = answer_to(pg.url, head)
    end = pg.log.wait_for("end")
    why, [connection] = pg.why(), [one for one in pg.connections if one.id == end.connection]
    rows = {row.kind: row for row in pg.log.rows(f"connection:{connection.id}")}
    status = int(answer[9:12])

    if "where plain uvicorn leaves the client waiting" in why.verdict:
        assert pg.ws == SANSIO
        assert status == WITHOUT_AN_ANSWER[name]
        assert answer_to(bare, head, leaves=True) == b""
    else:
        assert undated(answer) == undated(answer_to(bare, head))
    assert told in why.verdict
    assert f"HTTP {status}" in why.verdict
    assert why.handler.text == "was never called"
    assert why.wire.text.startswith(f"HTTP {status} instead of 101")
    assert why.advice
    assert [rows[kind].saw for kind in ("connect", "refuse", "end")] == ["-10", "-10", "-10"]
    assert rows["refuse"].code == status
    assert head.startswith(rows["connect"].record.wire)
    assert len(rows["connect"].record.wire) >= min(head.find(b"\r\n\r\n"), HEAD)
    assert (connection.bytes_in, connection.bytes_out) == (len(head), len(answer))
    assert "connect" in [row.kind for row in pg.log.rows("is:errors")] or rows["refuse"].record.code
    assert json.dumps([Calls(pg).detail(row.seq) for row in rows.values()])
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []
    assert "Traceback" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("ws", [SANSIO, WSPROTO])
def test_a_head_beyond_h11s_limit_says_the_limit(ws):
    """uvicorn answers 400, and logs only that a request was invalid."""
    with Playground(app, http="h11", ws=ws, h11_max_incomplete_event_size=1000) as pg:
        answer = answer_to(pg.url, request("/x", "localhost", X="x" * 1500)[:1200])
        pg.log.wait_for("end")

        assert answer.startswith(b"HTTP/1.1 400 ")
        assert "the request's head has more than 1,000 bytes; 1,200 came; the server answered with HTTP 400" in str(
            pg.why()
        )


def test_a_handshake_that_is_cut_short_is_recorded(both):
    """The client leaves in the middle of its request, which uvicorn never tells."""
    _, pg = both
    pg.log.clear()
    with Peer(pg.url, "/", head=request("/cut", "localhost")[:-10], waits=False) as peer:
        peer.fin()
        pg.log.wait_for("end")

    assert "the client left in the middle of its request" in pg.why().verdict
    assert "the handshake was not answered" in pg.why().verdict
    assert pg.connections[-1].path == "/cut"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"Upgrade": "websocket, h2c"}, "Connection is 'Upgrade', Upgrade is 'websocket, h2c'"),
        ({"Connection": "close"}, "Connection is 'close', Upgrade is 'websocket'"),
        ({"Upgrade": None}, "Connection is 'Upgrade', Upgrade is missing"),
    ],
)
def test_a_handshake_that_uvicorn_takes_for_a_plain_request_is_named(both, changes, told):
    """Such as behind a proxy that leaves out a header; the app answers it like any other request."""
    bare, pg = both
    pg.log.clear()
    head = request("/x", "localhost", **changes)
    with Peer(pg.url, "/", head=head) as peer, Peer(bare, "/", head=head) as plain:
        assert (peer.status, peer.answer) == (plain.status, plain.answer)
    note = pg.log.wait_for("log", "handshake")

    assert note.error.startswith(told)
    assert note.path == "/x"


def test_a_plain_request_that_cannot_be_read_is_a_row_and_no_connection(both):
    """It names what is wrong."""
    bare, pg = both
    pg.log.clear()
    before = len(pg.connections)
    head = b"GET /page HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n"

    assert undated(answer_to(pg.url, head)) == undated(answer_to(bare, head))
    note = pg.log.wait_for("log", '"GET /page"')
    assert note.error.startswith("the server refused the request: ")
    assert len(pg.connections) == before


def test_our_own_client_is_told_too(pg):
    """With the status, at the call."""
    with pytest.raises(HandshakeRefused, match="431"):
        pg.connect("/ws", name="alice", headers={"X-Long": "x" * 9000})
    pg.log.wait_for("end")
    why = pg.why("alice")

    assert "the line of the header x-long has 9,010 bytes, and websockets takes 8,192" in why.verdict
    assert why.client.text == "HTTP 431, and no WebSocket"
    assert pg.log.rows("kind:end client:alice")[0].saw == "110"


def test_what_follows_a_request_that_is_refused_is_no_frame(pg):
    """It is counted, and changes nothing."""
    head = request("/" + "x" * 9000, "localhost")
    with Peer(pg.url, "/", head=head + frame(TEXT, b"hi") + frame(CLOSE), waits=False) as peer:
        assert len(peer.rest()) >= 0
        pg.log.wait_for("end")

    assert pg.connections[-1].ending.close_in is None
    assert [row.kind for row in pg.log.rows("kind:receive,disconnect")] == []


@pytest.mark.parametrize(
    "head", [b"", b"\x00", b"\x16\x03", b"\xff" * 100, b"GET", b"GET / HTTP/1.1", b"\r\n\r\n", b"\n" * 9]
)
def test_any_bytes_can_be_explained(head):
    """Whatever came, and whatever was raised."""
    for error in (None, ValueError(), ValueError("no.")):
        unread = explain(head, len(head), error, 10)
        assert unread.why and unread.advice and unread.status in (400, 431)
    assert explain_by_limits(head) is None
    assert request_of(head)[1] == ""
    assert is_for_websocket(head)


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nsec-websocket-version:" + b" " * HEAD + b"\rX",
        b"GET / HTTP/1.1\r\nsec-websocket-version" + b" " * HEAD,
        b"GET / HTTP/1.1\r\nupgrade:" + b"upgrade:" * (HEAD // 8),
        b"GET / HTTP/1.1" + b"\nupgrade:" * (HEAD // 9),
        b"\r" * HEAD,
        b"GET " + b"/" * HEAD,
    ],
    ids=["spaces", "spaces before the colon", "names in a value", "names", "line ends", "a target"],
)
def test_a_long_head_is_explained_in_steps_that_grow_with_its_length_only(head):
    """A peer must not keep the server's loop busy: with a pattern that tries all splits, this would take hours."""
    is_for_websocket(head)

    assert explain(head, len(head), None).status == 400
    assert REQUEST.match(head) is None


def test_what_follows_a_request_in_its_chunk_is_not_called_empty():
    """Nothing is kept of it, and that is what the log says."""
    told = explain(b"", 20, None)

    assert told.why == "what came in one chunk with an earlier request is no HTTP/1 request"
    assert request_of(b"") == ("what came after a request", "")
