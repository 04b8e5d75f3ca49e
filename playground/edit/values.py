"""
Looking at what somebody's source made, without running any of its code.

`isinstance`, `getattr` and `==` ask the value, or its class's class, which may raise, lie or never return: a proxy of
an object that is gone, an array, a metaclass with a `__getattr__` of its own. These functions ask only Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

MISSING: Any = object()
"""What `in_class` returns for a name that no class of the line has."""

_NAME = type.__dict__["__name__"]
_QUALNAME = type.__dict__["__qualname__"]
_MODULE = type.__dict__["__module__"]
_BODY = type.__dict__["__dict__"]
_LINE = type.__dict__["__mro__"]
_NAMES: Any = vars(ModuleType)["__dict__"]


def is_a(value: object, *kinds: Any) -> bool:
    """Return whether a value is of one of these classes, by its real type; a union counts as its classes."""
    return issubclass(type(value), kinds)


def is_class(value: object) -> bool:
    """Return whether a value is a class."""
    return is_a(value, type)


def is_function(value: object) -> bool:
    """Return whether a value is a function written in Python."""
    return type(value) is FunctionType


def classes_of(cls: type) -> tuple[type, ...]:
    """Return a class and its base classes, in the order in which Python looks into them."""
    line: tuple[type, ...] = _LINE.__get__(cls)
    return line


def derives(cls: type, base: type) -> bool:
    """Return whether a class is, or is based on, another; what only claims to be, as an ABC lets it, is not."""
    return any(one is base for one in classes_of(cls))


def body_of(cls: type) -> Mapping[str, Any]:
    """Return what the body of a class gives its names, as it is stored."""
    body: Mapping[str, Any] = _BODY.__get__(cls)
    return body


def in_class(cls: type, name: str) -> Any:
    """Return what the body of a class, or of a base class, gives a name, as it is stored; or `MISSING`."""
    for one in classes_of(cls):
        found = body_of(one).get(name, MISSING)
        if found is not MISSING:
            return found
    return MISSING


def name_of(target: object) -> str:
    """Return the name of a class or function, or of another value's class."""
    if is_class(target):
        name = _NAME.__get__(target)
    elif is_function(target):
        name = target.__name__  # type: ignore[attr-defined]  # it is a function
    else:
        name = _NAME.__get__(type(target))
    return str(name)


def module_of(value: object) -> str | None:
    """Return the name of the module that defines a class or function; None for other values."""
    found: object = None
    if is_class(value):
        try:
            found = _MODULE.__get__(value)
        except AttributeError:
            return None
    elif is_function(value):
        found = value.__module__
    return found if type(found) is str else None


def path_of(value: object) -> str:
    """Return where to import a class, function or module from, such as "time.sleep"; empty for other values."""
    if is_a(value, ModuleType):
        found = (_NAMES.__get__(value) or {}).get("__name__")
        return found if type(found) is str else ""
    if is_class(value):
        module, name = module_of(value), _QUALNAME.__get__(value)
    elif is_function(value) or type(value) is BuiltinFunctionType:
        module, name = value.__module__, value.__qualname__  # type: ignore[attr-defined]  # it is a function
    else:
        return ""
    return f"{module}.{name}" if type(module) is str else name
