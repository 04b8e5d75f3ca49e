"""What uvicorn and asyncio log on the playground's own threads."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from playground.common.tracebacks import store_traceback


class LogRedirect(logging.Filter):
    """While it is entered, passes what uvicorn logs on this thread to a function instead of printing it in a cell."""

    def __init__(self, on_log: Callable[[logging.LogRecord], None] | None) -> None:
        super().__init__()
        self._on_log = on_log
        self._logger = logging.getLogger("uvicorn.error")

    def __enter__(self) -> None:
        self._thread = threading.get_ident()
        self._logger.addFilter(self)

    def __exit__(self, *_: object) -> None:
        self._logger.removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is still to be printed."""
        if record.thread != self._thread or self._on_log is None:
            return True
        self._on_log(record)
        return False


class TracebacksAsText(logging.Filter):
    """While it is entered, formats the tracebacks that some loggers log on this thread; see `store_traceback`."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self._loggers = [logging.getLogger(name) for name in names]

    def __enter__(self) -> None:
        self._thread = threading.get_ident()
        for logger in self._loggers:
            logger.addFilter(self)

    def __exit__(self, *_: object) -> None:
        for logger in self._loggers:
            logger.removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Format the record's traceback if it needs that, and return that the record is to be printed."""
        if record.thread == self._thread:
            store_traceback(record)
        return True
