"""What more than one of the recorders writes into a record."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter

from playground.record.frames import Fragments
from playground.record.lines import Files, describe_error
from playground.record.records import Connection, Record
from playground.record.ring import Ring


def write_parts(record: Record, parts: Fragments) -> None:
    """Write down the frames that a message came in, as far as they are kept."""
    record.parts = tuple(parts.frames)
    if parts.more:
        record.more_frames, record.more_bytes = parts.more, parts.more_bytes


def write_error(record: Record, error: BaseException, files: Files) -> None:
    """Write down an exception, with its line and what is behind it."""
    described = describe_error(error, files)
    record.error, record.error_type, record.line, record.traceback, record.roots, version = described
    if record.version is None:
        record.version = version


def write_death(
    log: Ring,
    task: str,
    error: BaseException,
    hook: Record | None,
    connection: Connection | None,
    files: Files,
    note: str | None,
    output: Iterable[tuple[str, str]],
) -> None:
    """Record that a task or a thread died of an exception."""
    record = Record("error", perf_counter(), connection)
    record.task, record.cause = task, hook.seq if hook else None
    started = f", started by {hook.hook or hook.kind}" if hook else ""
    record.data = f"{task}{started}, died{f'; {note}' if note else ''}"
    if connection is None and hook is not None:
        record.path = hook.path
    write_error(record, error, files)
    record.output = list(output) or None
    if connection is not None:
        connection.dead_task = connection.dead_task or record
    log.append(record)
