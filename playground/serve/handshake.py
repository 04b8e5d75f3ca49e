"""
The bytes of a handshake's request as they came, and the requests that no app is asked about.

uvicorn's HTTP protocols read the request, and write it anew for the WebSocket protocol: names in lower case, one space
after each colon. What travelled is kept here on the way. What a client sends in one chunk with the request, they drop.
A request that they, or wsproto, cannot read has no app that could tell of it, so it is recorded here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from uvicorn.config import HTTP_PROTOCOLS
from uvicorn.importer import import_from_string

from playground.record.frames import Fragments
from playground.record.recorder.server import Recorder
from playground.serve.unread import (
    Unread,
    explain,
    explain_cut,
    is_for_websocket,
    is_unfinished_handshake,
    request_of,
)

if TYPE_CHECKING:
    import asyncio

    Base = asyncio.Protocol
else:
    Base = object

HEAD = 64 * 1024
"""Bytes of a handshake that are kept, its first ones."""

REQUEST = re.compile(rb"[\r\n]*+.*?\n\r?\n", re.DOTALL)
"""A request's head, as far as uvicorn's two HTTP implementations forgive an odd end of line."""

KNOWN = ("auto", "h11", "httptools")
"""uvicorn's HTTP implementations that hand over in the way this relies on."""

NOT_RECORDED = (
    "the playground could not record a request that the server refused; the answer is as without it; "
    "this is a mistake of the playground: please report it with what follows"
)


class _Written:
    """A transport that also keeps what is written to it, and the exception because of which it is."""

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self.data = b""
        self.error: BaseException | None = None

    def write(self, data: bytes) -> None:
        """Note the bytes, and write them."""
        self.data += data
        self.error = self.error or sys.exc_info()[1]
        self.transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)


class _KeepsHead(Base):
    """What one of uvicorn's HTTP protocol classes is mixed with."""

    recorder: Recorder
    tapped: bool
    """Whether the WebSocket's protocol takes the bytes too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head = b""
        self._size = 0
        self._chunk = b""
        self._refused = False

    def data_received(self, data: bytes) -> None:
        """Keep what may become a handshake."""
        self._size += len(data)
        self._chunk = data
        if len(self._head) < HEAD:
            self._head = (self._head + data)[:HEAD]
        super().data_received(data)
        self._chunk = b""

    def on_response_complete(self) -> None:
        """Begin anew: that was no handshake."""
        self._head, self._size = b"", 0
        super().on_response_complete()  # type: ignore[misc]  # uvicorn's classes have it

    def handle_websocket_upgrade(self, *args: Any) -> None:
        """Give the WebSocket's protocol the bytes too, or record what it refuses."""
        upgrade: Callable[..., None] = super().handle_websocket_upgrade  # type: ignore[misc]  # uvicorn's classes have it
        if not self.tapped:
            self._hand_over(upgrade, *args)
            return
        made: Any = self.ws_protocol_class  # type: ignore[has-type]  # uvicorn's classes have it
        head, dropped = self._split()
        self.ws_protocol_class = partial(made, head=head, head_size=self._size - len(dropped), dropped=dropped)
        try:
            upgrade(*args)
        finally:
            # The WebSocket's protocol has them now; this object may live until the garbage collector comes.
            self.ws_protocol_class = made
        self._head = b""

    def _hand_over(self, upgrade: Callable[..., None], *args: Any) -> None:
        """Change to wsproto's protocol, which answers what it refuses by itself."""
        written = self._listen()
        try:
            upgrade(*args)
        finally:
            self._stop_listening(written)
        protocol = written.transport.get_protocol()
        protocol.transport = written.transport
        if not hasattr(protocol, "scope"):
            self._unread(written.data, explain(self._split()[0], self._size, written.error))

    def connection_lost(self, exc: Exception | None) -> None:
        """Record a handshake that was begun, and never became a request."""
        cycle: Any = self.cycle  # type: ignore[attr-defined]  # uvicorn's classes have it
        idle = not self._refused and (cycle is None or cycle.response_complete)
        super().connection_lost(exc)
        if idle and self._head and is_unfinished_handshake(self._head):
            self._unread(b"", explain_cut(self._head, self._size), exc)

    def send_400_response(self, msg: str) -> None:
        """Record what the HTTP parser refuses."""
        error = sys.exc_info()[1]
        written = self._listen()
        super().send_400_response(msg)  # type: ignore[misc]  # uvicorn's classes have it
        self._stop_listening(written)
        # Only h11 has a limit; httptools takes heads of any size.
        limit = getattr(getattr(self, "conn", None), "_max_incomplete_event_size", None)
        self._unread(written.data, explain(self._head, self._size, error, limit))

    def _listen(self) -> _Written:
        self.transport: Any = _Written(self.transport)
        return self.transport

    def _stop_listening(self, written: _Written) -> None:
        self.transport = written.transport

    def _unread(self, answer: bytes, unread: Unread, lost: Exception | None = None) -> None:
        self._refused = True
        try:
            if is_for_websocket(self._head):
                self._record(answer, unread, lost)
            else:
                self.recorder.log.note("log", data=request_of(self._head)[0], error=unread.why)
        except Exception:
            # Logging may end in the log that just failed.
            with suppress(Exception):
                self.logger.exception(NOT_RECORDED)  # type: ignore[attr-defined]  # uvicorn's classes have it

    def _record(self, answer: bytes, unread: Unread, lost: Exception | None) -> None:
        connection = self.recorder.handshake_unread(
            *request_of(self._head),
            self.client,  # type: ignore[attr-defined]  # uvicorn's classes have it
            head=self._head,
            head_size=self._size,
            why=unread.why,
            advice=unread.advice,
        )
        if answer.startswith(b"HTTP/"):
            self.recorder.wire_sent_answer(connection, int(answer[9:12]), answer[:HEAD], len(answer))
        self.recorder.wire_ended(connection, lost, not answer, Fragments(), None)

    def _split(self) -> tuple[bytes, bytes]:
        """Return the request's head, and what came after it in the same chunk."""
        match = REQUEST.match(self._head)
        if match is None:
            # Longer than what is kept.
            return self._head, b""
        return match[0], self._chunk[len(self._chunk) - (self._size - match.end()) :]


def keeping_head(http: Any, recorder: Recorder, *, tapped: bool = True) -> Any:
    """
    Return uvicorn's HTTP protocol class of that name, keeping heads; what is no such name as it is.

    Args:
        recorder: where requests are recorded that cannot be read.
        tapped: whether the WebSocket's protocol is `TappedProtocol`, which takes the head.
    """
    if http not in KNOWN:
        return http
    base = import_from_string(HTTP_PROTOCOLS[http])
    return type(f"Keeping{base.__name__}", (_KeepsHead, base), {"recorder": recorder, "tapped": tapped})
