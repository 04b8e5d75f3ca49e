"""Why a connection ended: what each witness was told, why they differ, and what to change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from playground.core.connections import Connection
from playground.core.ending import Close, Ending
from playground.core.events import Record, close_code_name

Finding = tuple[str, str | None]
"""A verdict, and what to change; None where there is nothing to change."""


class Account(NamedTuple):
    """What one witness tells of the end."""

    text: str
    told: bool
    """Whether it said anything; False for one that cannot be asked, or was not told."""


@dataclass(frozen=True)
class Autopsy:
    """The explanation of one ending; `str()` of it is the whole story."""

    connection: int
    """The connection's number."""
    verdict: str
    """Why it ended, as far as that can be known."""
    advice: str | None
    """What to change, or None."""
    client: Account
    wire: Account
    handler: Account
    short: str
    """What each told, in one line."""

    def __str__(self) -> str:
        lines = [f"connection {self.connection}: {self.verdict}"]
        lines += [f"  {self.advice}"] if self.advice else []
        for name in ("client", "wire", "handler"):
            lines.append(f"  {name:8} {getattr(self, name).text}")
        return "\n".join(lines)

    __repr__ = __str__


def why(connection: Connection) -> Autopsy:
    """Return why a connection ended; of an open one, that it has not."""
    verdict, advice = _finding(connection)
    accounts = _client(connection), _wire(connection), _handler(connection)
    return Autopsy(connection.id, verdict, advice, *accounts, short=short(connection))


def short(on: Connection) -> str:
    """Return what each witness told of the end in one line; who said nothing is not quoted."""
    ending = on.ending
    if ending.refused is not None:
        return f"refused with HTTP {ending.refused}"
    parts = []
    if on.own and ending.client_told:
        parts.append(f"client saw {ending.client_told.code or 1005}")
    if on.tapped and ending.tcp:
        first = ending.close_in if ending.first == "in" else ending.close_out
        parts.append(
            "no Close frame on the wire" if first is None else f"Close {first.code or 'without a code'} on the wire"
        )
    if ending.hook_told is not None or (ending.handler_told and not ending.handler_asked):
        told = ending.handler_told.code if ending.hook_told is None and ending.handler_told else ending.hook_told
        parts.append(f"handler was told {told}")
    elif ending.handler_asked:
        parts.append(f"handler closed with {ending.handler_asked.code}")
    elif ending.raised is not None:
        parts.append(f"handler raised {ending.raised.error}")
    return " · ".join(parts) or "nobody told how it ended"


def code_meaning(code: int | None) -> str:
    """Return a close code with its name: "1000 normal closure"."""
    return "no code" if code is None else f"{code} {close_code_name(code)}"


# What each witness tells


def _client(on: Connection) -> Account:
    told = on.ending.client_told
    if not on.own:
        return Account("a browser tab or another program; what it was told cannot be seen from here", False)
    if on.ending.refused is not None:
        return Account(f"HTTP {on.ending.refused}, and no WebSocket", True)
    if told is None:
        return Account("has not been told yet", False)
    if told.code == 1006:
        return Account("1006 abnormal closure: its own word for an end without a Close frame", True)
    if told.code in (None, 1005):
        return Account("1005 no status received: its own word for a Close frame without a code", True)
    return Account(_said(told), True)


def _wire(on: Connection) -> Account:
    ending = on.ending
    if not on.tapped:
        return Account("not recorded: only uvicorn's websockets-sansio protocol can be tapped", False)
    if ending.refused is not None:
        return Account(f"HTTP {ending.refused} instead of 101", True)
    closes = [("the server", ending.close_out), ("the client", ending.close_in)]
    if ending.first == "in":
        closes.reverse()
    said = [f"{who} sent Close {close}" for who, close in closes if close is not None]
    parts = [*(said or ["no Close frame"]), _tcp(ending)]
    if ending.cut:
        parts.append(f"a frame was cut short: {ending.cut}")
    return Account("; ".join(part for part in parts if part), bool(said) or ending.tcp is not None)


def _tcp(ending: Ending) -> str:
    if ending.tcp == "reset":
        return f"TCP was reset ({ending.tcp_error})" if ending.tcp_error else "TCP was reset"
    return {"fin": "TCP FIN from the client", "closed": "the server closed TCP"}.get(ending.tcp or "", "")


def _handler(on: Connection) -> Account:
    ending = on.ending
    parts = []
    if ending.raised is not None:
        parts.append(_raised(ending.raised))
    if ending.handler_asked is not None:
        parts.append(f"closed with {_said(ending.handler_asked)}")
    if ending.handler_told is not None and ending.handler_asked is None:
        parts.append(f"was told {code_meaning(ending.handler_told.code)}")
    if ending.hook_told is not None:
        parts.append(f"on_disconnect({ending.hook_told})")
    if not parts:
        return Account("returned without closing" if ending.returned else "was told nothing", ending.returned)
    return Account("; ".join(parts), True)


def _said(close: Close) -> str:
    return code_meaning(close.code) + (f" “{close.reason}”" if close.reason else "")


def _raised(record: Record) -> str:
    where = f" at line {record.line}" + (f" of v{record.version}" if record.version else "") if record.line else ""
    what = record.hook or record.kind
    return f"{'the app' if what == 'error' else what} raised {record.error}{where}"


# Why it ended


