"""An app's routes, and how a live endpoint is put into them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

from starlette.routing import BaseRoute, Match, Mount, Route, WebSocketRoute
from starlette.types import Scope

from playground.edit import checking
from playground.edit.endpoints import Endpoint, LiveEndpoint


def make_route(endpoint: Endpoint) -> Route | WebSocketRoute:
    """Return the route that Starlette would make for the endpoint's target, with the live endpoint in it."""
    target = endpoint.current.target
    make = Route if endpoint.kind == "http" else WebSocketRoute
    route = make(endpoint.path, target)
    put_live(route, endpoint)
    return route


def put_live(route: Route | WebSocketRoute, endpoint: Endpoint) -> bool:
    """
    Replace the route's own endpoint by a live one; return whether that was possible.

    The route keeps its name, its methods and its middleware: Starlette nests middleware through `app` attributes,
    and only the innermost app is replaced. Where that app cannot be found, nothing is changed.
    """
    holder = _holder(route)
    if holder is None:
        return False
    holder.app = endpoint.live
    return True


def has_middleware(route: Route | WebSocketRoute) -> bool:
    """Return whether the route has middleware around its endpoint."""
    return _holder(route) is not route


def can_be_edited(route: Route | WebSocketRoute) -> bool:
    """Return whether the route's own endpoint can be replaced by a live one, or already is one."""
    return can_be_live(route) and _holder(route) is not None


def _holder(route: Route | WebSocketRoute) -> Any:
    """Return the object whose `app` is the endpoint: the route or its innermost middleware; None if it is not found."""
    holder: Any = route
    while holder.app is not route.endpoint and hasattr(holder.app, "app"):
        holder = holder.app
    if holder.app is not route.endpoint and not isinstance(holder.app, LiveEndpoint) and not _is_starlettes(holder.app):
        return None
    return holder


def _is_starlettes(app: Any) -> bool:
    """Return whether this is the app that Starlette makes of a function endpoint, without middleware."""
    name = getattr(app, "__qualname__", "")
    wrappers = ("request_response.<locals>.app", "websocket_session.<locals>.app")
    return getattr(app, "__module__", "") == "starlette.routing" and name in wrappers


def find_routes(routes: Sequence[BaseRoute], prefix: str = "") -> Iterator[tuple[str, Route | WebSocketRoute]]:
    """Yield every route with its full path, mounted ones included."""
    for route in routes:
        if isinstance(route, Route | WebSocketRoute):
            yield prefix + route.path, route
        elif isinstance(route, Mount):
            yield from find_routes(route.routes or [], prefix + route.path)


def can_be_live(route: Route | WebSocketRoute) -> bool:
    """
    Return whether an edit can replace the route's endpoint: a class or a function.

    Subclasses of Starlette's routes, such as FastAPI's, do more with their endpoint than call it.
    """
    if type(route) not in (Route, WebSocketRoute):
        return False
    target = route.endpoint
    return inspect.isroutine(target) or (isinstance(target, type) and checking.class_kind(target) == kind_of(route))


def takes(route: BaseRoute, kind: checking.Kind, path: str) -> bool:
    """Return whether a route of any class matches a path, with whichever methods."""
    scope: Scope = {"type": kind, "path": path, "root_path": "", "headers": [], "subprotocols": [], "method": "GET"}
    return route.matches(scope)[0] is not Match.NONE


def kind_of(route: Route | WebSocketRoute) -> checking.Kind:
    """Return what a route serves."""
    return "websocket" if isinstance(route, WebSocketRoute) else "http"


def why_pinned(endpoint: Endpoint) -> str | None:
    """Return why open connections of an endpoint keep their version until they close; None if they do not."""
    version = endpoint.current
    if endpoint.kind != "websocket" or version.follows:
        return None
    function = inspect.isroutine(version.target)
    if function and endpoint.functions() == "reenter":
        return None
    what = "a function" if function else "a `dispatch` of its own"
    return f"{what}: an edit reaches new connections, open ones keep their version until they close"
