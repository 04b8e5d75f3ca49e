"""
All waiting of one thread for another.

Nothing else in the package blocks a thread. Where there are no threads, as in a browser tab, only this module has to be
replaced. Awaiting on an event loop is not meant here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from threading import Condition, Event, Thread
from typing import Any, TypeVar

T = TypeVar("T")


def until(event: Event, timeout: float | None = None) -> bool:
    """
    Wait until an event is set, and return whether it was.

    Args:
        timeout: seconds to wait; None waits for ever.
    """
    return event.wait(timeout)


def until_holds(condition: Condition, holds: Callable[[], bool], timeout: float | None = None) -> bool:
    """
    Wait, with the condition's lock held by the caller, until `holds()` is true, and return whether it was.

    Args:
        timeout: seconds to wait; None waits for ever.
    """
    return condition.wait_for(holds, timeout)


def until_ended(thread: Thread, timeout: float | None = None) -> bool:
    """
    Wait until a thread has ended, and return whether it has.

    Args:
        timeout: seconds to wait; None waits for ever.
    """
    thread.join(timeout)
    return not thread.is_alive()


def result(future: Future[T], timeout: float | None = None) -> T:
    """
    Return a future's result, or raise its exception, once it has one.

    Args:
        timeout: seconds to wait; None waits for ever.

    Raises:
        TimeoutError: there was no result in time.
    """
    return future.result(timeout)


def run_on(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T]) -> T:
    """
    Run a coroutine on a loop of another thread and return what it returns; an interrupt cancels it.

    Raises:
        RuntimeError: the loop runs on this very thread, which would block it for ever.
    """
    if _running_loop() is loop:
        coroutine.close()
        raise RuntimeError(
            "this call would block the event loop that it waits for; make it from a cell or another thread"
        )
    future = asyncio.run_coroutine_threadsafe(coroutine, loop)
    try:
        return result(future)
    except BaseException:
        future.cancel()
        raise


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
