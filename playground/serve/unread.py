"""
A request's head that the server could not read: what it was, what is wrong with it, and what to do.

The standard wants an answer: 414 for a request line that is too long, 431 for header fields that are (RFC 6585,
section 5), and 400 for the rest (RFC 9110, section 15.5).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from websockets.http11 import MAX_LINE_LENGTH, MAX_NUM_HEADERS

REQUEST_LINE = re.compile(rb"[\r\n]*([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/1\.[01]\r?\n")
"""A request line of HTTP/1 (RFC 9112, section 3): the method and the target."""

FOR_WEBSOCKET = re.compile(rb"\n(upgrade[ \t]*:[^\n]*websocket|sec-websocket-)", re.IGNORECASE)
"""A header that only a WebSocket's handshake has."""

VERSION = re.compile(rb"\nsec-websocket-version[ \t]*:([^\r\n]*+)\r?\n", re.IGNORECASE)

SHOWN = 80
"""Bytes of a head that is no HTTP that are shown."""

TOO_LARGE = "make the address, the cookies or the other headers shorter"


class Unread(NamedTuple):
    """Why a head could not be read."""

    why: str
    advice: str
    status: int
    """The HTTP status that the standard has for it."""


def is_for_websocket(head: bytes) -> bool:
    """Return whether a WebSocket may have been wanted: nothing tells that the head is of a plain HTTP request."""
    return REQUEST_LINE.match(head) is None or FOR_WEBSOCKET.search(head) is not None


def is_unfinished_handshake(head: bytes) -> bool:
    """Return whether bytes are the beginning of a WebSocket's handshake."""
    return REQUEST_LINE.match(head) is not None and FOR_WEBSOCKET.search(head) is not None


def request_of(head: bytes) -> tuple[str, str]:
    """Return the method with the target, and the path; a text that shows what came instead, and an empty path."""
    line = REQUEST_LINE.match(head)
    if line is not None:
        method, target = (part.decode("latin-1") for part in line.groups())
        return f"{method} {target}", target.partition("?")[0]
    if not head:
        return "what came after a request", ""
    return "a TLS ClientHello" if _is_tls(head) else ascii(head[:SHOWN])[2:-1], ""


def explain_by_limits(head: bytes) -> Unread | None:
    """
    Return which of websockets' limits a head exceeds, or None.

    Args:
        head: all of it, with a CRLF at the end of each line.
    """
    line, *fields = head.partition(b"\r\n\r\n")[0].split(b"\r\n")
    takes = f"and websockets takes {MAX_LINE_LENGTH:,}"
    if len(line) + 2 > MAX_LINE_LENGTH:
        return Unread(f"the request line has {len(line) + 2:,} bytes, {takes}", TOO_LARGE, 414)
    for field in fields:
        if len(field) + 2 > MAX_LINE_LENGTH:
            name = ascii(field.partition(b":")[0][:SHOWN])[2:-1]
            return Unread(f"the line of the header {name} has {len(field) + 2:,} bytes, {takes}", TOO_LARGE, 431)
    if len(fields) > MAX_NUM_HEADERS:
        what = f"the request has {len(fields)} headers, and websockets takes {MAX_NUM_HEADERS}"
        return Unread(what, "send fewer headers", 431)
    return None


def explain(head: bytes, size: int, error: BaseException | None, limit: int | None = None) -> Unread:
    """
    Return what is wrong with a head.

    Args:
        head: its beginning as it travelled.
        size: the bytes of all that came.
        error: what the parser raised.
        limit: the most bytes of a head that the parser takes.
    """
    if limit is not None and size > limit and b"\n\r\n" not in head[:limit]:
        return Unread(f"the request's head has more than {limit:,} bytes; {size:,} came", TOO_LARGE, 431)
    if _is_tls(head):
        return Unread(
            "a TLS ClientHello came, and this server speaks plain HTTP",
            "connect with ws:// or http://, or serve TLS: playground.start(ssl_certfile=…, ssl_keyfile=…)",
            400,
        )
    if not head:
        # It came with the end of an earlier request, of whose bytes nothing is kept.
        return Unread("what came in one chunk with an earlier request is no HTTP/1 request", "correct the client", 400)
    if REQUEST_LINE.match(head) is None:
        return Unread(f"what came is no HTTP/1 request: {ascii(head[:SHOWN])[1:]}", "correct the client", 400)
    version = VERSION.search(head)
    if version is not None and (value := version[1].strip(b" \t")) != b"13":
        given = ascii(value[:SHOWN])[1:]
        return Unread(f"Sec-WebSocket-Version is {given}, and only '13' is known", "correct the client", 400)
    reason = _reason(error)
    return Unread(f"the server refused the request{f': {reason}' if reason else ''}", "correct the client", 400)


def explain_cut(head: bytes, size: int) -> Unread:
    """Return what is wrong with a head that ends before its empty line."""
    what = f"the client left in the middle of its request, after {size:,} bytes"
    return Unread(what, "end the request's head with an empty line", 400)


def _reason(error: BaseException | None) -> str:
    """Return what the innermost exception says."""
    while error is not None and error.__cause__ is not None:
        error = error.__cause__
    text = "" if error is None else str(error).strip().removesuffix(".") or type(error).__name__
    # h11 shows the line as it holds it.
    return re.sub(r"bytearray\((b['\"].*['\"])\)", r"\1", text)


def _is_tls(head: bytes) -> bool:
    """Return whether bytes begin a TLS handshake: a record of type 22, version 3.x (RFC 8446, section 5.1)."""
    return head[:1] == b"\x16" and head[1:2] == b"\x03"
