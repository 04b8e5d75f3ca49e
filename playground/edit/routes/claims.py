"""Which routes of an app a new endpoint must not shadow, because they cannot be edited or have middleware."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Host, Mount, Route, Router, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from playground.edit.foreign import attribute, inner_app, router_of, routes_of
from playground.edit.routes import included, paths, routes
from playground.edit.routes.places import Place, has_middleware, place_at
from playground.edit.source.checking import Kind
from playground.edit.values import is_a

BELOW = "/{path:path}"
"""What follows a mount's own path in the pattern of the paths it serves."""

ASKS = (
    "what it asks of a request, such as its dependencies, holds for every path it takes; a new endpoint would bypass it"
)
GUARDS = "its middleware runs for every path it takes, and a new endpoint would bypass it"


@dataclass(frozen=True)
class _Claim:
    """
    Paths that a new endpoint must not take.

    Attributes:
        path: the pattern, as Starlette writes it.
        what: what serves it, such as "fastapi's APIRoute".
        why: why the route cannot be edited or shadowed.
        yields: whether a single path may be taken from the pattern, as "/echo" from "/{username}".
        edited_as: the endpoint of the route itself, if that can be edited.
    """

    path: str
    what: str
    why: str
    yields: bool = False
    edited_as: str | None = None


def why_not(existing: Sequence[BaseRoute], path: str, kind: Kind) -> str | None:
    """Return why these routes allow no new endpoint at a path, and what to do; None if they allow it."""
    index = place(existing, path, kind)
    for number, route in enumerate(existing):
        for claim in _claims([route], kind, path, _Around()):
            if _denies(claim, path, passed=number >= index):
                return _sentence(claim, path)
    return None


def place(existing: Sequence[BaseRoute], path: str, kind: Kind) -> int:
    """Return the index for a new route: before the first that matches its path, so "/echo" precedes "/{username}"."""
    example = paths.example(path)
    found = (number for number, route in enumerate(existing) if routes.takes(route, kind, example))
    return next(found, len(existing))


def _denies(claim: _Claim, path: str, *, passed: bool) -> bool:
    if paths.same(claim.path, path):
        return True
    if not passed or not paths.overlap(claim.path, path):
        return False
    return not (claim.yields and paths.overlap(claim.path, paths.example(path)))


def _sentence(claim: _Claim, path: str) -> str:
    taken = f"{path!r} is" if claim.path == path else f"{path!r} is taken by {claim.path!r}, which is"
    instead = "give the new endpoint a path that no route of the app takes"
    if claim.edited_as:
        return f"{taken} {claim.what}: {claim.why}; edit {claim.edited_as!r} itself, or {instead}"
    return (
        f"{taken} {claim.what} and cannot be edited here: {claim.why}; edit the file that defines the app, with "
        f"pg.watch(file) to serve it, or {instead}"
    )


@dataclass(frozen=True)
class _Around:
    """What is around some routes: the path of the mounts, and a host if there is one."""

    router: Any = None
    prefix: str = ""
    host: str = ""


def _claims(existing: Sequence[BaseRoute], kind: Kind, asked: str, around: _Around) -> Iterator[_Claim]:
    """
    Yield the claims of some routes.

    Args:
        existing: the routes.
        kind: what the new endpoint serves.
        asked: its path; a route of an unknown class is asked whether it matches it.
        around: what is around them.
    """
    for route in existing:
        if routes.is_endpoint_route(route):
            path = around.prefix + route.path  # type: ignore[attr-defined]  # as it says
            yield from _of_place(_place(path, route, route, around), kind)
        elif is_a(route, Mount):
            yield from _of_mount(route, kind, asked, around)
        elif is_a(route, Host):
            yield from _of_host(route, kind, asked, around)
        elif included.is_included(route):
            yield from _of_included(route, kind, asked, around)
        elif around.prefix or around.host or routes.takes(route, kind, paths.example(asked)):
            path = around.prefix + BELOW if around.prefix or around.host else asked
            yield _Claim(path, _class_of(route), "its class is not Starlette's own")


def _place(path: str, served: Any, original: Any, around: _Around, branch: Any = None) -> Place:
    return place_at(path, served, original=original, router=around.router, branch=branch, host=around.host)


def _of_place(place: Place, kind: Kind) -> Iterator[_Claim]:
    if place.kind != kind:
        return
    path, within = place.path, f" in a Host route (for {place.host!r} only)" if place.host else ""
    what = _class_of(place.original) + within
    unable = place.why_not()
    name = None if unable else place.host + path
    if type(place.original) not in (Route, WebSocketRoute):
        yield _Claim(path, what, unable or ASKS, edited_as=name)
    elif has_middleware(place.served):
        yield _Claim(path, f"{what} with middleware", unable or GUARDS, edited_as=name)
    elif unable or place.host:
        yield _Claim(path, what, unable or "only requests for that host reach it", yields=True, edited_as=name)


def _of_host(host: Any, kind: Kind, asked: str, around: _Around) -> Iterator[_Claim]:
    inner = inner_app(host.app)
    if inner is None:
        yield _Claim(
            around.prefix + BELOW, f"a Host route (for {host.host!r} only)", "it is not known what its app serves"
        )
        return
    yield from _claims(routes_of(inner), kind, asked, _Around(router_of(inner), around.prefix, host.host))


def _of_included(branch: Any, kind: Kind, asked: str, around: _Around) -> Iterator[_Claim]:
    inside = replace(around, router=branch.original_router)
    for candidate in included.made_of(branch):
        served, original = included.served_by(candidate), attribute(candidate, "original_route")
        if included.is_included(candidate):
            yield from _of_included(candidate, kind, asked, around)
        elif routes.is_endpoint_route(original):
            yield from _of_place(_place(around.prefix + served.path, served, original, inside, branch), kind)
        elif is_a(served, BaseRoute):
            yield from _claims([served], kind, asked, around)
        else:
            yield _Claim(around.prefix + BELOW, _class_of(original), "its class is not Starlette's own")


def _of_mount(mount: Any, kind: Kind, asked: str, around: _Around) -> Iterator[_Claim]:
    path = around.prefix + mount.path
    app = mount._base_app
    guard = _guard_of(mount.app) if mount.app is not app else _guard_of(app)
    if is_a(app, Starlette, Router):
        yield from _claims(routes_of(app), kind, asked, _Around(router_of(app), path, around.host))
    if guard:
        yield _Claim(path + BELOW, f"a mount with middleware ({guard})", GUARDS)
    elif path and not is_a(app, Starlette, Router, StaticFiles):
        # A mount at "/", like static files, only serves paths that no other route matches.
        yield _Claim(path + BELOW, f"a mount of {_name_of(app)}", "it is not known which paths that app serves")


def _guard_of(app: ASGIApp) -> str | None:
    """Return the name of an app's middleware, which could refuse requests; None when there is none."""
    if isinstance(app, Starlette):
        known = [getattr(one.cls, "__name__", "middleware") for one in app.user_middleware]
        return ", ".join(known) or _guard_of(app.router)
    if isinstance(app, Router):
        plain = getattr(app, "middleware_stack", app.app) == app.app
        return None if plain else _name_of(app.middleware_stack)
    if isinstance(app, StaticFiles):
        return None if type(app).__call__ is StaticFiles.__call__ else _name_of(app)
    return _name_of(app) if attribute(app, "app") is not None else None


def _class_of(route: BaseRoute) -> str:
    cls = type(route)
    return f"{cls.__module__.partition('.')[0]}'s {cls.__qualname__}"


def _name_of(app: Any) -> str:
    return str(attribute(app, "__qualname__") or type(app).__qualname__)
