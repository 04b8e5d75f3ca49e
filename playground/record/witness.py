"""What one of our own clients sees, as records in the log of the server it talks to."""

from __future__ import annotations

from time import perf_counter

from playground.record.connections import Connection
from playground.record.events import Record
from playground.record.recorder import Recorder
from playground.record.storable import storable_close, storable_payload


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
