"""Connecting again after the connection was dropped, with growing pauses."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from playground.common.errors import ConnectFailed

FIRST = 0.2
"""Seconds before the first attempt."""

LONGEST = 10.0
"""Seconds between two attempts, at most."""


def pause_before(attempt: int) -> float:
    """Return the seconds to wait before an attempt, counted from 1: doubled each time, varied by a fifth."""
    # Clients that one restart dropped should not all connect at the same moment (RFC 6455, section 7.2.3).
    return float(min(LONGEST, FIRST * 2 ** min(attempt - 1, 20)) * random.uniform(0.8, 1.2))


class Reconnection:
    """
    Attempts to connect again until one succeeds.

    Args:
        connect: makes one attempt; raises `ConnectFailed` when it fails.
        on_change: called when there is something new to show.
    """

    def __init__(self, connect: Callable[[], Awaitable[object]], on_change: Callable[[], None]) -> None:
        self._connect = connect
        self._on_change = on_change
        self.attempt = 0
        """The number of the next or running attempt, counted from 1."""
        self.at = 0.0
        """When it begins, in seconds since the epoch."""

    async def run(self) -> None:
        """Return when the client is connected again."""
        while True:
            self.attempt += 1
            pause = pause_before(self.attempt)
            self.at = time.time() + pause
            self._on_change()
            await asyncio.sleep(pause)
            try:
                await self._connect()
                return
            except ConnectFailed:
                # The client keeps the error in `failure`; the next attempt may succeed.
                pass
