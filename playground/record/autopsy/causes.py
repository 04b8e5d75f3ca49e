"""The cause of an ending, as far as it follows from what the witnesses report."""

from __future__ import annotations

from collections.abc import Sequence

from playground.common.close_codes import Close, close_code_name, close_fault, is_sendable_close_code
from playground.common.foreign_words import is_message_too_large, is_ping_unanswered
from playground.common.numbers import duration_text
from playground.common.text import shorten
from playground.record.autopsy.accounts import (
    accepted,
    at_line,
    client_ended,
    close_text,
    closed_by_endpoint,
    code_meaning,
    never_called,
    never_sent,
    raised_by,
)
from playground.record.lines import line_of_task
from playground.record.records import Connection, Ending, Record

Finding = tuple[str, str | None]
"""A verdict, and advice on what to change or None."""

VIOLATION_CODES = (1002, 1007, 1009)
"""The codes with which uvicorn closes when a client breaks the protocol."""

OF_ODD_VALUES = ("AttributeError", "TypeError")
"""What a server raises that is given something else than text as a reason."""

RAISED_AFTER_THE_END = ("ClientDisconnected", "WebSocketDisconnect", "WebSocketDisconnected")
"""The exceptions of uvicorn and Starlette for receiving and sending on a connection that has ended."""

NOT_ANSWERED = "; the server did not answer the Close frame"

NOT_SEEN = "cannot be seen from here"

RECORD_THE_WIRE = "leave out ws=: with uvicorn's default protocol the wire is recorded, and shows which of them it was"


def finding(connection: Connection, holders: Sequence[int] | None = None) -> Finding:
    """Return the verdict and the advice; `holders` are the processes that still have the socket, if they are known."""
    verdict, advice = _finding(connection)
    verdict += _still_running(connection)
    held = _held_by(connection.ending, holders)
    if held:
        verdict = f"{verdict}; {held}"
        advice = advice or 'close the socket in the child, or start children with multiprocessing\'s method "spawn"'
    dead = connection.dead_task
    if dead is None or _died_of_the_end(connection, dead):
        return verdict, advice
    died = (
        f"{dead.task} died before: {dead.error}" if connection.state == "closed" else f"{dead.task} died: {dead.error}"
    )
    return f"{verdict}; {died}{at_line(dead)}", advice or "catch the error in the task, or await the task"


def _held_by(ending: Ending, holders: Sequence[int] | None) -> str | None:
    """Return who else has the socket of a connection that has ended here: a child process that was forked before."""
    if ending.forked_socket is None or ending.wire_at is None:
        return None
    if holders is None:
        return "a child process that was forked while it was open may hold its socket, which then ends TCP later"
    if not holders:
        return "a child process that was forked while it was open had its socket too, and has closed it since"
    so = "so TCP has not ended for the client"
    if len(holders) == 1:
        return f"process {holders[0]}, forked while it was open, still holds its socket, {so}"
    return f"processes {', '.join(map(str, holders))}, forked while it was open, still hold its socket, {so}"


def _still_running(connection: Connection) -> str:
    """Return that the application has not come to its end although the connection has, since when and where."""
    ending = connection.ending
    ended = ending.end_record.at if ending.end_record else ending.wire_at or ending.client_at
    if connection.app_began is None or connection.app_ended is not None or ended is None:
        return ""
    hook = next((one for one in (connection.current_record,) if one is not None and one.running), None)
    what = f"its {hook.hook}" if hook is not None and hook.hook else "its handler"
    began = hook.began if hook is not None and hook.began is not None else connection.app_began
    line = line_of_task(connection.app_task, connection.files)
    where = f", at line {line}" if line else ""
    version = f" of v{connection.version}" if line and connection.version else ""
    return f"; {what} is still running{where}{version}, and had begun {duration_text(ended - began)} before the end"


def _died_of_the_end(connection: Connection, dead: Record) -> bool:
    """Return whether a task died only when the connection had ended."""
    ending = connection.ending
    ends = [ending.wire_at, ending.client_at, ending.end_record.at if ending.end_record else None]
    return any(at is not None and at < dead.at for at in ends)


