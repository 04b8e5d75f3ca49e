"""
Function endpoints, whose connections can be moved to a newer version (`pg.reenter(path)`, or `functions="reenter"`).

A function that waits in `receive` is ended there by an exception, and the new one is called on the same socket: it
receives the handshake again, its `accept` does nothing, and the next message is its first. Locals are lost, and
`finally` blocks run; so by default a function keeps its version until its connection closes or it is told to move.

A class is entered on the socket in the same way, and then serves the connection as it serves any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.edit.live_code import LiveCode
from playground.edit.served import VISIT, Home
from playground.edit.source.checking import is_routine
from playground.edit.versions import BusyConnection, Version
from playground.record.lines import suspended_line
from playground.record.recorder.hooks import version_serves
from playground.record.records import Connection

ServeClass = Callable[[Version, Scope, Receive, Send], Awaitable[None]]
"""Serves a connection on a version that is a class, until it ends."""


class _NewVersion(BaseException):
    """Raised by `receive` in a function that ends because there is a newer version."""


class FunctionHost:
    """
    One connection to a function endpoint.

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
        """
        The version that the connection has arrived in, and the version whose function was called.

        They differ while what is asked before the function, such as FastAPI's dependencies, takes its time.
        """
        self.loop = asyncio.get_running_loop()
        self.task = asyncio.current_task()
        self._visit = VISIT.get()
        self._home = endpoint.home if self._visit is None or self._visit.is_in(endpoint.home) else None
        self._receive_next = receive
        self._send_next = send
        self._app_of = app_of
        self._serve_class = serve_class
        self._handshake: Message | None = None
        self._told = False
        self._accepted = False
        self._moves = False
        """It was told to leave the function at its next receive."""
        self.moving: Future[bool] | None = None
        """Pending while it is on its way to another version; the result is whether the connection is still open."""
        self._entries = 0
        """How often the connection was given to a version; the first one accepts, and the others need not."""
        self._waiting: asyncio.Task[Any] | None = None
        """The task that waits in `receive`; the function's own, or one that it made."""
        self._woken = False
        self._asked_for: tuple[Version, Home | None] | None = None
        """The version and the app for which the function was ended."""
        self._kept: Message | None = None
        """A message that has arrived while the function was left."""

    @property
    def busy(self) -> object | None:
        """None while the function waits in `receive`."""
        return None if self._waiting else self

    @property
    def pinned(self) -> bool:
        """Whether it stays in its function, whatever the current version and app are."""
        if self.moving:
            return False
        if self._asked_for and self._asked_for[0] is self.endpoint.current and self._asked_for[1] is self.endpoint.home:
            # The function was to end, and has caught that: asking again and again would never end.
            return True
        return not self._moves and self.endpoint.functions() == "pinned"

    async def serve(self, scope: Scope) -> None:
        """Run the current function, and after each edit what it has become, until one of them returns."""
        version = await self._run_functions(scope)
        if version:
            self._entered = version
            self._told = False
            self._entries += 1
            if self.connection:
                version_serves(self.connection, version.number)
            await self._serve_class(version, scope, self._receive_to_the_end, self._send)

    async def _run_functions(self, scope: Scope) -> Version | None:
        """Run one function after the other; return the version that is a class, or None when the last one returned."""
        self.endpoint.enter(self)
        try:
            while is_routine((version := self.endpoint.current).target):
                if not await self._left(version, scope):
                    return None
            self._entered = version
            self._arrive()
            return version
        finally:
            self.endpoint.leave(self)
            self._is_moved(still_open=False)

    async def _left(self, version: Version, scope: Scope) -> bool:
        """Run a version's function, and return whether it ended because of a newer version."""
        self._entered = version
        if self._entries == 0:
            self.version = version
        if self._home is not self.endpoint.home:
            self._move(scope)
        self._entries += 1
        self._told = self._moves = False
        self._asked_for = None
        if self.connection:
            version_serves(self.connection, version.number)
        try:
            await self._app_of(version)(scope, self._receive, self._sends_of(version))
        except _NewVersion:
            return True
        except BaseExceptionGroup as group:
            # A task group wraps what one of its tasks raised.
            if group.split(_NewVersion)[1] is not None:
                raise
            return True
        return False

    def _move(self, scope: Scope) -> None:
        self._home = self.endpoint.home
        if self._visit and self._home:
            # The function that ended has taken what it kept with it.
            self._visit.move(self._home, scope, {})

    def _arrive(self) -> None:
        """The function that was called takes part in the conversation."""
        self.version = self._entered
        self._is_moved(still_open=True)

    def _is_moved(self, *, still_open: bool) -> None:
        moving, self.moving = self.moving, None
        if moving:
            moving.set_result(still_open)

    @property
    def _is_behind(self) -> bool:
        return self._entered is not self.endpoint.current or self._home is not self.endpoint.home

    def leave(self) -> None:
        """Follow the endpoint to its current version and app, once; called on any thread, before `adopt`."""
        self._moves = self._is_behind
        self._asked_for = None

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
                if self.version is not version:
                    self._arrive()
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
        if self._is_over and self._waiting and not self._woken:
            self._woken = True
            self.moving = Future()
            self._waiting.cancel()

    @property
    def _is_over(self) -> bool:
        return self._is_behind and not self.pinned

    def busy_with(self) -> BusyConnection:
        """Return what keeps this connection from changing its version now."""
        number = self.connection.id if self.connection else None
        line = suspended_line(self.task, self.endpoint.files)
        return BusyConnection(number, self._entered.number, line, entering=self._entered is not self.version)

    async def _receive(self) -> Message:
        if not self._told:
            return await self._tell_handshake()
        self._arrive()
        if self._is_over:
            raise self._end()
        return self._take_kept() or await self._wait()

    def _end(self) -> _NewVersion:
        self._asked_for = (self.endpoint.current, self.endpoint.home)
        self.moving = self.moving or Future()
        return _NewVersion()

    async def _wait(self) -> Message:
        """Receive the next message; `adopt` wakes the task that waits here."""
        task = asyncio.current_task()
        assert task is not None
        others, last = task.cancelling(), self._last_message
        self._waiting = task
        try:
            message = await self._receive_next()
        except asyncio.CancelledError:
            if not self._woken or task.uncancel() > others:
                raise
            # Middleware may have been at work on a message when it was woken.
            self._kept = None if self._last_message is last else self._last_message
            raise self._end() from None
        else:
            if self._woken:
                task.uncancel()
            return message
        finally:
            self._waiting, self._woken = None, False

    @property
    def _last_message(self) -> Message | None:
        return self.connection.current_message if self.connection else None

    def _take_kept(self) -> Message | None:
        message, self._kept = self._kept, None
        return message

    async def _receive_to_the_end(self) -> Message:
        """Receive for what is never left: the handshake again, then what was kept, then what comes."""
        if not self._told:
            return await self._tell_handshake()
        return self._take_kept() or await self._receive_next()

    async def _tell_handshake(self) -> Message:
        self._told = True
        if self._handshake is None:
            self._handshake = await self._receive_next()
        return dict(self._handshake)

    async def _send(self, message: Message) -> None:
        if message["type"] == "websocket.accept":
            # The first function is not helped: a second accept is its own mistake.
            if self._accepted and self._entries > 1:
                return
            self._accepted = True
        await self._send_next(message)
