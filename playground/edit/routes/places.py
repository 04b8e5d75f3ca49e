"""
Where an endpoint stands in an app: its route, and how new code gets into it.

A plain route of Starlette's calls what is inside of its middleware, so a live endpoint is put there. A route that reads
its function, such as FastAPI's, is made again around each new function (`remaking`), and what the new route knows moves
over.
"""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MethodType
from typing import Any, Protocol

from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.common.errors import EditRejected
from playground.edit.foreign import LAYERS, attribute, without_partial
from playground.edit.routes import annotated, included, remaking
from playground.edit.routes.permissions import Guards, check_permissions
from playground.edit.source.checking import Kind, check, check_function, class_kind, is_routine
from playground.edit.values import is_a

OF_A_PLAIN_ROUTE = ("endpoint", "methods", "name", "path", "path_regex", "path_format", "param_convertors")
"""What a plain route knows of its endpoint, besides the app."""

KEPT = ("app", "original_route", "starlette_route")
"""What never moves from one route to another."""


class Serves(Protocol):
    """What handles connections and requests; see `Endpoint`."""

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection or request on the current version."""


class LiveEndpoint:
    """
    The ASGI app in a route, which serves the endpoint's current version.

    Args:
        endpoint: whose.
        replaced: what the route was before any edit.
    """

    def __init__(self, endpoint: Serves, replaced: Made) -> None:
        self.endpoint = endpoint
        self.replaced = replaced

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.endpoint.serve(scope, receive, send)


@dataclass(frozen=True)
class Made:
    """What a route is for one version of its endpoint."""

    target: Any
    app: ASGIApp | None
    """What serves the version; None where Starlette calls the target itself."""
    served: Mapping[str, Any]
    """Attributes of the object that serves."""
    registered: Mapping[str, Any]
    """Attributes of the route as it was registered, which an included router copies."""
    guards: Guards = field(default_factory=dict)
    """What guarded the methods that this version or an earlier one has."""


class Place:
    """
    A plain route's place.

    Args:
        path: the whole path, mounts and included routers in it.
        served: the object whose `app` is called: the route, or what FastAPI makes of it in an included router.
        original: the route as it was registered.
        router: the router whose routes have it.
        branch: the included router around it, if there is one.
        host: of a `Host` route around it, such as "api.example.org".
        app: the app around it, whose documentation may show it.
    """

    def __init__(
        self, path: str, served: Any, *, original: Any, router: Any, branch: Any = None, host: str = "", app: Any = None
    ) -> None:
        self.path = path
        self.served = served
        self.original = original
        self.router = router
        self.branch = branch
        self.host = host
        self.app = app
        self.kind = kind_of(original)
        self.added = False
        """Whether the route was added by an edit, and so has the methods of whatever its code is."""
        self.of_framework = False
        """Whether the framework added it, as FastAPI adds /docs."""

    def is_at(self, other: Place) -> bool:
        """Return whether this is the place of the same route, which a router may be included with several times."""
        return self.original is other.original and (self.host, self.path) == (other.host, other.path)

    @property
    def methods(self) -> frozenset[str] | None:
        """The HTTP methods that the route takes; None for all."""
        known = attribute(self.served, "methods")
        return frozenset(known) if known else None

    def why_not(self) -> str | None:
        """Return why the route's code cannot be replaced; None if it can."""
        target = self.original.endpoint
        is_class = is_a(target, type) and class_kind(target) == self.kind
        if not is_routine(target) and not is_class:
            return (
                f"its endpoint is an object of class {type(target).__name__}, which an edit cannot make again; only "
                "functions and endpoint classes can be replaced"
            )
        return None if holder_of(self.served) is not None else "the endpoint inside its middleware cannot be found"

    def first(self) -> Made:
        """Return what the route was before any edit."""
        live = attribute(holder_of(self.served), "app")
        return live.replaced if is_a(live, LiveEndpoint) else self._now()

    def _now(self) -> Made:
        return Made(self.served.endpoint, None, self._known(self.served), self._known(self.original))

    def _known(self, route: Any) -> dict[str, Any]:
        return {name: vars(route)[name] for name in OF_A_PLAIN_ROUTE if name in vars(route)}

    def check(self, target: Any, tree: Any = None) -> Kind:
        """
        Check that a class or function can be an endpoint, and return what it serves.

        Raises:
            EditRejected: it cannot.
        """
        return check(target, tree)

    def make(self, target: Any, base: Made, registered: Any = None) -> Made:
        """
        Return what the route becomes for new code; nothing has changed yet.

        Args:
            target: the class or function.
            base: what it was.
            registered: the route that the source has registered itself, if it has.

        Raises:
            EditRejected: the route does not take the code.
        """
        guards = check_permissions(self.path, base.target, base.guards, target)
        if registered is not None:
            self._check_same_layers(registered)
            served = included.made_with(self.branch, registered) if self.branch else registered
            known = self._known(served)
            return Made(target, None, {**known, "path": base.served.get("path")}, self._known(registered), guards)
        methods = {"methods": Route(self.path, target).methods} if self.added and self.kind == "http" else {}
        return Made(
            target,
            None,
            {**base.served, "endpoint": target, **methods},
            {**base.registered, "endpoint": target, **methods},
            guards,
        )

    def _check_same_layers(self, registered: Any) -> None:
        if _layers(registered) != _layers(self.original):
            raise EditRejected(
                f"the middleware of {self.path!r} has changed, which an edit leaves as it is; {remaking.REMADE}",
                stage="check",
            )

    def rebound(self, target: Any, base: Made) -> Any:
        """Return a function with the object or the arguments that the one before it was bound to, if it takes them."""
        old = base.target
        if not inspect.isfunction(target):
            return target
        bound: Any = target
        if inspect.ismethod(without_partial(old)) and _first_of(target) == _first_of(without_partial(old).__func__):
            bound = MethodType(target, without_partial(old).__self__)
        if is_a(old, functools.partial):
            again = functools.partial(bound, *old.args, **old.keywords)
            bound = again if self._can_call(again) else bound
        return bound

    def _can_call(self, bound: functools.partial[Any]) -> bool:
        """Return whether a function takes the arguments that it is bound to, and the request besides."""
        try:
            inspect.signature(bound).bind(None)
        except (TypeError, ValueError):
            return False
        return True

    def stand(self, endpoint: Serves, replaced: Made | None = None) -> None:
        """Let the route serve an endpoint from now on; `replaced` is what it was before any edit, if it is known."""
        live = LiveEndpoint(endpoint, replaced or self.first())
        holder_of(self.served).app = live

    def enter(self, made: Made) -> None:
        """Let the route know what belongs to its endpoint's current version."""
        vars(self.served).update(made.served)
        if self.original is not self.served:
            vars(self.original).update(made.registered)
        if attribute(self.app, "openapi_schema") is not None:
            # FastAPI makes the schema once, when it is first asked for.
            self.app.openapi_schema = None


