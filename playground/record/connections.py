"""The state of one WebSocket connection, how it ended, and the registry of connections."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.types import Message

from playground.common.close_codes import Close
from playground.record.events import Direction, Record, Witness
from playground.record.frames import Frame
from playground.record.refusal import Refusal

Address = tuple[str, int]
"""Host and port of one end of a socket."""

ENDED = 200
"""Ended connections that are remembered, for the panel and for questions afterwards."""

PINGS = 100
"""Pings of a connection that are remembered until their pong comes."""


@dataclass(eq=False)
class Ending:
    """The facts of one ending, filled in by whoever learns them; what stays None is not known."""

    client_asked: Close | None = None
    """What our client closed with."""
    client_told: Close | None = None
    """What our client was told at the end; 1006 and 1005 are made up by the client (RFC 6455, section 7.1.5)."""

    close_in: Close | None = None
    """The client's Close frame."""
    close_out: Close | None = None
    """The server's Close frame."""
    first_close: Direction | None = None
    """Which of the two Close frames came first: "in" for the client's, "out" for the server's."""
    tcp: Literal["fin", "reset", "closed"] | None = None
    """How TCP ended: the client's FIN, a reset, or the server closed it."""
    tcp_error: str | None = None
    """What the system said of a reset."""
    cut: Frame | None = None
    """A frame that had begun and did not end."""
    violation: str | None = None
    """What the server's protocol implementation refused."""
    unanswered_ping: bool = False
    """The server's ping had no pong in time."""

    handler_asked: Close | None = None
    """What the application closed with."""
    handler_told: Close | None = None
    """The ASGI message `websocket.disconnect`."""
    hook_told: int | None = None
    """The code `on_disconnect` was called with."""
    raised: Record | None = None
    """The event whose code raised."""
    returned: bool = False
    """The application's call came to its end."""
    refused: int | None = None
    """The HTTP status of a refused handshake."""
    refusal: Refusal | None = None
    """Why the playground refused the handshake before the application was asked."""
    stopping: bool = False
    """The server was being stopped."""

    close_record: Record | None = None
    """The record of the Close frame, or of the message, that began the end."""
    client_at: float | None = None
    """When our client was told."""
    wire_at: float | None = None
    """When TCP ended."""
    end_record: Record | None = None
    """The row that tells the end, once there is one."""
    _expected: set[Witness] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def expect(self, *witnesses: Witness) -> None:
        """Remember which witnesses will report the end."""
        self._expected = set(witnesses)

    def heard(self, witness: Witness) -> bool:
        """Note that a witness has reported the end, from any thread; return True once, for the last of them."""
        with self._lock:
            if witness not in self._expected:
                return False
            self._expected.discard(witness)
            return not self._expected

    def hurry(self) -> bool:
        """Expect nobody any more; return whether a witness has not reported."""
        with self._lock:
            missing, self._expected = bool(self._expected), set()
            return missing


