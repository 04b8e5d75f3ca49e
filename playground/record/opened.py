"""
A log read from a file: it filters, explains and exports like a live one.

The file is not trusted: each value is checked when it is read. A line that cannot be used is listed in `problems` with
its number, and the rest is read. The log's limits hold while it is read.
"""

from __future__ import annotations

import itertools
import json
import re
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from playground.common.errors import NotALog
from playground.common.numbers import size_text
from playground.common.text import one_line
from playground.record.autopsy import autopsy
from playground.record.autopsy.autopsy import Autopsy
from playground.record.codecs import Offsets, Unreadable, describe
from playground.record.connections import ENDED, Connections
from playground.record.export.copies import copies
from playground.record.log import Log
from playground.record.log_file import FORMAT, VERSION, may_be_referred
from playground.record.records import Connection, Record
from playground.record.ring import TRIM_EVERY, weight_of
from playground.record.state import FIELDS, State, connection_from, link, overwrite, record_from

LINE_LIMIT = 256 * 2**20
"""The most bytes of one line; a longer line is skipped."""

VALUES = 1_000_000
"""The most values of one line, which need up to 30 times its bytes in memory; a line with more is skipped."""

STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""A text in JSON; also one that does not end, so that a search does not begin again at each quote in it."""

PROBLEMS = 1000
"""Problems that are kept; the others are counted."""

ASIDES = 10_000
"""The most records that are kept besides the log because they may explain how a connection ended."""

REFERENCES = ("ending", *(field.key for field in FIELDS[Connection] if field.codec.later))
"""What a connection's line says of records, besides those of its ending."""

LARGE = 64 * 1024
"""Bytes of a line from which on the log is trimmed at once."""

YEAR_3000 = 32_503_680_000
"""The last second that every platform's calendar can show."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A line of a file that could not be used, or only in part."""

    file: str
    line: int
    """Counted from 1."""
    message: str
    """What was expected, and what was found."""

    def __str__(self) -> str:
        return one_line(f"{self.file}, line {self.line}: {self.message}")

    __repr__ = __str__


class OpenedLog(Log):
    """
    The log that a file holds.

    Its numbers are those of the file. If several runs wrote the file, the numbers and times of a later run continue
    those of the earlier one. Records whose numbers are missing count as dropped.
    """

    def __init__(self, path: str | Path, *, limit: int = 100_000, limit_bytes: int = 128 * 2**20) -> None:
        super().__init__(limit=limit, limit_bytes=limit_bytes)
        self.path = Path(path)
        self.zero = 0.0
        self.problems: list[Problem] = []
        """Lines that could not be used, or only in part: the first `PROBLEMS` of them."""
        self.damaged = 0
        """How many such lines there are."""
        self._registry = Connections()

    @property
    def connections(self) -> list[Connection]:
        """The connections to the server that wrote the file, oldest first."""
        return [one for one in self._registry.values() if not one.elsewhere]

    def why(self, connection: Connection | int | str | None = None) -> Autopsy:
        """
        Return why a connection ended: which side ended it, what each witness reports, and why they differ.

        Args:
            connection: a connection, its number, or a client's name, which means the newest connection of that name;
                the one that ended last, when left out.

        Raises:
            LookupError: no such connection is in the file.
            TypeError: the argument is of another type.
        """
        asked = self._registry.find(connection)
        return autopsy.why(asked, self.last_message(asked))

    def copy_as(self, format: str, seq: int, *, secrets: bool = False) -> str:
        """Return a row as text that does again what its client did, at its address; see `Playground.copy_as`."""
        return copies.copy_as(self, seq, format, secrets=secrets)

    def note(self, kind: str, **values: Any) -> Record:
        """Append a record of something that happens now, such as that the panel could not show a row."""
        now = time.time() - self.began
        return super().note(kind, **{"at": now, "handler_at": now, **values})

    def complain(self, line: int, message: str) -> None:
        """Add a line that could not be used, or only in part, to the problems."""
        self.damaged += 1
        if len(self.problems) < PROBLEMS:
            self.problems.append(Problem(self.path.name, line, message))

    def filled(self, connections: dict[int, Connection], newest: int) -> None:
        """Take over the connections and sort the records; `newest` is the largest number in the file."""
        self._registry.update(sorted(connections.items()))
        with self._lock:
            self.trim()
            in_order = sorted(self.ring, key=lambda record: record.seq)
            self.ring.clear()
            self.ring.extend(in_order)
            missing = max(0, newest - self._removed() - len(self.ring))
            self._dropped += missing
            self._weighed += missing
        self.number = itertools.count(newest + 1).__next__

    def with_newest_events(self, count: int) -> list[Record]:
        """Return all records: a file does not say which were completed late, and numbers may be missing."""
        return self.records()

    def __repr__(self) -> str:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.began))
        counts = self.counts
        said = [f"{counts.kept} rows", f"{len(self._registry)} connections", f"began {when}"]
        said += [f"{counts.dropped} rows not kept"] if counts.dropped else []
        said += [f"{self.damaged} problems"] if self.damaged else []
        return one_line(f"<OpenedLog {self.path.name} {', '.join(said)}>")


