"""Where one connection meets the endpoint's code, and changes its version."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any

from starlette.endpoints import WebSocketEndpoint
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from playground.common.close_codes import Close
from playground.edit.held import HeldMessage, would_hold
from playground.edit.live_code import LiveCode
from playground.edit.served import VISIT
from playground.edit.values import MISSING, in_class
from playground.edit.versions import BusyConnection, Version
from playground.record.connections import HOOK
from playground.record.lines import suspended_line
from playground.record.recorder.hooks import (
    connect_hook_returned,
    hook_began,
    hook_ended,
    hook_failed,
    hook_held,
    message_hook_began,
    message_not_decoded,
    version_serves,
)
from playground.record.records import Connection, Record
from playground.record.storable import storable_close, storable_error, storable_payload


class Host(WebSocketEndpoint):
    """
    Starlette's dispatch for one connection, with an object of the user's class behind it.

    `instance` is that object, the same for the connection's whole life: an edit changes its class, and what the code
    keeps on `self` stays.
    """

    pinned = False

    def __init__(
        self,
        endpoint: LiveCode[HeldMessage],
        version: Version,
        connection: Connection | None,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        super().__init__(scope, self._receive, send)
        self._receive_next = receive
        self.endpoint = endpoint
        self._log = endpoint.log
        self.version = version
        self.connection = connection
        self.instance: Any = version.target(scope, receive, send)
        self.loop = asyncio.get_running_loop()
        self.task = asyncio.current_task()
        self._visit = VISIT.get()
        # On a connection that began before another app took over, the first hook finds that it has moved.
        self._home = endpoint.home if self._visit is None or self._visit.is_in(endpoint.home) else None
        self.busy: Record | None = None
        """The hook that runs, or None between hooks."""
        self.moving = None
        self.stuck: str | None = None
        """Why this connection could not take the current version."""
        self._refused: Version | None = None
        self._message: Message = {}
        """The message that is being handled."""
        self._inserted: deque[Message | HeldMessage] = deque()
        """What dispatch gets before the client's next message: messages, or a held one that is to fail after all."""
        if connection:
            version_serves(connection, version.number)

    async def dispatch(self) -> None:
        """Run Starlette's dispatch; the endpoint counts the connection as open meanwhile."""
        self.endpoint.enter(self)
        try:
            await super().dispatch()
        finally:
            self.endpoint.leave(self)

    async def _receive(self) -> Message:
        # A handler that calls receive itself is in the middle of a hook, and gets only the client's messages.
        between_events = self.busy is None
        if between_events and self._inserted:
            return await self._insert()
        try:
            return await self._receive_next()
        except asyncio.CancelledError:
            if not (between_events and self._inserted and self.task):
                raise
            # This task was not cancelled by others: `insert` woke it up.
            self.task.uncancel()
        # Not in the `except`: what is raised here was not raised while a cancellation was handled.
        return await self._insert()

    def insert(self, next: Message | HeldMessage) -> None:
        """
        Let dispatch receive a message, or fail for a held one, before what comes from the client.

        Called on the loop's thread. Dispatch handles it like any message, so hooks never overlap.
        """
        self._inserted.append(next)
        # One cancellation is enough for several, and only one can be undone by `uncancel`.
        if self.busy is None and self.task is not None and len(self._inserted) == 1:
            self.task.cancel()

    async def _insert(self) -> Message:
        next = self._inserted.popleft()
        if isinstance(next, HeldMessage):
            if next.close_code is not None:
                await next.websocket.close(next.close_code)
            raise next.error
        return next

    async def on_connect(self, websocket: WebSocket) -> None:
        record = self._begin("on_connect")
        try:
            await self.instance.on_connect(websocket)
            if self.connection:
                connect_hook_returned(self.connection)
        except BaseException as error:
            self._failed(record, error)
            raise
        finally:
            self._end(record)
        # The app that was left may be waiting for it.
        if self._home is not self.endpoint.home:
            self.adopt()

    async def decode(self, websocket: WebSocket, message: Message) -> Any:
        # Decoding and receiving belong together, so the same version has to do both.
        record = self._begin_message(message)
        self._message = message
        later = _CloseLater() if self._is_held_undecoded() else None
        try:
            return await self.instance.decode(later or websocket, message)
        except BaseException as error:
            self._failed(record, error, undecoded=True)
            code = later.code if later else None
            held = self._hold(record, websocket, error, code)
            self._end(record)
            if held:
                return None
            if code is not None:
                await websocket.close(code)
            raise

    def _is_held_undecoded(self) -> bool:
        """Return whether Starlette's own `decode` runs, and has to leave the connection open."""
        return self.endpoint.on_error() == "hold" and _decodes_as_starlette(self.instance)

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        record = self.busy
        if record is None:
            # It could not be decoded, and is held.
            return
        try:
            await self.instance.on_receive(websocket, data)
        except BaseException as error:
            self._failed(record, error)
            if not self._hold(record, websocket, error):
                raise
        finally:
            # `_end` written out, because this runs for every message.
            self.busy = None
            hook_ended(self._log, record)
        if self._home is not self.endpoint.home:
            self.adopt()

    def _hold(self, record: Record, websocket: WebSocket, error: BaseException, close_code: int | None = None) -> bool:
        """Keep the message and the connection, if that is wanted and Starlette would now drop both."""
        if self.endpoint.on_error() != "hold" or not isinstance(error, Exception) or not would_hold(error, websocket):
            return False
        hook_held(record, close_code)
        self.endpoint.hold(HeldMessage(self, record, websocket, self._message, error, close_code))
        return True

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        record = self._begin("on_disconnect", close=storable_close(close_code, None))
        try:
            await self.instance.on_disconnect(websocket, close_code)
        except BaseException as error:
            self._failed(record, error)
            raise
        finally:
            self._end(record)

    def _begin_message(self, message: Message) -> Record:
        known = self.connection
        if known is None or known.current_message is not message or known.current_record is None:
            # Not a message that was just received: it is handled again, or there is no server.
            text = message.get("text")
            return self._begin("on_receive", data=storable_payload(message.get("bytes") if text is None else text))
        if self.version is not self.endpoint.current or self._home is not self.endpoint.home:
            self.adopt()
        # `receiving_code` written out, because this runs for every message.
        if getattr(type(self.instance).on_receive, "__code__", None) is not self.endpoint.code:
            self._notice()
        # The hook completes the message's own record.
        record = known.current_record
        message_hook_began(record, self.version.number)
        self.busy = record
        HOOK.set(record)
        return record

    def _begin(self, hook: str, *, data: str | bytes | None = None, close: Close | None = None) -> Record:
        self._notice()
        record = hook_began(self._log, self.connection, hook, self.version.number, data=data, close=close)
        self.busy = record
        HOOK.set(record)
        return record

    def _notice(self) -> None:
        """Change to the current version, which may be what has replaced the code in place."""
        self.endpoint.notice()
        if self.version is not self.endpoint.current or self._home is not self.endpoint.home:
            self.adopt()

    def _failed(self, record: Record, error: BaseException, *, undecoded: bool = False) -> None:
        hook_failed(record, self.connection, error, self.endpoint.files, undecoded=undecoded)
        if undecoded and _decodes_as_starlette(self.instance):
            message_not_decoded(record, getattr(self.instance, "encoding", None))

    def _end(self, record: Record) -> None:
        self.busy = None
        hook_ended(self._log, record)

    def adopt(self) -> None:
        """Change to the current version, and to the app that is served; called between two hooks, on the loop."""
        new = self.endpoint.current
        if new is not self.version and new is not self._refused:
            self._change(new)
        home = self.endpoint.home
        if home is not self._home and self.version is new:
            if self._visit and home:
                self._visit.move(home, self.scope, getattr(self.instance, "__dict__", {}))
            self._home = home

    def _change(self, new: Version) -> None:
        if not new.follows:
            self._refuse(new, f"v{new.number} is not a class with Starlette's dispatch")
            return
        why = self._changed_to(new)
        if why:
            self._refuse(new, why)
            return
        self.version = new
        if self.connection:
            version_serves(self.connection, new.number)
        self.stuck = self._refused = None

    def _changed_to(self, new: Version) -> str | None:
        """Make the instance one of the new version and return None; or leave it as it was, and return why."""
        old, old_class = self.instance, type(self.instance)
        migrates = in_class(new.target, "on_swap") is not MISSING
        state = vars(old) if migrates and hasattr(old, "__dict__") else None
        before = dict(state) if state is not None else {}
        what = "changing its class"
        try:
            self.instance = _change_class(old, new.target)
            if migrates:
                what = "on_swap"
                self.instance.on_swap(self.version.number, new.number)
        except BaseException as error:
            # Whatever it is, SystemExit and CancelledError too: it would end the loop, or a task of others.
            if self.instance is old and type(old) is not old_class:
                old.__class__ = old_class
            if state is not None:
                state.clear()
                state.update(before)
            self.instance = old
            return f"{what} raised {storable_error(error)}"
        return None

    def _refuse(self, version: Version, reason: str) -> None:
        self._refused = version
        self.stuck = reason
        who = f"#{self.connection.id} " if self.connection else ""
        self.endpoint.log.note(
            "error",
            connection=self.connection,
            path=self.endpoint.path,
            version=version.number,
            error=f"connection {who}stays on v{self.version.number}: {reason}",
        )

    def handles(self, message: Message) -> bool:
        """Return whether that very message is, or was last, handled here."""
        return self._message is message

    def busy_with(self) -> BusyConnection:
        """Return what keeps this connection from moving."""
        number = self.connection.id if self.connection else None
        return BusyConnection(number, self.version.number, suspended_line(self.task, self.endpoint.files))


class _CloseLater:
    """Stands for the WebSocket in Starlette's `decode`, which only closes it: remembers the code and closes nothing."""

    code: int | None = None

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        self.code = code


def _decodes_as_starlette(instance: Any) -> bool:
    return getattr(type(instance), "decode", None) is WebSocketEndpoint.decode


def _change_class(instance: Any, cls: type) -> Any:
    """
    Return the object as an instance of `cls`: the same object, or a copy of its state if the layouts differ.

    Python refuses to change the class when `__slots__` differ.
    """
    try:
        instance.__class__ = cls
        return instance
    except TypeError:
        copy: Any = object.__new__(cls)
        for name in (*getattr(instance, "__dict__", {}), *_slots(type(instance))):
            if hasattr(instance, name):
                setattr(copy, name, getattr(instance, name))
        return copy


def _slots(cls: type) -> Iterable[str]:
    for base in cls.__mro__:
        slots = base.__dict__.get("__slots__", ())
        yield from (slots,) if isinstance(slots, str) else slots
