"""A coroutine that is noticed also where it ends before its first step."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")


class Noticed(Coroutine[Any, Any, T]):
    """
    A coroutine, and what is called when it is cancelled before its first step, when no line of it has run.

    Args:
        coroutine: does the work.
        never_began: called at most once, where the coroutine is ended before it began.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, T], never_began: Callable[[], None]) -> None:
        self._coroutine = coroutine
        self._never_began: Callable[[], None] | None = never_began

    def send(self, value: Any) -> Any:
        """Run the next step."""
        self._never_began = None
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        """Raise an exception in the coroutine, such as a cancellation."""
        self._ends()
        return self._coroutine.throw(*error)

    def close(self) -> None:
        """End the coroutine."""
        self._ends()
        self._coroutine.close()

    def _ends(self) -> None:
        never_began, self._never_began = self._never_began, None
        if never_began is not None:
            never_began()

    def __await__(self) -> Generator[Any, None, T]:
        return self._steps()

    def _steps(self) -> Generator[Any, None, T]:
        self._never_began = None
        return (yield from self._coroutine.__await__())
