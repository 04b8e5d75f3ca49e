"""
What becomes of the package in a child process that was forked, as by `os.fork` and by multiprocessing.

The child gets copies of all objects and only the thread that has forked. Sockets and files it shares with its parent,
where everything goes on; so in the child what was running is left alone and forgotten, at once and in one place.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

_before: list[Callable[[], object]] = []
_in_child: list[Callable[[], object]] = []


def before(look: Callable[[], object]) -> None:
    """Call a function in this process, just before each fork."""
    _before.append(look)


def in_child(forget: Callable[[], object]) -> None:
    """Call a function in each forked child, before anything else runs there."""
    _in_child.append(forget)


def renew(lock: Any) -> None:
    """Let a lock of `threading` be free in a forked child; a thread that is not there may have held it."""
    in_child(lock._at_fork_reinit)


def _run(functions: list[Callable[[], object]]) -> None:
    for function in list(functions):
        function()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=lambda: _run(_before), after_in_child=lambda: _run(_in_child))
