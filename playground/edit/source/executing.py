"""
Running somebody's source, within a time limit.

The main thread runs the source itself, so that Ctrl+C, the cell's output and its event loop are what they are in any
cell. A timer's signal ends what does not end: it interrupts loops and waiting alike, also where Python's lock is held.
Its handler sees what it interrupts, and raises nowhere but in the source.

Other threads, such as the panel's, get no signals, so a thread of its own runs the source while they wait. An
exception ends it at its next step. What waits in a single step, such as `time.sleep(1e9)`, cannot be ended there: the
thread is left behind, and said to be. All the same nobody waits for it, and nothing of what it does is published.
What computes in a single step and keeps Python's lock, such as a slow regular expression, stops every thread until it
is done: there, nobody can help.
"""

from __future__ import annotations

import contextvars
import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import CodeType, FrameType
from typing import Any

from playground.common import waiting
from playground.common.errors import EditRejected
from playground.record.lines import line_in
from playground.record.storable import storable_error

LIMIT = 10.0
"""Seconds that the source of an edit may run, unless another limit is given."""

PATIENCE = 1.0
"""Seconds in which a thread has to end after its limit; then it is left behind."""

PAUSE = 0.05
"""Seconds between two attempts to end a source, in which it may clean up."""

CALM = 4
"""Attempts that spare imports, which would leave half a module, and clean-up; then everything is ended."""

LONGEST = 1e8
"""Seconds; a timer cannot be set to more."""

_left_behind: list[threading.Thread] = []


class TimeIsUp(BaseException):
    """Raised inside a source that ran longer than its limit."""


class _Attempts:
    """What is done to end a source that runs too long."""

    def __init__(self, code: CodeType) -> None:
        self.code = code
        self.around: FrameType | None = None
        """The frame that runs the code."""
        self.count = 0
        self.line: int | None = None
        """Where it was at first."""
        self.in_vain = False
        """Whether its thread is left behind."""

    def spares(self, frame: FrameType | None) -> bool:
        """Count an attempt at a frame, and return whether it is to be left alone for now."""
        self.count += 1
        if self.count == 1:
            self.line = _line_of(self.code, frame)
        importing = frame is not None and frame.f_code.co_filename.startswith("<frozen importlib")
        return importing and self.count < CALM

    @property
    def insist(self) -> bool:
        """Whether it catches every exception, so that the next has to come while it handles this one."""
        return self.count > CALM

    def runs(self, frame: FrameType | None) -> bool:
        """Return whether a frame belongs to the code, or to what it called."""
        while frame is not None and frame.f_back is not self.around:
            frame = frame.f_back
        return frame is not None and frame.f_code is self.code

    def raise_again(self, frame: FrameType | None) -> None:
        """Raise `TimeIsUp` at the next line of a frame of this thread, too, or of those that called it."""
        while frame is not None and frame is not self.around:
            frame.f_trace = self._at_next_line
            frame = frame.f_back
        sys.settrace(self._at_next_line)

    def _at_next_line(self, frame: FrameType, event: str, argument: object) -> Any:
        if event in ("line", "call") and self.runs(frame):
            raise TimeIsUp
        return self._at_next_line

    def as_exception(self) -> type[TimeIsUp]:
        """Return the exception to raise in another thread, which makes an object of it there."""
        if not self.insist:
            return TimeIsUp
        attempts = self

        class _Again(TimeIsUp):
            def __init__(self) -> None:
                attempts.raise_again(sys._getframe(1))

        return _Again


def execute(
    code: CodeType,
    namespace: dict[str, Any],
    *,
    limit: float = LIMIT,
    explain: Callable[[BaseException], str | None] = lambda error: None,
) -> None:
    """
    Run the code of a module.

    Args:
        code: the module's.
        namespace: the module's names.
        limit: seconds that it may run.
        explain: returns what to say in place of the text of what it raised, or None.

    Raises:
        EditRejected: it raised, was interrupted, or did not end in time; with its line.
    """
    here = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
    run = _run_here if here else _run_on_a_thread
    attempts = _Attempts(code)
    try:
        run(code, namespace, min(limit, LONGEST), attempts)
    except KeyboardInterrupt:
        raise EditRejected("interrupted while the source ran; nothing changed", stage="run") from None
    except BaseException as error:
        # What it makes of `TimeIsUp`, Python's own RuntimeError around `__set_name__` for example, says less.
        if attempts.count:
            raise _too_long(limit, attempts) from None
        line = line_in(error, {code.co_filename: (0, 0, sys.maxsize)})
        why = explain(error)
        reason = f"{type(error).__name__}: {why}" if why else storable_error(error)
        raise EditRejected(reason, stage="run", line=line) from error


