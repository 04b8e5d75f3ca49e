"""
What a server and an app say to each other becomes records, and nothing else changes.

Under `serve/uvicorn_tap.TappedProtocol`, which records messages where it records frames, this only runs the app. Under
any other protocol class (wsproto, an app in memory) the ASGI messages are recorded here.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.common import forks
from playground.record import tasks
from playground.record.connections import APP_TASK, CONNECTION, HOOK, LOG, PEER, TRYING
from playground.record.output import renew as renew_output
from playground.record.recorder.hooks import request_failed
from playground.record.recorder.server import Recorder
from playground.record.records import Connection

INCOMPLETE = (
    "the playground could not record all that passed on connection %s, which goes on as without it; "
    "this is a mistake of the playground: please report it with what follows"
)


Push = Callable[[Message], Awaitable[None]]
"""Sends a message of the playground's own, as an app's `send` sends the app's."""


class Sender(NamedTuple):
    """How the playground itself sends on one connection; both are called on the connection's loop."""

    push: Push
    writable: Callable[[], Awaitable[None]]
    """Waits until the server writes what is sent, and does not wait for a client that reads slowly."""


def sender_of(push: Push, protocol: object) -> Sender:
    """Return the sender of a connection that this protocol class of uvicorn serves, or that another one does."""
    # uvicorn's own two wait here within `send` too; then they write a message without any further waiting.
    event = getattr(protocol, "writable", None)

    async def writable() -> None:
        while isinstance(event, asyncio.Event) and not event.is_set():
            await event.wait()

    return Sender(push, writable)


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
        self.senders: dict[int, Sender] = {}
        """By the number of their connection, for those in which the app runs."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:
        """
        Run the app, and return what it returns: ASGI wants None, and the server says so of anything else.

        A child process that the app has forked ends here: the server's sockets are its parent's.
        """
        here, error = os.getpid(), None
        try:
            return await self._called(scope, receive, send)
        except BaseException as raised:
            error = raised
            raise
        finally:
            if os.getpid() != here:
                forks.end_child(error)

    async def _called(self, scope: Scope, receive: Receive, send: Send) -> Any:
        tasks.watch(asyncio.get_running_loop(), self.recorder)
        LOG.set(self.recorder.log)
        PEER.set(_peer(receive))
        if scope["type"] == "websocket":
            return await self._websocket(scope, receive, send)
        if scope["type"] == "http":
            return await self._http(scope, receive, send)
        return await self._run(scope, receive, send)

    def _run(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[Any]:
        return self.app()(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> Any:
        protocol: Any = getattr(receive, "__self__", None)
        connection = getattr(protocol, "connection", None)
        if isinstance(connection, Connection):
            push = protocol.push
        else:
            connection = self._open(scope)
            receive, send, push = _taps(self.recorder, connection, receive, send)
        self.senders[connection.id] = sender_of(push, protocol)
        CONNECTION.set(connection)
        task = asyncio.current_task()
        APP_TASK.set(task)
        renew_output()
        self.recorder.app_was_called(connection, task)
        try:
            result = await self._run(scope, receive, send)
        except BaseException as error:
            self.recorder.app_raised(connection, error)
            raise
        else:
            self.recorder.app_returned(connection)
            return result
        finally:
            self.senders.pop(connection.id, None)
            self.recorder.app_is_done(connection)

    def _open(self, scope: Scope) -> Connection:
        query = scope.get("query_string", b"").decode("latin-1")
        target = scope["path"] + (f"?{query}" if query else "")
        address = PEER.get() or scope.get("client")
        peer = (address[0], address[1]) if address else None
        return self.recorder.handshake_arrived(scope["path"], target, scope["headers"], peer)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> Any:
        request = self.recorder.request_arrived(scope)
        HOOK.set(request)
        renew_output()

        async def tapped_send(message: Message) -> None:
            if type_of(message) == "http.response.start":
                self.recorder.request_answered(request, message.get("status"))
            await send(message)

        try:
            return await self._run(scope, receive, tapped_send)
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


def type_of(message: Any) -> object:
    """Return a message's type, or None for what is no message: the server says what it thinks of that."""
    return message.get("type") if isinstance(message, Mapping) else None


def _taps(recorder: Recorder, connection: Connection, receive: Receive, send: Send) -> tuple[Receive, Send, Push]:
    complete = True

    def missed() -> None:
        nonlocal complete
        if complete:
            complete = False
            # Logging may end in the log that just failed.
            with suppress(Exception):
                logging.getLogger("uvicorn.error").exception(INCOMPLETE, connection.id)

    async def tapped_receive() -> Message:
        message = await receive()
        try:
            if message["type"] == "websocket.receive":
                recorder.app_received(connection, message)
            elif message["type"] == "websocket.disconnect":
                recorder.app_told_of_end(connection, message)
        except Exception:
            missed()
        return message

    async def tapped_send(message: Message) -> None:
        if TRYING.get():
            return
        record = None
        try:
            if type_of(message) == "websocket.send":
                record = recorder.app_sends(connection, message)
            else:
                record = recorder.app_answers(connection, message)
        except Exception:
            missed()
        try:
            await send(message)
        except BaseException as error:
            if record is not None:
                try:
                    recorder.app_could_not_send(connection, record, error)
                except Exception:
                    missed()
            raise

    async def push(message: Message) -> None:
        record = recorder.playground_sends(connection, message)
        try:
            await send(message)
        except Exception as error:
            recorder.app_could_not_send(connection, record, error)
            raise

    return tapped_receive, tapped_send, push
