"""What FastAPI's routes ask of a request before their function runs, and what an edit takes away of that."""

from __future__ import annotations

import copy
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from playground.common.errors import EditRejected
from playground.edit.foreign import attribute, unwrapped
from playground.edit.notes import Note
from playground.edit.routes import paths, remaking
from playground.edit.routes.places import Made, RemadePlace


def lost_dependencies(before: Made, after: Made) -> list[str]:
    """Return in words what the route asked for and does not ask for any more, such as "the dependency auth"."""
    gone = Counter(_said(before.served)) - Counter(_said(after.served))
    return list(gone)


def notes_on_lost(path: str, before: Made, after: Made) -> Iterator[Note]:
    """Yield a note for each dependency that an edit takes away."""
    for lost in lost_dependencies(before, after):
        yield Note("lost-dependency", f"this edit takes {lost} away from {path!r}")


def _said(known: Mapping[str, Any]) -> Iterator[str]:
    waiting = list(attribute(known.get("dependant"), "dependencies") or ())
    while waiting:
        one = waiting.pop()
        name = _name(attribute(one, "call"))
        yield f"the dependency {name}"
        for scope in attribute(one, "own_oauth_scopes") or ():
            yield f"the scope {scope!r} of the dependency {name}"
        waiting += attribute(one, "dependencies") or ()


def _name(call: Any) -> str:
    inner = unwrapped(call)
    return str(attribute(inner, "__qualname__") or type(inner).__qualname__)


def adopted(place: RemadePlace, route: Any, its: RemadePlace | None) -> Any:
    """
    Return the route that a source has registered, as it is in the router that serves the place.

    What the route's decorator says is the source's; what the router, the routers around it and the app ask for is
    the served app's, also where the source makes an app or router of its own.

    Args:
        place: where it is to serve.
        route: the route, of the same class as the place's.
        its: where it stands in an app that the source has made; None if it was meant for the place's router.
    """
    router = place.router
    declared, around = _told_apart(route, its.router if its else router)
    if its is not None:
        # Of the routers around that one, and of its app.
        around += _others(attribute(its.served, "dependencies") or (), route.dependencies)
    asked = list(attribute(router, "dependencies") or ())
    path = route.path if its is None else _path(place, its.path)
    made = _with(route, path, [*asked, *declared], place)
    kept = [_key(one) for one in attribute(place.in_its_router(made), "dependencies") or ()]
    more = [one for one in around if _key(one) is None or _key(one) not in kept] if its is not None else []
    return _with(route, path, [*asked, *more, *declared], place) if more else made


def check_own_app(place: RemadePlace, base: Made, made: Made) -> None:
    """
    Refuse a route of an app of the source's own without the dependencies that the served route has.

    Raises:
        EditRejected: the path would be open to more people than before.
    """
    before, after = (Counter(map(_name_of, one.served.get("dependencies") or ())) for one in (base, made))
    lost = list(before - after)
    if lost:
        raise EditRejected(
            f"{' and '.join(lost)} guards {place.path!r} as one of its dependencies, and the route in this source, "
            "whose app is the source's own, is without it; write it in the decorator, too, or serve an app without "
            "it: pg.swap(app)",
            stage="check",
        )


def _told_apart(route: Any, router: Any) -> tuple[list[Any], list[Any]]:
    """Return the dependencies that a route's decorator names, and those that its router has put in front of them."""
    known, asked = list(route.dependencies), list(attribute(router, "dependencies") or ())
    first = known[: len(asked)]
    same = len(first) == len(asked) and all(one is other for one, other in zip(first, asked, strict=True))
    return (known[len(asked) :], first) if same else (known, [])


def _others(all_: Any, known: Any) -> list[Any]:
    return [one for one in all_ if not any(one is other for other in known)]


def _with(route: Any, path: str, dependencies: list[Any], place: RemadePlace) -> Any:
    provider = "dependency_overrides_provider"
    same = len(dependencies) == len(route.dependencies) and not _others(dependencies, route.dependencies)
    if same and path == route.path and attribute(route, provider) is attribute(place.router, provider):
        return route
    changed = copy.copy(route)
    vars(changed).update(path=path, dependencies=dependencies)
    vars(changed).pop(provider, None)
    return remaking.remade(changed, place.router, route.endpoint)


def _path(place: RemadePlace, offered: str) -> str:
    """Return the path of a route within its router, with the parameters as the source names them."""
    old, new = place.first().registered["path"], offered
    parts, others = old.split("/")[1:], new.split("/")[1:]
    count = min(len(parts), len(others))
    path = "".join(f"/{part}" for part in (*parts[: len(parts) - count], *others[len(others) - count :]))
    if not paths.same(path, old):
        raise EditRejected(f"the source serves {offered!r}, and {place.path!r} is another path", stage="check")
    return path


def _name_of(depends: Any) -> str:
    return _name(attribute(depends, "dependency"))


def _key(depends: Any) -> tuple[str, ...] | None:
    """Return what tells a dependency from others; None where its name does not, as that of an object or closure."""
    call = attribute(depends, "dependency")
    name = attribute(call, "__qualname__")
    if name is None or "<" in name or attribute(call, "__self__") is not None:
        return None
    return tuple(itertools.chain([name], attribute(depends, "scopes") or ()))
