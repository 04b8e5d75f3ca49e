"""
What is written while things happen: a Record for each happening, a Connection for each WebSocket, and its Ending.

All three are mutable, and only `recorder` writes them. Everybody else reads `Event` and `Row`, made from records.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Literal
from urllib.parse import urlsplit

from starlette.types import Message

from playground.common.close_codes import Close
from playground.common.text import one_line
from playground.record.events import KINDS, TAKES_TIME, Direction, Witness
from playground.record.frames import KEPT, Frame, Raw
from playground.record.refusal import Refusal
from playground.record.roots import Root
from playground.record.secrets import mask_target
from playground.record.storable import storable_code, storable_payload, storable_text

Address = tuple[str, int]
"""Host and port of one end of a socket."""

STORABLE: dict[str, Callable[[object], object]] = {
    "data": storable_payload,
    "code": storable_code,
    "reason": storable_text,
    "error": storable_text,
    "traceback": storable_text,
}
"""How each value given to `record_of` is made storable."""

PINGS = 100
"""Pings of a connection that are remembered until their pong comes."""


class Record:
    """
    One happening as the hot path writes it down: one small object that each witness completes in turn.

    A message from a client is one record, from the client's call over the frame and the ASGI message to the end of
    the hook that handled it. Everybody else reads `Event` and `Row`, which are made from this when asked.
    """

    # Defaults live on the class, so that an instance holds only what was set: this is made for every message.
    seq = 0
    data: str | bytes | None = None
    version: int | None = None
    line: int | None = None
    code: int | None = None
    reason: str | None = None
    error: str | None = None
    error_type: str | None = None
    """The name of the exception's class; None where `error` is no exception."""
    roots: tuple[Root, ...] = ()
    """The exceptions behind it: those of a group, and causes. `error` tells of them too."""
    traceback: str | None = None
    output: list[tuple[str, str]] | None = None
    headers: Iterable[tuple[bytes, bytes]] = ()
    weight = -1
    """Bytes it holds, once the log has counted them."""
    cause: int | None = None
    """The number of the event whose handler did this."""
    task: str | None = None
    """The task or thread that did this after its hook had ended, or that died: "task Task-5 (poll)"."""
    toward: Direction | None = None
    """The direction, for kinds that have both."""

    client_at: float | None = None
    client_data: str | bytes | None = None
    """The payload as the client has it, only where that differs."""
    client_code: int | None = None
    client_reason: str | None = None

    wire_at: float | None = None
    wire: bytes | None = None
    """The beginning of what travelled, where it was one whole frame: `wire_size` bytes in all. A handshake's head."""
    wire_size = 0
    head_size = 0
    """Bytes of a handshake's request or response, all of it."""
    parts: tuple[Raw, ...] = ()
    """What travelled, where it was more than one frame, or did not come in one piece."""
    more_frames = 0
    """Frames of the message that are not in `parts`, because there were too many."""
    more_bytes = 0
    """Bytes that those had, headers included."""
    answer: Raw | None = None
    """A ping's pong, or the other side's Close frame."""

    handler_at: float | None = None
    playground_at: float | None = None
    """When the playground itself did this, in place of an app that was not asked."""
    hook: str | None = None
    """The hook that handled a received message."""
    undecoded = False
    """Whether the endpoint's `decode` raised, so that the hook was not called."""
    encoding: str | None = None
    """The endpoint's `encoding` where Starlette's own `decode` raised."""
    began: float | None = None
    ended: float | None = None

    _connection_id: int | None = None
    _client: str | None = None
    _path: str | None = None

    def __init__(self, kind: str, at: float, connection: Connection | None = None) -> None:
        self.kind = kind
        self.at = at
        self.connection = connection

    @property
    def connection_id(self) -> int | None:
        """The connection's number."""
        return self.connection.id if self.connection else self._connection_id

    @connection_id.setter
    def connection_id(self, number: int | None) -> None:
        self._connection_id = number

    @property
    def client(self) -> str | None:
        """The client's name."""
        return self.connection.client if self.connection else self._client

    @client.setter
    def client(self, name: str | None) -> None:
        self._client = name

    @property
    def path(self) -> str | None:
        """The path, of the connection or of the endpoint."""
        return self.connection.path if self.connection else self._path

    @path.setter
    def path(self, path: str | None) -> None:
        self._path = path

    @property
    def direction(self) -> Direction | None:
        """ "in" from a client, "out" to a client, None for what does not travel."""
        return self.toward or KINDS[self.kind][1]

    @property
    def duration(self) -> float | None:
        """Seconds the hook or the request took; None while it runs, and for what takes no time."""
        if self.ended is None:
            return None
        return self.ended - (self.at if self.began is None else self.began)

    @property
    def running(self) -> bool:
        """Whether a hook or a request has begun and not ended."""
        return self.ended is None and (self.began is not None or self.kind in TAKES_TIME)

    @property
    def frames(self) -> tuple[Raw, ...]:
        """What travelled as frames, an answer not included."""
        if self.parts or self.wire is None or self.wire_at is None or not self.wire_size:
            return self.parts
        return ((self.wire_at, self.wire[:KEPT], self.wire_size),)


