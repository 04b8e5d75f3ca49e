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

from playground.common.close_codes import Close
from playground.record.connections import Connection
from playground.record.events import Direction, Received, Record
from playground.record.frames import KEPT, Frame, FrameReader, Raw
from playground.record.log import LARGE_MESSAGE
from playground.record.recorder import Recorder, failed, received, sent
from playground.record.storable import storable_error
from playground.serve.handshake import HEAD

PATIENCE = 1.0
"""Seconds after which an ended connection is explained without a witness that has not spoken yet."""

WHOLE = frozenset((0x81, 0x82, 0xC1, 0xC2))
"""First bytes of a message in one frame: text or binary, compressed or not."""

GULP = 256 * 1024
"""Bytes that asyncio's loop and uvloop read in one go; after fewer, whatever is ready runs before the next read."""

DROPPED = "uvicorn drops what comes in one chunk with the handshake's request; wait for the answer before sending"

INCOMPLETE = (
    "the playground could not record all that passed on connection %s, which goes on as without it; "
    "this is a mistake of the playground: please report it with what follows"
)


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
        self._head = head
        self._head_size = head_size
        self._dropped = dropped
        self._in = FrameReader()
        self._out = FrameReader()
        self._parts: list[Raw] = []
        """Frames of a message that is not complete."""
        self._between = True
        """Whether the next byte from the client begins a message."""
        self._append = recorder.log.append
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
                self._never_called(self.connection)

    def _begin(self, event: Request) -> None:
        path, _, _ = event.path.partition("?")
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in event.headers.raw_items()]
        record = self._recorder.open(self.root_path + unquote(path), event.path, headers, self.client, tapped=True)
        connection = self.connection = record.connection
        assert connection is not None
        record.wire_at = record.handler_at
        record.wire = self._head
        record.head_size = self._head_size
        connection.bytes_in = self._head_size + len(self._dropped)
        self._log.append(record)
        self._drop(connection)

    def _never_called(self, connection: Connection) -> None:
        """Note that uvicorn answered a bad handshake itself; the app never hears of it."""
        if connection.asked is not None:
            connection.asked.handler_at = None
        self._recorder.heard(connection, "handler")

    def _drop(self, connection: Connection) -> None:
        """Record what uvicorn drops as frames that belong to nothing: no message, ping or end will come of them."""
        reader, now = FrameReader(), perf_counter()
        frames = reader.feed(self._dropped, now)
        rest = reader.rest(now)
        for frame in [*frames, rest] if rest else frames:
            self._stray(connection, frame, "in", DROPPED)

    def _responded(self, connection: Connection, output: bytes) -> None:
        connection.bytes_out += len(output)
        record = connection.answered
        status = int(output[9:12])
        new = record is None
        if record is None:
            record = Record("refuse", perf_counter(), connection)
            connection.answered = record
            record.code = status
        if status != 101:
            # Also where the app has answered otherwise: what it answered with may be nothing that can be sent.
            connection.ending.refused = status
        record.wire_at = perf_counter()
        record.wire = output[:HEAD]
        record.head_size = len(output)
        self._switched = status == 101
        if new:
            self._log.append(record)
        else:
            self._log.changed(record)

    # From the client. What runs for every message does what has to be done and calls next to nothing.

    def data_received(self, data: bytes) -> None:
        """Record the frames in what arrived, then let uvicorn read it."""
        connection = self.connection
        if connection is None:
            _data_received(self, data)
            return
        now = perf_counter()
        size = len(data)
        connection.bytes_in += size
        if self._between and size > 5 and data[0] in WHOLE and _end_of_frame(data, 0) == size:
            # One whole message, as most chunks are.
            try:
                self._whole(connection, data, now)
            except Exception:
                self._missed()
            if self._awaited and size < GULP:
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
        _data_received(self, data)

    def _whole(self, connection: Connection, data: bytes, now: float) -> None:
        """Record a message that is one frame."""
        size = len(data)
        waiting = connection.from_client
        record = waiting.popleft() if waiting else Received()
        record.wire_at = now
        record.wire = data if size < 128 else data[:KEPT]
        record.wire_size = size
        connection.arrived.append(record)
        if record.connection is None:
            record.at = now
            record.connection = connection
            self._append(record)
        else:
            self._log.changed(record)
        if size > LARGE_MESSAGE:
            self._log.trim()

    def _several(self, connection: Connection, data: bytes, now: float) -> None:
        """Record the frames in a chunk that is not just one message: whole ones, then what needs to be put together."""
        start, size = 0, len(data)
        while self._between and size - start > 5 and data[start] in WHOLE:
            end = _end_of_frame(data, start) if size - start > 13 or data[start + 1] < 0xFE else size + 1
            # Neither a client that forgets to mask nor a frame that ends later.
            if end > size or not data[start + 1] & 0x80:
                break
            self._whole(connection, data[start:end], now)
            start = end
        if start < size:
            self._read(connection, data[start:], now)

    def handle_parser_exception(self) -> None:
        """Note what uvicorn refuses."""
        if self.connection is not None:
            self.connection.ending.violation = str(self.conn.parser_exc or "invalid UTF-8")
        super().handle_parser_exception()

    def _arrived(self, connection: Connection, now: float, parts: tuple[Raw, ...]) -> None:
        """Record a message that came in several frames or chunks."""
        waiting = connection.from_client
        record = waiting.popleft() if waiting else Received()
        record.wire_at = now
        record.parts = parts
        connection.arrived.append(record)
        if record.connection is None:
            record.at, record.connection = now, connection
            self._append(record)
        else:
            self._log.changed(record)
        if sum(size for _, _, size in parts) > LARGE_MESSAGE:
            self._log.trim()

    def _read(self, connection: Connection, data: bytes, now: float) -> None:
        for frame in self._in.feed(data, now):
            if frame.opcode < 3:
                self._parts.append(frame)
                if frame.fin:
                    frames, self._parts = tuple(self._parts), []
                    self._arrived(connection, now, frames)
            elif frame.opcode == 8:
                self._close_in(connection, frame)
            else:
                self._heartbeat(connection, frame, "in")
        self._between = self._in.between_frames and not self._parts

    def _heartbeat(self, connection: Connection, frame: Frame, direction: Direction) -> None:
        """Record a ping, or the pong that completes one."""
        asked = connection.ping_with(frame.payload)
        if asked is not None and frame.opcode == 10 and asked.toward != direction:
            asked.answer = frame
            self._log.changed(asked)
            return
        if asked is not None and frame.opcode == 9 and asked.toward == direction and asked.wire_at is None:
            asked.wire_at, asked.parts = frame.at, (frame,)
            self._log.changed(asked)
            return
        record = self._stray(connection, frame, direction)
        if frame.opcode == 9:
            connection.expect_pong(frame.payload, record)

    def _stray(self, connection: Connection, frame: Frame, direction: Direction, error: str | None = None) -> Record:
        """Record a frame that belongs to nothing else; those with reserved opcodes uvicorn will refuse."""
        record = Record({9: "ping", 10: "pong"}.get(frame.opcode, "frame"), frame.at, connection)
        record.toward = direction
        record.error = error
        record.wire_at, record.parts = frame.at, (frame,)
        self._log.append(record)
        return record

    def _close_in(self, connection: Connection, frame: Frame) -> None:
        ending = connection.ending
        if ending.close_in is not None:
            # Nobody should send a second one.
            self._stray(connection, frame, "in")
            return
        ending.close_in = Close(frame.code, frame.reason)
        record = ending.closing
        if ending.close_out is not None and record is not None:
            record.answer = frame
            self._log.changed(record)
            return
        ending.first = ending.first or "in"
        self._close(connection, "disconnect", frame, ending.close_in)

    def _close(self, connection: Connection, kind: str, frame: Frame, close: Close) -> None:
        """Record the first Close frame, in the record of who asked for it if somebody did."""
        ending = connection.ending
        record = ending.closing
        new = record is None or record.kind != kind
        if record is None or new:
            record = ending.closing = Record(kind, frame.at, connection)
            record.code, record.reason = close
        record.wire_at, record.parts = frame.at, (frame,)
        if new:
            self._log.append(record)
        else:
            self._log.changed(record)

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
                if data and data[0] in WHOLE:
                    record = connection.leaving.popleft()
                    record.wire_at = perf_counter()
                    record.wire_size = size = len(data)
                    record.wire = data if size < 128 else data[:KEPT]
                    connection.bytes_out += size
                    if size > LARGE_MESSAGE:
                        self._log.trim()
                    if record.seq < self._log.late_below:
                        # It waited for a slow reader.
                        self._log.changed(record)
                    if connection.own:
                        connection.to_client.append(record)
                    return output
            for data in output:
                # uvicorn answers pings also before the app has accepted: frames may come before the handshake's answer.
                if not self._switched and data.startswith(b"HTTP/"):
                    self._responded(connection, data)
                else:
                    self._wrote(connection, data)
        except Exception:
            self._missed()
        return output

    def _wrote(self, connection: Connection, data: bytes) -> None:
        """Record frames that are not just one message; no bytes stand for the end of the stream."""
        connection.bytes_out += len(data)
        for frame in self._out.feed(data, perf_counter()):
            if frame.opcode < 8 and connection.leaving:
                record = connection.leaving.popleft()
                record.wire_at, record.parts = frame.at, (frame,)
                if connection.own:
                    connection.to_client.append(record)
            elif frame.opcode == 8:
                self._close_out(connection, frame)
            elif frame.opcode > 8:
                self._heartbeat(connection, frame, "out")

    def _close_out(self, connection: Connection, frame: Frame) -> None:
        ending = connection.ending
        ending.close_out = Close(frame.code, frame.reason)
        record = ending.closing
        if ending.close_in is not None and record is not None:
            record.answer = frame
            self._log.changed(record)
            return
        ending.first = ending.first or "out"
        self._close(connection, "close", frame, ending.close_out)

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
            return message  # type: ignore[no-any-return]
        try:
            if message["type"] == "websocket.receive":
                record = received(connection, message)
                if self._log.subscribers:
                    self._log.tell(record)
            elif message["type"] == "websocket.disconnect":
                self._recorder.disconnected(connection, message)
        except Exception:
            self._missed()
        return message  # type: ignore[no-any-return]

    async def send(self, message: Any) -> None:
        """Begin a message's record, which is completed where its bytes are written."""
        connection = self.connection
        if connection is None:
            await _send(self, message)
            return
        if message["type"] != "websocket.send":
            await self._answer(connection, message)
            return
        try:
            record = sent(connection, message)
            if record.data is not None:
                connection.leaving.append(record)
            self._append(record)
        except Exception:
            self._missed()
            await _send(self, message)
            return
        try:
            await _send(self, message)
        except BaseException as error:
            with self._recording():
                failed(connection, record, error)
                if record in connection.leaving:
                    connection.leaving.remove(record)
            raise
        finally:
            if self._log.subscribers:
                self._log.tell(record)

    async def _answer(self, connection: Connection, message: Any) -> None:
        answer = None
        with self._recording():
            answer = self._recorder.answered(connection, message)
        try:
            await _send(self, message)
        except BaseException as error:
            if answer is not None:
                with self._recording():
                    answer.error = storable_error(error)
            raise

    # The end

    def keepalive_timeout(self) -> None:
        """Note that the client has gone silent."""
        if self.connection and not self.close_sent and not self.transport.is_closing():
            self.connection.ending.unanswered_ping = True
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
        ending = connection.ending
        ending.wire_at = perf_counter()
        # What uvicorn itself raises ends the connection too: that is no reset.
        reset = isinstance(exc, OSError)
        ending.tcp = "reset" if reset else "fin" if self._eof else "closed"
        ending.tcp_error = str(exc) if reset else None
        ending.cut = self._in.rest(ending.wire_at)
        if self._parts or ending.cut:
            # A message that never became complete did travel, as far as it came.
            self._arrived(connection, ending.wire_at, (*self._parts, *([ending.cut] if ending.cut else [])))
        self._recorder.heard(connection, "wire")
        if ending.end_record is None:
            # A client on a loop that has stopped will never tell, and a handler may wait for ever.
            self.loop.call_later(PATIENCE, self._tell_the_end, connection)

    def _tell_the_end(self, connection: Connection) -> None:
        if connection.ending.hurry():
            self._recorder.tell_the_end(connection)
