"""Exceptions as text, written so that no other thread fails to parse because of it."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Container, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

# To find where a line's carets go, `traceback` calls `ast.parse`. CPython 3.11 counts the depth of the tree it builds
# in a place that all threads share, and its garbage collector may run in the middle of that and let another thread go
# on. If both threads are building a tree, `ast.parse` raises SystemError in one of them: an edit is rejected, or a
# notebook cell fails, because a handler raised. Since 3.12 the collector no longer runs there.
PARSER_IS_SHARED = sys.version_info < (3, 12)
"""Whether parsing on one thread can make it fail on another."""

_collecting = threading.local()


def format_error(error: BaseException, trace: TracebackType | None) -> str:
    """
    Return an exception with its causes as Python prints it.

    On CPython 3.11 the lines with carets are left out anywhere but on the main thread.

    Args:
        error: the exception.
        trace: the traceback to show, which may begin later than the exception's own.
    """
    told = traceback.TracebackException(type(error), error, trace, compact=True)
    if not _may_parse():
        _leave_out_carets(told)
    return "".join(told.format())


def format_steps(trace: TracebackType | None) -> str:
    """Return the lines of a traceback without its exception."""
    return format_frames(traceback.extract_tb(trace))


def format_frames(frames: list[traceback.FrameSummary]) -> str:
    """Return the lines of a traceback, with carets where `format_error` has them."""
    if not _may_parse():
        _drop_columns(frames)
    return "".join(traceback.format_list(frames))


def store_traceback(record: logging.LogRecord) -> None:
    """Format a log record's traceback now, if its handler would have to parse source for that."""
    if _may_parse() or record.exc_text or not isinstance(record.exc_info, tuple):
        return
    _, error, trace = record.exc_info
    # Formatters take the text that a record has already. One with a format of its own has to be asked all the same.
    if error is not None and not _has_format_of_its_own(record.name):
        record.exc_text = format_error(error, trace).removesuffix("\n")


@contextmanager
def without_carets() -> Iterator[None]:
    """Leave out the lines with carets on this thread too: where garbage is collected, it may be parsing already."""
    _collecting.depth = getattr(_collecting, "depth", 0) + 1
    try:
        yield
    finally:
        _collecting.depth -= 1


def _may_parse() -> bool:
    if not PARSER_IS_SHARED:
        return True
    return threading.current_thread() is threading.main_thread() and not getattr(_collecting, "depth", 0)


def _leave_out_carets(told: traceback.TracebackException) -> None:
    left = [told]
    while left:
        one = left.pop()
        _drop_columns(one.stack)
        left += [other for other in (one.__cause__, one.__context__, *(one.exceptions or ())) if other]


def _drop_columns(frames: list[traceback.FrameSummary]) -> None:
    for frame in frames:
        # Without a column there is nothing to point at, so `traceback` does not look for it.
        frame.colno = None


def _has_format_of_its_own(name: str) -> bool:
    """Return whether a handler of that logger formats exceptions in another way than `logging` does."""
    logger: logging.Logger | None = logging.getLogger(name)
    while logger is not None:
        formatters = [type(handler.formatter) for handler in logger.handlers if handler.formatter]
        if any(getattr(one, "formatException", None) is not logging.Formatter.formatException for one in formatters):
            return True
        logger = logger.parent if logger.propagate else None
    return False


def shown_at(error: BaseException, frame: FrameType | None, files: Container[str]) -> BaseException:
    """Return an exception with the traceback that it would have, had it been raised in a frame; only of some files."""
    trace = None
    while frame is not None:
        if frame.f_code.co_filename in files:
            trace = TracebackType(trace, frame, frame.f_lasti, frame.f_lineno)
        frame = frame.f_back
    return error.with_traceback(trace)
