"""The ASGI side of a server: every message between it and the app becomes an event, and nothing else changes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.core.connections import CONNECTION, HOOK, Connection
from playground.core.events import Record
from playground.core.lines import calling_line, describe_error, error_text
from playground.core.log import Log, as_payload
from playground.net.output import renew as renew_output

ENDED = 200
"""Ended connections that are remembered, for the panel and for questions afterwards."""


class Tap:
    """
    An ASGI app around another, recording what passes.

    Args:
        app: a function returning the app to serve now; asked once per connection.
        log: where events go.
        name_of: tells the client's name from its address, None for a client nobody announced.
    """

    def __init__(
        self,
        app: Callable[[], ASGIApp],
        log: Log,
        name_of: Callable[[tuple[str, int] | None], str | None] = lambda address: None,
    ) -> None:
        self.app = app
        self.log = log
        self.name_of = name_of
        self.connections: dict[int, Connection] = {}
        """Open connections and the last `ENDED` ended ones, by id, oldest first."""
        self._ids = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self.app()(scope, receive, send)

    def _record(self, kind: str, connection: Connection) -> Record:
        return Record(kind, perf_counter(), connection.id, connection.client, connection.path)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = self._open(scope)
        CONNECTION.set(connection)
        renew_output()

        async def tapped_receive() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive":
                self._received(connection, message)
            elif message["type"] == "websocket.disconnect":
                self._disconnected(connection, message)
            return message

        async def tapped_send(message: Message) -> None:
            sends = message["type"] == "websocket.send"
            record = self._sent(connection, message) if sends else self._answered(connection, message)
            try:
                await send(message)
            except BaseException as error:
                if record is not None:
                    record.error = error_text(error)
                    connection.sent -= record.kind == "send"
                raise

        try:
            await self.app()(scope, tapped_receive, tapped_send)
        except BaseException as error:
            self._escaped(connection, error)
            raise
        finally:
            connection.state = "closed"
            connection.reported = None
            self._forget_oldest()

    def _open(self, scope: Scope) -> Connection:
        address = scope.get("client")
        name = self.name_of((address[0], address[1]) if address else None)
        connection = Connection(next(self._ids), scope["path"], name)
        self.connections[connection.id] = connection
        # The handshake arrived before the app asked for it, and an app that refuses may never ask.
        record = self._record("connect", connection)
        record.headers = scope["headers"]
        query = scope.get("query_string", b"").decode("latin-1")
        record.data = f"GET {scope['path']}" + (f"?{query}" if query else "")
        self.log.append(record)
        return connection

    # The next two run for every message, so they do what has to be done and call next to nothing.

    def _received(self, connection: Connection, message: Message) -> None:
        record = Record("receive", perf_counter(), connection.id, connection.client, connection.path)
        text = message.get("text")
        record.data = message.get("bytes") if text is None else text
        record.version = connection.version
        connection.received += 1
        self.log.append(record)

    def _sent(self, connection: Connection, message: Message) -> Record:
        record = Record("send", perf_counter(), connection.id, connection.client, connection.path)
        text = message.get("text")
        data = message.get("bytes") if text is None else text
        record.data = data if type(data) is str else as_payload(data)
        connection.sent += 1
        version = connection.version
        record.version, record.line = calling_line(connection.files, version) or (version, None)
        self.log.append(record)
        return record

    def _disconnected(self, connection: Connection, message: Message) -> None:
        record = self._record("disconnect", connection)
        connection.code = record.code = message.get("code")
        connection.reason = record.reason = message.get("reason") or ""
        connection.state = "closed"
        self.log.append(record)

    def _answered(self, connection: Connection, message: Message) -> Record | None:
        """Record an accept, a close or a refusal."""
        kind = message["type"].removeprefix("websocket.")
        if kind == "http.response.body":
            return None
        # A close before accept is answered with HTTP 403; its close code reaches nobody (ASGI, "Close").
        refused = kind == "http.response.start" or (kind == "close" and connection.state == "connecting")
        record = self._record("refuse" if refused else kind, connection)
        if refused:
            record.code = message.get("status", 403)
        elif kind == "accept":
            connection.state = "open"
            record.code = 101
            record.data = message.get("subprotocol") and f"subprotocol {message['subprotocol']}"
            record.headers = message.get("headers") or ()
        elif kind == "close":
            connection.code = record.code = message.get("code", 1000)
            connection.reason = record.reason = message.get("reason") or ""
        version = connection.version
        record.version, record.line = calling_line(connection.files, version) or (version, None)
        self.log.append(record)
        return record

    def _escaped(self, connection: Connection, error: BaseException) -> None:
        if connection.reported is error:
            return
        record = self._record("error", connection)
        describe_error(record, error, connection.files)
        self.log.append(record)

    def _forget_oldest(self) -> None:
        ended = [one.id for one in self.connections.values() if one.state == "closed"]
        for number in ended[:-ENDED]:
            del self.connections[number]

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Record("request", perf_counter())
        request.path = scope["path"]
        request.headers = scope["headers"]
        request.data = f"{scope['method']} {scope['path']}"
        HOOK.set(request)
        renew_output()
        self.log.append(request)

        async def tapped_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._responded(request, message["status"])
            await send(message)

        try:
            await self.app()(scope, receive, tapped_send)
        except BaseException as error:
            if request.error is None:
                describe_error(request, error, {})
            raise
        finally:
            request.ended = perf_counter()
            self.log.finished(request)

    def _responded(self, request: Record, status: int) -> None:
        response = Record("response", perf_counter())
        response.path = request.path
        response.version = request.version
        response.code = request.code = status
        self.log.append(response)
