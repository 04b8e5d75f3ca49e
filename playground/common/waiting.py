"""
All waiting of one thread for another.

Nothing else in the package blocks a thread. Where there are no threads, as in a browser tab, only this module has to be
replaced. Awaiting on an event loop is not meant here.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine
from concurrent import futures
from concurrent.futures import Future
from threading import Condition, Event, Thread
from typing import Any, TypeVar

T = TypeVar("T")

PIECE: float | None = 0.1 if sys.platform == "win32" else None
"""
Seconds that a thread waits at a time, or None for in one go.

A wait for a lock cannot be interrupted on Windows, so that Ctrl+C and a kernel's interrupt are noticed between two.
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
    if PIECE is None:
        return future.result(timeout)
    _in_pieces(lambda piece: bool(futures.wait([future], piece).done), timeout)
    return future.result(0)


BLOCKS_ITSELF = "this call would block the event loop that it waits for; make it from a cell or another thread"


def run_on(
    loop: asyncio.AbstractEventLoop,
    coroutine: Coroutine[Any, Any, T],
    *,
    refusal: str = BLOCKS_ITSELF,
    timeout: float | None = None,
) -> T:
    """
    Run a coroutine on a loop of another thread and return what it returns; an interrupt cancels it.

    Args:
        refusal: what the error says where that is not possible, and what to do instead.
        timeout: seconds after which it is cancelled; None waits for ever.

    Raises:
        TimeoutError: it did not return in time, perhaps because the loop is blocked.
        RuntimeError: the loop runs on this very thread, which would block it for ever.
    """
    if running_loop() is loop:
        coroutine.close()
        raise RuntimeError(refusal)
    future = asyncio.run_coroutine_threadsafe(coroutine, loop)
    try:
        return result(future, timeout)
    except BaseException:
        future.cancel()
        raise


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that runs on this thread, or None."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _in_pieces(wait: Callable[[float | None], bool], timeout: float | None) -> bool:
    if PIECE is None:
        return wait(timeout)
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        left = PIECE if end is None else end - time.monotonic()
        if wait(max(0.0, min(PIECE, left))):
            return True
        if left <= 0:
            return False
