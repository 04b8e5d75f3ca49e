"""Which of the things that a source defines serves a path: the one that the source registers there, or the only one."""

from __future__ import annotations

import ast
import types
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, Router, WebSocketRoute

from playground.common.errors import EditRejected
from playground.edit.foreign import attribute, is_bound, router_of, unwrapped, without_partial
from playground.edit.notes import Note
from playground.edit.routes import paths
from playground.edit.routes.dependencies import adopted, check_own_app, notes_on_lost
from playground.edit.routes.joining import joined, only_function, refuse_other_app
from playground.edit.routes.places import Made, Place, RemadePlace, kind_of
from playground.edit.routes.registering import NotedRoutes, Registration
from playground.edit.routes.routes import find_places
from playground.edit.source.checking import (
    Kind,
    can_be_endpoint,
    check,
    check_function,
    defined_in,
    find_endpoint,
    is_routine,
)
from playground.edit.source.parsing import parse
from playground.edit.source.source import Chosen
from playground.edit.source.surroundings import Names
from playground.edit.values import is_a

INJECTED = {"websocket": "WebSocket", "request": "Request"}
"""Parameters that Starlette gives by their place, and FastAPI by their annotation."""


@dataclass(frozen=True)
class _Offer:
    """A route that a source has registered."""

    path: str
    """The whole path, mounts and included routers in it."""
    target: Any
    kind: Kind
    methods: frozenset[str]
    registration: Registration | None = None
    """For a route that was meant for the served app."""
    place: Place | None = None
    """For a route of an app that the source has made itself."""

    def said(self) -> str:
        """Return what a person has written, such as "POST /items"."""
        methods = "" if self.kind == "websocket" else "/".join(sorted(self.methods - {"HEAD"})) + " "
        return f"{methods}{self.path}".lstrip()


def choose(
    path: str,
    place: Place | None,
    current: Made | None,
    module: types.ModuleType,
    tree: ast.Module,
    noted: Sequence[Registration],
    routers: Sequence[tuple[Router, str]],
) -> Chosen:
    """
    Return what serves a path, and what its route becomes.

    Args:
        path: the whole path.
        place: where its endpoint stands; None for a new path.
        current: what its route is now.
        module, tree: the source, after it ran.
        noted: what it has registered on the served app.
        routers: those of the served app, with the path in front of their routes.

    Raises:
        EditRejected: there is no such thing, or several; or it is registered at another path.
    """
    offers = [*_noted(noted, routers), *_of_own_apps([*vars(module).values(), *_owners(module, tree)])]
    fitting = [one for one in offers if paths.same(one.path, path) and (place is None or one.kind == place.kind)]
    methods = (place.methods if place else None) or frozenset()
    defined = defined_in(module)
    fitting.sort(key=lambda one: (not one.methods & methods, all(one.target is not value for value in defined)))
    fitting = fitting or _within_prefix(offers, place, methods)
    others = [one for one in offers if one not in fitting[:1]]
    if fitting:
        return _chosen(fitting[0], place, current, tree, _notes(others))
    elsewhere = [one for one in others if any(one.target is value for value in defined)]
    target = only_function(module, [one.target for one in elsewhere], routers) if place is None else None
    target = target or _unregistered(place, current, module, tree, elsewhere, path, routers)
    if place is None:
        return joined(path, target, routers, tree)
    target = place.rebound(target, current or place.first())
    kind = place.check(target, tree)
    made = place.make(target, current or place.first())
    notes = (*_notes(elsewhere), *_not_injected(target, place), *notes_on_lost(path, current or place.first(), made))
    return Chosen(target, kind, made, notes=notes)


