"""
What is there already stands in for what a new source has built: in every place where the new version refers to it.

    members = set()                 stays, because connections joined it
    room = Room(members)            and so the new room has to hold that very set
"""

from __future__ import annotations

import functools
import types
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from typing import Any
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary

from playground.edit.keeping.shapes import Own, Shape, attributes_of, kind_of, namespace_of
from playground.edit.values import body_of, is_a

LIMIT = 100_000
"""The most objects that are looked into."""


class StandIns:
    """Fresh objects, each with the one that stands in for it."""

    def __init__(self, own: Own) -> None:
        self.own = own
        self._by_id: dict[int, tuple[Any, Any]] = {}
        """Each fresh object, which has to live as long as its id is used, and its stand-in."""
        self._living: set[int] = set()
        """Stand-ins, which are not changed here."""
        self._seen: dict[int, Any] = {}

    def add(self, fresh: Any, living: Any) -> bool:
        """Let `living` stand in for `fresh`; return whether that is new."""
        if fresh is living or id(fresh) in self._by_id:
            return False
        self._by_id[id(fresh)] = fresh, living
        self._living.add(id(living))
        return True

    def final(self, value: Any) -> Any:
        """Return what stands in for a value, or the value itself."""
        known = self._by_id.get(id(value))
        return known[1] if known else value

    def put_in(self, names: dict[str, Any]) -> None:
        """Put the stand-ins into everything that a module's names lead to."""
        if not self._by_id:
            return
        fresh = [value for value, _ in self._by_id.values()]
        for name, value in list(names.items()):
            if name != "__builtins__":
                final = self._visit(value)
                if final is not value:
                    names[name] = final
        # Objects that now have a stand-in are parts of what will be added to living ones.
        for value in fresh:
            self._visit(value)

    def translate(self, shapes: Iterable[Shape], before: Iterable[Shape]) -> None:
        """Let shapes of fresh objects refer to their stand-ins; `before` are the shapes of the old version."""
        classes = {id(shape.value): shape for shape in with_parts(before) if shape.kind == "class"}
        for shape in list(with_parts(shapes)):
            living = self.final(shape.value)
            if shape.kind == "class" and living is not shape.value and id(living) in classes:
                # Its functions are those of the old source.
                shape.keys[:], shape.parts[:] = classes[id(living)].keys, classes[id(living)].parts
            shape.value = living

    def _visit(self, value: Any) -> Any:
        """Put the stand-ins into a value, and return it or what stands in for it."""
        kind = kind_of(value, self.own)
        if kind in ("plain", "leaf", "opaque") or id(value) in self._living or len(self._seen) > LIMIT:
            return self.final(value)
        if id(value) not in self._seen:
            self._seen[id(value)] = value
            try:
                replaced = self._visit_parts(value, kind)
            except Exception:
                # Too deep, or the user's code raised when it was hashed: then it goes on with what is fresh.
                replaced = value
            if replaced is not value:
                self.add(value, replaced)
        return self.final(value)

    def _visit_parts(self, value: Any, kind: str) -> Any:
        if kind == "class":
            self._visit_class(value)
        elif is_a(value, types.FunctionType):
            self._visit_function(value)
        elif is_a(value, types.MethodType):
            return self._visit_method(value)
        elif is_a(value, functools.partial):
            return self._visit_partial(value)
        elif kind == "sequence":
            return self._visit_sequence(value)
        elif kind == "mapping":
            self._visit_mapping(value)
        elif kind == "set":
            return self._visit_set(value)
        elif is_a(value, (WeakValueDictionary, WeakKeyDictionary, WeakSet)):
            self._visit_weak(value)
        self._visit_object(value)
        return value

    def _visit_object(self, value: Any) -> None:
        cls = type(value)
        if is_a(value, type | types.FunctionType):
            return
        twin = self.final(cls)
        if twin is not cls:
            try:
                object.__setattr__(value, "__class__", twin)
            except TypeError:
                # Python cannot change the class of such an object, which is then one of the new class.
                pass
        namespace = namespace_of(value)
        for key, part in list(attributes_of(value)):
            final = self._visit(part)
            if final is part:
                continue
            if namespace is not None and key.name in namespace:
                namespace[key.name] = final
            else:
                object.__setattr__(value, key.name, final)

    def _visit_class(self, cls: type) -> None:
        bases = tuple(map(self.final, cls.__bases__))
        if bases != cls.__bases__ and self.final(cls) is cls:
            try:
                type.__setattr__(cls, "__bases__", bases)
            except TypeError:
                # The layouts differ; the class keeps its new base.
                pass
        for name, value in list(body_of(cls).items()):
            if name in ("__dict__", "__weakref__", "__doc__", "__module__"):
                continue
            final = self._visit(value)
            if final is not value:
                type.__setattr__(cls, name, final)

    def _visit_function(self, function: types.FunctionType) -> None:
        for cell in function.__closure__ or ():
            try:
                value = cell.cell_contents
            except ValueError:
                # Not assigned yet.
                continue
            final = self._visit(value)
            if final is not value:
                cell.cell_contents = final
        if function.__defaults__:
            defaults = tuple(map(self._visit, function.__defaults__))
            if not _are_the_same(defaults, function.__defaults__):
                function.__defaults__ = defaults
        for name, value in list(function.__dict__.items()):
            function.__dict__[name] = self._visit(value)

    def _visit_method(self, method: types.MethodType) -> Any:
        holder = self._visit(method.__self__)
        if holder is method.__self__:
            return method
        function = getattr(type(holder), method.__func__.__name__, method.__func__)
        return types.MethodType(function if is_a(function, types.FunctionType) else method.__func__, holder)

    def _visit_partial(self, value: functools.partial[Any]) -> Any:
        function = self._visit(value.func)
        arguments = [self._visit(one) for one in value.args]
        keywords = {name: self._visit(one) for name, one in value.keywords.items()}
        pairs = zip(
            (value.func, *value.args, *value.keywords.values()), (function, *arguments, *keywords.values()), strict=True
        )
        if type(value) is not functools.partial or all(one is other for one, other in pairs):
            return value
        return functools.partial(function, *arguments, **keywords)

    def _visit_sequence(self, value: Any) -> Any:
        items = list(value)
        finals = [self._visit(one) for one in items]
        if _are_the_same(items, finals):
            return value
        if is_a(value, list):
            list.__setitem__(value, slice(None), finals)
        elif is_a(value, deque):
            for index, final in enumerate(finals):
                value[index] = final
        elif type(value) is tuple:
            return tuple(finals)
        return value

    def _visit_mapping(self, value: Any) -> None:
        base = OrderedDict if is_a(value, OrderedDict) else dict
        items = list(base.items(value))
        finals = [(self._visit(key), self._visit(one)) for key, one in items]
        if any(key is not final for (key, _), (final, _) in zip(items, finals, strict=True)):
            base.clear(value)
            base.update(value, finals)
            return
        for (key, one), (_, final) in zip(items, finals, strict=True):
            if one is not final:
                base.__setitem__(value, key, final)

    def _visit_weak(self, value: Any) -> None:
        """What a weak container holds is not a part of it, and would vanish with the last one who holds it."""
        if is_a(value, WeakValueDictionary):
            for key, one in list(value.items()):
                if self.final(one) is not one:
                    value[key] = self.final(one)
        elif is_a(value, WeakKeyDictionary):
            for key in list(value):
                if self.final(key) is not key:
                    value[self.final(key)] = value.pop(key)
        else:
            for one in list(value):
                if self.final(one) is not one:
                    value.discard(one)
                    value.add(self.final(one))

    def _visit_set(self, value: Any) -> Any:
        elements = list(value)
        finals = [self._visit(one) for one in elements]
        if _are_the_same(elements, finals):
            return value
        if is_a(value, set):
            set.clear(value)
            set.update(value, finals)
            return value
        return frozenset(finals) if type(value) is frozenset else value


def with_parts(shapes: Iterable[Shape]) -> Iterator[Shape]:
    """Yield shapes and all that they consist of, each once."""
    left, seen = list(shapes), set()
    while left:
        shape = left.pop()
        if id(shape) not in seen:
            seen.add(id(shape))
            left += shape.parts
            yield shape


def _are_the_same(one: Iterable[Any], other: Iterable[Any]) -> bool:
    return all(a is b for a, b in zip(one, other, strict=True))
