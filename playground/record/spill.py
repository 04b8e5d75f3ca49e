"""Writes the log's oldest records to a file instead of dropping them, on a thread of its own."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from playground.common import waiting
from playground.record.codecs import describe
from playground.record.line_file import LineFile
from playground.record.log_file import LogWriter, header, json_line
from playground.record.records import Record
from playground.record.state import State
from playground.record.storable import storable_error

LIMIT = 100_000
"""The most records that wait to be written; beyond that the log drops records."""

LIMIT_BYTES = 32 * 2**20
"""The most bytes that these records may hold, as the log counts them; one record may be larger."""

BATCH = 1000
"""Records written at once."""

CHUNK = 256 * 1024
"""Bytes of lines that are written at once, or one line that is longer."""

SILENCE = 5.0
"""Seconds after which a disk that has not taken what is written counts as hanging."""

OPENING = 10.0
"""Seconds in which the file has to be open."""


class SpillFile:
    """
    A file that `playground.open_log` reads; its format is described in `log_file`.

        with SpillFile("trace.jsonl", log.zero, log.began) as log.spill: ...

    What is taken before `start` is written when it starts. After `close` nothing is taken until it is started again.

    Args:
        path: the file; new lines are added to its end. One that is made can be read by its owner only.
        zero: when the log began, on the clock of its records.
        began: the same by the wall clock, in seconds since 1970; when left out, it follows from `zero`.
        on_failure: called once, on the thread that writes, with a sentence about why nothing more can be written.
        replaces: the one before it, which can write no more; its records are counted on.
        secrets: write secrets as they are; otherwise they are masked.
    """

    def __init__(
        self,
        path: str | Path,
        zero: float,
        began: float | None = None,
        on_failure: Callable[[str], object] = lambda trouble: None,
        replaces: SpillFile | None = None,
        *,
        secrets: bool = False,
    ) -> None:
        self.path = Path(path)
        self.taken: int = replaces.taken if replaces else 0
        """How many records were taken."""
        self.written: int = replaces.written if replaces else 0
        """How many of them were written."""
        self.lost = self.taken - self.written
        """How many of them were lost; the others wait."""
        self.failure: Exception | None = None
        """The error that ended the writing, if any."""
        self.on_failure = on_failure
        self._zero = zero
        self._began = time.time() - (time.perf_counter() - zero) if began is None else began
        self._file = LineFile(path)
        self._secrets = secrets
        self._writer = LogWriter(zero, self._began, secrets=secrets)
        self._queue: deque[tuple[Record, int] | threading.Event] = deque()
        self._bytes_taken = self._bytes_done = 0
        """Bytes of the records that were taken, and of those that are written or lost."""
        self._more = threading.Event()
        self._lock = threading.Lock()
        """The lock of `written`, `lost` and `_bytes_done`."""
        self._closed = False
        self._no_room = False
        """Whether records were refused since the disk last took something."""
        self._writing_since: float | None = None
        self._told = False
        """Whether `news` or `on_failure` has told of the trouble there is."""
        self._run: _Run | None = None

    def check(self) -> None:
        """Raise the OSError that `start` would raise for this path, as far as looking at it tells; make nothing."""
        self._file.check()

    def start(self) -> SpillFile:
        """
        Open the file, begin to write, and return this; does nothing when it writes already.

        Raises:
            OSError: the file cannot be written, another writer has it, or the disk does not answer.
        """
        if self._run is not None and self._run.thread.is_alive():
            if self.failure is None and not self._closed:
                return self
            raise TimeoutError(f"the log cannot spill to {self.path}: the disk has not finished the last write yet")
        self.failure, self._closed, self._no_room, self._told = None, False, False, False
        self._run = run = _Run(self)
        try:
            run.thread.start()
            if not waiting.until(run.opened, OPENING):
                raise TimeoutError(f"the log cannot spill to {self.path}: the disk does not answer")
            if run.refusal is not None:
                raise run.refusal
        except BaseException:
            self._closed = run.given_up = True
            self._more.set()
            self._lose_waiting()
            raise
        return self

    def put(self, record: Record) -> bool:
        """Take a record without blocking; return False when there is no room, or the file cannot be written."""
        if self.failure is not None or self._closed:
            return False
        weight = max(record.weight, 0)
        held = self._bytes_taken - self._bytes_done
        if (held and held + weight > LIMIT_BYTES) or len(self._queue) >= LIMIT:
            self._no_room = True
            return False
        self.taken += 1
        self._bytes_taken += weight
        self._queue.append((record, weight))
        self._more.set()
        return True

    @property
    def waiting(self) -> int:
        """Records that were taken, and are neither written nor lost yet."""
        with self._lock:
            return self.taken - self.written - self.lost

    @property
    def trouble(self) -> str | None:
        """Return a sentence about why records are not written, or None while all is well."""
        where = f"the log's oldest rows cannot be written to {self.path}"
        if self.failure is not None:
            return (
                f"{where}: {storable_error(self.failure)}; they are dropped and counted, {self.lost} so far; "
                f"pg.restart() tries again"
            )
        since = self._writing_since
        silent = 0.0 if since is None else time.monotonic() - since
        rest = f"{self.waiting} rows wait, the rest is dropped and counted"
        if silent >= SILENCE:
            return f"{where}: its disk has not answered for {silent:.0f} s; {rest}"
        return f"{where} as fast as they come: {rest}" if self._no_room else None

    def news(self) -> str | None:
        """Return the trouble once, when it begins."""
        told, trouble = self._told, self.trouble
        self._told = trouble is not None
        return None if told else trouble

    def flush(self, *, timeout: float = 5.0) -> bool:
        """
        Wait until all records taken so far are written or lost; return False if that takes too long.

        Records that were completed after they were written, and the current state of connections, are written too.
        """
        if self._run is None or not self._run.thread.is_alive():
            return not self.waiting
        done = threading.Event()
        self._queue.append(done)
        self._more.set()
        return waiting.until(done, timeout)

    def close(self, *, timeout: float = 5.0) -> bool:
        """
        Write what waits, and close the file; return False where the disk does not take it in time.

        What it has not taken is then lost, and counted. It may be called again, also after an interrupt.
        """
        self._closed = True
        self._more.set()
        run = self._run
        if run is None or waiting.until_ended(run.thread, timeout):
            self._lose_waiting()
            return self.failure is None
        run.given_up = True
        self.failure = self.failure or TimeoutError(f"its disk did not take them within {timeout:g} s of the end")
        self._lose_waiting()
        return False

    def forget(self) -> None:
        """Take and write nothing any more; for a forked child, whose parent goes on writing."""
        self._closed, self._run = True, None
        self._lock = threading.Lock()
        self._queue.clear()
        self._file.forget()

    def __enter__(self) -> SpillFile:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        counts = f"{self.written} written, {self.waiting} waiting, {self.lost} lost"
        return f"<SpillFile {self.path} {counts}{f'; {self.trouble}' if self.trouble else ''}>"

    # What the thread does

    def _open(self) -> None:
        """Open the file, and begin this run in it unless it goes on as it was left."""
        if self._file.open():
            self._writer.forget()
            return
        self._writer = LogWriter(self._zero, self._began, secrets=self._secrets)
        _, error = self._append(json_line(header(self._began, secrets=self._secrets)).encode())
        if error is not None:
            self._file.close()
            raise OSError(error.errno, f"the log cannot spill to {self.path}: {error.strerror}; name another file")

    def _take(self, entries: list[tuple[Record, int] | threading.Event]) -> None:
        """Write the records among these, and what changed before each event among them."""
        batch = _Batch()
        for entry in entries:
            if isinstance(entry, threading.Event):
                batch.add(_encoded(self._writer.rest()))
                self._write(batch)
                entry.set()
            else:
                record, weight = entry
                batch.add(_encoded(self._writer.lines(record)), record.seq, weight)
                if len(batch.data) > CHUNK:
                    self._write(batch)
        self._write(batch)

    def _write(self, batch: _Batch) -> None:
        """Write what a batch has gathered, count its records, and empty it."""
        whole = 0
        if self.failure is None and batch.data:
            whole, error = self._append(batch.data)
            if error is not None:
                self._fail(error)
            else:
                self._no_room = False
        written = sum(end <= whole for end in batch.ends)
        with self._lock:
            self.written += written
            self.lost += batch.records - written
            self._bytes_done += batch.weight
        batch.clear()

    def _append(self, data: bytes | bytearray) -> tuple[int, OSError | None]:
        self._writing_since = time.monotonic()
        try:
            return self._file.append(data)
        finally:
            self._writing_since = None

    def _fail(self, error: Exception) -> None:
        self.failure, self._told = error, True
        self.on_failure(self.trouble or "")

    def _lose_waiting(self) -> None:
        lost = weight = 0
        while True:
            try:
                entry = self._queue.popleft()
            except IndexError:
                break
            if isinstance(entry, threading.Event):
                entry.set()
            else:
                lost += 1
                weight += entry[1]
        with self._lock:
            self.lost += lost
            self._bytes_done += weight


class _Run:
    """The thread that writes, from `start` to `close`; one that hangs may outlive that."""

    def __init__(self, spill: SpillFile) -> None:
        self._spill = spill
        self.opened = threading.Event()
        """Set once the file is open, or cannot be opened."""
        self.refusal: OSError | None = None
        """Why it cannot be opened."""
        self.given_up = False
        """Whether nobody waits for it any more."""
        self.thread = threading.Thread(target=self._write, name="playground-spill", daemon=True)

    def _write(self) -> None:
        spill = self._spill
        try:
            spill._open()
        except OSError as error:
            self.refusal = error
        self.opened.set()
        if self.refusal is None:
            try:
                self._write_all()
            finally:
                spill._file.close()

    def _write_all(self) -> None:
        spill = self._spill
        while not self.given_up and (spill._queue or not spill._closed):
            waiting.until(spill._more)
            spill._more.clear()
            while spill._queue and not self.given_up:
                self._take_some()
        if not self.given_up:
            batch = _Batch()
            batch.add(_encoded(spill._writer.rest()))
            spill._write(batch)

    def _take_some(self) -> None:
        spill = self._spill
        entries: list[tuple[Record, int] | threading.Event] = []
        weight = 0
        while spill._queue and len(entries) < BATCH and weight < CHUNK:
            try:
                entries.append(spill._queue.popleft())
            except IndexError:
                break
            weight += 0 if isinstance(entries[-1], threading.Event) else entries[-1][1]
        spill._take(entries)


class _Batch:
    """Lines that are written at once, and where in them each record's own line ends."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.ends: list[int] = []
        self.records = self.weight = 0

    def add(self, lines: Iterable[tuple[State | None, bytes]], seq: int | None = None, weight: int = 0) -> None:
        """Add lines, of which one may be the own one of the record with that number."""
        own = None
        for state, line in lines:
            self.data += line
            if own is None and seq is not None and state is not None and "kind" in state and state.get("seq") == seq:
                own = len(self.data)
        if seq is not None:
            self.records += 1
            self.weight += weight
            if own is not None:
                self.ends.append(own)

    def clear(self) -> None:
        """Make it empty."""
        self.data = bytearray()
        self.ends.clear()
        self.records = self.weight = 0


def _encoded(lines: Iterable[State]) -> Iterator[tuple[State | None, bytes]]:
    """Return each line with its bytes; one that cannot be written is replaced by one with the error."""
    try:
        for state in lines:
            yield state, json_line(state).encode()
    except Exception as error:
        what = f"{type(error).__name__}: {describe(str(error))}"
        yield None, json_line({"unwritable": {"line": what}}).encode()
