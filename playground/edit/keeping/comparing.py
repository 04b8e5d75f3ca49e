"""Whether a source builds the same as the one before it, and whether a value is still as its source built it."""

from __future__ import annotations

import types
from typing import Any

from playground.edit.keeping.shapes import (
    BUFFERS,
    Own,
    Shape,
    content_of,
    equal,
    has_own_equality,
    is_same_plain,
    kind_of,
    parts_of,
)
from playground.edit.values import is_a


class Twins(dict[type, type]):
    """Classes of the new source, each with the one of the old source that stays in its place."""

    def old(self, cls: type) -> type:
        """Return the class that stands for a class of the new source."""
        return self.get(cls, cls)


def builds_same(old: Shape, new: Shape, own: Own, twins: Twins) -> bool:
    """
    Return whether two sources build the same value, as far as can be seen.

    A function or class of the source's own is another one each time, unless it has a twin. What has no parts to be
    seen, such as a lock, is the same if its type is.
    """
    return _SameBuild(own, twins).same(old, new)


def reads_same(old: Shape, new: Shape, own: Own) -> bool:
    """Return whether a reader would say that two sources build the same: functions of the same code count as one."""
    return _SameReading(own, Twins()).same(old, new)


def code_without_place(value: Any) -> tuple[Any, ...] | None:
    """Return what a function does, wherever it stands; None for what is no plain function."""
    return _without_place(value.__code__) if is_a(value, types.FunctionType) else None


def _without_place(code: types.CodeType) -> tuple[Any, ...]:
    constants = [_without_place(one) if is_a(one, types.CodeType) else (type(one), one) for one in code.co_consts]
    return (code.co_code, code.co_names, code.co_varnames, code.co_freevars, tuple(constants))


class _SameBuild:
    def __init__(self, own: Own, twins: Twins) -> None:
        self.own = own
        self.twins = twins
        self.seen: set[tuple[int, int]] = set()

    def same(self, old: Shape, new: Shape) -> bool:
        if (id(old), id(new)) in self.seen:
            # A circle: it is the same if everything else is.
            return True
        self.seen.add((id(old), id(new)))
        one, other = old.value, new.value
        if old.kind != new.kind:
            return False
        if old.kind == "plain":
            return is_same_plain(one, other)
        if old.kind == "class":
            return self._same_class(one, other)
        if old.kind == "leaf":
            return one is other
        if old.kind == "code":
            return self._same_code(old, new)
        if not self._same_class(type(one), type(other)):
            return False
        if old.kind == "opaque":
            return self._same_opaque(old, new)
        return self._same_parts(old, new)

    def _same_class(self, one: type, other: type) -> bool:
        return self.twins.old(other) is one

    def _same_code(self, old: Shape, new: Shape) -> bool:
        one, other = old.value, new.value
        if one is other:
            return True
        if is_a(one, types.MethodType) and is_a(other, types.MethodType):
            one, other = one.__func__, other.__func__
            return one is other
        if not (is_a(one, types.FunctionType) and is_a(other, types.FunctionType)):
            return False
        return not self.own.has(one) and one.__code__ is other.__code__ and self._same_parts(old, new)

    def _same_opaque(self, old: Shape, new: Shape) -> bool:
        if is_a(new.value, BUFFERS):
            return bool(old.content == new.content)
        return not has_own_equality(new.value) or equal(old.value, new.value)

    def _same_parts(self, old: Shape, new: Shape) -> bool:
        if old.content is not None or new.content is not None:
            return bool(old.content == new.content)
        if len(old.parts) != len(new.parts):
            return False
        if old.kind == "set":
            return self._same_elements(old, new)
        if old.kind in ("object", "code"):
            # The order in which attributes were set does not matter.
            by_name = dict(new.pairs())
            return all(key in by_name and self.same(part, by_name[key]) for key, part in old.pairs())
        keys = zip(old.keys, new.keys, strict=True)
        return all(self._same_key(a, b) for a, b in keys) and all(map(self.same, old.parts, new.parts))

    def _same_elements(self, old: Shape, new: Shape) -> bool:
        left = list(old.parts)
        for part in new.parts:
            found = next((one for one in left if type(self)(self.own, self.twins).same(one, part)), None)
            if found is None:
                return False
            left.remove(found)
        return True

    def _same_key(self, one: Any, other: Any) -> bool:
        if is_a(one, type) and is_a(other, type):
            return self._same_class(one, other)
        return one is other or (type(one) is type(other) and equal(one, other))


class _SameReading(_SameBuild):
    def _same_class(self, one: type, other: type) -> bool:
        both_own = self.own.has(one) and self.own.has(other)
        return one is other or (both_own and one.__qualname__ == other.__qualname__)

    def _same_code(self, old: Shape, new: Shape) -> bool:
        code = code_without_place(old.value)
        return super()._same_code(old, new) or (code is not None and code == code_without_place(new.value))


def is_untouched(base: Shape, now: Any, own: Own) -> bool:
    """Return whether a value, and all of its parts, are as they were when the shape was taken."""
    return _Untouched(own).untouched(base, now)


class _Untouched:
    def __init__(self, own: Own) -> None:
        self.own = own
        self.seen: set[tuple[int, int]] = set()

    def untouched(self, base: Shape, now: Any) -> bool:
        if (id(base), id(now)) in self.seen:
            return True
        self.seen.add((id(base), id(now)))
        if base.kind == "plain":
            return is_same_plain(base.value, now)
        if base.kind in ("code", "leaf"):
            return base.value is now
        if base.kind == "opaque":
            if is_a(base.value, BUFFERS):
                return type(now) is type(base.value) and base.content == bytes(now)
            return base.value is now
        if base.kind == "class":
            return base.value is now and self._same_parts(base, now)
        if kind_of(now, self.own) != base.kind or type(now) is not type(base.value):
            return False
        return self._same_parts(base, now)

    def _same_parts(self, base: Shape, now: Any) -> bool:
        if base.content is not None:
            return bool(base.content == content_of(now))
        parts = list(parts_of(now, base.kind))
        if len(parts) != len(base.parts):
            return False
        if base.kind == "set":
            there = {id(one) for one, _ in parts}
            return all(id(one.value) in there or self._is_in(one, now) for one in base.parts)
        if base.kind in ("object", "class"):
            by_name = dict(parts)
            return all(
                key in by_name and self.untouched(part, by_name[key])
                for key, part in zip(base.keys, base.parts, strict=True)
            )
        return all(
            (key is known or equal(key, known)) and self.untouched(part, value)
            for (key, value), known, part in zip(parts, base.keys, base.parts, strict=True)
        )

    @staticmethod
    def _is_in(element: Shape, now: Any) -> bool:
        return element.kind == "plain" and element.value in now
