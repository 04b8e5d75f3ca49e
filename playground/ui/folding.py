"""
Heartbeats in one line per client, as the panel folds them: `frontend/src/folding.ts` has the same rules.

Pings and pongs say that nothing happened. Those of one client between two other rows are one line, where the first of
them was; `tests/cases/folding.json` holds both sides to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

from playground.record.records import Record
from playground.record.row import agrees

HEARTBEATS = ("ping", "pong")


@dataclass
class Line:
    """A record, or the heartbeats of a client that one line stands for."""

    records: list[Record] = field(default_factory=list)

    @property
    def first(self) -> Record:
        """The record itself, or the first heartbeat."""
        return self.records[0]

    @property
    def told(self) -> Record:
        """The record whose row is shown: of several heartbeats the latest ping, which has the last round trip."""
        return next((one for one in reversed(self.records) if one.kind == "ping"), self.records[-1])


def is_heartbeat(record: Record) -> bool:
    """Return whether a record is a ping or a pong of which nothing else is to be said."""
    return record.kind in HEARTBEATS and not record.error and agrees(record)


def folded(records: Iterable[Record]) -> list[Line]:
    """Return the lines for these records, in the order of their times."""
    lines: list[Line] = []
    run: dict[str | int | None, Line] = {}
    for record in sorted(records, key=attrgetter("at", "seq")):
        if not is_heartbeat(record):
            run = {}
            lines.append(Line([record]))
            continue
        who = record.client or record.connection_id
        if who not in run:
            run[who] = Line()
            lines.append(run[who])
        run[who].records.append(record)
    return lines
