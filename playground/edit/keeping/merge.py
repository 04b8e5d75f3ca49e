"""
What an edit leaves: what a fresh start of the new source would build, and what connections built since the last one.

All of the new source runs. Then three states of each name are compared: what the old source had *built*, what is there
*now*, and what the new source has built *afresh*.

    built = afresh          the source says the same: what is there now stays, the same object
    built = now             nobody has touched it: it becomes what the source says
    neither                 both have changed it: containers and objects are merged part by part; where that is not
                            certain, what is there now stays, and a note says so

    members = set()         connections joined it: it stays
    LIMIT = 2               was 1: becomes 2
    COMMANDS = {}           filled by a decorator: holds what the new source registers
    seen = ["hello"]        was [], and connections appended "x": becomes ["hello", "x"]

A class whose text has not changed, nor anything that it reads, stays the same object (`twins`), so that `isinstance`
holds for what connections have made. Functions and all other classes are those of the new source.
"""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import EnumMeta
from functools import partial
from typing import Any

from playground.common.text import shorten
from playground.edit.keeping.built import Built, is_state
from playground.edit.keeping.comparing import Twins, builds_same, is_untouched, reads_same
from playground.edit.keeping.copying import Copier
from playground.edit.keeping.outdated import outdated
from playground.edit.keeping.parts import remove_part, splice, write_part, write_slot, write_to_function
from playground.edit.keeping.shapes import (
    CACHE,
    Attribute,
    Cell,
    Own,
    Shape,
    cached_names,
    has_own_equality,
    kind_of,
    namespace_of,
    parts_of,
    shape_of,
)
from playground.edit.keeping.standing_in import StandIns, with_parts
from playground.edit.keeping.twins import TwinFinder
from playground.edit.notes import Note
from playground.edit.values import is_a, is_class, name_of
from playground.record.storable import storable_error


@dataclass
class Kept:
    """What one edit kept."""

    kept: list[str] = field(default_factory=list)
    """Names whose values connections have changed, and which stay."""
    reset: list[str] = field(default_factory=list)
    """Names that hold something else now because the source changed."""
    notes: list[Note] = field(default_factory=list)
    """What stays or is gone and cannot be merged, and objects that keep old code."""
    patches: list[Callable[[], object]] = field(default_factory=list)
    """Changes of values that the old version holds, too."""

    def commit(self) -> None:
        """Change what both versions hold; until then, nothing of the old version has changed."""
        for patch in self.patches:
            try:
                patch()
            except Exception as error:
                self.notes.append(Note("conflict", f"a value could not be changed in place: {storable_error(error)}"))
        self.patches.clear()


def keep(old: Built, new: Built, way_out: str, *, copies: bool = False) -> Kept:
    """
    Give the names of a new version what connections built in the old one.

    Args:
        old: the current version.
        new: the next one, whose source has just run.
        way_out: how a fresh start is made, such as "pg.reset('/chat')".
        copies: give the new version copies, with which it can be tried.

    Returns:
        what was kept. The old version is as it was until its `commit` is called.
    """
    merge = _Merge(old, new, way_out, copies)
    merge.run()
    return merge.found


