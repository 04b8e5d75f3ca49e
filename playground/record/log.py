"""The ordered, bounded sequence of everything that happened."""

from __future__ import annotations

import asyncio
import itertools
import operator
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, overload

from playground.common import waiting
from playground.common.arguments import check_seconds
from playground.record.events import Event
from playground.record.expectation import Wait
from playground.record.lists import Events, Rows
from playground.record.moments import count_events, moments_of
from playground.record.patterns import LISTENING
from playground.record.query import compile_query
from playground.record.recorder import noted
from playground.record.records import Record
from playground.record.row import Row, events_of
from playground.record.storable import storable_error

if TYPE_CHECKING:
    import pandas

    from playground.record.records import Connection

Callback = Callable[[Record], None]

TRIM_EVERY = 256
"""The log checks its limits each time this many records were added."""

MAX_REORDER = 64
"""Records from several threads can be this many places out of order."""

LATE = 256
"""A record that a witness completes after this many others were added is remembered as completed late."""

NEAR_END = LATE + TRIM_EVERY + 2 * MAX_REORDER
"""The newest events belong to this many records at the end of the log, or to records that were completed late."""

AT_A_TIME = 0.002
"""Seconds for which looking back may hold an event loop before others get their turn."""


class Spill(Protocol):
    """Takes the records that no longer fit into the log."""

    taken: int
    """Records taken."""
    written: int
    """Records written."""
    lost: int
    """Records taken that could not be written."""

    def put(self, record: Record) -> bool:
        """Take a record without blocking; return False when there is no room for it."""


class Counts(NamedTuple):
    """How many happenings there were, and where they are: total == kept + spilled + dropped + cleared."""

    total: int
    kept: int
    """In memory, those on their way to the spill file included."""
    spilled: int
    """Written to the spill file."""
    dropped: int
    """They no longer fitted."""
    cleared: int
    """Taken by `clear`."""


