"""
The bytes on a WebSocket's socket, seen where uvicorn reads and writes them.

    TCP ── data_received ──> uvicorn ── receive ──> app
    TCP <── data_to_send ─── uvicorn <─── send ──── app

uvicorn's own protocol class does all the work; what passes it is written down on the way. A message is one record,
begun where it is first seen and completed where it is seen next, because that is what recording everything costs least.
`protocols` brings these classes in, through uvicorn's public settings `ws=` and `http=`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import perf_counter
from typing import Any
from urllib.parse import unquote

from starlette.types import Message
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from playground.record.asgi_tap import INCOMPLETE
from playground.record.connections import TRYING
from playground.record.frames import Fragments, FrameReader
from playground.record.recorder.server import Recorder
from playground.record.records import Connection
from playground.serve.handshake import HEAD
from playground.serve.unread import explain, explain_by_limits, request_of

WITNESS_TIMEOUT = 1.0
"""Seconds after which an ended connection is explained without a witness that has not reported the end."""

WHOLE_MESSAGE = frozenset((0x81, 0x82, 0xC1, 0xC2))
"""First bytes of a message in one frame: text or binary, compressed or not."""

READ_SIZE = 256 * 1024
"""Bytes that asyncio's loop and uvloop read in one go; after fewer, whatever is ready runs before the next read."""

DROPPED = "uvicorn drops what comes in one chunk with the handshake's request; wait for the answer before sending"


# Looked up once: `super()` costs as much as what it finds.
_data_received = WebSocketsSansIOProtocol.data_received
_receive = WebSocketsSansIOProtocol.receive
_send = WebSocketsSansIOProtocol.send


def _end_of_frame(data: bytes, start: int) -> int:
    """Return where the masked frame that starts there ends, in these bytes or after them (RFC 6455, section 5.2)."""
    short = data[start + 1]
    if short < 0xFE:
        return start + short - 0x80 + 6
    if short == 0xFE:
        return start + (data[start + 2] << 8 | data[start + 3]) + 8
    return start + int.from_bytes(data[start + 2 : start + 10], "big") + 14


def _header(text: str) -> bytes:
    """Return a part of a header as it travelled: websockets before 17 has bytes beyond ASCII as surrogates."""
    return text.encode("latin-1", "surrogateescape")


