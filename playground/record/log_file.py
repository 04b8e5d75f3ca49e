"""
The file format of a log: JSON Lines in UTF-8, one object a line.

* A line with "format" begins a run: the format's name and version, the wall clock of `at == 0` in seconds since 1970,
  and the version of the package that wrote it. A file written by several runs has one such line for each. All numbers
  and times below count within their run; a reader of several runs has to make them unique.
* A line with "connection" and without "kind" is a connection: path, client, state, counts, and under "ending" what each
  witness was told of its end. It comes before the connection's first record. A later line for the same connection
  replaces the earlier one: there is one after its "end" record, or one for a connection still open at the end.
* A line with "kind" is a record: one happening with every witness's account. `seq`, `at`, `kind`, `direction`,
  `connection`, `client`, `path`, `data`, `data_base64`, `hook`, `version`, `line`, `code`, `reason`, `error` and
  `cause` mean what they mean in `export.table`. A later line with the same `seq` replaces the earlier one,
  because the record was completed meanwhile. `when` is `at` by the wall clock, in ISO 8601 with the time zone.
  `"aside": true` marks a record that is not a row of this file but is needed to explain how a connection ended.
* Secrets of handshakes are masked, unless the first line has `"secrets": true`. `masked` in the line of a record names
  those that were masked in it; see `secrets`. Payloads of messages are not masked.

Default values are left out. A reader ignores names that it does not know, so that later versions can add some. A value
that could not be written is described under "unwritable". `state` describes how single values are written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby

from playground.common.numbers import wall_clock
from playground.common.version import VERSION as PACKAGE_VERSION
from playground.record.codecs import Offsets, describe
from playground.record.connections import ENDED
from playground.record.masking import Masking
from playground.record.records import Connection, Record
from playground.record.row import ANSWERS, Row
from playground.record.state import State, referred, to_state

FORMAT = "websocket-playground log"

VERSION = 1
"""Increased when readers of the previous version would misread a file."""

UNFINISHED = 1000
"""Written records that are checked again, because a witness was still missing."""

UNFINISHED_BYTES = 16 * 2**20
"""Bytes of payload that these records may hold."""

SEQS = 1000
"""Written records of one connection whose numbers are remembered, besides those it refers to."""

PASSING = ("receive", "send", "ping", "pong", "frame", "log")
"""Kinds of records to which connections refer only if they have an error."""


def header(began: float, *, secrets: bool = False) -> State:
    """
    Return the line that begins a run.

    Args:
        began: the wall clock of `at == 0`, in seconds since 1970.
        secrets: whether secrets are written as they are.
    """
    return {"format": FORMAT, "version": VERSION, "began": began, "package": PACKAGE_VERSION, "secrets": secrets}


def json_line(values: State) -> str:
    """Return plain values as one line; characters that cannot be seen, or cannot be written as UTF-8, are escaped."""
    line = _readable(values)
    return (line if line.isprintable() else _escaped(values)) + "\n"


# Encoders are made once; `json.dumps` with options would make one for every line.
_readable = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_escaped = json.JSONEncoder(allow_nan=False).encode


def may_be_referred(record: Record) -> bool:
    """Return whether a connection may refer to a record: to its handshake, to what ended it, or to an error."""
    return record.kind not in PASSING or record.error is not None


class LogWriter:
    """
    Turns records into the lines of one run, in the order they are given; it does not write a file itself.

    Args:
        zero: when the log began, on the clock of its records.
        began: the same by the wall clock, in seconds since 1970.
        secrets: write secrets as they are; otherwise they are masked.
    """

    def __init__(self, zero: float, began: float, *, secrets: bool = False) -> None:
        self._began = began
        self.masking = Masking(secrets=secrets)
        self._offsets = Offsets(at=zero)
        self._connections: dict[int, _WrittenConnection] = {}
        self._unfinished: dict[int, tuple[Record, State]] = {}
        self._bytes = 0
        """Bytes of payload that the unfinished records hold, roughly."""

    def lines(self, record: Record) -> Iterator[State]:
        """Return what has to be written for a record: its line, and its connection's where that is new or has ended."""
        # Each line names what was masked in it; a list of all of them would grow for ever.
        self.masking.found.clear()
        connection = record.connection
        if connection is not None and connection.id not in self._connections:
            yield from self._connection(connection)
        yield self._record(record)
        if connection is not None and record.kind == "end":
            yield from self._again(connection)
            yield from self._asides(connection)
            yield from self._connection(connection)
            self._forget_ended()
        if len(self._unfinished) > UNFINISHED or self._bytes > UNFINISHED_BYTES:
            yield from self._again()
            self._forget_unfinished()

    def rest(self) -> Iterator[State]:
        """Return what has changed since it was written: records that were completed, and open connections."""
        yield from self._again()
        for written in list(self._connections.values()):
            yield from self._asides(written.connection)
            yield from self._connection(written.connection)

    def forget(self) -> None:
        """Write each connection again before its next record: what was written last may not be in the file."""
        self._connections.clear()
        self._unfinished.clear()
        self._bytes = 0

    def _record(self, record: Record, **values: bool) -> State:
        state = self._state(record)
        if record.connection is not None and may_be_referred(record):
            self._connections[record.connection.id].has(record.seq)
        if not values and _is_unfinished(record):
            self._unfinished[record.seq] = record, state
            self._bytes += max(0, record.weight)
        return {**state, **values}

    def _state(self, record: Record) -> State:
        try:
            shown, masked = self.masking.record(record)
            state = to_state(shown, self._offsets)
            return {**state, **self._when(record), **({"masked": masked} if masked else {})}
        except Exception as error:
            # A line with little in it is better than a missing record.
            at = record.at - self._offsets.at
            return {"seq": record.seq, "at": at, "kind": record.kind, "unwritable": {"record": describe(error)}}

    def _when(self, record: Record) -> State:
        try:
            when = wall_clock(self._began + (record.at - self._offsets.at))
        except (TypeError, ValueError, OverflowError, OSError):
            # No calendar has it; the record says what it has for a time.
            return {}
        return {"when": when.isoformat(timespec="microseconds")}

    def _connection(self, connection: Connection) -> Iterator[State]:
        state = self.masking.state(to_state(connection, self._offsets), connection)
        written = self._connections.setdefault(connection.id, _WrittenConnection(connection))
        if written.state != state:
            written.state = state
            yield state

    def _asides(self, connection: Connection) -> Iterator[State]:
        """Return the records that a connection refers to and that are not in the file."""
        for record in referred(connection):
            if record.seq not in self._connections[connection.id].seqs and record.connection is connection:
                yield self._record(record, aside=True)

    def _again(self, connection: Connection | None = None) -> Iterator[State]:
        """Return the records, all or those of a connection, that were completed since they were written."""
        for seq, (record, before) in list(self._unfinished.items()):
            if connection is not None and record.connection is not connection:
                continue
            state = self._state(record)
            if not _is_unfinished(record):
                del self._unfinished[seq]
            if state != before:
                if seq in self._unfinished:
                    self._unfinished[seq] = record, state
                yield state
                if record.kind == "end" and record.connection is not None:
                    yield from self._connection(record.connection)

    def _forget_unfinished(self) -> None:
        """Forget the older half of the unfinished records, so that they are not all checked at every record."""
        for seq in list(self._unfinished)[: (len(self._unfinished) + 1) // 2]:
            del self._unfinished[seq]
        self._bytes = sum(max(0, record.weight) for record, _ in self._unfinished.values())

    def _forget_ended(self) -> None:
        ended = [number for number, written in self._connections.items() if written.connection.ending.end_record]
        for number in ended[:-ENDED]:
            del self._connections[number]


class _WrittenConnection:
    """A connection with the last line that was written for it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.state: State | None = None
        self.seqs: set[int] = set()
        """Numbers of its written records to which it may refer."""

    def has(self, seq: int) -> None:
        """Remember that the file has a record of this connection."""
        self.seqs.add(seq)
        if len(self.seqs) > SEQS:
            # One that it refers to later is then written again, which a reader takes for the same.
            self.seqs &= {seq, *(one.seq for one in referred(self.connection))}


def _is_unfinished(record: Record) -> bool:
    """Return whether a witness may still complete a record."""
    connection = record.connection
    if record.running:
        return True
    if connection is None:
        return False
    missing = "0" in Row(record, 0.0).saw
    if connection.ending.end_record is not None:
        return record.kind == "end" and missing
    return missing or (record.kind in ANSWERS and record.answer is None)


def to_jsonl(rows: Iterable[Row], *, secrets: bool = False) -> str:
    """
    Return rows as a file that `playground.open_log` reads, in the order of their numbers; nothing for no rows.

    Args:
        secrets: write secrets as they are; otherwise they are masked.
    """
    by_log = sorted(rows, key=lambda row: (row.began, row.zero, row.seq))
    return "".join(json_line(line) for line in _runs(by_log, secrets))


def _runs(rows: list[Row], secrets: bool) -> Iterator[State]:
    for (began, zero), run in groupby(rows, key=lambda row: (row.began, row.zero)):
        yield header(began, secrets=secrets)
        writer = LogWriter(zero, began, secrets=secrets)
        for row in run:
            yield from writer.lines(row.record)
        yield from writer.rest()
