"""The served app with a live endpoint in each of its routes, and how new code is published there."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, get_args

from starlette.routing import Route, Router, WebSocketRoute, compile_path
from starlette.types import ASGIApp

from playground.common import waiting
from playground.common.errors import EditRejected
from playground.edit import foreign
from playground.edit.endpoints import Endpoint, Endpoints, check_path, unknown_path
from playground.edit.files.siblings import Siblings
from playground.edit.handover import Handover
from playground.edit.live_code import Functions, OnError
from playground.edit.routes import claims, included, paths, routes
from playground.edit.routes.places import Place, place_at
from playground.edit.routes.registering import Registration, register
from playground.edit.served import Home, Served
from playground.edit.source import source as sources
from playground.edit.source.checking import Kind
from playground.edit.source.executing import LIMIT
from playground.edit.source.running import forget
from playground.edit.turns import Turns
from playground.edit.versions import Version

if TYPE_CHECKING:
    from playground.record.log import Log

WORDS: dict[Kind, str] = {"websocket": "WebSockets", "http": "HTTP"}


class Site:
    """
    The app that is being served, and its endpoints.

    Args:
        app: any ASGI app; the endpoints of a Starlette or FastAPI app can be edited, and paths added to it.
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
        self._added: list[Endpoint] = []
        """Endpoints that were added here, and not by the app."""
        self._seen: list[tuple[int, int]] = []
        """Which routes each router had when they were last looked at."""
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
        with self._lock:
            served = served or Served(app)
            told = served.take_over(self.served) if self.served else Handover()
            known, added = self.endpoints.all(), self._added
            self.endpoints.clear()
            self.app, self.served, self._added = app, served, []
            self._find_endpoints(known)
            for endpoint in added if keeps_added else []:
                self._add_again(endpoint)
        return told

    def _add_again(self, endpoint: Endpoint) -> None:
        """Add an endpoint to the app that has taken over, unless that serves its path itself."""
        before = endpoint.place
        if before is None or self.endpoints.find(endpoint.path, endpoint.kind):
            return
        try:
            self._check_path(endpoint.path, endpoint.kind)
        except EditRejected as error:
            self._log.note("log", path=endpoint.path, error="WARNING", data=f"{endpoint.path} is gone: {error}")
            return
        router, index = self._position(endpoint)
        register(Registration(before.original, router.routes), router, index)
        place = place_at(
            endpoint.path, before.original, original=before.original, router=router, app=foreign.inner_app(self.app)
        )
        place.added = before.added
        endpoint.stand_at(place, before.first())
        self._enter_added(endpoint)
        endpoint.adopt(time.perf_counter())

    def refresh(self) -> None:
        """Give a live endpoint to routes that the app got meanwhile, as from a later cell."""
        if self._shape() != self._seen:
            with self._lock:
                if self._shape() != self._seen:
                    self._find_endpoints([])

    def _shape(self) -> list[tuple[int, int]]:
        return [(id(router), hash(tuple(map(id, router.routes)))) for router, _ in routes.find_routers(self.app)]

    def _find_endpoints(self, known: list[Endpoint]) -> None:
        """Let endpoints serve the app's routes that have none; `known` are those of an app before."""
        self._seen = self._shape()
        homes = self.served.homes() if self.served else {}
        for place in routes.find_places(self.app):
            taken = [one.place for one in self.endpoints.all() if one.place]
            if any(place.is_at(one) for one in taken):
                continue
            name = routes.endpoint_name(place, taken)
            if name is not None and place.why_not() is None:
                home = homes.get(id(place.original)) or self._home(place)
                self._take_over(place, name, known, home)
        for branch, around in routes.find_branches(self.app):
            included.follow(branch, functools.partial(self._made_anew, branch, around))

    def _home(self, place: Place) -> Home | None:
        return Home(self.served, place.app or self.app) if self.served else None

    def _take_over(self, place: Place, name: str, known: list[Endpoint], home: Home | None) -> None:
        """Let an endpoint serve a route of the app: the one of that name that is there already, or a new one."""
        first = place.first()
        old = next((one for one in known if (one.path, one.kind) == (name, place.kind)), None)
        endpoint = old or self._endpoint(name, place.kind, {})
        endpoint.notice()
        same = old is not None and old.current.target is first.target
        if not same or (first.app is not None and endpoint.current.made is not first):
            loaded = sources.from_object(first.target, place.kind)
            loaded.made = first
            endpoint.publish(loaded)
        endpoint.stand_at(place)
        self.endpoints.add(endpoint)
        endpoint.home = home
        if old:
            endpoint.adopt(time.perf_counter())

    def _made_anew(self, branch: Any, around: routes.Around, made: list[Any]) -> None:
        """Put live endpoints into what FastAPI has made anew of an included router."""
        for place in routes.places_in(branch, made, around):
            for endpoint in self.endpoints.all():
                if endpoint.place and endpoint.place.is_at(place):
                    place.added = endpoint.place.added
                    endpoint.stand_at(place, endpoint.place.first())

    def publish(
        self,
        path: str,
        code: str | Any,
        kind: Kind | None = None,
        *,
        reset: bool = False,
        limit: float = LIMIT,
        siblings: Siblings | None = None,
        entered: Callable[[Endpoint, sources.LoadedEndpoint], object] = lambda endpoint, loaded: None,
    ) -> tuple[Endpoint, sources.LoadedEndpoint]:
        """
        Make code the current version of a path, and return its endpoint; a new path gets a route.

        Args:
            path, code, kind, reset: as in `Playground.edit`.
            limit: seconds that a source may run.
            siblings: the file that the code is in, if it is in one.
            entered: called when it is the current version, also where the caller is interrupted just then.

        Raises:
            EditRejected: the code or the path cannot be used; nothing has changed.
        """
        check_path(path)
        self.refresh()
        with self._turns.take(path):
            return self._publish(path, code, kind, reset, limit, siblings, entered)

    def _publish(
        self,
        path: str,
        code: str | Any,
        kind: Kind | None,
        reset: bool,
        limit: float,
        siblings: Siblings | None,
        entered: Callable[[Endpoint, sources.LoadedEndpoint], object],
    ) -> tuple[Endpoint, sources.LoadedEndpoint]:
        known = self.endpoints.find(path, kind)
        if known is None and isinstance(code, str):
            # What is refused anyhow must not run; the rest is checked once it is known what the code serves.
            self._check_path(path, *([kind] if kind else get_args(Kind)))
        # The code runs outside the lock, so that an endless loop in one edit does not block all others.
        endpoint = known or self._endpoint(path, kind or "websocket", self._names)
        endpoint.siblings = siblings or endpoint.siblings
        loaded = endpoint.load(code, reset=reset, limit=limit) if isinstance(code, str) else endpoint.from_object(code)
        endpoint.prepare(loaded)

        def enter() -> tuple[Endpoint, sources.LoadedEndpoint]:
            try:
                with self._lock:
                    made = self._enter(endpoint, loaded, kind)
            except EditRejected:
                if loaded.module:
                    forget(loaded.filename, loaded.filename)
                raise
            entered(made, loaded)
            return made, loaded

        # It is not given up: there is nothing to wait for.
        return waiting.to_the_end(enter, give_up=lambda: None)

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
                endpoint.tell_route()
        return loaded

    def _load_again(self, endpoint: Endpoint, old: Version, limit: float) -> sources.LoadedEndpoint:
        if not old.module_name and endpoint.is_intact(old):
            loaded = sources.from_object(old.target, endpoint.kind)
            loaded.made = old.made
            return loaded
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
        self._check_methods(entered, loaded)
        if known is None:
            self._add(endpoint, loaded)
        else:
            self._make_current(entered, loaded)
        return entered

    def _make_current(self, endpoint: Endpoint, loaded: sources.LoadedEndpoint) -> None:
        endpoint.publish(loaded)
        endpoint.tell_route()

    def _check_methods(self, endpoint: Endpoint, loaded: sources.LoadedEndpoint) -> None:
        """Refuse a method that another endpoint of the same path has."""
        place = endpoint.place
        if place is None or place.kind != "http" or loaded.made is None:
            return
        wanted = set(loaded.made.served.get("methods") or ()) - (place.methods or set())
        for other in self.endpoints.all():
            there = other.place if other is not endpoint else None
            taken = there and (there.host, there.path, there.kind) == (place.host, place.path, place.kind)
            if there and taken and wanted & (there.methods or set()):
                method = min(wanted & (there.methods or set()))
                raise EditRejected(
                    f"{method} {place.path} is served by another endpoint: edit {other.path!r}, or change the method "
                    f"in the decorator back",
                    stage="check",
                )

    def _endpoint(self, path: str, kind: Kind, names: Mapping[str, Any]) -> Endpoint:
        made = Endpoint(path, kind, self._log, names=names, on_error=self._on_error, functions=self._functions)
        made.app = lambda: self.app
        return made

    def check_new(self, path: str, *kinds: Kind) -> None:
        """
        Check that a new endpoint at a path would not shadow a route that cannot be edited, for one of these kinds.

        Raises:
            EditRejected: it would, whichever kind it is; the message names the route.
        """
        check_path(path)
        existing = foreign.routes_of(foreign.inner_app(self.app))
        reasons = {kind: claims.why_not(existing, path, kind) for kind in kinds}
        if not all(reasons.values()):
            return
        one, *others = {why for why in reasons.values() if why}
        both = "; ".join(f"for {WORDS[kind]}, {why}" for kind, why in reasons.items())
        raise EditRejected(both if others else one, stage="check")

    def _check_path(self, path: str, *kinds: Kind) -> None:
        if not path.startswith("/"):
            raise EditRejected(f"the path {path!r} has to begin with '/', as in {'/' + path!r}", stage="check")
        if foreign.inner_app(self.app) is None:
            raise EditRejected(
                f"{type(self.app).__name__} is not a Starlette app, so {path!r} cannot be added to it",
                stage="check",
            )
        try:
            compile_path(path)
        except (AssertionError, ValueError) as error:
            raise EditRejected(f"the path {path!r} is not a valid route: {error}", stage="check") from None
        self.check_new(path, *kinds)

    def _add(self, endpoint: Endpoint, loaded: sources.LoadedEndpoint) -> None:
        """Give a new endpoint the route that its source registers, or else a plain one."""
        endpoint.kind = loaded.kind
        router, index = self._position(endpoint)
        make = Route if loaded.kind == "http" else WebSocketRoute
        new = loaded.registration or Registration(make(endpoint.path, loaded.target), router.routes)
        if new.routes is router.routes:
            core = foreign.inner_app(self.app)
            place = place_at(endpoint.path, new.route, original=new.route, router=router, app=core)
            self._stand_at(endpoint, place, loaded)
            register(new, router, index)
        else:
            owner = next(one for one, _ in routes.find_routers(self.app) if one.routes is new.routes)
            register(new, owner)
            there = [one for one in routes.find_places(self.app) if one.original is new.route]
            self._stand_at(endpoint, next(one for one in there if paths.same(one.path, endpoint.path)), loaded)
        self._enter_added(endpoint)

    def _position(self, endpoint: Endpoint) -> tuple[Router, int]:
        """Return the router for a new endpoint and the index of its route there; log which routes it stands before."""
        core = foreign.inner_app(self.app)
        assert core is not None
        router = foreign.router_of(core)
        index = claims.place(router.routes, endpoint.path, endpoint.kind)
        if index < len(router.routes):
            passed = getattr(router.routes[index], "path", "a mount") or "/"
            self._log.note("log", data=f"{endpoint.path} is a new endpoint; its requests no longer reach {passed}")
        return router, index

    def _enter_added(self, endpoint: Endpoint) -> None:
        self._added.append(endpoint)
        assert endpoint.place is not None
        endpoint.home = self._home(endpoint.place)
        self.endpoints.add(endpoint)

    def _stand_at(self, endpoint: Endpoint, place: Place, loaded: sources.LoadedEndpoint) -> None:
        """Publish the first version of a new endpoint at its place."""
        place.added = loaded.registration is None
        endpoint.kind = place.kind
        loaded.made = place.first()
        self._make_current(endpoint, loaded)
        endpoint.stand_at(place)

    def why_refused(self, path: str) -> str | None:
        """Return why a path has no WebSocket endpoint, with the nearest that has one; None if it has one."""
        core = foreign.inner_app(self.app)
        if core is None:
            return None
        found = foreign.routes_of(core)
        if any(routes.takes(route, "websocket", path) for route in found):
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
