"""
What a server and an app say to each other becomes records, and nothing else changes.

Under `serve/uvicorn_tap.TappedProtocol`, which records messages where it records frames, this only runs the app. Under
any other protocol class (wsproto, an app in memory) the ASGI messages are recorded here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.record import tasks
from playground.record.connections import APP_TASK, CONNECTION, HOOK, LOG, PEER, TRYING
from playground.record.output import renew as renew_output
from playground.record.recorder import Recorder, request_failed
from playground.record.records import Connection


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
        tasks.watch(asyncio.get_running_loop(), self.recorder)
        LOG.set(self.recorder.log)
        PEER.set(_peer(receive))
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
        APP_TASK.set(asyncio.current_task())
        renew_output()
        self.recorder.app_was_called(connection)
        try:
            await self.app()(scope, receive, send)
        except BaseException as error:
            self.recorder.app_raised(connection, error)
            raise
        else:
            self.recorder.app_returned(connection)
        finally:
            self.recorder.app_is_done(connection)

    def _open(self, scope: Scope) -> Connection:
        query = scope.get("query_string", b"").decode("latin-1")
        target = scope["path"] + (f"?{query}" if query else "")
        address = PEER.get() or scope.get("client")
        peer = (address[0], address[1]) if address else None
        return self.recorder.handshake_arrived(scope["path"], target, scope["headers"], peer)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = self.recorder.request_arrived(scope)
        HOOK.set(request)
        renew_output()

        async def tapped_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.recorder.request_answered(request, message.get("status"))
            await send(message)

        try:
            await self.app()(scope, receive, tapped_send)
        except BaseException as error:
            request_failed(request, error, {})
            raise
        finally:
            self.recorder.request_ended(request)


def _peer(receive: Receive) -> tuple[str, int] | None:
    """Return the address at the socket's other end: uvicorn replaces the scope's with what X-Forwarded-For says."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    # uvloop's transports are none of asyncio's classes.
    ask = getattr(transport, "get_extra_info", None)
    name = ask("peername") if ask else None
    return (name[0], name[1]) if isinstance(name, tuple) else None


def _taps(recorder: Recorder, connection: Connection, receive: Receive, send: Send) -> tuple[Receive, Send]:
    async def tapped_receive() -> Message:
        message = await receive()
        if message["type"] == "websocket.receive":
            recorder.app_received(connection, message)
        elif message["type"] == "websocket.disconnect":
            recorder.app_told_of_end(connection, message)
        return message

    async def tapped_send(message: Message) -> None:
        if TRYING.get():
            return
        sends = message["type"] == "websocket.send"
        record = recorder.app_sends(connection, message) if sends else recorder.app_answers(connection, message)
        try:
            await send(message)
        except BaseException as error:
            if record is not None:
                recorder.app_could_not_send(connection, record, error)
            raise

    return tapped_receive, tapped_send
