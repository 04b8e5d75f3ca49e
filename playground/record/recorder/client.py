"""What one of our clients sees: its messages, how its connection ends, and its own wire."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from urllib.parse import urlsplit

from playground.common.close_codes import Close
from playground.record.frames import Fragments, Frame
from playground.record.recorder.server import LARGE_MESSAGE, Recorder
from playground.record.recorder.writing import write_parts, write_tcp_end
from playground.record.records import Connection, Received, Record, Sent
from playground.record.storable import (
    storable_close,
    storable_payload,
    storable_text,
)


class ClientWitness:
    """
    Records what one of our clients sees: begins the record of what it sends, completes that of what it gets.

    It is called on the client's loop; the server meets the same connection on its own.

    Args:
        recorder: where connections and their ends are kept.
        name: what the log calls the client.
        ours: tells whether our server is where the client dials.
    """

    def __init__(self, recorder: Recorder, name: str, ours: Callable[[], bool] = lambda: True) -> None:
        self._recorder = recorder
        self._log = recorder.log
        self.name = name
        self.ours = ours
        self.dialled_at = perf_counter()
        self.connection: Connection | None = None
        """The server's side; None until the server has seen the handshake."""
        self._url = ""
        self._gave_up: str | None = None
        """Why the last dial failed."""

    def meet(self, connection: Connection) -> None:
        """Take over a connection whose handshake has just arrived; called by the server, which knows who is awaited."""
        gave_up, self.connection = self._gave_up, connection
        if gave_up is not None:
            # The handshake waited in the socket's queue until nobody was there any more.
            connection.ending.dial_failed = gave_up
            connection.ending.client_at = perf_counter()
            self._recorder.heard(connection, "client")

    def dials(self, url: str) -> None:
        """Note the beginning of a handshake; the address has no secrets."""
        self.dialled_at = perf_counter()
        self.connection, self._gave_up, self._url = None, None, url

    def elsewhere(self) -> None:
        """Begin a connection to a server that is not ours, of which only the client and its own wire tell."""
        self._begin(self._url, elsewhere=True)

    def _begin(self, path: str, *, elsewhere: bool = False) -> Connection:
        """Begin the connection of a handshake that our server does not see."""
        connection = self._recorder.connections.open(path, client=self.name, own=True, elsewhere=elsewhere)
        connection.ending.expect("client")
        self.connection = connection
        record = connection.request = Record("connect", self.dialled_at, connection)
        record.client_at = self.dialled_at
        record.data = f"GET {path}"
        self._log.append(record)
        return connection

    def opened(self, status: int, why: str | None = None) -> None:
        """Note the handshake's answer: 101, or the status of a refusal, and what the client says of that."""
        if self.connection is None and not self.ours():
            # Another program has taken the port of our server, which is stopped.
            self.elsewhere()
        connection = self.connection
        if connection is None:
            return
        record = connection.response
        now = perf_counter()
        if connection.elsewhere and status == 101:
            connection.state = "open"
        if record is None:
            record = Record("accept" if status == 101 else "refuse", now, connection)
            record.code, record.client_at = status, now
            connection.response = record
            connection.state = "open" if status == 101 else "connecting"
            self._log.append(record)
        else:
            record.client_at = now
            self._log.changed(record)
        if status != 101:
            connection.ending.refused = connection.ending.refused or status
            if connection.elsewhere:
                connection.ending.dial_failed = why
            connection.ending.client_at = now
            self._recorder.heard(connection, "client")

    def gave_up(self, why: str) -> None:
        """Note that the handshake had no answer, or none that opens a WebSocket, and why."""
        self._gave_up = why
        connection = self.connection
        if connection is None:
            parts = urlsplit(self._url)
            connection = self._begin(parts.path + (f"?{parts.query}" if parts.query else ""))
        connection.ending.dial_failed = why
        connection.ending.client_at = perf_counter()
        self._recorder.heard(connection, "client")

    def sends(self, data: str | bytes) -> Record | None:
        """Begin a message's record, before any of it travels."""
        connection = self.connection
        if connection is None:
            return None
        record = Record("receive", perf_counter(), connection)
        record.client_at = record.at
        record.data = storable_payload(data)
        self._log.append(record)
        if record.data.__sizeof__() > LARGE_MESSAGE:
            self._log.trim()
        if connection.tapped or not connection.elsewhere:
            connection.from_client.append(record)
        return record

    def failed(self, record: Record | None, why: str) -> None:
        """Note that a message could not be sent."""
        if record is None or record.connection is None:
            return
        if record in record.connection.from_client:
            record.connection.from_client.remove(record)
        record.error = why
        self._log.changed(record)

    def got(self, data: str | bytes) -> None:
        """Complete the record of a message that arrived."""
        connection = self.connection
        if connection is None:
            return
        now = perf_counter()
        if not connection.to_client:
            record = Record("send", now, connection)
            record.data, record.client_at = data, now
            self._log.append(record)
            if data.__sizeof__() > LARGE_MESSAGE:
                self._log.trim()
            return
        record = connection.to_client.popleft()
        record.client_at = now
        if record.data is None and connection.elsewhere:
            # Its own wire saw frames, which may be compressed.
            record.data = data
        elif record.data != data:
            record.client_data = data
        self._log.changed(record)
        if data.__sizeof__() > LARGE_MESSAGE:
            self._log.trim()

    def pings(self, payload: bytes) -> Record | None:
        """Begin the record of a ping."""
        connection = self.connection
        if connection is None:
            return None
        record = Record("ping", perf_counter(), connection)
        record.toward = "in"
        record.client_at = record.at
        connection.expect_pong(payload, record)
        self._log.append(record)
        return record

    def ponged(self, record: Record | None) -> None:
        """Note that the pong came."""
        if record is None or record.connection is None:
            return
        if not record.frames:
            # Where the wire is not recorded, the client's own time is all there is.
            record.ended = perf_counter()
        self._log.changed(record)

    def closes(self, code: int, reason: str) -> None:
        """Begin the record of a close."""
        connection = self.connection
        if connection is None or connection.ending.client_asked or connection.state != "open":
            return
        ending = connection.ending
        ending.client_asked = close = storable_close(code, reason)
        record = Record("disconnect", perf_counter(), connection)
        record.client_at = record.at
        record.client_code, record.client_reason = record.code, record.reason = close
        ending.close_record = record
        self._log.append(record)

    def complained(self, sent: Close, why: str) -> None:
        """Note that the client ended the connection itself, with what Close frame, and what it could not accept."""
        connection = self.connection
        if connection is None:
            return
        connection.ending.client_asked, connection.ending.client_complaint = storable_close(*sent), storable_text(why)
        record = connection.ending.close_record
        if record is not None and record.kind == "disconnect" and record.client_at is None:
            # What its wire or the server's saw first.
            record.client_at = perf_counter()
            record.client_code, record.client_reason = sent.code, why
            self._log.changed(record)

    def refused(self, why: str) -> None:
        """Note what the client could not accept after its own Close frame; it reads nothing any more."""
        if self.connection is not None:
            self.connection.ending.client_refused = storable_text(why)

    def ended(self, code: int | None, reason: str) -> None:
        """Note what the client was told at the end."""
        connection = self.connection
        if connection is None:
            return
        ending = connection.ending
        ending.client_told = storable_close(code, reason)
        ending.client_at = perf_counter()
        self._recorder.heard(connection, "client")

    # Its own wire, where the server is not ours

    def wire_opened(self) -> None:
        """The wire: the socket is connected."""
        if self.connection is not None:
            self.connection.tapped = True

    def wire_asked(self, head: bytes, size: int) -> None:
        """The wire: the handshake's request was sent; its beginning, and the bytes of all of it."""
        connection = self.connection
        if connection is not None and connection.request is not None:
            connection.bytes_in += size
            record = connection.request
            record.wire_at, record.wire, record.head_size = perf_counter(), head, size
            self._log.changed(record)

    def wire_answered(self, status: int, head: bytes, size: int) -> None:
        """The wire: the head of the handshake's answer came; its beginning, and the bytes of all of it."""
        connection = self.connection
        if connection is None:
            return
        connection.bytes_out += size
        record = connection.response = Record("accept" if status == 101 else "refuse", perf_counter(), connection)
        record.code = status
        record.wire_at, record.wire, record.head_size = record.at, head, size
        self._log.append(record)

    def wire_passed(self, size: int, *, sent: bool) -> None:
        """The wire: so many bytes passed after the handshake's heads."""
        connection = self.connection
        if connection is None:
            return
        if sent:
            connection.bytes_in += size
        else:
            connection.bytes_out += size

    def wire_message(self, parts: Fragments, now: float, *, sent: bool) -> None:
        """The wire: the last frame of a message passed."""
        connection = self.connection
        if connection is None:
            return
        waiting = connection.from_client
        if sent and waiting:
            record = waiting.popleft()
        elif len(parts.frames) == 1:
            record = Received() if sent else Sent()
        else:
            # The weight of the quicker two is only that of their payload.
            record = Record("receive" if sent else "send", now)
        record.wire_at = now
        write_parts(record, parts)
        if sent:
            connection.received += 1
        else:
            connection.sent += 1
            connection.to_client.append(record)
        if record.connection is None:
            record.at, record.connection = now, connection
            self._log.append(record)
        else:
            self._log.changed(record)

    def wire_frame(self, frame: Frame, *, sent: bool) -> None:
        """The wire: a frame passed that is no part of a message."""
        if self.connection is None:
            return
        if sent:
            self._recorder.wire_got_frame(self.connection, frame)
        elif frame.opcode == 8:
            self._recorder.wire_sent_frame(self.connection, frame)
        else:
            self._recorder.wire_sent_other(self.connection, frame)

    def wire_lost(self, error: Exception | None, eof: bool, unfinished: Fragments, cut: Frame | None) -> None:
        """
        The wire: TCP ended.

        Args:
            error: what asyncio gives for a reset.
            eof: whether the server's FIN came.
            unfinished: frames from the server of a message that never became complete.
            cut: a frame from the server that had begun and did not end.
        """
        connection = self.connection
        if connection is None:
            return
        now = perf_counter()
        write_tcp_end(connection.ending, error, "closed" if eof else "fin", cut, now)
        if cut:
            unfinished.add(cut)
        if unfinished:
            self.wire_message(unfinished, now, sent=False)
        self._recorder.heard(connection, "wire")
