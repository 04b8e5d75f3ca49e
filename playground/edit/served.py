"""
An app while it is served, who is inside it, and how they change to the app that takes over.

    the app before ── lifespan ────────────────────────┐ ends when nobody is inside any more
         │ visit                                       │
         └──> the app now ── lifespan ──────────────────────>

A connection whose endpoint follows finds the new app under `websocket.app`, and its lifespan's state under
`websocket.state`, from its next hook on. Everybody else stays inside the app before: a hook that runs, a function, a
path that is gone, a request, and whoever keeps something of the old app on `self`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.edit.foreign import attribute, routes_of
from playground.edit.handover import Handover, copies, hand_over
from playground.edit.values import is_a

PLAIN = (str, bytes, int, float, complex, bool, type(None), tuple, frozenset, type)
"""Values that two apps may have in common without sharing anything."""


class Served:
    """
    An ASGI app that runs another one, and knows who is inside.

    Args:
        app: the app.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.state: dict[str, Any] = {}
        """What its lifespan yielded; each connection gets a copy."""
        self.visits: set[Visit] = set()
        self._began = self._copies()
        self._empty: asyncio.Event | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:
        """Run the app, and return what it returns."""
        run: Callable[..., Awaitable[Any]] = self.app
        if scope["type"] == "lifespan":
            return await run(scope, receive, self._noting_start(scope, send))
        visit = Visit(self, scope)
        VISIT.set(visit)
        try:
            return await run(scope, receive, send)
        finally:
            visit.end()

    def _noting_start(self, scope: Scope, send: Send) -> Send:
        async def noting(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self.state = scope.get("state", {})
                self._began = self._copies()
            await send(message)

        return noting

    def _copies(self) -> dict[str, dict[str, Any]]:
        return {where: copies(values) for where, values in self._states().items()}

    def _states(self) -> dict[str, MutableMapping[str, Any]]:
        """Return where this app keeps its state, by what a person calls it."""
        found: dict[str, MutableMapping[str, Any]] = {"websocket.state": self.state}
        for path, app in _apps(self.app):
            values = attribute(attribute(app, "state"), "_state")
            if isinstance(values, dict):
                found[f"app.state of {path}" if path else "app.state"] = values
        return found

    def take_over(self, before: Served) -> Handover:
        """Take what connections have added to the state of the app before; return what was taken, and what was not."""
        told = Handover()
        old = before._states()
        for where, fresh in self._states().items():
            if where in old and old[where] is not fresh:
                hand_over(where, before._began.get(where, {}), old[where], fresh, told)
        return told

    def owns(self, value: Any) -> bool:
        """Return whether a value is this app, its state, or an object in that."""
        if is_a(value, PLAIN):
            return False
        mine = [one for values in self._states().values() for one in list(values.values())]
        mine += [one for _, app in _apps(self.app) for one in (app, attribute(app, "state"))]
        return any(value is one for one in mine)

    def homes(self) -> dict[int, Home]:
        """Return where each route belongs, by the route's identity."""
        return {id(route): Home(self, app) for route, app in _owners(self.app)}

    async def until_empty(self) -> None:
        """Return when nobody is inside any more."""
        self._empty = asyncio.Event()
        if self.visits:
            await self._empty.wait()

    def leave(self, visit: Visit) -> None:
        """Forget one who is inside."""
        self.visits.discard(visit)
        if self._empty and not self.visits:
            self._empty.set()

    def __repr__(self) -> str:
        return f"<Served {type(self.app).__name__} visits={len(self.visits)}>"


@dataclass(frozen=True)
class Home:
    """Where an endpoint belongs."""

    served: Served
    app: Any
    """The innermost app that has the route, which may be mounted in the one that is served."""


class Visit:
    """One connection or request inside an app, or, after another took over, inside both."""

    def __init__(self, served: Served, scope: Scope) -> None:
        self.scope = scope
        self.keeps: tuple[str, ...] = ()
        """What its handler keeps of an app before, such as "self.pool"."""
        self._inside = [served]
        served.visits.add(self)

    def is_in(self, home: Home | None) -> bool:
        """Return whether it began in the app that is served now."""
        return home is not None and self._inside == [home.served]

    def move(self, home: Home, scope: Scope, values: Mapping[str, Any]) -> None:
        """
        Change to the app that is served now.

        Args:
            home: where the endpoint belongs now.
            scope: the connection's scope as the handler knows it.
            values: what its handler keeps.
        """
        before, new = self._inside[0], home.served
        if before is not new:
            _renew_state(scope.setdefault("state", {}), before.state, new.state)
        scope["app"] = home.app
        if "router" in scope:
            scope["router"] = attribute(new.app, "router", scope["router"])
        kept = {name: value for name, value in list(values.items()) if not new.owns(value)}
        stays = [old for old in self._inside if old is not new and any(map(old.owns, kept.values()))]
        self.keeps = tuple(f"self.{name}" for name, value in kept.items() if any(old.owns(value) for old in stays))
        for old in self._inside:
            if old not in stays:
                old.leave(self)
        self._inside = [new, *stays]
        new.visits.add(self)

    def end(self) -> None:
        """Leave."""
        for served in self._inside:
            served.leave(self)


VISIT: ContextVar[Visit | None] = ContextVar("playground_visit", default=None)
"""The visit of the connection or request that is being served."""


def _renew_state(state: dict[str, Any], before: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Replace what a connection has of the old lifespan; what its handlers added stays."""
    for name, value in before.items():
        if name in state and state[name] is value:
            del state[name]
    for name, value in new.items():
        state.setdefault(name, value)


def _apps(app: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield an app and those mounted in it, with their paths."""
    yield path, app
    for route in routes_of(app):
        if isinstance(route, Mount) and isinstance(route._base_app, Starlette):
            yield from _apps(route._base_app, path + route.path)


def _owners(app: Any, owner: Any = None) -> Iterator[tuple[BaseRoute, Any]]:
    """Yield each route with the innermost app that it is in."""
    owner = app if owner is None or isinstance(app, Starlette) else owner
    for route in routes_of(app):
        yield route, owner
        if isinstance(route, Mount):
            yield from _owners(route._base_app, owner)
