"""
What a value looked like right after its source had run, so that it can be told later who changed it.

A `Shape` lists the parts of a value: the items of a container, the attributes of an object, a function's closure. What
has no parts that Python can show, such as a lock or a number, is a leaf. No code of the user's runs to find them,
except for comparing and hashing what is in sets and mappings.
"""

from __future__ import annotations

import functools
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Collection, Iterator
from typing import Any, Literal, NamedTuple

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Router

from playground.edit.values import body_of, classes_of, is_a, module_of

Kind = Literal["plain", "code", "leaf", "opaque", "sequence", "mapping", "set", "object", "class"]

PLAIN = (int, float, complex, str, bytes, bool, type(None), type(...), range)
SEQUENCES = (list, tuple, deque)
BUFFERS = (bytearray,)
WIRING = (BaseRoute, Router, Starlette)
"""What serves requests is code, as functions are: it is made anew with every version."""
CODE = (
    types.MethodType,
    functools.partial,
    property,
    functools.cached_property,
    classmethod,
    staticmethod,
)
CACHE = type(functools.lru_cache(len))
"""What `functools.cache` and `lru_cache` make of a function; what it remembers cannot be looked into."""

LIMIT = 20_000
"""The most parts of a value that are looked at; what has more is treated as a leaf."""

ATTEMPTS = 100
"""How often a container is read that other threads change meanwhile."""

_IMMUTABLE = 1 << 8
"""Py_TPFLAGS_IMMUTABLETYPE: the class is written in C, and may keep what its attributes do not show."""


class Own(NamedTuple):
    """Which classes and functions are a source's own."""

    modules: Collection[str]
    """The names of the modules it ran in."""

    def has(self, value: object) -> bool:
        """Return whether a class or function was defined by the source."""
        return module_of(value) in self.modules


class Shape:
    """
    A value and its parts, as they were when the shape was taken.

    Attributes:
        value: the value itself, which may have changed since.
        kind: how its parts are found.
        keys: of a mapping, the keys; of an object, the names of the attributes.
        parts: the shapes of its items or attributes, in order.
        content: of plain items and buffers, a copy that stands for `parts`.
    """

    __slots__ = ("content", "keys", "kind", "parts", "value")

    def __init__(self, value: Any, kind: Kind) -> None:
        self.value = value
        self.kind = kind
        self.keys: list[Any] = []
        self.parts: list[Shape] = []
        self.content: Any = None

    def pairs(self) -> list[tuple[Any, Shape]]:
        """Return its parts with their keys."""
        if self.content is None or self.kind in ("opaque", "leaf", "plain"):
            return list(zip(self.keys, self.parts, strict=True))
        if self.kind == "mapping":
            flat = self.content[0]
            return [(key, Shape(value, "plain")) for key, value in zip(flat[::2], flat[1::2], strict=True)]
        if self.kind == "sequence":
            return [(index, Shape(value, "plain")) for index, value in enumerate(self.content[0])]
        return [(value, Shape(value, "plain")) for value in self.content]

    def __repr__(self) -> str:
        return f"<Shape {self.kind} {type(self.value).__name__} {len(self.parts)} parts>"


class TooMany(Exception):
    """A value has more parts than `LIMIT`."""


def shape_of(value: Any, own: Own) -> Shape:
    """Return the shape of a value; one with too many parts is a leaf."""
    try:
        return _Shaper(own).shape(value)
    except Exception:
        # Too many parts, too deep, or code of a class that raises when its objects are looked at.
        return Shape(value, "opaque")


class _Shaper:
    def __init__(self, own: Own) -> None:
        self.own = own
        self.known: dict[int, Shape] = {}

    def shape(self, value: Any) -> Shape:
        known = self.known.get(id(value))
        if known is not None:
            return known
        shape = Shape(value, kind_of(value, self.own))
        if shape.kind in ("plain", "leaf", "opaque"):
            if is_a(value, BUFFERS):
                shape.content = bytes(value)
            return shape
        self.known[id(value)] = shape
        if len(self.known) > LIMIT:
            raise TooMany
        shape.content = content_of(value)
        if shape.content is not None:
            return shape
        for key, part in parts_of(value, shape.kind):
            shape.keys.append(key)
            shape.parts.append(self.shape(part))
        return shape


def kind_of(value: Any, own: Own) -> Kind:
    """Return how the parts of a value are found."""
    cls = type(value)
    if cls in PLAIN:
        return "plain"
    if issubclass(cls, type):
        return "class" if own.has(value) else "leaf"
    if issubclass(cls, types.FunctionType):
        return "code"
    if issubclass(cls, CODE) or issubclass(cls, WIRING):
        return "code"
    if issubclass(cls, types.ModuleType):
        return "leaf"
    if issubclass(cls, dict):
        return "mapping"
    if issubclass(cls, SEQUENCES):
        return "sequence"
    if issubclass(cls, set | frozenset):
        return "set"
    if is_a(value, types.SimpleNamespace):
        return "object"
    has_parts = _is_written_in_python(cls) and (namespace_of(value) is not None or any(attributes_of(value)))
    return "object" if has_parts else "opaque"


Content = tuple[list[Any], list[type]] | set[Any]
"""A copy of plain items; those in order have their types beside them, because 1 == True."""


