"""What every tap writes down about a connection: its handshake, its messages, its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter

from starlette.types import Message

from playground.record.autopsy import accounts
from playground.record.connections import HOOK, Address, Connection, Connections
from playground.record.events import WITNESSES, Received, Record, Sent, Witness
from playground.record.lines import calling_line, describe_error
from playground.record.log import Log
from playground.record.row import codes_of_the_end
from playground.record.storable import (
    storable_close,
    storable_error,
    storable_headers,
    storable_payload,
    storable_repr,
    storable_status,
    storable_text,
)

ANSWERS = ("accept", "close", "http.response.start")
"""What an application may send besides messages and a refusal's body, without `websocket.` before it."""


class Recorder:
    """
    The records of one server's connections.

    Args:
        log: where records go.
        client_at: tells which of our clients has an address, None for a client nobody announced.
    """

    def __init__(
        self, log: Log, client_at: Callable[[Address | None], ClientWitness | None] = lambda address: None
    ) -> None:
        self.log = log
        self.client_at = client_at
        self.connections = Connections()

    def open(
        self, path: str, target: str, headers: Iterable[tuple[bytes, bytes]], address: Address | None, **values: bool
    ) -> Record:
        """Return the record of a new connection's handshake, to be completed and appended."""
        witness = self.client_at(address)
        name = witness.name if witness else None
        connection = self.connections.open(path, client=name, own=witness is not None, **values)
        # The handshake arrived before the app asked for it, and an app that refuses may never ask.
        now = perf_counter()
        record = Record("connect", now, connection)
        connection.asked = record
        record.handler_at = now
        record.headers = storable_headers(headers)
        record.data = f"GET {target}"
        awaited: list[Witness] = ["handler"]
        if connection.tapped:
            awaited.append("wire")
        if witness:
            awaited.append("client")
            record.at = record.client_at = witness.dialled_at
            witness.meet(connection)
        connection.ending.wait_for(*awaited)
        return record

    def heard(self, connection: Connection, witness: Witness) -> None:
        """Take note that a witness has said its last word; tell the end when all have, and again for a late one."""
        if connection.ending.heard(witness):
            self.tell_the_end(connection)
        elif connection.ending.end_record is not None:
            complete_the_end(connection)
            self.log.changed(connection.ending.end_record)

    def tell_the_end(self, connection: Connection) -> None:
        """Append the last row of a connection."""
        ending = connection.ending
        connection.state = "closed"
        for missed in (connection.from_client, connection.arrived, connection.leaving, connection.to_client):
            while missed:
                self.log.changed(missed.popleft())
        record = Record("end", perf_counter(), connection)
        record.version = connection.version
        ending.end_record = record
        complete_the_end(connection)
        self.log.append(record)
        self.connections.forget_oldest()

    def disconnected(self, connection: Connection, message: Message) -> None:
        """Record that the app was told of the end."""
        ending = connection.ending
        close = storable_close(message.get("code"), message.get("reason"))
        ending.handler_told = close
        connection.code, connection.reason = close
        connection.state = "closed"
        record = ending.closing
        known = record is not None and record.handler_at is None
        if record is None or not known:
            record = Record("disconnect", perf_counter(), connection)
        record.handler_at = perf_counter()
        record.code, record.reason = close
        if known:
            self.log.changed(record)
        else:
            self.log.append(record)

    def answered(self, connection: Connection, message: Message) -> Record | None:
        """Record an accept, a close or a refusal; None for what is none of them."""
        kind = storable_text(message["type"]).removeprefix("websocket.")
        if kind == "http.response.body":
            return None
        if kind not in ANSWERS:
            return self._no_answer(connection, message["type"])
        # A close before accept is answered with HTTP 403; its close code reaches nobody (ASGI, "Close").
        refused = kind == "http.response.start" or (kind == "close" and connection.state == "connecting")
        record = Record("refuse" if refused else kind, perf_counter(), connection)
        record.handler_at = record.at
        if refused:
            record.code, record.reason = storable_status(message.get("status", 403))
            connection.ending.refused = record.code
            connection.answered = record
        elif kind == "accept":
            if connection.state == "connecting":
                connection.state = "open"
            connection.answered = record
            record.code = 101
            subprotocol = storable_text(message.get("subprotocol"))
            record.data = f"subprotocol {subprotocol}" if subprotocol else None
            record.headers = storable_headers(message.get("headers"))
        if kind == "close":
            close = storable_close(message.get("code", 1000), message.get("reason"))
            connection.ending.handler_asked = close
            connection.code, connection.reason = close
            if not refused:
                record.code, record.reason = close
                connection.ending.closing = connection.ending.closing or record
        version = connection.version
        record.version, record.line = calling_line(connection.files, version) or (version, None)
        self.log.append(record)
        return record

    def _no_answer(self, connection: Connection, kind: object) -> Record:
        """Record a message that is none of an application's; the server refuses it, and why is added then."""
        record = Record("error", perf_counter(), connection)
        record.handler_at = record.at
        record.data = f"the app sent an ASGI message of type {storable_repr(kind)}"
        version = connection.version
        record.version, record.line = calling_line(connection.files, version) or (version, None)
        self.log.append(record)
        return record

    def escaped(self, connection: Connection, error: BaseException) -> None:
        """Record what an application raised, unless a hook's event tells of it already."""
        if connection.reported is error:
            return
        record = Record("error", perf_counter(), connection)
        describe_error(record, error, connection.files)
        connection.ending.raised = connection.ending.raised or record
        self.log.append(record)


