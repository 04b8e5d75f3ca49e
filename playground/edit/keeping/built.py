"""What a version's source had built, and what its names are now."""

from __future__ import annotations

import ast
import types
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from playground.edit.keeping.shapes import Own, Shape, shape_of
from playground.edit.keeping.statements import Statements, rebound
from playground.edit.values import module_of, name_of


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
        names = {name_of(target): target}
        return cls(tree, names, target, (module_of(target) or "",))._with_shapes()

    def patched(self, tree: ast.Module | None) -> Built:
        """Return the same after the endpoint's code was replaced in place, which is no state of its connections."""
        own = Own(self.modules)
        shapes = {
            name: _with_code(shape, shape_of(self.target, own)) if shape.value is self.target else shape
            for name, shape in self.shapes.items()
        }
        return replace(self, tree=tree, shapes=shapes)

    def _with_shapes(self) -> Built:
        own = Own(self.modules)
        self.shapes = {name: shape_of(value, own) for name, value in list(self.names.items()) if is_state(name)}
        return self


def _with_code(built: Shape, now: Shape) -> Shape:
    """Return the shape of a class as it was built, with the functions that it has now; of a function, the new one."""
    if built.kind != "class":
        return now
    before = dict(zip(built.keys, built.parts, strict=True))
    merged = Shape(built.value, built.kind)
    for key, part in zip(now.keys, now.parts, strict=True):
        if part.kind == "code" or key in before:
            merged.keys.append(key)
            merged.parts.append(part if part.kind == "code" else before[key])
    return merged


def is_state(name: str) -> bool:
    """Return whether a module's name may hold state; those like `__doc__` are Python's."""
    # `globals()[5] = 5` is possible, and no name.
    return isinstance(name, str) and not (name.startswith("__") and name.endswith("__"))
