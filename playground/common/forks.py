"""
What becomes of the package in a child process that was forked, as by `os.fork` and by multiprocessing.

The child gets copies of all objects and only the thread that has forked. Sockets and files it shares with its parent,
where everything goes on; so in the child what was running is left alone and forgotten, at once and in one place.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

LEFT = (
    "this process was forked while code ran on a playground's event loop, which goes on in the parent; it ends here, "
    "where that loop would have gone on in both; end such a child with os._exit() or sys.exit()"
)
"""What a child says that would go on as a second server on its parent's sockets."""

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


def end_child(error: BaseException | None) -> NoReturn:
    """
    End a forked child where its parent's event loop would go on in it, with the exit code that Python gives.

    Args:
        error: what the code raised that was running when it was forked; None where it came to its end.
    """
    code, said = (error.code, "") if isinstance(error, SystemExit) else (1, LEFT)
    if error is None:
        code, said = 0, ""
    elif not isinstance(error, SystemExit):
        said = "".join(traceback.format_exception(error)) + LEFT
    if not (code is None or isinstance(code, int)):
        code, said = 1, str(code)
    # Both streams of the system: what a notebook has in their place is served by threads that are not here.
    with suppress(Exception):
        if said and sys.__stderr__:
            print(said, file=sys.__stderr__)
        for stream in (sys.__stdout__, sys.__stderr__):
            if stream:
                stream.flush()
    os._exit((code or 0) & 0xFF)


def _run(functions: list[Callable[[], object]]) -> None:
    for function in list(functions):
        function()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=lambda: _run(_before), after_in_child=lambda: _run(_in_child))
