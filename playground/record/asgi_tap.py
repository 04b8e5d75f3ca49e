"""
What a server and an app say to each other becomes records, and nothing else changes.

Where the server's protocol class is `wire.TappedProtocol`, that class records messages in the same place as frames, and
this only runs the app. Under any other (wsproto, an app in memory) the ASGI messages are recorded here.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.record.connections import CONNECTION, HOOK, Connection
from playground.record.events import Record
from playground.record.lines import describe_error
from playground.record.output import renew as renew_output
from playground.record.recorder import Recorder, failed, received, sent
from playground.record.storable import storable_error, storable_headers, storable_status


class Tap:
    """
    An ASGI app around another, recording what passes.

    Args:
        app: a function returning the app to serve now; asked once per connection.
        recorder: where records go.
    """

    def __init__(self, app: Callable[[], ASGIApp], recorder: Recorder) -> None:
        self.app = app
        self.recorder = recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self.app()(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = getattr(getattr(receive, "__self__", None), "connection", None)
        if not isinstance(connection, Connection):
            connection = self._open(scope)
            receive, send = _taps(self.recorder, connection, receive, send)
        CONNECTION.set(connection)
        renew_output()
        try:
            await self.app()(scope, receive, send)
        except BaseException as error:
            self.recorder.escaped(connection, error)
            raise
        else:
            connection.ending.returned = True
        finally:
            connection.reported = None
            if not connection.tapped:
                connection.state = "closed"
            self.recorder.heard(connection, "handler")

    def _open(self, scope: Scope) -> Connection:
        query = scope.get("query_string", b"").decode("latin-1")
        target = scope["path"] + (f"?{query}" if query else "")
        address = scope.get("client")
        peer = (address[0], address[1]) if address else None
        record = self.recorder.open(scope["path"], target, scope["headers"], peer)
        assert record.connection is not None
        self.recorder.log.append(record)
        return record.connection

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Record("request", perf_counter())
        request.path = scope["path"]
        request.headers = storable_headers(scope["headers"])
        request.data = f"{scope['method']} {scope['path']}"
        HOOK.set(request)
        renew_output()
        self.recorder.log.append(request)

        async def tapped_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._responded(request, message.get("status"))
            await send(message)

        try:
            await self.app()(scope, receive, tapped_send)
        except BaseException as error:
            if request.error is None:
                describe_error(request, error, {})
            raise
        finally:
            request.ended = perf_counter()
            self.recorder.log.finished(request)

    def _responded(self, request: Record, status: object) -> None:
        response = Record("response", perf_counter())
        response.path = request.path
        response.version = request.version
        response.code, response.reason = storable_status(status)
        request.code = response.code
        response.cause = request.seq
        self.recorder.log.append(response)


def _taps(recorder: Recorder, connection: Connection, receive: Receive, send: Send) -> tuple[Receive, Send]:
    log = recorder.log

    async def tapped_receive() -> Message:
        message = await receive()
        if message["type"] == "websocket.receive":
            record = received(connection, message)
            if record.seq:
                log.changed(record)
            else:
                log.append(record)
        elif message["type"] == "websocket.disconnect":
            recorder.disconnected(connection, message)
        return message

    async def tapped_send(message: Message) -> None:
        record: Record | None
        if message["type"] == "websocket.send":
            record = sent(connection, message)
            log.append(record)
            if connection.own and record.data is not None:
                connection.to_client.append(record)
        else:
            record = recorder.answered(connection, message)
        try:
            await send(message)
        except BaseException as error:
            if record is not None and record.kind == "send":
                failed(connection, record, error)
                if record in connection.to_client:
                    connection.to_client.remove(record)
            elif record is not None:
                record.error = storable_error(error)
            raise

    return tapped_receive, tapped_send
