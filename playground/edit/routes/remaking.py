"""
A route made again around another function.

FastAPI's routes read the function's signature when they are made: parameters, dependencies and what the response has to
be. So new code gets a route of the same class, made with the same arguments, and what that route knows moves over.
"""

from __future__ import annotations

import inspect
import threading
from typing import Any

from starlette.routing import BaseRoute, Router

from playground.common import forks
from playground.common.errors import EditRejected
from playground.edit.foreign import LAYERS, attribute, unwrapped

OF_THE_ROUTER = ("dependency_overrides_provider",)
"""Arguments that a route may leave out of its attributes, and that its router has."""

MAKING = threading.RLock()
"""Held while a route is made: FastAPI silences a warning meanwhile, and two threads that do so undo each other's."""
forks.renew(MAKING)

DERIVED = ("description", "response_model")
"""Arguments that FastAPI takes from the function where they are left out."""

REMADE = "serve the app again with pg.swap(app), or with pg.watch(file)"


def arguments(route: BaseRoute, router: Any) -> dict[str, Any] | None:
    """Return what a route was made with, besides its function; None where an argument cannot be found."""
    found: dict[str, Any] = {}
    for name in _parameters(type(route)):
        if name in vars(route):
            found[name] = vars(route)[name]
        elif name in OF_THE_ROUTER and attribute(router, name, found) is not found:
            found[name] = attribute(router, name)
        elif name not in ("middleware", "max_body_size"):
            # Those two are seen in the app, and compared there.
            return None
    return found


def _parameters(cls: type) -> list[str]:
    """Return the names of what a class is made with, of base classes too as long as it passes on what it gets."""
    names: list[str] = []
    for base in cls.__mro__:
        make = vars(base).get("__init__")
        if make is None:
            continue
        parameters = list(inspect.signature(make).parameters.values())[1:]
        named = [one.name for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
        names += [name for name in named if name != "endpoint" and name not in names]
        if not any(one.kind is one.VAR_KEYWORD for one in parameters):
            break
    return names


def remade(route: BaseRoute, router: Router, target: Any) -> BaseRoute:
    """
    Return a route like this one around another function.

    Raises:
        EditRejected: the route's class does not take the function, or cannot be made again.
    """
    known = arguments(route, router)
    if known is None:
        raise EditRejected(f"{type(route).__name__} cannot be made again around other code; {REMADE}", stage="check")
    old = vars(route).get("endpoint")
    if any(name in known for name in DERIVED):
        plain = _made(route, old, {name: value for name, value in known.items() if name not in DERIVED})
        for name in DERIVED:
            derived = name in known and attribute(plain, name) == known[name]
            if derived and not (name == "response_model" and known[name] is not None and not _says_result(target)):
                del known[name]
    return _made(route, target, known)


def _made(route: BaseRoute, target: Any, known: dict[str, Any]) -> BaseRoute:
    path = known["path"]
    others = {name: value for name, value in known.items() if name != "path"}
    make: Any = type(route)
    try:
        with MAKING:
            made: BaseRoute = make(path, target, **others)
    except Exception as error:
        raise EditRejected(
            f"{type(route).__name__} does not take this function: {type(error).__name__}: {error}", stage="check"
        ) from error
    return made


def _says_result(target: Any) -> bool:
    """Return whether a function says what it returns; if not, what the route says has to stay."""
    return "return" in (attribute(unwrapped(target), "__annotations__") or {})


def shape(app: Any) -> list[tuple[str, str]]:
    """Return of what an app is made, from the outside in: two routes made in the same way have the same."""
    found: list[tuple[str, str]] = []
    while app is not None and len(found) < LAYERS:
        named = app if attribute(app, "__qualname__") else type(app)
        found.append((str(attribute(named, "__module__")), str(attribute(named, "__qualname__"))))
        app = attribute(app, "app")
    return found