def content_of(value: Any) -> Content | None:
    """Return a copy of what is in a list, dict, set or the like that holds nothing but plain values; else None."""
    cls = type(value)
    if cls in (list, tuple):
        flat = list(value)
    elif cls in (dict, OrderedDict, Counter):
        flat = [one for pair in list(value.items()) for one in pair]
    elif cls in (set, frozenset):
        flat = list(value)
    else:
        return None
    kinds = list(map(type, flat))
    if not _PLAIN.issuperset(kinds):
        return None
    return set(flat) if cls in (set, frozenset) else (flat, kinds)


_PLAIN = frozenset(PLAIN)


class Attribute(NamedTuple):
    """The key of a part that is an attribute, as opposed to an item."""

    name: str


class Cell(NamedTuple):
    """The key of a part that is a variable of a function's closure."""

    name: str


class Default(NamedTuple):
    """The key of a part that is a parameter's default."""

    position: int


def parts_of(value: Any, kind: Kind) -> Iterator[tuple[Any, Any]]:
    """Yield the parts of a value with their keys."""
    if kind == "class":
        yield from _class_attributes(value)
    elif kind == "code":
        if is_a(value, types.FunctionType):
            yield from _function_parts(value)
    elif kind in ("mapping", "sequence", "set"):
        yield from _items(value, kind)
        yield from _hidden_arguments(value)
        yield from attributes_of(value)
    elif kind == "object":
        yield from attributes_of(value)


def _items(value: Any, kind: Kind) -> list[tuple[Any, Any]]:
    for _ in range(ATTEMPTS - 1):
        try:
            return _items_now(value, kind)
        except RuntimeError:
            # A handler on the server's thread has changed it meanwhile.
            continue
    return _items_now(value, kind)


def _items_now(value: Any, kind: Kind) -> list[tuple[Any, Any]]:
    # The methods of the base class: those of a subclass may do anything.
    if kind == "mapping":
        return list(dict.items(value))
    if kind == "set":
        elements = list(set.__iter__(value) if is_a(value, set) else frozenset.__iter__(value))
        return [(one, one) for one in elements]
    base = next(one for one in SEQUENCES if is_a(value, one))
    return list(enumerate(list(base.__iter__(value))))


def _hidden_arguments(value: Any) -> Iterator[tuple[Any, Any]]:
    if is_a(value, defaultdict):
        yield Attribute("default_factory"), value.default_factory
    elif is_a(value, deque):
        yield Attribute("maxlen"), value.maxlen


def attributes_of(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the attributes that an object itself has, in its `__dict__` or in slots."""
    own = namespace_of(value)
    if own:
        cached = cached_names(type(value))
        yield from [(Attribute(name), part) for name, part in list(own.items()) if name not in cached]
    for cls in classes_of(type(value)):
        for name, member in list(body_of(cls).items()):
            if type(member) is types.MemberDescriptorType and not cls.__flags__ & _IMMUTABLE:
                try:
                    yield Attribute(name), member.__get__(value)
                except AttributeError:
                    # An empty slot.
                    pass


def cached_names(cls: type) -> set[str]:
    """Return the names of a class's cached properties, whose values follow from the others."""
    return {
        name
        for one in classes_of(cls)
        for name, member in list(body_of(one).items())
        if type(member) is functools.cached_property
    }


def namespace_of(value: Any) -> dict[str, Any] | None:
    """Return an object's `__dict__`, or None if it has none."""
    try:
        found = object.__getattribute__(value, "__dict__")
    except Exception:
        return None
    return found if type(found) is dict else None


def _class_attributes(cls: type) -> Iterator[tuple[Any, Any]]:
    for name, value in list(body_of(cls).items()):
        dunder = name.startswith("__") and name.endswith("__")
        # What `abc` and C keep there is theirs.
        if not dunder and name != "_abc_impl" and type(value) not in _OF_CLASSES:
            yield Attribute(name), value


_OF_CLASSES = (types.MemberDescriptorType, types.GetSetDescriptorType)


def _function_parts(function: types.FunctionType) -> Iterator[tuple[Any, Any]]:
    for name, value in list(function.__dict__.items()):
        yield Attribute(name), value
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield Cell(name), cell.cell_contents
        except ValueError:
            # Not assigned yet.
            pass
    for position, value in enumerate(function.__defaults__ or ()):
        yield Default(position), value


def _is_written_in_python(cls: type) -> bool:
    """Return whether an object's attributes are all there is to it."""
    return all(one is object or not one.__flags__ & _IMMUTABLE for one in classes_of(cls))


def is_same_plain(one: Any, other: Any) -> bool:
    """Return whether two plain values are the same, types and signs included."""
    return type(one) is type(other) and (one is other or repr(one) == repr(other))


def has_own_equality(value: Any) -> bool:
    """
    Return whether a leaf compares by what it holds, and holds the same for ever, as `Decimal` does.

    A lock compares by identity, and an array may change, so that it has no hash.
    """
    equality: Any = type(value).__eq__
    fixed = type(value).__hash__ is not None and not is_a(value, types.MappingProxyType)
    return equality is not object.__eq__ and fixed


def equal(one: Any, other: Any) -> bool:
    """Return whether two leaves are equal; False if they cannot be compared."""
    if one is other:
        return True
    try:
        return bool(one == other)
    except Exception:
        return False
