"""Why a connection ended: what is said follows from the facts, and from nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.common.close_codes import CLOSE_CODES, Close
from playground.record.autopsy.accounts import code_meaning, short
from playground.record.autopsy.autopsy import why
from playground.record.frames import Frame
from playground.record.records import Connection, Ending, Record
from playground.record.refusal import Refusal

NOT_SEEN = "cannot be seen from here"
NOTE_1005 = "; uvicorn reports 1005 to the handler, where RFC 6455 has 1006"


def happened(kind, *, at=1.0, **values):
    record = Record(kind, at)
    for name, value in values.items():
        setattr(record, name, value)
    return record


def ended(*, accepted=True, own=False, tapped=True, state="closed", connection=None, **facts):
    """Return a connection with these facts of its ending; accepted, and recorded on the wire, unless told otherwise."""
    connection = Connection(
        7, "/room", "alice" if own else None, own=own, tapped=tapped, state=state, **(connection or {})
    )
    if accepted:
        connection.response = happened("accept", handler_at=1.0)
    connection.ending = Ending(**facts)
    return connection


def by_server(code, reason="", **facts):
    return {"close_out": Close(code, reason), "first_close": "out", "tcp": "closed", **facts}


def by_client(code, reason="", **facts):
    close = Close(code, reason)
    return {"close_in": close, "close_out": close, "first_close": "in", "tcp": "closed", **facts}


def tried_to_close(code, reason="", error="ProtocolError: no"):
    error_type = error and error.partition(":")[0]
    closing = happened("close", code=code, reason=reason, error=error, error_type=error_type, line=5, version=2)
    return {"handler_asked": Close(code, reason), "close_record": closing, "hook_told": 1011}


def undecoded(encoding, data, error_type="RuntimeError"):
    return happened(
        "receive",
        hook="on_receive",
        data=data,
        encoding=encoding,
        undecoded=True,
        error=f"{error_type}: no",
        error_type=error_type,
    )


DEAD = happened("error", at=1.0, task="task Task-5 (poll)", error="OSError: gone", line=7, version=2)
KEY_ERROR = {"error": "KeyError: 'say'", "line": 6, "version": 2}
HOOK_RAISED = {"raised": happened("receive", hook="on_receive", began=1.0, ended=2.0, **KEY_ERROR), "hook_told": 1011}
GONE = {"wire_at": 1.5, "tcp": "reset"}


@pytest.mark.parametrize(
    ("connection", "verdict", "advice"),
    [
        # Refused before there was a WebSocket.
        (
            ended(accepted=False, refused=403, handler_asked=Close(4401)),
            "the app closed before it accepted, so the handshake was answered with HTTP 403; the client did not receive the code 4401",
            "to give the client a code, accept first and then close(4401)",
        ),
        (
            ended(accepted=False, refused=403, handler_asked=Close(1000)),
            "the app closed before it accepted, so the handshake was answered with HTTP 403; the client did not receive the code 1000",
            "check that an endpoint has the path '/room': Starlette refuses an unknown one like this",
        ),
        (
            ended(accepted=False, refused=403, handler_asked=Close(1000), connection={"version": 1}),
            "the app closed before it accepted, so the handshake was answered with HTTP 403; the client did not receive the code 1000",
            "to give the client a code, accept first and then close(1000)",
        ),
        (
            ended(
                accepted=False,
                refused=403,
                handler_asked=Close(1008),
                refusal=Refusal("a page of Origin", "null", "to allow it: start(origins=[…])"),
            ),
            "the playground refused a page of Origin 'null' with HTTP 403; the app was not asked",
            "to allow it: start(origins=[…])",
        ),
        (
            ended(accepted=False, refused=403, handler_asked=Close(1008)),
            "the app closed before it accepted, so the handshake was answered with HTTP 403; the client did not receive the code 1008",
            "to give the client a code, accept first and then close(1008)",
        ),
        (
            ended(
                accepted=False, refused=401, returned=True, connection={"response": happened("refuse", handler_at=1.0)}
            ),
            "the app answered the handshake with HTTP 401",
            None,
        ),
        (
            ended(accepted=False, refused=500, raised=happened("error", error="ValueError: early")),
            "the app raised ValueError: early before the handshake was answered, so the client got HTTP 500",
            "accept first, or catch the error",
        ),
        (
            ended(
                accepted=False,
                refused=500,
                raised=happened("error", error="CancelledError", error_type="CancelledError"),
            ),
            "the server was stopped before the app answered the handshake, so the client got HTTP 500",
            None,
        ),
        (
            ended(accepted=False, refused=500, returned=True),
            "the app returned without accepting, so uvicorn answered the handshake with HTTP 500",
            "await websocket.accept() first",
        ),
        (
            ended(accepted=False, tapped=False, returned=True),
            "the app returned without accepting, so uvicorn answered the handshake with HTTP 500",
            "await websocket.accept() first",
        ),
        (
            ended(
                accepted=False,
                refused=400,
                connection={
                    "request": happened("connect", wire_at=1.0),
                    "response": happened("refuse", wire=b"HTTP/1.1 400 Bad Request\r\n\r\nno key.\n", wire_at=1.0),
                },
            ),
            "uvicorn refused the handshake with HTTP 400 before the app saw it: no key",
            "correct the client",
        ),
        (
            ended(accepted=False, refused=400, connection={"request": happened("connect")}),
            "uvicorn refused the handshake with HTTP 400 before the app saw it",
            "correct the client",
        ),
        (
            ended(accepted=False, refused=503, connection={"request": happened("connect", handler_at=1.0)}),
            "the handshake was refused with HTTP 503",
            None,
        ),
        (
            ended(accepted=False, own=True, tapped=False, refused=404, connection={"elsewhere": True}),
            "the server refused the handshake with HTTP 404",
            None,
        ),
        # The client broke the rules.
        (
            ended(**by_server(1002, "incorrect masking", violation="incorrect masking")),
            "the client broke the protocol (incorrect masking), so the server closed with 1002 protocol error",
            "correct the client",
        ),
        (
            ended(**by_server(1002)),
            "the client broke the protocol, so the server closed with 1002 protocol error",
            "correct the client",
        ),
        (
            ended(**by_server(1007)),
            "the client sent text that is not UTF-8, so the server closed with 1007 invalid frame payload data",
            "correct the client",
        ),
        (
            ended(**by_server(1009, "too much")),
            "a message was larger than the server takes (too much), so the server closed with 1009",
            "send less at once, or raise ws_max_size",
        ),
        (
            ended(**by_server(1002, "bad", handler_told=Close(1002, "bad"), handler_asked=Close(1000))),
            "the client broke the protocol (bad), so the server closed with 1002 protocol error",
            "correct the client",
        ),
        (
            ended(violation="invalid opcode", tcp="closed"),
            "the client broke the protocol (invalid opcode)",
            "correct the client",
        ),
        (
            ended(**by_client(999, violation="invalid status code") | {"close_out": Close(1002, "no")}),
            "the client broke the protocol (invalid status code), so the server closed with 1002 protocol error; the client's own Close 999 was not taken",
            "correct the client: 999 is never sent (not a legal close code); use 1000 or 3000 to 4999",
        ),
        (
            ended(tapped=False, handler_told=Close(1009, "Message exceeds the maximum size (10 bytes)")),
            "a message was larger than the server takes (Message exceeds the maximum size (10 bytes)), so the server "
            "closed with 1009",
            "send less at once, or raise ws_max_size",
        ),
        (
            ended(tapped=False, handler_told=Close(1002, "odd")),
            "the handler was told 1002 protocol error “odd”: the server refused what the client sent, or the client "
            f"closed with that code itself; which of the two {NOT_SEEN}",
            "leave out ws=: with uvicorn's default protocol the wire is recorded, and shows which of them it was",
        ),
        (
            ended(own=True, tapped=False, handler_told=Close(1002), client_asked=Close(1002)),
            "the client closed it with 1002 protocol error",
            None,
        ),
        (
            ended(**by_server(1009, handler_asked=Close(1009), close_in=Close(1009))),
            "the endpoint closed it with 1009 message too big",
            None,
        ),
        # It went silent.
        (
            ended(**by_server(1011, "keepalive ping timeout", unanswered_ping=True, handler_told=Close(1005))),
            "the client did not answer the server's ping in time, so the server closed with 1011; uvicorn reports "
            "1005 to the handler",
            "the client hangs or is gone; ws_ping_timeout sets how long the server waits",
        ),
        (
            ended(own=True, tapped=False, client_told=Close(1011, "keepalive ping timeout")),
            "the client did not answer the server's ping in time, so the server closed with 1011",
            "the client hangs or is gone; ws_ping_timeout sets how long the server waits",
        ),
        # The server stopped.
        (
            ended(**by_server(1012, handler_told=Close(1012))),
            "the server was stopped, and closed it with 1012 service restart",
            None,
        ),
        (
            ended(**by_server(1012, handler_told=Close(1012), handler_asked=Close(1000))),
            "the server was stopped, and closed it with 1012 service restart",
            None,
        ),
        (
            ended(tapped=False, handler_told=Close(1012), stopping=True),
            "the server was stopped, and closed it with 1012 service restart",
            None,
        ),
        (
            ended(tapped=False, handler_told=Close(1012)),
            "the client closed it with 1012 service restart",
            None,
        ),
        (
            ended(tapped=False, own=True, handler_told=Close(1012), client_asked=Close(1012)),
            "the client closed it with 1012 service restart",
            None,
        ),
        (ended(**by_client(1012)), "the client closed it with 1012 service restart", None),
        (
            ended(**by_server(1012, handler_asked=Close(1012), close_in=Close(1012))),
            "the endpoint closed it with 1012 service restart",
            None,
        ),
        (
            ended(tapped=False, raised=happened("error", error="CancelledError", error_type="CancelledError")),
            "the handler was cancelled, as happens when the server is stopped",
            None,
        ),
        # A message could not be decoded.
        (
            ended(**by_server(1003, handler_asked=Close(1003), raised=undecoded("json", "{"))),
            "the endpoint closed it with 1003 unsupported data; the client did not answer the Close frame; decode raised "
            "RuntimeError: no, so on_receive was not called",
            "the endpoint's encoding is 'json' and what came is no JSON: send JSON, as send_json does, or set encoding = "
            "'text'",
        ),
        (
            ended(tcp="closed", hook_told=1011, raised=undecoded("json", b"\xff", "UnicodeDecodeError")),
            "decode raised UnicodeDecodeError: no, so on_receive was not called. Starlette called on_disconnect with 1011 "
            "and sent no Close frame",
            "the endpoint's encoding is 'json' and bytes came that are not UTF-8: send JSON, as send_json does, or set "
            "encoding = 'bytes'",
        ),
        (
            ended(tcp="closed", hook_told=1011, raised=undecoded("text", b"a")),
            "decode raised RuntimeError: no, so on_receive was not called. Starlette called on_disconnect with 1011 "
            "and sent no Close frame",
            "the endpoint's encoding is 'text' and bytes came: send text, or set encoding = 'bytes'",
        ),
        (
            ended(tcp="closed", hook_told=1011, raised=undecoded(None, b"a")),
            "decode raised RuntimeError: no, so on_receive was not called. Starlette called on_disconnect with 1011 "
            "and sent no Close frame",
            "send what the endpoint's `decode` takes, or catch the error there",
        ),
        # It tried to close in a way that cannot be.
        (
            ended(own=True, client_told=Close(1006), tcp="closed", **tried_to_close(1006)),
            "the endpoint tried to close with 1006 abnormal closure at line 5 of v2, but close code 1006 cannot be sent "
            "(abnormal closure): the server raised ProtocolError: no and sent no Close frame, so the client reports 1006",
            "use 1000 or 3000 to 4999",
        ),
        (
            ended(tcp="closed", **tried_to_close(4000, "é" * 62)),
            f"the endpoint tried to close with 4000 private use (application-defined) “{'é' * 62}” at line 5 of v2, but the reason is 124 bytes "
            "long, and a Close frame holds 123: the server raised ProtocolError: no and sent no Close frame",
            "shorten it",
        ),
        (
            ended(tcp="closed", **tried_to_close(4000, "\ud800")),
            r"the endpoint tried to close with 4000 private use (application-defined) “\ud800” at line 5 of v2, but the reason has a lone "
            r"surrogate, '\ud800' at position 0, which cannot be encoded in UTF-8: the server raised ProtocolError: no and "
            "sent no Close frame",
            "remove it",
        ),
        (
            ended(tcp="closed", **tried_to_close(1011, "KeyError('x')", error="AttributeError: no 'encode'")),
            "the endpoint tried to close with 1011 internal error “KeyError('x')” at line 5 of v2, but that could not be "
            "sent: the server raised AttributeError: no 'encode' and sent no Close frame",
            "use 1000, or a code from 3000 to 4999, and text as the reason",
        ),
        (
            ended(tcp="closed", **tried_to_close(None, "(close code given: 'x')")),
            "the endpoint tried to close with no code “(close code given: 'x')” at line 5 of v2, but that could not be "
            "sent: the server raised ProtocolError: no and sent no Close frame",
            "use 1000, or a code from 3000 to 4999, and text as the reason",
        ),
        (
            ended(own=True, tapped=False, client_told=Close(1000), **tried_to_close(1006, error=None)),
            "the endpoint tried to close with 1006 abnormal closure at line 5 of v2, but close code 1006 cannot be sent "
            "(abnormal closure); the client was told 1000 normal closure",
            "use 1000 or 3000 to 4999",
        ),
        (
            ended(**by_client(1000, **tried_to_close(1006))),
            "the client closed it with 1000 normal closure",
            None,
        ),
        # The handler failed.
        (
            ended(tcp="closed", wire_at=3.0, **HOOK_RAISED),
            "on_receive raised KeyError: 'say' at line 6 of v2. Starlette called on_disconnect with 1011 and sent no Close "
            "frame",
            "catch the error and close with a code of your own, such as close(4000, …)",
        ),
        (
            ended(own=True, client_told=Close(1006), tcp="closed", raised=happened("error", error="E", line=3)),
            "the app raised E at line 3. The connection was dropped without a Close frame, so the client reports 1006",
            "catch the error and close with a code of your own, such as close(4000, …)",
        ),
        (
            ended(tapped=False, raised=happened("error", error="E")),
            "the app raised E. The connection was dropped without a Close frame",
            "catch the error and close with a code of your own, such as close(4000, …)",
        ),
        (ended(**HOOK_RAISED, **GONE), f"the connection was reset without a Close frame; the reason {NOT_SEEN}", None),
        (
            ended(tcp="fin", handler_told=Close(1005), raised=happened("error", error="E")),
            f"the client's end of TCP closed without a Close frame; the reason {NOT_SEEN}{NOTE_1005}",
            None,
        ),
        (
            ended(
                tapped=False,
                raised=happened(
                    "receive",
                    hook="on_receive",
                    error="WebSocketDisconnect: (1006, '')",
                    error_type="WebSocketDisconnect",
                ),
            ),
            "on_receive raised WebSocketDisconnect: (1006, ''), after the connection had ended; how it ended "
            f"{NOT_SEEN}",
            None,
        ),
        (
            ended(tapped=False, raised=happened("on_disconnect", error="E"), hook_told=1011),
            f"what ended it {NOT_SEEN}",
            None,
        ),
        # The endpoint closed it.
        (
            ended(**by_server(4000, "done", handler_asked=Close(4000, "done"), close_in=Close(4000, "done"))),
            "the endpoint closed it with 4000 private use (application-defined) “done”",
            None,
        ),
        (
            ended(**by_server(4000, handler_asked=Close(4000))),
            "the endpoint closed it with 4000 private use (application-defined); the client did not answer the Close frame",
            None,
        ),
        (
            ended(**by_server(4000, handler_asked=Close(4000)) | {"tcp": None}),
            "the endpoint closed it with 4000 private use (application-defined); the Close frame is not answered yet",
            None,
        ),
        (
            ended(tcp="fin", handler_asked=Close(4000)),
            "the endpoint closed it with 4000 private use (application-defined), but the connection was already gone",
            None,
        ),
        (
            ended(tcp="fin", handler_asked=Close(4000), close_record=happened("close", error="ClientDisconnected")),
            f"the client's end of TCP closed without a Close frame; the reason {NOT_SEEN}",
            None,
        ),
        (
            ended(tcp="fin", handler_asked=Close(1000), handler_told=Close(1005)),
            f"the client's end of TCP closed without a Close frame; the reason {NOT_SEEN}{NOTE_1005}",
            None,
        ),
        (
            ended(tapped=False, handler_asked=Close(1000), handler_told=Close(4001, "bye")),
            "the client closed it with 4001 private use (application-defined) “bye”",
            None,
        ),
        (
            ended(**by_server(1008, handler_asked=Close(1008), close_in=Close(1008), **HOOK_RAISED)),
            "the endpoint closed it with 1008 policy violation; on_receive raised KeyError: 'say' at line 6 of v2",
            None,
        ),
        # The client closed it.
        (
            ended(**by_client(4001, "bye")),
            "the client closed it with 4001 private use (application-defined) “bye”",
            None,
        ),
        (ended(**by_client(None)), "the client closed it without a code, which is reported as 1005", None),
        (
            ended(**by_client(1001)),
            "the client closed it with 1001 going away, as a browser does when its page is left",
            None,
        ),
        (ended(own=True, **by_client(1001)), "the client closed it with 1001 going away", None),
        (
            ended(**by_client(1009)),
            "the client closed it with 1009 message too big",
            "send less at once, or raise the client's own limit",
        ),
        (ended(**by_client(1000, handler_asked=Close(4000))), "the client closed it with 1000 normal closure", None),
        (ended(tapped=False, handler_told=Close(1000)), "the client closed it with 1000 normal closure", None),
        (
            ended(tapped=False, own=True, client_asked=Close(3000), client_told=Close(3000)),
            "the client closed it with 3000 registered for libraries",
            None,
        ),
        # Nobody closed it.
        (ended(tcp="reset"), f"the connection was reset without a Close frame; the reason {NOT_SEEN}", None),
        (
            ended(tcp="fin", handler_told=Close(1006)),
            f"the client's end of TCP closed without a Close frame; the reason {NOT_SEEN}",
            None,
        ),
        (
            ended(tcp="fin", cut=Frame(0.0, b"\x81\x85", 3)),
            "the client's end of TCP closed in the middle of a frame (TEXT 5 B, 3 B on the wire, cut short after 3 B) "
            f"without a Close frame; the reason {NOT_SEEN}",
            None,
        ),
        (
            ended(tcp="fin", accepted=False),
            f"the client's end of TCP closed before the handshake was answered without a Close frame; the reason {NOT_SEEN}",
            None,
        ),
        (
            ended(tcp="closed", returned=True),
            "the application returned without closing, and the server dropped the connection",
            "await websocket.close() before returning",
        ),
        (
            ended(tcp="closed", returned=True, own=True, client_told=Close(1006)),
            "the application returned without closing, and the server dropped the connection, so the client "
            "reports 1006",
            "await websocket.close() before returning",
        ),
        (
            ended(tapped=False, returned=True),
            "the application returned without closing, and the server dropped the connection; whether the client had "
            f"left before {NOT_SEEN}",
            "await websocket.close() before returning",
        ),
        (
            ended(tapped=False, handler_told=Close(1005)),
            "the handler was told 1005: the client closed without a code, vanished, or left the server's pings "
            f"unanswered; which of them {NOT_SEEN}",
            "leave out ws=: with uvicorn's default protocol the wire is recorded, and shows which of them it was",
        ),
        (
            ended(tapped=False, own=True, client_told=Close(1006), handler_told=Close(1005)),
            f"no Close frame reached the client; the reason {NOT_SEEN}; uvicorn reports 1005 to the handler",
            None,
        ),
        (
            ended(tapped=False, own=True, client_told=Close(1005), connection={"elsewhere": True}),
            "the server closed it without a code",
            None,
        ),
        (
            ended(tapped=False, own=True, client_told=Close(1013, "busy"), connection={"elsewhere": True}),
            "the server closed it with 1013 try again later “busy”",
            None,
        ),
        (ended(tcp="closed"), f"what ended it {NOT_SEEN}", None),
        (ended(tapped=False), f"what ended it {NOT_SEEN}", None),
        # It has not ended.
        (ended(state="open"), "it is still open; neither side has closed it", None),
        (ended(state="connecting", accepted=False), "its handshake is not answered yet", None),
        (
            ended(state="connecting", accepted=False, connection={"left_unanswered": True}),
            "on_connect returned without accepting or closing, so the handshake is not answered",
            "await websocket.accept() in on_connect",
        ),
        (
            ended(accepted=False, tcp="fin", connection={"left_unanswered": True}),
            "on_connect returned without accepting or closing, so the handshake was never answered",
            "await websocket.accept() in on_connect",
        ),
        # A task of its hooks died.
        (
            ended(state="open", connection={"dead_task": DEAD}),
            "it is still open; neither side has closed it; task Task-5 (poll) died: OSError: gone at line 7 of v2",
            "catch the error in the task, or await the task",
        ),
        (
            ended(**by_client(1000, wire_at=2.0), connection={"dead_task": DEAD}),
            "the client closed it with 1000 normal closure; task Task-5 (poll) died before: OSError: gone at line 7 of v2",
            "catch the error in the task, or await the task",
        ),
        (
            ended(**by_client(1000, wire_at=0.5), connection={"dead_task": DEAD}),
            "the client closed it with 1000 normal closure",
            None,
        ),
    ],
)
def test_the_verdict_follows_from_the_facts(connection, verdict, advice):
    """One cause each, and what to change where something can be changed."""
    found = why(connection)

    assert found.verdict == verdict
    assert found.advice == advice


@pytest.mark.parametrize(
    ("connection", "text", "told"),
    [
        (ended(), "a browser tab or another program; what it was told cannot be seen from here", False),
        (ended(client_told=Close(1000)), "a browser tab or another program; what it was told cannot be seen", False),
        (ended(own=True), "has not been told yet", False),
        (ended(own=True, refused=403), "HTTP 403, and no WebSocket", True),
        (
            ended(own=True, client_told=Close(1006)),
            "1006 abnormal closure: inferred by the client, because no",
            True,
        ),
        (
            ended(own=True, client_told=Close(1005)),
            "1005 no status received: inferred by the client from a Close frame",
            True,
        ),
        (
            ended(own=True, client_told=Close(None)),
            "1005 no status received: inferred by the client from a Close frame",
            True,
        ),
        (ended(own=True, client_told=Close(4000, "x")), "4000 private use (application-defined) “x”", True),
    ],
)
def test_the_client_tells_only_where_it_is_ours(connection, text, told):
    """1005 and 1006 are its own words (RFC 6455, section 7.1.5)."""
    account = why(connection).client

    assert account.text.startswith(text)
    assert account.reported is told


@pytest.mark.parametrize(
    ("connection", "text", "told"),
    [
        (
            ended(tapped=False, tcp="fin"),
            "not recorded: only uvicorn's websockets-sansio protocol can be tapped",
            False,
        ),
        (
            ended(tapped=False, own=True, connection={"elsewhere": True}),
            "not recorded: the bytes on this client's socket were not seen",
            False,
        ),
        (ended(refused=403, tcp="closed"), "HTTP 403 instead of 101", True),
        (ended(state="open"), "no Close frame yet", False),
        (ended(tcp="fin"), "no Close frame; TCP FIN from the client", True),
        (ended(tcp="reset"), "no Close frame; TCP was reset", True),
        (ended(tcp="reset", tcp_error="[Errno 104] reset"), "no Close frame; TCP was reset ([Errno 104] reset)", True),
        (ended(close_in=Close(None), first_close="in"), "the client sent Close without a code", True),
        (
            ended(**by_client(1000, "bye")),
            "the client sent Close 1000 “bye”; the server sent Close 1000 “bye”; the server closed TCP",
            True,
        ),
        (
            ended(**by_server(4000, close_in=Close(4000))),
            "the server sent Close 4000; the client sent Close 4000; the server closed TCP",
            True,
        ),
        (
            ended(tcp="fin", cut=Frame(0.0, b"\x81\x85", 3)),
            "no Close frame; TCP FIN from the client; a frame was cut short: TEXT 5 B, 3 B on the wire, cut short after "
            "3 B",
            True,
        ),
    ],
)
def test_the_wire_tells_who_sent_what_in_order(connection, text, told):
    """And how TCP ended; nothing where it is not recorded."""
    assert (why(connection).wire.text, why(connection).wire.reported) == (text, told)


@pytest.mark.parametrize(
    ("connection", "text", "told"),
    [
        (ended(), "was told nothing", False),
        (ended(connection={"request": happened("connect")}), "was never called", False),
        (
            ended(own=True, connection={"elsewhere": True}),
            "the server is not this playground's; what its handler was told cannot",
            False,
        ),
        (ended(returned=True), "returned without closing", True),
        (ended(accepted=False, returned=True), "returned without accepting", True),
        (
            ended(accepted=False, refused=401, connection={"response": happened("refuse", handler_at=1.0)}),
            "answered with HTTP 401",
            True,
        ),
        (
            ended(refused=403, handler_asked=Close(4401), handler_told=Close(1006)),
            "closed with 4401 private use (application-defined)",
            True,
        ),
        (
            ended(handler_told=Close(1000, "bye"), hook_told=1000),
            "was told 1000 normal closure “bye”; on_disconnect(1000)",
            True,
        ),
        (ended(handler_told=Close(None)), "was told no code", True),
        (
            ended(handler_asked=Close(4000, "done"), handler_told=Close(4000), hook_told=4000),
            "closed with 4000 private use (application-defined) “done”; on_disconnect(4000)",
            True,
        ),
        (
            ended(handler_told=Close(1005), handler_asked=Close(1000), raised=happened("error", error="E")),
            "was told 1005 no status received; tried to close with 1000 normal closure; the app raised E",
            True,
        ),
        (ended(**HOOK_RAISED), "on_receive raised KeyError: 'say' at line 6 of v2; on_disconnect(1011)", True),
    ],
)
def test_the_handler_tells_what_it_was_told_and_did(connection, text, told):
    """In that order; a close that came too late was only tried."""
    account = why(connection).handler

    assert account.text.startswith(text)
    assert account.reported is told


@pytest.mark.parametrize(
    ("connection", "line"),
    [
        (ended(refused=403), "refused with HTTP 403"),
        (
            ended(own=True, client_told=Close(1006), tcp="closed", **HOOK_RAISED),
            "client saw 1006 · no Close frame on the wire · handler was told 1011",
        ),
        (
            ended(own=True, client_told=Close(None), **by_client(None, handler_told=Close(1005))),
            "client saw 1005 · Close without a code on the wire · handler was told 1005",
        ),
        (ended(tapped=False, handler_told=Close(1005)), "handler was told 1005"),
        (ended(tapped=False, handler_asked=Close(4000), handler_told=Close(4000)), "handler closed with 4000"),
        (ended(tapped=False, handler_asked=Close(4000), handler_told=Close(1000)), "handler was told 1000"),
        (ended(tcp="closed", raised=happened("error", error="E")), "no Close frame on the wire · handler raised E"),
        (ended(tapped=False, returned=True), "handler returned without closing"),
        (ended(tapped=False, accepted=False, returned=True), "handler returned without accepting"),
        (ended(tapped=False), "how it ended was not recorded"),
    ],
)
def test_the_short_form_quotes_whoever_told_something(connection, line):
    """In one line, for the log."""
    assert short(connection) == line
    assert why(connection).short == line


def test_the_whole_story_reads_well():
    """Number and verdict, what to change, and the three accounts."""
    connection = ended(own=True, client_told=Close(1006), tcp="closed", **HOOK_RAISED)

    assert str(why(connection)).splitlines() == [
        "connection 7: on_receive raised KeyError: 'say' at line 6 of v2. Starlette called on_disconnect with 1011 and "
        "sent no Close frame, so the client reports 1006",
        "  catch the error and close with a code of your own, such as close(4000, …)",
        "  client   1006 abnormal closure: inferred by the client, because no Close frame arrived",
        "  wire     no Close frame; the server closed TCP",
        "  handler  on_receive raised KeyError: 'say' at line 6 of v2; on_disconnect(1011)",
    ]
    assert repr(why(connection)) == str(why(connection))
    assert len(str(why(ended(tcp="reset"))).splitlines()) == 4


@pytest.mark.parametrize("code", [*CLOSE_CODES, 3000, 3999, 4000, 4999])
def test_every_code_that_may_be_met_has_a_meaning(code):
    """The registered ones by name, and the private ranges by whose they are."""
    name = code_meaning(code).removeprefix(f"{code} ")

    assert name
    assert name != "not a legal close code"


def test_what_is_no_code_says_so():
    assert code_meaning(None) == "no code"
    assert [code_meaning(code) for code in (0, 999, 1016, 2999, 5000)] == [
        f"{code} not a legal close code" for code in (0, 999, 1016, 2999, 5000)
    ]


def test_an_error_is_known_by_its_class_and_not_by_its_text():
    """An exception of the user's own may say what it likes."""
    raised = happened("error", error="CancelledErrorOfMine: the order was", error_type="CancelledErrorOfMine")
    found = why(ended(tapped=False, raised=raised))

    assert "the handler was cancelled" not in found.verdict
    assert "CancelledErrorOfMine: the order was" in found.verdict


