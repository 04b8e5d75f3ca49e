"""One app takes over from another: when its lifespan starts, and when that of the app before ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from functools import partial

from starlette.types import ASGIApp

from playground.common import waiting
from playground.common.arguments import check_app, check_seconds
from playground.common.errors import StartFailed
from playground.edit.handover import Handover
from playground.edit.served import Served
from playground.edit.site import Site
from playground.record.log import Log
from playground.serve.serving import Serving

LATE = 3.0
"""Seconds beyond the time for its start-up after which an app that is to take over is given up: the loop is blocked."""


class TakingOver:
    """
    How another app comes in the place of the one that is served.

    Args:
        site: the app that is served, with its endpoints.
        log: where it is told.
        server: returns what serves them at present.
        blocked_at: returns where a handler blocks its loop, or None.
    """

    def __init__(
        self, site: Site, log: Log, server: Callable[[], Serving], blocked_at: Callable[[], str | None]
    ) -> None:
        self._site = site
        self._log = log
        self._server = server
        self._blocked_at = blocked_at
        self._give_up: Callable[[], object] = lambda: None

    def give_up(self) -> None:
        """Let an app that another thread is starting not take over, unless it has done so."""
        self._give_up()

    def swap(
        self,
        app: ASGIApp,
        timeout: float = 10.0,
        *,
        before: Callable[[], object] = lambda: None,
        keeps_added: bool = False,
    ) -> None:
        """
        Serve another app from now on; see `Playground.swap`.

        Args:
            app: the app.
            timeout: seconds its start-up may take.
            before: called just before it takes over.
            keeps_added: whether endpoints that were added to the other app are added to this one.
        """
        check_app(app)
        check_seconds("timeout", timeout)
        take_over = partial(self._swap, app, timeout, before, keeps_added)
        waiting.to_the_end(take_over, give_up=self.give_up)

    def _swap(self, app: ASGIApp, timeout: float, before: Callable[[], object], keeps_added: bool) -> None:
        served, other = Served(app), self._site.served
        told: list[Handover] = []
        server = self._server()

        def switch() -> Awaitable[None] | None:
            before()
            told.append(self._site.use(app, served, keeps_added=keeps_added))
            return self._until_left(other) if other and other.visits else None

        if server.running and server.loop:
            self._swap_on(server.loop, served, switch, timeout)
        else:
            before()
            told.append(self._site.use(app, served, keeps_added=keeps_added))
        said = "its lifespan has started, and its middleware applies to new connections"
        handed = "".join(f"; {one}" for one in told if str(one))
        self._log.note("edit", data=f"another app is served, {type(app).__name__}: {said}{handed}")

    def _swap_on(
        self,
        loop: asyncio.AbstractEventLoop,
        served: Served,
        switch: Callable[[], Awaitable[None] | None],
        timeout: float,
    ) -> None:
        if waiting.running_loop() is loop:
            raise StartFailed(
                "the server's own loop has to run while an app starts, so a hook cannot wait for that; nothing has "
                "changed. Call it from a cell or another thread, as in await asyncio.to_thread(pg.swap, app)"
            )
        server, tasks = self._server(), list[asyncio.Task[object] | None]()

        async def take_over() -> None:
            tasks.append(asyncio.current_task())
            await server.swap(served, switch, limit=timeout)

        def cancel() -> None:
            for task in tasks:
                if task and self._site.served is not served:
                    task.cancel()

        def give_up() -> None:
            with suppress(RuntimeError):
                # The loop may have been closed since.
                loop.call_soon_threadsafe(cancel)

        self._give_up = give_up
        try:
            waiting.run_on(loop, take_over(), timeout=timeout + LATE)
        except TimeoutError:
            where = self._blocked_at() or "it is busy"
            if self._site.served is not served:
                raise StartFailed(
                    f"the server's loop did not start the app within {timeout:g} s: {where}; the old one goes on"
                ) from None
            self._log.note("error", error=f"the lifespan of the app before does not end: {where}")
        except CancelledError:
            raise StartFailed("the playground was stopped before the app had started") from None
        finally:
            self._give_up = lambda: None

    async def _until_left(self, before: Served) -> None:
        """Return when the last connection has left an app; say that it is waited for, and when it has."""
        kept = [name for visit in before.visits for name in visit.keeps]
        what = f"{len(before.visits)} {'is' if len(before.visits) == 1 else 'are'} still in it"
        what += f", and handlers keep {', '.join(dict.fromkeys(kept))} of it" if kept else ""
        self._log.note("log", data=f"the lifespan of the app before ends after its last connection or request: {what}")
        await before.until_empty()
        self._log.note("log", data="the last connection or request has left the app before; its lifespan ends")
