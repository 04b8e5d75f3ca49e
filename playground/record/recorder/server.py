"""The records of a server's connections and requests: what the wire saw, and the handler."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from time import perf_counter
from typing import Protocol

from starlette.types import Message, Scope

from playground.common.close_codes import Close
from playground.record.autopsy import accounts
from playground.record.connections import HOOK, TAKEN, Connections
from playground.record.events import WITNESSES, Direction, Witness
from playground.record.frames import KEPT, Fragments, Frame
from playground.record.lines import Files, calling_line
from playground.record.recorder.writing import write_death, write_error, write_parts, write_tcp_end
from playground.record.records import Address, Connection, Received, Record, Sent
from playground.record.refusal import Refusal
from playground.record.ring import Ring, weight_of
from playground.record.row import codes_of_the_end
from playground.record.storable import (
    storable_close,
    storable_code,
    storable_error,
    storable_headers,
    storable_payload,
    storable_repr,
    storable_status,
    storable_text,
)

APP_MESSAGES = ("accept", "close", "http.response.start")
"""What an application may send besides messages and a refusal's body, without `websocket.` before it."""

LARGE_MESSAGE = 64 * 1024
"""Messages of more bytes or characters trim the log at once: up to `TRIM_EVERY` of this size may be too much."""

LARGE_HEAD = 4 * 1024
"""A handshake above this size, in bytes, is kept outside the log only while there is room for it."""

HEADS_LIMIT = 16 * 2**20
"""Bytes of such handshakes that connections keep besides the log."""


class Dialled(Protocol):
    """What tells of one of our clients, before the server sees its handshake; `client.ClientWitness`."""

    name: str
    """What the log calls it."""
    dialled_at: float
    """When its handshake began."""

    def meet(self, connection: Connection) -> None:
        """Take over a connection whose handshake has just arrived."""


