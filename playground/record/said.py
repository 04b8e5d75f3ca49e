"""
Where what a hook prints and logs is written down.

While the hook runs, that is its own row. What its tasks and threads say after it has ended goes into a row of the kind
"log" that names them and refers to the hook; what one of them says within `BURST` seconds is one row.

A WebSocket function has no hooks: what it says belongs to the message that came last, to the handshake before that, and
to the end afterwards.
"""

from __future__ import annotations

import asyncio
import threading
from time import perf_counter
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from playground.common import forks
from playground.record.connections import APP_TASK, CONNECTION, HOOK, LOG
from playground.record.recorder.hooks import add_output, has_room, said_later
from playground.record.records import Record
from playground.record.ring import Ring
from playground.record.storable import storable_text

BURST = 1.0
"""Seconds from one output to the next within which both are in one row."""


class Origin(NamedTuple):
    """Whose code runs."""

    hook: Record
    """The hook, request or message that is handled, or whose hook has started what runs."""
    log: Ring | None
    """The log it is in; None without a server."""


class _Later(NamedTuple):
    """The row of what a task or a thread said last after its hook had ended."""

    record: Record
    at: float


_threads: WeakKeyDictionary[threading.Thread, Origin] = WeakKeyDictionary()
_later: WeakKeyDictionary[Any, _Later] = WeakKeyDictionary()
_lock = threading.Lock()
forks.renew(_lock)


def origin_here() -> Origin | None:
    """Return the hook whose code runs here, or that has started this task or thread; None for other code."""
    hook = HOOK.get()
    if hook is not None:
        return Origin(hook, LOG.get())
    connection = CONNECTION.get()
    if connection is not None:
        record = connection.current_record or connection.request
        return Origin(record, LOG.get()) if record is not None else None
    return _threads.get(threading.current_thread()) if _threads else None


def belongs_to(thread: threading.Thread, origin: Origin) -> None:
    """Remember the hook that has started a thread."""
    _threads[thread] = origin


def origin_of(thread: threading.Thread | None) -> Origin | None:
    """Return the hook that has started a thread."""
    return None if thread is None else _threads.get(thread)


def say(stream: str, text: str) -> bool:
    """Write down what is printed or logged here; return False where no hook is the reason for it."""
    origin = origin_here()
    if origin is None:
        return False
    hook, log = origin
    task = _task_here()
    if log is None or (hook.ended is None and (hook.running or task is None or task is APP_TASK.get())):
        add_output(hook, stream, text)
        if log is not None and not hook.running:
            # No end of a hook will tell of it.
            log.changed(hook)
        return True
    speaker: Any = task or threading.current_thread()
    now = perf_counter()
    with _lock:
        last = _later.get(speaker)
        if last and last.record.cause == hook.seq and now - last.at < BURST and has_room(last.record):
            record = last.record
            add_output(record, stream, text)
            log.changed(record)
        else:
            record = said_later(log, hook, name_of(speaker), stream, text)
        _later[speaker] = _Later(record, now)
    return True


def said_by(speaker: Any) -> list[tuple[str, str]]:
    """Return what a task or a thread said last after its hook had ended."""
    with _lock:
        last = _later.get(speaker)
        return list(last.record.output or ()) if last else []


def name_of(speaker: Any) -> str:
    """Return a task's name with its coroutine's, or a thread's name."""
    if isinstance(speaker, threading.Thread):
        return f"thread {storable_text(speaker.name)}"
    try:
        # Not `get_coro()`, which crashes Python 3.12.1 for an eager task that has ended.
        coroutine = getattr(getattr(speaker, "_coro", None), "__qualname__", None)
        name = storable_text(speaker.get_name())
        return f"task {name} ({coroutine.rpartition('<locals>.')[2]})" if coroutine else f"task {name}"
    except Exception:
        # It may be an object of somebody's task factory.
        return f"task {type(speaker).__name__}"


def _task_here() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        # No loop runs on this thread.
        return None
