"""Row: a read-only view of a Record. events_of: a Record as one Event per witness."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from playground.common.close_codes import Close
from playground.common.numbers import wall_clock
from playground.record.events import KINDS, OF_CLIENT, OF_WIRE, WITNESSES, Direction, Event, Witness
from playground.record.frames import Frame, Raw
from playground.record.records import Connection, Record

ANSWERS = {"ping": "pong", "close": "close_frame", "disconnect": "close_frame"}
"""Kinds of happenings that the other side answers, with the answer's kind."""

MESSAGES = ("receive", "send")

OF_WIRE_ALONE = ("connect", "disconnect", "frame", "ping", "pong")
"""Kinds whose errors are of what came: a request that cannot be read, a frame that is not taken."""


class Row:
    """
    One happening with what each of its witnesses reported.

    Its record may still change: the row of a running hook gets its duration later.
    """

    __slots__ = ("began", "masked", "record", "zero")

    def __init__(self, record: Record, zero: float, began: float = 0.0, masked: tuple[str, ...] = ()) -> None:
        self.record = record
        self.masked = masked
        """What was masked in this copy of a row, such as "header cookie"; nothing in the log's own rows."""
        self.zero = zero
        """When the log began, on the clock of its records."""
        self.began = began
        """When the log began by the wall clock, in seconds since 1970."""

    @property
    def seq(self) -> int:
        """The record's number."""
        return self.record.seq

    @property
    def at(self) -> float:
        """The time at which the first witness saw it, in seconds since the log began."""
        return self.record.at - self.zero

    @property
    def when(self) -> datetime:
        """The same by the wall clock, with the local time zone; it agrees with `at` to the microsecond."""
        return wall_clock(self.began + self.at)

    @property
    def kind(self) -> str:
        """The kind of the record, as the handler calls it: "receive" for a message from a client."""
        return self.record.kind

    @property
    def direction(self) -> Direction | None:
        """ "in" from a client, "out" to a client, None for what does not travel."""
        return self.record.direction

    @property
    def connection(self) -> int | None:
        """The connection's number."""
        return self.record.connection_id

    @property
    def client(self) -> str | None:
        """The client's name; None for a browser tab or another program."""
        return self.record.client

    @property
    def path(self) -> str | None:
        """The connection's path."""
        return self.record.path

    @property
    def data(self) -> str | bytes | None:
        """A message's payload; for other kinds a short text."""
        return self.record.data

    @property
    def code(self) -> int | None:
        """A close code, or an HTTP status."""
        return self.record.code

    @property
    def error(self) -> str | None:
        """What was raised, as `KeyError: 'say'`."""
        return self.record.error

    @property
    def version(self) -> int | None:
        """The version of the endpoint's code that handled or sent this."""
        return self.record.version

    @property
    def pushed(self) -> bool:
        """Whether the playground sent this message in the place of the handler, as `Playground.push` does."""
        return is_pushed(self.record)

    @property
    def events(self) -> list[Event]:
        """Every witness's account, in the order they saw it."""
        return events_of(self.record, self.zero)

    @property
    def as_event(self) -> Event:
        """The row as one event: the record's own kind and code, and no witness."""
        record = self.record
        return Event(
            record.seq,
            self.at,
            record.kind,
            direction=self.direction,
            connection=record.connection_id,
            client=record.client,
            path=record.path,
            data=record.data,
            size=self.size,
            duration=self.duration,
            version=record.version,
            line=record.line,
            code=record.code,
            reason=record.reason,
            error=record.error,
            roots=record.roots,
            output=tuple(record.output or ()),
            task=record.task,
        )

    @property
    def kinds(self) -> list[str]:
        """The kinds by which a filter finds this row: its own, and the word of each witness that saw it."""
        words = (self.record.hook if one == "handler" else self.word_of(one) for one in self.witnesses)
        return [self.kind, *(word for word in words if word)]

    @property
    def witnesses(self) -> list[Witness]:
        """Who saw it."""
        return [witness for witness, seen in zip(WITNESSES, self.saw, strict=False) if seen == "1"]

    @property
    def all_codes(self) -> list[int]:
        """Its code, and the different ones that the witnesses of an end report."""
        return [code for code in (self.code, *self.codes) if code is not None]

    def word_of(self, witness: Witness) -> str | None:
        """Return the kind of this witness's event: "frame" for a message on the wire; None if it cannot see this."""
        if witness == "handler":
            return self.kind
        if witness == "client" and self.kind == "ping" and self.direction == "out":
            return None
        return (OF_CLIENT if witness == "client" else OF_WIRE).get(self.kind)

    @property
    def saw(self) -> str:
        """
        Three characters for client, wire and handler: "1" saw it, "0" did not, "-" cannot be asked.

        "0" means not yet while the connection is open, and never after. It is "" for what only the playground reports.
        """
        record, connection = self.record, self.record.connection
        kind = record.kind
        if connection is None:
            return "--1" if KINDS[kind][0] == "handler" else ""
        if kind == "end":
            return _saw_the_end(record)
        client = wire = handler = "-"
        if kind in OF_CLIENT and connection.own and not (kind == "ping" and record.toward == "out"):
            client = "0" if record.client_at is None else "1"
        if kind in OF_WIRE and connection.tapped:
            wire = "0" if record.wire_at is None else "1"
        if kind not in ("ping", "pong", "log") and not connection.elsewhere and not is_pushed(record):
            handled = record.handler_at is not None or kind not in OF_WIRE
            handler = "1" if handled else "0"
        return client + wire + handler

    @property
    def agree(self) -> bool:
        """Whether the witnesses agree: each of them saw it, or still may, and payloads and codes are the same."""
        return agrees(self.record)

    @property
    def codes(self) -> list[int]:
        """The different close codes that the witnesses of an end report; see `codes_of_the_end`."""
        return codes_of(self.record)

    @property
    def wire_size(self) -> int | None:
        """Bytes on the wire, headers included; None where the wire did not see it."""
        record = self.record
        if record.wire_at is None:
            return None
        if record.head_size:
            return record.head_size
        more = record.more_bytes + (record.answer[2] if record.answer else 0)
        return sum(size for _, _, size in record.frames) + more

    @property
    def opcode(self) -> str | None:
        """ "text" or "binary" for a message."""
        if self.record.kind not in MESSAGES or self.record.data is None:
            return None
        return "binary" if isinstance(self.record.data, bytes) else "text"

    @property
    def size(self) -> int | None:
        """Bytes of payload; text is counted in UTF-8."""
        return _size_of(self.record)

    @property
    def duration(self) -> float | None:
        """Seconds the hook or the request took; for a ping, until its pong."""
        return _duration_of(self.record)

    def times(self, reply: Record | None = None) -> list[tuple[str, float]]:
        """
        Return where the time of a message and its reply went, as (part, seconds).

        What took a handler that has sent a reply is its `duration`, because it may go on afterwards.

        Args:
            reply: the message the handler sent for it.
        """
        replied = reply.handler_at if reply else None
        parts = (
            ("client → server", self.record.client_at, self.record.handler_at),
            # A handler may go on after its reply, so this is not its duration.
            ("until the reply", self.record.handler_at, replied),
            ("server → client", replied, reply.client_at if reply else None),
        )
        times = [(name, end - start) for name, start, end in parts if start is not None and end is not None]
        if replied is None and self.duration is not None:
            times.append(("handler", self.duration))
        return times

    def __repr__(self) -> str:
        saw = " " + "".join(letter if seen == "1" else seen for letter, seen in zip("cwh", self.saw, strict=False))
        marks = (" pushed" if self.pushed else "") + ("" if self.agree else " witnesses differ")
        return f"<Row {self.seq} {self.as_event.summary}{saw.rstrip()}{marks}>"