class Recorder:
    """
    The records of one server's connections and requests.

    Args:
        log: where records go.
        client_at: tells which of our clients has an address, None for a client nobody announced.
        files: returns the source files of all endpoints; see `lines.Files`.
    """

    def __init__(
        self,
        log: Ring,
        client_at: Callable[[Address | None], Dialled | None] = lambda address: None,
        files: Callable[[], Files] = dict,
    ) -> None:
        self.log = log
        self.client_at = client_at
        self.files = files
        self.connections = Connections()
        self._heads: dict[int, int] = {}
        """The sizes of large handshakes by the connection's number, oldest first."""
        self._heads_size = 0
        self._heads_lock = threading.Lock()

    # The handshake

    def handshake_arrived(
        self,
        path: str,
        target: str,
        headers: Iterable[tuple[bytes, bytes]],
        address: Address | None,
        *,
        head: bytes | None = None,
        head_size: int = 0,
        dropped_size: int = 0,
        tapped: bool = False,
        method: str = "GET",
    ) -> Connection:
        """
        Begin a connection with the request of its handshake, and return it.

        Args:
            path, target, headers: of the request; the target is the path with its query, as it was sent.
            address: the client's host and port, None where there is no socket.
            head, head_size: the beginning of the request as it travelled, and how many bytes it has in all.
            dropped_size: bytes that came in one chunk with the request, and that the server drops.
            tapped: whether the bytes on the socket are recorded.
            method: of the request; a handshake's is GET.
        """
        witness = self.client_at(address)
        name = witness.name if witness else None
        connection = self.connections.open(path, client=name, own=witness is not None, tapped=tapped)
        record = connection.request = Record("connect", perf_counter(), connection)
        record.headers = storable_headers(headers)
        record.data = f"{method} {target}"
        awaited: list[Witness] = ["handler"]
        if tapped:
            awaited.append("wire")
            record.wire_at, record.wire, record.head_size = record.at, head, head_size
            connection.bytes_in = head_size + dropped_size
        if witness:
            awaited.append("client")
            record.at = record.client_at = witness.dialled_at
        connection.ending.expect(*awaited)
        self.log.append(record)
        if witness:
            witness.meet(connection)
        return connection

    def handshake_unread(
        self,
        request: str,
        path: str,
        address: Address | None,
        *,
        head: bytes,
        head_size: int,
        dropped_size: int = 0,
        why: str,
        advice: str,
        status: int | None = None,
    ) -> Connection:
        """
        Begin a connection whose handshake the server could not read, and return it; the app is not asked.

        Args:
            request: its method and target, or what came instead.
            path: the path, as far as there is one.
            address, head, head_size, dropped_size: as of `handshake_arrived`.
            why: what is wrong with it.
            advice: what to do.
            status: with which the playground answers, where the server would not.
        """
        method, _, target = request.partition(" ")
        connection = self.handshake_arrived(
            path,
            target,
            (),
            address,
            head=head,
            head_size=head_size,
            dropped_size=dropped_size,
            tapped=True,
            method=method,
        )
        ending = connection.ending
        ending.unread, ending.unread_advice = why, advice
        if connection.request is not None:
            connection.request.error = why
        if status is not None:
            self._playground_answers(connection, status)
        self.heard(connection, "handler")
        return connection

    def app_was_called(self, connection: Connection, task: object = None) -> None:
        """The app was called for a connection, with its handshake, in that task."""
        connection.app_task, connection.app_began = task, perf_counter()
        request = connection.request
        if request is not None and connection.ending.refusal is None:
            request.handler_at = connection.app_began
            self.log.changed(request)

    def app_was_not_asked(self, connection: Connection) -> None:
        """Uvicorn answered a bad handshake itself, so the app never hears of it."""
        self.heard(connection, "handler")

    def handshake_refused(self, connection: Connection, refusal: Refusal) -> None:
        """The playground refuses the handshake before the app is asked; what it answers is not the app's."""
        connection.ending.refusal = refusal
        if connection.request is not None:
            connection.request.handler_at = None
            self.log.changed(connection.request)

    def wire_sent_answer(self, connection: Connection, status: int, head: bytes, size: int) -> None:
        """
        The wire saw the response to the handshake.

        Args:
            connection: whose handshake it is.
            status: its HTTP status.
            head: its beginning.
            size: bytes of all of it.
        """
        connection.bytes_out += size
        record = connection.response
        new = record is None
        if record is None:
            record = connection.response = Record("refuse", perf_counter(), connection)
            record.code = status
        if status != 101:
            # Also where the app has answered otherwise: what it answered with may be nothing that can be sent.
            connection.ending.refused = status
        record.wire_at = perf_counter()
        record.wire, record.head_size = head, size
        if new:
            self.log.append(record)
        else:
            self.log.changed(record)
        self._keep_head(connection)

    def _keep_head(self, connection: Connection) -> None:
        """Let the oldest connections refer to less than their large handshakes where those are too many together."""
        asked, answered = connection.request, connection.response
        size = sum(weight_of(one) for one in (asked, answered) if one is not None)
        if size <= LARGE_HEAD:
            return
        with self._heads_lock:
            self._heads_size += size - self._heads.pop(connection.id, 0)
            self._heads[connection.id] = size
            while self._heads_size > HEADS_LIMIT and len(self._heads) > 1:
                oldest = next(iter(self._heads))
                self._heads_size -= self._heads.pop(oldest)
                known = self.connections.get(oldest)
                if known is not None:
                    known.request, known.response = _without_head(known.request), _without_head(known.response)

    # Messages. What runs for every one does what has to be done and calls next to nothing.

    def wire_got_message(self, connection: Connection, data: bytes, now: float) -> None:
        """The wire saw a message that is one whole frame from the client."""
        size = len(data)
        connection.bytes_in += size
        waiting = connection.from_client
        record = waiting.popleft() if waiting else Received()
        record.wire_at = now
        record.wire = data if size < 128 else data[:KEPT]
        record.wire_size = size
        connection.arrived.append(record)
        if record.connection is None:
            record.at = now
            record.connection = connection
            self.log.append(record)
        else:
            self.log.changed(record)

    def wire_got_parts(self, connection: Connection, parts: Fragments, now: float) -> None:
        """The wire saw a message from the client that came in several frames or chunks."""
        waiting = connection.from_client
        # Not `Received`, whose weight is only that of its payload.
        record = waiting.popleft() if waiting else Record("receive", now, connection)
        record.wire_at = now
        write_parts(record, parts)
        connection.arrived.append(record)
        if not record.seq:
            self.log.append(record)
        else:
            self.log.changed(record)

    def app_received(self, connection: Connection, message: Message) -> None:
        """The app took a message from the client."""
        now = perf_counter()
        # Nobody saw it before us where the wire is not recorded and the client is not ours.
        waiting = connection.arrived if connection.tapped else connection.from_client
        record: Record
        if waiting:
            record = waiting.popleft()
        else:
            record = Received()
            record.at = now
            record.connection = connection
        record.handler_at = now
        data = message.get("text")
        if type(data) is not str:
            data = storable_payload(message.get("bytes") if data is None else data)
        if record.data is None:
            record.data = data
        elif record.data != data:
            record.client_data, record.data = record.data, data
            self.log.weigh(record)
        record.version = connection.version
        connection.received += 1
        connection.current_message = message
        connection.current_record = record
        if HOOK.get() is None:
            # No hook handles it, so a function does: what it sends from now on is because of this message.
            TAKEN.set(record)
        log, number = self.log, record.seq
        if not number:
            log.append(record)
        elif number < log.late_below or log.subscribers or 0 <= record.weight < data.__sizeof__():
            log.changed(record)
        if data and len(data) > LARGE_MESSAGE:
            log.trim()

    def app_sends(self, connection: Connection, message: Message) -> Record:
        """The app sends a message; return its record."""
        record: Record = Sent()
        record.at = record.handler_at = perf_counter()
        record.connection = connection
        text, data = message.get("text"), message.get("bytes")
        if data is None and type(text) is str:
            record.data = text
        elif text is None and type(data) is bytes:
            record.data = data
        else:
            # Not `Sent`, whose weight is only that of its payload.
            at, record = record.at, Record("send", record.at, connection)
            record.handler_at = at
            _write_odd_payload(record, data, text)
        cause = HOOK.get() or TAKEN.get()
        if cause is not None:
            record.cause = cause.seq
        version = connection.version
        record.version, record.line = calling_line(connection.files, version) or (version, None)
        if record.data is not None:
            connection.sent += 1
            if connection.tapped:
                connection.leaving.append(record)
            elif connection.own:
                connection.to_client.append(record)
        self.log.append(record)
        return record

    def playground_sends(self, connection: Connection, message: Message) -> Record:
        """The playground sends a message in the app's place, which is written at once; return its record."""
        record = Record("send", perf_counter(), connection)
        record.playground_at = record.at
        record.data = storable_payload(message.get("text") if message.get("bytes") is None else message["bytes"])
        connection.sent += 1
        if connection.tapped:
            # What the app has sent and is not written yet waits for a slow reader, and comes after it.
            connection.leaving.appendleft(record)
        elif connection.own:
            connection.to_client.append(record)
        self.log.append(record)
        return record

    def app_could_not_send(self, connection: Connection, record: Record, error: BaseException) -> None:
        """The server raised when the app sent what the record tells of: a message, or an answer."""
        record.error, record.error_type = storable_error(error), storable_text(type(error).__name__)
        if record.error_type == "ClientDisconnected" and record is connection.response and record.wire_at is None:
            # uvicorn sends nothing then.
            connection.ending.refused = None
            connection.ending.close_record = connection.ending.close_record or record
        if record.kind == "send" and record.data is not None:
            connection.sent -= 1
            for queue in (connection.leaving, connection.to_client):
                if record in queue:
                    queue.remove(record)
        if record.weight >= 0:
            self.log.weigh(record)

    def wire_sent_message(self, connection: Connection, data: bytes) -> None:
        """The wire saw the oldest message that the app has sent, as one whole frame."""
        record = connection.leaving.popleft()
        record.wire_at = perf_counter()
        record.wire_size = size = len(data)
        record.wire = data if size < 128 else data[:KEPT]
        connection.bytes_out += size
        # The first byte tells whether what travels is compressed (RSV1).
        if size > LARGE_MESSAGE or (data[0] > 0xC0 and record.data and len(record.data) > LARGE_MESSAGE):
            self.log.trim()
        if record.seq < self.log.late_below:
            # It waited for a slow reader.
            self.log.changed(record)
        if connection.own:
            connection.to_client.append(record)

    # Other frames

    def wire_got_bytes(self, connection: Connection, size: int) -> None:
        """The wire saw bytes from the client that are not just whole messages."""
        connection.bytes_in += size

    def wire_sent_bytes(self, connection: Connection, size: int) -> None:
        """The wire saw bytes to the client that are not just one whole message."""
        connection.bytes_out += size

    def wire_got_frame(self, connection: Connection, frame: Frame) -> None:
        """The wire saw a frame from the client that is no part of a message."""
        if frame.opcode == 8:
            self._wire_got_close(connection, frame)
        else:
            self._wire_saw_heartbeat(connection, frame, "in")

    def wire_sent_frame(self, connection: Connection, frame: Frame) -> None:
        """The wire saw a frame to the client, of a message or not."""
        if frame.opcode == 8:
            self._wire_sent_close(connection, frame)
        elif frame.opcode > 8:
            self._wire_saw_heartbeat(connection, frame, "out")
        elif connection.leaving:
            record = connection.leaving.popleft()
            record.wire_at, record.parts = frame.at, (frame,)
            if connection.own:
                connection.to_client.append(record)

    def wire_sent_other(self, connection: Connection, frame: Frame) -> None:
        """The wire saw a ping, a pong or a frame with a reserved opcode to the client."""
        self._wire_saw_heartbeat(connection, frame, "out")

    def wire_dropped(self, connection: Connection, frame: Frame, why: str) -> None:
        """The wire saw a frame that the server drops: no message, ping or end will come of it."""
        self._wire_saw_stray(connection, frame, "in", why)

    def _wire_saw_heartbeat(self, connection: Connection, frame: Frame, direction: Direction) -> None:
        """Record a ping, or the pong that completes one."""
        ping = connection.ping_with(frame.payload)
        if ping is not None and frame.opcode == 10 and ping.toward != direction:
            ping.answer = frame
            self.log.changed(ping)
            return
        if ping is not None and frame.opcode == 9 and ping.toward == direction and ping.wire_at is None:
            ping.wire_at, ping.parts = frame.at, (frame,)
            self.log.changed(ping)
            return
        record = self._wire_saw_stray(connection, frame, direction)
        if frame.opcode == 9:
            connection.expect_pong(frame.payload, record)

    def _wire_saw_stray(
        self, connection: Connection, frame: Frame, direction: Direction, error: str | None = None
    ) -> Record:
        """Record a frame that belongs to nothing else; those with reserved opcodes uvicorn will refuse."""
        record = Record({9: "ping", 10: "pong"}.get(frame.opcode, "frame"), frame.at, connection)
        record.toward = direction
        record.error = error
        if record.kind == "frame" and error is None:
            record.reason = frame.name if frame.code is None else f"{frame.name} {frame.code}"
        record.wire_at, record.parts = frame.at, (frame,)
        self.log.append(record)
        return record

    def _wire_got_close(self, connection: Connection, frame: Frame) -> None:
        ending = connection.ending
        if ending.close_in is not None:
            # Nobody should send a second one.
            self._wire_saw_stray(connection, frame, "in")
            return
        ending.close_in = Close(frame.code, frame.reason)
        if not self._answers_close(ending.close_out is not None, connection, frame):
            ending.first_close = ending.first_close or "in"
            self._wire_saw_close(connection, "disconnect", frame, ending.close_in)

    def _wire_sent_close(self, connection: Connection, frame: Frame) -> None:
        ending = connection.ending
        ending.close_out = Close(frame.code, frame.reason)
        if not self._answers_close(ending.close_in is not None, connection, frame):
            ending.first_close = ending.first_close or "out"
            self._wire_saw_close(connection, "close", frame, ending.close_out)

    def _answers_close(self, asked: bool, connection: Connection, frame: Frame) -> bool:
        """Complete the record of the other side's Close frame, and return whether there is one."""
        record = connection.ending.close_record
        if not asked or record is None:
            return False
        record.answer = frame
        self.log.changed(record)
        return True

    def _wire_saw_close(self, connection: Connection, kind: str, frame: Frame, close: Close) -> None:
        """Record the first Close frame, in the record of who asked for it if somebody did."""
        record = connection.ending.close_record
        new = record is None or record.kind != kind
        if record is None or new:
            record = connection.ending.close_record = Record(kind, frame.at, connection)
            record.code, record.reason = close
        record.wire_at, record.parts = frame.at, (frame,)
        if new:
            self.log.append(record)
        else:
            self.log.changed(record)

    # What the app answers to the handshake, and how it closes

    def app_answers(self, connection: Connection, message: Message) -> Record | None:
        """The app sends an accept, a close or a refusal; return its record, None for a refusal's body."""
        if not isinstance(message, Mapping) or "type" not in message:
            return self._app_sent_no_message(connection, message)
        kind = storable_text(message["type"]).removeprefix("websocket.")
        if kind == "http.response.body":
            return None
        if connection.ending.refusal is not None:
            return self._playground_answers(connection, storable_status(message.get("status", 403))[0])
        # A close before accept is answered with HTTP 403; its close code reaches nobody (ASGI, "Close").
        refused = kind == "http.response.start" or (kind == "close" and connection.state == "connecting")
        known = kind in APP_MESSAGES
        record = Record("refuse" if refused else kind if known else "error", perf_counter(), connection)
        record.handler_at = record.at
        if not known:
            # The server refuses it, and why is added then.
            record.data = f"the app sent an ASGI message of type {storable_repr(message['type'])}"
        elif refused:
            record.code, record.reason = storable_status(message.get("status", 403))
            if connection.ending.wire_at is None:
                # After the end it reaches nobody.
                connection.ending.refused = record.code
            connection.response = record
            if kind == "close":
                code = storable_code(message.get("code", 1000))
                record.data = f"the app closed{f' with {code}' if code else ''} before it accepted"
        elif kind == "accept":
            _write_accept(connection, record, message)
        if kind == "close":
            close = storable_close(message.get("code", 1000), message.get("reason"))
            connection.ending.handler_asked = close
            connection.code, connection.reason = close
            if not refused:
                record.code, record.reason = close
                connection.ending.close_record = connection.ending.close_record or record
        version = connection.version
        record.version, record.line = calling_line(connection.files, version) or (version, None)
        self.log.append(record)
        return record

    def _app_sent_no_message(self, connection: Connection, message: object) -> Record:
        """Record what the app sent instead of an ASGI message; the server raises, and why is added then."""
        record = Record("error", perf_counter(), connection)
        record.handler_at = record.at
        record.data = f"the app sent what is no ASGI message: {storable_repr(message)}"
        version = connection.version
        record.version, record.line = calling_line(connection.files, version) or (version, None)
        self.log.append(record)
        return record

    def _playground_answers(self, connection: Connection, status: int | None) -> Record:
        """Record the answer to a handshake that the app is not asked about; no witness but the wire tells of it."""
        record = connection.response = Record("refuse", perf_counter(), connection)
        record.playground_at = record.at
        record.code = connection.ending.refused = status
        self.log.append(record)
        return record

    # The end

    def app_told_of_end(self, connection: Connection, message: Message) -> None:
        """The app received `websocket.disconnect`."""
        ending = connection.ending
        close = storable_close(message.get("code"), message.get("reason"))
        ending.handler_told = close
        connection.code, connection.reason = close
        connection.state = "closed"
        record = ending.close_record
        known = record is not None and record.handler_at is None
        if record is None or not known:
            record = Record("disconnect", perf_counter(), connection)
        record.handler_at = perf_counter()
        record.code, record.reason = close
        connection.current_record = record
        if known:
            self.log.changed(record)
        else:
            self.log.append(record)

    def app_raised(self, connection: Connection, error: BaseException) -> None:
        """The app's call for a connection raised; a hook's event may tell of that already."""
        if connection.reported_error is error:
            return
        record = Record("error", perf_counter(), connection)
        write_error(record, error, connection.files)
        connection.ending.raised = connection.ending.raised or record
        self.log.append(record)

    def app_returned(self, connection: Connection) -> None:
        """The app's call for a connection came to its end without an exception."""
        connection.ending.returned = True

    def app_is_done(self, connection: Connection) -> None:
        """The app's call for a connection is over, one way or the other."""
        connection.reported_error = connection.app_task = None
        connection.app_ended = perf_counter()
        if not connection.tapped:
            connection.state = "closed"
        self.heard(connection, "handler")

    def server_stops(self) -> None:
        """The server is being stopped, which ends the connections that are open."""
        for connection in list(self.connections.values()):
            if connection.state != "closed" and not connection.elsewhere:
                connection.ending.stopping = True

    def process_forks(self, connection: Connection, socket: int) -> None:
        """The process is being forked while a connection's socket, which has that number, is open."""
        connection.ending.forked_socket = socket

    def wire_refused(self, connection: Connection, why: str, *, bad_reason: bool = False) -> None:
        """
        The server's protocol implementation refused what came.

        Args:
            connection: whose client sent it.
            why: what was wrong.
            bad_reason: whether that is the reason of a Close frame, which is not UTF-8.
        """
        ending = connection.ending
        ending.violation, ending.bad_reason = why, bad_reason
        record = ending.close_record
        if ending.first_close == "in" and ending.close_in is not None and record is not None:
            record.error = f"the server did not take the client's Close {ending.close_in}: {why}"
            self.log.changed(record)

    def server_failed(self, connection: Connection, error: BaseException) -> None:
        """The server raised while it read what the client sent, which drops the connection."""
        connection.ending.server_error = storable_error(error)

    def wire_had_no_pong(self, connection: Connection) -> None:
        """The server's ping had no pong in time."""
        connection.ending.unanswered_ping = True

    def wire_ended(
        self, connection: Connection, error: Exception | None, eof: bool, unfinished: Fragments, cut: Frame | None
    ) -> None:
        """
        The TCP connection ended.

        Args:
            connection: the one that is over.
            error: what asyncio gives for a reset.
            eof: whether the client's FIN came.
            unfinished: frames of a message that never became complete.
            cut: a frame that had begun and did not end.
        """
        now = perf_counter()
        write_tcp_end(connection.ending, error, "fin" if eof else "closed", cut, now)
        if cut:
            unfinished.add(cut)
        if unfinished:
            # A message that never became complete did travel, as far as it came.
            self.wire_got_parts(connection, unfinished, now)
        self.heard(connection, "wire")

    def end_now(self, connection: Connection) -> None:
        """Write the end without waiting any longer for a witness that has not reported it."""
        if connection.ending.expect_no_more():
            self._write_end(connection)

    def heard(self, connection: Connection, witness: Witness) -> None:
        """A witness has reported the end; write it when all have, and complete it for one that comes after that."""
        if connection.ending.heard(witness):
            self._write_end(connection)
        elif connection.ending.end_record is not None:
            _complete_end(connection)
            self.log.changed(connection.ending.end_record)

    def _write_end(self, connection: Connection) -> None:
        """Append the last row of a connection."""
        connection.state = "closed"
        connection.current_message = None
        connection.pings.clear()
        for missed in (connection.from_client, connection.arrived, connection.leaving, connection.to_client):
            while missed:
                self.log.changed(_never_taken(missed.popleft()))
        record = connection.ending.end_record = Record("end", perf_counter(), connection)
        record.version = connection.version
        _complete_end(connection)
        self.log.append(record)
        self.connections.forget_oldest()
        with self._heads_lock:
            for number in [one for one in self._heads if one not in self.connections]:
                self._heads_size -= self._heads.pop(number)

    # HTTP

    def request_arrived(self, scope: Scope) -> Record:
        """The app is called for an HTTP request; return its record."""
        record = Record("request", perf_counter())
        record.path = scope["path"]
        record.headers = storable_headers(scope["headers"])
        path = (scope.get("raw_path") or scope["path"].encode(errors="replace")).decode("latin-1")
        query = scope.get("query_string", b"").decode("latin-1")
        record.data = f"{scope['method']} {path}" + (f"?{query}" if query else "")
        self.log.append(record)
        self._note_handshake_taken_for_a_request(record)
        return record

    def _note_handshake_taken_for_a_request(self, request: Record) -> None:
        """Say why a WebSocket's handshake came as a plain request: what names the upgrade is missing, or not alone."""
        headers = {bytes(name).lower(): bytes(value) for name, value in request.headers}
        if b"sec-websocket-key" not in headers:
            return
        told = ", ".join(
            f"{name} is {headers[name.lower().encode()].decode('latin-1')!r}"
            if name.lower().encode() in headers
            else f"{name} is missing"
            for name in ("Connection", "Upgrade")
        )
        note = Record("log", perf_counter())
        note.path, note.cause = request.path, request.seq
        note.data = "a WebSocket's handshake came as a plain request, so no WebSocket was opened"
        note.error = f"{told}: uvicorn takes it only with Connection: Upgrade and Upgrade: websocket"
        self.log.append(note)

    def request_answered(self, request: Record, status: object) -> None:
        """The app began its response."""
        response = Record("response", perf_counter())
        response.path = request.path
        response.version = request.version
        response.code, response.reason = storable_status(status)
        request.code = response.code
        response.cause = request.seq
        self.log.append(response)

    def request_ended(self, request: Record) -> None:
        """The app's call for a request is over."""
        request.ended = perf_counter()
        self.log.finished(request)

    # What nobody awaits

    def died(
        self,
        task: str,
        error: BaseException,
        hook: Record | None,
        connection: Connection | None,
        *,
        exits: bool = False,
        output: Iterable[tuple[str, str]] = (),
    ) -> None:
        """
        A task died, and nobody has awaited it.

        Args:
            task: what it is called.
            error: its exception.
            hook: the hook or request that started it.
            connection: whose hook that is.
            exits: whether its exception ends the process under plain uvicorn.
            output: what it said last.
        """
        end = "plain uvicorn would have exited here" if exits else "nobody has awaited it yet"
        write_death(self.log, task, error, hook, connection, self.files(), end, output)

    def loop_reported(
        self, message: str, task: str | None, error: object, hook: Record | None, connection: Connection | None
    ) -> None:
        """The event loop reported something that went wrong, such as in a callback."""
        record = Record("error", perf_counter(), connection)
        record.task, record.cause = task, hook.seq if hook else None
        record.data = storable_text(message)
        if connection is None and hook is not None:
            record.path = hook.path
        if isinstance(error, BaseException):
            write_error(record, error, self.files())
        self.log.append(record)


