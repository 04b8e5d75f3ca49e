"""
What loading a file adds to modules that are not loaded with it: routes to an app, a function to a registry.

Loaded again, it would add that a second time; so these modules have to be loaded again, too. What connections add at
the same moment is told from it: they do not add classes, functions and routes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import FunctionType, MethodType, ModuleType
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Router

from playground.edit.keeping.shapes import namespace_of
from playground.edit.values import body_of, is_a, module_of

DEFINED = (type, FunctionType, MethodType, BaseRoute)


class Holdings:
    """
    What the containers of some modules hold at a moment.

    Args:
        modules: the modules by name.
    """

    def __init__(self, modules: Mapping[str, ModuleType]) -> None:
        self._before = {name: [(one, one.copy()) for one in _containers(module)] for name, module in modules.items()}

    def added(self) -> set[str]:
        """Return the modules that hold definitions that they did not hold then."""
        return {name for name, pairs in self._before.items() if any(_differ(*pair) for pair in pairs)}

    def take_back(self) -> None:
        """Remove these definitions again."""
        for pairs in self._before.values():
            for now, before in pairs:
                if _differ(now, before):
                    _take_back(now, before)


def _containers(module: ModuleType) -> Iterator[Any]:
    """Yield the containers that a module's names hold, those of its objects and classes included."""
    found: dict[int, Any] = {}
    for value in list(vars(module).values()):
        for one in (value, value.router) if is_a(value, Starlette) else (value,):
            parts = _parts_of(one, module)
            found.update({id(part): part for part in (one, *parts) if type(part) in (list, dict, set)})
    yield from found.values()


def _parts_of(value: Any, module: ModuleType) -> list[Any]:
    """Return what an object keeps in its attributes, or a class that the module defines."""
    if is_a(value, ModuleType):
        return []
    if is_a(value, type):
        return list(body_of(value).values()) if module_of(value) == module.__name__ else []
    return list((namespace_of(value) or {}).values())


def _differ(now: Any, before: Any) -> bool:
    if type(now) is dict:
        return any(_is_new(value, before.get(key)) for key, value in list(now.items()))
    known = {id(one) for one in before}
    return any(id(one) not in known and _is_definition(one) for one in list(now))


def _take_back(now: Any, before: Any) -> None:
    if type(now) is dict:
        for key, value in list(now.items()):
            if _is_new(value, before.get(key)):
                now.pop(key)
        for key in before.keys() - now.keys():
            now[key] = before[key]
        return
    known = {id(one) for one in before}
    added = [one for one in now if id(one) not in known and _is_definition(one)]
    if type(now) is set:
        now.difference_update(added)
    else:
        now[:] = [one for one in now if not any(one is other for other in added)]


def _is_new(value: Any, before: Any) -> bool:
    return value is not before and _is_definition(value)


def is_of_app(value: Any) -> bool:
    """Return whether a value is an app, a router, a route, or holds routes; no such value stays after an edit."""
    if is_a(value, Starlette | Router | BaseRoute):
        return True
    kind = type(value)
    parts = value.values() if kind is dict else value if kind in (list, tuple, set) else ()
    return any(is_a(one, BaseRoute) for one in list(parts))


def _is_definition(value: Any) -> bool:
    """Return whether a value is code, or holds some, as a pair of a path and its handler."""
    if is_a(value, DEFINED):
        return True
    parts = value if type(value) in (tuple, list) else (namespace_of(value) or {}).values()
    return any(is_a(one, DEFINED) for one in list(parts))