def is_pushed(record: Record) -> bool:
    """Return whether the playground itself sent a message, so that the handler does not know of it."""
    return record.playground_at is not None and record.kind == "send"


def events_of(record: Record, zero: float) -> list[Event]:
    """Return a record as one event per witness, in the order they saw it; `zero` is the time the log began."""
    make = _maker(record, zero)
    events = [*_by_client(record, make), *_by_wire(record, make), *_by_handler(record, make)]
    events.sort(key=lambda event: event.at)
    return events


Make = Callable[..., Event]


def _maker(record: Record, zero: float) -> Make:
    whose: dict[str, Any] = {"connection": record.connection_id, "client": record.client, "path": record.path}

    def make(kind: str, at: float, **values: Any) -> Event:
        witness, direction = KINDS[kind]
        values.setdefault("direction", direction)
        frame: Frame | None = values.get("frame")
        if frame is not None:
            values["frame"] = Frame(frame.at - zero, frame.head, frame.size)
        return Event(record.seq, at - zero, kind, witness, **whose, **values)

    return make


def _by_client(record: Record, make: Make) -> Iterator[Event]:
    if record.client_at is None:
        return
    data = record.data if record.client_data is None else record.client_data
    code = record.client_code if record.client_code is not None or record.kind != "refuse" else record.code
    message = record.kind in MESSAGES
    yield make(
        OF_CLIENT[record.kind],
        record.client_at,
        data=data if message or record.kind == "connect" else None,
        size=payload_size(data) if message else None,
        duration=_duration_of(record) if record.kind == "ping" and record.toward == "in" else None,
        code=code,
        reason=record.client_reason,
        error=record.error if record.handler_at is None and record.wire_at is None else None,
    )


