"""One search for an event among those there are and those that come."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from playground.core.errors import EventTimeout
from playground.core.events import KINDS, Event, Record
from playground.core.query import compile_query

if TYPE_CHECKING:
    from playground.core.log import Log


class Wait:
    """One search for an event among those there are and those that come."""

    def __init__(self, log: Log, kind: str, query: str, since: int, wake: Callable[[], object]) -> None:
        if kind not in KINDS:
            raise ValueError(f"no event is of kind {kind!r}; there are {', '.join(KINDS)}")
        self.log = log
        self.kind = kind
        self.query = query
        self.since = since
        self.wake = wake
        self._holds = compile_query(query).event
        self._found: Event | None = None

    def __enter__(self) -> Wait:
        # Subscribing first means that nothing can slip in between looking back and listening.
        self._unsubscribe = self.log.subscribe(self._look)
        for record in self.log.records(since=self.since):
            self._look(record)
        return self

    def __exit__(self, *_: object) -> None:
        self._unsubscribe()

    def _look(self, record: Record) -> None:
        if self._found is not None or record.seq <= self.since:
            return
        row = self.log.row(record)
        for event in row.events:
            if event.kind == self.kind and not event.running and self._holds(event, row):
                self._found = event
                self.wake()
                return

    def found(self) -> Event:
        """Return what was found, once `wake` was called."""
        assert self._found is not None
        return self._found

    def timed_out(self, timeout: float) -> EventTimeout:
        """Return the error that says what was waited for, and what came instead."""
        what = f"{self.kind!r}" + (f" passing {self.query!r}" if self.query else "")
        newest = self.log.records()[-1:]
        last = f"the last event was {self.log.events(newest[0])[-1]!r}" if newest else "the log is empty"
        return EventTimeout(f"no {what} within {timeout:g} s; {last}")
