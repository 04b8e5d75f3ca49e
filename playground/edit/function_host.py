"""
Function endpoints that follow an edit, where that is asked for (`functions="reenter"`).

A function that waits in `receive` is left there, and the new one is entered on the same socket: it is told of the
handshake again, its `accept` is taken for done, and the message that comes next is its first. Locals are lost, and
`finally` blocks run at every edit; so the default is that functions keep their version until they close.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.routing import websocket_session
from starlette.types import Message, Receive, Scope, Send

from playground.edit.versions import BusyConnection
from playground.record.connections import Connection
from playground.record.lines import suspended_line
from playground.record.recorder import version_serves

if TYPE_CHECKING:
    from playground.edit.endpoints import Endpoint


class NewVersion(BaseException):
    """Raised out of `receive` in a function that makes room for its next version."""


class FunctionHost:
    """
    One connection to a function endpoint, from version to version.

    It stands among the endpoint's hosts: `busy`, `adopt` and the rest mean what they mean there.
    """

    stuck: str | None = None

    def __init__(self, endpoint: Endpoint, connection: Connection | None, receive: Receive, send: Send) -> None:
        self.endpoint = endpoint
        self.connection = connection
        self.version = self._entered = endpoint.current
        """The version that handles the next event, and the one whose function runs."""
        self.loop = asyncio.get_running_loop()
        self.task = asyncio.current_task()
        self.busy: object | None = self
        """None while the function waits in `receive`."""
        self._receive_next = receive
        self._send_next = send
        self._handshake: Message | None = None
        self._told = False
        self._accepted = False
        self._pending: asyncio.Future[Message] | None = None
        self._edited = asyncio.Event()

    async def serve(self, scope: Scope) -> None:
        """Run the current function, and after each edit its successor, until one of them returns."""
        self.endpoint.enter(self)
        try:
            while await self._left(scope):
                pass
        finally:
            self.endpoint.leave(self)
            if self._pending is not None:
                self._pending.cancel()

    async def _left(self, scope: Scope) -> bool:
        """Run the current function, and return whether it was left for its successor."""
        self.version = self._entered = self.endpoint.current
        self._edited.clear()
        self._told = False
        if self.connection:
            version_serves(self.connection, self.version.number)
        try:
            await websocket_session(self.version.target)(scope, self._receive, self._send)
        except NewVersion:
            return True
        return False

    def adopt(self) -> None:
        """Have an idle function left; called on the loop."""
        self.version = self.endpoint.current
        self._edited.set()

    def busy_with(self) -> BusyConnection:
        """Return what keeps this connection from moving."""
        number = self.connection.id if self.connection else None
        return BusyConnection(number, self._entered.number, suspended_line(self.task, self.endpoint.files))

    async def _receive(self) -> Message:
        if not self._told:
            self._told = True
            if self._handshake is None:
                self._handshake = await self._receive_next()
            return dict(self._handshake)
        if self._pending is None:
            self._pending = asyncio.ensure_future(self._receive_next())
        while self._entered is self.endpoint.current and not self._pending.done():
            # A wake-up may be late, and tell of an edit that was followed long ago: then there is nothing to leave for.
            self._edited.clear()
            await self._until_woken(self._pending)
        if self._entered is not self.endpoint.current:
            # Nothing is lost: a message that has come meanwhile waits for the next function.
            raise NewVersion
        message, self._pending = await self._pending, None
        return message

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
