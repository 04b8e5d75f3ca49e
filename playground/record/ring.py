"""The newest records of what happened, within limits, and how many there were."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple, Protocol

from playground.record.records import Connection, Record, record_of
from playground.record.storable import storable_error

Callback = Callable[[Record], None]

TRIM_EVERY = 256
"""The log checks its limits each time this many records were added."""

MAX_REORDER = 64
"""Records from several threads can be this many places out of order."""

LATE = 256
"""A record that a witness completes after this many others were added is remembered as completed late."""

NEAR_END = LATE + TRIM_EVERY + 2 * MAX_REORDER
"""The newest events belong to this many records at the end of the log, or to records that were completed late."""


TEXT = "".__sizeof__()
"""Bytes of a text besides its characters."""


class Spill(Protocol):
    """Takes the records that no longer fit into the log."""

    taken: int
    """Records taken."""
    written: int
    """Records written."""
    lost: int
    """Records taken that could not be written."""

    @property
    def trouble(self) -> str | None:
        """Why records are not written, or None while all is well."""

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


class Ring:
    """
    Records in the order in which they were numbered; the oldest leave when there are too many.

    Args:
        limit: how many are kept; older ones are spilled, or dropped and counted.
        limit_bytes: how much they may refer to together: payloads, headers, frames, errors, output. A record itself,
            some 600 bytes, counts by `limit`.
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
        record = record_of(kind, values)
        self.append(record)
        return record

    def changed(self, record: Record) -> None:
        """
        Tell the subscribers that another witness has completed a record.

        It must be called for each record completed after it was appended: `log[-1]` relies on it.
        """
        if record.seq < self.late_below:
            self._late.add(record.seq // TRIM_EVERY)
        if record.weight >= 0:
            self.weigh(record)
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
                with self._lock:
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
        """Count again the bytes of a record that has grown; one that was never counted is counted in its turn."""
        with self._lock:
            if record.weight >= 0 and self.ring and record.seq >= self.ring[0].seq:
                before, record.weight = record.weight, weight_of(record)
                self._bytes += record.weight - before
                if self._bytes > self.limit_bytes:
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

    def forget_others(self) -> None:
        """Be free, and tell nobody; for a forked child, where those who listen and record are not."""
        self._lock = threading.RLock()
        self.subscribers = ()

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

    @property
    def trouble(self) -> str | None:
        """Why the oldest rows are not written to the spill file, as a sentence; None while all is well."""
        return self.spill.trouble if self.spill is not None else None

    def with_newest_events(self, count: int) -> list[Record]:
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

    def record(self, seq: int) -> Record | None:
        """Return the record with that number, or None when it is no longer kept."""
        back = self.total - seq
        if seq < 1 or back < -MAX_REORDER:
            return None
        # It is no farther from the newest than its number says, and nearer where numbers are missing.
        near = _newest(self.ring, back + MAX_REORDER)
        return next((one for one in reversed(near) if one.seq == seq), None)

    def last_message(self, connection: Connection) -> Record | None:
        """Return the message that was sent last on a connection, either way, if it is still kept."""
        mine = (one for one in self.backwards() if one.connection is connection and one.kind in ("receive", "send"))
        # What the server could not send is no message.
        return next((one for one in mine if one.kind == "receive" or one.error is None), None)


def weight_of(record: Record) -> int:
    """Return the bytes of all texts, bytes and lists that a record refers to, as they are in memory."""
    if type(record) is not Record and record.error is None and record.output is None:
        # A plain message.
        data = record.data
        # One that the application has not received yet will be about as large as what travelled.
        return record.wire_size + TEXT if data is None else data.__sizeof__()
    # The up to 128 bytes of a whole frame are part of what every record takes.
    left_out = ("kind", "wire") if record.wire_size else ("kind",)
    weight = sum(size_of(value) for name, value in vars(record).copy().items() if name not in left_out)
    if record.kind == "receive" and record.data is None:
        weight += record.wire_size + record.more_bytes + sum(size for _, _, size in record.parts)
    return weight


def size_of(value: object) -> int:
    """Return the bytes of a value that a record refers to; numbers and what others own count for nothing."""
    if isinstance(value, str | bytes):
        return value.__sizeof__()
    if isinstance(value, tuple | list) and value:
        return value.__sizeof__() + sum(map(size_of, value))
    return 0


def _newest(ring: deque[Record], count: int) -> list[Record]:
    """Return the last records, newest first, while other threads append."""
    while True:
        try:
            return list(islice(reversed(ring), max(0, count)))
        except RuntimeError:
            # Something was appended between the two calls; nothing is appended within them.
            continue