class Received(Record):
    """A message from a client. Made for every one, so it takes no arguments: that is the quickest."""

    kind = "receive"
    at = 0.0
    connection = None
    __init__ = object.__init__


class Sent(Record):
    """A message to a client; see `Received`."""

    kind = "send"
    at = 0.0
    connection = None
    __init__ = object.__init__


def record_of(kind: str, values: Mapping[str, Any]) -> Record:
    """Return the record of what happened just now, with values from anywhere, which are made storable."""
    record = Record(kind, perf_counter())
    if KINDS[kind][0] == "handler":
        record.handler_at = record.at
    for name, value in values.items():
        setattr(record, name, STORABLE[name](value) if name in STORABLE and value is not None else value)
    return record


@dataclass(eq=False)
class Ending:
    """The facts of one ending, filled in by whoever learns them; what stays None is not known."""

    client_asked: Close | None = None
    """What our client closed with."""
    client_complaint: str | None = None
    """What our client could not accept from the server, so that it ended the connection with `client_asked`."""
    client_refused: str | None = None
    """What our client could not accept after its own Close frame, so that it read no answer to that."""
    dial_failed: str | None = None
    """Why our client has no WebSocket, as its `failure` says it."""
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
    server_error: str | None = None
    """What the server itself raised while it read what the client sent."""
    bad_reason: bool = False
    """The reason of the client's Close frame was not UTF-8."""
    unanswered_ping: bool = False
    """The server's ping had no pong in time."""

    handler_asked: Close | None = None
    """What the application closed with."""
    handler_told: Close | None = None
    """The ASGI message `websocket.disconnect`."""
    hook_told: int | None = None
    """The code `on_disconnect` was called with."""
    raised: Record | None = None
    """The record of the hook or error that raised."""
    returned: bool = False
    """The application's call came to its end."""
    refused: int | None = None
    """The HTTP status of a refused handshake."""
    refusal: Refusal | None = None
    """Why the playground refused the handshake before the application was asked."""
    unread: str | None = None
    """Why the server could not read the handshake's request."""
    unread_advice: str | None = None
    """What to do about that."""
    stopping: bool = False
    """The server was being stopped."""
    forked_socket: int | None = None
    """The system's number of the socket, noted where the process was forked while it was open: the child has it too."""

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

    @property
    def close_that_counts(self) -> Close | None:
        """The Close frame that ended it: the first one, or the server's where that did not take the client's."""
        return self.close_in if self.first_close == "in" and self.violation is None else self.close_out

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

    def expect_no_more(self) -> bool:
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
    left_unanswered: bool = field(default=False, repr=False)
    """`on_connect` returned, and had neither accepted nor closed."""
    app_task: Any = field(default=None, repr=False)
    """The task in which the application runs; None before, afterwards, and without a server."""
    app_began: float | None = field(default=None, repr=False)
    """When the application was called."""
    app_ended: float | None = field(default=None, repr=False)
    """When its call was over."""
    dead_task: Record | None = field(default=None, repr=False)
    """The error of the first task or thread that one of its hooks started, and that nobody awaited."""
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

    @property
    def host(self) -> str | None:
        """The host of a server that is not ours, with its port where the address names one; None for ours."""
        return urlsplit(self.path).netloc.rpartition("@")[2] if self.elsewhere else None

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
        path = mask_target(self.path, [])
        return one_line(
            f"<Connection {self.id}{who} {path} {self.state}{code}{version} in {self.received} out {self.sent}>"
        )
