"""
What a source registers while it runs, such as with `@app.websocket("/ws")`.

The text of an endpoint has its decorator, and the decorator adds a route to the app each time it runs. While an edit's
source runs, what it would add to a router is noted instead: the router has merged prefix, dependencies and defaults
into it, so it is just the route that a fresh start would make.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, SupportsIndex

from starlette.routing import BaseRoute, Router


@dataclass(frozen=True)
class Registration:
    """A route that a source would have added, and the router's list of routes it was meant for."""

    route: BaseRoute
    routes: list[BaseRoute]


_NOTED: ContextVar[list[Registration] | None] = ContextVar("playground_noted", default=None)
"""Where the source that runs in this context registers; None when no source runs."""


class NotedRoutes(list[BaseRoute]):
    """The routes of a router; what a running source adds is noted and not added."""

    def _note(self, added: Iterable[BaseRoute]) -> bool:
        noted = _NOTED.get()
        if noted is None:
            return False
        there = {id(one) for one in self}
        noted += [Registration(route, self) for route in added if id(route) not in there]
        return True

    def append(self, route: BaseRoute) -> None:
        """Add a route at the end."""
        if not self._note([route]):
            super().append(route)

    def insert(self, index: SupportsIndex, route: BaseRoute) -> None:
        """Add a route before another one."""
        if not self._note([route]):
            super().insert(index, route)

    def extend(self, routes: Iterable[BaseRoute]) -> None:
        """Add several routes at the end."""
        added = list(routes)
        if not self._note(added):
            super().extend(added)

    def __iadd__(self, routes: Iterable[BaseRoute]) -> NotedRoutes:  # type: ignore[override,misc]  # as list's own
        self.extend(routes)
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        if not self._note(value if isinstance(index, slice) else [value]):
            super().__setitem__(index, value)


@contextmanager
def noting(routers: Iterable[Router]) -> Iterator[list[Registration]]:
    """Note what a source registers on these routers while it runs in this context, and add none of it."""
    for router in routers:
        if type(router.routes) is list:
            router.routes = NotedRoutes(router.routes)
    noted: list[Registration] = []
    before = _NOTED.get()
    try:
        try:
            _NOTED.set(noted)
            yield noted
        finally:
            _NOTED.set(before)
    finally:
        # Again, for an interrupt that came just there: no route could be added any more.
        _NOTED.set(before)


def noted_now() -> list[Registration]:
    """Return what the source that runs in this context has registered so far."""
    return _NOTED.get() or []


def register(registration: Registration, router: Router | None, index: int | None = None) -> None:
    """Add a noted route for good, at an index or at the end."""
    routes = registration.routes
    routes.insert(len(routes) if index is None else index, registration.route)
    changed = getattr(router, "_mark_routes_changed", None)
    if callable(changed):
        # FastAPI makes the routes of included routers anew when this was called.
        changed()
