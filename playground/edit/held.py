"""A message whose handler failed, kept so that a corrected version can handle it."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol

from starlette.exceptions import HTTPException, WebSocketException
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from playground.common import waiting
from playground.common.text import one_line
from playground.edit.hosts import CodeHost
from playground.edit.live_code import LiveCode
from playground.record.events import Event
from playground.record.records import Connection, Record


class HoldingHost(CodeHost, Protocol):
    """The host of a connection with held messages; see `Host`."""

    endpoint: LiveCode[HeldMessage]
    connection: Connection | None

    def insert(self, next: Message | HeldMessage) -> None:
        """Let dispatch receive a message, or fail for a held one; called on the loop's thread."""

    def handles(self, message: Message) -> bool:
        """Return whether that very message is, or was last, handled here."""


def would_hold(error: Exception, websocket: WebSocket) -> bool:
    """Return whether a message that failed can be held: its handler did not mean to close, and nobody has."""
    means_to_close = (WebSocketException, HTTPException, WebSocketDisconnect)
    states = (websocket.client_state, websocket.application_state)
    return not isinstance(error, means_to_close) and states == (WebSocketState.CONNECTED, WebSocketState.CONNECTED)


class HeldMessage:
    """
    A message whose handler failed, kept with its connection, which stays open.

    The handler may have done half of its work, so the message is handled again only when a person asks, and only once.
    """

    def __init__(
        self,
        host: HoldingHost,
        record: Record,
        websocket: WebSocket,
        message: Message,
        error: Exception,
        close_code: int | None = None,
    ) -> None:
        self.host = host
        self.record = record
        self.websocket = websocket
        self.message = message
        self.error = error
        """What the handler, or `decode`, raised."""
        self.close_code = close_code
        """The code with which Starlette would have closed before it raised; None where it would not have closed."""

    @property
    def size(self) -> int:
        """The bytes of its payload, as they are in memory."""
        text, data = self.message.get("text"), self.message.get("bytes")
        return sum(one.__sizeof__() for one in (text, data) if one is not None)

    @property
    def seq(self) -> int:
        """The number of the failed event in the log."""
        return self.record.seq

    def run_again(self, *, timeout: float = 5.0) -> Event:
        """
        Handle the message on the current version and return the new event; if that fails too, it is held again.

        Raises:
            LookupError: it was run again already, or its connection has ended.
            TimeoutError: the handler did not return in time; it goes on.
        """
        self._take()
        log = self.host.endpoint.log
        handled: Future[Record] = Future()
        # A copy, so that the event that handles it can be recognised.
        message = dict(self.message)

        def look(record: Record) -> None:
            # Other hooks end meanwhile, on other connections; and a late witness may complete an earlier one here.
            ours = record.kind == "on_receive" and record.connection is self.host.connection
            if ours and record.ended is not None and self.host.handles(message) and not handled.done():
                handled.set_result(record)

        forget = log.subscribe(look)
        try:
            self.host.loop.call_soon_threadsafe(self.host.insert, message)
            return log.events(waiting.result(handled, timeout))[-1]
        finally:
            forget()

    def close(self) -> None:
        """
        End the connection as Starlette would have: on_disconnect(1011), and a Close frame for the client only where the
        message could not be decoded.

        Raises:
            LookupError: it was run again already, or its connection has ended.
        """
        self._take()
        self.host.loop.call_soon_threadsafe(self.host.insert, self)

    def _take(self) -> None:
        if not self.host.endpoint.release(self):
            raise LookupError(f"event {self.seq} is not held any more: it was run again, or its connection has ended")

    def __repr__(self) -> str:
        record = self.record
        who = record.client or f"#{record.connection_id}"
        return one_line(f"<HeldMessage {self.seq} {who} {record.path} v{record.version} {record.error}>")


class HeldMessages(dict[int, HeldMessage]):
    """Messages whose handler failed while errors were held, by the number of their event."""

    def __missing__(self, seq: object) -> HeldMessage:
        there = f"there are {', '.join(map(str, self))}" if self else "nothing is held now"
        raise LookupError(f"event {seq!r} is not held any more; {there}")
