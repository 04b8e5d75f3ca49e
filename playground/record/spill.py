"""Writes the log's oldest records to a file instead of dropping them, on a thread of its own."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from playground.common import waiting
from playground.record.codecs import describe
from playground.record.log_file import LogWriter, header, json_line
from playground.record.records import Record
from playground.record.state import State

LIMIT = 100_000
"""The most records that wait to be written; beyond that the log drops records."""

BATCH = 1000
"""Records written at once."""


class SpillFile:
    """
    A file that `playground.open_log` reads; its format is described in `log_file`.

    Args:
        path: the file; new lines are added to its end.
        zero: when the log began, on the clock of its records.
        began: the same by the wall clock, in seconds since 1970; when left out, it follows from `zero`.
        secrets: write secrets as they are; otherwise they are masked.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(self, path: str | Path, zero: float, began: float | None = None, *, secrets: bool = False) -> None:
        self.path = Path(path)
        self.taken = self.written = self.lost = 0
        """How many records were taken, were written, and were lost because of a write error."""
        self.failure: Exception | None = None
        """The error that ended the writing, if any."""
        self._writer = LogWriter(zero, secrets=secrets)
        self._queue: deque[Record | threading.Event] = deque()
        self._more = threading.Event()
        self._closing = False
        self._file = _opened(self.path)
        began = time.time() - (time.perf_counter() - zero) if began is None else began
        self._file.write(json_line(header(began, secrets=secrets)))
        self._file.flush()
        self._thread = threading.Thread(target=self._run, name="playground-spill", daemon=True)
        self._thread.start()

    def put(self, record: Record) -> bool:
        """Take a record without blocking; return False when there is no room, or the file cannot be written."""
        if self.failure or self._closing or len(self._queue) >= LIMIT:
            return False
        self.taken += 1
        self._queue.append(record)
        self._more.set()
        return True

    def flush(self, *, timeout: float = 5.0) -> bool:
        """
        Wait until all records taken so far are written or lost; return False if that takes too long.

        Records that were completed after they were written, and the current state of connections, are written too.
        """
        done = threading.Event()
        self._queue.append(done)
        self._more.set()
        return waiting.until(done, timeout)

    def close(self) -> None:
        """Write what waits, and close the file."""
        self._closing = True
        self._more.set()
        waiting.until_ended(self._thread)

    def _run(self) -> None:
        with self._file as file:
            while self._queue or not self._closing:
                waiting.until(self._more)
                self._more.clear()
                while self._queue:
                    self._take([self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))])
            self._write(file, _texts(self._writer.rest()))

    def _take(self, entries: list[Record | threading.Event]) -> None:
        records = [one for one in entries if isinstance(one, Record)]
        waiting = [one for one in entries if isinstance(one, threading.Event)]
        self._write(self._file, (text for record in records for text in _texts(self._writer.lines(record))))
        if waiting:
            self._write(self._file, _texts(self._writer.rest()))
        if self.failure is None:
            self.written += len(records)
        else:
            self.lost += len(records)
        for done in waiting:
            done.set()

    def _write(self, file: TextIO, texts: Iterable[str]) -> None:
        if self.failure is None:
            try:
                file.writelines(texts)
                file.flush()
            except Exception as error:
                self.failure = error


def _opened(path: Path) -> TextIO:
    file = path.open("a", encoding="utf-8", newline="\n")
    if file.tell():
        # The last writer may have stopped in the middle of a line.
        with path.open("rb") as before:
            before.seek(-1, os.SEEK_END)
            if before.read() != b"\n":
                file.write("\n")
    return file


def _texts(lines: Iterable[State]) -> Iterator[str]:
    """Return lines as text; a line that cannot be written is replaced by one with the error, and writing goes on."""
    try:
        yield from map(json_line, lines)
    except OSError:
        raise
    except Exception as error:
        yield json_line({"unwritable": {"line": f"{type(error).__name__}: {describe(str(error))}"}})
