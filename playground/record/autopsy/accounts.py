"""What each witness reports of a connection's end; witnesses that reported nothing are left out of the summary."""

from __future__ import annotations

from typing import NamedTuple

from playground.common.close_codes import Close, close_code_name
from playground.record.events import Witness
from playground.record.records import Connection, Ending, Record


class Account(NamedTuple):
    """What one witness reports of the end."""

    said: tuple[str, ...]
    """Its statements, in order."""
    reported: bool
    """Whether it reported anything; False for one that cannot be asked, or was told nothing."""
    note: str = ""
    """An explanation of these statements."""

    @property
    def text(self) -> str:
        """The statements and the note in one line."""
        return "; ".join(self.said) + (f": {self.note}" if self.note else "")


def code_meaning(code: int | None) -> str:
    """Return a close code with its name: "1000 normal closure"."""
    return "no code" if code is None else f"{code} {close_code_name(code)}"


def client_account(connection: Connection) -> Account:
    """Return what the client reports of the end."""
    told = connection.ending.client_told
    if not connection.own:
        return Account(("a browser tab or another program", "what it was told cannot be seen from here"), False)
    if connection.ending.refused is not None:
        return Account((f"HTTP {connection.ending.refused}, and no WebSocket",), True)
    if connection.ending.dial_failed is not None:
        return Account((f"no WebSocket: {connection.ending.dial_failed}",), True)
    if connection.ending.client_complaint is not None and connection.ending.client_asked is not None:
        sent = code_meaning(connection.ending.client_asked.code)
        return Account((f"sent Close {sent}",), True, f"because {connection.ending.client_complaint}")
    if told is None:
        return Account(("has not been told yet",), False)
    if told.code == 1006 and connection.ending.client_refused is not None:
        return Account(
            (code_meaning(1006),),
            True,
            f"inferred by the client, which took nothing more after its own Close frame, because "
            f"{connection.ending.client_refused}",
        )
    if told.code == 1006:
        return Account((code_meaning(1006),), True, "inferred by the client, because no Close frame arrived")
    if told.code in (None, 1005):
        return Account((code_meaning(1005),), True, "inferred by the client from a Close frame without a code")
    return Account((close_text(told),), True)


def wire_account(connection: Connection) -> Account:
    """Return what was sent on the socket at the end."""
    ending = connection.ending
    if not connection.tapped:
        return Account((why_no_wire(connection),), False)
    if ending.refused is not None:
        return Account((f"HTTP {ending.refused} instead of 101",), True)
    closes = [("the server", ending.close_out), ("the client", ending.close_in)]
    if ending.first_close == "in":
        closes.reverse()
    sent = [f"{who} sent Close {close}" for who, close in closes if close is not None]
    if not sent and ending.dial_failed is not None:
        answer = connection.response
        # What the app answers after the end does not travel.
        travelled = answer is not None and answer.wire_at is not None
        sent = ["an answer that opens no WebSocket" if travelled else "no handshake's answer"]
    parts = [*(sent or ["no Close frame" if ending.tcp else "no Close frame yet"]), _tcp(ending)]
    if ending.cut:
        parts.append(f"a frame was cut short: {ending.cut}")
    return Account(tuple(part for part in parts if part), bool(sent) or ending.tcp is not None)


def why_no_wire(connection: Connection) -> str:
    """Return why the wire has nothing to tell of a connection on which it is not recorded."""
    if connection.ending.dial_failed is not None and never_called(connection):
        return "no handshake travelled"
    if connection.elsewhere and connection.state == "connecting":
        return "no handshake has travelled yet"
    if connection.elsewhere:
        return "not recorded: the bytes on this client's socket were not seen"
    return "not recorded: only uvicorn's websockets-sansio protocol can be tapped"


def _tcp(ending: Ending) -> str:
    if ending.tcp == "reset":
        return f"TCP was reset ({ending.tcp_error})" if ending.tcp_error else "TCP was reset"
    return {"fin": "TCP FIN from the client", "closed": "the server closed TCP"}.get(ending.tcp or "", "")


def handler_account(connection: Connection) -> Account:
    """Return what the handler was told and what it did."""
    ending = connection.ending
    if connection.elsewhere:
        return Account(
            ("the server is not this playground's", "what its handler was told cannot be seen from here"), False
        )
    if ending.refusal is not None:
        return Account(("was not called: the playground refused the handshake",), False)
    told, asked = ending.handler_told, ending.handler_asked
    parts = []
    in_time = (ending.refused is not None and not ending.stopping) or closed_by_endpoint(ending)
    if told is not None and not in_time:
        parts.append(f"was told {close_text(told)}")
    if asked is not None:
        parts.append(f"{'closed' if in_time else 'tried to close'} with {close_text(asked)}")
    if ending.raised is not None:
        parts.append(raised_by(ending.raised))
    if ending.hook_told is not None:
        parts.append(f"on_disconnect({ending.hook_told})")
    if parts:
        return Account(tuple(parts), True)
    if ending.refused is not None and connection.response is not None and connection.response.handler_at is not None:
        return Account((f"answered with HTTP {ending.refused}",), True)
    if ending.returned:
        return Account((_returned_without(connection),), True)
    return Account(("was never called" if never_called(connection) else "was told nothing",), False)


