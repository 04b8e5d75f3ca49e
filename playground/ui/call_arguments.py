"""What a browser may give the panel's calls: the types that their parameters are annotated with."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from playground.common.arguments import did_you_mean
from playground.common.text import shorten

SHOWN = 80
"""Characters of a value that an error shows."""

LARGEST = 2**53 - 1
"""The largest whole number that JavaScript counts exactly."""

SIMPLE: Mapping[Any, str] = {str: "text", bool: "true or false", int: "a whole number", NoneType: "nothing"}
"""The types that have no others within, as a person calls them."""


def check_arguments(op: str, call: Callable[..., Any], given: object) -> None:
    """
    Raise TypeError unless a call takes these arguments by their names and types.

    Without this, a value of another type would fail somewhere inside, with words that tell nobody what to change.
    """
    if not isinstance(given, dict):
        raise TypeError(f"the panel's call {op!r} takes arguments by name, not {_shown(given)}")
    # Not the method of one playground, which would be kept for ever.
    hints, required = _parameters(getattr(call, "__func__", call))
    for name, value in given.items():
        if name not in hints:
            there = did_you_mean(str(name), hints) or f"it has {', '.join(hints) or 'none'}"
            raise TypeError(f"the panel's call {op!r} has no argument {_shown(name)}; {there}")
        if not _fits(value, hints[name]):
            raise TypeError(f"the panel's call {op!r} takes {name} as {_words(hints[name])}, not {_shown(value)}")
    for name in required:
        if name not in given:
            raise TypeError(f"the panel's call {op!r} lacks {name}, which is {_words(hints[name])}")


@functools.cache
def _parameters(call: Callable[..., Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the types of a call's parameters by name, and the names of those that have no default."""
    parameters = {name: one for name, one in inspect.signature(call).parameters.items() if name != "self"}
    hints = get_type_hints(call)
    required = tuple(name for name, one in parameters.items() if one.default is one.empty)
    return {name: hints[name] for name in parameters}, required


def _fits(value: object, hint: Any) -> bool:
    if get_origin(hint) is UnionType:
        return any(_fits(value, one) for one in get_args(hint))
    inner = get_args(hint)
    if get_origin(hint) is list:
        return isinstance(value, list) and all(_fits(one, inner[0]) for one in value)
    if get_origin(hint) is dict:
        return isinstance(value, dict) and all(
            _fits(name, inner[0]) and _fits(one, inner[1]) for name, one in value.items()
        )
    if hint is int:
        return type(value) is int and abs(value) <= LARGEST
    return isinstance(value, hint)


def _words(hint: Any) -> str:
    if get_origin(hint) is UnionType:
        return " or ".join(_words(one) for one in get_args(hint))
    if get_origin(hint) is list:
        return f"a list whose values are {_words(get_args(hint)[0])}"
    if get_origin(hint) is dict:
        return f"an object whose values are {_words(get_args(hint)[1])}"
    return SIMPLE[hint]


def _shown(value: object) -> str:
    return shorten(repr(value), SHOWN)