class _Merge:
    def __init__(self, old: Built, new: Built, way_out: str, copies: bool) -> None:
        self.old = old
        self.new = new
        self.way_out = way_out
        self.own = Own((*old.modules, *new.modules))
        self.copier = Copier(self.own) if copies else None
        self.found = Kept()
        # With copies there is none: a class that stays would share what its body built.
        knows = old.tree is not None and new.tree is not None and not copies
        self.finder = TwinFinder(old, new, self.own, self.same) if knows else None
        self.twins: Twins = Twins()
        self.stand_ins = StandIns(self.own)
        self._results: dict[int, Any] = {}
        """What became of each fresh object, by its id."""

    def run(self) -> None:
        if self.finder:
            self.twins = self.finder.find()
        for new, old in self.twins.items():
            self._pair(old, self.new.shapes[name_of(new)])
            self.found.patches.append(partial(type.__setattr__, old, "__module__", new.__module__))
        renamed = self._renamed()
        now = {
            renamed.get(name, name): self._living(value)
            for name, value in list(self.old.names.items())
            if is_state(name)
        }
        built = {renamed.get(name, name): shape for name, shape in self.old.shapes.items()}
        self._namespace("", built, now, self.new.shapes, self.new.names.__setitem__, self.new.names.__delitem__)
        self._tell_of_old_objects(now)
        self.stand_ins.put_in(self.new.names)
        self.stand_ins.translate(self.new.shapes.values(), self.old.shapes.values())

    def _living(self, value: Any) -> Any:
        return self.copier.copy(value) if self.copier else value

    def _renamed(self) -> dict[str, str]:
        """Return the endpoint's old name with its new one: it is matched by its role."""
        if is_class(self.old.target) != is_class(self.new.target):
            return {}
        old, new = ("" if one.target is None else name_of(one.target) for one in (self.old, self.new))
        return {old: new} if old and new and old != new and new not in self.old.shapes else {}

    def same(self, name: str, built: Shape, afresh: Shape, scope: str = "", twins: Twins | None = None) -> bool:
        """Return whether both sources build the same under a name; where that cannot be seen, their text says it."""
        if not builds_same(built, afresh, self.own, self.twins if twins is None else twins):
            return False
        if is_a(afresh.value, CACHE):
            return self.finder is not None and not scope and self.finder.stays(name)
        if afresh.kind != "opaque" or has_own_equality(afresh.value):
            return True
        if not (self.old.tree and self.new.tree):
            return True
        if scope:
            old, new = self.old.statements.inside(scope), self.new.statements.inside(scope)
            return old is None or new is None or new.same(name, old)
        return self.new.statements.same(name, self.old.statements)

    # Names

    def _namespace(
        self,
        scope: str,
        built: Mapping[str, Shape],
        now: Mapping[str, Any],
        afresh: Mapping[str, Shape],
        write: Callable[[str, Any], object],
        delete: Callable[[str], object],
    ) -> None:
        """Merge the names of a module or class; `scope` is the class's name."""
        prefix = f"{scope}." if scope else ""
        for name, shape in afresh.items():
            label = prefix + name
            if name not in now:
                if name in built and self.same(name, built[name], shape, scope):
                    # Connections have deleted it.
                    delete(name)
                    self.found.kept.append(label)
            elif name not in built:
                self._made_by_both(label, now[name], shape, partial(write, name))
            else:
                result = self._name(scope, name, label, built[name], now[name], shape)
                if result is not shape.value:
                    write(name, result)
        for name, value in now.items():
            if name not in built and name not in afresh:
                # A handler has made it, with `global` or by assigning to the class.
                write(name, value)
                self.found.kept.append(label := prefix + name)
        for name in built.keys() - afresh.keys():
            if name in now and _is_data(built[name]) and not is_untouched(built[name], now[name], self.own):
                self.found.reset.append(prefix + name)
                gone = f"{prefix}{name} is not in this source any more, and what connections have built in it is gone"
                self.found.notes.append(Note("gone", f"{gone}; pg.revert brings back the code, but not that"))

    def _name(self, scope: str, name: str, label: str, built: Shape, now: Any, afresh: Shape) -> Any:
        try:
            return self._merge_name(scope, name, label, built, now, afresh)
        except Exception as error:
            # Hashing and comparing what is in a set or mapping runs the user's code.
            self._conflict(label, now, None, _quoted(f"comparing it raised {storable_error(error)}"))
            return now

    def _merge_name(self, scope: str, name: str, label: str, built: Shape, now: Any, afresh: Shape) -> Any:
        if not self.same(name, built, afresh, scope) and "opaque" in (built.kind, afresh.kind):
            # What its inside has become cannot be seen; the source has another one now.
            if not is_a(now, CACHE) or now.cache_info().currsize:
                self.found.reset.append(label)
            return afresh.value
        notes = len(self.found.notes)
        result = self.merge(label, built, now, afresh)
        touched = not is_untouched(built, now, self.own)
        if result is afresh.value and now is not result:
            if _is_data(afresh) and touched:
                self.found.kept.append(label)
            elif _is_data(afresh) and afresh.kind != "plain" and not reads_same(built, afresh, self.own):
                self.found.reset.append(label)
        elif afresh.kind == "class":
            self._tell_of_twin(label, built, now)
        elif _is_data(afresh) and (touched or _has_hidden_state(afresh)) and notes == len(self.found.notes):
            self.found.kept.append(label)
        return result

    def _tell_of_twin(self, label: str, built: Shape, now: Any) -> None:
        """Report what connections have changed in a class that stays."""
        attributes = _by_name(parts_of(now, "class")) if is_a(now, type) else {}
        for key, part in built.pairs():
            if _is_data(part) and key.name in attributes and not is_untouched(part, attributes[key.name], self.own):
                self.found.kept.append(f"{label}.{key.name}")

    def _made_by_both(self, label: str, now: Any, afresh: Shape, write: Callable[[Any], object]) -> None:
        """A handler has made a name that the source makes now, too."""
        shape = shape_of(now, self.own)
        if not builds_same(shape, afresh, self.own, self.twins):
            self._conflict(label, now, afresh, "this edit sets it{to}, and connections had set it already")
        write(now)

    def _tell_of_old_objects(self, now: Mapping[str, Any]) -> None:
        """Note the classes whose text has changed while connections hold objects of them."""
        replaced = {
            shape.value: name
            for name, shape in self.old.shapes.items()
            if shape.kind == "class" and shape.value is not self.old.target and self._is_edited(name, shape)
        }
        known = {id(shape.value) for shape in with_parts(self.old.shapes.values())}
        for cls, holder in outdated(now, replaced, known, self.own):
            text = f"{holder} holds objects of {cls} that connections have made: they keep the code that it had before"
            self.found.notes.append(Note("old-objects", text, self.new.statements.line(cls)))

    def _is_edited(self, name: str, before: Shape) -> bool:
        after = self.new.shapes.get(name)
        if after is None or after.kind != "class" or self.twins.get(after.value) is before.value:
            return False
        return self.new.statements.texts(name) != self.old.statements.texts(name)

    # Values

    def merge(self, label: str, built: Shape, now: Any, afresh: Shape) -> Any:
        """Return what the new version gets for a value: what is there now, or what its source has built."""
        if afresh.kind == "plain":
            return self._merge(label, built, now, afresh)
        if id(afresh) not in self._results:
            # Entered first, because a value may contain itself.
            self._results[id(afresh)] = afresh.value
            self._results[id(afresh)] = self._merge(label, built, now, afresh)
        return self._results[id(afresh)]

    def _merge(self, label: str, built: Shape, now: Any, afresh: Shape) -> Any:
        if now is afresh.value:
            return now
        if builds_same(built, afresh, self.own, self.twins):
            if self._is_shared(now, afresh):
                # What cannot be copied, such as a generator: a draft gets one of its own.
                return afresh.value
            self._pair(now, afresh)
            return now
        if built.kind == afresh.kind == "class" and now is built.value:
            self._class(label, built, now, afresh)
            return afresh.value
        if built.kind == afresh.kind == "code" and now is built.value:
            self._code(label, built, now, afresh)
            return afresh.value
        if is_untouched(built, now, self.own):
            return afresh.value
        return self._both(label, built, now, afresh)

    def _is_shared(self, now: Any, afresh: Shape) -> bool:
        if self.copier is None or afresh.kind not in ("opaque", "object") or has_own_equality(afresh.value):
            return False
        return self.copier.is_shared(now)

    def _pair(self, now: Any, afresh: Shape) -> None:
        """Let what is there now stand in for a fresh value and its parts, wherever the new version refers to them."""
        if afresh.kind in ("plain", "code", "leaf") or not self.stand_ins.add(afresh.value, now):
            return
        if kind_of(now, self.own) != afresh.kind or afresh.kind == "set":
            return
        parts = dict(parts_of(now, afresh.kind))
        for key, part in afresh.pairs():
            if key in parts:
                self._pair(parts[key], part)

    def _class(self, label: str, built: Shape, now: type, afresh: Shape) -> None:
        cls = afresh.value
        if isinstance(cls, EnumMeta):
            return
        self._namespace(
            label,
            _by_name(built.pairs()),
            {name: self._living(value) for name, value in _by_name(parts_of(now, "class")).items()},
            _by_name(afresh.pairs()),
            partial(type.__setattr__, cls),
            partial(type.__delattr__, cls),
        )

    def _code(self, label: str, built: Shape, now: Any, afresh: Shape) -> None:
        """Give a new function what the old one remembers: in attributes, in its closure, in its defaults."""
        function = afresh.value
        if not (is_a(function, types.FunctionType) and is_a(now, types.FunctionType)):
            return
        if function.__globals__.get("__name__") not in self.own.modules:
            # What a decorator of a library remembers, such as which function is for which class, is about old code.
            return
        before, present = dict(built.pairs()), {key: self._living(part) for key, part in parts_of(now, "code")}
        for key, part in afresh.pairs():
            if key not in before or key not in present:
                continue
            result = self.merge(f"{label}.{_name_of(key)}", before[key], present[key], part)
            if result is not part.value:
                write_to_function(function, key, result)
        for key in present.keys() - before.keys():
            if isinstance(key, Attribute):
                function.__dict__.setdefault(key.name, present[key])

    def _both(self, label: str, built: Shape, now: Any, afresh: Shape) -> Any:
        """Merge a value that connections and the source have both changed."""
        same_class = type(now) is self.twins.old(type(afresh.value))
        kinds = {built.kind, afresh.kind, kind_of(now, self.own)}
        before = len(self.found.notes), len(self.found.patches)
        if len(kinds) == 1 and same_class:
            merges = {"mapping": self._keyed, "object": self._keyed, "set": self._set, "sequence": self._sequence}
            merge = merges.get(afresh.kind)
            if merge and not is_a(now, tuple | frozenset):
                if merge(label, built, now, afresh):
                    self.stand_ins.add(afresh.value, now)
                    if self.own.has(type(now)) or len(self.found.notes) == before[0] or afresh.kind != "object":
                        return now
                # The parts of a foreign object belong together.
                del self.found.notes[before[0] :], self.found.patches[before[1] :]
        elif kinds == {"object"} and self._is_next_class(type(now), type(afresh.value)):
            return self._new_class(label, built, now, afresh)
        self._conflict(label, now, afresh, "this edit changes it{to}, and connections have changed it, too")
        self._pair(now, afresh)
        return now

    def _is_next_class(self, old: type, new: type) -> bool:
        return self.own.has(old) and self.own.has(new) and old.__qualname__ == new.__qualname__

    def _new_class(self, label: str, built: Shape, now: Any, afresh: Shape) -> Any:
        """Return the fresh object of a changed class with the state of the old one: both use the same `__dict__`."""
        self._keyed(label, built, now, afresh, to=afresh.value)
        namespace = namespace_of(now)
        if namespace is not None and namespace_of(afresh.value) is not None:
            object.__setattr__(afresh.value, "__dict__", namespace)
            for name in cached_names(type(afresh.value)):
                self.found.patches.append(partial(namespace.pop, name, None))
        return afresh.value

    def _keyed(self, label: str, built: Shape, now: Any, afresh: Shape, to: Any = None) -> bool:
        """
        Merge a mapping's items, and an object's attributes.

        Args:
            to: a fresh object that gets what the other keeps in slots.
        """
        before, present, after = (
            {key: part for key, part in pairs if afresh.kind == "mapping" or isinstance(key, Attribute)}
            for pairs in (built.pairs(), parts_of(now, afresh.kind), afresh.pairs())
        )
        for key, part in after.items():
            where = f"{label}{_access(key)}"
            if key in before and key in present:
                result = self.merge(where, before[key], present[key], part)
                if result is not present[key]:
                    self._patch(write_part, now, key, result)
                if to is not None:
                    write_slot(to, key, result)
            elif key in before:
                if not builds_same(before[key], part, self.own, self.twins):
                    self._conflict(where, None, part, "this edit changes it{to}, and connections have removed it")
            elif key in present:
                if not builds_same(shape_of(present[key], self.own), part, self.own, self.twins):
                    self._conflict(
                        where, present[key], part, "this edit sets it{to}, and connections had set it already"
                    )
            else:
                self._patch(write_part, now, key, part.value)
        for key in before.keys() & present.keys() - after.keys():
            if is_untouched(before[key], present[key], self.own):
                self._patch(remove_part, now, key)
            else:
                where = f"{label}{_access(key)}"
                self._conflict(where, present[key], None, "this edit removes it, and connections have changed it")
        return True

    def _set(self, label: str, built: Shape, now: Any, afresh: Shape) -> bool:
        old, new = _items_of(built), _items_of(afresh)
        added = [one.value for one in new if not self._is_among(one, old)]
        removed = [one.value for one in old if not any(self._is_same(one, other) for other in new)]
        self.found.patches.append(lambda: set.update(now, map(self.stand_ins.final, added)))
        self.found.patches.append(lambda: set.difference_update(now, removed))
        return self._keyed(label, built, now, afresh)

    def _is_same(self, old: Shape, new: Shape) -> bool:
        return builds_same(old, new, self.own, self.twins)

    def _is_among(self, new: Shape, old: Iterable[Shape]) -> bool:
        return any(self._is_same(one, new) for one in old)

    def _sequence(self, label: str, built: Shape, now: Any, afresh: Shape) -> bool:
        """Replace what the source had put into a list, where that still stands together."""
        old, new = _items_of(built), _items_of(afresh)
        items = list(now)
        start = self._find_run(old, items)
        if start is None:
            return False
        first = 0
        while first < min(len(old), len(new)) and self._is_same(old[first], new[first]):
            first += 1
        last = 0
        while last < min(len(old), len(new)) - first and self._is_same(old[-1 - last], new[-1 - last]):
            last += 1
        gone = items[start + first : start + len(old) - last]
        parts = new[first : len(new) - last]
        if len(gone) == len(parts):
            olds = old[first : len(old) - last]
            values = [self.merge(f"{label}[{first + at}]", olds[at], gone[at], part) for at, part in enumerate(parts)]
        elif all(is_untouched(one, value, self.own) for one, value in zip(old[first:], gone, strict=False)):
            values = [part.value for part in parts]
        else:
            return False
        if is_a(now, deque) and now.maxlen != afresh.value.maxlen:
            # It cannot be changed.
            return False
        stop = start + len(old) - last
        self.found.patches.append(lambda: splice(now, start + first, stop, list(map(self.stand_ins.final, values))))
        return self._keyed(label, built, now, afresh)

    def _find_run(self, old: list[Shape], items: list[Any]) -> int | None:
        """Return where the items that the source built stand together; at the beginning, if they can."""

        def stands(at: int) -> bool:
            pairs = zip(old, items[at:], strict=False)
            return all(one.value is value or is_untouched(one, value, self.own) for one, value in pairs)

        starts = [at for at in range(len(items) - len(old) + 1) if stands(at)] if old else [0]
        return starts[0] if starts and (starts[0] == 0 or len(starts) == 1) else None

    # Changes of what both versions hold

    def _patch(self, change: Callable[..., object], *arguments: Any) -> None:
        def patch() -> None:
            change(*[self.stand_ins.final(one) for one in arguments])

        self.found.patches.append(patch)

    def _conflict(self, label: str, now: Any, afresh: Shape | None, why: str) -> None:
        line = self.new.statements.line(label.partition(".")[0].partition("[")[0])
        stays = f"{label} stays as it is" if now is None else f"{label} stays {_show(now)}"
        reason = why.format(to=f" to {_show(afresh.value)}" if afresh else "")
        self.found.notes.append(
            Note(
                "conflict", f"{stays}: {reason}; {self.way_out} starts anew, without what connections have built", line
            )
        )


def _quoted(text: str) -> str:
    """Return a text in which braces stand for themselves."""
    return text.replace("{", "{{").replace("}", "}}")


def _items_of(shape: Shape) -> list[Shape]:
    return [part for key, part in shape.pairs() if not isinstance(key, Attribute)]


def _is_data(shape: Shape) -> bool:
    return shape.kind not in ("code", "class", "leaf")


def _has_hidden_state(shape: Shape) -> bool:
    return shape.kind == "opaque" and not has_own_equality(shape.value)


def _by_name(pairs: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    return {key.name: value for key, value in pairs}


def _name_of(key: Any) -> str:
    return str(key.name) if isinstance(key, Attribute | Cell) else f"default {key.position}"


def _access(key: Any) -> str:
    return f".{key.name}" if isinstance(key, Attribute) else f"[{_show(key)}]"


def _show(value: Any) -> str:
    try:
        return shorten(repr(value), 40)
    except Exception:
        return f"a {type(value).__name__}"
