"""What handlers print and log, attached to the event of the hook that said it: begun, renewed, and ended."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from playground.common import forks
from playground.common.tracebacks import format_error, store_traceback
from playground.record import streams, threads, unawaited, unlogged
from playground.record.said import origin_here, say
from playground.record.storable import storable_text

_lock = threading.Lock()
forks.renew(_lock)
_users: set[object] = set()
_record_factory: Callable[..., logging.LogRecord] | None = None
_parts = (unlogged, threads, unawaited)


def capture(user: object) -> None:
    """Begin to attach output to hooks, until all users have called `release`."""
    global _record_factory
    with _lock:
        # A record factory sees what is logged and changes nothing; a handler on the root logger would
        # silence `logging.basicConfig` and Python's own last resort.
        if not _users and logging.getLogRecordFactory() is not _attach:
            _record_factory = logging.getLogRecordFactory()
            logging.setLogRecordFactory(_attach)
        if not _users:
            for part in _parts:
                part.begin()
        _users.add(user)
    renew()


def renew() -> None:
    """Stand before the standard streams again, where somebody has put others in their place."""
    if _users:
        streams.stand_before()


def release(user: object) -> None:
    """Undo a user's `capture`, except for what somebody else has replaced since."""
    with _lock:
        _users.discard(user)
        if not _users:
            _give_back()


def forget() -> None:
    """Undo everybody's `capture`; for a forked child, where nobody uses it."""
    _users.clear()
    _give_back()


forks.in_child(forget)


def _give_back() -> None:
    streams.stand_aside()
    if logging.getLogRecordFactory() is _attach and _record_factory is not None:
        logging.setLogRecordFactory(_record_factory)
    for part in _parts:
        part.end()


def _attach(*args: Any, **kwargs: Any) -> logging.LogRecord:
    assert _record_factory is not None
    record = _record_factory(*args, **kwargs)
    # `logging.makeLogRecord` asks for a record without a name and fills it in afterwards: it logs nothing yet.
    if origin_here() is None or not isinstance(record.name, str) or record.name.startswith("uvicorn"):
        return record
    store_traceback(record)
    try:
        say(record.levelname, f"{record.name}: {storable_text(record.getMessage())}\n{_exception_of(record)}")
    except Exception:
        # A record whose arguments do not fit its message is reported by logging itself, where it is emitted.
        pass
    return record


def _exception_of(record: logging.LogRecord) -> str:
    """Return the traceback that is logged with a message."""
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    return format_error(error, error.__traceback__) if error is not None else ""
