"""The open connections of one endpoint, which change to its current version on their own event loops."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Protocol

from playground.common import waiting
from playground.edit.versions import BusyConnection, Version

CENSUS_TIMEOUT = 1.0
"""Seconds an edit waits for each event loop to say which versions its connections run; then it counts as blocked."""


class CodeHost(Protocol):
    """Where one connection meets the code; see `Host` and `FunctionHost`."""

    loop: asyncio.AbstractEventLoop
    version: Version

    @property
    def busy(self) -> object | None:
        """What runs now; None between two hooks, when the version may change."""

    @property
    def stuck(self) -> str | None:
        """Why this connection could not take the current version."""

    @property
    def pinned(self) -> bool:
        """Whether it keeps its version because it is in a function that was not told to move."""

    @property
    def moving(self) -> Future[bool] | None:
        """Pending while it is on its way to another version; the result is whether the connection is still open."""

    def adopt(self) -> None:
        """Change to the current version; called between two hooks, on the loop's thread."""

    def busy_with(self) -> BusyConnection:
        """Return what keeps this connection from changing."""


Told = tuple[CodeHost, "Future[bool] | None"]
"""A connection, and what is pending while it is on its way to another version."""


class Hosts:
    """The hosts of an endpoint's open connections; iterating takes those of that moment, on any thread."""

    def __init__(self) -> None:
        self._by_loop: dict[asyncio.AbstractEventLoop, set[CodeHost]] = {}
        self._lock = threading.Lock()

    def add(self, host: CodeHost) -> None:
        """Add an open connection; called on its loop."""
        with self._lock:
            self._by_loop.setdefault(host.loop, set()).add(host)

    def remove(self, host: CodeHost) -> None:
        """Remove a connection that has ended; called on its loop."""
        with self._lock:
            hosts = self._by_loop.get(host.loop, set())
            hosts.discard(host)
            if not hosts:
                self._by_loop.pop(host.loop, None)

    def __iter__(self) -> Iterator[CodeHost]:
        return iter([host for hosts in list(self._by_loop.values()) for host in list(hosts)])

    def __len__(self) -> int:
        return sum(map(len, list(self._by_loop.values())))

    def adopt(self) -> tuple[list[CodeHost], bool]:
        """
        Change every idle connection to the current version, and wait for those that enter it; called on any thread.

        Returns:
            the hosts of the loops that answered in time, and whether a loop did not.
        """
        answers = [self._on_loop(loop, hosts) for loop, hosts in list(self._by_loop.items())]
        deadline = time.perf_counter() + CENSUS_TIMEOUT
        census: list[Told] = []
        blocked = False
        for answer in answers:
            try:
                told = waiting.result(answer, max(0.0, deadline - time.perf_counter()))
                census += told
            except TimeoutError:
                blocked = True
        return [host for host, moving in census if moving is None or _is_open(host, moving, deadline)], blocked

    def _on_loop(self, loop: asyncio.AbstractEventLoop, hosts: set[CodeHost]) -> Future[list[Told]]:
        answer: Future[list[Told]] = Future()

        def adopt_idle() -> None:
            census = list(hosts)
            for host in census:
                if host.busy is None:
                    host.adopt()
            answer.set_result([(host, host.moving) for host in census])

        if waiting.running_loop() is loop:
            adopt_idle()
        else:
            try:
                loop.call_soon_threadsafe(adopt_idle)
            except RuntimeError:
                # The loop has closed since, and its connections with it.
                answer.set_result([])
        return answer

    def __repr__(self) -> str:
        return f"<Hosts {len(self)}>"


def _is_open(host: CodeHost, moving: Future[bool], deadline: float) -> bool:
    """Wait until a connection has entered the version that it is on its way to; return False if it ended there."""
    here = waiting.running_loop() is host.loop
    try:
        return waiting.result(moving, 0.0 if here else max(0.0, deadline - time.perf_counter()))
    except TimeoutError:
        return True
