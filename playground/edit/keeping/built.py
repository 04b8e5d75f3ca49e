"""What a version's source had built, and what its names are now."""

from __future__ import annotations

import ast
import types
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from playground.edit.keeping.shapes import Own, Shape, shape_of
from playground.edit.keeping.statements import Statements, rebound


@dataclass
class Built:
    """A version: its names as they are now, and what its source had built."""

    tree: ast.Module | None
    """Its syntax tree; None where the source is not known."""
    names: dict[str, Any]
    """Its module's names; those of a version without a module are only its endpoint's."""
    target: Any
    """Its endpoint class or function; None for a whole app."""
    modules: tuple[str, ...]
    """The names of the modules that its classes and functions say they are from."""
    shapes: dict[str, Shape] = field(default_factory=dict)
    """What its source had built, by name."""

    @cached_property
    def statements(self) -> Statements:
        """The statements of its source, by the names they bind."""
        return Statements(self.tree.body if self.tree else [])

    @cached_property
    def rebound(self) -> set[str]:
        """The names that functions of its source rebind with `global`."""
        return rebound(self.tree) if self.tree else set()

    @classmethod
    def of_module(cls, module: types.ModuleType, tree: ast.Module, target: Any) -> Built:
        """Return what a module holds that has just run."""
        built = cls(tree, vars(module), target, (module.__name__,))
        return built._with_shapes()

    @classmethod
    def of_object(cls, target: Any, tree: ast.Module | None) -> Built:
        """Return what is known of a class or function that was defined elsewhere."""
        names = {getattr(target, "__name__", "endpoint"): target}
        return cls(tree, names, target, (getattr(target, "__module__", "") or "",))._with_shapes()

    def _with_shapes(self) -> Built:
        own = Own(self.modules)
        self.shapes = {name: shape_of(value, own) for name, value in list(self.names.items()) if is_state(name)}
        return self


def is_state(name: str) -> bool:
    """Return whether a module's name may hold state; those like `__doc__` are Python's."""
    return not (name.startswith("__") and name.endswith("__"))
