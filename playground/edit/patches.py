"""
Code that was replaced in place, without an edit.

`%autoreload` gives living functions the code of the saved file, and a cell may say `Chat.on_receive = other`. The class
stays the same object, so that it has to be looked at to see that it is no longer the one that was published.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint

from playground.edit.foreign import attribute
from playground.edit.source.definitions import moved
from playground.edit.values import body_of, classes_of, derives, is_class

STARLETTES = {*WebSocketEndpoint.__mro__, *HTTPEndpoint.__mro__}

CALLED = {name for cls in STARLETTES for name in vars(cls)} | {
    "on_swap",
    "get",
    "head",
    "post",
    "put",
    "patch",
    "delete",
}
"""Names of functions that are called by others than the class itself, as soon as it has them."""

Part = tuple[object, ...]

Parts = dict[tuple[int, str], Part]
"""The functions of a class, its bases included, or a function: each by its class's id and its name, with its code."""


def functions_of(target: Any) -> Parts:
    """Return what a class or function consists of now; what it keeps in other attributes is state and left out."""
    if not is_class(target):
        return {(0, ""): _function(target)}
    found: Parts = {}
    for cls in classes_of(target):
        if any(cls is one for one in STARLETTES):
            continue
        # Copied, because another thread may change it meanwhile.
        for name, value in list(body_of(cls).items()):
            kind = type(value)
            if kind is FunctionType:
                found[id(cls), name] = (value, value.__code__, value.__defaults__)
            elif derives(kind, property):
                found[id(cls), name] = (value, *_function(value.fget))
            elif derives(kind, classmethod) or derives(kind, staticmethod):
                found[id(cls), name] = (value, *_function(value.__func__))
    return found


def _function(function: Any) -> Part:
    return function, getattr(function, "__code__", None), getattr(function, "__defaults__", None)


def receiving_code(target: Any) -> object:
    """Return the code of a class's `on_receive`, or None."""
    return attribute(attribute(target, "on_receive"), "__code__")


def unchanged(before: Parts, now: Parts) -> bool:
    """
    Return whether nothing was replaced, not even by something equal.

    A function that was added under another name may be state, such as a callback, and does nothing by itself.
    """
    return _agree(before, now, operator.is_)


def does_the_same(before: Parts, now: Parts) -> bool:
    """Return whether what was replaced is equal, apart from the lines at which it stands in its file."""
    return _agree(before, now, _alike)


def _agree(before: Parts, now: Parts, alike: Callable[[object, object], bool]) -> bool:
    for key, part in before.items():
        other = now.get(key)
        if other is None or len(other) != len(part) or not all(map(alike, part, other)):
            return False
    return len(now) == len(before) or not any(name in CALLED for _, name in now.keys() - before.keys())


def _alike(one: object, other: object) -> bool:
    if isinstance(one, CodeType) and isinstance(other, CodeType):
        return moved(one, other.co_firstlineno - one.co_firstlineno) == other
    if isinstance(one, FunctionType | property | classmethod | staticmethod):
        # They are compared by their code, which follows them.
        return type(one) is type(other)
    return one is other
