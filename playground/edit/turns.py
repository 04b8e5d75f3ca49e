"""One edit of a path at a time, so that each is made on top of the one before, and has its number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Condition

from playground.common import waiting
from playground.common.errors import EditRejected

_mine: ContextVar[tuple[object, ...]] = ContextVar("playground_turns", default=())
"""The turns in which this code runs; tasks that a source has started keep those that are over, too."""


class Turns:
    """Whose turn it is to edit each path; nobody has one for longer than the source of an edit may run."""

    def __init__(self) -> None:
        self._taken: dict[str, object] = {}
        self._changed = Condition()

    @contextmanager
    def take(self, path: str) -> Iterator[None]:
        """
        Wait until nobody else edits a path, and have it for oneself meanwhile.

        Raises:
            EditRejected: the source of an edit edits its own path while it runs.
        """
        turn = object()
        try:
            try:
                self._wait(path, turn)
                yield
            finally:
                self._end(path, turn)
        finally:
            # Again, for an interrupt that came just there: a turn that stays would keep everybody out for ever.
            self._end(path, turn)

    def _wait(self, path: str, turn: object) -> None:
        with self._changed:
            if path in self._taken and self._taken[path] in _mine.get():
                raise EditRejected(
                    f"a source cannot edit its own path, {path}, while it runs; edit it from a hook, or from outside",
                    stage="run",
                )
            waiting.until_holds(self._changed, lambda: path not in self._taken)
            self._taken[path] = turn
        _mine.set((*_mine.get(), turn))

    def _end(self, path: str, turn: object) -> None:
        _mine.set(tuple(one for one in _mine.get() if one is not turn))
        with self._changed:
            if self._taken.get(path) is turn:
                del self._taken[path]
            self._changed.notify_all()