def _finding(connection: Connection) -> Finding:
    ending = connection.ending
    ended = connection.state == "closed" or ending.tcp or ending.client_told or ending.refused or ending.dial_failed
    if not ended and connection.state == "connecting":
        return _never_answered(connection, ending) or ("its handshake is not answered yet", None)
    if not ended and not connection.tapped and not connection.own:
        return f"it is open as far as the handler was told; whether the client is still there {NOT_SEEN}", None
    if not ended:
        return "it is still open; neither side has closed it", None
    for look in CAUSES:
        finding = look(connection, ending)
        if finding:
            return finding
    return "what ended it cannot be seen from here", None


def _never_answered(connection: Connection, ending: Ending) -> Finding | None:
    if not connection.left_unanswered or connection.response or ending.refused is not None or ending.handler_asked:
        return None
    # A task that it has started may still accept.
    so = "the handshake was never answered" if connection.state == "closed" else "the handshake is not answered"
    return f"on_connect returned without accepting or closing, so {so}", "await websocket.accept() in on_connect"


def _unread(connection: Connection, ending: Ending) -> Finding | None:
    if ending.unread is None:
        return None
    answer = connection.response
    if answer is None:
        so = "the handshake was not answered"
    elif answer.playground_at is not None:
        so = f"the playground answered with HTTP {answer.code}, where plain uvicorn leaves the client waiting"
    else:
        so = f"the server answered with HTTP {answer.code}"
    return f"the handshake never reached the app: {ending.unread}; {so}", ending.unread_advice


def _refused(connection: Connection, ending: Ending) -> Finding | None:
    status = ending.refused or _refused_by_uvicorn(connection, ending)
    if status is None:
        return None
    asked, raised, answered = ending.handler_asked, ending.raised, connection.response
    if connection.elsewhere:
        return ending.dial_failed or f"the server refused the handshake with HTTP {status}", None
    if ending.refusal is not None:
        verdict = f"the playground refused {ending.refusal.subject} with HTTP {status}; the app was not asked"
        return verdict, ending.refusal.advice
    if asked is not None:
        return _closed_too_early(connection, status, asked)
    if answered is not None and answered.handler_at is not None:
        return f"the app answered the handshake with HTTP {status}", None
    if _stopped_before_the_answer(ending, answered):
        unseen = not connection.tapped and ending.handler_told is not None
        so = f"which uvicorn answers with HTTP {status}" if unseen else f"so the client got HTTP {status}"
        return f"the server was stopped before the app answered the handshake, {so}", None
    if raised is not None:
        # Where neither the wire nor our own client tells, the client may have left before.
        got = "so the client got" if connection.tapped or connection.own else "which uvicorn answers with"
        verdict = f"{raised_by(raised)} before the handshake was answered, {got} HTTP {status}"
        return verdict, "accept first, or catch the error"
    if ending.returned:
        return (
            f"the app returned without accepting, so uvicorn answered the handshake with HTTP {status}",
            "await websocket.accept() first",
        )
    if never_called(connection):
        body = _body(answered)
        why = f": {body}" if body else ""
        return f"uvicorn refused the handshake with HTTP {status} before the app saw it{why}", "correct the client"
    return f"the handshake was refused with HTTP {status}", None


def _refused_by_uvicorn(connection: Connection, ending: Ending) -> int | None:
    """Return the status that uvicorn sends for an app that did not answer, if the answer was not recorded."""
    if connection.tapped or connection.elsewhere or connection.response is not None:
        return None
    if ending.handler_told is not None:
        return 500 if ending.stopping else None
    return 500 if ending.returned or ending.raised else None


def _stopped_before_the_answer(ending: Ending, answer: Record | None) -> bool:
    """Return whether the server's stop answered the handshake, and not the end of the app's call."""
    raised = ending.raised
    if raised is not None and _was_cancelled(raised):
        return True
    if not ending.stopping:
        return False
    if raised is not None:
        return answer is not None and answer.wire_at is not None and answer.wire_at < raised.at
    # Who was told of the end has not brought it about by returning.
    return ending.handler_told is not None or not ending.returned


def _closed_too_early(connection: Connection, status: int, asked: Close) -> Finding:
    verdict = (
        f"the app closed before it accepted, so the handshake was answered with HTTP {status}; "
        f"the client did not receive {f'the code {asked.code}' if asked.code else 'its code'}"
    )
    # Without a version no live endpoint was called, but perhaps a function of the app.
    if connection.version is None and asked.code == 1000:
        return (
            verdict,
            f"check that an endpoint has the path {connection.path!r}: Starlette refuses an unknown one like this",
        )
    return verdict, f"to give the client a code, accept first and then close({asked.code or 4000})"


