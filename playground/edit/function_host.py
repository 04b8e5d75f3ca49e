"""
Function endpoints that follow an edit, where that is asked for (`functions="reenter"`).

A function that waits in `receive` is ended there by an exception, and the new one is called on the same socket: it
receives the handshake again, its `accept` does nothing, and the next message is its first. Locals are lost, and
`finally` blocks run at every edit; so by default functions keep their version until their connection closes.

A class is entered on the socket in the same way, and then serves the connection as it serves any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.edit.checking import is_routine
from playground.edit.live_code import LiveCode
from playground.edit.served import VISIT
from playground.edit.versions import BusyConnection, Version
from playground.record.lines import suspended_line
from playground.record.recorder import version_serves
from playground.record.records import Connection

ServeClass = Callable[[Version, Scope, Receive, Send], Awaitable[None]]
"""Serves a connection on a version that is a class, until it ends."""


class _NewVersion(BaseException):
    """Raised by `receive` in a function that ends because there is a newer version."""


class FunctionHost:
    """
    One connection to a function endpoint that follows edits.

    It is one of the endpoint's hosts; `busy`, `adopt` and the rest are those of `Host`. Once the function has become
    a class, `serve_class` takes the connection over.
    """

    stuck: str | None = None

    def __init__(
        self,
        endpoint: LiveCode[Any],
        connection: Connection | None,
        receive: Receive,
        send: Send,
        app_of: Callable[[Version], ASGIApp],
        serve_class: ServeClass,
    ) -> None:
        self.endpoint = endpoint
        self.connection = connection
        self.version = self._entered = endpoint.current
        """The version that handles the next message, and the version whose function runs."""
        self.loop = asyncio.get_running_loop()
        self.task = asyncio.current_task()
        self.busy: object | None = self
        """None while the function waits in `receive`."""
        self._visit = VISIT.get()
        self._home = endpoint.home if self._visit is None or self._visit.is_in(endpoint.home) else None
        self._receive_next = receive
        self._send_next = send
        self._app_of = app_of
        self._serve_class = serve_class
        self._handshake: Message | None = None
        self._told = False
        self._accepted = False
        self._pending: asyncio.Future[Message] | None = None
        self._edited = asyncio.Event()

    async def serve(self, scope: Scope) -> None:
        """Run the current function, and after each edit what it has become, until one of them returns."""
        try:
            version = await self._run_functions(scope)
            if version:
                self._entered = version
                self._told = False
                if self.connection:
                    version_serves(self.connection, version.number)
                await self._serve_class(version, scope, self._receive_to_the_end, self._send)
        finally:
            if self._pending is not None:
                self._pending.cancel()

    async def _run_functions(self, scope: Scope) -> Version | None:
        """Run one function after the other; return the version that is a class, or None when the last one returned."""
        self.endpoint.enter(self)
        try:
            while is_routine((version := self.endpoint.current).target):
                if not await self._left(version, scope):
                    return None
            return version
        finally:
            self.endpoint.leave(self)

    async def _left(self, version: Version, scope: Scope) -> bool:
        """Run a version's function, and return whether it ended because of a newer version."""
        self.version = self._entered = version
        if self._home is not self.endpoint.home:
            self._move(scope)
        self._edited.clear()
        self._told = False
        if self.connection:
            version_serves(self.connection, version.number)
        try:
            await self._app_of(version)(scope, self._receive, self._sends_of(version))
        except _NewVersion:
            return True
        return False

    def _move(self, scope: Scope) -> None:
        self._home = self.endpoint.home
        if self._visit and self._home:
            # The function that ended has taken what it kept with it.
            self._visit.move(self._home, scope, {})

    @property
    def _is_behind(self) -> bool:
        return self._entered is not self.endpoint.current or self._home is not self.endpoint.home

    def _sends_of(self, version: Version) -> Send:
        """
        Return the `send` for one version's function.

        Others may still have its WebSocket once it was left, as a room has its members: the new function has entered
        the room again, and the client would get everything twice.
        """
        told = False

        async def send(message: Message) -> None:
            nonlocal told
            if self._entered is version:
                await self._send(message)
            elif not told:
                told = True
                self.endpoint.log.note(
                    "log",
                    connection=self.connection,
                    path=self.endpoint.path,
                    data=f"what is sent to the WebSocket of v{version.number} is left out from now on: "
                    f"v{self._entered.number} has the connection, with a WebSocket of its own",
                )

        return send

    def adopt(self) -> None:
        """End the idle function, so that the new one runs; called on the loop."""
        self.version = self.endpoint.current
        self._edited.set()

    def busy_with(self) -> BusyConnection:
        """Return what keeps this connection from changing its version now."""
        number = self.connection.id if self.connection else None
        return BusyConnection(number, self._entered.number, suspended_line(self.task, self.endpoint.files))

    async def _receive(self) -> Message:
        if not self._told:
            return await self._tell_handshake()
        if self._pending is None:
            self._pending = asyncio.ensure_future(self._receive_next())
        while not self._is_behind and not self._pending.done():
            # The event may have been set by an earlier edit, which this connection has followed already.
            self._edited.clear()
            await self._until_woken(self._pending)
        if self._is_behind:
            # A message that has arrived meanwhile is kept for the next function.
            raise _NewVersion
        message, self._pending = await self._pending, None
        return message

    async def _receive_to_the_end(self) -> Message:
        """Receive for what is never left: the handshake again, then what waits, then what comes."""
        if not self._told:
            return await self._tell_handshake()
        if self._pending is None:
            return await self._receive_next()
        # Whoever is cancelled here, as a host is when it is to handle something else, finds the message the next time.
        await asyncio.wait((self._pending,))
        message, self._pending = await self._pending, None
        return message

    async def _tell_handshake(self) -> Message:
        self._told = True
        if self._handshake is None:
            self._handshake = await self._receive_next()
        return dict(self._handshake)

    async def _until_woken(self, pending: asyncio.Future[Message]) -> None:
        edited = asyncio.ensure_future(self._edited.wait())
        self.busy = None
        try:
            await asyncio.wait((pending, edited), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.busy = self
            edited.cancel()

    async def _send(self, message: Message) -> None:
        if message["type"] == "websocket.accept":
            if self._accepted:
                return
            self._accepted = True
        await self._send_next(message)
