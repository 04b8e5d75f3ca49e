"""How often Python lets another thread run, while playgrounds do."""

from __future__ import annotations

import sys
import threading


class _FastSwitching:
    """`sys.setswitchinterval` while playgrounds run: the shortest asked for, and the old value after the last."""

    def __init__(self) -> None:
        self._asked: list[float] = []
        self._before = 0.0
        self._lock = threading.Lock()

    def enter(self, interval: float | None) -> None:
        """Switch at least every `interval` seconds; None asks for nothing."""
        if interval is None:
            return
        with self._lock:
            if not self._asked:
                self._before = sys.getswitchinterval()
            self._asked.append(interval)
            sys.setswitchinterval(min(self._before, *self._asked))

    def leave(self, interval: float | None) -> None:
        """Take back what `enter` asked for."""
        if interval is None:
            return
        with self._lock:
            self._asked.remove(interval)
            sys.setswitchinterval(min([self._before, *self._asked]))


fast_switching = _FastSwitching()
"""The one of this process: the interval belongs to all its threads."""
