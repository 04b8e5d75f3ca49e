"""Expectation: a search for an event, first in the log and then among the events that are added."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice

from playground.common.errors import EventTimeout
from playground.record.events import KINDS, Event
from playground.record.patterns import LISTENING, READING, Limits, PutOff
from playground.record.query import Query, compile_query
from playground.record.records import Record
from playground.record.ring import Ring
from playground.record.row import Row, events_of
from playground.record.selection import with_event_of

CHUNK = 2048
"""How many records one step of looking back tests."""


class Expectation:
    """
    A search for an event, first in the log and then among the events that are added.

    Args:
        looking_back: how long the filter's regular expressions may take on the events that exist already. New events
            are tested on the thread that records them, where the limits are much lower.
    """

    def __init__(
        self,
        log: Ring,
        kind: str,
        query: str,
        since: int,
        wake: Callable[[], object],
        looking_back: Limits = READING,
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"no kind of event is called {kind!r}; there are {', '.join(KINDS)}")
        self.log = log
        self.kind = kind
        self.query = query
        self.since = since
        self.wake = wake
        # This comes first, because it finds every mistake in the filter.
        self._thorough = compile_query(query, READING)
        self._looking_back = self._thorough if looking_back is READING else compile_query(query, looking_back)
        self._listening = compile_query(query, LISTENING)
        self._put_off: deque[int] = deque()
        self._found: Event | None = None
        self._failure: Exception | None = None

    def __enter__(self) -> Expectation:
        # Subscribing comes first, so that no event is missed between looking back and listening.
        self._unsubscribe = self.log.subscribe(self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        self._unsubscribe()

    @property
    def over(self) -> bool:
        """Whether an event was found, or testing one raised."""
        return self._found is not None or self._failure is not None

    @property
    def undecided(self) -> bool:
        """Whether there are records that `look_closer` has to search."""
        return bool(self._put_off)

    def look_back(self) -> Iterator[None]:
        """
        Search the existing events, oldest first, some records with each step of the iterator.

        A step takes well below a millisecond unless the filter is slow; an event loop can do other work between steps.
        """
        records = iter(self.log.records(since=self.since))
        likely = with_event_of(self.kind)
        while chunk := list(islice(records, CHUNK)):
            for record in self._looking_back.candidates(likely(chunk)):
                try:
                    found = self._event_in(record, self._looking_back)
                except PutOff:
                    self._look_later(record)
                    found = None
                if found is not None:
                    # An event that was added meanwhile is newer than this one.
                    self._found = found
                    self.wake()
                    return
                yield
            yield

    def _listen(self, record: Record) -> None:
        if self.over or record.seq <= self.since:
            return
        try:
            self._found = self._event_in(record, self._listening)
        except PutOff:
            self._look_later(record)
        except Exception as error:
            # The waiting thread has to raise it, not the recording one.
            self._failure = error
        if self.over:
            self.wake()

    def _look_later(self, record: Record) -> None:
        """Leave a record to the thread that waits: its text takes too long here."""
        self._put_off.append(record.seq)
        self.wake()

    def look_closer(self) -> None:
        """Search the records that were left to the thread that waits; one that came before what was found counts."""
        while self._put_off and self._failure is None:
            record = self.log.record(self._put_off.popleft())
            if record is None or (self._found is not None and self._found.seq < record.seq):
                continue
            try:
                self._found = self._event_in(record, self._thorough) or self._found
            except Exception as error:
                self._failure = error

    def _event_in(self, record: Record, query: Query) -> Event | None:
        row = Row(record, self.log.zero)
        for event in row.events:
            if event.kind == self.kind and not event.running and query.event(event, row):
                return event
        return None

    def _events(self, record: Record) -> list[Event]:
        return events_of(record, self.log.zero)

    def found(self) -> Event:
        """Return the event that was found, or raise the error of the test; call it after `wake` was called."""
        if self._found is not None:
            return self._found
        assert self._failure is not None
        raise self._failure

    def timed_out(self, timeout: float) -> EventTimeout:
        """Return the error that says what was waited for and what the last event was."""
        what = f"{self.kind!r}" + (f" passing {self.query!r}" if self.query else "")
        newest = next((events[-1] for events in map(self._events, self.log.backwards()) if events), None)
        last = f"the last event was {newest!r}" if newest else "the log is empty"
        return EventTimeout(f"no {what} within {timeout:g} s; {last}")
