"""Where in the user's source something happened."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, NamedTuple

from playground.common.tracebacks import format_error, format_steps
from playground.record.roots import Root, roots_of, takes_long_to_format, told
from playground.record.storable import storable_error, storable_text

PACKAGE = str(Path(__file__).parents[1]) + os.sep
"""Where our own code is, which no traceback has to begin with."""

Files = Mapping[str, tuple[int, int, int]]
"""File names of an endpoint's source. Each has the version it belongs to, the lines that stand before the source in
that file, and the source's last line there; what lies outside is other code."""


def _line_at(frame: FrameType, line: int, files: Files) -> tuple[int, int] | None:
    """Return (version, line as counted in the source) for a line of a frame, or None when it is other code."""
    place = files.get(frame.f_code.co_filename)
    if place is None or not place[1] < line <= place[2]:
        return None
    return place[0], line - place[1]


def line_in(error: BaseException, files: Files) -> int | None:
    """Return the innermost line of the traceback that lies in the source, or None."""
    return place_in(error, files)[1]


def place_in(error: BaseException, files: Files) -> tuple[int | None, int | None]:
    """Return version and line of the innermost line of the traceback that lies in the source, or None for both."""
    place: tuple[int | None, int | None] = None, None
    step = error.__traceback__
    while step is not None:
        place = _line_at(step.tb_frame, step.tb_lineno, files) or place
        step = step.tb_next
    return place


def line_of(frame: FrameType, files: Files) -> int | None:
    """Return the line of the source at which a frame is, or None when it runs other code."""
    found = _line_at(frame, frame.f_lineno, files)
    return found[1] if found else None


def line_of_task(task: Any, files: Files) -> int | None:
    """
    Return the innermost line of the source at which a task waits.

    None where it waits in other code, runs just now, or is no task.
    """
    line, step = None, getattr(task, "get_coro", lambda: None)()
    while step is not None:
        frame = getattr(step, "cr_frame", None)
        line = (frame and line_of(frame, files)) or line
        step = getattr(step, "cr_await", None)
    return line


class DescribedError(NamedTuple):
    """An exception as a record keeps it."""

    error: str
    """Its type and text, as `KeyError: 'say'`, with what is behind it; see `roots`."""
    error_type: str
    """The name of its class."""
    line: int | None
    """The innermost line of the endpoint's source, for a group that of its first exception; None where it lies
    elsewhere."""
    traceback: str
    """From the user's code on."""
    roots: tuple[Root, ...]
    """The exceptions behind it."""
    version: int | None
    """The version that its own line belongs to."""


def describe_error(error: BaseException, files: Files) -> DescribedError:
    """Return what a record keeps of an exception."""
    version, line = place_in(error, files)
    roots = roots_of(error, lambda one: line_in(one, files))
    part = next((root.line for root in roots.kept if root.how == "part" and root.line), None)
    name = storable_text(type(error).__name__)
    text = storable_text(_traceback_of(error, files))
    return DescribedError(told(error, line, roots), name, part or line, text, roots.kept, version)


def _traceback_of(error: BaseException, files: Files) -> str:
    start = _first(error, lambda file: file in files) or _first(error, lambda file: not file.startswith(PACKAGE))
    start = start or error.__traceback__
    try:
        if takes_long_to_format(error):
            return f"{format_steps(start)}{storable_error(error)}\n(the exceptions in it are too many to show)\n"
        return format_error(error, start)
    except BaseException as raised:
        # An exception's own notes and attributes are read for it, which may be properties that raise.
        return (
            f"{storable_error(error)}\n(its traceback cannot be shown: formatting it raised {storable_error(raised)})\n"
        )


def _first(error: BaseException, holds: Callable[[str], bool]) -> TracebackType | None:
    """Return the traceback from the first file on for which that holds."""
    step = error.__traceback__
    while step is not None and not holds(step.tb_frame.f_code.co_filename):
        step = step.tb_next
    return step


def calling_line(files: Files, version: int | None) -> tuple[int, int] | None:
    """
    Return (version, line) of the innermost caller in the endpoint's source, or None.

    A caller in `version` comes first: a helper class that an edit kept still has its old lines.
    """
    if not files:
        return None
    # Past this function, the recorder's and the tap's.
    frame: FrameType | None = sys._getframe(3)
    innermost = None
    while frame is not None:
        place = files.get(frame.f_code.co_filename)
        if place is not None:
            line = frame.f_lineno
            if place[1] < line <= place[2]:
                if place[0] == version:
                    return place[0], line - place[1]
                innermost = innermost or (place[0], line - place[1])
        frame = frame.f_back
    return innermost


def suspended_line(task: asyncio.Task[Any] | None, files: Files) -> int | None:
    """Return the innermost line of the endpoint's source at which a task waits, or None."""
    line = None
    step: Any = task.get_coro() if task else None
    while step is not None:
        frame: FrameType | None = getattr(step, "cr_frame", None)
        found = _line_at(frame, frame.f_lineno, files) if frame else None
        line = found[1] if found else line
        step = getattr(step, "cr_await", None)
    return line
