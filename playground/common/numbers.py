"""
Sizes, durations and moments as people read them: each is written in one way, wherever it stands.

`frontend/src/format.ts` does the same in the panel; `tests/cases/numbers.json` holds both to it.
"""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime


def size_text(size: int) -> str:
    """Return a number of bytes in B, kB, MB, GB or TB: 1 kB is 1000 bytes, as in browsers' network panels."""
    if size < 1000:
        return f"{size} B"
    for unit, one in (("kB", 1000), ("MB", 1000**2), ("GB", 1000**3)):
        if size < 999.95 * one:
            return f"{_tenths(size, one)} {unit}"
    return f"{_tenths(size, 1000**4)} TB"


def duration_text(seconds: float) -> str:
    """Return a duration in µs, ms or s."""
    # The panel gets milliseconds with four decimals; what is rounded here is rounded there.
    ms = round(seconds * 1000, 4)
    if ms < 0.1:
        return f"{_rounded(ms * 1000)} µs"
    if ms < 9.95:
        return f"{_decimals(ms, 1)} ms"
    if ms < 999.5:
        return f"{_rounded(ms)} ms"
    return f"{_decimals(ms / 1000, 2 if ms < 9950 else 1)} s"


def clock_text(at: float) -> str:
    """Return a moment, in seconds since 1970, by the local wall clock: `04:05:06.789`."""
    ms = math.floor(round(at * 1000, 3))
    return time.strftime("%H:%M:%S", time.localtime(ms // 1000)) + f".{ms % 1000:03}"


def wall_clock(at: float) -> datetime:
    """Return a moment, in seconds since 1970, with the local time zone; see `datetime.isoformat`."""
    return datetime.fromtimestamp(at, UTC).astimezone()


def _tenths(size: int, one: int) -> str:
    tenths = (size * 10 + one // 2) // one
    return f"{tenths // 10}.{tenths % 10}"


def _rounded(value: float) -> int:
    # Not round(), which rounds 0.5 to 0, as JavaScript does not.
    return math.floor(value + 0.5)


def _decimals(value: float, digits: int) -> str:
    return f"{_rounded(value * 10**digits) / 10**digits:.{digits}f}"
