"""Where the log's oldest happenings go instead of being dropped: a file, written by a thread of its own."""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path
from typing import TextIO

from playground.record.events import Record
from playground.record.export.table import json_line, unwritten_line
from playground.record.row import Row
from playground.record.storable import storable_error

LIMIT = 100_000
"""Records that may wait to be written; of more, the log drops."""

BATCH = 1000
"""Records written at once."""


class SpillFile:
    """
    A file of JSON Lines, one happening a line, with the columns of `export.table.COLUMNS`.

    Args:
        path: the file; what it has already stays, and new lines are added.
        zero: when the log began, on the clock of its records.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(self, path: str | Path, zero: float) -> None:
        self.path = Path(path)
        self.taken = self.written = self.lost = 0
        """Records taken, written, and lost because the file could not be written any more."""
        self.failure: Exception | None = None
        """Why writing has ended, if it has."""
        self._zero = zero
        self._queue: deque[Record | threading.Event] = deque()
        self._more = threading.Event()
        self._closing = False
        self._file = self.path.open("a", encoding="utf-8")
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
        """Wait until everything taken so far is written or lost; return False when that took too long."""
        done = threading.Event()
        self._queue.append(done)
        self._more.set()
        return done.wait(timeout)

    def close(self) -> None:
        """Write what waits, and close the file."""
        self._closing = True
        self._more.set()
        self._thread.join()

    def _run(self) -> None:
        with self._file as file:
            while self._queue or not self._closing:
                self._more.wait()
                self._more.clear()
                while self._queue:
                    self._write(file, [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))])

    def _write(self, file: TextIO, entries: list[Record | threading.Event]) -> None:
        records = [one for one in entries if isinstance(one, Record)]
        try:
            if self.failure is None:
                file.writelines(map(self._line, records))
                file.flush()
        except Exception as error:
            self.failure = error
        if self.failure is None:
            self.written += len(records)
        else:
            self.lost += len(records)
        for one in entries:
            if isinstance(one, threading.Event):
                one.set()

    def _line(self, record: Record) -> str:
        try:
            return json_line(Row(record, self._zero))
        except OSError:
            raise
        except Exception as error:
            # The rows after it are written all the same.
            return unwritten_line(record.seq, f"this row could not be written: {storable_error(error)}")