class RemadePlace(Place):
    """The place of a route that reads its function when it is made, such as FastAPI's."""

    def why_not(self) -> str | None:
        """Return why the route's code cannot be replaced; None if it can."""
        if remaking.arguments(self.original, self.router) is None:
            return "its class does not say what it was made with, so it cannot be made again around other code"
        return None

    def _now(self) -> Made:
        return Made(self.served.endpoint, self.served.app, self._known(self.served), self._known(self.original))

    def first(self) -> Made:
        """Return what the route was before any edit."""
        live = attribute(self.served, "app")
        return live.replaced if is_a(live, LiveEndpoint) else self._now()

    def _known(self, route: Any) -> dict[str, Any]:
        return {name: value for name, value in vars(route).items() if name not in KEPT}

    def check(self, target: Any, tree: Any = None) -> Kind:
        """Check that this is a function; what it asks for is checked by the route's own class, when it is made."""
        check_function(target, self.kind, type(self.original).__name__)
        return self.kind

    def make(self, target: Any, base: Made, registered: Any = None) -> Made:
        """Return what the route becomes for new code; see `Place.make`."""
        guards = check_permissions(self.path, base.target, base.guards, target)
        before = self._as(base)
        probe = self.in_its_router(remaking.remade(before, self.router, base.target))
        if remaking.shape(probe.app) != remaking.shape(self.first().app):
            raise EditRejected(
                f"the app of {self.path!r} was wrapped after its route was made, and an edit would leave that out; "
                f"{remaking.REMADE}",
                stage="check",
            )
        route = registered if registered is not None else remaking.remade(before, self.router, target)
        served = self.in_its_router(route)
        return Made(target, served.app, self._known(served), self._known(route), guards)

    def with_classes(self, made: Made, living: annotated.Living) -> Made:
        """Return what the route becomes where classes of the version before stay; its function names them already."""
        route = self._as(made)
        vars(route).update({name: annotated.named(value, living) for name, value in vars(route).items()})
        again = remaking.remade(route, self.router, made.target)
        served = self.in_its_router(again)
        return replace(made, app=served.app, served=self._known(served), registered=self._known(again))

    def _as(self, made: Made) -> Any:
        """Return the route as it was registered for an earlier version."""
        route = copy.copy(self.original)
        vars(route).update(made.registered)
        return route

    def in_its_router(self, route: Any) -> Any:
        """Return what serves a route at this place: the route, or what FastAPI makes of it in an included router."""
        with remaking.MAKING:
            return included.made_with(self.branch, route) if self.branch else route

    def _can_call(self, bound: functools.partial[Any]) -> bool:
        try:
            inspect.signature(bound)
        except (TypeError, ValueError):
            return False
        return True

    def stand(self, endpoint: Serves, replaced: Made | None = None) -> None:
        """Let the route serve an endpoint from now on; see `Place.stand`."""
        self.served.app = LiveEndpoint(endpoint, replaced or self.first())


