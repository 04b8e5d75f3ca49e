"""
The formats in which a client's action can be copied, and which of them can say it.

    pg                      calls of this playground: pg.clients["alice"].send("hello")
    python                  a script that needs `websockets` alone
    pytest                  a test that fails where the server no longer answers as it did
    javascript              for the console of a browser
    curl                    a handshake, or an HTTP request
    websocat                a command of websocat
    python -m websockets    a command of the client that comes with `websockets`

What is copied has the query, headers, subprotocols and Origin of the client's handshake. Its secrets are masked, as in
all that is exported, unless they are asked for; a comment says what was masked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from playground.record.export.copies.javascript import to_javascript
from playground.record.export.copies.python import to_pg, to_pytest, to_script
from playground.record.export.copies.repeated import Repeated, repeated
from playground.record.export.copies.shell import BUFFER, to_curl, to_websocat, to_websockets
from playground.record.log import Log
from playground.record.row import Row

FORMATS = ("pg", "python", "pytest", "javascript", "curl", "websocat", "python -m websockets")

_MAKERS: dict[str, Callable[[Repeated], str]] = {
    "python": to_script,
    "pytest": to_pytest,
    "javascript": to_javascript,
    "curl": to_curl,
    "websocat": to_websocat,
    "python -m websockets": to_websockets,
}


def copy_as(
    log: Log, seq: int, format: str, *, server: str | None = None, clients: Collection[str] = (), secrets: bool = False
) -> str:
    """
    Return a row as text that does again what its client did.

    Args:
        seq: the row's number.
        format: one of `FORMATS`.
        server: the address of the playground, as "ws://127.0.0.1:50213"; when left out, where the client connected to.
        clients: the names that `pg.clients` has.
        secrets: leave the secrets of the handshake as they are, in place of "(masked)".

    Raises:
        LookupError: the row is no longer kept.
        ValueError: there is no such format, or it cannot say what this row's client did; the message says why.
    """
    if format not in FORMATS:
        raise ValueError(f"no format {format!r}; there are {', '.join(FORMATS)}")
    row = log.find(seq)
    if row is None:
        raise LookupError(f"row {seq} is no longer kept")
    done = repeated(log, row, server=server, secrets=secrets)
    if done is None:
        raise ValueError(f"row {seq} is nothing that a client did, so there is nothing to do again")
    if why := _why_not(done, format):
        raise ValueError(why)
    maker = partial(to_pg, here=done.open and done.client in clients) if format == "pg" else _MAKERS[format]
    return maker(done)


def copies_of(log: Log, row: Row) -> dict[str, str]:
    """Return for each format why it cannot say what a row's client did, "" where it can; {} where no client did it."""
    done = repeated(log, row, server=None, secrets=False)
    return {name: _why_not(done, name) for name in FORMATS} if done is not None else {}


def _why_not(done: Repeated, format: str) -> str:
    """Return why a format cannot say it; "" where it can."""
    if done.kind == "request":
        return _why_not_request(done, format)
    if done.kind == "disconnect" and done.code == 1005 and format not in ("javascript", "pytest", "curl"):
        return "the client closed without a code, which only a browser does"
    return _REASONS[format](done) if format in _REASONS else ""


def _why_not_request(done: Repeated, format: str) -> str:
    if format != "curl":
        return "this is an HTTP request, which curl repeats"
    return "the request had a body, which is not recorded" if done.has_body else ""


def _why_not_pytest(done: Repeated) -> str:
    if done.kind not in ("connect", "receive"):
        return "there is no reply that a test could expect"
    if done.kind == "connect":
        return "" if done.status is not None else "the handshake has no answer"
    return "its handler has not returned yet" if done.running else ""


def _why_not_curl(done: Repeated) -> str:
    return "" if done.kind == "connect" else "curl sends no messages: copy the handshake's row"


def _why_not_javascript(done: Repeated) -> str:
    if done.kind == "ping":
        return "a page cannot send a ping"
    if done.kind == "disconnect" and not (done.code in (1000, 1005) or 3000 <= done.code <= 4999):
        return f"a page closes with 1000 or 3000 to 4999, not with {done.code}"
    return ""


def _why_not_websocat(done: Repeated) -> str:
    if done.kind == "ping":
        return "websocat sends no single ping"
    if done.kind != "receive":
        return ""
    if not done.data:
        return "websocat sends no empty message"
    if isinstance(done.data, bytes):
        return ""
    if len(done.data.encode("utf-8", "replace")) > BUFFER:
        return f"websocat divides a text of more than {BUFFER:,} bytes"
    return "websocat ends a message at a zero byte" if "\0" in done.data else ""


def _why_not_websockets(done: Repeated) -> str:
    if done.kind not in ("connect", "receive"):
        return "it only connects and sends text"
    if not done.is_plain:
        return "it cannot set headers, subprotocols or Origin"
    if isinstance(done.data, bytes):
        return "it sends text only"
    return "it sends each line as a message" if "\n" in done.data or "\r" in done.data else ""


_REASONS: dict[str, Callable[[Repeated], str]] = {
    "pytest": _why_not_pytest,
    "javascript": _why_not_javascript,
    "curl": _why_not_curl,
    "websocat": _why_not_websocat,
    "python -m websockets": _why_not_websockets,
}