def _returned_without(connection: Connection) -> str:
    """Return the statement for an application that returned without accepting or closing."""
    return f"returned without {'closing' if accepted(connection) else 'accepting'}"


def close_text(close: Close) -> str:
    """Return a code and reason in words."""
    return code_meaning(close.code) + (f" “{close.reason}”" if close.reason else "")


def raised_by(record: Record) -> str:
    """Return what was raised, by which hook and at which line."""
    what = "decode" if record.undecoded else record.hook or record.kind
    what = "the app" if what == "error" else what
    if record.roots:
        # The text of such an error has the lines already.
        text = f"{what}{_of_version(record)} raised {record.error}"
    else:
        error = (record.error or "").rstrip(".") if record.undecoded else record.error
        text = f"{what} raised {error}{at_line(record)}"
    return f"{text}, so on_receive was not called" if record.undecoded else text


def at_line(record: Record) -> str:
    """Return the line of a record and its version: " at line 6 of v2", or nothing."""
    return f" at line {record.line}{_of_version(record)}" if record.line else ""


def _of_version(record: Record) -> str:
    return f" of v{record.version}" if record.version else ""


def accepted(connection: Connection) -> bool:
    """Return whether the handshake was answered with 101."""
    return connection.response is not None and connection.response.kind == "accept"


def never_sent(answer: Record | None) -> bool:
    """Return whether the server raised where the app answered a handshake, and sent nothing."""
    return answer is not None and answer.error is not None and answer.wire_at is None


def never_called(connection: Connection) -> bool:
    """Return whether the server answered the handshake itself."""
    return connection.request is not None and connection.request.handler_at is None


def closed_by_endpoint(ending: Ending) -> bool:
    """Return whether the application's close began the end; it may also have come too late."""
    asked, closing = ending.handler_asked, ending.close_record
    if asked is None or ending.first_close == "in":
        return False
    if closing is not None and closing.kind in ("close", "refuse") and closing.error:
        return False
    sent = ending.close_out or ending.handler_told
    return sent is None or sent.code == asked.code


def short(connection: Connection) -> str:
    """Return what each witness reports of the end in one line, without those that reported nothing."""
    if connection.ending.refused is not None and connection.ending.dial_failed is None:
        return f"refused with HTTP {connection.ending.refused}"
    if connection.ending.dial_failed is not None:
        return connection.ending.dial_failed
    if connection.ending.client_complaint is not None and connection.ending.client_asked is not None:
        return client_ended(connection.ending.client_asked, connection.ending.client_complaint)
    return " · ".join(short_by_witness(connection).values()) or "how it ended was not recorded"


def client_ended(sent: Close, complaint: str) -> str:
    """Return that our client ended a connection, with what, and why."""
    return f"the client ended it: sent Close {code_meaning(sent.code)}, because {complaint}"


def short_by_witness(connection: Connection) -> dict[Witness, str]:
    """Return what each witness reports of the end in a few words, without those that reported nothing."""
    ending = connection.ending
    words: dict[Witness, str] = {}
    if ending.refused is not None or ending.dial_failed is not None:
        return words
    if connection.own and ending.client_told:
        words["client"] = f"client saw {ending.client_told.code or 1005}"
    if connection.tapped and ending.tcp:
        first = ending.close_that_counts
        code = None if first is None else first.code or "without a code"
        words["wire"] = "no Close frame on the wire" if code is None else f"Close {code} on the wire"
    if not connection.elsewhere and (handler := _handler_in_short(connection, ending)):
        words["handler"] = handler
    return words


def _handler_in_short(connection: Connection, ending: Ending) -> str | None:
    if ending.hook_told is not None:
        return f"handler was told {ending.hook_told}"
    if ending.handler_told and not closed_by_endpoint(ending):
        return f"handler was told {ending.handler_told.code or 1005}"
    if ending.handler_asked:
        return f"handler closed with {ending.handler_asked.code or 'no code'}"
    if ending.raised is not None:
        return f"handler raised {ending.raised.error}"
    return f"handler {_returned_without(connection)}" if ending.returned else None