def _finding(on: Connection) -> Finding:
    ending = on.ending
    if on.state != "closed" and ending.tcp is None and ending.client_told is None:
        return "it is still open; nobody has ended it", None
    for look in (
        _refused,
        _broke_the_rules,
        _went_silent,
        _stopped,
        _failed,
        _server_closed,
        _client_closed,
        _vanished,
    ):
        finding = look(on, ending)
        if finding:
            return finding
    return "what ended it is not to be seen from here", None


def _refused(on: Connection, ending: Ending) -> Finding | None:
    if ending.refused is None:
        return None
    if ending.raised is not None:
        verdict = f"{_raised(ending.raised)} before the handshake was answered, so the client got HTTP {ending.refused}"
        return verdict, "accept first, or catch the error"
    if ending.handler_asked is not None:
        verdict = (
            f"the endpoint closed before it accepted, so the handshake was answered with HTTP {ending.refused}; "
            f"the code {ending.handler_asked.code} reached nobody"
        )
        return verdict, f"to let the client read a code, accept first and then close({ending.handler_asked.code})"
    return f"the handshake was refused with HTTP {ending.refused}", None


def _broke_the_rules(on: Connection, ending: Ending) -> Finding | None:
    out = ending.close_out
    own_words = ending.handler_asked is None and ending.first != "in"
    if not (ending.violation or (own_words and out and out.code in (1002, 1003, 1007, 1009))):
        # Where the wire is not recorded, the code alone tells.
        told = ending.handler_told
        if on.tapped or told is None or ending.handler_asked or told.code not in (1002, 1007, 1009):
            return None
        out = told
    if out is None or out.code is None:
        return f"the client broke the protocol: {ending.violation}", "correct the client"
    what = ending.violation or out.reason or close_code_name(out.code)
    if out.code == 1009:
        return (
            f"a message was larger than the server takes ({what}), so the server closed with 1009",
            "send less at once, or raise ws_max_size",
        )
    verdict = f"the client broke the protocol ({what}), so the server closed with {code_meaning(out.code)}"
    return verdict, "correct the client"


def _went_silent(on: Connection, ending: Ending) -> Finding | None:
    if not ending.unanswered_ping:
        return None
    verdict = "the client did not answer the server's ping in time, so the server closed with 1011"
    advice = "the peer hangs or is gone; ws_ping_timeout sets how long the server waits"
    told = ending.handler_told
    if told is not None and told.code != 1011:
        verdict += f"; uvicorn tells the handler {told.code}"
    return verdict, advice


def _stopped(on: Connection, ending: Ending) -> Finding | None:
    codes = [close.code for close in (ending.close_out, ending.handler_told) if close]
    if ending.handler_asked is None and 1012 in codes and ending.first != "in":
        return "the server was stopped, and said so with 1012 service restart", None
    return None


def _failed(on: Connection, ending: Ending) -> Finding | None:
    raised = ending.raised
    if raised is None or raised.kind == "on_disconnect" or ending.first == "in" or ending.handler_asked:
        return None
    verdict = _raised(raised)
    if ending.hook_told is not None:
        verdict += f". Starlette tells on_disconnect {ending.hook_told}, but sends no Close frame"
    else:
        verdict += ". The connection was dropped without a Close frame"
    if on.own:
        verdict += ", so the client can only say 1006"
    return verdict, "catch the error and close with a code of your own, such as close(4000, …)"


def _server_closed(on: Connection, ending: Ending) -> Finding | None:
    asked = ending.handler_asked
    if asked is None or ending.first == "in":
        return None
    verdict = f"the endpoint closed it with {_said(asked)}"
    if on.tapped and ending.close_out is None:
        return verdict + ", but the connection was already gone", None
    if on.tapped and ending.close_in is None:
        verdict += "; the client did not answer the Close frame"
    return verdict, None


def _client_closed(on: Connection, ending: Ending) -> Finding | None:
    close = ending.close_in if on.tapped else ending.client_asked or ending.handler_told
    if close is None or (not on.tapped and close.code in (1005, 1006) and ending.client_asked is None):
        return None
    if close.code is None:
        return "the client closed it without a code, which everybody calls 1005", None
    return f"the client closed it with {_said(close)}", None


def _vanished(on: Connection, ending: Ending) -> Finding | None:
    told = ending.handler_told
    lied = told is not None and told.code == 1005
    note = "; uvicorn tells the handler 1005, where RFC 6455 would say 1006" if lied else ""
    if ending.tcp == "reset":
        return f"the connection was reset without a Close frame; why is not to be seen from here{note}", None
    if ending.tcp == "fin":
        return f"the client's end of TCP closed without a Close frame; why is not to be seen from here{note}", None
    if ending.returned and ending.close_out is None and (told is None or on.tapped):
        client = ", so the client can only say 1006" if on.own else ""
        return (
            f"the application returned without closing, and the server dropped the connection{client}",
            "await websocket.close() before returning",
        )
    if told is not None and told.code in (1005, 1006):
        verdict = f"the handler was told {told.code}: a Close frame without a code, or none at all; which of the two"
        return verdict + " is not to be seen from here", None
    return None


CAUSES = (_refused, _broke_the_rules, _went_silent, _stopped, _failed, _server_closed, _client_closed, _vanished)
"""Looked at in this order: what explains the end completely comes before what only describes it."""