def _body(answer: Record | None) -> str:
    """Return the first line of an HTTP answer's body, without its full stop."""
    body = (answer.wire if answer else None) or b""
    text = body.partition(b"\r\n\r\n")[2].decode("utf-8", "replace")
    return shorten(text.partition("\n")[0].strip().removesuffix("."), 200)


def _dial_failed(connection: Connection, ending: Ending) -> Finding | None:
    if ending.dial_failed is None:
        return None
    still = not connection.elsewhere and connection.request is not None and connection.request.handler_at is not None
    return ending.dial_failed, "see what the app waits for before it accepts" if still else None


def _client_complained(connection: Connection, ending: Ending) -> Finding | None:
    sent, complaint = ending.client_asked, ending.client_complaint
    if sent is None or complaint is None:
        return None
    advice = "raise max_size=, or send less at once" if sent.code == 1009 else "correct the server"
    return client_ended(sent, complaint), advice


def _broke_the_rules(connection: Connection, ending: Ending) -> Finding | None:
    out, told = ending.close_out, ending.handler_told
    if closed_by_endpoint(ending) or connection.elsewhere:
        return None
    if ending.server_error and not ending.violation:
        verdict = (
            f"the server raised {ending.server_error} while it read what the client sent, and dropped the connection"
        )
        return verdict, "correct the client: something before its last frame was not legal"
    if ending.violation or (out and ending.first_close != "in" and out.code in VIOLATION_CODES):
        return _refused_by_server(out, ending)
    if connection.tapped or told is None or told.code not in VIOLATION_CODES or ending.client_asked:
        return None
    if is_message_too_large(*told):
        return _refused_by_server(told, ending)
    verdict = (
        f"the handler was told {close_text(told)}: the server refused what the client sent, or the client closed with "
        f"that code itself; which of the two cannot be seen from here"
    )
    return verdict, RECORD_THE_WIRE


def _refused_by_server(out: Close | None, ending: Ending) -> Finding:
    code, violation = out.code if out else None, ending.violation
    what = "" if code == 1007 else violation or (out.reason if out else "")
    detail = f" ({what})" if what else ""
    if code == 1009:
        verdict = f"a message was larger than the server takes{detail}, so the server closed with 1009"
        return verdict, "send less at once, or raise ws_max_size"
    broke = "sent text that is not UTF-8" if code == 1007 else "broke the protocol"
    if ending.bad_reason:
        broke, detail = "sent a Close frame whose reason is not UTF-8", ""
    closed = f", so the server closed with {code_meaning(code)}" if code else ""
    taken = ""
    if ending.first_close == "in" and ending.close_in is not None:
        taken = f"; the client's own Close {ending.close_in} was not taken"
    return f"the client {broke}{detail}{closed}{taken}", _close_advice(ending) or "correct the client"


def _close_advice(ending: Ending) -> str | None:
    """Return what to send in place of a Close frame that was not taken because of its code."""
    own = ending.close_in
    if ending.first_close != "in" or own is None or own.code is None or is_sendable_close_code(own.code):
        return None
    return f"correct the client: {own.code} is never sent ({close_code_name(own.code)}); use 1000 or 3000 to 4999"


def _went_silent(connection: Connection, ending: Ending) -> Finding | None:
    client = ending.client_told
    heard_of_it = client is not None and is_ping_unanswered(*client) and not connection.elsewhere
    if not (ending.unanswered_ping or heard_of_it):
        return None
    verdict = "the client did not answer the server's ping in time, so the server closed with 1011"
    told = ending.handler_told
    if told is not None and told.code != 1011:
        verdict += f"; uvicorn reports {told.code or 1005} to the handler"
    return verdict, "the client hangs or is gone; ws_ping_timeout sets how long the server waits"


def _stopped(connection: Connection, ending: Ending) -> Finding | None:
    if connection.elsewhere:
        return None
    told, asked = ending.handler_told, ending.client_asked
    first = ending.close_out if connection.tapped else told
    said_so = first is not None and first.code == 1012 and not (asked and asked.code == 1012)
    # Where the wire is not recorded, a client may have closed with that code itself.
    if (
        said_so
        and (connection.tapped or ending.stopping)
        and ending.first_close != "in"
        and not closed_by_endpoint(ending)
    ):
        return "the server was stopped, and closed it with 1012 service restart", None
    if ending.raised is not None and _was_cancelled(ending.raised) and told is None and ending.first_close is None:
        return "the handler was cancelled, as happens when the server is stopped", None
    return None


