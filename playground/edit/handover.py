"""
What connections have added to an app's state, handed to the app that takes over.

What the app builds when it starts is the new app's; what connections and their handlers built since stays. A container
that begins alike in both apps stays the same object, which hooks in either may be using. A name that both have changed
is the new app's, and that is told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, MutableMapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from playground.common.text import one_line
from playground.edit.keeping.shapes import equal

CONTAINERS = (set, dict, list, deque)
VALUES = (str, bytes, int, float, complex, bool, type(None))


@dataclass
class Handover:
    """What became of the state that connections had built, as names such as "app.state.members"."""

    kept: list[str] = field(default_factory=list)
    """What the new app has now."""
    left: list[str] = field(default_factory=list)
    """What it has not: both apps changed it, or it is an object that the old app may close."""

    def __str__(self) -> str:
        parts = [f"kept from the app before: {', '.join(self.kept)}" if self.kept else ""]
        if self.left:
            parts.append(f"not kept, because it is not certain what the new app should have: {', '.join(self.left)}")
        return one_line("; ".join(filter(None, parts)))


def copies(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to compare values with later: containers copied, everything else as it is."""
    return {name: (value, copy(value) if type(value) in CONTAINERS else value) for name, value in values.items()}


def hand_over(
    where: str, base: Mapping[str, Any], now: Mapping[str, Any], fresh: MutableMapping[str, Any], told: Handover
) -> None:
    """
    Put what was added since the old app had started into the new app's state.

    Args:
        where: what a person calls the state.
        base: `copies` of the old app's state when it had started.
        now: the old app's state.
        fresh: the new app's state, which is changed.
        told: gets the names.
    """
    for name, value in now.items():
        if name not in base:
            if name in fresh or type(value) not in (*CONTAINERS, *VALUES):
                told.left.append(f"{where}.{name}")
            else:
                fresh[name] = value
                told.kept.append(f"{where}.{name}")
            continue
        first, began = base[name]
        if name not in fresh:
            continue
        changed = _has_changed(value, first, began)
        if _equal(fresh[name], began):
            # Also if it has not changed yet: hooks that still run in the old app may be about to.
            fresh[name] = value
            if changed:
                told.kept.append(f"{where}.{name}")
        elif changed:
            told.left.append(f"{where}.{name}")


def _has_changed(value: Any, first: Any, began: Any) -> bool:
    """Return whether handlers have changed a value; of an object that is no container, only whether it is another."""
    if value is first and type(value) not in CONTAINERS:
        return False
    return not _equal(value, began)


def _equal(one: Any, other: Any) -> bool:
    # What is in them may not be comparable, as arrays are not; then they count as different.
    return type(one) is type(other) and type(one) in (*CONTAINERS, *VALUES) and equal(one, other)