@dataclass(eq=False)
class Connection:
    """One WebSocket, from handshake to end."""

    id: int
    """Counts up from 1 within one playground."""
    path: str
    client: str | None = None
    """The name given to `pg.connect`; None for a browser tab or another program."""
    own: bool = False
    """Whether the client is one of `pg.connect`, which tells what it sees."""
    elsewhere: bool = False
    """Whether the server is not ours, so that only the client tells of it."""
    tapped: bool = False
    """Whether the bytes on the socket are recorded."""
    state: Literal["connecting", "open", "closed"] = "connecting"
    received: int = 0
    """Messages from the client."""
    sent: int = 0
    """Messages to the client."""
    bytes_in: int = 0
    """Bytes from the client, the handshake included; 0 where the wire is not recorded."""
    bytes_out: int = 0
    """Bytes to the client, the handshake included."""
    code: int | None = None
    """The close code the application was told, or gave."""
    reason: str | None = None
    version: int | None = None
    """The version of the endpoint's code that serves it, or served it last; None for code that is not live."""
    ending: Ending = field(default_factory=Ending, repr=False)
    """What each witness was told of its end; `pg.why` explains it."""
    files: Mapping[str, tuple[int, int, int]] = field(default_factory=dict, repr=False)
    """The endpoint's source files; see `lines.Files`."""
    scope: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Its handshake as ASGI has it."""
    reported_error: BaseException | None = field(default=None, repr=False)
    """The exception that a hook's event tells of already."""

    # Message n of a direction is the same message for every witness: each takes over its record from the one before.
    from_client: deque[Record] = field(default_factory=deque, repr=False)
    """Messages the client has sent and the wire has not seen yet."""
    arrived: deque[Record] = field(default_factory=deque, repr=False)
    """Messages the wire has seen and the application has not received yet."""
    leaving: deque[Record] = field(default_factory=deque, repr=False)
    """Messages the application has sent and the wire has not seen yet."""
    to_client: deque[Record] = field(default_factory=deque, repr=False)
    """Messages the wire has seen and the client has not got yet; what fits into the socket's buffers."""
    pings: deque[tuple[bytes, Record]] = field(default_factory=lambda: deque(maxlen=PINGS), repr=False)
    """The last pings with their payloads, answered or not."""
    request: Record | None = field(default=None, repr=False)
    """The handshake's request."""
    response: Record | None = field(default=None, repr=False)
    """The handshake's response, once there is one."""
    current_message: Message | None = field(default=None, repr=False)
    """The message the application received last."""
    current_record: Record | None = field(default=None, repr=False)
    """That message's record."""

    def expect_pong(self, payload: bytes, ping: Record) -> None:
        """Remember a ping until its pong comes, or too many others have come."""
        self.pings.append((payload, ping))

    def ping_with(self, payload: bytes) -> Record | None:
        """Return the oldest ping with that payload that has no pong yet (RFC 6455, section 5.5.3)."""
        return next((ping for known, ping in self.pings if known == payload and ping.answer is None), None)

    def __repr__(self) -> str:
        who = f" {self.client}" if self.client else ""
        version = f" v{self.version}" if self.version else ""
        code = f" {self.code}" if self.code is not None else ""
        return f"<Connection {self.id}{who} {self.path} {self.state}{code}{version} in {self.received} out {self.sent}>"


class Connections(dict[int, Connection]):
    """Open connections and the last `ENDED` ended ones, by id, oldest first."""

    def __init__(self) -> None:
        super().__init__()
        self._ids = itertools.count(1)

    def open(self, path: str, **values: Any) -> Connection:
        """Return a new connection."""
        connection = Connection(next(self._ids), path, **values)
        self[connection.id] = connection
        return connection

    def find(self, wanted: Connection | int | str | None) -> Connection:
        """
        Return a connection: itself, by its number, the newest of a client's name, or for None the one that ended last.

        Raises:
            LookupError: it is not remembered.
            TypeError: it is asked for by something else.
        """
        if isinstance(wanted, Connection):
            return wanted
        if wanted is None:
            return self._ended_last()
        if isinstance(wanted, int):
            if wanted not in self:
                numbers = ", ".join(map(str, list(self)[-5:])) or "none"
                raise LookupError(f"connection {wanted} is not remembered; the last are {numbers}")
            return self[wanted]
        if not isinstance(wanted, str):
            raise TypeError(f"why takes a connection, its number, a client or a client's name, not {wanted!r}")
        named = {one.client: one for one in list(self.values()) if one.client}
        if wanted not in named:
            names = ", ".join(named) or "none"
            raise LookupError(f"no connection of a client named {wanted!r} is remembered; the names are {names}")
        return named[wanted]

    def _ended_last(self) -> Connection:
        ended = [one for one in list(self.values()) if one.state == "closed"]
        if not ended:
            raise LookupError("no connection has ended yet")
        return max(ended, key=lambda one: one.ending.end_record.seq if one.ending.end_record else 0)

    def forget_oldest(self) -> None:
        """Keep only the last of those that ended."""
        ended = [one.id for one in list(self.values()) if one.state == "closed"]
        for number in ended[:-ENDED]:
            self.pop(number, None)


CONNECTION: ContextVar[Connection | None] = ContextVar("playground_connection", default=None)
"""The connection whose task this is; tasks that an endpoint starts inherit it."""

HOOK: ContextVar[Record | None] = ContextVar("playground_hook", default=None)
"""The hook or request whose code runs; what it prints is attached there."""