def _was_cancelled(raised: Record) -> bool:
    return raised.error_type == "CancelledError"


def _could_not_close(connection: Connection, ending: Ending) -> Finding | None:
    """Explain a close that the server cannot send, or sends otherwise."""
    asked, closing, told = ending.handler_asked, ending.close_record, ending.client_told
    if asked is None or closing is None or closing.kind != "close" or ending.first_close == "in" or ending.close_out:
        return None
    fault = close_fault(*asked)
    if fault is None and (asked.code is None and closing.error or closing.error_type in OF_ODD_VALUES):
        # What was given instead of a code, or of a text, is in the reason.
        fault = "that could not be sent", "use 1000, or a code from 3000 to 4999, and text as the reason"
    if fault is None or closing.error_type in RAISED_AFTER_THE_END:
        return None
    verdict = f"the endpoint tried to close with {close_text(asked)}{at_line(closing)}, but {fault[0]}"
    if closing.error:
        verdict += f": the server raised {closing.error} and sent no Close frame{_only_1006(connection)}"
    elif told is not None:
        verdict += f"; the client was told {close_text(told)}"
    return verdict, fault[1]


def _failed(connection: Connection, ending: Ending) -> Finding | None:
    raised = ending.raised
    if raised is None or raised.kind == "on_disconnect" or ending.first_close == "in" or ending.handler_asked:
        return None
    if _after_the_end(connection, ending, raised):
        return None
    verdict = raised_by(raised)
    if ending.hook_told is not None:
        verdict += f". Starlette called on_disconnect with {ending.hook_told} and sent no Close frame"
    else:
        verdict += ". The connection was dropped without a Close frame"
    advice = "catch the error and close with a code of your own, such as close(4000, …)"
    return verdict + _only_1006(connection), _decoding_advice(raised) if raised.undecoded else advice


def _decoding_advice(raised: Record) -> str:
    """Return what to send, or which `encoding` to set, for a message that could not be decoded."""
    came = "text" if isinstance(raised.data, str) else "bytes"
    has = f"the endpoint's encoding is {raised.encoding!r} and"
    if raised.encoding in ("text", "bytes"):
        return f"{has} {came} came: send {raised.encoding}, or set encoding = {came!r}"
    if raised.encoding == "json":
        utf8 = "bytes came that are not UTF-8" if raised.error_type == "UnicodeDecodeError" else "what came is no JSON"
        return f"{has} {utf8}: send JSON, as send_json does, or set encoding = {came!r}"
    return "send what the endpoint's `decode` takes, or catch the error there"


def _after_the_end(connection: Connection, ending: Ending, raised: Record) -> bool:
    """Return whether the connection had already ended when the handler raised, so that this is not the cause."""
    if ending.handler_told is not None:
        return True
    if connection.tapped:
        return ending.wire_at is not None and ending.wire_at < (raised.ended or raised.at)
    return raised.error_type in RAISED_AFTER_THE_END


def _only_1006(connection: Connection) -> str:
    told = connection.ending.client_told
    return ", so the client reports 1006" if connection.own and (told is None or told.code == 1006) else ""


def _server_closed(connection: Connection, ending: Ending) -> Finding | None:
    asked = ending.handler_asked
    if asked is None or not closed_by_endpoint(ending):
        return None
    verdict = f"the endpoint closed it with {close_text(asked)}"
    if connection.tapped and ending.close_out is None:
        return verdict + ", but the connection was already gone", None
    if connection.tapped and ending.close_in is None:
        verdict += (
            "; the client did not answer the Close frame" if ending.tcp else "; the Close frame is not answered yet"
        )
    raised = ending.raised
    if raised is not None:
        verdict += f"; {raised_by(raised)}"
    return verdict, _decoding_advice(raised) if raised is not None and raised.undecoded else None


