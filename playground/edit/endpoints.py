"""
An endpoint whose code can change while people are connected to it.

    Route ── LiveEndpoint ── Host (one per connection) ── the user's object
                              │
                              └ Starlette's own dispatch(), unmodified

A `LiveEndpoint` is the app in the route. Each connection has a `Host` on which Starlette's `dispatch()` runs; the host
passes the hooks on to an object of the user's class. Publishing a version stores one reference. A connection changes
version only between two hooks, on its loop's thread, and keeps the same `self`: every hook is run by one version.
"""

from __future__ import annotations

import ast
import difflib
import time
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

from starlette.routing import request_response, websocket_session
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.common.errors import UnknownEndpoint
from playground.common.text import one_line
from playground.edit.function_host import FunctionHost
from playground.edit.held import HeldMessage
from playground.edit.host import Host
from playground.edit.live_code import LiveCode
from playground.edit.routes.annotated import put_in
from playground.edit.routes.choosing import choose, unknown_owners
from playground.edit.routes.dependencies import notes_on_lost
from playground.edit.routes.joining import joined
from playground.edit.routes.places import Made, Place, RemadePlace
from playground.edit.routes.registering import noted_now, noting
from playground.edit.routes.routes import find_routers
from playground.edit.source.checking import Kind, defined_in, is_routine
from playground.edit.source.source import Chosen, LoadedEndpoint, from_object
from playground.edit.source.surroundings import with_more
from playground.edit.values import is_a
from playground.edit.versions import Report, Version
from playground.record.connections import CONNECTION, HOOK
from playground.record.recorder import hooks


