"""Which routes of an app a new endpoint must not shadow, because they cannot be edited or have middleware."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Host, Mount, Route, Router, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from playground.edit import paths, routes
from playground.edit.checking import Kind

BELOW = "/{path:path}"
"""What follows a mount's own path in the pattern of the paths it serves."""

INJECTS = "it does more with its function than call it, such as checking dependencies, which an edit would leave out"
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
        editable: whether the route itself can be edited.
    """

    path: str
    what: str
    why: str
    yields: bool = False
    editable: bool = False


def why_not(existing: Sequence[BaseRoute], path: str, kind: Kind) -> str | None:
    """Return why these routes allow no new endpoint at a path, and what to do; None if they allow it."""
    index = place(existing, path, kind)
    for number, route in enumerate(existing):
        for claim in _claims([route], kind, path):
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
    if claim.editable:
        return f"{taken} {claim.what}: {claim.why}; edit {claim.path!r} itself, or {instead}"
    return (
        f"{taken} {claim.what} and cannot be edited here: {claim.why}; edit the file that defines the app, with "
        f"pg.watch(file) to serve it, or {instead}"
    )


def _claims(
    existing: Sequence[BaseRoute], kind: Kind, asked: str, prefix: str = "", within: str = ""
) -> Iterator[_Claim]:
    """
    Yield the claims of some routes.

    Args:
        existing: the routes.
        kind: what the new endpoint serves.
        asked: its path; a route of an unknown class is asked whether it matches it.
        prefix: the path of the mounts around the routes.
        within: what the routes are in, if it keeps all of them from being edited, such as "a Host route".
    """
    for route in existing:
        contexts = getattr(route, "effective_route_contexts", None)
        if isinstance(route, Route | WebSocketRoute):
            if routes.kind_of(route) == kind:
                yield from _of_route(route, prefix + route.path, within)
        elif isinstance(route, Mount):
            yield from _of_mount(route, kind, asked, prefix, within)
        elif isinstance(route, Host):
            inner = getattr(route.app, "routes", None)
            around = f"a Host route (for {route.host!r} only)"
            if inner is None:
                yield _Claim(prefix + BELOW, around, "it is not known what its app serves")
            yield from _claims(inner or [], kind, asked, prefix, around)
        elif callable(contexts):
            # FastAPI keeps an included router as one route, and makes the real routes when they are asked for.
            for context in contexts():
                yield from _of_context(context, kind, asked, prefix, within)
        elif prefix or within or routes.takes(route, kind, paths.example(asked)):
            yield _Claim(
                prefix + BELOW if prefix or within else asked, _class_of(route), "its class is not Starlette's own"
            )


def _of_route(route: Route | WebSocketRoute, path: str, within: str) -> Iterator[_Claim]:
    name = _class_of(route)
    if type(route) not in (Route, WebSocketRoute):
        yield _Claim(path, f"{name} in {within}" if within else name, INJECTS)
    elif routes.has_middleware(route):
        editable = not within and routes.can_be_edited(route)
        why = GUARDS if editable else "the endpoint inside it cannot be replaced"
        yield _Claim(path, f"{name} with middleware", why, editable=editable)
    elif within:
        yield _Claim(path, f"{name} in {within}", "its routes cannot be replaced", yields=True)
    elif not routes.can_be_edited(route):
        leads = type(route.endpoint).__name__
        yield _Claim(path, f"{name} to a {leads}", "only functions and endpoint classes can be replaced", yields=True)


def _of_mount(mount: Mount, kind: Kind, asked: str, prefix: str, within: str) -> Iterator[_Claim]:
    path = prefix + mount.path
    app = mount._base_app
    guard = _guard_of(mount.app) if mount.app is not app else _guard_of(app)
    if isinstance(app, Starlette | Router):
        yield from _claims(app.routes, kind, asked, path, within)
    if guard:
        yield _Claim(path + BELOW, f"a mount with middleware ({guard})", GUARDS)
    elif path and not isinstance(app, Starlette | Router | StaticFiles):
        # A mount at "/", like static files, only serves paths that no other route matches.
        yield _Claim(path + BELOW, f"a mount of {_name_of(app)}", "it is not known which paths that app serves")


def _of_context(context: Any, kind: Kind, asked: str, prefix: str, within: str) -> Iterator[_Claim]:
    route = getattr(context, "starlette_route", None) or context.original_route
    around = within or "a router that FastAPI includes"
    if route is not context.original_route:
        yield from _claims([route], kind, asked, prefix, around)
    elif not isinstance(route, Route | WebSocketRoute):
        yield _Claim(prefix + BELOW, _class_of(route), "its class is not Starlette's own")
    elif routes.kind_of(route) == kind:
        yield from _of_route(route, prefix + context.path, around)


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
    return _name_of(app) if hasattr(app, "app") else None


def _class_of(route: BaseRoute) -> str:
    cls = type(route)
    return f"{cls.__module__.partition('.')[0]}'s {cls.__qualname__}"


def _name_of(app: Any) -> str:
    return str(getattr(app, "__qualname__", type(app).__qualname__))
