"""
What a hook logs at level INFO where nobody has configured logging.

Python drops it then, before there is a log record: `logger.info` asks `isEnabledFor`, which says no. The answer stays
no; but whoever is asked looks at what was to be logged, and attaches it to the hook. A level that the user has set is
respected.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any

from playground.record.said import origin_here, say
from playground.record.storable import storable_text

LOUD = logging.WARNING
"""The level of the root logger unless somebody sets it, and so of every logger."""

FOREIGN = ("uvicorn", "asyncio")
"""Loggers of the server, whose messages are no hook's."""

_is_enabled_for = logging.Logger.isEnabledFor
_INFO = logging.Logger.info.__code__
_LOG = logging.Logger.log.__code__
_OF_ADAPTER = logging.LoggerAdapter.isEnabledFor.__code__
_ADAPTER_LOG = logging.LoggerAdapter.log.__code__


def begin() -> None:
    """Begin to attach what is logged below the level."""
    logging.Logger.isEnabledFor = _asked  # type: ignore[method-assign]


def end() -> None:
    """Undo `begin`, unless somebody else has replaced the function since."""
    if logging.Logger.isEnabledFor is _asked:
        logging.Logger.isEnabledFor = _is_enabled_for  # type: ignore[method-assign]


def is_foreign(name: str) -> bool:
    """Return whether a logger is the server's own."""
    return name.partition(".")[0] in FOREIGN


def _asked(self: logging.Logger, level: int) -> bool:
    enabled = _is_enabled_for(self, level)
    if not enabled and level >= logging.INFO and origin_here() is not None and _nobody_chose(self, level):
        try:
            _attach(self, level, sys._getframe(1))
        except Exception:
            # What is logged does not fit its message, which nobody would have found out.
            pass
    return enabled


def _nobody_chose(logger: logging.Logger, level: int) -> bool:
    """Return whether the message is dropped only because nobody has configured logging."""
    if logger.disabled or logger.manager.disable >= level or is_foreign(logger.name):
        return False
    above: logging.Logger | None = logger
    while above is not None and above is not logger.root:
        if above.level:
            return False
        above = above.parent
    return logger.root.level == LOUD


def _attach(logger: logging.Logger, level: int, frame: FrameType) -> None:
    if frame.f_code is _OF_ADAPTER and frame.f_back is not None:
        frame = frame.f_back
    if frame.f_code not in (_INFO, _LOG, _ADAPTER_LOG):
        # Somebody only asks.
        return
    given: Mapping[str, Any] = frame.f_locals
    said = logging.LogRecord(logger.name, level, "", 0, given["msg"], given["args"], None)
    say(logging.getLevelName(level), f"{logger.name}: {storable_text(said.getMessage())}\n")
