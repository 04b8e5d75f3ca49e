"""The host names that an app serves by routes of its own: Starlette's `Host("api.example.org", …)`."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.routing import Host, Mount, Router


def has_route_for(app: object, name: str) -> bool:
    """
    Return whether an app has a `Host` route for a name, as it is or below one, such as "{shop}.example.org".

    A pattern that leaves the domain open, such as "{name}" or "{shop}.org", is none: anybody may have such a name.
    """
    waiting: list[Any] = [app]
    seen: set[int] = set()
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if issubclass(type(thing), Host) and _is_of_one_domain(thing.host) and thing.host_regex.match(name):
            return True
        waiting += _within(thing)
    return False


def _within(thing: Any) -> list[object]:
    """Return what may lead to further routes; other people's objects are not asked, only looked into."""
    if issubclass(type(thing), Starlette | Router):
        return list(thing.routes)
    if issubclass(type(thing), Host | Mount):
        return [thing.app]
    try:
        inner = object.__getattribute__(thing, "__dict__").get("app")
    except AttributeError:
        return []
    return [inner] if inner is not None else []


def _is_of_one_domain(pattern: str) -> bool:
    before, _, end = pattern.rpartition("}")
    return not before or "." in end.removeprefix(".").rstrip(".")