codes = st.sampled_from([None, 1000, 1001, 1002, 1005, 1006, 1007, 1009, 1011, 1012, 3000, 4001])
closes = st.builds(Close, codes, st.sampled_from(["", "bye"]))
sometimes = st.booleans()
records = st.builds(
    happened,
    st.sampled_from(["error", "receive", "on_connect", "on_disconnect"]),
    error=st.sampled_from(["KeyError: 'say'", "CancelledError", "WebSocketDisconnect: (1006, '')"]),
    error_type=st.sampled_from([None, "KeyError", "CancelledError", "WebSocketDisconnect"]),
    hook=st.sampled_from([None, "on_receive"]),
    line=st.sampled_from([None, 3]),
    ended=st.sampled_from([None, 2.0]),
)
endings = st.builds(
    Ending,
    client_asked=st.none() | closes,
    client_told=st.none() | closes,
    close_in=st.none() | closes,
    close_out=st.none() | closes,
    first_close=st.sampled_from([None, "in", "out"]),
    tcp=st.sampled_from([None, "fin", "reset", "closed"]),
    tcp_error=st.sampled_from([None, "[Errno 104]"]),
    cut=st.none() | st.builds(Frame, st.just(0.0), st.binary(max_size=8), st.integers(1, 8)),
    violation=st.sampled_from([None, "invalid opcode"]),
    unanswered_ping=sometimes,
    handler_asked=st.none() | closes,
    handler_told=st.none() | closes,
    hook_told=st.none() | st.sampled_from([1000, 1011]),
    raised=st.none() | records,
    returned=sometimes,
    refused=st.sampled_from([None, 403, 500]),
    stopping=sometimes,
    close_record=st.none()
    | st.builds(happened, st.sampled_from(["close", "disconnect"]), error=st.sampled_from([None, "E"])),
    wire_at=st.sampled_from([None, 1.5]),
)