def _first_of(function: Any) -> str:
    code = attribute(function, "__code__")
    return code.co_varnames[0] if code and code.co_argcount else ""


def place_at(path: str, served: Any, **where: Any) -> Place:
    """Return the place of a route; its arguments are those of `Place`."""
    plain = Route.__init__, WebSocketRoute.__init__
    return (Place if type(served).__init__ in plain else RemadePlace)(path, served, **where)


def kind_of(route: Any) -> Kind:
    """Return what a route serves."""
    return "websocket" if is_a(route, WebSocketRoute) else "http"


def holder_of(route: Any) -> Any:
    """Return the object whose `app` is the endpoint: the route or its innermost middleware; None if it is not found."""
    holder: Any = route
    for _ in range(LAYERS):
        inner = attribute(holder.app, "app")
        if holder.app is route.endpoint or is_a(holder.app, LiveEndpoint) or inner is None:
            break
        holder = holder.app
    if holder.app is route.endpoint or is_a(holder.app, LiveEndpoint) or _is_starlettes(holder.app):
        return holder
    return None


def has_middleware(route: Any) -> bool:
    """Return whether a plain route has middleware around its endpoint."""
    return holder_of(route) is not route


def _layers(route: Any) -> list[type]:
    """Return the classes of a route's middleware, from the outside in."""
    found: list[type] = []
    app, holder = route.app, holder_of(route)
    while holder is not None and holder is not route and app is not holder.app:
        found.append(type(app))
        app = app.app
    return found


def _is_starlettes(app: Any) -> bool:
    """Return whether this is the app that Starlette makes of a function endpoint, without middleware."""
    name = attribute(app, "__qualname__", "")
    wrappers = ("request_response.<locals>.app", "websocket_session.<locals>.app")
    return attribute(app, "__module__", "") == "starlette.routing" and name in wrappers