class Endpoint(LiveCode[HeldMessage]):
    """
    A path, the history of its code, and the code that serves it now.

    Its arguments are those of `LiveCode`.

    Attributes:
        place: where it stands in the app; None until it has a route.
    """

    place: Place | None = None
    app: Callable[[], Any] = staticmethod(lambda: None)
    """Returns the app that is served."""

    def _load(
        self, filename: str, source: str, reset: bool, names: Mapping[str, Any] | None, limit: float
    ) -> LoadedEndpoint:
        # What it registers must not be added to the app that is served.
        with noting([router for router, _ in find_routers(self.app())]):
            loaded = super()._load(filename, source, reset, names, limit)
        shapes = loaded.built.shapes.items()
        loaded.classes = tuple((name, shape.value) for name, shape in shapes if is_a(shape.value, type))
        return loaded

    def from_object(self, target: Any) -> LoadedEndpoint:
        """
        Return a class or function as the next version, without publishing it.

        Raises:
            EditRejected: it is not an endpoint, or not one for this endpoint's route.
        """
        if self.place is None:
            routers = find_routers(self.app())
            with noting([router for router, _ in routers]):
                chosen = joined(self.path, target, routers)
            loaded = from_object(target, chosen.kind)
            loaded.registration = chosen.registration
            return loaded
        base = self._base()
        target = self.place.rebound(target, base)
        loaded = from_object(target, self.place.check(target))
        loaded.made = self.place.make(target, base)
        loaded.notes = (*loaded.notes, *notes_on_lost(self.place.path, base, loaded.made))
        return loaded

    def names_for(self, source: str, names: Mapping[str, Any]) -> Mapping[str, Any]:
        """
        Return the names that a source may use, with the app or router that its decorators need.

        An app that a function has made, as `create_app()` does, is in none of the module's names. What the decorators
        of the versions before begin with means it; where there are none, it has to be called `app`.
        """
        unknown = unknown_owners(source, names)
        if not unknown:
            return names
        meant = {name for one in self.versions for name in unknown_owners(one.source, one.names)} or {"app"}
        owner = self.app()
        if self.place is not None:
            owner = self.place.router if self.place.branch else self.place.app
        return with_more(names, dict.fromkeys(unknown & meant, owner))

    def choose(self, module: ModuleType, tree: ast.Module) -> Chosen:
        """Return what serves this path among what a module defines and registers."""
        path = self.place.path if self.place else self.path
        base = self._base() if self.place else None
        return choose(path, self.place, base, module, tree, noted_now(), find_routers(self.app()))

    def _keep(self, loaded: LoadedEndpoint) -> None:
        """Keep what connections built, and let a route that reads annotations know the classes that stay."""
        module = loaded.module
        super()._keep(loaded)
        if module is None or not isinstance(self.place, RemadePlace) or loaded.made is None:
            return
        living = {id(cls): vars(module)[name] for name, cls in loaded.classes if vars(module).get(name, cls) is not cls}
        if living:
            put_in(defined_in(module), living)
            loaded.made = self.place.with_classes(loaded.made, living)

    def _base(self) -> Made:
        """Return what the route is for the current version."""
        assert self.place is not None
        made: Made | None = self.versions[-1].made if self.versions else None
        return made or self.place.first()

    def app_of(self, version: Version | LoadedEndpoint) -> ASGIApp:
        """Return what serves a version: what its route has made of it, or the endpoint as Starlette takes it."""
        made: Made | None = version.made
        if made is None and isinstance(self.place, RemadePlace):
            made = self.place.first()
        return made.app if made and made.app else as_app(version.target, self.kind)

    def stand_at(self, place: Place, replaced: Made | None = None) -> None:
        """Let a route serve this endpoint from now on; `replaced` is what it was before any edit, if that is known."""
        self.place = place
        place.stand(self, replaced)
        self.tell_route()

    def tell_route(self) -> None:
        """Let the route know what belongs to the current version, such as its dependencies."""
        if self.place is not None:
            self.place.enter(self.current.made or self.place.first())

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection or request on the current version."""
        self.notice()
        version = self.current
        connection = CONNECTION.get()
        if connection:
            # With what the router added, such as path parameters; trials of drafts use it.
            hooks.route_found(connection, self.files, scope)
        if self.kind == "http":
            record = HOOK.get()
            if record:
                hooks.version_serves(record, version.number)
            try:
                await self.app_of(version)(scope, receive, send)
            except Exception as error:
                if record:
                    hooks.request_failed(record, error, self.files)
                raise
        elif is_routine(version.target):
            await FunctionHost(self, connection, receive, send, self.app_of, self._serve_to_the_end).serve(scope)
        else:
            await self._serve_to_the_end(version, scope, receive, send)

    def reenter(self, began: float) -> Report:
        """
        Move open connections from functions of older versions to the current version, and return a report.

        Args:
            began: `time.perf_counter()` when this was asked for.
        """
        for host in self.hosts:
            if isinstance(host, FunctionHost):
                host.leave()
        return self.adopt(began)

    async def _serve_to_the_end(self, version: Version, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a WebSocket on a host that follows edits; what cannot follow them keeps that version."""
        if version.follows:
            # Not `await Host(…)`: its wrapper would hide from `suspended_line` where the handler waits.
            await Host(self, version, CONNECTION.get(), scope, receive, send).dispatch()
            return
        self._pinned += 1
        try:
            await self.app_of(version)(scope, receive, send)
        finally:
            self._pinned -= 1

    def __repr__(self) -> str:
        return one_line(
            f"<Endpoint {self.path} {self.kind} {self.name} {self.current.label} connections={self.connections}>"
        )


def why_pinned(endpoint: Endpoint) -> str | None:
    """Return why open connections of an endpoint keep their version until they close; None if they do not."""
    version = endpoint.current
    if endpoint.kind != "websocket" or version.follows:
        return None
    function = is_routine(version.target)
    if function and endpoint.functions() == "reenter":
        return None
    if function:
        return "a function: an edit reaches new connections, open ones keep their version until they close or are moved"
    return "a `dispatch` of its own: an edit reaches new connections, open ones keep their version until they close"


