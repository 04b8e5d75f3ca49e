"""
What an edit leaves alone keeps its value.

`members = set()` in a module or class body is state once people are in it. An edit elsewhere must not empty the room,
so an assignment is not run again when its text, and everything it reads, is what it was; it keeps the value it has
now. An unchanged helper class stays the same object. Everything else runs again.

    LIMIT = 2                 changed
    window = LIMIT * 10       runs again: it reads LIMIT
    members = set()           keeps its value
    rooms = {}                keeps its value …
    rooms["hall"] = set()     … and what is done to it here is not done twice
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint

VALUES_NAME = "__kept_values__"
"""The name under which a module finds the values it keeps."""


@dataclass(frozen=True)
class PreviousVersion:
    """The version that is live while the next one is loaded."""

    tree: ast.Module
    module: Mapping[str, Any]
    """Its module's names with their values of now."""
    target: Any
    """Its endpoint."""


@dataclass
class KeptValues:
    """What one edit kept, and what it ran again."""

    values: dict[str, Any] = field(default_factory=dict)
    """Values by qualified name, such as "members" or "Chat.members"."""
    kept: list[str] = field(default_factory=list)
    """Names with a value worth mentioning that stayed."""
    reset: list[str] = field(default_factory=list)
    """Names that were there before and were assigned anew, because they or what they read changed."""


def keep(tree: ast.Module, previous: PreviousVersion) -> KeptValues:
    """
    Rewrite a module's tree so that what did not change takes its value from `KeptValues.values`.

    The values have to stand in the module under the name `VALUES_NAME` when the tree is run. Line numbers stay.
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
    """Yield each class of the new module with its predecessor; the endpoint is matched by its role, not its name."""
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
    """Return whether a helper class stays the same object; an endpoint's never does: its code must be the new one."""
    if not isinstance(node, ast.ClassDef) or issubclass(cls, (WebSocketEndpoint, HTTPEndpoint)):
        return False
    # A class that counts in its module's globals would go on counting in the old module's.
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
    """Return a body in which every name that keeps its value takes it where it was first assigned."""
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
    # A class body needs a statement, also when every one of its was left out; an empty source stays empty.
    return rewritten or [ast.copy_location(ast.Pass(), node) for node in body[:1]]


def _kept_names(body: list[ast.stmt], old: _Scope, new: _Scope, values: Mapping[str, Any]) -> set[str]:
    """Return the names whose every statement may be left out, because all of it is as before."""
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
    # A statement that gives several names their values is left out for all of them or for none.
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
    """Return whether a statement gives names their values, or changes these, and does nothing else."""
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
    """Return whether a value belongs to the class it was found in: functions, properties, fields of a NamedTuple."""
    return hasattr(type(value), "__get__") or hasattr(type(value), "__set_name__")


def _is_worth_telling(nodes: list[ast.stmt], *now: Any) -> bool:
    """Return whether a name is more than a constant, or no longer the constant that its text says."""
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
