"""Threads that a hook starts: what they print is the hook's, and an error that ends one is a row."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from playground.record.recorder.hooks import thread_died
from playground.record.said import belongs_to, name_of, origin_here, origin_of, said_by
from playground.record.streams import known_already

POOLS = ("concurrent.futures", "multiprocessing", "anyio")
"""Modules whose threads work for one caller after the other, so that whoever started one says nothing."""

_start = threading.Thread.start
_before: Callable[[Any], object] | None = None


def begin() -> None:
    """Begin to notice which threads hooks start, and how they end."""
    global _before
    threading.Thread.start = _started  # type: ignore[method-assign]
    if threading.excepthook is not _failed:
        _before, threading.excepthook = threading.excepthook, _failed


def end() -> None:
    """Undo `begin`, unless somebody else has replaced the functions since."""
    if threading.Thread.start is _started:
        threading.Thread.start = _start  # type: ignore[method-assign]
    if threading.excepthook is _failed and _before is not None:
        threading.excepthook = _before


def _started(self: threading.Thread) -> None:
    origin = origin_here()
    if origin is not None and not _is_in_a_pool(self):
        belongs_to(self, origin)
    _start(self)


def _is_in_a_pool(thread: threading.Thread) -> bool:
    target = getattr(thread, "_target", None)
    modules = type(thread).__module__, getattr(target, "__module__", None) or ""
    return any(module.startswith(POOLS) for module in modules)


def _failed(args: Any) -> None:
    origin = origin_of(args.thread)
    if origin is None or origin.log is None or args.exc_value is None or isinstance(args.exc_value, SystemExit):
        _report(args)
        return
    thread_died(origin.log, name_of(args.thread), args.exc_value, origin.hook, output=said_by(args.thread))
    with known_already():
        _report(args)


def _report(args: Any) -> None:
    if _before is not None:
        _before(args)
