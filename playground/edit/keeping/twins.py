"""
Which classes of a source stay the same objects when the next source is loaded.

A helper class stays if nothing can tell it from the new one: its text has not changed, nor has anything that it reads.
Its methods go on reading the names of the module that they were made in, so each of those has to have the same value in
the new module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint

from playground.edit.keeping.built import Built
from playground.edit.keeping.comparing import Twins, builds_same, code_without_place, is_untouched
from playground.edit.keeping.shapes import CACHE, Own, Shape, namespace_of
from playground.edit.values import is_a, name_of

Same = Callable[[str, Shape, Shape, str, Twins], bool]


class TwinFinder:
    """
    Finds what stays the same object because nothing can tell it from the new one.

    Args:
        old, new: both versions, whose sources are known.
        own: what is the sources' own.
        same: returns whether both sources build the same under a name.
    """

    def __init__(self, old: Built, new: Built, own: Own, same: Same) -> None:
        self.old = old
        self.new = new
        self.own = own
        self.same = same
        self.rebound = old.rebound | new.rebound
        self.twins = Twins()

    def find(self) -> Twins:
        """Return the classes of the new source, each with the old one that stays in its place."""
        names = [name for name, shape in self.new.shapes.items() if shape.kind == "class" and self._may_stay(name)]
        # A class may read another one, so all are taken at first, and then those are dropped that cannot stay.
        while True:
            self.twins = Twins({self.new.shapes[name].value: self.old.shapes[name].value for name in names})
            staying = [name for name in names if self._has_same_attributes(name) and self._reads_the_same(name, {name})]
            if staying == names:
                return self.twins
            names = staying

    def stays(self, name: str) -> bool:
        """Return whether a function with a cache is the same: its text, and the value of everything that it reads."""
        return self._has_same_text(name) and self._reads_the_same(name, {name})

    def _may_stay(self, name: str) -> bool:
        before, cls = self.old.shapes.get(name), self.new.shapes[name].value
        return (
            before is not None
            and before.kind == "class"
            and self.old.names.get(name) is before.value
            and not issubclass(cls, WebSocketEndpoint | HTTPEndpoint)
            and name_of(cls) == name
            and name not in self.rebound
            and self._has_same_text(name)
        )

    def _has_same_text(self, name: str) -> bool:
        return name in self.new.statements and self.new.statements.texts(name) == self.old.statements.texts(name)

    def _reads_the_same(self, name: str, seen: set[str]) -> bool:
        reads = self.new.statements.reads(name) - seen
        seen |= reads
        return all(self._is_the_same(read, seen) for read in reads)

    def _is_the_same(self, name: str, seen: set[str]) -> bool:
        """Return whether a name will mean the same in the new module as in the old one."""
        before, after = self.old.shapes.get(name), self.new.shapes.get(name)
        if name in self.rebound:
            return False
        if before is None or after is None:
            # A builtin, a name of the notebook, or one of a local scope.
            return before is after
        if after.kind == "class":
            return self.twins.old(after.value) is before.value
        if is_a(after.value, CACHE):
            return self._has_same_text(name) and self._reads_the_same(name, seen)
        if self.same(name, before, after, "", self.twins):
            return True
        if after.kind == "code":
            return self._has_same_text(name) and self._reads_the_same(name, seen)
        # A value that connections have changed stays the same object, and is changed in place.
        return (
            after.kind in ("mapping", "sequence", "set", "object")
            and name in self.old.names
            and type(self.old.names[name]) is self.twins.old(type(after.value))
            and not is_untouched(before, self.old.names[name], self.own)
        )

    def _has_same_attributes(self, name: str) -> bool:
        """Return whether all that was done to the class beside its text is the same, too."""
        before, after = dict(self.old.shapes[name].pairs()), dict(self.new.shapes[name].pairs())
        return before.keys() == after.keys() and all(
            self._is_same_attribute(name, key.name, before[key], part) for key, part in after.items()
        )

    def _is_same_attribute(self, scope: str, name: str, before: Shape, after: Shape) -> bool:
        if before.kind == after.kind == "code":
            one, other = code_without_place(before.value), code_without_place(after.value)
            return one == other and type(before.value) is type(after.value)
        if after.kind == "object" and type(after.value) is self.new.shapes[scope].value:
            # A member of an enumeration.
            return _same_namespace(before.value, after.value)
        return builds_same(before, after, self.own, self.twins)


def _same_namespace(one: Any, other: Any) -> bool:
    return (namespace_of(one) or {}).keys() == (namespace_of(other) or {}).keys()
