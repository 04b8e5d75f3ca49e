"""The ordered, bounded sequence of everything that happened."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any, overload

from playground.core.errors import EventTimeout
from playground.core.events import KINDS, Event, Record
from playground.core.query import compile_query

if TYPE_CHECKING:
    import pandas

Callback = Callable[[Record], None]

OUTPUT_LIMIT = 16 * 1024
"""Characters of output kept for one event."""


class Events(Sequence[Event]):
    """A list of events that also becomes a table."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = tuple(events)

    def __len__(self) -> int:
        return len(self._events)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> Events: ...
    def __getitem__(self, index: int | slice) -> Event | Events:
        return Events(self._events[index]) if isinstance(index, slice) else self._events[index]

    def to_pandas(self) -> pandas.DataFrame:
        """
        Return the events as a table, one row per event, oldest first.

        Columns are the fields of `Event`; seq, connection, size, version, line and code are Int64 with
        missing values, at and duration are Float64 in seconds.

        Raises:
            ImportError: pandas is not installed; it comes with `pip install 'websocket-playground[lab]'`.
        """
        try:
            import pandas
        except ImportError:
            raise ImportError("to_pandas needs pandas; pip install 'websocket-playground[lab]'") from None
        columns = list(Event.__dataclass_fields__)
        table = pandas.DataFrame([event.as_dict() for event in self._events], columns=columns)
        integers = ("seq", "connection", "size", "version", "line", "code")
        types: dict[str, str] = dict.fromkeys(integers, "Int64") | {"at": "Float64", "duration": "Float64"}
        return table.astype(types)

    def __repr__(self) -> str:
        if not self._events:
            return "<no events>"
        lines = [repr(event) for event in self._events[-20:]]
        if len(self._events) > 20:
            lines.insert(0, f"… {len(self._events) - 20} earlier")
        return "\n".join(lines)


class Log:
    """
    The newest events, oldest first, and how many there were.

    Args:
        limit: how many events are kept; older ones are dropped and counted.
        limit_bytes: how much payload and output the kept events may hold together.

    May be appended to and read from any thread.
    """

    def __init__(self, *, limit: int = 100_000, limit_bytes: int = 128 * 2**20) -> None:
        self.limit = limit
        self.limit_bytes = limit_bytes
        self.total = 0
        """Events since the log began, kept or not."""
        self.began = time.time()
        """Wall clock of `at == 0`, in seconds since the epoch."""
        self._zero = time.perf_counter()
        self._records: deque[Record] = deque()
        self._bytes = 0
        self._lock = threading.Lock()
        self._subscribers: tuple[Callback, ...] = ()
        self.cleared = 0
        """Events that `clear` took."""

    # Writing

    def now(self) -> float:
        """Return the time of a `Record` made now."""
        return time.perf_counter()

    def append(self, record: Record) -> None:
        """Add one happening and tell the subscribers."""
        data = record.data
        # Written out, because this runs three times for each message.
        with self._lock:
            self.total = record.seq = self.total + 1
            self._records.append(record)
            if data is not None:
                record.weight = len(data)
                self._bytes += record.weight
            if len(self._records) > self.limit:
                self._bytes -= self._records.popleft().weight
            if self._bytes > self.limit_bytes:
                self._drop()
        if self._subscribers:
            self._tell(record)

    def note(self, kind: str, **values: Any) -> Record:
        """Append what happened just now, off the hot path, and return its record."""
        record = Record(kind, time.perf_counter())
        for name, value in values.items():
            setattr(record, name, value)
        self.append(record)
        return record

    def finished(self, record: Record) -> None:
        """Tell the subscribers that a hook's record is complete."""
        if record.output or record.traceback:
            self._weigh_again(record)
        self._tell(record)

    def _tell(self, record: Record) -> None:
        for subscriber in self._subscribers:
            try:
                subscriber(record)
            except Exception as error:
                # Whoever records may be a handler's `send`, which must not fail for a listener's fault.
                self._subscribers = tuple(one for one in self._subscribers if one is not subscriber)
                self.note(
                    "error", error=f"a subscriber of the log raised {type(error).__name__}: {error}; it is left out"
                )

    def _drop(self) -> None:
        while self._bytes > self.limit_bytes and len(self._records) > 1:
            self._bytes -= self._records.popleft().weight

    def _weigh_again(self, record: Record) -> None:
        with self._lock:
            if self._records and record.seq >= self._records[0].seq:
                self._bytes -= record.weight
                record.weight = len(record.data or "") + len(record.traceback or "")
                record.weight += sum(len(text) for _, text in record.output or ())
                self._bytes += record.weight
                self._drop()

    def subscribe(self, subscriber: Callback) -> Callable[[], None]:
        """
        Call `subscriber(record)` for each record added and each hook completed; return what undoes it.

        It runs on the thread that records, often the server's loop, so it must neither block nor raise.
        """
        with self._lock:
            self._subscribers = (*self._subscribers, subscriber)

        def unsubscribe() -> None:
            with self._lock:
                self._subscribers = tuple(one for one in self._subscribers if one is not subscriber)

        return unsubscribe

    def clear(self) -> None:
        """Forget the events kept; counting goes on, so no `seq` comes twice."""
        with self._lock:
            self.cleared += len(self._records)
            self._records.clear()
            self._bytes = 0

    # Reading

    @property
    def dropped(self) -> int:
        """Events that no longer fit: `total` is always kept + cleared by hand + dropped."""
        with self._lock:
            return self.total - len(self._records) - self.cleared

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Event]:
        return map(self.event, self.records())

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> Events: ...
    def __getitem__(self, index: int | slice) -> Event | Events:
        if isinstance(index, slice):
            return Events([self.event(record) for record in self.records()[index]])
        with self._lock:
            record = self._records[index]
        return self.event(record)

    def records(self, *, since: int = 0) -> list[Record]:
        """Return the records with a larger `seq` than `since`, oldest first."""
        with self._lock:
            if not since:
                return list(self._records)
            # From the newest end: what is asked for is mostly the last few of many.
            found = list(takewhile(lambda record: record.seq > since, reversed(self._records)))
        found.reverse()
        return found

    def find(self, seq: int) -> Event | None:
        """Return the event with that number, or None when it is no longer kept."""
        with self._lock:
            first = self._records[0].seq if self._records else self.total + 1
            index = seq - first
            record = self._records[index] if 0 <= index < len(self._records) else None
        return self.event(record) if record else None

    def event(self, record: Record) -> Event:
        """Return the record as the immutable `Event` that people read."""
        data = record.data
        return Event(
            seq=record.seq,
            at=record.at - self._zero,
            kind=record.kind,
            connection=record.connection,
            client=record.client,
            path=record.path,
            data=data,
            size=payload_size(data) if record.kind in ("receive", "send", "on_receive") else None,
            duration=None if record.ended is None else record.ended - record.at,
            version=record.version,
            line=record.line,
            code=record.code,
            reason=record.reason,
            error=record.error,
            traceback=record.traceback,
            output=tuple(record.output or ()),
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in record.headers),
        )

    def filter(self, query: str = "") -> Events:
        """
        Return the events that pass a filter such as `"-ping alice json.say=hello"`.

        The language is described in `playground.core.query`.

        Raises:
            QueryError: the filter cannot be read; the message names the column.
        """
        holds = compile_query(query)
        return Events([event for event in self if holds(event)])

    def to_pandas(self) -> pandas.DataFrame:
        """Return the whole log as a table; see `Events.to_pandas`."""
        return self[:].to_pandas()

    # Waiting

    def wait_for(self, kind: str, query: str = "", *, since: int = 0, timeout: float = 2.0) -> Event:
        """
        Return the first event of `kind`, blocking until there is one.

        A hook counts once it has returned, so its duration and error are known.

        Args:
            kind: one of `events.KINDS`, such as "disconnect" or "on_receive".
            query: a filter it has to pass too, such as "client:alice".
            since: ignore events up to this `seq`; 0 looks at the whole log.
            timeout: seconds to wait.

        Raises:
            EventTimeout: nothing came in time. The message names the last event that did.
        """
        arrived = threading.Event()
        with _Wait(self, kind, query, since, arrived.set) as wait:
            if not arrived.wait(timeout):
                raise wait.timed_out(timeout)
            return wait.found()

    async def wait_for_async(self, kind: str, query: str = "", *, since: int = 0, timeout: float = 2.0) -> Event:
        """Return the first event of `kind` without blocking the loop; see `wait_for`."""
        arrived = asyncio.Event()
        loop = asyncio.get_running_loop()
        with _Wait(self, kind, query, since, lambda: loop.call_soon_threadsafe(arrived.set)) as wait:
            try:
                await asyncio.wait_for(arrived.wait(), timeout)
            except TimeoutError:
                raise wait.timed_out(timeout) from None
            return wait.found()

    def __repr__(self) -> str:
        return f"<Log {self.total} events, {len(self)} kept, {self.dropped} dropped>"


