"""How often Python lets another thread run, while playgrounds do."""

from __future__ import annotations

import sys
import threading

from playground.common import forks


class _FastSwitching:
    """`sys.setswitchinterval` while playgrounds run: the shortest asked for, and the old value after the last."""

    def __init__(self) -> None:
        self._asked: dict[object, float] = {}
        self._before = 0.0
        self._lock = threading.Lock()
        forks.renew(self._lock)
        forks.in_child(self.forget)

    def enter(self, user: object, interval: float | None) -> None:
        """Switch at least every `interval` seconds, until this user leaves; None asks for nothing."""
        if interval is None:
            return
        with self._lock:
            if not self._asked:
                self._before = sys.getswitchinterval()
            self._asked[user] = interval
            sys.setswitchinterval(min(self._before, *self._asked.values()))

    def leave(self, user: object) -> None:
        """Take back what a user asked for, if it did."""
        with self._lock:
            if self._asked.pop(user, None) is not None:
                sys.setswitchinterval(min([self._before, *self._asked.values()]))

    def forget(self) -> None:
        """Take back what all users asked for; for a forked child, where none of them runs."""
        for user in list(self._asked):
            self.leave(user)


fast_switching = _FastSwitching()
"""The one of this process: the interval belongs to all its threads."""