def as_app(target: Any, kind: Kind) -> ASGIApp:
    """Return an endpoint class or function as the ASGI app that Starlette makes of it."""
    if is_routine(target):
        wrap: Callable[[Any], ASGIApp] = request_response if kind == "http" else websocket_session
        return wrap(target)
    app: ASGIApp = target
    return app


class Endpoints(Mapping[str, Endpoint]):
    """
    The endpoints of a playground by path.

    A path may serve HTTP and WebSockets; `endpoints["/chat"]` is then the WebSocket and
    `endpoints.find("/chat", "http")` the other. Where a path has a route for each HTTP method, the first is at the path
    and the others are at "POST /items" and the like; one that is within a `Host` is at "api.example.org/items".
    """

    def __init__(self) -> None:
        self._endpoints: dict[tuple[str, Kind], Endpoint] = {}

    def add(self, endpoint: Endpoint) -> None:
        """Add an endpoint under its path and kind; a person's own stand before those that the framework added."""
        endpoints = {**self._endpoints, (endpoint.path, endpoint.kind): endpoint}
        ordered = sorted(endpoints.items(), key=lambda item: _is_of_framework(item[1]))
        # Never changed in place: other threads may be walking it.
        self._endpoints = dict(ordered)

    def clear(self) -> None:
        """Remove all endpoints."""
        self._endpoints = {}

    def find(self, path: str, kind: Kind | None = None) -> Endpoint | None:
        """Return the endpoint at exactly that path, of that kind if one is given, or None."""
        kinds: tuple[Kind, ...] = (kind,) if kind else ("websocket", "http")
        found = (self._endpoints.get((path, one)) or self._of_method(path, one) for one in kinds)
        first = next((endpoint for endpoint in found if endpoint), None)
        if first:
            # Whoever asks for an endpoint sees what it runs.
            first.notice()
        return first

    def _of_method(self, path: str, kind: Kind) -> Endpoint | None:
        """Return the endpoint at "GET /items", also where it is simply called "/items"."""
        method, blank, rest = path.partition(" ")
        endpoint = self._endpoints.get((rest, kind)) if blank and kind == "http" else None
        methods = (endpoint.place.methods if endpoint and endpoint.place else None) or ()
        return endpoint if method.upper() in methods else None

    def all(self) -> list[Endpoint]:
        """Return every endpoint, both kinds of one path included, in the order they were added."""
        return list(self._endpoints.values())

    def __getitem__(self, path: str) -> Endpoint:
        check_path(path)
        endpoint = self.find(path)
        if endpoint is None:
            raise UnknownEndpoint(unknown_path(path, list(self)))
        return endpoint

    def notice(self) -> None:
        """Make code that was replaced in place, as by `%autoreload`, a version of its own in each endpoint."""
        for endpoint in self.all():
            began = time.perf_counter()
            if endpoint.notice():
                endpoint.adopt(began)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(path for path, _ in self._endpoints))

    def __len__(self) -> int:
        return len(dict.fromkeys(path for path, _ in self._endpoints))

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self.find(path) is not None

    def __repr__(self) -> str:
        return "\n".join(map(repr, self.all())) or "<no endpoints>"


def _is_of_framework(endpoint: Endpoint) -> bool:
    return endpoint.place is not None and endpoint.place.of_framework


def check_path(path: object) -> None:
    """Raise TypeError for a path that is not text."""
    if not isinstance(path, str):
        raise TypeError(f"a path has to be text, such as '/echo', not {path!r}")


def unknown_path(path: str, known: list[str]) -> str:
    """Return the message for a path without an endpoint; it names the nearest paths that have one."""
    near = difflib.get_close_matches(path, known, n=3, cutoff=0.5)
    if near:
        return f"no endpoint at {path!r}; did you mean {' or '.join(map(repr, near))}?"
    there = f"there are {', '.join(known)}" if known else "there are none yet"
    return f"no endpoint at {path!r}; {there}"
