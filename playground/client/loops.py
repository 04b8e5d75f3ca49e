"""One background event loop for the synchronous clients, so that they keep working while a cell computes."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from playground.common import forks, waiting
from playground.common.logs import TracebacksAsText

T = TypeVar("T")

OWN_LOOP = "a synchronous client cannot be used on the clients' own loop; use pg.connect_async there"

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_of_parents: list[asyncio.AbstractEventLoop | None] = []
"""Loops of the processes that this one was forked from: they run there, and nothing of them is closed here."""


def _forget() -> None:
    global _loop
    _of_parents.append(_loop)
    _loop = None


forks.renew(_lock)
forks.in_child(_forget)


def client_loop() -> asyncio.AbstractEventLoop:
    """Return the loop that synchronous clients run on, starting its daemon thread at the first call."""
    loop = _loop
    if loop is None or loop.is_closed():
        loop = waiting.to_the_end(_started)
    return loop


def _started() -> asyncio.AbstractEventLoop:
    global _loop
    with _lock:
        if _loop is None or _loop.is_closed():
            started = threading.Event()
            loops: list[asyncio.AbstractEventLoop] = []

            def run() -> None:
                with TracebacksAsText("asyncio"), asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                    loop = runner.get_loop()
                    loop.set_exception_handler(_report)
                    loops.append(loop)
                    loop.call_soon(started.set)
                    loop.run_forever()

            threading.Thread(target=run, name="playground-clients", daemon=True).start()
            waiting.until(started)
            _loop = loops[0]
        return _loop


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    # The dial's own error says that the proxy hung up.
    if not (isinstance(error, EOFError) and _of_a_proxy_that_hung_up(error)):
        loop.default_exception_handler(context)


def _of_a_proxy_that_hung_up(error: EOFError) -> bool:
    """Return whether websockets 17.4 raised it in `HTTPProxyConnection.connection_lost`, ending its reader again."""
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(
        frame.f_code.co_name == "connection_lost" and frame.f_globals.get("__name__") == "websockets.asyncio.client"
        for frame in frames
    )


def wait(coroutine: Coroutine[Any, Any, T] | Callable[[], Coroutine[Any, Any, T]]) -> T:
    """
    Return what the coroutine returns, or raise what it raises; an interrupt of the cell cancels it.

    Args:
        coroutine: the coroutine, or a function that makes it, which is called on the client loop.

    Raises:
        RuntimeError: called on the client loop itself, which would block it for ever.
    """
    return waiting.run_on(client_loop(), coroutine, refusal=OWN_LOOP)


def after_an_interrupt(call: Callable[[], object]) -> None:
    """Make a call on the client loop, after what was cancelled there; this does not wait for it."""
    waiting.undisturbed(lambda: client_loop().call_soon_threadsafe(call))
