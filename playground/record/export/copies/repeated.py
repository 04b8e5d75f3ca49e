"""What a row's client did, with all that is needed to do it again: the handshake, the message, and what was replied."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urlsplit

from playground.common.text import one_line
from playground.record.log import Log
from playground.record.masking import Masking
from playground.record.records import Connection, Record
from playground.record.row import Row, head_headers, head_line
from playground.record.secrets import MASK

Headers = tuple[tuple[str, str], ...]

OF_HANDSHAKE = ("connect", "accept", "refuse")
"""Kinds of rows whose client opened a connection."""

KINDS = (*OF_HANDSHAKE, "receive", "disconnect", "ping", "request")
"""Kinds of rows that have a client who did something."""

_MECHANICS = re.compile(
    r"host|upgrade|connection|sec-websocket-(?!protocol).*|sec-fetch-.*|sec-ch-.*|accept-encoding|accept-language"
    r"|cache-control|pragma|content-length|transfer-encoding|proxy-connection",
    re.IGNORECASE,
)
"""Headers that every client makes by itself."""

_ADDRESS = re.compile(r"(?:https?|wss?)://", re.IGNORECASE)

_OWN_NAME = re.compile(r"Mozilla/|curl/|Python-urllib/|Python/\S+ websockets/|node\b|undici\b")
"""How a User-Agent begins that a client sends unless it is told another one."""


@dataclass(frozen=True)
class Repeated:
    """One action of a client."""

    kind: str
    """ "connect", "receive" for a message, "disconnect", "ping" or "request"."""
    url: str
    """The address, with its query: "ws://…" or "wss://…", for an HTTP request "http://…"."""
    target: str
    """The same for `pg.connect`: a path of this playground, or the address of another server."""
    client: str | None = None
    open: bool = False
    """Whether the client that did it is still connected."""
    headers: Headers = ()
    """Further headers, without Origin and subprotocols and without those that every client makes by itself."""
    subprotocols: tuple[str, ...] = ()
    origin: str | None = None
    method: str = "GET"
    has_body: bool = False
    data: str | bytes = ""
    fragments: int = 1
    """How many frames the message travelled in."""
    code: int = 1000
    reason: str = ""
    status: int | None = None
    """The HTTP status that was answered; 101 for a connection that was accepted."""
    subprotocol: str | None = None
    """The subprotocol that the server chose."""
    greetings: tuple[str | bytes, ...] = ()
    """What the server sent by itself before the client's first message."""
    replies: tuple[str | bytes, ...] = ()
    """What the handler of the message sent to this client."""
    closed: int | None = None
    """The code with which the server closed after the message."""
    dropped: bool = False
    """Whether the handler of the message raised, and the connection ended without a Close frame."""
    running: bool = False
    """Whether the handler of the message has not returned."""
    notes: tuple[str, ...] = ()
    """What whoever runs it has to know, such as what was masked."""

    @property
    def is_plain(self) -> bool:
        """Whether the handshake has nothing that a client has to be told."""
        return not (self.headers or self.subprotocols or self.origin)

    @property
    def all_headers(self) -> Headers:
        """The further headers, with Origin and the subprotocols as headers too."""
        more = [("Origin", self.origin)] if self.origin else []
        if self.subprotocols:
            more.append(("Sec-WebSocket-Protocol", ", ".join(self.subprotocols)))
        return (*self.headers, *more)


def repeated(log: Log, row: Row, *, server: str | None, secrets: bool) -> Repeated | None:
    """
    Return what the client of a row did; None where no client did anything.

    Args:
        log: the log that the row is from, which knows the replies.
        server: the address of this playground, such as "ws://127.0.0.1:50213"; when left out, the Host that the client
            asked for.
        secrets: leave the secrets of the handshake as they are, in place of "(masked)".
    """
    record = row.record
    if record.kind not in KINDS or (record.kind == "ping" and record.direction != "in"):
        return None
    masking = Masking(secrets=secrets)
    if record.kind == "request":
        return _request(record, server, masking)
    connection = record.connection
    if connection is None or (record.kind == "disconnect" and connection.ending.close_in is None):
        return None
    asked = connection.request
    request = masking.record(asked)[0] if asked is not None else None
    headers = _headers_of(request) if request is not None else ()
    url, target = _addresses(connection, masking.text(connection.path), request, headers, server)
    told, answer = _told(headers), connection.response
    chosen = (
        (value for name, value in _headers_of(answer) if name.lower() == "sec-websocket-protocol") if answer else ()
    )
    done = Repeated(
        "connect" if record.kind in OF_HANDSHAKE else record.kind,
        url,
        target,
        client=record.client,
        open=connection.own and connection.state == "open",
        headers=told.headers,
        subprotocols=told.subprotocols,
        origin=told.origin,
        status=None if answer is None else 101 if answer.kind == "accept" else answer.code,
        subprotocol=next(iter(chosen), None),
        notes=_notes(masking, url, headers, gone=asked is None),
    )
    return _with_what_was_said(done, log, record, connection)


