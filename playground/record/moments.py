"""The times and the number of a record's events, without making the events; see `row.events_of`."""

from __future__ import annotations

from playground.record.events import OF_WIRE
from playground.record.records import Record


def moments_of(record: Record) -> list[float]:
    """Return the time of each of a record's events, on the clock of the records, in the order they happened."""
    moments = [] if record.client_at is None else [record.client_at]
    if record.wire_at is not None:
        if record.wire_size and not record.parts:
            # One whole frame, as most messages are.
            moments.append(record.wire_at)
        else:
            moments += [frame[0] for frame in record.frames] or [record.wire_at]
        if record.answer:
            moments.append(record.answer[0])
    if record.hook is not None and record.began is not None:
        moments.append(record.began)
        if record.handler_at is not None:
            moments.append(record.handler_at)
    elif record.kind == "end" or record.kind not in OF_WIRE:
        moments.append(record.at)
    elif record.handler_at is not None:
        moments.append(record.handler_at)
    elif record.playground_at is not None:
        moments.append(record.playground_at)
    moments.sort()
    return moments


def count_events(record: Record) -> int:
    """Return how many events a record has."""
    count = int(record.client_at is not None)
    if record.wire_at is not None:
        count += (len(record.parts) or 1) + (record.answer is not None)
    if record.hook is not None and record.began is not None:
        return count + 1 + (record.handler_at is not None)
    told = record.handler_at is not None or record.playground_at is not None
    return count + (told or record.kind == "end" or record.kind not in OF_WIRE)