def _too_long(limit: float, attempts: _Attempts) -> EditRejected:
    reason = f"the source did not end within {limit:g} s"
    if attempts.in_vain:
        reason += (
            f", and what it waits for cannot be interrupted, so its thread is left behind ({left_behind()} so far)"
        )
    return EditRejected(f"{reason}; nothing changed", stage="run", line=attempts.line)


def left_behind() -> int:
    """Return how many threads still run a source, or a draft, that was given up."""
    _left_behind[:] = [one for one in _left_behind if one.is_alive()]
    return len(_left_behind)


def _line_of(code: CodeType, frame: FrameType | None) -> int | None:
    """Return the innermost line of the code that a frame belongs to."""
    while frame is not None and frame.f_code.co_filename != code.co_filename:
        frame = frame.f_back
    # Where it has just begun, it is at no line.
    return frame.f_lineno or code.co_firstlineno if frame is not None else None


# On the main thread


def _run_here(code: CodeType, namespace: dict[str, Any], limit: float, attempts: _Attempts) -> None:
    attempts.around = sys._getframe()
    with _alarm(limit, attempts):
        exec(code, namespace)


@contextmanager
def _alarm(limit: float, attempts: _Attempts) -> Iterator[None]:
    """Raise `TimeIsUp` in the code after the limit; a timer that others have set goes on later."""

    def ring(number: int, frame: FrameType | None) -> None:
        if not attempts.runs(frame) or attempts.spares(frame):
            return
        if attempts.insist:
            attempts.raise_again(frame)
        raise TimeIsUp

    before, trace = signal.getsignal(signal.SIGALRM), sys.gettrace()
    if before is None:
        # A handler that is not Python's could not be put back.
        yield
        return
    began = time.monotonic()
    signal.signal(signal.SIGALRM, ring)
    left, interval = signal.setitimer(signal.ITIMER_REAL, limit, PAUSE)
    try:
        yield
    finally:
        if attempts.insist:
            sys.settrace(trace)
        # A source that sets a timer or a handler of its own has its reasons, and keeps it.
        ours = round(signal.getitimer(signal.ITIMER_REAL)[1], 6) == PAUSE
        if ours:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if signal.getsignal(signal.SIGALRM) is ring:
            signal.signal(signal.SIGALRM, before)
        if ours and left:
            signal.setitimer(signal.ITIMER_REAL, max(1e-6, left - (time.monotonic() - began)), interval)


# On other threads


def _run_on_a_thread(code: CodeType, namespace: dict[str, Any], limit: float, attempts: _Attempts) -> None:
    error = _on_a_thread(partial(exec, code, namespace), "playground-edit", limit, attempts)
    if error is not None:
        raise error


def run_apart(function: Callable[[], object], *, name: str, limit: float) -> bool:
    """
    Run a function on a thread of its own, and end it after the limit as a source is ended.

    What it raises is dropped.

    Args:
        function: called without arguments.
        name: the thread's.
        limit: seconds that it may run.

    Returns:
        whether it has ended; otherwise its thread is left behind.
    """

    def begin() -> None:
        function()

    attempts = _Attempts(begin.__code__)
    _on_a_thread(begin, name, min(limit, LONGEST), attempts)
    return not attempts.in_vain


def _on_a_thread(function: Callable[[], object], name: str, limit: float, attempts: _Attempts) -> BaseException | None:
    """Run a function on a thread of its own, and return what it raised."""
    outcome: list[BaseException | None] = []
    context = contextvars.copy_context()

    def run() -> None:
        attempts.around = sys._getframe()
        try:
            try:
                context.run(function)
                outcome.append(None)
            except BaseException as error:
                outcome.append(error)
        except TimeIsUp:
            # It came after the last step of the source.
            pass

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        waiting.until_ended(thread, limit)
    finally:
        # Also if the caller is interrupted.
        if not outcome and thread.is_alive():
            _end(thread, outcome, attempts)
    return outcome[0] if outcome else TimeIsUp()


def _end(thread: threading.Thread, outcome: list[BaseException | None], attempts: _Attempts) -> None:
    """Raise `TimeIsUp` in a thread, again and again if it is caught, and leave it behind if that does not help."""
    number = thread.ident or 0
    deadline = time.monotonic() + PATIENCE
    while not outcome and time.monotonic() < deadline:
        if not attempts.spares(sys._current_frames().get(number)):
            error = ctypes.py_object(attempts.as_exception())
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(number), error)
        if waiting.until_ended(thread, PAUSE):
            return
    if not outcome:
        attempts.in_vain = True
        _left_behind.append(thread)
