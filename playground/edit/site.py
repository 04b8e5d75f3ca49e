"""The served app with a live endpoint in each of its routes, and how new code is published there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, get_args

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, compile_path
from starlette.types import ASGIApp

from playground.common.errors import EditRejected
from playground.edit import claims, routes
from playground.edit import source as sources
from playground.edit.checking import Kind
from playground.edit.endpoints import Endpoint, Endpoints, check_path, unknown_path
from playground.edit.executing import LIMIT
from playground.edit.handover import Handover
from playground.edit.live_code import Functions, OnError
from playground.edit.running import forget
from playground.edit.served import Home, Served
from playground.edit.siblings import Siblings
from playground.edit.turns import Turns
from playground.edit.versions import Version

if TYPE_CHECKING:
    from playground.record.log import Log

WORDS: dict[Kind, str] = {"websocket": "WebSockets", "http": "HTTP"}


class Site:
    """
    The app that is being served, and its endpoints.

    Args:
        app: any ASGI app; a Starlette app's endpoints can be edited, and paths added to it.
        log: where its endpoints record.
        names: names that new endpoints may use besides their own.
        on_error: returns what happens when an endpoint's `on_receive` raises.
        functions: returns what an edit does to open connections of a function.
    """

    def __init__(
        self,
        app: ASGIApp,
        log: Log,
        *,
        names: Mapping[str, Any],
        on_error: Callable[[], OnError],
        functions: Callable[[], Functions],
    ) -> None:
        self.app = app
        self.served: Served | None = None
        """What runs the app, and knows who is inside."""
        self.endpoints = Endpoints()
        self._log = log
        self._names = names
        self._on_error = on_error
        self._functions = functions
        self._own_routes: dict[Endpoint, BaseRoute] = {}
        """Routes that were added here, and not by the app."""
        self._lock = threading.RLock()
        self._turns = Turns()
        self.use(app)

    def use(self, app: ASGIApp, served: Served | None = None, *, keeps_added: bool = False) -> Handover:
        """
        Serve an app, with a live endpoint in each of its routes that can have one; return what it took over.

        Args:
            app: the app.
            served: what serves it, if there is that already.
            keeps_added: whether endpoints that were added to the app before are added to this one.
        """
        served = served or Served(app)
        told = served.take_over(self.served) if self.served else Handover()
        self.served = served
        homes = served.homes()
        known = self.endpoints.all()
        added = list(self._own_routes) if keeps_added else []
        self.endpoints.clear()
        self._own_routes.clear()
        for path, route in routes.find_routes(getattr(app, "routes", [])):
            kind = routes.kind_of(route)
            if not routes.can_be_live(route) or self.endpoints.find(path, kind):
                continue
            old = next((one for one in known if (one.path, one.kind) == (path, kind)), None)
            endpoint = old or self._endpoint(path, kind, {})
            if not routes.put_live(route, endpoint):
                continue
            endpoint.notice()
            if old is None or old.current.target is not route.endpoint:
                endpoint.publish(sources.from_object(route.endpoint, kind))
            self.endpoints.add(endpoint)
            endpoint.home = homes.get(id(route))
            if old:
                endpoint.adopt(time.perf_counter())
        self.app = app
        for endpoint in added:
            self._add_again(endpoint)
        return told

    def _add_again(self, endpoint: Endpoint) -> None:
        """Add an endpoint to the app that has taken over, unless that serves its path itself."""
        if self.endpoints.find(endpoint.path, endpoint.kind):
            return
        try:
            self._check_path(endpoint.path, endpoint.kind)
        except EditRejected as error:
            self._log.note("log", path=endpoint.path, error="WARNING", data=f"{endpoint.path} is gone: {error}")
            return
        self._add_route(endpoint)
        self._refresh_route(endpoint)
        endpoint.adopt(time.perf_counter())

    def publish(
        self,
        path: str,
        code: str | Any,
        kind: Kind | None = None,
        *,
        reset: bool = False,
        limit: float = LIMIT,
        siblings: Siblings | None = None,
    ) -> tuple[Endpoint, sources.LoadedEndpoint]:
        """
        Make code the current version of a path, and return its endpoint; a new path gets a route.

        Args:
            path, code, kind, reset: as in `Playground.edit`.
            limit: seconds that a source may run.
            siblings: the file that the code is in, if it is in one.

        Raises:
            EditRejected: the code or the path cannot be used; nothing has changed.
        """
        check_path(path)
        with self._turns.take(path):
            return self._publish(path, code, kind, reset, limit, siblings)

    def _publish(
        self,
        path: str,
        code: str | Any,
        kind: Kind | None,
        reset: bool,
        limit: float,
        siblings: Siblings | None,
    ) -> tuple[Endpoint, sources.LoadedEndpoint]:
        known = self.endpoints.find(path, kind)
        if known is None and isinstance(code, str):
            # What is refused anyhow must not run; the rest is checked once it is known what the code serves.
            self._check_path(path, *([kind] if kind else get_args(Kind)))
        # The code runs outside the lock, so that an endless loop in one edit does not block all others.
        endpoint = known or self._endpoint(path, kind or "websocket", self._names)
        endpoint.siblings = siblings or endpoint.siblings
        loaded = endpoint.load(code, reset=reset, limit=limit) if isinstance(code, str) else sources.from_object(code)
        try:
            with self._lock:
                return self._enter(endpoint, loaded, kind), loaded
        except EditRejected:
            if loaded.module:
                forget(loaded.filename, loaded.filename)
            raise

    def revert(self, endpoint: Endpoint, number: int, *, limit: float = LIMIT) -> sources.LoadedEndpoint:
        """
        Make an earlier version of an endpoint the current one again, and return what was loaded.

        Raises:
            LookupError: no such version.
            EditRejected: its source does not run any more; nothing has changed.
        """
        with self._turns.take(endpoint.path):
            old = endpoint.version(number)
            endpoint.notice()
            loaded = self._load_again(endpoint, old, limit)
            with self._lock:
                endpoint.publish(loaded, equals=number)
                self._refresh_route(endpoint)
        return loaded

    def _load_again(self, endpoint: Endpoint, old: Version, limit: float) -> sources.LoadedEndpoint:
        if not old.module_name and endpoint.is_intact(old):
            return sources.from_object(old.target, endpoint.kind)
        if old.source:
            return endpoint.load(old.source, names=old.names, limit=limit)
        raise EditRejected(
            f"{old.label} cannot come back: its code was replaced in place, and its source is not known", stage="check"
        )

    def _enter(self, endpoint: Endpoint, loaded: sources.LoadedEndpoint, kind: Kind | None) -> Endpoint:
        # Another thread may have added the same path meanwhile.
        known = self.endpoints.find(endpoint.path, kind)
        if known or kind:
            _check_kind(known or endpoint, loaded.kind)
        if known is None:
            self._check_path(endpoint.path, loaded.kind)
            endpoint.kind = loaded.kind
        entered = known or endpoint
        entered.publish(loaded)
        if known is None:
            self._add_route(entered)
        self._refresh_route(entered)
        return entered

    def _endpoint(self, path: str, kind: Kind, names: Mapping[str, Any]) -> Endpoint:
        return Endpoint(path, kind, self._log, names=names, on_error=self._on_error, functions=self._functions)

    def check_new(self, path: str, *kinds: Kind) -> None:
        """
        Check that a new endpoint at a path would not shadow a route that cannot be edited, for one of these kinds.

        Raises:
            EditRejected: it would, whichever kind it is; the message names the route.
        """
        check_path(path)
        if not isinstance(self.app, Starlette):
            return
        existing = list(self.app.router.routes)
        reasons = {kind: claims.why_not(existing, path, kind) for kind in kinds}
        if not all(reasons.values()):
            return
        one, *others = {why for why in reasons.values() if why}
        both = "; ".join(f"for {WORDS[kind]}, {why}" for kind, why in reasons.items())
        raise EditRejected(both if others else one, stage="check")

    def _check_path(self, path: str, *kinds: Kind) -> None:
        if not path.startswith("/"):
            raise EditRejected(f"the path {path!r} has to begin with '/', as in {'/' + path!r}", stage="check")
        if not isinstance(self.app, Starlette):
            raise EditRejected(
                f"{type(self.app).__name__} is not a Starlette app, so {path!r} cannot be added to it",
                stage="check",
            )
        try:
            compile_path(path)
        except (AssertionError, ValueError) as error:
            raise EditRejected(f"the path {path!r} is not a valid route: {error}", stage="check") from None
        self.check_new(path, *kinds)

    def _add_route(self, endpoint: Endpoint) -> None:
        assert isinstance(self.app, Starlette)
        route = routes.make_route(endpoint)
        existing = self.app.router.routes
        index = claims.place(existing, endpoint.path, endpoint.kind)
        passed = getattr(existing[index], "path", "a mount") if index < len(existing) else None
        existing.insert(index, route)
        if passed is not None:
            self._log.note(
                "log", data=f"{endpoint.path} is a new endpoint; its requests no longer reach {passed or '/'}"
            )
        self._own_routes[endpoint] = route
        endpoint.home = Home(self.served, self.app) if self.served else None
        self.endpoints.add(endpoint)

    def _refresh_route(self, endpoint: Endpoint) -> None:
        """Give an added route the methods that Starlette would allow for the endpoint's current version."""
        route = self._own_routes.get(endpoint)
        if isinstance(route, Route):
            route.endpoint = endpoint.current.target
            route.methods = Route(endpoint.path, endpoint.current.target).methods

    def why_refused(self, path: str) -> str | None:
        """Return why a path has no WebSocket endpoint, with the nearest that has one; None if it has one."""
        found = getattr(self.app, "routes", None)
        if found is None or any(routes.takes(route, "websocket", path) for route in found):
            return None
        if any(routes.takes(route, "http", path) for route in found):
            return f"{path!r} serves HTTP, not WebSockets"
        return unknown_path(path, [one.path for one in self.endpoints.all() if one.kind == "websocket"])


def _check_kind(endpoint: Endpoint, kind: Kind) -> None:
    if endpoint.kind != kind:
        raise EditRejected(
            f"{endpoint.path!r} serves {WORDS[endpoint.kind]} and this code serves {WORDS[kind]}; give it a path "
            f"of its own, or edit({endpoint.path!r}, …, kind={kind!r}) to have both there",
            stage="check",
        )