def open_log(path: str | Path, *, limit: int = 100_000, limit_bytes: int = 128 * 2**20) -> OpenedLog:
    """
    Return the log in a file that `start(spill=…)` or `to_jsonl()` wrote.

    Args:
        path: the file.
        limit: how many rows are kept; older ones are dropped and counted.
        limit_bytes: how much payloads, headers, frames and output they may hold together.

    Raises:
        NotALog: the file is not a log, or has a newer version of the format.
        OSError: the file cannot be read.
    """
    for name, value in (("limit", limit), ("limit_bytes", limit_bytes)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"{name} has to be a whole number, 0 or more, not {value!r}")
    log = OpenedLog(path, limit=limit, limit_bytes=limit_bytes)
    with log.path.open("rb") as file:
        _Reader(log).read(file)
    if log.problems:
        count = f"{log.damaged} lines" if log.damaged > 1 else "a line"
        warnings.warn(
            f"{count} of {one_line(log.path.name)} could not be read completely; `problems` of the log lists them. "
            f"The first: {log.problems[0]}",
            stacklevel=3,
        )
    return log


class _Reader:
    """Reads a file into a log; as the log's spill it receives the records that exceed the log's limits."""

    trouble = None

    def __init__(self, log: OpenedLog) -> None:
        self.taken = self.written = self.lost = 0
        self._log = log
        self._offsets: Offsets | None = None
        """What is added to this run's numbers; None before a readable header."""
        self._newest = self._last_number = self._last_connection = 0
        """The largest number of a row, of any record that is referred to, and of a connection."""
        self._latest = 0.0
        self._begun = False
        self._gone = 0
        """The largest number of a record that exceeded the limits."""
        self._rows: dict[int, Record] = {}
        self._asides: dict[int, Record] = {}
        self._asides_weight = 0
        self._connections: dict[int, Connection] = {}
        """All connections of the file."""
        self._states: dict[int, State] = {}
        """The states of this run's connections, which are linked with their records at its end."""

    def read(self, file: BinaryIO) -> None:
        """Read the whole file."""
        self._log.spill = self
        try:
            lines = _lines(file)
            self._begin(*next(lines, (1, b"")))
            for number, line in lines:
                self._line(number, line)
            self._end_run()
        finally:
            self._log.spill = None
        self._log.filled(self._connections, self._newest)

    def put(self, record: Record) -> bool:
        """Drop a record that exceeds the log's limits; keep it aside if a connection may refer to it."""
        self._rows.pop(record.seq, None)
        self._gone = max(self._gone, record.seq)
        if may_be_referred(record):
            self._lay_aside(record)
        return False

    def _lay_aside(self, record: Record) -> None:
        before = self._asides.pop(record.seq, None)
        self._asides[record.seq] = record
        self._asides_weight += weight_of(record) - (weight_of(before) if before else 0)
        while len(self._asides) > ASIDES or (self._asides_weight > self._log.limit_bytes and len(self._asides) > 1):
            oldest = self._asides.pop(next(iter(self._asides)))
            self._asides_weight -= weight_of(oldest)

    # Lines

    def _begin(self, number: int, line: bytes | None) -> None:
        """Read the first line, which shows whether the file is a log."""
        name = self._log.path.name
        try:
            state = _parsed((line or b"").removeprefix(b"\xef\xbb\xbf"))
        except Unreadable as error:
            found = "it is empty" if line == b"" else str(error)
            raise NotALog(f"{name} is not a log of a playground: {_expected()}; {found}") from None
        if state.get("format") != FORMAT:
            raise NotALog(f"{name} is not a log of a playground: {_expected()}, not {describe(state)}")
        try:
            self._header(state)
        except Unreadable as error:
            raise NotALog(f"{name} cannot be read: {error}") from None

    def _line(self, number: int, line: bytes | None) -> None:
        if line is None:
            self._log.complain(number, f"it is longer than {size_text(LINE_LIMIT)}, and was skipped")
            return
        if not line.strip():
            return
        try:
            self._take(_parsed(line), number, len(line))
        except Unreadable as error:
            cut = "" if line.endswith(b"\n") else "; it is the last line, and ends without a line break"
            self._log.complain(number, f"{error}{cut}")

    def _take(self, state: State, number: int, size: int) -> None:
        if "format" in state:
            self._end_run()
            self._offsets = None
            self._header(state)
        elif self._offsets is None:
            raise Unreadable("it belongs to a run whose first line cannot be read")
        elif "kind" in state:
            self._record(state, size)
        elif "connection" in state:
            self._connection(state)
        elif "unwritable" not in state:
            raise Unreadable(f"an object with 'kind', 'connection' or 'format' is expected, not {describe(state)}")
        if "unwritable" in state:
            self._log.complain(number, f"a value could not be written: {describe(state['unwritable'])}")

    def _header(self, state: State) -> None:
        if state["format"] != FORMAT:
            raise Unreadable(f"'format' is expected to be {FORMAT!r}, not {describe(state['format'])}")
        version: Any = state.get("version")
        if not _is_number(version) or version != int(version) or version < 1:
            raise Unreadable(f"'version' is expected to be a whole number from 1 on, not {describe(version)}")
        if version > VERSION:
            raise Unreadable(
                f"it has version {version} of the format, and this playground reads up to {VERSION}; "
                f"a newer playground reads it"
            )
        began: Any = state.get("began")
        if not _is_number(began) or not 0 <= began <= YEAR_3000:
            raise Unreadable(f"'began' is expected to be seconds since 1970, not {describe(began)}")
        if self._begun:
            after = max(began - self._log.began, self._latest)
            self._offsets = Offsets(after, max(self._newest, self._last_number), self._last_connection)
        else:
            self._begun = True
            self._offsets = Offsets()
            self._log.began = float(began)

    def _record(self, state: State, size: int) -> None:
        assert self._offsets is not None
        record = record_from(state, self._offsets)
        self._newest = max(self._newest, record.seq)
        self._last_number = max(self._last_number, record.cause or 0)
        self._latest = max(self._latest, record.at, record.ended or 0.0)
        known = self._rows.get(record.seq)
        if known is not None:
            # Its bytes were counted when the first line was read, and are counted anew.
            record.weight = known.weight
            overwrite(known, record)
            if known.weight >= 0:
                self._log.weigh(known)
        elif state.get("aside") is not True and record.seq > self._gone:
            aside = self._asides.pop(record.seq, None)
            self._asides_weight -= weight_of(aside) if aside else 0
            self._rows[record.seq] = record
            self._log.ring.append(record)
            if not len(self._rows) % TRIM_EVERY or size > LARGE:
                self._log.trim()
        elif may_be_referred(record):
            self._lay_aside(record)

    def _connection(self, state: State) -> None:
        assert self._offsets is not None
        connection = connection_from(state, self._offsets)
        self._last_connection = max(self._last_connection, connection.id)
        known = self._connections.get(connection.id)
        if known is not None:
            overwrite(known, connection)
        else:
            self._connections[connection.id] = connection
            if len(self._connections) > 2 * (self._log.limit + ENDED):
                self._forget_connections()
        self._states[connection.id] = {name: state[name] for name in REFERENCES if name in state}

    def _forget_connections(self) -> None:
        """Forget the oldest connections that have no records in the log."""
        used = {record.connection_id for record in self._log.ring}
        unused = [number for number in self._connections if number not in used]
        for number in unused[:-ENDED]:
            self._connections.pop(number)
            self._states.pop(number, None)

    # The end of a run

    def _end_run(self) -> None:
        """Link the records of this run with its connections."""
        if self._offsets is None:
            return
        for number, state in self._states.items():
            link(self._connections[number], state, self._find, self._offsets)
        for record in itertools.chain(self._rows.values(), self._asides.values()):
            record.connection = self._connections.get(record.connection_id or 0)
        self._rows.clear()
        self._states.clear()
        self._asides.clear()
        self._asides_weight = 0

    def _find(self, seq: int) -> Record | None:
        self._last_number = max(self._last_number, seq)
        return self._rows.get(seq) or self._asides.get(seq)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Return the lines with their numbers, None for one that is too long."""
    for number in itertools.count(1):
        line: bytes | None = file.readline(LINE_LIMIT)
        if not line:
            return
        if len(line) == LINE_LIMIT and not line.endswith(b"\n"):
            line = None
            while (more := file.readline(2**20)) and not more.endswith(b"\n"):
                pass
        yield number, line


def _parsed(line: bytes) -> State:
    if len(line) > VALUES:
        bare = STRING.sub(b"", line)
        values = sum(map(bare.count, (b",", b"[", b"{")))
        if values > VALUES:
            raise Unreadable(f"it has about {values} values, more than {VALUES}, and was skipped")
    try:
        found = _decode(line.decode())
    except Unreadable:
        raise
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not UTF-8, at byte {error.start + 1}") from None
    except RecursionError:
        raise Unreadable("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"it is not JSON: {error.msg.removesuffix(' at')}, at column {error.colno}") from None
    except ValueError as error:
        raise Unreadable(f"it is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Unreadable(f"a JSON object is expected, not {describe(found)}")
    return found


def _object(pairs: list[tuple[str, Any]]) -> State:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"the name {describe(twice)} appears twice")
    return found


def _no_constant(name: str) -> None:
    raise Unreadable(f"{name} is not a number in JSON")


_decode = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant).decode


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _expected() -> str:
    return f'its first line is expected to say {{"format": "{FORMAT}", …}}'