def _without_head(record: Record | None) -> Record | None:
    """Return what a connection needs of its handshake's record; the log has its own, with all of it."""
    if record is None:
        return None
    light = copy(record)
    light.headers, light.wire = (), None
    return light


def _write_accept(connection: Connection, record: Record, message: Message) -> None:
    if connection.state == "connecting":
        connection.state = "open"
    connection.response = record
    record.code = 101
    subprotocol = storable_text(message.get("subprotocol"))
    record.data = f"subprotocol {subprotocol}" if subprotocol else None
    record.headers = storable_headers(message.get("headers"))


def _write_odd_payload(record: Record, data: object, text: object) -> None:
    """Write down what is neither just text nor just bytes; where both are given, uvicorn sends the bytes."""
    record.data = storable_payload(text if data is None else data)
    if record.data is None:
        record.reason = "neither text nor bytes were given, so nothing was sent"
    elif data is not None and text is not None:
        record.reason = f"text was given too, and is not sent: {storable_repr(text)}"


def _never_taken(message: Record) -> Record:
    """Say of a message that only the wire saw why it has no payload, and return it."""
    if message.data is None and message.wire_at is not None and message.reason is None:
        message.reason = f"never reached the {'app' if message.kind == 'receive' else 'client'} as a message"
    return message


def _complete_end(connection: Connection) -> None:
    """Write into the last row what the witnesses have reported."""
    ending, record = connection.ending, connection.ending.end_record
    if record is None:
        return
    record.client_at, record.wire_at = ending.client_at, ending.wire_at
    if ending.client_told:
        record.client_code, record.client_reason = ending.client_told
    codes = codes_of_the_end(connection)
    record.code = next((codes[witness] for witness in WITNESSES if witness in codes), None)
    record.data = accounts.short(connection)
