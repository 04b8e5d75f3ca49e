"""
What an edit leaves alone keeps its value.

`members = set()` in a module or class body is state once people are in it. An edit elsewhere must not empty the room,
so an assignment is not run again when its text, and everything it reads, is what it was; it keeps the value it has
now. An unchanged helper class stays the same object. Everything else runs again.

    LIMIT = 2                 changed
    window = LIMIT * 10       runs again: it reads LIMIT
    members = set()           keeps its value
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

KEPT = "__kept_values__"
"""The name under which a module finds the values it keeps."""


@dataclass(frozen=True)
class Before:
    """The version that is live while the next one is loaded."""

    tree: ast.Module
    module: Mapping[str, Any]
    """Its module's names with their values of now."""
    target: Any
    """Its endpoint."""


@dataclass
class Kept:
    """What one edit kept, and what it ran again."""

    values: dict[str, Any] = field(default_factory=dict)
    """Values by qualified name, such as "members" or "Chat.members"."""
    kept: list[str] = field(default_factory=list)
    """Names with a value worth mentioning that stayed."""
    reset: list[str] = field(default_factory=list)
    """Names that were there before and were assigned anew, because they or what they read changed."""


def keep(tree: ast.Module, before: Before) -> Kept:
    """
    Rewrite a module's tree so that what did not change takes its value from `Kept.values`.

    The values have to stand in the module under the name `KEPT` when the tree is run. Line numbers stay.
    """
    found = Kept()
    old, new = _Scope(before.tree.body), _Scope(tree.body)
    twins = dict(_classes(before, tree))
    for index, node in enumerate(tree.body):
        if isinstance(node, ast.ClassDef) and node.name in twins:
            twin, cls = twins[node.name]
            if cls is not before.target and new.same(node.name, old):
                tree.body[index] = _taken(node, node.name, cls, found)
            else:
                _keep_in_class(node, twin, cls, old, new, found)
        else:
            tree.body[index] = _decide(node, old, new, before.module, "", found)
    return found


def _classes(before: Before, tree: ast.Module) -> Iterator[tuple[str, tuple[ast.ClassDef, Any]]]:
    """Yield each class of the new module with its predecessor; the endpoint is matched by its role, not its name."""
    old = {node.name: node for node in before.tree.body if isinstance(node, ast.ClassDef)}
    new = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    for name in new:
        if name in old:
            cls = before.target if _is(before.target, name) else before.module.get(name)
            if isinstance(cls, type):
                yield name, (old[name], cls)
    role = getattr(before.target, "__name__", "")
    fresh = [name for name in new if name not in old]
    if role in old and role not in new and len(fresh) == 1:
        yield fresh[0], (old[role], before.target)


def _is(target: Any, name: str) -> bool:
    return getattr(target, "__name__", None) == name


def _keep_in_class(node: ast.ClassDef, twin: ast.ClassDef, cls: type, old: _Scope, new: _Scope, found: Kept) -> None:
    inner_old, inner_new = _Scope(twin.body, old), _Scope(node.body, new)
    for index, statement in enumerate(node.body):
        node.body[index] = _decide(statement, inner_old, inner_new, vars(cls), f"{node.name}.", found)


def _decide(node: ast.stmt, old: _Scope, new: _Scope, values: Mapping[str, Any], prefix: str, found: Kept) -> ast.stmt:
    """Return the statement as it is, or one that takes the value there is now."""
    name = _assigned(node)
    if name is None or name not in old.units or name not in values or _is_dunder(name):
        return node
    value = getattr(node, "value", None)
    if not new.same(name, old):
        if not _is_literal(value):
            found.reset.append(prefix + name)
        return node
    if not _is_literal(value) or _differs(value, values[name]):
        found.kept.append(prefix + name)
    return _taken(node, prefix + name, values[name], found)


def _taken(node: ast.stmt, key: str, value: Any, found: Kept) -> ast.stmt:
    found.values[key] = value
    if isinstance(node, ast.ClassDef):
        found.kept.append(key)
    target = ast.Name(key.rpartition(".")[2], ast.Store())
    lookup = ast.Subscript(ast.Name(KEPT, ast.Load()), ast.Constant(key), ast.Load())
    taken: ast.stmt = ast.Assign([target], lookup)
    if isinstance(node, ast.AnnAssign):
        taken = ast.AnnAssign(target, node.annotation, lookup, simple=1)
    return ast.fix_missing_locations(ast.copy_location(taken, node))


def _assigned(node: ast.stmt) -> str | None:
    """Return the name that a plain assignment of one value gives it to, or None for any other statement."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    if isinstance(node, ast.AnnAssign) and node.value is not None and isinstance(node.target, ast.Name):
        return node.target.id
    return None


def _is_dunder(name: str) -> bool:
    # `__slots__` and their like tell Python how to make the class; they are no state.
    return name.startswith("__") and name.endswith("__")


def _is_literal(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant | None)


def _differs(value: ast.expr | None, now: Any) -> bool:
    return isinstance(value, ast.Constant) and (type(now) is not type(value.value) or now != value.value)


class _Scope:
    """The statements of a module or class body, by the names they bind."""

    def __init__(self, body: list[ast.stmt], outer: _Scope | None = None) -> None:
        self.outer = outer
        self.units: dict[str, list[str]] = {}
        """What each name is bound by, as normalised text."""
        self.reads: dict[str, set[str]] = {}
        for node in body:
            for name in _binds(node):
                self.units.setdefault(name, []).append(ast.dump(node))
                self.reads.setdefault(name, set()).update(_reads(node))

    def same(self, name: str, other: _Scope, seen: frozenset[str] = frozenset()) -> bool:
        """Return whether a name is bound by the same text in both, which reads nothing that changed."""
        if name in seen:
            return True
        if name not in self.units and name not in other.units:
            if self.outer is not None and other.outer is not None:
                return self.outer.same(name, other.outer)
            # A builtin, or the notebook's: not changed by this edit.
            return True
        if self.units.get(name) != other.units.get(name):
            return False
        return all(self.same(read, other, seen | {name}) for read in self.reads[name])


def _binds(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    for one in ast.walk(node):
        if isinstance(one, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in one.names}
    return names


def _reads(node: ast.stmt) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
