"""
What an edit did not change keeps its value.

`members = set()` in a module or class body becomes state when members are added. An edit elsewhere must not empty the
set, so an assignment is not run again if its text and everything it reads are unchanged; the name keeps its current
value. An unchanged helper class stays the same object. Everything else runs again.

    LIMIT = 2                 changed
    window = LIMIT * 10       runs again: it reads LIMIT
    members = set()           keeps its value
    rooms = {}                keeps its value …
    rooms["hall"] = set()     … and this change of it is not made a second time
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint

VALUES_NAME = "__kept_values__"
"""The name in a module under which the rewritten assignments find the kept values."""


@dataclass(frozen=True)
class PreviousVersion:
    """The current version while the next one is loaded."""

    tree: ast.Module
    module: Mapping[str, Any]
    """Its module's names with their current values."""
    target: Any
    """Its endpoint class or function."""


@dataclass
class KeptValues:
    """The values that one edit kept, and the names that it assigned anew."""

    values: dict[str, Any] = field(default_factory=dict)
    """Values by qualified name, such as "members" or "Chat.members"."""
    kept: list[str] = field(default_factory=list)
    """Names that kept their value, for the report; unchanged constants are left out."""
    reset: list[str] = field(default_factory=list)
    """Names that were there before and were assigned anew, because they or what they read changed."""


def keep(tree: ast.Module, previous: PreviousVersion) -> KeptValues:
    """
    Rewrite a module's tree so that what did not change takes its value from `KeptValues.values`.

    `VALUES_NAME` has to be set to the values in the module before the tree is run. Line numbers stay.
    """
    found = KeptValues()
    rebound = _rebound(previous.tree) | _rebound(tree)
    old, new = _Scope(previous.tree.body, rebound), _Scope(tree.body, rebound)
    twins = dict(_classes(previous, tree))
    whole = {name: cls for name, (_, cls) in twins.items() if _is_kept_whole(new.nodes[name][0], cls, old, new)}
    tree.body = _rewrite(tree.body, old, new, previous.module, "", found, whole)
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name in twins and not node.decorator_list:
            twin, cls = twins[node.name]
            # What a metaclass has made of a class body is not what its text says.
            if type(cls) is type:
                inner_old, inner_new = _Scope(twin.body, rebound, old), _Scope(node.body, rebound, new)
                node.body = _rewrite(node.body, inner_old, inner_new, vars(cls), f"{node.name}.", found)
    return found


def _classes(previous: PreviousVersion, tree: ast.Module) -> Iterator[tuple[str, tuple[ast.ClassDef, Any]]]:
    """Yield each class of the new module with its predecessor; the endpoint class is matched even if it was renamed."""
    old = {node.name: node for node in previous.tree.body if isinstance(node, ast.ClassDef)}
    new = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    role = getattr(previous.target, "__name__", "")
    for name in new:
        cls = previous.target if name == role else previous.module.get(name)
        if name in old and isinstance(cls, type):
            yield name, (old[name], cls)
    fresh = [name for name in new if name not in old]
    if role in old and role not in new and len(fresh) == 1:
        yield fresh[0], (old[role], previous.target)


def _is_kept_whole(node: ast.stmt, cls: type, old: _Scope, new: _Scope) -> bool:
    """Return whether a helper class stays the same object; an endpoint class never does, so that its code is new."""
    if not isinstance(node, ast.ClassDef) or issubclass(cls, (WebSocketEndpoint, HTTPEndpoint)):
        return False
    # A class that rebinds its module's globals would go on doing that in the old module.
    return new.same(node.name, old) and not (_reads(node) | _binds(node)) & new.rebound


def _rebound(tree: ast.Module) -> set[str]:
    """Return the names that functions rebind with `global`."""
    return {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}


def _rewrite(
    body: list[ast.stmt],
    old: _Scope,
    new: _Scope,
    values: Mapping[str, Any],
    prefix: str,
    found: KeptValues,
    whole: Mapping[str, Any] | None = None,
) -> list[ast.stmt]:
    """Return a body in which each name that keeps its value is assigned that value at its first assignment."""
    whole = whole or {}
    kept = _kept_names(body, old, new, values) | set(whole)
    rewritten: list[ast.stmt] = []
    taken: set[str] = set()
    for node in body:
        names = new.bound[node]
        if names and names <= kept and (_is_simple(node) or names <= set(whole)):
            for name in sorted(names - taken):
                found.values[prefix + name] = whole[name] if name in whole else values[name]
                if name in whole or _is_worth_telling(new.nodes[name], values[name]):
                    found.kept.append(prefix + name)
                rewritten.append(_take(node, name, prefix + name))
            taken |= names
            continue
        for name in sorted(names & old.units.keys()):
            if _is_simple(node) and _is_worth_telling(new.nodes[name]) and prefix + name not in found.reset:
                found.reset.append(prefix + name)
        rewritten.append(node)
    # A class body needs at least one statement; an empty source stays empty.
    return rewritten or [ast.copy_location(ast.Pass(), node) for node in body[:1]]


