"""Standard output and standard error, which know the hook whose code prints."""

from __future__ import annotations

import logging
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TextIO

from playground.record.said import origin_here, say

NAMES = ("stdout", "stderr")

_quiet = threading.local()

# `print` borrows its reference to sys.stdout: where another thread replaces sys.stdout in the middle of it, an object
# that nobody else holds is freed under its feet and Python crashes (seen with 3.11). So the last ones are held here.
_recent: deque[_Stream] = deque(maxlen=128)

_EMIT = logging.StreamHandler.emit.__code__


class _Stream:
    """
    A standard stream that knows which hook is running.

    A notebook would show a thread's output under whichever cell ran last, so there it goes to the log alone.
    """

    def __init__(self, called: str, stream: TextIO, *, pass_on: bool) -> None:
        self.called = called
        self.stream = stream
        self.pass_on = pass_on

    def write(self, text: str) -> int:
        # What is no text, the stream itself refuses.
        if isinstance(text, str) and self._is_written_down(text, sys._getframe().f_back) and not self.pass_on:
            return str.__len__(text)
        return self.stream.write(text)

    def _is_written_down(self, text: str, caller: FrameType | None) -> bool:
        """Attach the text to the hook that prints it, if there is one; return whether the log has it."""
        if caller is not None and caller.f_code is _EMIT:
            # The log record is attached already. A handler that the user has set prints it where it is told to.
            return origin_here() is not None and caller.f_locals.get("self") is logging.lastResort
        if getattr(_quiet, "depth", 0):
            return origin_here() is not None
        return say(self.called, text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def stand_before() -> None:
    """Stand before both streams, also where a test runner or `redirect_stdout` has put another in their place."""
    for name in NAMES:
        stream = getattr(sys, name)
        if type(stream) is not _Stream and stream is not None:
            in_notebook = type(stream).__module__.startswith("ipykernel")
            _recent.append(_Stream(name, stream, pass_on=not in_notebook))
            setattr(sys, name, _recent[-1])


def stand_aside() -> None:
    """Put back what was there, unless somebody else has replaced it since."""
    for name in NAMES:
        stream = getattr(sys, name)
        if isinstance(stream, _Stream):
            setattr(sys, name, stream.stream)


def prints_into_cells() -> bool:
    """Return whether what this process prints now would appear under whichever notebook cell runs."""
    return isinstance(sys.stderr, _Stream) and not sys.stderr.pass_on


@contextmanager
def known_already() -> Iterator[None]:
    """Attach nothing that this thread prints meanwhile: the log has it in another form."""
    _quiet.depth = getattr(_quiet, "depth", 0) + 1
    try:
        yield
    finally:
        _quiet.depth -= 1
