"""Who is told what when a connection ends, as peers on bare sockets end it, under both of uvicorn's implementations."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

import pytest

from playground import ConnectionEnded, HandshakeRefused, Playground
from playground.record.recorder.server import Recorder
from playground.serve import uvicorn_tap as wire
from playground.ui.calls import Calls

from .peers import BINARY, CLOSE, PING, RSV2, TEXT, Peer, close_payload, frame

SANSIO, WSPROTO = "websockets-sansio", "wsproto"

NOT_SEEN = "cannot be seen from here"

ROOM = """
class Room(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        if data == "raise":
            raise KeyError("say")
        if data == "close":
            await websocket.close(4000, "done")
        else:
            await websocket.send_text(data)
"""

TICKS = """
import asyncio

class Ticks(WebSocketEndpoint):
    async def on_receive(self, websocket, data):
        while True:
            await asyncio.sleep(0.001)
            await websocket.send_text("tick")
"""


async def plain(scope, receive, send):
    """An ASGI app without hooks, whose paths name what it does."""
    path = scope["path"]
    await receive()
    if path == "/raises-early":
        raise ValueError("early")
    if path == "/closes-early":
        await send({"type": "websocket.close", "code": 4401})
    elif path == "/answers-401":
        await send({"type": "websocket.http.response.start", "status": 401, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b"who are you?"})
    elif path == "/hesitates":
        await receive()
    if "-" in path or path in ("/hesitates", "/never"):
        return
    await send({"type": "websocket.accept"})
    if path == "/raises":
        raise ValueError("no")
    if path == "/returns":
        return
    await receive()
    if path == "/raises.late":
        raise ValueError("late")
    if path == "/closes.late":
        await send({"type": "websocket.close", "code": 1000})


class Told(NamedTuple):
    """What `pg.why` says: a distinctive part of the verdict, and of each account that is not silent."""

    verdict: str
    handler: str
    codes: list[int]
    wire: str | None = None
    """None where the wire is not recorded."""


class Scenario(NamedTuple):
    """One way to end a connection, and what is told of it."""

    ends: Callable[[Peer], object]
    sent: tuple[int | None, str] | None
    """The last Close frame that the peer got from websockets-sansio; None for an end of stream without one."""
    recorded: Told
    """Under websockets-sansio, where the wire is recorded."""
    blind: Told
    """Under wsproto."""
    sent_by_wsproto: tuple[int | None, str] | None | str = "the same"


def cut_short(peer):
    peer.socket.sendall(frame(TEXT, b"hello")[:7])
    peer.fin()


def answers(peer):
    peer.send(TEXT, b"close")
    peer.send(CLOSE, peer.frame().payload)


def sends_bytes(peer):
    peer.send(BINARY, b"not text")
    peer.send(CLOSE, peer.frame().payload)


def does_not_answer(peer):
    peer.send(TEXT, b"close")
    peer.frame()
    peer.fin()


UNKNOWN_1005 = Told(
    "was told 1005: the client closed without a code, vanished, or left the server's pings unanswered; "
    f"which of them {NOT_SEEN}",
    "was told 1005 no status received; on_disconnect(1005)",
    [1005],
)


def refused_or_said(code, name):
    verdict = "the server refused what the client sent, or the client closed with that code itself"
    return Told(verdict, f"was told {code} {name}", [code])


def vanished(how, tcp):
    return Told(
        f"{how} without a Close frame; the reason {NOT_SEEN}; uvicorn reports 1005 to the handler, where RFC 6455 has 1006",
        "was told 1005 no status received; on_disconnect(1005)",
        [1005, 1006],
        f"no Close frame; {tcp}",
    )


def broke(verdict, code, name, reason=""):
    return Told(
        verdict,
        f"was told {code} {name}{reason}; on_disconnect({code})",
        [code],
        f"the server sent Close {code}{reason}; the server closed TCP",
    )


SCENARIOS = {
    "close with a code": Scenario(
        lambda peer: peer.close_with(1000, "bye"),
        (1000, "bye"),
        Told(
            "the client closed it with 1000 normal closure “bye”",
            "was told 1000 normal closure “bye”; on_disconnect(1000)",
            [1000],
            "the client sent Close 1000 “bye”; the server sent Close 1000 “bye”; the server closed TCP",
        ),
        Told("the client closed it with 1000", "was told 1000 normal closure “bye”; on_disconnect(1000)", [1000]),
    ),
    "close without a code": Scenario(
        lambda peer: peer.send(CLOSE),
        (None, ""),
        Told(
            "the client closed it without a code, which is reported as 1005",
            "was told 1005 no status received; on_disconnect(1005)",
            [1005],
            "the client sent Close without a code; the server sent Close without a code",
        ),
        UNKNOWN_1005,
    ),
    "a browser leaves the page": Scenario(
        lambda peer: peer.close_with(1001),
        (1001, ""),
        Told(
            "the client closed it with 1001 going away, as a browser does when its page is left",
            "was told 1001 going away; on_disconnect(1001)",
            [1001],
            "the client sent Close 1001; the server sent Close 1001",
        ),
        Told("the client closed it with 1001 going away, as a browser does", "was told 1001 going away", [1001]),
    ),
    "fin": Scenario(
        Peer.fin, None, vanished("the client's end of TCP closed", "TCP FIN from the client"), UNKNOWN_1005
    ),
    "reset": Scenario(Peer.reset, None, vanished("the connection was reset", "TCP was reset (["), UNKNOWN_1005),
    "fin in the middle of a frame": Scenario(
        cut_short,
        None,
        vanished(
            "closed in the middle of a frame (TEXT 5 B, 7 B on the wire, cut short after 7 B)",
            "TCP FIN from the client; a frame was cut short: TEXT 5 B, 7 B on the wire, cut short after 7 B",
        ),
        UNKNOWN_1005,
    ),
    "text that is not UTF-8": Scenario(
        lambda peer: peer.send(TEXT, b"\xff\xfe"),
        (1007, ""),
        broke("the client sent text that is not UTF-8, so the server closed", 1007, "invalid frame payload data"),
        refused_or_said(1007, "invalid frame payload data"),
        None,
    ),
    "a frame without a mask": Scenario(
        lambda peer: peer.send(TEXT, b"hi", masked=False),
        (1002, "incorrect masking"),
        broke("the client broke the protocol (incorrect masking)", 1002, "protocol error", " “incorrect masking”"),
        refused_or_said(1002, "protocol error “"),
        None,
    ),
    "a reserved bit": Scenario(
        lambda peer: peer.send(TEXT, b"hi", rsv=RSV2),
        (1002, "reserved bits must be 0"),
        broke(
            "the client broke the protocol (reserved bits must be 0)",
            1002,
            "protocol error",
            " “reserved bits must be 0”",
        ),
        refused_or_said(1002, "protocol error “"),
        None,
    ),
    "a reserved opcode": Scenario(
        lambda peer: peer.send(0x3, b"hi"),
        (1002, "invalid opcode"),
        broke("the client broke the protocol (invalid opcode)", 1002, "protocol error", " “invalid opcode”"),
        refused_or_said(1002, "protocol error “"),
        None,
    ),
    "a message too large": Scenario(
        lambda peer: peer.send(TEXT, b"x" * 5000),
        (1009, "frame with 5000 bytes exceeds limit of 1000 bytes"),
        broke(
            "a message was larger than the server takes (frame with 5000 bytes exceeds limit of 1000 bytes), so",
            1009,
            "message too big",
            " “frame with 5000 bytes exceeds limit of 1000 bytes”",
        ),
        Told(
            "a message was larger than the server takes (Message exceeds the maximum size (1000 bytes)), so the server",
            "was told 1009 message too big",
            [1009],
        ),
        (1009, "Message exceeds the maximum size (1000 bytes)"),
    ),
    "the client takes no more": Scenario(
        lambda peer: peer.close_with(1009, "mine"),
        (1009, "mine"),
        Told(
            "the client closed it with 1009 message too big “mine”",
            "was told 1009 message too big “mine”; on_disconnect(1009)",
            [1009],
            "the client sent Close 1009 “mine”; the server sent Close 1009 “mine”",
        ),
        refused_or_said(1009, "message too big “mine”"),
    ),
    "the client blames the server": Scenario(
        lambda peer: peer.close_with(1002),
        (1002, ""),
        Told(
            "the client closed it with 1002 protocol error",
            "was told 1002 protocol error; on_disconnect(1002)",
            [1002],
            "the client sent Close 1002; the server sent Close 1002",
        ),
        refused_or_said(1002, "protocol error"),
    ),
    "a close frame that is none": Scenario(
        lambda peer: peer.send(CLOSE, b"\x03"),
        (1002, "close frame too short"),
        Told(
            "the client broke the protocol (close frame too short), so the server closed with 1002",
            "was told 1002 protocol error “close frame too short”",
            [1002],
            "the client sent Close without a code; the server sent Close 1002 “close frame too short”",
        ),
        refused_or_said(1002, "protocol error “"),
        None,
    ),
    "on_receive raises": Scenario(
        lambda peer: peer.send(TEXT, b"raise"),
        None,
        Told(
            "on_receive raised KeyError: 'say' at line 7 of v1. Starlette called on_disconnect with 1011 and sent no Close",
            "on_receive raised KeyError: 'say' at line 7 of v1; on_disconnect(1011)",
            [1006, 1011],
            "no Close frame; the server closed TCP",
        ),
        Told(
            "on_receive raised KeyError: 'say' at line 7 of v1. Starlette called on_disconnect with 1011 and sent no Close",
            "on_receive raised KeyError: 'say' at line 7 of v1; on_disconnect(1011)",
            [1011],
        ),
    ),
    "decode raises": Scenario(
        sends_bytes,
        None,
        Told(
            "the endpoint closed it with 1003 unsupported data; decode raised RuntimeError: Expected text",
            "closed with 1003 unsupported data; decode raised RuntimeError: Expected text",
            [1003, 1011],
            "the server sent Close 1003; the client sent Close 1003; the server closed TCP",
        ),
        Told(
            "the endpoint closed it with 1003 unsupported data; decode raised RuntimeError: Expected text",
            "closed with 1003 unsupported data; decode raised RuntimeError: Expected text",
            [1011],
        ),
    ),
    "the endpoint closes": Scenario(
        answers,
        None,
        Told(
            "the endpoint closed it with 4000 private use (application-defined) “done”",
            "closed with 4000 private use (application-defined) “done”; on_disconnect(4000)",
            [4000],
            "the server sent Close 4000 “done”; the client sent Close 4000 “done”; the server closed TCP",
        ),
        Told(
            "the endpoint closed it with 4000 private use (application-defined) “done”",
            "closed with 4000 private use (application-defined) “done”; on_disconnect(4000)",
            [4000],
        ),
    ),
    "the endpoint closes, unanswered": Scenario(
        does_not_answer,
        None,
        Told(
            "the endpoint closed it with 4000 private use (application-defined) “done”; the client did not answer the Close frame",
            "closed with 4000 private use (application-defined) “done”; on_disconnect(4000)",
            [4000],
            "the server sent Close 4000 “done”; TCP FIN from the client",
        ),
        Told(
            "the endpoint closed it with 4000 private use (application-defined) “done”",
            "closed with 4000 private use (application-defined) “done”; on_disconnect(4000)",
            [4000],
        ),
    ),
}


@pytest.fixture(params=[SANSIO, WSPROTO])
def ws(request):
    """One of uvicorn's two implementations; only the first one's bytes are recorded."""
    return request.param


@pytest.fixture
def room(ws):
    """An endpoint at /room that raises, closes or echoes as it is told."""
    with Playground(ws=ws, ws_max_size=1000) as pg:
        pg.edit("/room", ROOM)
        yield pg


def explained(pg):
    """Return what `pg.why` says of the last connection once it has ended, and its last row."""
    connection = pg.connections[-1]
    seq = pg.log.wait_for("end", f"connection:{connection.id}").seq
    return pg.why(connection), pg.log.find(seq)


def closes(frames):
    return next((got.close for got in frames if got.opcode == CLOSE), None)


def check(why, row, told):
    """Assert what a foreign peer's ending is explained with, and that whoever said nothing is not quoted."""
    assert told.verdict in why.verdict
    assert told.handler in why.handler.text
    assert row.codes == told.codes
    assert row.agree is (len(told.codes) < 2)
    assert not why.client.reported
    assert "cannot be seen from here" in why.client.text
    assert "client saw" not in why.short
    if told.wire is None:
        assert (why.wire.reported, row.saw[:2]) == (False, "--")
        assert why.wire.text.startswith("not recorded")
        assert "wire" not in why.short
    else:
        assert (why.wire.reported, row.saw[:2]) == (True, "-1")
        assert told.wire in why.wire.text


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_end_is_explained_as_far_as_it_can_be_known(room, ws, name):
    """The verdict is true, and says so where the cause is not to be seen."""
    scenario = SCENARIOS[name]
    with Peer(room.url, "/room") as peer:
        scenario.ends(peer)
        got = closes(peer.rest()) if scenario.ends is not Peer.reset else None
        why, row = explained(room)

    check(why, row, scenario.recorded if ws == SANSIO else scenario.blind)
    differs = ws == WSPROTO and scenario.sent_by_wsproto != "the same"
    assert got == (scenario.sent_by_wsproto if differs else scenario.sent)


def test_a_reserved_control_opcode_is_recorded_like_any_other(pg):
    """The log stays readable, whatever comes."""
    with Peer(pg.url, "/ws") as peer:
        peer.send(0xB, b"hi")
        got = closes(peer.rest())
        why, _ = explained(pg)

    assert got == (1002, "invalid opcode")
    assert "invalid opcode" in why.verdict


def test_a_failing_on_disconnect_does_not_hide_what_failed_before(pg):
    """The first exception ended it; the second is a consequence."""
    pg.edit(
        "/twice",
        "class Twice(WebSocketEndpoint):\n    async def on_receive(self, ws, data): {}['say']\n"
        "    async def on_disconnect(self, ws, code): raise ValueError('second')",
    )
    with Peer(pg.url, "/twice") as peer:
        peer.send(TEXT, b"hi")
        why, _ = explained(pg)

    assert "on_receive raised KeyError: 'say'" in why.verdict


def test_codes_are_plain_numbers(ws):
    """Whoever gave them."""
    with Playground(plain, ws=ws) as pg:
        pg.connect("/room").close(1000)
        why, row = explained(pg)
        with pg.connect("/raises"):
            _, failed = explained(pg)

    assert repr(row.codes) == "[1000]"
    assert repr(failed.codes) == "[1006]"


@pytest.mark.parametrize(
    ("path", "status", "recorded", "blind"),
    [
        (
            "/raises",
            101,
            Told(
                "the app raised ValueError: no. The connection was dropped without a Close frame",
                "the app raised ValueError: no",
                [1006],
                "no Close frame; the server closed TCP",
            ),
            Told("the app raised ValueError: no. The connection was dropped", "the app raised ValueError: no", []),
        ),
        (
            "/returns",
            101,
            Told(
                "the application returned without closing, and the server dropped the connection",
                "returned without closing",
                [1006],
                "no Close frame; the server closed TCP",
            ),
            Told(
                f"returned without closing, and the server dropped the connection; whether the client had left before "
                f"{NOT_SEEN}",
                "returned without closing",
                [],
            ),
        ),
        (
            "/closes-early",
            403,
            Told(
                "closed before it accepted, so the handshake was answered with HTTP 403; the client did not receive the code 4401",
                "closed with 4401 private use (application-defined)",
                [],
                "HTTP 403 instead of 101",
            ),
            Told("answered with HTTP 403; the client did not receive the code 4401", "closed with 4401", []),
        ),
        (
            "/answers-401",
            401,
            Told("the app answered the handshake with HTTP 401", "answered with HTTP 401", [], "HTTP 401 instead"),
            Told("the app answered the handshake with HTTP 401", "answered with HTTP 401", []),
        ),
        (
            "/raises-early",
            500,
            Told(
                "the app raised ValueError: early before the handshake was answered, so the client got HTTP 500",
                "the app raised ValueError: early",
                [],
                "HTTP 500 instead of 101",
            ),
            Told(
                "before the handshake was answered, which uvicorn answers with HTTP 500",
                "the app raised ValueError",
                [],
            ),
        ),
        (
            "/never",
            500,
            Told(
                "the app returned without accepting, so uvicorn answered the handshake with HTTP 500",
                "returned without accepting",
                [],
                "HTTP 500 instead of 101",
            ),
            Told("the app returned without accepting", "returned without accepting", []),
        ),
    ],
)
def test_an_app_that_ends_it_is_named(ws, path, status, recorded, blind):
    """Without hooks, what it raised, answered or left undone explains the end."""
    with Playground(plain, ws=ws) as pg, Peer(pg.url, path) as peer:
        why, row = explained(pg)

        check(why, row, recorded if ws == SANSIO else blind)
        assert peer.status == status
        assert status != 101 or peer.rest() == []


@pytest.mark.parametrize("path", ["/raises.late", "/closes.late"])
@pytest.mark.parametrize("ends", ["close", "fin"])
def test_what_an_app_does_after_the_end_is_not_its_cause(ws, path, ends):
    """It was told before, and what it raised or closed with then changed nothing."""
    with Playground(plain, ws=ws) as pg, Peer(pg.url, path) as peer:
        if ends == "close":
            peer.close_with(4001, "bye")
        else:
            peer.fin()
        why, _ = explained(pg)

        if ends == "close":
            assert why.verdict == "the client closed it with 4001 private use (application-defined) “bye”"
        else:
            assert NOT_SEEN in why.verdict
        assert why.handler.text.startswith("was told ")
        assert ("tried to close with 1000" if "closes" in path else "raised ValueError: late") in why.handler.text
        assert "handler closed" not in why.short


def test_a_function_that_reads_until_the_end_is_not_blamed_for_it(ws):
    """Starlette raises WebSocketDisconnect in it, which is how it is told."""
    code = "async def fn(websocket):\n    await websocket.accept()\n    while True:\n        await websocket.receive_text()"
    with Playground(ws=ws) as pg:
        pg.edit("/fn", code)
        with Peer(pg.url, "/fn") as peer:
            peer.fin()
            why, _ = explained(pg)

    assert "WebSocketDisconnect" not in why.verdict
    assert "raised WebSocketDisconnect" in why.handler.text


def test_a_client_that_leaves_a_working_handler_is_not_the_handlers_fault(ws):
    """Its send fails, which Starlette makes on_disconnect(1011)."""
    with Playground(ws=ws) as pg:
        pg.edit("/slow", TICKS)
        with Peer(pg.url, "/slow") as peer:
            peer.send(TEXT, b"go")
            peer.frame()
            peer.reset()
            why, _ = explained(pg)

    assert NOT_SEEN in why.verdict
    assert "catch the error" not in (why.advice or "")
    assert why.handler.text.endswith("on_disconnect(1011)")


def test_pings_that_nobody_answers_end_it(ws):
    """The wire says 1011, and uvicorn reports 1005 to the handler."""
    with Playground(ws=ws, ws_ping_interval=0.05, ws_ping_timeout=0.05) as pg:
        pg.edit("/room", ROOM)
        with Peer(pg.url, "/room") as peer:
            got = peer.rest()
            why, row = explained(pg)

    recorded = Told(
        "did not answer the server's ping in time, so the server closed with 1011; uvicorn reports 1005 to the handler",
        "was told 1005 no status received; on_disconnect(1005)",
        [1005, 1011],
        "the server sent Close 1011 “keepalive ping timeout”; the server closed TCP",
    )
    check(why, row, recorded if ws == SANSIO else UNKNOWN_1005)
    assert [got[0].opcode, closes(got)] == [PING, (1011, "keepalive ping timeout")]


def test_pings_that_nobody_answers_end_it_also_where_that_cannot_be_recorded(monkeypatch):
    """uvicorn closes as without the tap, and the log says what is missing."""

    def fails(*_):
        raise RuntimeError("the tap is broken")

    monkeypatch.setattr(Recorder, "wire_had_no_pong", fails)
    with Playground(ws=SANSIO, ws_ping_interval=0.05, ws_ping_timeout=0.05) as pg:
        pg.edit("/room", ROOM)
        with Peer(pg.url, "/room") as peer:
            got = peer.rest()
        told = pg.log.wait_for("log").data

    assert closes(got) == (1011, "keepalive ping timeout")
    assert told.startswith("the playground could not record all that passed on connection ")


def test_a_server_that_stops_says_so(room, ws):
    """1012, to the handler too."""
    with Peer(room.url, "/room") as peer:
        room.stop()
        got = closes(peer.rest())
        why, row = explained(room)

    recorded = Told(
        "the server was stopped, and closed it with 1012 service restart",
        "was told 1012 service restart; on_disconnect(1012)",
        [1012],
        "the server sent Close 1012; the server closed TCP",
    )
    check(why, row, recorded if ws == SANSIO else recorded._replace(wire=None))
    assert got == (1012, "")


@pytest.mark.parametrize(
    ("change", "why_not", "by_wsproto"),
    [
        ({"Sec_WebSocket_Version": "12"}, "invalid Sec-WebSocket-Version", "Sec-WebSocket-Version is '12', and only"),
        ({"Sec_WebSocket_Key": None}, "missing Sec-WebSocket-Key", "Missing header, 'Sec-WebSocket-Key'"),
    ],
)
def test_a_handshake_that_uvicorn_refuses_is_explained(room, ws, change, why_not, by_wsproto):
    """The app never hears of it, under both implementations."""
    with Peer(room.url, "/room", **change) as peer:
        assert peer.status in (400, 426)
        why, row = explained(room)

    if ws == SANSIO:
        refused = "uvicorn refused the handshake with HTTP 400 before the app saw it: Failed to open a WebSocket"
        assert refused in why.verdict and why_not in why.verdict
    else:
        assert why.verdict.startswith("the handshake never reached the app: ") and by_wsproto in why.verdict
    assert (why.handler.text, why.handler.reported) == ("was never called", False)
    assert (why.wire.text, row.saw, row.codes) == (f"HTTP {peer.status} instead of 101", "-10", [])


def test_a_client_that_does_not_wait_for_the_handshake(ws):
    """No Close frame can be expected before there is a WebSocket."""
    with Playground(plain, ws=ws) as pg, Peer(pg.url, "/hesitates", waits=False) as peer:
        pg.log.wait_for("connect")
        peer.fin()
        why, _ = explained(pg)

    if ws == SANSIO:
        assert why.verdict.startswith("the client's end of TCP closed before the handshake was answered")
    else:
        assert why.verdict == f"the client left before the handshake was answered; how it left {NOT_SEEN}"


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize(("ends", "tcp"), [(Peer.fin, "TCP FIN from the client"), (Peer.reset, "TCP was reset")])
def test_fin_and_reset_are_told_apart_on_both_loops(loop, ends, tcp):
    """Also by a peer that has not read what it was sent."""
    pytest.importorskip(loop)
    with Playground(loop=loop) as pg:
        pg.edit("/room", ROOM)
        with Peer(pg.url, "/room") as peer:
            peer.send(TEXT, b"x")
            pg.log.wait_for("frame", "dir:out")
            ends(peer)
            why, _ = explained(pg)

    assert tcp in why.wire.text


# Our own clients, which tell what they see


def test_a_failed_handler_is_told_in_three_ways(room, ws):
    """1011 to on_disconnect, no Close frame on the wire, and so 1006 from the client."""
    with room.connect("/room", name="alice") as alice:
        alice.send("raise")
        with pytest.raises(ConnectionEnded, match="1006"):
            alice.receive()
        why, row = explained(room)

    assert why.verdict.endswith("sent no Close frame, so the client reports 1006")
    assert why.advice == "catch the error and close with a code of your own, such as close(4000, …)"
    assert (why.client.text, why.client.reported) == (
        "1006 abnormal closure: inferred by the client, because no Close frame arrived",
        True,
    )
    assert why.wire.reported is (ws == SANSIO)
    assert why.handler.text == "on_receive raised KeyError: 'say' at line 7 of v1; on_disconnect(1011)"
    assert (row.agree, row.codes) == (False, [1006, 1011])
    wire = ["no Close frame on the wire"] if ws == SANSIO else []
    assert why.short == " · ".join(["client saw 1006", *wire, "handler was told 1011"])


def test_a_later_stop_changes_no_earlier_ending(room, ws):
    """A connection that ended with a stop stays explained by it, and one that the client closed stays the client's."""
    room.connect("/room", name="alice").close()
    room.log.wait_for("end")
    room.connect("/room", name="bob")
    room.stop()
    before = [room.why(name).verdict for name in ("alice", "bob")]
    room.start()
    room.stop()

    assert [room.why(name).verdict for name in ("alice", "bob")] == before
    assert [room.connections[0].ending.stopping, room.connections[1].ending.stopping] == [False, True]


def test_a_code_of_the_clients_own_reaches_everybody(room, ws):
    """Closed by `client.close(4001)`."""
    room.connect("/room").close(4001, "enough")
    why, row = explained(room)

    assert why.verdict == "the client closed it with 4001 private use (application-defined) “enough”"
    assert (why.client.text, why.client.reported) == ("4001 private use (application-defined) “enough”", True)
    assert (why.handler.text, why.handler.reported) == (
        "was told 4001 private use (application-defined) “enough”; on_disconnect(4001)",
        True,
    )
    if ws == SANSIO:
        assert why.wire.text.startswith("the client sent Close 4001 “enough”; the server sent Close 4001 “enough”")
    assert (row.agree, row.codes, row.saw) == (True, [4001], "111" if ws == SANSIO else "1-1")


def test_a_close_by_the_endpoint_reaches_everybody(room, ws):
    """With its code and reason."""
    with room.connect("/room") as client:
        client.send("close")
        with pytest.raises(ConnectionEnded, match="4000"):
            client.receive()
        why, row = explained(room)

    assert why.verdict == "the endpoint closed it with 4000 private use (application-defined) “done”"
    assert why.client.text == "4000 private use (application-defined) “done”"
    assert (row.agree, row.codes, row.saw) == (True, [4000], "111" if ws == SANSIO else "1-1")


def test_a_client_that_gives_up_on_a_large_message_says_so(room, ws):
    """It closes with 1009 and reads no further, so it never learns of the server's answer, and needs not."""
    with room.connect("/room", max_size=10) as client:
        client.send("x" * 100)
        with pytest.raises(ConnectionEnded, match="sent Close 1009 message too big, because a message .* max_size=10"):
            client.receive()
        why, row = explained(room)

    assert why.verdict.startswith("the client ended it: sent Close 1009 message too big, because a message ")
    assert why.advice == "raise max_size=, or send less at once"
    assert why.client.text.startswith("sent Close 1009 message too big")
    assert (row.agree, row.codes, row.data) == (True, [1009], why.verdict)


@pytest.mark.parametrize(
    ("path", "options", "advice"),
    [
        ("/nowhere", {}, "check that an endpoint has the path '/nowhere'"),
        (
            "/ws",
            {"origin": "http://elsewhere.example"},
            "to allow that page: playground.start(origins=['http://elsewhere.example'])",
        ),
        ("/no", {}, "accept first and then close(4401)"),
    ],
)
def test_a_refused_handshake_says_what_to_change(room, ws, path, options, advice):
    """Whoever refused it did so by closing early, which HTTP 403 does not tell."""
    room.edit("/no", "class No(WebSocketEndpoint):\n    async def on_connect(self, ws): await ws.close(4401)")
    with pytest.raises(HandshakeRefused, match="403"):
        room.connect(path, **options)
    why, row = explained(room)

    assert "HTTP 403" in why.verdict
    assert advice in why.advice
    assert (why.client.text, why.client.reported) == ("HTTP 403, and no WebSocket", True)
    assert why.short == "refused with HTTP 403"
    assert row.codes == []


def test_a_stop_is_told_to_our_own_client_too(room, ws):
    """The same code for all."""
    client = room.connect("/room")
    room.stop()
    why, row = explained(room)

    assert why.verdict == "the server was stopped, and closed it with 1012 service restart"
    assert why.client.text == "1012 service restart"
    assert row.codes == [1012]
    client.close()


def test_an_open_connection_has_no_end_to_explain(room, ws):
    """Nobody is quoted, and nothing is claimed."""
    with pytest.raises(LookupError, match="no connection has ended yet"):
        room.why()
    with room.connect("/room") as client:
        why = room.why(client)

    assert why.verdict == "it is still open; neither side has closed it"
    assert not (why.client.reported or why.wire.reported or why.handler.reported)


def test_a_server_of_somebody_else_is_known_by_what_the_client_is_told(ws):
    """And by the client's own wire; its handler cannot be asked."""
    with Playground(ws=ws) as theirs, Playground() as ours:
        theirs.edit("/room", ROOM)
        with ours.connect(f"{theirs.url}/room") as client:
            client.send("close")
            with pytest.raises(ConnectionEnded, match="4000"):
                client.receive()
            ours.log.wait_for("end")
            why = ours.why(client)

    assert why.verdict == "the server closed it with 4000 private use (application-defined) “done”"
    assert (why.client.reported, why.wire.reported, why.handler.reported) == (True, True, False)


# What the client sends as its Close frame and the server does not take


NOT_TAKEN = {
    "1005": (frame(CLOSE, close_payload(1005)), 1002, "1005 is never sent (no status received)"),
    "1006": (frame(CLOSE, close_payload(1006)), 1002, "1006 is never sent (abnormal closure)"),
    "1015": (frame(CLOSE, close_payload(1015)), 1002, "1015 is never sent (TLS handshake)"),
    "999": (frame(CLOSE, close_payload(999)), 1002, "999 is never sent (not a legal close code)"),
    "a reserved bit": (frame(CLOSE, close_payload(4000), rsv=RSV2), 1002, "correct the client"),
    "one byte": (frame(CLOSE, b"\x03"), 1002, "correct the client"),
    "a reason that is not UTF-8": (frame(CLOSE, close_payload(4000) + b"\xff"), 1007, "correct the client"),
    "no mask": (frame(CLOSE, close_payload(4000), masked=False), 1002, "correct the client"),
}


@pytest.mark.parametrize("name", NOT_TAKEN)
def test_a_close_that_the_server_does_not_take_is_not_the_code_of_the_end(room, ws, name):
    """The end has the code that the server sent, and the row of the Close frames says who sent which."""
    sent, code, advice = NOT_TAKEN[name]
    with Peer(room.url, "/room") as peer:
        peer.socket.sendall(sent)
        got = closes(peer.rest())
        why, row = explained(room)

    if ws == WSPROTO:
        assert (got, row.codes) == (None, [code])
        assert f"the handler was told {code}" in why.verdict
        return
    [closing] = room.log.rows("kind:disconnect")
    wire = [event for event in closing.events if event.witness == "wire"]
    [handler] = [event for event in closing.events if event.witness == "handler"]
    said = {one["witness"]: one["said"] for one in Calls(room).detail(closing.seq)["accounts"]}

    assert (got[0], row.codes, row.record.code, closing.code) == (code, [code], code, code)
    assert f"Close {code} on the wire" in why.short
    assert "so the server closed with " + str(code) in why.verdict
    assert "the client's own Close " in why.verdict and why.verdict.endswith("was not taken")
    assert advice in why.advice
    assert ("reason is not UTF-8" in why.verdict) is (code == 1007)
    assert [event.direction for event in wire] == ["in", "out"]
    assert wire[1].code == code and wire[0].code != code
    assert "the server did not take the client's Close" in closing.error
    assert (handler.code, handler.error) == (code, None)
    assert [part["text"].partition(" CLOSE")[0] for part in said["wire"]] == ["the client sent", "the server sent"]


def test_an_error_of_the_servers_own_is_named(room, ws):
    """uvicorn closes for text that is not UTF-8, which it cannot after a Close frame in the same chunk."""
    with Peer(room.url, "/room") as peer:
        peer.socket.sendall(frame(TEXT, b"\xff") + frame(CLOSE, close_payload(4000)))
        peer.rest()
        why, _ = explained(room)

    if ws == SANSIO:
        assert why.verdict.startswith("the server raised InvalidState: connection is clos")
    else:
        assert "the handler was told 1007" in why.verdict


# A handler that has not come to its end

STUCK = """
import asyncio

class Stuck(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(data)
        await websocket.app.state.gate.wait()
"""


@pytest.mark.parametrize("ends", [Peer.fin, Peer.reset])
def test_a_handler_that_goes_on_after_its_client_vanished_is_named(monkeypatch, ends):
    """With the line at which it waits, as long as it does."""
    monkeypatch.setattr(wire, "WITNESS_TIMEOUT", 0)
    with Playground() as pg:
        pg.app.state.gate = gate = asyncio.Event()
        pg.edit("/stuck", STUCK)
        with Peer(pg.url, "/stuck") as peer:
            peer.send(TEXT, b"go")
            peer.frame()
            ends(peer)
            before, _ = explained(pg)
        pg._server.loop.call_soon_threadsafe(gate.set)
        pg.log.wait_for("on_disconnect")
    after = pg.why().verdict

    assert "without a Close frame" in before.verdict
    assert "; its on_receive is still running, at line 9 of v1, and had begun " in before.verdict
    assert before.verdict.endswith("s before the end")
    assert "still running" not in after


def test_without_the_wire_nobody_claims_that_the_client_is_there(ws):
    """A handler that does not read is told of no end; the wire sees it, and without that it is unknown."""
    with Playground(ws=ws) as pg:
        pg.app.state.gate = gate = asyncio.Event()
        pg.edit("/stuck", STUCK)
        with Peer(pg.url, "/stuck") as peer:
            peer.send(TEXT, b"go")
            peer.frame()
            verdict = pg.why(pg.connections[-1]).verdict
        pg._server.loop.call_soon_threadsafe(gate.set)
        pg.log.wait_for("end")

    if ws == SANSIO:
        assert verdict == "it is still open; neither side has closed it"
    else:
        assert verdict == f"it is open as far as the handler was told; whether the client is still there {NOT_SEEN}"


def test_a_handler_that_goes_on_after_our_own_client_has_closed_is_named(ws):
    """Also where the wire is not recorded: the client knows that it has closed."""
    with Playground(ws=ws) as pg:
        pg.app.state.gate = gate = asyncio.Event()
        pg.edit("/stuck", STUCK)
        with pg.connect("/stuck", name="alice") as alice:
            alice.send("go")
            alice.receive()
            alice.close(4000, "bye")
            before = pg.why("alice").verdict
        pg._server.loop.call_soon_threadsafe(gate.set)
        pg.log.wait_for("end")
        after = pg.why("alice").verdict

    assert before.startswith("the client closed it with 4000 private use (application-defined) “bye”")
    assert "; its on_receive is still running, at line 9 of v1" in before
    assert after == "the client closed it with 4000 private use (application-defined) “bye”"


async def waits(scope, receive, send):
    """An ASGI app that never answers the handshake, nor hears of its end."""
    if scope["type"] == "websocket":
        await receive()
        await waits.gate.wait()


def test_an_app_that_never_accepts_goes_on_after_its_client_has_left(monkeypatch):
    """Both are said: the handshake had no answer, and the app still runs."""
    monkeypatch.setattr(wire, "WITNESS_TIMEOUT", 0)
    waits.gate = asyncio.Event()
    with Playground(waits) as pg:
        with Peer(pg.url, "/", waits=False) as peer:
            pg.log.wait_for("connect", "witness:handler")
            peer.fin()
            why, _ = explained(pg)
        pg._server.loop.call_soon_threadsafe(waits.gate.set)

    assert why.verdict.startswith("the client's end of TCP closed before the handshake was answered")
    assert "its handler is still running, and had begun " in why.verdict


# Closes of the app that no Close frame can carry


class Whole:
    """A whole number of another type, such as numpy's."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


CANNOT_BE_SENT = {
    "a reason of 124 bytes": (4000, "x" * 124, "the reason is 124 bytes long, and a Close frame holds 123"),
    "a reason of 62 letters": (4000, "é" * 62, "the reason is 124 bytes long, and a Close frame holds 123"),
    "half a character": (4000, "\ud800", "the reason has a lone surrogate"),
    "a reason that is an exception": (4000, KeyError("x"), "that could not be sent: the server raised AttributeError"),
    "a code in text": ("4000", "", "(close code given: '4000')”, but that could not be sent: the server raised "),
    "a code with a fraction": (
        4000.0,
        "",
        "(close code given: 4000.0)”, but that could not be sent: the server raised ",
    ),
    "a code below 0": (-1, "", "(close code given: -1)”, but that could not be sent: the server raised "),
    "a code that only reports": (1005, "", "close code 1005 cannot be sent (no status received)"),
    "a code below 1000": (999, "", "close code 999 cannot be sent (not a legal close code)"),
    "such a code of another type": (Whole(1006), "", "close code 1006 cannot be sent (abnormal closure)"),
}


@pytest.mark.parametrize("name", CANNOT_BE_SENT)
def test_a_close_that_cannot_be_sent_is_named_with_what_was_given(ws, name):
    """Whether the server raises, sends nothing, or sends something else, as wsproto does with some codes."""
    code, reason, fault = CANNOT_BE_SENT[name]

    async def app(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": code, "reason": reason})

    with Playground(app, ws=ws) as pg, Peer(pg.url, "/") as peer:
        peer.fin()
        peer.rest()
        why, _ = explained(pg)

    assert why.verdict.startswith("the endpoint tried to close with ")
    assert fault in why.verdict
    assert why.advice
