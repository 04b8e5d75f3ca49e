"""Wait: a search for an event, first in the log and then among the events that are added."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from playground.common.errors import EventTimeout
from playground.record.events import KINDS, Event, Record
from playground.record.patterns import LISTENING, READING, Limits
from playground.record.query import Query, compile_query

if TYPE_CHECKING:
    from playground.record.log import Log


class Wait:
    """
    A search for an event, first in the log and then among the events that are added.

    Args:
        looking_back: how long the filter's regular expressions may take on what there is already. What comes is looked
            at on the thread that records it, where they may take much less.
    """

    def __init__(
        self,
        log: Log,
        kind: str,
        query: str,
        since: int,
        wake: Callable[[], object],
        looking_back: Limits = READING,
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"no event is of kind {kind!r}; there are {', '.join(KINDS)}")
        self.log = log
        self.kind = kind
        self.query = query
        self.since = since
        self.wake = wake
        self._looking_back = compile_query(query, looking_back)
        self._listening = compile_query(query, LISTENING)
        self._found: Event | None = None
        self._failure: Exception | None = None

    def __enter__(self) -> Wait:
        # Subscribing first means that nothing can slip in between looking back and listening.
        self._unsubscribe = self.log.subscribe(self._listen)
        try:
            for record in self.log.records(since=self.since):
                self._look(record, self._looking_back)
        except BaseException:
            self._unsubscribe()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._unsubscribe()

    def _listen(self, record: Record) -> None:
        if self._failure is not None:
            return
        try:
            self._look(record, self._listening)
        except Exception as error:
            # It is for whoever waits, and not for whoever records.
            self._failure = error
            self.wake()

    def _look(self, record: Record, query: Query) -> None:
        if self._found is not None or record.seq <= self.since:
            return
        row = self.log.row(record)
        for event in row.events:
            if event.kind == self.kind and not event.running and query.event(event, row):
                self._found = event
                self.wake()
                return

    def found(self) -> Event:
        """Return what was found, once `wake` was called, or raise what looking at it raised."""
        if self._found is not None:
            return self._found
        assert self._failure is not None
        raise self._failure

    def timed_out(self, timeout: float) -> EventTimeout:
        """Return the error that says what was waited for, and what came instead."""
        what = f"{self.kind!r}" + (f" passing {self.query!r}" if self.query else "")
        newest = self.log.records()[-1:]
        last = f"the last event was {self.log.events(newest[0])[-1]!r}" if newest else "the log is empty"
        return EventTimeout(f"no {what} within {timeout:g} s; {last}")