def _closed_elsewhere(connection: Connection, ending: Ending) -> Finding | None:
    """Return how a server that is not ours ended it, as our client's wire has it."""
    if not (connection.elsewhere and connection.tapped):
        return None
    if ending.first_close == "out" and ending.close_out is not None:
        how = (
            f"with {close_text(ending.close_out)}"
            if ending.close_out.code
            else "without a code, which is reported as 1005"
        )
        return f"the server closed it {how}", None
    if ending.first_close == "in" or ending.tcp is None:
        return None
    how = {
        "reset": f"TCP was reset ({ending.tcp_error})",
        "closed": "the server closed TCP",
        "fin": "the client closed TCP",
    }[ending.tcp]
    when = f" in the middle of a frame ({ending.cut})" if ending.cut else ""
    return f"{how}{when} without a Close frame, so the client reports 1006; the reason cannot be seen from here", None


def _client_closed(connection: Connection, ending: Ending) -> Finding | None:
    close = ending.close_in if connection.tapped else ending.client_asked or ending.handler_told
    if close is None or (not connection.tapped and close.code in (1005, 1006) and ending.client_asked is None):
        return None
    if close.code is None:
        return "the client closed it without a code, which is reported as 1005", None
    if close.code == 1001 and not connection.own:
        return f"the client closed it with {close_text(close)}, as a browser does when its page is left", None
    advice = "send less at once, or raise the client's own limit" if close.code == 1009 else None
    return f"the client closed it with {close_text(close)}{_without_answer(connection)}", advice


def _without_answer(connection: Connection) -> str:
    """Return what a server elsewhere did in place of answering the client's Close frame, or nothing."""
    ending = connection.ending
    if ending.client_refused is not None:
        return f"; after that, {ending.client_refused}"
    return NOT_ANSWERED if connection.elsewhere and connection.tapped and ending.close_out is None else ""


def _vanished(connection: Connection, ending: Ending) -> Finding | None:
    if not connection.tapped or ending.tcp not in ("reset", "fin"):
        return None
    end = "the connection was reset" if ending.tcp == "reset" else "the client's end of TCP closed"
    when = ""
    if ending.cut:
        when = f" in the middle of a frame ({ending.cut})"
    elif not accepted(connection) or never_sent(connection.response):
        when = " before the handshake was answered"
    verdict = f"{end}{when} without a Close frame; the reason cannot be seen from here"
    if ending.handler_told is not None and ending.handler_told.code == 1005:
        verdict += "; uvicorn reports 1005 to the handler, where RFC 6455 has 1006"
    return verdict, None


def _returned(connection: Connection, ending: Ending) -> Finding | None:
    if not ending.returned or ending.close_out is not None or ending.handler_told is not None:
        return None
    verdict = "the application returned without closing, and the server dropped the connection" + _only_1006(connection)
    if not (connection.tapped or connection.own):
        verdict += "; whether the client had left before cannot be seen from here"
    return verdict, "await websocket.close() before returning"


def _without_the_wire(connection: Connection, ending: Ending) -> Finding | None:
    """Return what can still be said if the wire was not recorded."""
    client, told, raised = ending.client_told, ending.handler_told, ending.raised
    note = f"; uvicorn reports {told.code or 1005} to the handler" if told is not None else ""
    if client is not None and client.code == 1006:
        return f"no Close frame reached the client; the reason cannot be seen from here{note}", None
    if client is not None and not connection.tapped:
        how = "without a code" if client.code in (None, 1005) else f"with {close_text(client)}"
        return f"the server closed it {how}{note}", None
    if told is not None and told.code == 1006 and connection.response is None:
        # uvicorn tells 1006 only before a handshake is answered.
        return f"the client left before the handshake was answered; how it left {NOT_SEEN}", None
    if told is not None and told.code in (1005, 1006):
        verdict = (
            f"the handler was told {told.code}: the client closed without a code, vanished, or left the server's pings "
            f"unanswered; which of them cannot be seen from here"
        )
        return verdict, RECORD_THE_WIRE
    if raised is not None and raised.kind != "on_disconnect":
        verdict = f"{raised_by(raised)}, after the connection had ended; how it ended cannot be seen from here"
        return verdict, None
    return None


CAUSES = (
    _unread,
    _never_answered,
    _refused,
    _dial_failed,
    _client_complained,
    _broke_the_rules,
    _went_silent,
    _stopped,
    _could_not_close,
    _failed,
    _server_closed,
    _closed_elsewhere,
    _client_closed,
    _vanished,
    _returned,
    _without_the_wire,
)
"""Tried in this order: complete explanations come before descriptions."""