def _chosen(
    offer: _Offer, place: Place | None, current: Made | None, tree: ast.Module, notes: tuple[Note, ...]
) -> Chosen:
    if place is None:
        if offer.registration is None:
            if isinstance(offer.place, RemadePlace):
                refuse_other_app(offer.path, offer.target)
            return Chosen(offer.target, check(offer.target, tree), notes=notes)
        if is_a(offer.registration.route, Route, WebSocketRoute) and not _reads_function(offer.registration.route):
            check(offer.target, tree)
        return Chosen(offer.target, offer.kind, registration=offer.registration, notes=notes)
    place.check(offer.target, tree)
    base = current or place.first()
    made = place.make(offer.target, base, _registered(offer, place))
    if isinstance(place, RemadePlace) and offer.place is not None:
        check_own_app(place, base, made)
    notes = (*notes, *_not_injected(offer.target, place), *notes_on_lost(place.path, base, made))
    return Chosen(offer.target, place.kind, made, notes=notes)


def _registered(offer: _Offer, place: Place) -> Any:
    """Return the route that the source has registered, as the served router has it; None if the old one stays."""
    same_router = offer.registration is not None and offer.registration.routes is place.router.routes
    route: Any = offer.registration.route if offer.registration and same_router else None
    if isinstance(place, RemadePlace) and isinstance(offer.place, RemadePlace):
        route = offer.place.original
    if type(route) is not type(place.original):
        return None
    if isinstance(place, RemadePlace) and attribute(route, "dependencies") is not None:
        return adopted(place, route, offer.place if isinstance(offer.place, RemadePlace) else None)
    # A class of one's own without dependencies: what it takes from its router is not known.
    return route if offer.place is None else None


def _reads_function(route: Any) -> bool:
    return type(route).__init__ not in (Route.__init__, WebSocketRoute.__init__)


def _within_prefix(offers: Sequence[_Offer], place: Place | None, methods: frozenset[str]) -> list[_Offer]:
    """Return the only route of the source's own app that is at the place's path but for the prefix around it."""
    if place is None:
        return []
    own = place.original.path.count("/")
    found = [
        one
        for one in offers
        if one.place is not None
        and one.kind == place.kind
        and own <= one.path.count("/")
        and paths.ends_with(place.path, one.path)
        and (not methods or one.methods & methods)
    ]
    # A router that the source includes in another one offers its routes with each prefix.
    longest = sorted(found, key=lambda one: -one.path.count("/"))
    return longest[:1] if len({id(one.place.original) for one in found if one.place}) == 1 else []


def _noted(noted: Sequence[Registration], routers: Sequence[tuple[Router, str]]) -> Iterator[_Offer]:
    for one in noted:
        route: Any = one.route
        if not is_a(route, Route, WebSocketRoute):
            continue
        for prefix in [prefix for router, prefix in routers if router.routes is one.routes]:
            methods = frozenset(attribute(route, "methods") or ())
            yield _Offer(prefix + route.path, route.endpoint, kind_of(route), methods, registration=one)


def _owners(module: types.ModuleType, tree: ast.Module) -> Iterator[Any]:
    """Yield what the decorators of a source begin with, where that is none of the module's own names."""
    known: Any = vars(module).get("__builtins__")
    for name in set(_decorated_with(tree)) - set(vars(module)):
        if is_a(known, Names) and known.knows(name):
            yield known[name]


def _of_own_apps(values: Iterable[Any]) -> Iterator[_Offer]:
    """Yield what the apps serve, among a module's values, which are not the one that is served."""
    for value in values:
        if _is_own_app(value):
            for place in find_places(value):
                target = place.original.endpoint
                yield _Offer(place.path, target, place.kind, place.methods or frozenset(), place=place)


def _is_own_app(value: Any) -> bool:
    return is_a(value, Starlette, Router) and type(router_of(value).routes) is not NotedRoutes


def endpoints_at(path: str, values: Iterable[Any], routers: Sequence[tuple[Router, str]] = ()) -> list[Any]:
    """
    Return what the routes among a module's values lead to at a path.

    Args:
        path: the path, written as in the route.
        values: apps and routers, lists of routes, and single routes.
        routers: those of the served app, whose routes do not count.
    """
    served = {id(route) for router, _ in routers for route in router.routes}
    places = (place for value in list(values) for place in find_places(_as_app(value, served)))
    found = (place.original.endpoint for place in places if place.path == path)
    return list({id(one): one for one in found}.values())