def _kept_names(body: list[ast.stmt], old: _Scope, new: _Scope, values: Mapping[str, Any]) -> set[str]:
    """Return the names of which every statement may be left out, because none has changed."""
    kept = {
        name
        for name, nodes in new.nodes.items()
        if all(map(_is_simple, nodes))
        and isinstance(nodes[0], ast.Assign | ast.AnnAssign)
        and new.same(name, old)
        and name in values
        and not _is_dunder(name)
        and not _is_descriptor(values[name])
    }
    # A statement that assigns several names is left out for all of them or for none.
    while True:
        split = {name for node in body for name in new.bound[node] if not new.bound[node] <= kept} & kept
        if not split:
            return kept
        kept -= split


def _take(node: ast.stmt, name: str, key: str) -> ast.stmt:
    target = ast.Name(name, ast.Store())
    lookup = ast.Subscript(ast.Name(VALUES_NAME, ast.Load()), ast.Constant(key), ast.Load())
    taken: ast.stmt = ast.Assign([target], lookup)
    if isinstance(node, ast.AnnAssign):
        taken = ast.AnnAssign(target, node.annotation, lookup, simple=1)
    return ast.fix_missing_locations(ast.copy_location(taken, node))


def _is_simple(node: ast.stmt) -> bool:
    """Return whether a statement only assigns names or changes their values."""
    if isinstance(node, ast.AnnAssign):
        return node.value is not None
    return isinstance(node, ast.Assign | ast.AugAssign) or _called_on(node) is not None


def _called_on(node: ast.stmt) -> str | None:
    """Return the name a bare method call such as `rooms.append(1)` works on."""
    call = node.value if isinstance(node, ast.Expr) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        return call.func.value.id
    return None


def _is_dunder(name: str) -> bool:
    # `__slots__` and their like tell Python how to make the class; they are no state.
    return name.startswith("__") and name.endswith("__")


def _is_descriptor(value: Any) -> bool:
    """Return whether a value is bound to its class, such as a function, a property or a field of a NamedTuple."""
    return hasattr(type(value), "__get__") or hasattr(type(value), "__set_name__")


def _is_worth_telling(nodes: list[ast.stmt], *now: Any) -> bool:
    """Return whether a name is not a constant, or no longer has the value that the source gives it."""
    value = getattr(nodes[0], "value", None)
    if len(nodes) > 1 or not isinstance(value, ast.Constant):
        return True
    return any(type(one) is not type(value.value) or one != value.value for one in now)


class _Scope:
    """The statements of a module or class body, by the names they bind."""

    def __init__(self, body: list[ast.stmt], rebound: set[str], outer: _Scope | None = None) -> None:
        self.outer = outer
        self.rebound = rebound
        self.bound = {node: _binds(node) for node in body}
        """The names that each statement binds or changes."""
        self.nodes: dict[str, list[ast.stmt]] = {}
        self.units: dict[str, list[str]] = {}
        """What each name is bound or changed by, as normalised text."""
        for node, names in self.bound.items():
            text = ast.dump(node) if names else ""
            for name in names:
                self.nodes.setdefault(name, []).append(node)
                self.units.setdefault(name, []).append(text)

    def same(self, name: str, other: _Scope, seen: frozenset[str] = frozenset()) -> bool:
        """Return whether both scopes bind a name with the same text, and nothing that this text reads has changed."""
        if name in seen:
            return True
        if name not in self.units and name not in other.units:
            if self.outer is not None and other.outer is not None:
                return self.outer.same(name, other.outer)
            # A builtin or a name of the notebook: not changed by this edit.
            return True
        if self.units.get(name) != other.units.get(name):
            return False
        reads = {read for node in self.nodes[name] for read in _reads(node)} - {name}
        return not reads & self.rebound and all(self.same(read, other, seen | {name}) for read in reads)


def _binds(node: ast.stmt) -> set[str]:
    """Return the names a statement gives a value, or whose value it changes in place."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    called_on = _called_on(node)
    if called_on is not None:
        return {called_on}
    names = {one.id for one in _walk_here(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    for one in _walk_here(node):
        if isinstance(one, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in one.names}
        elif isinstance(one, ast.Attribute | ast.Subscript) and isinstance(one.ctx, ast.Store):
            while isinstance(one, ast.Attribute | ast.Subscript):
                one = one.value
            names |= {one.id} if isinstance(one, ast.Name) else set()
    return names


def _walk_here(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a statement without going into functions, lambdas and comprehensions, which have scopes of their own."""
    yield node
    inner = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
    comprehensions = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, inner | comprehensions):
            yield from _walk_here(child)


def _reads(node: ast.stmt) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