class Log:
    """
    The newest happenings, and how many there were.

    `total`, `kept`, `spilled`, `dropped` and `cleared` count happenings: one for each message, hook or handshake. As a
    sequence the log holds their events, one for each witness's account, in the order of time: `len(log)`, `log[-1]` and
    iteration are about the events of the happenings in memory. A message that client, wire and handler saw is one
    happening and three or four events.

    Args:
        limit: how many happenings are kept; older ones are spilled, or dropped and counted.
        limit_bytes: how much payload and output they may hold together.
        spill: takes what no longer fits; without one it is dropped.

    May be appended to and read from any thread.
    """

    def __init__(self, *, limit: int = 100_000, limit_bytes: int = 128 * 2**20, spill: Spill | None = None) -> None:
        self.limit = limit
        self.limit_bytes = limit_bytes
        self.spill = spill
        self.began = time.time()
        """Wall clock of `at == 0`, in seconds since the epoch."""
        self.zero = time.perf_counter()
        """`at == 0` on the clock of the records, which only goes forward."""
        self.number = itertools.count(1).__next__
        """Gives the next happening its number."""
        self.ring: deque[Record] = deque()
        """The records kept, and up to `TRIM_EVERY` more. Appending needs no lock; everything else uses the methods."""
        self._add = self.ring.append
        self.subscribers: tuple[Callback, ...] = ()
        """Called with each record that is new or was completed."""
        self._weighed = 0
        """How many records, since the log began, have been counted in `_bytes`."""
        self._bytes = 0
        self._lock = threading.RLock()
        self.late_below = 0
        """A record with a smaller number that is completed now is completed late."""
        self._late: set[int] = set()
        """Numbers of records completed late, divided by `TRIM_EVERY`."""
        self._dropped = 0
        self._cleared = 0

    # Writing

    def append(self, record: Record) -> None:
        """Add one happening and tell the subscribers."""
        record.seq = number = self.number()
        self._add(record)
        if not number % TRIM_EVERY:
            self.late_below = number - LATE
            self.trim()
        if self.subscribers:
            self.tell(record)

    def note(self, kind: str, **values: Any) -> Record:
        """Append what happened just now, off the hot path, and return its record."""
        record = noted(kind, values)
        self.append(record)
        return record

    def changed(self, record: Record) -> None:
        """
        Tell the subscribers that another witness has completed a record.

        It must be called for each record completed after it was appended: `log[-1]` relies on it.
        """
        if record.seq < self.late_below:
            self._late.add(record.seq // TRIM_EVERY)
        if self.subscribers:
            self.tell(record)

    def finished(self, record: Record) -> None:
        """Tell the subscribers that a hook's record is complete."""
        if record.seq < self.late_below:
            self._late.add(record.seq // TRIM_EVERY)
        if record.output or record.traceback:
            self.weigh(record)
        if self.subscribers:
            self.tell(record)

    def tell(self, record: Record) -> None:
        """Call the subscribers with a record; on the hot path, callers check first whether there are any."""
        for subscriber in self.subscribers:
            try:
                subscriber(record)
            except Exception as error:
                # The caller may be a handler's `send`, which must not fail because of a subscriber.
                self.subscribers = tuple(one for one in self.subscribers if one is not subscriber)
                self.note("error", error=f"a subscriber of the log raised {storable_error(error)}; it is left out")

    def trim(self) -> None:
        """Spill or drop the oldest records until the log keeps its limits; runs now and then, and before every read."""
        with self._lock:
            self._weigh_new()
            self._remove_oldest()
            if self._late and self.ring:
                first = (self.ring[0].seq - MAX_REORDER) // TRIM_EVERY
                self._late.difference_update([block for block in self._late.copy() if block < first])

    # The loops of these two run once for every record, so they call and look up little.

    def _weigh_new(self) -> None:
        fresh = self._removed() + len(self.ring) - self._weighed
        count = total = 0
        # Others append meanwhile: each record is counted once, whichever call meets it.
        try:
            for record in _newest(self.ring, fresh + MAX_REORDER):
                if record.weight < 0:
                    record.weight = weight = weight_of(record)
                    total += weight
                    count += 1
        finally:
            # Also when a cell is interrupted just here.
            self._bytes += total
            self._weighed += count

    def _remove_oldest(self) -> None:
        ring, spill = self.ring, self.spill
        freed = dropped = 0
        excess = len(ring) - self.limit
        too_much = self._bytes - self.limit_bytes
        try:
            while excess > 0 or (freed < too_much and len(ring) > 1):
                excess -= 1
                oldest = self._take_oldest()
                freed += oldest.weight
                if spill is None or not spill.put(oldest):
                    dropped += 1
        finally:
            self._bytes -= freed
            self._dropped += dropped

    def _take_oldest(self) -> Record:
        oldest = self.ring.popleft()
        if oldest.weight < 0:
            # Added just now, so it was never counted.
            oldest.weight = 0
            self._weighed += 1
        return oldest

    def _removed(self) -> int:
        return self._dropped + self._cleared + (self.spill.taken if self.spill else 0)

    def weigh(self, record: Record) -> None:
        """Count again the bytes of a record that has grown."""
        with self._lock:
            self.trim()
            if self.ring and record.seq >= self.ring[0].seq:
                self._bytes -= record.weight
                record.weight = weight_of(record)
                self._bytes += record.weight
                self.trim()

    def subscribe(self, subscriber: Callback) -> Callable[[], None]:
        """
        Call `subscriber(record)` for each record added and each hook completed; return what undoes it.

        It runs on the thread that records, often the server's loop, so it must neither block nor raise.
        """
        with self._lock:
            self.subscribers = (*self.subscribers, subscriber)

        def unsubscribe() -> None:
            with self._lock:
                self.subscribers = tuple(one for one in self.subscribers if one is not subscriber)

        return unsubscribe

    def clear(self) -> None:
        """Forget the events kept; counting goes on, so no `seq` comes twice."""
        with self._lock:
            self.trim()
            for _ in range(len(self.ring)):
                self._bytes -= self._take_oldest().weight
                self._cleared += 1

    # Reading

    @property
    def counts(self) -> Counts:
        """How many happenings there were, and where they are, all at one moment."""
        with self._lock:
            self.trim()
            spill = self.spill
            taken, written, lost = (spill.taken, spill.written, spill.lost) if spill else (0, 0, 0)
            inside = len(self.ring)
            total = inside + taken + self._dropped + self._cleared
            return Counts(total, inside + taken - written - lost, written, self._dropped + lost, self._cleared)

    @property
    def total(self) -> int:
        """Happenings since the log began, kept or not: messages, hooks and the like, and not their events."""
        return self.counts.total

    @property
    def kept(self) -> int:
        """Happenings in memory."""
        return self.counts.kept

    @property
    def spilled(self) -> int:
        """Happenings written to the spill file."""
        return self.counts.spilled

    @property
    def dropped(self) -> int:
        """Happenings that no longer fitted."""
        return self.counts.dropped

    @property
    def cleared(self) -> int:
        """Happenings that `clear` took."""
        return self.counts.cleared

    def __len__(self) -> int:
        """Return how many events there are in memory, every witness's counted; `kept` is how many happenings."""
        return sum(map(count_events, self.records()))

    def __iter__(self) -> Iterator[Event]:
        events = [event for record in self.records() for event in self.events(record)]
        events.sort(key=attrgetter("at"))
        return iter(events)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> Events: ...
    def __getitem__(self, index: int | slice) -> Event | Events:
        """
        Return one event, or a list of several, of those that iterating gives.

        From the newest end, `log[-1]` and `log[-20:]`, only the last records are looked at, and those that a witness
        completed late.
        """
        if isinstance(index, slice):
            start = index.start
            if isinstance(start, int) and start < 0 and index.stop is None and index.step in (None, 1):
                return Events(self._newest_events(-start))
            return Events(self)[index]
        place = operator.index(index)
        if place < 0:
            newest = self._newest_events(-place)
            if len(newest) == -place:
                return newest[0]
        else:
            order = _in_order(self.records(), self.zero)
            if place < len(order):
                return self._event(*order[place])
        raise IndexError(f"the log has no event {place}; there are {len(self)}")

    def _newest_events(self, count: int) -> list[Event]:
        """Return the last events in the order of time, fewer when there are not as many."""
        order = _in_order(self._with_newest_events(count), self.zero)
        return [self._event(*one) for one in order[-count:]]

    def _with_newest_events(self, count: int) -> list[Record]:
        """
        Return the records of the last events, in the order of the log, and others.

        A witness completes a record either soon after it was appended, or late. What was neither appended near the end
        nor completed late has had its events before what was appended near the end had any.
        """
        self.trim()
        late = self._late.copy()
        near = _newest(self.ring, NEAR_END + count)
        near.reverse()
        if not late or not near:
            return near
        records = list(self.ring)
        if not records:
            return near
        first, places = records[0].seq, set(range(max(0, len(records) - NEAR_END - count), len(records)))
        for block in late:
            start = block * TRIM_EVERY - first
            places.update(range(max(0, start - MAX_REORDER), min(len(records), start + TRIM_EVERY + MAX_REORDER)))
        return [records[place] for place in sorted(places)]

    def _event(self, at: float, record: Record, number: int) -> Event:
        # The wire may have said since that the handler was never asked, which takes an event away.
        events = self.events(record)
        return events[min(number, len(events) - 1)]

    def backwards(self) -> Iterator[Record]:
        """Iterate over the records, newest first; the rest is only looked at when the newest were not enough."""
        self.trim()
        near = _newest(self.ring, NEAR_END)
        yield from near
        if len(near) == NEAR_END:
            oldest = near[-1].seq
            # What another thread appended meanwhile is newer than what was given already.
            rest = reversed(list(self.ring))
            given = set(map(id, near))
            yield from (one for one in rest if one.seq < oldest + MAX_REORDER and id(one) not in given)

    def records(self, *, since: int = 0) -> list[Record]:
        """Return the records with a larger `seq` than `since`, oldest first."""
        self.trim()
        if not since:
            return list(self.ring)
        # From the newest end: what is asked for is mostly the last few of many. Two threads that record at the same
        # time may do so in another order than they were numbered.
        newest = _newest(self.ring, self.total - since + MAX_REORDER)
        return [record for record in reversed(newest) if record.seq > since]

    def find(self, seq: int) -> Row | None:
        """Return the row with that number, or None when it is no longer kept."""
        back = self.total - seq
        if seq < 1 or back < -MAX_REORDER:
            return None
        # It is no farther from the newest than its number says, and nearer where numbers are missing.
        near = _newest(self.ring, back + MAX_REORDER)
        record = next((one for one in reversed(near) if one.seq == seq), None)
        return self.row(record) if record else None

    def last_message(self, connection: Connection) -> Record | None:
        """Return the message that was sent last on a connection, either way, if it is still kept."""
        mine = (one for one in self.backwards() if one.connection is connection and one.kind in ("receive", "send"))
        # What the server could not send is no message.
        return next((one for one in mine if one.kind == "receive" or one.error is None), None)

    def events(self, record: Record) -> list[Event]:
        """Return a record as the immutable events that people read, one per witness and account."""
        return events_of(record, self.zero)

    def row(self, record: Record) -> Row:
        """Return a record as a row."""
        return Row(record, self.zero, self.began)

    def rows(self, query: str = "") -> Rows:
        """
        Return what happened, each happening once, with every witness's account; oldest first.

        A row is found by its own kind and by the word of each witness that saw it; see `playground.record.query`.

        Raises:
            QueryError: the filter cannot be read, or one of its regular expressions takes too long; the message names
                the column.
        """
        asked = compile_query(query)
        candidates = sorted(asked.candidates(self.records()), key=attrgetter("at"))
        return Rows(filter(asked.row_passes_terms, map(self.row, candidates)))

    def filter(self, query: str = "") -> Events:
        """
        Return the events that pass a filter such as `"-ping alice json.say=hello"`, in the order of time.

        The language is described in `playground.record.query`; `is:errors` finds every witness's event of a failure.

        Raises:
            QueryError: the filter cannot be read, or one of its regular expressions takes too long; the message names
                the column.
        """
        asked = compile_query(query)
        events = (event for record in asked.candidates(self.records()) for event in self.events(record))
        return Events(sorted(filter(asked.event_passes_terms, events), key=attrgetter("at")))

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
            QueryError: the filter cannot be read, or one of its regular expressions takes too long.
            TypeError, ValueError: the kind, the filter or the timeout cannot be used.
        """
        check_seconds("timeout", timeout)
        arrived = threading.Event()
        with Wait(self, kind, query, since, arrived.set) as wait:
            for _ in wait.look_back():
                pass
            if not waiting.until(arrived, timeout):
                raise wait.timed_out(timeout)
            return wait.found()

    async def wait_for_async(self, kind: str, query: str = "", *, since: int = 0, timeout: float = 2.0) -> Event:
        """Return the first event of `kind` without blocking the loop, also while looking back; see `wait_for`."""
        check_seconds("timeout", timeout)
        arrived = asyncio.Event()
        loop = asyncio.get_running_loop()
        with Wait(self, kind, query, since, lambda: loop.call_soon_threadsafe(arrived.set), LISTENING) as wait:
            until = time.perf_counter() + AT_A_TIME
            for _ in wait.look_back():
                if time.perf_counter() > until:
                    await asyncio.sleep(0)
                    until = time.perf_counter() + AT_A_TIME
            if wait.over:
                return wait.found()
            try:
                await asyncio.wait_for(arrived.wait(), timeout)
            except TimeoutError:
                raise wait.timed_out(timeout) from None
            return wait.found()

    def __repr__(self) -> str:
        counts = self.counts
        return f"<Log {counts.total} rows: {counts.kept} kept, {counts.spilled} spilled, {counts.dropped} dropped>"


def weight_of(record: Record) -> int:
    """Return the bytes of payload, traceback and output that a record holds."""
    data = record.data
    # A message that the application has not received yet will be about as large as what travelled.
    weight = len(data) if data is not None else record.wire_size + sum(size for _, _, size in record.parts)
    if record.traceback is not None or record.output is not None:
        weight += len(record.traceback or "") + sum(len(text) for _, text in record.output or ())
    return weight


def _newest(ring: deque[Record], count: int) -> list[Record]:
    """Return the last records, newest first, while other threads append."""
    while True:
        try:
            return list(islice(reversed(ring), max(0, count)))
        except RuntimeError:
            # Something was appended between the two calls; nothing is appended within them.
            continue


def _in_order(records: list[Record], zero: float) -> list[tuple[float, Record, int]]:
    """Return for each event of the records its time, its record and its number among that record's, in its order."""
    order = [(at - zero, record, number) for record in records for number, at in enumerate(moments_of(record))]
    order.sort(key=itemgetter(0))
    return order
