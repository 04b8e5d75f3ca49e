"""What a playground asks of whatever serves its app, so that it can be served in more than one way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.types import ASGIApp

from playground.common.text import one_line


@dataclass(frozen=True)
class Place:
    """A line that is being executed."""

    filename: str
    line: int
    function: str
    text: str

    def __str__(self) -> str:
        return one_line(f"{self.filename}, line {self.line}, in {self.function}: {self.text}")


class Serving(Protocol):
    """Whatever serves an app; `Server` does it with uvicorn on a thread and a socket."""

    @property
    def host(self) -> str:
        """The address it listens on."""

    @property
    def port(self) -> int:
        """The port it listens on."""

    @property
    def url(self) -> str:
        """Where WebSockets connect, without a path: "ws://127.0.0.1:50213"."""

    @property
    def http_url(self) -> str:
        """Where browsers go, without a path: "http://127.0.0.1:50213"."""

    @property
    def running(self) -> bool:
        """Whether it accepts connections."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The event loop the app runs on; None before it was started."""

    def check(self) -> None:
        """Raise TypeError or ValueError for a setting that cannot be used; starts nothing."""

    def check_free(self, replaced: Serving) -> None:
        """Raise PortTaken unless it can listen once `replaced` has stopped; starts nothing."""

    def start(self, *, timeout: float) -> None:
        """Serve; return when it does, or raise StartFailed or PortTaken within `timeout` seconds."""

    def stop(self, *, timeout: float) -> str | None:
        """Stop within `timeout` seconds; return None, or what still blocks the loop."""

    async def swap(self, app: ASGIApp, switch: Callable[[], Awaitable[None] | None], *, limit: float) -> None:
        """
        Start another app's lifespan within `limit` seconds, call `switch`, and end the old one's lifespan.

        What `switch` returns has to be awaited before that end, which `stop` does not wait for.
        """

    def blocked_at(self) -> Place | None:
        """Return the line of somebody's own code that the loop's thread executes just now, or None."""