class _Wait:
    """One search for an event among those there are and those that come."""

    def __init__(self, log: Log, kind: str, query: str, since: int, wake: Callable[[], object]) -> None:
        if kind not in KINDS:
            raise ValueError(f"no event is of kind {kind!r}; there are {', '.join(KINDS)}")
        self.log = log
        self.kind = kind
        self.query = query
        self.since = since
        self.wake = wake
        self._holds = compile_query(query)
        self._found: Event | None = None

    def __enter__(self) -> _Wait:
        # Subscribing first means that nothing can slip in between looking back and listening.
        self._unsubscribe = self.log.subscribe(self._look)
        for record in self.log.records(since=self.since):
            self._look(record)
        return self

    def __exit__(self, *_: object) -> None:
        self._unsubscribe()

    def _look(self, record: Record) -> None:
        if self._found is not None or record.kind != self.kind or record.seq <= self.since:
            return
        event = self.log.event(record)
        if not event.running and self._holds(event):
            self._found = event
            self.wake()

    def found(self) -> Event:
        assert self._found is not None
        return self._found

    def timed_out(self, timeout: float) -> EventTimeout:
        what = f"{self.kind!r}" + (f" passing {self.query!r}" if self.query else "")
        last = f"the last event was {self.log[-1]!r}" if len(self.log) else "the log is empty"
        return EventTimeout(f"no {what} within {timeout:g} s; {last}")


def payload_size(data: str | bytes | None) -> int | None:
    """Return the payload's bytes; text travels as UTF-8 (RFC 6455, section 5.6)."""
    if data is None:
        return None
    return len(data) if isinstance(data, bytes) or data.isascii() else len(data.encode("utf-8", "surrogatepass"))


def as_payload(data: object) -> str | bytes | None:
    """Return what an application sends as text or bytes; what is neither, and cannot travel, as its repr."""
    if data is None or isinstance(data, str | bytes):
        return data
    return bytes(data) if isinstance(data, bytearray | memoryview) else repr(data)


def add_output(record: Record, stream: str, text: str) -> None:
    """Attach what was printed or logged to a hook's record, up to `OUTPUT_LIMIT` characters."""
    output = record.output
    if output is None:
        output = record.output = []
    room = OUTPUT_LIMIT - sum(len(part) for _, part in output)
    if room <= 0:
        return
    if len(text) > room:
        text = text[:room] + "… (cut)"
    if output and output[-1][0] == stream == "stdout":
        output[-1] = (stream, output[-1][1] + text)
    else:
        output.append((stream, text))
