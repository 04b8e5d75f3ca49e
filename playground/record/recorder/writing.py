"""What more than one of the recorders writes into a record."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter
from typing import Literal

from playground.record.frames import Fragments, Frame
from playground.record.lines import Files, describe_error
from playground.record.records import Connection, Ending, Record
from playground.record.ring import Ring


def write_parts(record: Record, parts: Fragments) -> None:
    """Write down the frames that a message came in, as far as they are kept."""
    record.parts = tuple(parts.frames)
    if parts.more:
        record.more_frames, record.more_bytes = parts.more, parts.more_bytes


def write_tcp_end(
    ending: Ending, error: Exception | None, how: Literal["fin", "closed"], cut: Frame | None, now: float
) -> None:
    """
    Write down how TCP ended.

    Args:
        ending: of the connection.
        error: what asyncio gives for a reset; what else is raised ends the connection too, and is none.
        how: how it ended where that was no reset.
        cut: a frame that had begun and did not end.
        now: when that was.
    """
    ending.wire_at = now
    reset = isinstance(error, OSError)
    ending.tcp = "reset" if reset else how
    ending.tcp_error = str(error) if reset else None
    ending.cut = cut


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