def _by_wire(record: Record, make: Make) -> Iterator[Event]:
    if record.wire_at is None:
        return
    kind, direction = OF_WIRE[record.kind], record.direction
    # The handler's event has the error, unless the wire alone knows of it.
    error = record.error if record.kind in OF_WIRE_ALONE else None
    if not record.frames:
        # The end of TCP, or the handshake, which has no frames.
        code = record.code if record.kind in ("accept", "refuse") else None
        text = None if record.kind == "end" else head_line(record.wire)
        headers = head_headers(record.wire)
        yield make(kind, record.wire_at, data=text, code=code, reason=record.reason, error=error, headers=headers)
    for one in record.frames:
        yield _frame(make, kind, direction, one, error=error)
    if record.answer:
        other: Direction = "out" if direction == "in" else "in"
        took = _duration_of(record) if record.kind == "ping" else None
        yield _frame(make, ANSWERS[record.kind], other, record.answer, duration=took)


def _frame(make: Make, kind: str, direction: Direction | None, raw: Raw, **values: Any) -> Event:
    frame = Frame(*raw)
    if kind == "close_frame":
        values |= {"code": frame.code, "reason": frame.reason}
    return make(kind, frame.at, direction=direction, frame=frame, **values)


def _by_handler(record: Record, make: Make) -> Iterator[Event]:
    kind = record.kind
    told = {name: getattr(record, name) for name in ("version", "error", "traceback", "line", "roots")}
    if kind in OF_WIRE_ALONE:
        told["error"] = None
    hook = {"output": tuple(record.output or ()), "duration": _duration_of(record)}
    common: dict[str, Any] = {
        "data": record.data,
        "size": _size_of(record),
        "code": record.code,
        "reason": record.reason,
    }
    common["headers"] = _decoded(record.headers)
    common["cause"], common["task"] = record.cause, record.task
    if record.hook is not None and record.began is not None:
        # The hook's event has the error.
        if record.handler_at is not None:
            yield make(kind, record.handler_at, **common | {"reason": None}, version=record.version)
        yield make(record.hook, record.began, **common, **told, **hook)
    elif kind not in OF_WIRE:
        yield make(kind, record.at, **common, **told, **hook)
    elif kind == "end":
        yield make(kind, record.at, data=record.data, code=record.code, reason=record.reason)
    elif record.handler_at is not None:
        yield make(kind, record.handler_at, **common, **told, output=hook["output"])
    elif record.playground_at is not None:
        yield replace(make(kind, record.playground_at, **common), witness=None)


