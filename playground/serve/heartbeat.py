"""Notices when a handler blocks the server's loop, and names the line."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

from playground.common import waiting

SILENCE = 1.0
"""Seconds without an answer after which the loop counts as blocked."""


class Heartbeat:
    """
    Asks a loop once a second whether it is alive, from a thread of its own, from `start` to `stop`.

    Args:
        loop: the server's event loop.
        blocked_at: returns what its thread executes just now, or None when that is library code.
        on_blocked: called once with that, when the loop has been silent for `SILENCE`.
        on_free: called with the seconds of silence, when it answers again; never if it is stopped before.
        on_beat: called about once a second, whether the loop answers or not.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        blocked_at: Callable[[], str | None],
        on_blocked: Callable[[str], object],
        on_free: Callable[[float], object],
        on_beat: Callable[[], object] = lambda: None,
    ) -> None:
        self._loop = loop
        self._blocked_at = blocked_at
        self._on_blocked = on_blocked
        self._on_free = on_free
        self._on_beat = on_beat
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="playground-heartbeat", daemon=True)

    def start(self) -> Heartbeat:
        """Begin to ask, and return this."""
        self._thread.start()
        return self

    def __enter__(self) -> Heartbeat:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def _run(self) -> None:
        while not waiting.until(self._stop, SILENCE):
            self._on_beat()
            answered = threading.Event()
            asked = time.perf_counter()
            try:
                self._loop.call_soon_threadsafe(answered.set)
            except RuntimeError:
                # The loop is closed, and this thread has nothing left to do.
                return
            if waiting.until(answered, SILENCE):
                continue
            where = self._blocked_at()
            if where:
                self._on_blocked(where)
            while not waiting.until(answered, SILENCE):
                self._on_beat()
                if self._stop.is_set():
                    return
            if where:
                self._on_free(time.perf_counter() - asked)

    def stop(self) -> None:
        """Stop asking."""
        self._stop.set()
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            waiting.until_ended(self._thread, 2 * SILENCE)
