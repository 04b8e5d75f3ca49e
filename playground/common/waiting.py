"""
All waiting of one thread for another.

Nothing else in the package blocks a thread. Where there are no threads, as in a browser tab, only this module has to be
replaced. Awaiting on an event loop is not meant here.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent import futures
from concurrent.futures import Future
from threading import Condition, Event, Thread
from typing import Any, Generic, TypeVar

T = TypeVar("T")

PIECE: float | None = 0.1 if sys.platform == "win32" else 1.0
"""
Seconds that the main thread waits at a time, or None for in one go.

Interrupts are raised in the main thread. On Windows a wait for a lock cannot be interrupted, so that Ctrl+C and a
kernel's interrupt are noticed between two; elsewhere it can, except by an interrupt that comes just before it begins.
"""


def until(event: Event, timeout: float | None = None) -> bool:
    """
    Wait until an event is set, and return whether it was.

    Args:
        timeout: seconds to wait; None waits for ever.
    """
    return _in_pieces(event.wait, timeout)


def until_holds(condition: Condition, holds: Callable[[], bool], timeout: float | None = None) -> bool:
    """
    Wait, with the condition's lock held by the caller, until `holds()` is true, and return whether it was.

    Args:
        timeout: seconds to wait; None waits for ever.
    """
    return _in_pieces(lambda piece: condition.wait_for(holds, piece), timeout)


def until_ended(thread: Thread, timeout: float | None = None) -> bool:
    """
    Wait until a thread has ended, and return whether it has.

    Args:
        timeout: seconds to wait; None waits for ever.
    """

    def has_ended(piece: float | None) -> bool:
        thread.join(piece)
        return not thread.is_alive()

    return _in_pieces(has_ended, timeout)


def result(future: Future[T], timeout: float | None = None) -> T:
    """
    Return a future's result, or raise its exception, once it has one.

    Args:
        timeout: seconds to wait; None waits for ever.

    Raises:
        TimeoutError: there was no result in time.
    """
    if not future.done() and not _until_done(future, timeout):
        raise TimeoutError
    return future.result(0)


def _until_done(future: Future[Any], timeout: float | None) -> bool:
    def is_done(piece: float | None) -> bool:
        try:
            future.exception(piece)
        except TimeoutError:
            return False
        except futures.CancelledError:
            return True
        return True

    return _in_pieces(is_done, timeout)


LOOK = 1.0
"""Seconds after which a call on a loop looks whether the loop is still there: one that is closed tells nobody."""

BLOCKS_ITSELF = "this call would block the event loop that it waits for; make it from a cell or another thread"


def run_on(
    loop: asyncio.AbstractEventLoop,
    coroutine: Coroutine[Any, Any, T] | Callable[[], Coroutine[Any, Any, T]],
    *,
    refusal: str = BLOCKS_ITSELF,
    timeout: float | None = None,
) -> T:
    """
    Run a coroutine on a loop of another thread and return what it returns; an interrupt cancels it.

    It may have ended just then, and nobody gets what it returned: who cannot lose that keeps it elsewhere, too.

    Args:
        coroutine: the coroutine, or a function that makes it, which is called on the loop: then an interrupt leaves
            none behind that was never awaited.
        refusal: what the error says where that is not possible, and what to do instead.
        timeout: seconds after which it is cancelled; None waits for ever.

    Raises:
        TimeoutError: it did not return in time, perhaps because the loop is blocked.
        RuntimeError: the loop runs on this very thread, which would block it for ever; or it was closed.
    """
    if running_loop() is loop:
        _close(coroutine)
        raise RuntimeError(refusal)
    call: _Call[T] | None = None
    try:
        call = _Call(loop, coroutine)
        call.begin_soon()
        if not call.wait(timeout):
            raise TimeoutError
        if call.error is not None:
            raise call.error
        return call.value
    except BaseException as error:
        if call is None:
            _close(coroutine)
        elif error is not call.error:
            undisturbed(call.give_up)
        raise
    finally:
        # An exception that is raised refers to this frame.
        del call


def _close(work: Coroutine[Any, Any, Any] | Callable[[], object]) -> None:
    if isinstance(work, Coroutine):
        work.close()


class _Outcome(Generic[T]):
    """What is run elsewhere, for whose end one thread waits."""

    value: T
    """What it returned."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        """What it raised."""
        self.done = False
        # An interrupt within a Condition, or a Future, can leave its lock taken, on which the others would wait for
        # ever. This one is only ever taken here, and given back there.
        self._ended = threading.Lock()
        self._ended.acquire()

    def fail(self, error: BaseException) -> None:
        """Note what it raised."""
        self.error = error

    def end(self) -> None:
        """Let the one who waits go on."""
        self.done = True
        self._ended.release()

    def wait(self, timeout: float | None) -> bool:
        """Wait until it has ended, and return whether it has."""
        return _in_pieces(
            lambda piece: self.done or self._ended.acquire(timeout=-1 if piece is None else piece), timeout
        )


class _Call(_Outcome[T]):
    """
    A coroutine on a loop of another thread.

    Args:
        loop, coroutine: as `run_on` has them.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        coroutine: Coroutine[Any, Any, T] | Callable[[], Coroutine[Any, Any, T]],
    ) -> None:
        super().__init__()
        self._loop = loop
        self._coroutine = coroutine
        self._task: asyncio.Task[T] | None = None
        self._given_up = False

    def begin_soon(self) -> None:
        """Have the loop run the coroutine."""
        self._loop.call_soon_threadsafe(self._begin)

    def wait(self, timeout: float | None) -> bool:
        """
        Wait until it has ended, and return whether it has.

        Raises:
            RuntimeError: the loop was closed, so that it never will.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            left = LOOK if end is None else end - time.monotonic()
            if _Outcome.wait(self, max(0.0, min(LOOK, left))):
                return True
            if self._loop.is_closed() and not self.done:
                raise RuntimeError("the event loop was closed before this had ended")
            if left <= 0:
                return False

    def give_up(self) -> None:
        """Cancel the coroutine; may be called more than once."""
        self._given_up = True
        try:
            self._loop.call_soon_threadsafe(self._stop)
        except RuntimeError:
            # The loop is closed, and runs nothing any more.
            _close(self._coroutine)

    # On the loop

    def _begin(self) -> None:
        if self._given_up:
            _close(self._coroutine)
        elif self._task is None:
            work = self._coroutine
            self._task = self._loop.create_task(work if isinstance(work, Coroutine) else work())
            self._task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[T]) -> None:
        if task.cancelled():
            self.error = futures.CancelledError()
        elif (error := task.exception()) is not None:
            self.error = error
        else:
            self.value = task.result()
        self.end()

    def _stop(self) -> None:
        if self._task is None:
            _close(self._coroutine)
        else:
            self._task.cancel()


def undisturbed(call: Callable[[], object]) -> None:
    """Make a call from where an interrupt is handled, and again if another interrupt comes meanwhile."""
    while True:
        try:
            call()
            return
        except KeyboardInterrupt:
            continue


PATIENCE = 1.0
"""Seconds that an interrupted call waits for what was given up, before the interrupt is raised."""


def to_the_end(
    function: Callable[[], T], *, name: str = "playground-call", give_up: Callable[[], object] | None = None
) -> T:
    """
    Run a function that an interrupt must not leave half done, and return what it returns.

    Ctrl+C and a kernel's interrupt are raised in the main thread, at any line. So there the function runs on a thread
    of its own, while the main thread only waits: the interrupt ends the waiting and is raised, and the function goes
    on to its end. On every other thread, and where no thread can be started any more because Python exits, it runs
    here.

    Args:
        name: the thread's.
        give_up: called after an interrupt, to let the function end early; it then gets `PATIENCE` seconds for that.
    """
    if threading.current_thread() is not threading.main_thread():
        return function()
    outcome: _Outcome[T] = _Outcome()
    context = contextvars.copy_context()

    def run(outcome: _Outcome[T]) -> None:
        try:
            outcome.value = context.run(function)
        except BaseException as error:
            outcome.fail(error)
        finally:
            outcome.end()
            # An exception that was raised refers to this frame.
            del outcome

    thread = Thread(target=run, args=(outcome,), name=name, daemon=True)
    try:
        if _starts(thread):
            outcome.wait(None)
            if outcome.error is not None:
                raise outcome.error
            return outcome.value
    except BaseException:
        if not outcome.done and give_up is not None:
            give_up()
            if thread.ident is not None:
                outcome.wait(PATIENCE)
        raise
    finally:
        # An exception that is raised refers to this frame.
        del outcome
    return function()


def _starts(thread: Thread) -> bool:
    """Start a thread, and return False where there can be none any more."""
    try:
        thread.start()
    except RuntimeError:
        return False
    return True


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that runs on this thread, or None."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _in_pieces(wait: Callable[[float | None], bool], timeout: float | None) -> bool:
    piece = PIECE
    if piece is None or threading.current_thread() is not threading.main_thread():
        return wait(timeout)
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        left = piece if end is None else end - time.monotonic()
        if wait(max(0.0, min(piece, left))):
            return True
        if left <= 0:
            return False
