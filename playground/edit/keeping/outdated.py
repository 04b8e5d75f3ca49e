"""Objects that connections have made of a class that an edit replaces: they go on with the old class's code."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from playground.edit.keeping.shapes import LIMIT, Own, kind_of, parts_of
from playground.edit.values import name_of


def outdated(
    names: Mapping[str, Any], replaced: Collection[type], known: Collection[int], own: Own
) -> Iterator[tuple[str, str]]:
    """
    Yield each replaced class of which connections have made objects, and the first name that leads to one.

    Args:
        names: what the old version's names are now.
        replaced: its classes that are not in the new version any more.
        known: the ids of objects that the source itself has built.
        own: what is the source's own.
    """
    left = list(replaced)
    seen: set[int] = set()
    for name, value in names.items():
        waiting = [value]
        while waiting and left and len(seen) < LIMIT:
            one = waiting.pop()
            if id(one) in seen:
                continue
            seen.add(id(one))
            cls = type(one)
            if id(one) not in known and any(cls is other for other in left):
                left = [other for other in left if other is not cls]
                yield name_of(cls), name
            kind = kind_of(one, own)
            if kind in ("sequence", "mapping", "set", "object"):
                waiting += [part for _, part in parts_of(one, kind)]