def _request(record: Record, server: str | None, masking: Masking) -> Repeated:
    masked = masking.record(record)[0]
    headers = _headers_of(masked)
    method, _, target = str(masked.data).partition(" ")
    url = _join(_origin_of(server, headers).replace("ws", "http", 1), target)
    told = _told(headers)
    length = next((value for name, value in headers if name.lower() == "content-length"), "0")
    chunked = any(name.lower() == "transfer-encoding" for name, _ in headers)
    return Repeated(
        "request",
        url,
        target,
        headers=(*told.headers, *((("Origin", told.origin),) if told.origin else ())),
        method=method,
        has_body=chunked or length != "0",
        status=record.code,
        notes=_notes(masking, url, headers),
    )


def _notes(masking: Masking, url: str, headers: Headers, *, gone: bool = False) -> tuple[str, ...]:
    notes = ["the handshake is no longer kept, so its headers are missing"] if gone else []
    if masking.found:
        # A peer chose the names, and a comment is one line.
        names = one_line(", ".join(dict.fromkeys(masking.found)))
        notes.append(f"write the values in place of (masked): {names}")
    elif any(MASK in text for text in (url, *(value for _, value in headers))):
        notes.append("write the values in place of (masked), as which they were saved")
    return tuple(notes)


def _headers_of(record: Record) -> Headers:
    """Return a handshake's headers as they travelled, or as the application was given them."""
    if record.wire is not None and record.head_size:
        return head_headers(record.wire)
    return tuple((name.decode("latin-1").title(), value.decode("latin-1")) for name, value in record.headers)


class _Told(NamedTuple):
    """What a client has to be told of its headers."""

    headers: Headers
    subprotocols: tuple[str, ...]
    origin: str | None


def _told(headers: Headers) -> _Told:
    """Return the headers that a client does not make by itself; those of the same name are one."""
    joined: dict[str, tuple[str, str]] = {}
    for name, value in headers:
        plain = name.lower()
        if _MECHANICS.fullmatch(plain) or (plain == "user-agent" and _OWN_NAME.match(value)):
            continue
        if plain == "accept" and value == "*/*":
            continue
        before = joined.get(plain)
        between = "; " if plain == "cookie" else ", "
        joined[plain] = (before[0], before[1] + between + value) if before else (name, value)
    origin, offered = joined.pop("origin", None), joined.pop("sec-websocket-protocol", None)
    subprotocols = tuple(part.strip() for part in offered[1].split(",")) if offered else ()
    return _Told(tuple(joined.values()), subprotocols, origin[1] if origin else None)


def _addresses(
    connection: Connection, path: str, request: Record | None, headers: Headers, server: str | None
) -> tuple[str, str]:
    """Return the address, and what `pg.connect` takes."""
    line = head_line(request.wire) if request is not None and request.head_size else None
    said = line or (request.data if request is not None and isinstance(request.data, str) else "")
    wanted = said.split(" ")[1] if said and " " in said else path
    if connection.elsewhere:
        # The user of an address travels as a header.
        parts = urlsplit(path)
        known = urlsplit(wanted)
        query = f"?{known.query}" if known.query else ""
        url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{known.path or '/'}{query}"
        return url, url
    return _join(_origin_of(server, headers), wanted), wanted


def _origin_of(server: str | None, headers: Headers) -> str:
    host = next((value for name, value in headers if name.lower() == "host"), "127.0.0.1")
    return server or f"ws://{host}"


def _join(origin: str, target: str) -> str:
    """Return the address of a request's target, which is an address itself in a request to a proxy."""
    if _ADDRESS.match(target):
        return target
    # What begins otherwise would be read as a part of the host.
    return origin + (target if target.startswith("/") else f"/{target}")


def _with_what_was_said(done: Repeated, log: Log, record: Record, connection: Connection) -> Repeated:
    """Add what was said after the handshake."""
    if done.kind == "connect":
        return done
    if done.kind == "disconnect":
        close = connection.ending.close_in
        code, reason = (close.code, close.reason) if close else (None, "")
        return replace(done, code=1005 if code is None else code, reason=reason)
    since = connection.request.seq - 1 if connection.request is not None else 0
    own = [one for one in log.records(since=since) if one.connection is connection]
    done = replace(done, greetings=_greetings(own))
    if done.kind == "ping":
        return done
    received = [one.seq for one in own if one.kind == "receive"]
    ending = connection.ending
    closed = ending.close_out.code if ending.close_out and ending.first_close == "out" else None
    last = bool(received) and received[-1] == record.seq
    return replace(
        done,
        data=record.data if record.data is not None else "",
        fragments=max(1, len(record.frames) + record.more_frames),
        replies=_payloads(one for one in own if one.kind == "send" and one.cause == record.seq),
        closed=closed if last else None,
        dropped=last
        and bool(record.error)
        and connection.state == "closed"
        and not (ending.close_in or ending.close_out),
        running=record.running or (record.handler_at is None and not connection.elsewhere),
    )


def _greetings(own: list[Record]) -> tuple[str | bytes, ...]:
    """Return what was sent on a connection before its first message, by no handler of another connection."""
    numbers = {one.seq for one in own}
    first = next((one.seq for one in own if one.kind == "receive"), None)
    before = (one for one in own if one.kind == "send" and (first is None or one.seq < first))
    return _payloads(one for one in before if one.cause is None or one.cause in numbers)


def _payloads(records: Iterable[Record]) -> tuple[str | bytes, ...]:
    return tuple(one.data for one in records if one.data is not None)
