"""
Selections of records that need no Row or Event.

A log holds a hundred thousand records, and making their events takes seconds. A test that needs only a record's own
fields is applied here to many records at once, in a single comprehension.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from playground.record.events import KINDS, OF_CLIENT, OF_WIRE
from playground.record.records import Record
from playground.record.row import ANSWERS, MESSAGES, agrees, codes_of, is_pushed

Select = Callable[[Iterable[Record]], list[Record]]
"""A function that returns those of the given records that pass a test, in the same order."""

USUAL = {None, 1000, 1001, 1005}
"""The codes of an ordinary end; a browser that closes without a code reports 1005."""

FAILURES = frozenset({"error", "refuse"})
"""Kinds of records that are failures whatever they hold."""

ENDED = frozenset({"end"})
FAILURES_AND_ENDS = FAILURES | ENDED
HOOKS = frozenset(kind for kind in KINDS if kind.startswith("on_"))


def _ended_badly(record: Record) -> bool:
    """Return whether a record is the end of a connection, and not an ordinary one."""
    return record.kind == "end" and not (agrees(record) and USUAL.issuperset((record.code, *codes_of(record))))


def _messages(records: Iterable[Record]) -> list[Record]:
    return [one for one in records if one.kind in MESSAGES]


def _hooks(records: Iterable[Record]) -> list[Record]:
    return [one for one in records if one.kind in HOOKS]


def _handled(records: Iterable[Record]) -> list[Record]:
    return [one for one in records if one.hook is not None or one.kind in HOOKS]


def _errors(records: Iterable[Record]) -> list[Record]:
    suspects = [one for one in records if one.error or one.kind in FAILURES_AND_ENDS]
    return [one for one in suspects if one.error or one.kind in FAILURES or _ended_badly(one)]


def _differences(records: Iterable[Record]) -> list[Record]:
    # If all witnesses saw the record with the same payload, only an end can be reported differently.
    suspects = [
        one
        for one in records
        if one.handler_at is None
        or one.wire_at is None
        or one.client_at is None
        or one.client_data is not None
        or one.kind in ENDED
    ]
    return [one for one in suspects if not agrees(one)]


def _pushed(records: Iterable[Record]) -> list[Record]:
    return [one for one in records if is_pushed(one)]


CATEGORIES: dict[str, Select] = {
    "messages": _messages,
    "hooks": _hooks,
    "handled": _handled,
    "errors": _errors,
    "differ": _differences,
    "pushed": _pushed,
}
"""What `is:` may be."""


def of_kind(kinds: Iterable[str]) -> Select:
    """Return the selection of the records that may have an event or a filter view of one of these kinds."""
    wanted = frozenset(kinds)
    records_of = {kind for kind in KINDS if wanted.intersection(_kinds_from(kind))}

    def select(records: Iterable[Record]) -> list[Record]:
        return [one for one in records if one.kind in records_of or one.hook in wanted]

    return select


def with_event_of(kind: str) -> Select:
    """Return the selection of the records that may have an event of a kind: its witness has seen them."""
    select = of_kind((kind,))
    witness = KINDS[kind][0]
    if witness == "client":
        return lambda records: [one for one in select(records) if one.client_at is not None]
    if witness == "wire":
        # A record's own kind does not need the wire as a witness.
        return lambda records: [one for one in select(records) if one.wire_at is not None or one.kind == kind]
    return select


def _kinds_from(kind: str) -> set[str | None]:
    """Return the kinds that the events of a record may have, its hook's not included."""
    return {kind, OF_CLIENT.get(kind), OF_WIRE.get(kind), ANSWERS.get(kind)}


def of_client(names: Collection[str | None], *, negated: bool = False) -> Select:
    """Return the selection of the records of one of these clients, or of all others."""
    return lambda records: [one for one in records if (one.client in names) is not negated]


def on_path(paths: Collection[str | None], *, negated: bool = False) -> Select:
    """Return the selection of the records on one of these paths, or on all others."""
    return lambda records: [one for one in records if (one.path in paths) is not negated]


def on_connection(numbers: Collection[int | None], *, negated: bool = False) -> Select:
    """Return the selection of the records of one of these connections, or of all others."""
    return lambda records: [one for one in records if (one.connection_id in numbers) is not negated]


def of_version(numbers: Collection[int | None]) -> Select:
    """Return the selection of the records that may have an event of one of these versions."""
    return lambda records: [one for one in records if one.version in numbers]


def all_of(selects: list[Select]) -> Select | None:
    """Return the selection of the records that all of these selections find; None if there are none."""
    if len(selects) < 2:
        return selects[0] if selects else None

    def select(records: Iterable[Record]) -> list[Record]:
        found = list(records)
        for choose in selects:
            found = choose(found)
        return found

    return select


def any_of(selects: list[Select], *, negated: bool = False) -> Select:
    """Return the selection of the records that one of these selections finds, or that none of them does."""
    if len(selects) == 1 and not negated:
        return selects[0]

    def select(records: Iterable[Record]) -> list[Record]:
        given = list(records)
        found = {id(one) for choose in selects for one in choose(given)}
        return [one for one in given if (id(one) in found) is not negated]

    return select