class TappedProtocol(WebSocketsSansIOProtocol):
    """
    uvicorn's WebSocket protocol, recording what passes it.

    Args:
        recorder: where connections and records are kept.
        head: the beginning of the handshake's request as it travelled.
        head_size: bytes of all of it.
        dropped: what came in one chunk with the request, after it; uvicorn drops that.
    """

    def __init__(
        self,
        *args: Any,
        recorder: Recorder,
        head: bytes | None = None,
        head_size: int = 0,
        dropped: bytes = b"",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.connection: Connection | None = None
        self._recorder = recorder
        self._log = recorder.log
        # Called for every message, so they are looked up once.
        self._got_message = recorder.wire_got_message
        self._sent_message = recorder.wire_sent_message
        self._received = recorder.app_received
        self._sends = recorder.app_sends
        self._head = head
        self._head_size = head_size
        self._dropped = dropped
        self._in = FrameReader()
        self._out = FrameReader()
        self._parts = Fragments()
        """Frames of a message that is not complete."""
        self._between = True
        """Whether the next byte from the client begins a message."""
        self._awaited = False
        """Whether the app waits for a message, and none has come since."""
        self._switched = False
        """Whether 101 was sent, so that all that is written now are frames."""
        self._eof = False
        self._complete = True
        """Whether all could be recorded."""
        self._take: Callable[[], list[bytes]] = self.conn.data_to_send
        self.conn.data_to_send = self._written  # type: ignore[method-assign]  # all that uvicorn writes comes from here

    @contextmanager
    def _recording(self) -> Iterator[None]:
        """Let no error of what only records reach uvicorn. What runs for every message does the same by itself."""
        try:
            yield
        except Exception:
            self._missed()

    def _missed(self) -> None:
        """Log the exception being handled, once for a connection."""
        if self._complete:
            self._complete = False
            # Logging may end in the log that just failed.
            with suppress(Exception):
                self.logger.exception(INCOMPLETE, self.connection.id if self.connection else "that begins")

    # The handshake

    def handle_connect(self, event: Request) -> None:
        """Begin the connection's records, before the app's task runs."""
        with self._recording():
            self._begin(event)
        super().handle_connect(event)
        if self.response.status_code != 101 and self.connection is not None:
            with self._recording():
                self._recorder.app_was_not_asked(self.connection)

    def _begin(self, event: Request) -> None:
        path, _, _ = event.path.partition("?")
        headers = [(_header(name), _header(value)) for name, value in event.headers.raw_items()]
        self.connection = connection = self._recorder.handshake_arrived(
            self.root_path + unquote(path),
            event.path,
            headers,
            self.client,
            head=self._head,
            head_size=self._head_size,
            dropped_size=len(self._dropped),
            tapped=True,
            method=getattr(event, "method", "GET"),
        )
        self._drop(connection)

    def _refuse(self, data: bytes) -> None:
        """
        Answer a request that websockets cannot read, and record it.

        uvicorn does neither, so that the client would wait for ever. The answer is websockets' own where it has one.
        """
        unread = explain_by_limits(data) or explain(data, len(data), self.conn.handshake_exc)
        output = b"".join(self._take())
        if not output.startswith(b"HTTP/"):
            response = self.conn.reject(unread.status, f"Failed to open a WebSocket connection: {unread.why}.\n")
            output = response.serialize()
        with self._recording():
            request, path = request_of(data)
            status = int(output[9:12])
            self.connection = connection = self._recorder.handshake_unread(
                request,
                self.root_path + unquote(path),
                self.client,
                head=self._head or data[:HEAD],
                head_size=self._head_size or len(data),
                dropped_size=len(self._dropped),
                why=unread.why,
                advice=unread.advice,
                status=status,
            )
            self._recorder.wire_sent_answer(connection, status, output[:HEAD], len(output))
        self.handshake_complete = self.close_sent = True
        self.transport.write(output)
        self.transport.close()

    def _drop(self, connection: Connection) -> None:
        """Record what uvicorn drops as frames that belong to nothing: no message, ping or end will come of them."""
        reader, now = FrameReader(), perf_counter()
        frames = reader.feed(self._dropped, now)
        # The records have what is kept of both; this lives as long as the connection.
        self._head, self._dropped = None, b""
        rest = reader.rest(now)
        for frame in [*frames, rest] if rest else frames:
            self._recorder.wire_dropped(connection, frame, DROPPED)

    def _answered(self, connection: Connection, output: bytes) -> None:
        status = int(output[9:12])
        self._switched = status == 101
        self._recorder.wire_sent_answer(connection, status, output[:HEAD], len(output))

    # From the client. What runs for every message does what has to be done and calls next to nothing.

    def data_received(self, data: bytes) -> None:
        """Record the frames in what arrived, then let uvicorn read it."""
        connection = self.connection
        if connection is None:
            _data_received(self, data)
            if self.connection is None and self.conn.handshake_exc is not None and not self.transport.is_closing():
                self._refuse(data)
            return
        now = perf_counter()
        size = len(data)
        if self._between and size > 5 and data[0] in WHOLE_MESSAGE and _end_of_frame(data, 0) == size:
            # One whole message, as most chunks are.
            try:
                self._got_message(connection, data, now)
            except Exception:
                self._missed()
            if self._awaited and size < READ_SIZE:
                # uvicorn stops reading while a message waits for the app. This app is waiting for the message and has
                # it before the loop reads again: stopping would change nothing, and cost asyncio's loop two system
                # calls. So uvicorn is told that it has stopped already.
                self._awaited = False
                self.read_paused = True
                _data_received(self, data)
                self.read_paused = False
                return
        else:
            try:
                self._several(connection, data, now)
            except Exception:
                self._missed()
        try:
            _data_received(self, data)
        except Exception as error:
            with self._recording():
                self._recorder.server_failed(connection, error)
            raise

    def _several(self, connection: Connection, data: bytes, now: float) -> None:
        """Record the frames in a chunk that is not just one message: whole ones, then what needs to be put together."""
        start, size = 0, len(data)
        while self._between and size - start > 5 and data[start] in WHOLE_MESSAGE:
            end = _end_of_frame(data, start) if size - start > 13 or data[start + 1] < 0xFE else size + 1
            # Neither a client that forgets to mask nor a frame that ends later.
            if end > size or not data[start + 1] & 0x80:
                break
            self._got_message(connection, data[start:end], now)
            start = end
        if start < size:
            self._read(connection, data[start:], now)

    def handle_parser_exception(self) -> None:
        """Note what uvicorn refuses."""
        if self.connection is not None:
            error = self.conn.parser_exc
            with self._recording():
                # websockets decodes the reasons of Close frames; text is uvicorn's to decode.
                bad_reason = isinstance(error, UnicodeDecodeError)
                self._recorder.wire_refused(self.connection, str(error or "invalid UTF-8"), bad_reason=bad_reason)
        super().handle_parser_exception()

    def _read(self, connection: Connection, data: bytes, now: float) -> None:
        self._recorder.wire_got_bytes(connection, len(data))
        for frame in self._in.feed(data, now):
            if frame.opcode > 2:
                self._recorder.wire_got_frame(connection, frame)
                continue
            self._parts.add(frame)
            if frame.fin:
                parts, self._parts = self._parts, Fragments()
                self._recorder.wire_got_parts(connection, parts, now)
        self._between = self._in.between_frames and not self._parts

    # To the client

    def _written(self) -> list[bytes]:
        output = self._take()
        connection = self.connection
        if not output or connection is None or self.transport.is_closing():
            return output
        try:
            if len(output) == 1 and connection.leaving and self._switched:
                data = output[0]
                # A whole message: text or binary, last frame, compressed or not.
                if data and data[0] in WHOLE_MESSAGE:
                    self._sent_message(connection, data)
                    return output
            for data in output:
                # uvicorn answers pings also before the app has accepted: frames may come before the handshake's answer.
                if not self._switched and data.startswith(b"HTTP/"):
                    self._answered(connection, data)
                else:
                    self._wrote(connection, data)
        except Exception:
            self._missed()
        return output

    def _wrote(self, connection: Connection, data: bytes) -> None:
        """Record frames that are not just one message; no bytes stand for the end of the stream."""
        self._recorder.wire_sent_bytes(connection, len(data))
        for frame in self._out.feed(data, perf_counter()):
            self._recorder.wire_sent_frame(connection, frame)

    # The app

    async def receive(self) -> Message:  # type: ignore[override]  # uvicorn has types of its own for messages
        """Give the app its next message, and complete the message's record."""
        self._awaited = True
        try:
            message: Any = await _receive(self)
        finally:
            self._awaited = False
        connection = self.connection
        if connection is None:
            return message  # type: ignore[no-any-return]  # uvicorn has types of its own for messages
        try:
            if message["type"] == "websocket.receive":
                self._received(connection, message)
            elif message["type"] == "websocket.disconnect":
                self._recorder.app_told_of_end(connection, message)
        except Exception:
            self._missed()
        return message  # type: ignore[no-any-return]  # uvicorn has types of its own for messages

    async def send(self, message: Any) -> None:
        """Begin a message's record, which is completed where its bytes are written."""
        connection = self.connection
        if connection is None:
            await _send(self, message)
            return
        if TRYING.get():
            return
        try:
            sends = message["type"] == "websocket.send"
        except Exception:
            # What is no message raises in uvicorn too, if it comes so far.
            sends = False
        if not sends:
            await self._answer(connection, message)
            return
        try:
            record = self._sends(connection, message)
            if len(connection.leaving) > 1 and connection.leaving[-1] is record and self.writable.is_set():
                # It is written at once, before what waited for a slow client and is about to go on.
                connection.leaving.rotate(1)
        except Exception:
            self._missed()
            await _send(self, message)
            return
        try:
            await _send(self, message)
        except BaseException as error:
            with self._recording():
                self._recorder.app_could_not_send(connection, record, error)
            raise
        finally:
            if self._log.subscribers:
                self._log.tell(record)

    async def push(self, message: Any) -> None:
        """Send what the playground sends in the app's place; called when `writable` is set, so it is sent at once."""
        connection = self.connection
        assert connection is not None
        record = self._recorder.playground_sends(connection, message)
        try:
            await _send(self, message)
        except Exception as error:
            self._recorder.app_could_not_send(connection, record, error)
            raise
        finally:
            if self._log.subscribers:
                self._log.tell(record)

    async def _answer(self, connection: Connection, message: Any) -> None:
        answer = None
        with self._recording():
            answer = self._recorder.app_answers(connection, message)
        try:
            await _send(self, message)
        except BaseException as error:
            if answer is not None:
                with self._recording():
                    self._recorder.app_could_not_send(connection, answer, error)
            raise

    # The end

    def keepalive_timeout(self) -> None:
        """Note that the client has gone silent."""
        if self.connection and not self.close_sent and not self.transport.is_closing():
            with self._recording():
                self._recorder.wire_had_no_pong(self.connection)
        super().keepalive_timeout()

    def eof_received(self) -> None:
        """Note the client's FIN."""
        self._eof = True
        super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note how TCP ended."""
        super().connection_lost(exc)
        if self.connection is not None:
            with self._recording():
                self._lost(self.connection, exc)

    def _lost(self, connection: Connection, exc: Exception | None) -> None:
        cut = self._in.rest(perf_counter())
        self._recorder.wire_ended(connection, exc, self._eof, self._parts, cut)
        if connection.ending.end_record is None:
            # A client on a loop that has stopped will never tell, and a handler may wait for ever.
            self.loop.call_later(WITNESS_TIMEOUT, self._recorder.end_now, connection)
