"""What connections built in the modules beside a file, when these are loaded again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from types import ModuleType
from typing import Any

from playground.edit.files.added import is_of_app
from playground.edit.keeping.built import Built
from playground.edit.keeping.merge import Kept, keep
from playground.edit.notes import Note
from playground.edit.values import is_a


class Carried:
    """
    The values that stay in modules that were loaded again, in place of those that their sources made afresh.

    Who imported a fresh value by its name gets the one that stays; a class that derives from a fresh one, too.
    """

    def __init__(self) -> None:
        self.notes: list[Note] = []
        """What could not be merged for certain."""
        self._kept: list[Kept] = []
        self._stays: dict[int, tuple[Any, Any]] = {}

    def carry(self, old: Built, new: Built) -> None:
        """Give a module that was loaded again what connections built in the one before."""
        self.put_in(new.names)
        fresh = dict(new.names)
        kept = keep(old, new, "pg.stop() and a fresh start")
        self._kept.append(kept)
        new.names.update({name: value for name, value in fresh.items() if is_of_app(value)})
        self.notes += kept.notes
        for name, value in fresh.items():
            if name in new.names and new.names[name] is not value and not _is_plain(value):
                self._stays[id(value)] = value, new.names[name]

    def commit(self) -> None:
        """Change what the modules before hold, too; until then they are as they were."""
        for kept in self._kept:
            kept.commit()

    def put_in(self, names: MutableMapping[str, Any]) -> None:
        """Replace the fresh values among a module's names by those that stay."""
        if not self._stays:
            return
        for name, value in list(names.items()):
            if not (name.startswith("__") and name.endswith("__")):
                names[name] = self._staying(value)
                self._put_into_class(names[name])

    def _staying(self, value: Any) -> Any:
        return self._stays.get(id(value), (value, value))[1]

    def _put_into_class(self, value: Any) -> None:
        """Let a class, or an object, be one of the class that stays."""
        try:
            if is_a(value, type):
                bases = tuple(map(self._staying, value.__bases__))
                if bases != value.__bases__:
                    value.__bases__ = bases
            elif id(type(value)) in self._stays:
                object.__setattr__(value, "__class__", self._staying(type(value)))
        except TypeError:
            # Their layouts differ; then they stay as they are.
            pass


def _is_plain(value: Any) -> bool:
    return value is None or is_a(value, str | bytes | int | float | bool | ModuleType)


def in_order(names: Iterable[str], imports: Mapping[str, set[str]]) -> list[str]:
    """Return modules so that each comes after those that it imports, as far as they do not import each other."""
    found: dict[str, bool] = {}

    def visit(name: str) -> None:
        if name in found:
            return
        found[name] = False
        for other in sorted(imports[name] & imports.keys()):
            visit(other)
        # Entered again, so that it stands after them.
        del found[name]
        found[name] = True

    for name in sorted(names):
        visit(name)
    return list(found)