def complete_the_end(connection: Connection) -> None:
    """Write into the last row what the witnesses told."""
    ending, record = connection.ending, connection.ending.end_record
    if record is None:
        return
    record.client_at, record.wire_at = ending.client_at, ending.wire_at
    if ending.client_told:
        record.client_code, record.client_reason = ending.client_told
    codes = codes_of_the_end(connection)
    record.code = next((codes[witness] for witness in WITNESSES if witness in codes), None)
    record.data = accounts.short(connection)


# What follows runs for every message, so it does what has to be done and calls next to nothing.


def received(connection: Connection, message: Message) -> Record:
    """Complete a message's record as the app receives it; one without a number is not in the log yet."""
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
    record.version = connection.version
    connection.received += 1
    connection.taken = message
    connection.handled = record
    return record


def sent(connection: Connection, message: Message) -> Record:
    """Return the record of a message the app sends."""
    record: Record = Sent()
    record.at = record.handler_at = perf_counter()
    record.connection = connection
    text, data = message.get("text"), message.get("bytes")
    if data is None and type(text) is str:
        record.data = text
    elif text is None and type(data) is bytes:
        record.data = data
    else:
        _oddly_sent(record, data, text)
    hook = HOOK.get()
    if hook is not None:
        record.cause = hook.seq
    version = connection.version
    record.version, record.line = calling_line(connection.files, version) or (version, None)
    connection.sent += record.data is not None
    return record


def _oddly_sent(record: Record, data: object, text: object) -> None:
    """Write down what is neither just text nor just bytes; where both are given, uvicorn sends the bytes."""
    record.data = storable_payload(text if data is None else data)
    if record.data is None:
        record.reason = "neither text nor bytes were given, so nothing was sent"
    elif data is not None and text is not None:
        record.reason = f"text was given too, and is not sent: {storable_repr(text)}"


def failed(connection: Connection, record: Record, error: BaseException) -> None:
    """Write into a sent message's record that it could not be sent."""
    record.error = storable_error(error)
    connection.sent -= record.data is not None


class ClientWitness:
    """
    The client's testimony: it begins the record of what it sends, and completes that of what it gets.

    It is called on the client's loop; the server meets the same connection on its own.

    Args:
        recorder: where connections and their ends are kept.
        name: what the log calls the client.
    """

    def __init__(self, recorder: Recorder, name: str) -> None:
        self._recorder = recorder
        self._log = recorder.log
        self.name = name
        self.dialled_at = perf_counter()
        self.connection: Connection | None = None
        """The server's side; None until the server has seen the handshake."""

    def meet(self, connection: Connection) -> None:
        """Take over a connection whose handshake has just arrived; called by the server."""
        self.connection = connection

    def dials(self) -> None:
        """Note the beginning of a handshake."""
        self.dialled_at = perf_counter()
        self.connection = None

    def elsewhere(self, url: str) -> None:
        """Begin a connection to a server that is not ours, of which only the client tells."""
        connection = self._recorder.connections.open(url, client=self.name, own=True, elsewhere=True)
        connection.ending.wait_for("client")
        self.connection = connection
        record = Record("connect", self.dialled_at, connection)
        record.client_at = self.dialled_at
        record.data = f"GET {url}"
        self._log.append(record)

    def opened(self, status: int, data: str | None = None) -> None:
        """Note the handshake's answer: 101, or the status of a refusal."""
        connection = self.connection
        if connection is None:
            return
        record = connection.answered
        now = perf_counter()
        if record is None:
            record = Record("accept" if status == 101 else "refuse", now, connection)
            record.data, record.code, record.client_at = data, status, now
            connection.answered = record
            connection.state = "open" if status == 101 else "connecting"
            self._log.append(record)
        else:
            record.client_at = now
            self._log.changed(record)
        if status != 101:
            connection.ending.refused = connection.ending.refused or status
            connection.ending.client_at = now
            self._recorder.heard(connection, "client")

    def gave_up(self) -> None:
        """Note that the handshake had no answer."""
        if self.connection is not None:
            self._recorder.heard(self.connection, "client")

    def sends(self, data: str | bytes) -> Record | None:
        """Begin a message's record, before any of it travels."""
        connection = self.connection
        if connection is None:
            return None
        record = Record("receive", perf_counter(), connection)
        record.client_at = record.at
        record.data = storable_payload(data)
        self._log.append(record)
        if not connection.elsewhere:
            connection.from_client.append(record)
        return record

    def failed(self, record: Record | None, why: str) -> None:
        """Note that a message, a ping or a close could not be sent."""
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
            return
        record = connection.to_client.popleft()
        record.client_at = now
        if record.data != data:
            record.client_data = data
        self._log.changed(record)

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
        ending.closing = record
        self._log.append(record)

    def ended(self, code: int | None, reason: str) -> None:
        """Note what the client was told at the end."""
        connection = self.connection
        if connection is None:
            return
        ending = connection.ending
        ending.client_told = storable_close(code, reason)
        ending.client_at = perf_counter()
        self._recorder.heard(connection, "client")
