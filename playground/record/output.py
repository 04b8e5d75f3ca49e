"""What handlers print and log, attached to the event of the hook that said it."""

from __future__ import annotations

import logging
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TextIO

from playground.common.tracebacks import store_traceback
from playground.record.connections import HOOK
from playground.record.recorder import add_output
from playground.record.storable import storable_text

_lock = threading.Lock()
_users = 0
_record_factory: Callable[..., logging.LogRecord] | None = None

# `print` borrows its reference to sys.stdout: where another thread replaces sys.stdout in the middle of it, an object
# that nobody else holds is freed under its feet and Python crashes (seen with 3.11). So the last ones are held here.
_recent_streams: deque[_Stdout] = deque(maxlen=64)


class _Stdout:
    """
    Standard output that knows which hook is running.

    A notebook would show a thread's output under whichever cell ran last, so there it goes to the event alone.
    """

    def __init__(self, stream: TextIO, *, pass_on: bool) -> None:
        self.stream = stream
        self._pass_on = pass_on

    def write(self, text: str) -> int:
        hook = HOOK.get()
        # What is no text, the stream itself refuses.
        if hook is not None and isinstance(text, str):
            add_output(hook, "stdout", text)
            if not self._pass_on:
                return str.__len__(text)
        return self.stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def capture() -> None:
    """Begin to attach output to hooks; `release` as often as this was called to end it."""
    global _users, _record_factory
    with _lock:
        _users += 1
        if _users == 1:
            # A record factory sees what is logged and changes nothing; a handler on the root logger would
            # silence `logging.basicConfig` and Python's own last resort.
            _record_factory = logging.getLogRecordFactory()
            logging.setLogRecordFactory(_attach)
    renew()


def renew() -> None:
    """Stand before standard output again, where a test runner or `redirect_stdout` has put another in its place."""
    if _users and type(sys.stdout) is not _Stdout and sys.stdout is not None:
        in_notebook = type(sys.stdout).__module__.startswith("ipykernel")
        _recent_streams.append(_Stdout(sys.stdout, pass_on=not in_notebook))
        sys.stdout = _recent_streams[-1]


def release() -> None:
    """Undo `capture`, unless somebody else has replaced stdout since."""
    global _users
    with _lock:
        _users -= 1
        if _users:
            return
        if isinstance(sys.stdout, _Stdout):
            sys.stdout = sys.stdout.stream
        if logging.getLogRecordFactory() is _attach and _record_factory is not None:
            logging.setLogRecordFactory(_record_factory)


def _attach(*args: Any, **kwargs: Any) -> logging.LogRecord:
    assert _record_factory is not None
    record = _record_factory(*args, **kwargs)
    hook = HOOK.get()
    # `logging.makeLogRecord` asks for a record without a name and fills it in afterwards: it logs nothing yet.
    if hook is None or not isinstance(record.name, str) or record.name.startswith("uvicorn"):
        return record
    store_traceback(record)
    try:
        add_output(hook, record.levelname, f"{record.name}: {storable_text(record.getMessage())}\n")
    except Exception:
        # A record whose arguments do not fit its message is reported by logging itself, where it is emitted.
        pass
    return record
