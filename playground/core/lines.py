"""Where in the user's source something happened."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Mapping
from types import FrameType
from typing import Any

from playground.core.events import Record

Files = Mapping[str, tuple[int, int]]
"""File names of an endpoint's source, each with the version it belongs to and the lines that stand before it there."""


def line_in(error: BaseException, files: Files) -> int | None:
    """Return the innermost line of the traceback that lies in one of the files, counted as in the source; or None."""
    line = None
    step = error.__traceback__
    while step is not None:
        place = files.get(step.tb_frame.f_code.co_filename)
        if place is not None:
            line = step.tb_lineno - place[1]
        step = step.tb_next
    return line


def describe_error(record: Record, error: BaseException, files: Files) -> None:
    """Write an exception into a record: its name, the user's line, and the traceback from the user's code on."""
    record.error = error_text(error)
    record.line = line_in(error, files)
    step = error.__traceback__
    while step is not None and step.tb_frame.f_code.co_filename not in files:
        step = step.tb_next
    lines = traceback.format_exception(type(error), error, step or error.__traceback__)
    record.traceback = "".join(lines)


def error_text(error: BaseException) -> str:
    """Return an exception as `KeyError: 'say'`."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def calling_line(files: Files) -> tuple[int, int] | None:
    """Return (version, line) of the innermost caller that lies in the endpoint's source, or None."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        place = files.get(frame.f_code.co_filename)
        if place is not None:
            return place[0], frame.f_lineno - place[1]
        frame = frame.f_back
    return None


def suspended_line(task: asyncio.Task[Any] | None, files: Files) -> int | None:
    """Return the innermost line of the endpoint's source at which a task waits, or None."""
    line = None
    step: Any = task.get_coro() if task else None
    while step is not None:
        frame: FrameType | None = getattr(step, "cr_frame", None)
        place = files.get(frame.f_code.co_filename) if frame else None
        if frame and place:
            line = frame.f_lineno - place[1]
        step = getattr(step, "cr_await", None)
    return line
