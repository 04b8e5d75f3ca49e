"""Which endpoint a module's own routes lead to at a path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route, Router, WebSocketRoute

from playground.edit.values import is_a


def endpoints_at(path: str, values: Iterable[Any]) -> list[Any]:
    """
    Return what the routes among a module's values lead to at a path.

    Args:
        path: the path, written as in the route.
        values: apps and routers, lists of routes, and single routes.
    """
    found = (target for value in list(values) for where, target in _targets(value) if where == path)
    return list({id(one): one for one in found}.values())


def _targets(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the paths of what a value routes, and what is there."""
    kind = type(value)
    # What a module holds need not allow more than to ask for its type, as a dead weak reference does not.
    if issubclass(kind, Route | WebSocketRoute):
        yield prefix + value.path, value.endpoint
    elif issubclass(kind, Mount):
        for route in value.routes or []:
            yield from _targets(route, prefix + value.path)
    elif any(kind is one for one in (list, tuple, set, dict)):
        for one in list(value.values() if kind is dict else value):
            if is_a(one, BaseRoute):
                yield from _targets(one, prefix)
    elif issubclass(kind, Router | Starlette):
        for route in value.routes:
            yield from _targets(route, prefix)
