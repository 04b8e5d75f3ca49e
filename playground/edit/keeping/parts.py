"""Changing the parts of a value: items, attributes, and what a function remembers."""

from __future__ import annotations

import types
from collections import OrderedDict, deque
from typing import Any

from playground.edit.keeping.shapes import Attribute, Default, namespace_of
from playground.edit.values import body_of, classes_of, is_a


def write_part(holder: Any, key: Any, value: Any) -> None:
    """Give an item or attribute another value, without running code of the class."""
    if not isinstance(key, Attribute):
        _mapping_of(holder).__setitem__(holder, key, value)
    elif (namespace := namespace_of(holder)) is not None and key.name not in _slots_of(type(holder)):
        namespace[key.name] = value
    elif key.name != "maxlen":
        object.__setattr__(holder, key.name, value)


def _mapping_of(holder: Any) -> Any:
    # An ordered one keeps its order beside what it is based on.
    return OrderedDict if is_a(holder, OrderedDict) else dict


def remove_part(holder: Any, key: Any) -> None:
    """Remove an item or attribute, if it is there."""
    if not isinstance(key, Attribute):
        _mapping_of(holder).pop(holder, key, None)
    elif (namespace := namespace_of(holder)) is not None and key.name in namespace:
        del namespace[key.name]
    else:
        object.__delattr__(holder, key.name)


def write_slot(holder: Any, key: Any, value: Any) -> None:
    """Give an attribute another value if the class keeps it in a slot."""
    if isinstance(key, Attribute) and key.name in _slots_of(type(holder)):
        object.__setattr__(holder, key.name, value)


def _slots_of(cls: type) -> set[str]:
    return {
        name
        for one in classes_of(cls)
        for name, member in body_of(one).items()
        if type(member) is types.MemberDescriptorType
    }


def splice(holder: Any, start: int, stop: int, values: list[Any]) -> None:
    """Replace a stretch of a list or deque."""
    if is_a(holder, deque):
        items = list(holder)
        items[start:stop] = values
        holder.clear()
        holder.extend(items)
    else:
        list.__setitem__(holder, slice(start, stop), values)


def write_to_function(function: types.FunctionType, key: Any, value: Any) -> None:
    """Give an attribute, a parameter's default or a variable of the closure another value."""
    if isinstance(key, Attribute):
        function.__dict__[key.name] = value
    elif isinstance(key, Default):
        defaults = list(function.__defaults__ or ())
        defaults[key.position] = value
        function.__defaults__ = tuple(defaults)
    else:
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        cell = next(cell for name, cell in cells if name == key.name)
        cell.cell_contents = value
