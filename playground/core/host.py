"""Where one connection meets the endpoint's code, and changes its version."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from starlette.endpoints import WebSocketEndpoint
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from playground.core.connections import HOOK, Connection
from playground.core.events import Record
from playground.core.lines import describe_error, suspended_line
from playground.core.versions import Busy, Version

if TYPE_CHECKING:
    from playground.core.endpoints import Endpoint


class Host(WebSocketEndpoint):
    """
    Starlette's dispatch for one connection, with an object of the user's class behind it.

    `visitor` is that object. It is the same one for the connection's whole life, so what the code keeps on `self`
    stays, and identity holds; only its class changes.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        version: Version,
        connection: Connection | None,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        super().__init__(scope, receive, send)
        self.endpoint = endpoint
        self.version = version
        self.connection = connection
        self.visitor: Any = version.target(scope, receive, send)
        self.loop = asyncio.get_running_loop()
        self.task = asyncio.current_task()
        self.busy: Record | None = None
        """The hook that runs, or None between events."""
        self.stuck: str | None = None
        """Why this connection could not take the current version."""
        self._refused: Version | None = None
        if connection:
            connection.host = self

    async def dispatch(self) -> None:
        """Run Starlette's dispatch, and be counted while it runs."""
        self.endpoint.enter(self)
        try:
            await super().dispatch()
        finally:
            self.endpoint.leave(self)

    async def on_connect(self, websocket: WebSocket) -> None:
        record = self._begin("on_connect")
        try:
            await self.visitor.on_connect(websocket)
        except BaseException as error:
            self._failed(record, error)
            raise
        finally:
            self._end(record)

    async def decode(self, websocket: WebSocket, message: Message) -> Any:
        # Decoding and receiving are one event: both have to be done by the same version.
        record = self._begin("on_receive")
        text = message.get("text")
        record.data = message.get("bytes") if text is None else text
        try:
            return await self.visitor.decode(websocket, message)
        except BaseException as error:
            self._failed(record, error)
            self._end(record)
            raise

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        record = self.busy
        assert record is not None
        try:
            await self.visitor.on_receive(websocket, data)
        except BaseException as error:
            self._failed(record, error)
            raise
        finally:
            self._end(record)

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        record = self._begin("on_disconnect")
        record.code = close_code
        try:
            await self.visitor.on_disconnect(websocket, close_code)
        except BaseException as error:
            self._failed(record, error)
            raise
        finally:
            self._end(record)

    def _begin(self, hook: str) -> Record:
        if self.version is not self.endpoint.current:
            self.adopt()
        record = Record(hook, time.perf_counter())
        record.version = self.version.number
        if self.connection:
            record.connection = self.connection.id
            record.client = self.connection.client
            record.path = self.connection.path
        self.busy = record
        HOOK.set(record)
        self.endpoint.log.append(record)
        return record

    def _failed(self, record: Record, error: BaseException) -> None:
        describe_error(record, error, self.endpoint.files)
        if self.connection:
            self.connection.reported = error

    def _end(self, record: Record) -> None:
        record.ended = time.perf_counter()
        self.busy = None
        self.endpoint.log.finished(record)

    def adopt(self) -> None:
        """Take the current version; called between two events, on the loop's thread."""
        new = self.endpoint.current
        if new is self.version or new is self._refused:
            return
        if not (isinstance(new.target, type) and has_starlette_dispatch(new.target)):
            self._refuse(new, f"v{new.number} is not a class with Starlette's dispatch")
            return
        old_visitor, old_class = self.visitor, type(self.visitor)
        before = dict(getattr(old_visitor, "__dict__", {}))
        try:
            self.visitor = change_class(old_visitor, new.target)
            on_swap = getattr(self.visitor, "on_swap", None)
            if on_swap:
                on_swap(self.version.number, new.number)
        except Exception as error:
            if self.visitor is old_visitor and type(old_visitor) is not old_class:
                old_visitor.__class__ = old_class
            if before:
                vars(old_visitor).clear()
                vars(old_visitor).update(before)
            self.visitor = old_visitor
            self._refuse(new, f"on_swap raised {type(error).__name__}: {error}")
            return
        self.version = new
        self.stuck = self._refused = None

    def _refuse(self, version: Version, reason: str) -> None:
        self._refused = version
        self.stuck = reason
        who = f"#{self.connection.id} " if self.connection else ""
        self.endpoint.log.note(
            "error",
            path=self.endpoint.path,
            version=version.number,
            connection=self.connection.id if self.connection else None,
            client=self.connection.client if self.connection else None,
            error=f"connection {who}stays on v{self.version.number}: {reason}",
        )

    def busy_with(self) -> Busy:
        """Return what keeps this connection from moving."""
        number = self.connection.id if self.connection else None
        return Busy(number, self.version.number, suspended_line(self.task, self.endpoint.files))


def change_class(visitor: Any, cls: type) -> Any:
    """
    Return the object as an instance of `cls`: the same one, or a copy of its state where the layout differs.

    Python refuses to change the class when `__slots__` differ.
    """
    try:
        visitor.__class__ = cls
        return visitor
    except TypeError:
        copy: Any = object.__new__(cls)
        for name in (*getattr(visitor, "__dict__", {}), *_slots(type(visitor))):
            if hasattr(visitor, name):
                setattr(copy, name, getattr(visitor, name))
        return copy


def _slots(cls: type) -> Iterable[str]:
    for base in cls.__mro__:
        slots = base.__dict__.get("__slots__", ())
        yield from (slots,) if isinstance(slots, str) else slots


def has_starlette_dispatch(cls: type) -> bool:
    """Return whether a class leaves Starlette's dispatch as it is; only then can open connections change version."""
    for name in ("dispatch", "__await__"):
        if getattr(cls, name) is not getattr(WebSocketEndpoint, name):
            return False
    return True