@st.composite
def connections(draw):
    """Return a connection with any facts at all, possible together or not."""
    own = draw(sometimes)
    connection = Connection(3, "/x", "alice" if own else None, own=own, tapped=draw(sometimes))
    connection.elsewhere = own and not connection.tapped and draw(sometimes)
    connection.state = draw(st.sampled_from(["connecting", "open", "closed"]))
    connection.version = draw(st.sampled_from([None, 2]))
    connection.request = draw(
        st.none() | st.builds(happened, st.just("connect"), handler_at=st.sampled_from([None, 1.0]))
    )
    connection.response = draw(
        st.none() | st.builds(happened, st.sampled_from(["accept", "refuse"]), handler_at=st.sampled_from([None, 1.0]))
    )
    connection.ending = draw(endings)
    return connection


@given(connections())
def test_any_facts_have_a_verdict_and_no_silent_witness_is_quoted(connection):
    """Whatever was learnt, in whatever combination."""
    found = why(connection)

    assert found.verdict
    assert len(str(found).splitlines()) in (4, 5)
    assert "None" not in str(found)
    if not connection.own:
        assert not found.client.reported
        assert "client saw" not in found.short
        assert "so the client reports" not in found.verdict
    if not connection.tapped:
        assert not found.wire.reported
        assert "wire" not in found.short
        assert "TCP" not in found.verdict
    if connection.elsewhere:
        assert not found.handler.reported
    if not (found.client.reported or found.wire.reported or found.handler.reported):
        assert found.short in ("how it ended was not recorded", f"refused with HTTP {connection.ending.refused}")


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("receive", "hello", "the client spoke last: “hello”"),
        ("send", b"\x00\xff", "the server spoke last: 2 B"),
        ("receive", None, "the client spoke last: a message that the application did not get"),
        ("send", "x" * 100, f"the server spoke last: “{'x' * 39}…”"),
    ],
)
def test_who_spoke_last_is_told(kind, data, said):
    """With the beginning of what was said."""
    message = Record(kind, 0.0)
    message.data = data
    found = why(Connection(1, "/x", state="closed"), message)

    assert found.last == said
    assert f"\n  last     {said}\n" in str(found)
