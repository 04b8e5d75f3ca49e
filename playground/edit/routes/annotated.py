"""
Classes in the annotations of functions, where an edit lets a class of the version before stay.

FastAPI makes what it gives to a function from the function's annotations, so these have to name the very class that the
function's code does.
"""

from __future__ import annotations

import functools
import operator
import types
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from playground.edit.foreign import LAYERS, attribute
from playground.edit.values import is_a

Living = Mapping[int, Any]
"""The class that stays, by the id of the one that the new source has made."""


def put_in(functions: Iterable[Any], living: Living) -> None:
    """Let the annotations and defaults of functions name the classes that stay."""
    for function in functions:
        for _ in range(LAYERS):
            if not is_a(function, types.FunctionType):
                break
            function.__annotations__ = {name: named(one, living) for name, one in function.__annotations__.items()}
            for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
                _put_in_object(default, living)
            function = attribute(function, "__wrapped__")


def named(annotation: Any, living: Living) -> Any:
    """Return an annotation with the classes that stay, within lists, unions and the like, too."""
    if id(annotation) in living:
        return living[id(annotation)]
    if is_a(annotation, list, tuple):
        return type(annotation)(named(one, living) for one in annotation)
    parts = get_args(annotation)
    if not parts:
        _put_in_object(annotation, living)
        return annotation
    final = tuple(named(one, living) for one in parts)
    if all(one is other for one, other in zip(parts, final, strict=True)):
        return annotation
    if is_a(annotation, types.UnionType):
        return functools.reduce(operator.or_, final)
    if hasattr(annotation, "__metadata__"):
        # `Annotated`: what describes the type is no parameter of it.
        return annotation.copy_with(final[:1])
    return annotation.copy_with(final) if hasattr(annotation, "copy_with") else annotation.__origin__[final]


def _put_in_object(value: Any, living: Living) -> None:
    """Let an object such as `Depends(Page)` refer to the class that stays."""
    if is_a(value, type, types.FunctionType):
        return
    for name, held in list((attribute(value, "__dict__") or {}).items()):
        if id(held) in living:
            # Past a class that lets nothing be set, as a frozen dataclass does.
            object.__setattr__(value, name, living[id(held)])
