"""Questions to other people's apps and classes, which may answer with an exception."""

from __future__ import annotations

import functools
import inspect
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Router

from playground.edit.values import is_a

LAYERS = 20
"""Middleware around an app that is looked through."""


def attribute(thing: Any, name: str, default: Any = None) -> Any:
    """Return an attribute, or the default also where asking for it raises."""
    try:
        return getattr(thing, name, default)
    except Exception:
        return default


def routes_of(app: Any) -> list[BaseRoute]:
    """
    Return an app's routes as far as they are Starlette's.

    Other frameworks have a `routes` of their own, which may be a list of something else, a dict, or a property that
    raises: those are no routes.
    """
    found = attribute(app, "routes")
    return [one for one in found if is_a(one, BaseRoute)] if is_a(found, list, tuple) else []


def inner_app(app: Any) -> Starlette | Router | None:
    """Return the Starlette app or router inside of an app's middleware; None where there is none."""
    for _ in range(LAYERS):
        if is_a(app, Starlette, Router):
            found: Starlette | Router = app
            return found
        app = attribute(app, "app")
    return None


def router_of(app: Starlette | Router) -> Router:
    """Return the router of an app; a router is its own."""
    return app.router if isinstance(app, Starlette) else app


def without_partial(target: Any) -> Any:
    """Return the function inside of `functools.partial`, and anything else as it is."""
    while is_a(target, functools.partial):
        target = target.func
    return target


def is_bound(target: Any) -> bool:
    """Return whether a function is bound to an object, as a method is, or to arguments by `functools.partial`."""
    return is_a(target, functools.partial) or inspect.ismethod(target)


def unwrapped(target: Any) -> Any:
    """Return the function inside of decorators and `functools.partial`, as far as they tell."""
    for _ in range(LAYERS):
        inner = attribute(without_partial(target), "__wrapped__")
        if inner is None:
            break
        target = inner
    return without_partial(target)
