"""The log: the newest records as events and rows, which are asked for by number, by filter, or waited for."""

from __future__ import annotations

import asyncio
import operator
import threading
import time
from collections.abc import Iterator
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, overload

from playground.common import waiting
from playground.common.arguments import check_seconds
from playground.record.events import Event
from playground.record.expectation import Expectation
from playground.record.lists import Events, Rows
from playground.record.moments import count_events, moments_of
from playground.record.patterns import LISTENING
from playground.record.query import compile_query
from playground.record.records import Record
from playground.record.ring import Ring
from playground.record.row import Row, events_of

if TYPE_CHECKING:
    import pandas

AT_A_TIME = 0.002
"""Seconds for which looking back may hold an event loop before others get their turn."""


class Log(Ring):
    """
    The newest happenings, and how many there were; what can be asked of them.

    `total`, `kept`, `spilled`, `dropped` and `cleared` count happenings: one for each message, hook or handshake. As a
    sequence the log holds their events, one for each witness's account, in the order of time: `len(log)`, `log[-1]` and
    iteration are about the events of the happenings in memory. A message that client, wire and handler saw is one
    happening and three or four events.

    Args:
        limit: how many happenings are kept; older ones are spilled, or dropped and counted.
        limit_bytes: how much they may refer to together: payloads, headers, frames, errors, output. A record itself,
            some 600 bytes, counts by `limit`.
        spill: takes what no longer fits; without one it is dropped.

    May be appended to and read from any thread.
    """

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
        order = _in_order(self.with_newest_events(count), self.zero)
        return [self._event(*one) for one in order[-count:]]

    def _event(self, at: float, record: Record, number: int) -> Event:
        # The wire may have said since that the handler was never asked, which takes an event away.
        events = self.events(record)
        return events[min(number, len(events) - 1)]

    def find(self, seq: int) -> Row | None:
        """Return the row with that number, or None when it is no longer kept."""
        record = self.record(seq)
        return self.row(record) if record else None

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
        return Rows(filter(asked.candidates_row, map(self.row, candidates)))

    def filter(self, query: str = "") -> Events:
        """
        Return the events that pass a filter such as `"-ping alice json.say=hello"`, in the order of time.

        The language is described in `playground.record.query`; `is:errors` finds every witness's event of a failure.

        Raises:
            QueryError: the filter cannot be read, or one of its regular expressions takes too long; the message names
                the column.
        """
        asked = compile_query(query)
        rows = map(self.row, asked.candidates(self.records()))
        events = (event for row in rows for event in row.events if asked.candidates_event(event, row))
        return Events(sorted(events, key=attrgetter("at")))

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
        with Expectation(self, kind, query, since, arrived.set) as expected:
            for _ in expected.look_back():
                pass
            until = time.perf_counter() + timeout
            while True:
                expected.look_closer()
                if expected.over:
                    return expected.found()
                left = until - time.perf_counter()
                if left <= 0 or not waiting.until(arrived, left):
                    raise expected.timed_out(timeout)
                arrived.clear()

    async def wait_for_async(self, kind: str, query: str = "", *, since: int = 0, timeout: float = 2.0) -> Event:
        """Return the first event of `kind` without blocking the loop, also while looking back; see `wait_for`."""
        check_seconds("timeout", timeout)
        arrived = asyncio.Event()
        loop = asyncio.get_running_loop()
        with Expectation(
            self, kind, query, since, lambda: loop.call_soon_threadsafe(arrived.set), LISTENING
        ) as expected:
            until = time.perf_counter() + AT_A_TIME
            for _ in expected.look_back():
                if time.perf_counter() > until:
                    await asyncio.sleep(0)
                    until = time.perf_counter() + AT_A_TIME
            until = time.perf_counter() + timeout
            while True:
                if expected.undecided:
                    await asyncio.to_thread(expected.look_closer)
                if expected.over:
                    return expected.found()
                try:
                    await asyncio.wait_for(arrived.wait(), until - time.perf_counter())
                except TimeoutError:
                    raise expected.timed_out(timeout) from None
                arrived.clear()

    def __repr__(self) -> str:
        counts, trouble = self.counts, self.trouble
        said = f"{counts.total} rows: {counts.kept} kept, {counts.spilled} spilled, {counts.dropped} dropped"
        return f"<Log {said}{f'; {trouble}' if trouble else ''}>"


def _in_order(records: list[Record], zero: float) -> list[tuple[float, Record, int]]:
    """Return for each event of the records its time, its record and its number among that record's, in its order."""
    order = [(at - zero, record, number) for record in records for number, at in enumerate(moments_of(record))]
    order.sort(key=itemgetter(0))
    return order
