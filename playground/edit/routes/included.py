"""
Routers that FastAPI includes in others.

`include_router` keeps a router as one route of its parent, and makes what is served, with prefix and dependencies
merged, when it is first asked for. It makes that anew when a route is added to the router.
"""

from __future__ import annotations

import copy
import functools
import threading
from collections.abc import Callable
from typing import Any

from starlette.routing import BaseRoute

from playground.edit.foreign import attribute


def is_included(route: Any) -> bool:
    """Return whether a route stands for an included router."""
    parts = ("effective_candidates", "original_router", "include_context")
    return all(attribute(route, name) is not None for name in parts)


def made_of(branch: Any) -> list[Any]:
    """Return what an included router serves: contexts, and further included routers; none where FastAPI raises."""
    try:
        return list(branch.effective_candidates())
    except Exception:
        # A route that FastAPI cannot make is an error of the app, which its first request will show.
        return []


def served_by(context: Any) -> Any:
    """Return the object whose `app` serves a context: a route of its own, or the context itself."""
    return attribute(context, "starlette_route") or context


def made_with(branch: Any, route: BaseRoute) -> Any:
    """Return what FastAPI makes of a route in an included router, without adding it there."""
    router = copy.copy(branch.original_router)
    router.routes = [route]
    alone = type(branch)(original_router=router, include_context=branch.include_context)
    [context] = alone.effective_candidates()
    return served_by(context)


def follow(branch: Any, made_anew: Callable[[list[Any]], None]) -> None:
    """Call a function with what an included router serves whenever FastAPI has made it anew, before it serves."""
    # The class's own method, so that what an earlier playground put here is left out.
    make = functools.partial(type(branch).effective_candidates, branch)
    try:
        known = make()
    except Exception:
        # As in `made_of`.
        known = None
    lock = threading.Lock()

    def effective_candidates() -> list[Any]:
        nonlocal known
        found: list[Any] = make()
        if found is not known:
            with lock:
                if found is not known:
                    made_anew(found)
                    known = found
        return found

    branch.effective_candidates = effective_candidates
