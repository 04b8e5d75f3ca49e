"""
The bytes on the socket of one of our clients, seen where `websockets` reads and writes them.

    TCP ── data_received ──> websockets ── messages ──> client
    TCP <── data_to_send ─── websockets <─── send ────── client

It is the wire's witness where the server is not ours; our own server records the wire itself. `websockets` does all the
work, and no error of what only records reaches it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import perf_counter
from typing import Any, Protocol

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from playground.client.failures import Refused, Try
from playground.record.frames import Fragments, Frame, FrameReader

HEAD = 64 * 1024
"""Bytes of a handshake's request or answer that are kept, its first ones."""

FAREWELL = 1.0
"""Seconds that a server gets to close TCP, after our client has ended the connection because of what came."""

INCOMPLETE = (
    "the playground could not record all that passed on a connection to %s, which goes on as without it; "
    "this is a mistake of the playground: please report it with what follows"
)

logger = logging.getLogger("playground")


class Wire(Protocol):
    """What is told of the bytes: `recorder.ClientWitness`."""

    def wire_opened(self) -> None:
        """The socket is connected, and the handshake begins."""

    def wire_asked(self, head: bytes, size: int) -> None:
        """The handshake's request was sent."""

    def wire_answered(self, status: int, head: bytes, size: int) -> None:
        """The head of the handshake's answer came."""

    def wire_passed(self, size: int, *, sent: bool) -> None:
        """So many bytes of frames passed."""

    def wire_message(self, parts: Fragments, now: float, *, sent: bool) -> None:
        """The last frame of a message passed."""

    def wire_frame(self, frame: Frame, *, sent: bool) -> None:
        """A frame that belongs to no message passed."""

    def wire_lost(self, error: Exception | None, eof: bool, unfinished: Fragments, cut: Frame | None) -> None:
        """TCP ended."""


class WatchedConnection(ClientConnection):
    """
    A connection of `websockets` that tells how far its dial has got, and follows no redirects.

    Args:
        attempt: the dial.
    """

    def __init__(self, protocol: Any, *, attempt: Try, **settings: Any) -> None:
        super().__init__(protocol, **settings)
        self._attempt = attempt
        self._refused = False
        """Whether it has refused what came."""
        attempt.stage = "tls" if attempt.secure else "handshake"

    def connection_made(self, transport: Any) -> None:
        """Note that TLS, if there is any, is done."""
        self._attempt.stage = "handshake"
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Let websockets read it, and end TCP soon where it refused what it read: it would wait for the server only."""
        super().data_received(data)
        if not self._refused and getattr(self.protocol, "parser_exc", None) is not None:
            self._refused = True
            self.loop.call_later(FAREWELL, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note how TCP ended, before anybody is told of it."""
        self._attempt.lost = exc
        super().connection_lost(exc)

    async def handshake(self, *args: Any, **kwargs: Any) -> None:
        """Give a refusal a name under which it is not taken for a redirect to follow."""
        try:
            await super().handshake(*args, **kwargs)
        except InvalidStatus as error:
            raise Refused(error.response) from None


class _Direction:
    """The frames of one direction, as they are put together to messages."""

    def __init__(self, wire: Wire, sent: bool) -> None:
        self._wire = wire
        self._sent = sent
        self.reader = FrameReader()
        self.parts = Fragments()
        """Frames of a message that is not complete."""

    def feed(self, data: bytes) -> None:
        """Tell the wire's witness of what these bytes complete."""
        if not data:
            return
        now = perf_counter()
        self._wire.wire_passed(len(data), sent=self._sent)
        for frame in self.reader.feed(data, now):
            if frame.opcode > 2:
                self._wire.wire_frame(frame, sent=self._sent)
                continue
            self.parts.add(frame)
            if frame.fin:
                parts, self.parts = self.parts, Fragments()
                self._wire.wire_message(parts, now, sent=self._sent)


class TappedConnection(WatchedConnection):
    """
    A connection of `websockets` whose bytes are recorded.

    Args:
        attempt: the dial.
        wire: told of what passes.
    """

    def __init__(self, protocol: Any, *, attempt: Try, wire: Wire, **settings: Any) -> None:
        super().__init__(protocol, attempt=attempt, **settings)
        self._wire = wire
        self._sent = _Direction(wire, sent=True)
        self._came = _Direction(wire, sent=False)
        self._asked = False
        self._status: int | None = None
        """The answer's status, once its head has come; after 101, all that comes are frames."""
        self._head = bytearray()
        self._eof = False
        self._complete = True
        # All that websockets writes comes from here; without it there is no witness of the wire, and all else works.
        self._take = getattr(protocol, "data_to_send", None)
        if self._take is None:
            self._complete = False
        else:
            protocol.data_to_send = self._written

    @contextmanager
    def _recording(self) -> Iterator[None]:
        """Let no error of what only records reach websockets, and record nothing after one."""
        try:
            yield
        except Exception:
            self._complete = False
            # Logging may end in the log that just failed.
            with suppress(Exception):
                logger.exception(INCOMPLETE, self._attempt.shown)

    def connection_made(self, transport: Any) -> None:
        """Begin the wire's account."""
        if self._complete:
            with self._recording():
                self._wire.wire_opened()
        super().connection_made(transport)

    def _written(self) -> list[bytes]:
        output: list[bytes] = self._take()  # type: ignore[misc]  # it is there, or this would not be called
        if output and self._complete:
            with self._recording():
                for data in output:
                    self._wrote(data)
        return output

    def _wrote(self, data: bytes) -> None:
        if self._asked:
            self._sent.feed(data)
        elif data:
            self._asked = True
            self._wire.wire_asked(data[:HEAD], len(data))

    def data_received(self, data: bytes) -> None:
        """Record what arrived, then let websockets read it."""
        if self._complete:
            with self._recording():
                if self._status == 101:
                    self._came.feed(data)
                elif self._status is None:
                    self._answered(data)
                else:
                    # The body of a refusal.
                    self._wire.wire_passed(len(data), sent=False)
        super().data_received(data)

    def _answered(self, data: bytes) -> None:
        head = self._head
        searched = max(0, len(head) - 3)
        head += data
        self._attempt.came = bytes(head[:HEAD])
        end = head.find(b"\r\n\r\n", searched)
        if end < 0:
            # What never becomes a head is refused by websockets at less than this.
            del head[4 * HEAD :]
            return
        status = head[9:12]
        if not head.startswith(b"HTTP/") or not status.isdigit():
            return
        self._status = int(status)
        size = end + 4 if self._status == 101 else len(head)
        self._wire.wire_answered(self._status, bytes(head[: min(size, HEAD)]), size)
        self._head = bytearray()
        self._came.feed(bytes(head[size:]))

    def eof_received(self) -> None:
        """Note the server's FIN."""
        self._eof = True
        super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note how TCP ended, before the client hears of it."""
        if self._complete:
            with self._recording():
                cut = self._came.reader.rest(perf_counter())
                self._wire.wire_lost(exc, self._eof, self._came.parts, cut)
        super().connection_lost(exc)
