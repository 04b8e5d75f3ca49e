"""The route that a new function gets: FastAPI's own in an app of FastAPI's, which fills the function's parameters."""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Collection, Sequence
from typing import Annotated, Any, get_origin

from starlette.routing import Router

from playground.common.errors import EditRejected
from playground.edit.foreign import attribute, unwrapped, without_partial
from playground.edit.routes.registering import Registration, noted_now
from playground.edit.source.checking import annotated_kind, check, class_kind, defined_in, is_routine
from playground.edit.source.source import Chosen
from playground.edit.values import is_class, is_function, name_of

Routers = Sequence[tuple[Router, str]]
"""The routers of the served app, the app's own first, with the path in front of their routes."""


def joined(path: str, target: Any, routers: Routers, tree: ast.Module | None = None) -> Chosen:
    """
    Return a class or function as a new endpoint, with the route that the app itself would make for it.

    To be called within `registering.noting`.

    Raises:
        EditRejected: the app would not give the function what its parameters ask for.
    """
    router: Any = _fastapis(routers)
    kind = annotated_kind(without_partial(target)) if router is not None and is_routine(target) else None
    if kind is None:
        if router is not None and is_routine(target):
            _check_unguarded(path, target, router)
        _check_parameters(path, target, "write websocket: WebSocket or request: Request" if router else "serve FastAPI")
        return Chosen(target, check(target, tree))
    if kind == "websocket" and is_function(target) and not inspect.iscoroutinefunction(inspect.unwrap(target)):
        check(target, tree)
    add = router.add_api_websocket_route if kind == "websocket" else router.add_api_route
    before = len(noted_now())
    prefix = str(attribute(router, "prefix", ""))
    try:
        add(path.removeprefix(prefix), target)
    except Exception as error:
        raise EditRejected(
            f"FastAPI does not take this function: {type(error).__name__}: {error}", stage="check"
        ) from error
    added = noted_now()
    registration: Registration = added[before]
    del added[before:]
    return Chosen(target, kind, registration=registration)


def only_function(module: types.ModuleType, besides: Collection[Any], routers: Routers) -> Any:
    """
    Return the function of a module that FastAPI can serve at a new path; None if this is not for FastAPI to say.

    Raises:
        EditRejected: there are several.
    """
    if _fastapis(routers) is None:
        return None
    there = [one for one in defined_in(module) if not any(one is other for other in besides)]
    if any(is_class(one) and class_kind(one) for one in there):
        return None
    found = [one for one in there if is_function(one) and annotated_kind(one)]
    if len(found) > 1:
        names = " and ".join(sorted(map(name_of, found)))
        raise EditRejected(
            f"{names} are both endpoints, by their parameters; put a decorator on the one that is, such as "
            "@app.websocket(path), with the app that is served",
            stage="check",
        )
    return found[0] if found else None


def refuse_other_app(path: str, target: Any) -> None:
    """
    Refuse a new route of an app or router that is no part of the served app.

    Raises:
        EditRejected: always.
    """
    raise EditRejected(
        f"{name_of(target)} is registered at {path!r} on an app or router that is not a part of the served app, where "
        "nothing reaches it; include that router in the served app first, or register it on the served app, "
        "or serve the other app with pg.swap(app) or pg.watch(file)",
        stage="check",
    )


def _fastapis(routers: Routers) -> Any:
    """Return the router of the served app if it is FastAPI's."""
    router = routers[0][0] if routers else None
    able = (attribute(router, "add_api_route"), attribute(router, "add_api_websocket_route"))
    return router if all(map(callable, able)) else None


def _check_unguarded(path: str, target: Any, router: Any) -> None:
    if attribute(router, "dependencies"):
        raise EditRejected(
            f"the app asks for its dependencies at every path, and {name_of(without_partial(target))} has no parameter "
            f"that FastAPI knows, so {path!r} would be without them; write websocket: WebSocket or request: Request",
            stage="check",
        )


def _check_parameters(path: str, target: Any, do: str) -> None:
    """Refuse a function with parameters that only FastAPI fills, for a route that is not FastAPI's."""
    if not is_routine(target):
        return
    try:
        parameters = inspect.signature(unwrapped(target), eval_str=True).parameters.values()
    except Exception:
        # What cannot be resolved, is not known.
        return
    for one in parameters:
        about = [one.default]
        if get_origin(one.annotation) is Annotated:
            about += one.annotation.__metadata__
        if any(type(value).__module__.partition(".")[0] == "fastapi" for value in about):
            raise EditRejected(
                f"{one.name} is for FastAPI to fill, and the new route at {path!r} would be a plain one of "
                f"Starlette's, which leaves it as it is; {do}, or a decorator of the app",
                stage="check",
            )