def _decoded(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def head_line(head: bytes | None) -> str | None:
    """Return the first line of a handshake's request or response."""
    return None if head is None else head.partition(b"\r\n")[0].decode("latin-1")


def head_headers(head: bytes | None) -> tuple[tuple[str, str], ...]:
    """Return the headers of a handshake's request or response, with their names as the sender wrote them."""
    lines = (head or b"").partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if line)
    return tuple((name, value.strip()) for name, _, value in pairs)


def _size_of(record: Record) -> int | None:
    """Return a message's, a ping's or a pong's bytes of payload."""
    if record.kind in ("ping", "pong"):
        return next((Frame(*one).payload_size for one in record.frames), None)
    return payload_size(record.data) if record.kind in (*MESSAGES, "on_receive") else None


def _duration_of(record: Record) -> float | None:
    """Return the seconds a hook or a request took, or a ping until its pong."""
    if record.kind == "ping" and record.answer and record.frames:
        return record.answer[0] - record.frames[0][0]
    return record.duration


def payload_size(data: str | bytes | None) -> int | None:
    """Return how many bytes a payload has; text is sent as UTF-8 (RFC 6455, section 5.6)."""
    if data is None:
        return None
    return len(data) if isinstance(data, bytes) or data.isascii() else len(data.encode("utf-8", "surrogatepass"))


def codes_of(record: Record) -> list[int]:
    """Return the different close codes that the witnesses of an end have; nothing for other kinds."""
    if record.kind != "end" or record.connection is None:
        return []
    return sorted(set(codes_of_the_end(record.connection).values()))


def agrees(record: Record) -> bool:
    """Return whether the witnesses agree; see `Row.agree`."""
    connection = record.connection
    if connection is None:
        return True
    if record.kind == "end":
        return len(codes_of(record)) <= 1
    if record.client_data is not None:
        return False
    # The handler need not see a close by the server, or the answer to a bad handshake.
    if record.kind not in MESSAGES or connection.state != "closed":
        return True
    return not (
        (connection.own and record.client_at is None)
        or (connection.tapped and record.wire_at is None)
        or (not connection.elsewhere and record.handler_at is None and not is_pushed(record))
    )


def codes_of_the_end(connection: Any) -> dict[Witness, int]:
    """
    Return the close code each witness has, where it has one.

    That of the wire is the code of the first Close frame; 1005 if the frame has no code and 1006 without a frame, as a
    client reports it (RFC 6455, section 7.1.5).
    """
    ending = connection.ending
    codes: dict[Witness, int | None] = {"handler": _handler_code(connection)}
    if connection.own and ending.client_told:
        codes["client"] = ending.client_told.code
    no_websocket = ending.refused is not None or (connection.elsewhere and ending.dial_failed is not None)
    if connection.tapped and ending.tcp and not no_websocket:
        first: Close | None = ending.close_that_counts
        codes["wire"] = 1006 if first is None else 1005 if first.code is None else first.code
    return {witness: code for witness, code in codes.items() if code is not None}


def _handler_code(connection: Any) -> int | None:
    ending = connection.ending
    if ending.refused is not None:
        return None
    if ending.hook_told is not None:
        return int(ending.hook_told)
    close = ending.handler_told or ending.handler_asked
    return close.code if close else None


def _saw_the_end(record: Record) -> str:
    connection = record.connection
    assert connection is not None
    ending = connection.ending
    told = ending.client_told is not None or ending.client_at is not None
    client = "-" if not connection.own else "1" if told else "0"
    wire = "-" if not connection.tapped else "0" if ending.tcp is None else "1"
    return client + wire + ("-" if connection.elsewhere else "1" if _handler_saw_the_end(connection) else "0")


def _handler_saw_the_end(connection: Connection) -> bool:
    """Return whether the application was told of the end, or brought it about."""
    ending, answer = connection.ending, connection.response
    if ending.refusal is not None:
        return False
    if _handler_code(connection) is not None or ending.raised is not None:
        return True
    if ending.handler_asked is not None or ending.handler_told is not None:
        return True
    return ending.refused is not None and answer is not None and answer.handler_at is not None
