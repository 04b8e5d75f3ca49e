"""Whether requests reach an endpoint's route, or an earlier route of the app takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from starlette.routing import BaseRoute, Host, Match, Mount, Route, WebSocketRoute
from starlette.types import Scope

from playground.edit.foreign import inner_app, routes_of
from playground.edit.notes import Note
from playground.edit.routes import paths
from playground.edit.routes.places import kind_of
from playground.edit.routes.routes import is_endpoint_route
from playground.edit.source.checking import Kind
from playground.edit.values import is_a


def shadowed(existing: Sequence[BaseRoute], path: str, kind: Kind, host: str, *, new: bool = False) -> Note | None:
    """
    Return a note if no request reaches the route of an endpoint, or some do not; None if that is not certain.

    Args:
        existing: the app's routes.
        path, kind: of the endpoint.
        host: where the server listens, which is what its clients ask for.
        new: the endpoint has just been made, so that its place among the routes is news.
    """
    own = next((one for full, one in _routes(existing) if full == path and kind_of(one) == kind), None)
    # An app's own convertor may not take the value that the example has.
    if own is None or not own.path_regex.match(paths.example(own.path)):
        return None
    scopes = [_scope(path, kind, host, method) for method in _methods(own)]
    try:
        takers = [_taker(existing, scope, own) for scope in scopes]
        first = next(iter(takers), None)
        if first is not None and all(taker not in (own, None) for taker in takers) and _is_known(first):
            if isinstance(first, Host) and "{" not in first.host:
                return _of_host(path, [first.host])
            return Note("shadowed-route", f"{path!r} is never reached: {_named(first)} takes its requests before it")
    except Exception:
        # A route of a class of its own may ask for more than our scope has; then nothing is certain.
        return None
    hosts = [one.host for one in _before(existing, own) if isinstance(one, Host)] if new else []
    return _of_host(path, hosts) if hosts else None


def _of_host(path: str, hosts: list[str]) -> Note:
    names = " and ".join(map(repr, hosts))
    return Note("shadowed-route", f"requests for the host {names} never reach {path!r}: a Host route takes them all")


def _taker(existing: Sequence[BaseRoute], scope: Scope, own: BaseRoute) -> BaseRoute | None:
    """Return the route that serves a request, as Starlette finds it; a mount or Host that leads elsewhere, itself."""
    for route in existing:
        match, inner = route.matches(scope)
        if match is Match.FULL:
            inside = _inside(route)
            leaf = _taker(inside, {**scope, **inner}, own) if inside else None
            return route if leaf is None or (isinstance(route, Host) and leaf is not own) else leaf
    return None


def _inside(route: BaseRoute) -> list[BaseRoute]:
    """Return the routes of the app in a mount or `Host`, also where that is within middleware."""
    if not isinstance(route, Mount | Host):
        return []
    inner = inner_app(route._base_app if isinstance(route, Mount) else route.app)
    return routes_of(inner) if inner is not None else []


def _is_known(route: BaseRoute) -> bool:
    """Return whether a route does what its class says; others, such as a router that FastAPI includes, lead further."""
    return isinstance(route, Route | WebSocketRoute | Mount | Host)


def _routes(existing: Iterable[BaseRoute], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every route that has an endpoint with its full path, those in mounts included."""
    for route in existing:
        if is_endpoint_route(route):
            yield prefix + route.path, route  # type: ignore[attr-defined]  # as it says
        elif is_a(route, Mount):
            yield from _routes(_inside(route), prefix + route.path)  # type: ignore[attr-defined]  # it is a mount


def _before(existing: Sequence[BaseRoute], own: BaseRoute) -> Iterator[BaseRoute]:
    for route in existing:
        if route is own or any(one is own for _, one in _routes([route])):
            return
        yield route


def _methods(own: Route | WebSocketRoute) -> set[str]:
    methods: set[str] | None = getattr(own, "methods", None)
    return (methods or {"GET"}) - {"HEAD"} or {"HEAD"}


def _scope(path: str, kind: Kind, host: str, method: str) -> Scope:
    headers = [(b"host", host.encode("latin-1", "replace"))]
    known: dict[str, Any] = {"type": kind, "path": paths.example(path), "root_path": "", "headers": headers}
    return {**known, "subprotocols": [], "method": method}


def _named(route: BaseRoute) -> str:
    if isinstance(route, Host):
        return f"the Host route for {route.host!r}"
    path = getattr(route, "path", "")
    return f"the mount at {path or '/'!r}" if isinstance(route, Mount) else f"the route {path!r}"