def _as_app(value: Any, served: Collection[int]) -> Starlette | Router | None:
    """Return an app of a module's own; a router for routes that are in none; None for other values."""
    if _is_own_app(value):
        app: Starlette | Router = value
        return app
    kind = type(value)
    if is_a(value, BaseRoute):
        value = [value]
    elif not any(kind is one for one in (list, tuple, set, dict)):
        return None
    routes = [one for one in list(value.values() if kind is dict else value) if is_a(one, BaseRoute)]
    own = [one for one in routes if id(one) not in served]
    return Router(own) if own else None


def _unregistered(
    place: Place | None,
    current: Made | None,
    module: types.ModuleType,
    tree: ast.Module,
    elsewhere: Sequence[_Offer],
    path: str,
    routers: Sequence[tuple[Router, str]],
) -> Any:
    """Return what the module defines without registering it."""
    besides = [one.target for one in elsewhere]
    try:
        before = current.target if current else None
        if place and (isinstance(place, RemadePlace) or is_bound(before)):
            return _function(place, before, module, besides)
        routed = list(filter(can_be_endpoint, endpoints_at(path, vars(module).values(), routers)))
        if len(routed) == 1:
            return routed[0]
        return find_endpoint(module, tree, path, besides)
    except EditRejected:
        if not elsewhere:
            raise
    said = " and ".join(dict.fromkeys(repr(one.path) for one in elsewhere))
    now = f"the path in the decorator changed from {path!r} to {said}" if place else f"the source is for {said}"
    raise EditRejected(
        f"{now}; an edit of {path!r} leaves its path as it is: change the decorator, or edit {said} itself",
        stage="check",
    )


def _function(place: Place, before: Any, module: types.ModuleType, besides: Sequence[Any]) -> Any:
    """Return the function of a module for a route that takes functions of any parameters."""
    there = [one for one in defined_in(module) if not any(one is other for other in besides)]
    functions = [one for one in there if is_routine(one)]
    name = attribute(without_partial(before), "__name__")
    named = [one for one in functions if attribute(one, "__name__") == name]
    found = named or functions
    if len(found) == 1:
        return found[0]
    if not found:
        for one in there:
            check_function(one, place.kind, type(place.original).__name__)
        raise EditRejected("the source defines no function for this path; write one", stage="check")
    names = " and ".join(str(attribute(one, "__name__")) for one in found)
    raise EditRejected(
        f"{names} could each serve {place.path!r}; call the one that does {name!r}, as before, or give it a decorator",
        stage="check",
    )


def _not_injected(target: Any, place: Place) -> Iterator[Note]:
    """Yield a note on a parameter that FastAPI takes for a part of the query, because it has no annotation."""
    if isinstance(place, RemadePlace):
        code = attribute(unwrapped(target), "__code__")
        annotated = attribute(unwrapped(target), "__annotations__") or {}
        for name in code.co_varnames[: code.co_argcount] if code else ():
            if name in INJECTED and name not in annotated:
                said = f"{name} has no annotation, so it is taken from the query; write {name}: {INJECTED[name]}"
                yield Note("not-injected", said, code.co_firstlineno)


def _notes(others: Sequence[_Offer]) -> tuple[Note, ...]:
    said = dict.fromkeys(one.said() for one in others if one.registration)
    return tuple(
        Note("other-route", f"the source also registers {one!r}, which stays as it is; edit that path, too")
        for one in said
    )


def unknown_owners(source: str, names: Mapping[str, Any]) -> set[str]:
    """Return the unknown names that a source's decorators begin with, such as "app" of `@app.get("/")`."""
    try:
        tree = parse(source, "<decorators>")
    except EditRejected:
        # Loading it says why; and the source of an object is a part of its file, which need not be valid on its own.
        return set()
    return {name for name in _decorated_with(tree) if name not in names}


def _decorated_with(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        for decorator in getattr(node, "decorator_list", []):
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
                yield called.value.id
