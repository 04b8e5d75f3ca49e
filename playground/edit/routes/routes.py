"""The routes of an app, those of mounts, hosts and included routers among them, as places for endpoints."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from starlette.routing import BaseRoute, Host, Match, Mount, Route, Router, WebSocketRoute
from starlette.types import Scope

from playground.edit.foreign import attribute, inner_app, router_of, routes_of, unwrapped
from playground.edit.routes import included
from playground.edit.routes.places import Place, place_at
from playground.edit.source.checking import Kind, is_routine
from playground.edit.values import is_a

FRAMEWORKS = ("fastapi", "starlette")
"""Packages that add routes of their own to an app, such as /docs."""


@dataclass(frozen=True)
class Around:
    """What is around some routes."""

    app: Any
    router: Any
    prefix: str = ""
    host: str = ""


def find_places(app: Any) -> list[Place]:
    """Return a place for every route of an app."""
    core = inner_app(app)
    if core is None:
        return []
    found = list(_places(routes_of(core), Around(core, router_of(core))))
    for place in found:
        place.of_framework = _is_of_framework(place.first().target)
    return found


def _is_of_framework(target: Any) -> bool:
    module = str(attribute(unwrapped(target), "__module__", ""))
    return is_routine(target) and module.partition(".")[0] in FRAMEWORKS


def _places(existing: Iterable[BaseRoute], around: Around) -> Iterator[Place]:
    for route in existing:
        if is_endpoint_route(route):
            yield _place(route, around)
        elif included.is_included(route):
            yield from places_in(route, included.made_of(route), around)
        else:
            for inner in _within(route, around):
                yield from _places(routes_of(inner.app), inner)


def _place(route: Any, around: Around) -> Place:
    path = around.prefix + route.path
    return place_at(path, route, original=route, router=around.router, host=around.host, app=around.app)


def _within(route: Any, around: Around) -> Iterator[Around]:
    """Yield what is around the routes of the app in a mount or a `Host`."""
    if not is_a(route, Mount, Host):
        return
    core = inner_app(route._base_app if is_a(route, Mount) else route.app)
    if core is not None:
        prefix = around.prefix + (route.path if is_a(route, Mount) else "")
        host = around.host if is_a(route, Mount) else route.host
        yield Around(core, router_of(core), prefix, host)


def places_in(branch: Any, candidates: Iterable[Any], around: Around) -> Iterator[Place]:
    """Yield the places of what an included router serves."""
    inside = replace(around, router=branch.original_router)
    for candidate in candidates:
        if included.is_included(candidate):
            yield from places_in(candidate, included.made_of(candidate), around)
            continue
        served, original = included.served_by(candidate), candidate.original_route
        if is_endpoint_route(original):
            path = around.prefix + served.path
            yield place_at(
                path, served, original=original, router=inside.router, branch=branch, host=around.host, app=around.app
            )
        elif is_a(served, Mount, Host):
            yield from _places([served], around)


def find_routers(app: Any) -> list[tuple[Router, str]]:
    """Return every router of an app with the path in front of its routes; one that is included twice is there twice."""
    core = inner_app(app)
    return list(_routers(Around(core, router_of(core)))) if core is not None else []


def _routers(around: Around) -> Iterator[tuple[Router, str]]:
    yield around.router, around.prefix
    for route in list(routes_of(around.router)):
        if included.is_included(route):
            prefix = around.prefix + str(attribute(attribute(route, "include_context"), "prefix", ""))
            yield from _routers(Around(around.app, attribute(route, "original_router"), prefix))
        for inner in _within(route, around):
            yield from _routers(inner)


def find_branches(app: Any) -> Iterator[tuple[Any, Around]]:
    """Yield every included router that is a route, with what is around it."""
    core = inner_app(app)
    around = [Around(core, router_of(core))] if core is not None else []
    while around:
        here = around.pop()
        for route in routes_of(here.app):
            if included.is_included(route):
                yield route, here
            around += _within(route, here)


def takes(route: BaseRoute, kind: Kind, path: str) -> bool:
    """Return whether a route of any class matches a path, with whichever methods."""
    scope: Scope = {"type": kind, "path": path, "root_path": "", "headers": [], "subprotocols": [], "method": "GET"}
    try:
        return route.matches(scope)[0] is not Match.NONE
    except Exception:
        # A class of one's own may need more of a request than there is here.
        return False


def is_endpoint_route(route: Any) -> bool:
    """Return whether a route has an endpoint; a class of one's own may leave out what Starlette's have."""
    names = ("path", "endpoint", "app")
    return is_a(route, Route, WebSocketRoute) and all(attribute(route, name) is not None for name in names)


def endpoint_name(place: Place, taken: Iterable[Place]) -> str | None:
    """
    Return what an endpoint is called: its path, with the host or a method in front where the path alone is taken.

    None if every method of the path is taken, so that the route never serves.
    """
    same = [one for one in taken if (one.host, one.path, one.kind) == (place.host, place.path, place.kind)]
    if not same:
        return place.host + place.path
    if place.methods is None or any(one.methods is None for one in same):
        return None
    rest = place.methods - set(itertools.chain.from_iterable(one.methods or () for one in same))
    # Starlette's routes for GET take HEAD, too.
    first = min(rest, key=lambda method: (method == "HEAD", method), default=None)
    return f"{first} {place.host}{place.path}" if first else None
