"""What the variables of a source hold, where that is certain: WebSockets, and objects made from a known class."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from playground.edit.advice.reading import HOOKS, Code, Functions, own_methods, parameters

COPIES = ("list", "set", "tuple", "frozenset", "sorted", "reversed")


class _Source(NamedTuple):
    """Where a variable gets a value from."""

    value: ast.expr | None
    """What is assigned, or looped over; None if that is not known."""
    how: str = "assigned"
    """ "assigned", "each" of a collection, or "last" of each pair of it."""
    websocket: bool = False
    """It is a parameter or variable that is said to be a WebSocket."""


class Values:
    """
    What variables hold. A variable is a name, or ".name" for an attribute of whatever object.

    Something is said of a variable only if it is true of every value that the source gives it.
    """

    def __init__(self, code: Code) -> None:
        self.code = code

    def holds(self, node: ast.expr) -> str:
        """Return what an object was made by, such as "sqlite3.connect()" or "Room()" of this source; else empty."""
        name = variable(node)
        if not name:
            return self._made_by(node)
        made = {self._made_by(one.value) if one.value and one.how == "assigned" else "" for one in self._sources(name)}
        if not made and isinstance(node, ast.Name):
            found = self.code.dotted(node)
            return found if found.endswith("()") else ""
        return made.pop() if len(made) == 1 else ""

    def _made_by(self, value: ast.expr) -> str:
        if not isinstance(value, ast.Call):
            return ""
        function = value.func
        if isinstance(function, ast.Name) and function.id in self.code.classes:
            return f"{function.id}()" if self.code.bindings[function.id] == 1 else ""
        found = self.code.dotted(function)
        return f"{found}()" if found else ""

    def is_websocket(self, node: ast.expr) -> bool:
        """Return whether an expression is one of Starlette's WebSockets."""
        return variable(node) in self._websockets

    @cached_property
    def _websockets(self) -> set[str]:
        found: set[str] = set()
        while True:
            collections = set(self._collections(found))
            more = {
                name
                for name, sources in self._by_name.items()
                if (known := [one for one in sources if not _is_none(one.value)])
                and all(self._is_websocket(one, found, collections) for one in known)
            }
            if more <= found:
                return found
            found |= more

    def _is_websocket(self, source: _Source, found: set[str], collections: set[tuple[str, str]]) -> bool:
        if source.websocket or source.value is None:
            return source.websocket
        if source.how == "assigned":
            return variable(source.value) in found
        return (variable(_collection(source.value)), source.how) in collections

    def _collections(self, websockets: set[str]) -> Iterator[tuple[str, str]]:
        """Yield the variables that are collections of WebSockets; these are "each" of it, or the "last" of a pair."""
        for node in self.code.nodes:
            if (
                isinstance(node, ast.AnnAssign | ast.arg)
                and node.annotation
                and _says_websocket(node.annotation, inside=True)
            ):
                name = node.arg if isinstance(node, ast.arg) else variable(node.target)
                for one in (name, f".{name}"):
                    yield one, "last" if _is_dict(node.annotation) else "each"
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) == 1:
                if node.func.attr in ("add", "append") and variable(node.args[0]) in websockets:
                    yield variable(node.func.value), "each"
            elif isinstance(node, ast.Assign) and variable(node.value) in websockets:
                for target in node.targets:
                    if isinstance(target, ast.Subscript):
                        yield variable(target.value), "last"

    def _sources(self, name: str) -> list[_Source]:
        return self._by_name.get(name, [])

    @cached_property
    def _by_name(self) -> dict[str, list[_Source]]:
        found: dict[str, list[_Source]] = {}
        for node in self.code.nodes:
            for name, source in _given(node):
                found.setdefault(name, []).append(source)
        for arg, websocket in self._arguments():
            found.setdefault(arg.arg, []).append(_Source(None, websocket=websocket))
        for cls in self.code.classes.values():
            # What a class body assigns is an attribute of its objects.
            for name, source in (given for statement in cls.body for given in _given(statement)):
                found.setdefault(f".{name}", []).append(source)
        for name, count in self.code.bindings.items():
            if count != len(found.get(name, [])):
                found[name] = [_Source(None)]
        return found

    def _arguments(self) -> Iterator[tuple[ast.arg, bool]]:
        hooks = {method for cls in self.code.endpoints for method in own_methods(cls) if method.name in HOOKS}
        for node in self.code.nodes:
            if isinstance(node, Functions | ast.Lambda):
                for index, one in enumerate(parameters(node)):
                    by_name = one.arg in ("websocket", "ws") and one.annotation is None
                    said = one.annotation is not None and _says_websocket(one.annotation)
                    yield one, said or by_name or (node in hooks and index == 1 and one.annotation is None)


def variable(node: ast.expr) -> str:
    """Return the variable that an expression is: a name, or ".name" of an attribute; else empty."""
    if isinstance(node, ast.Name):
        return node.id
    return f".{node.attr}" if isinstance(node, ast.Attribute) else ""


def _given(node: ast.AST) -> Iterator[tuple[str, _Source]]:
    """Yield the variables that a node gives a value, and where that comes from."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _unpacked(target, _Source(node.value))
    elif isinstance(node, ast.AnnAssign):
        websocket = _says_websocket(node.annotation)
        yield from _unpacked(node.target, _Source(node.value, websocket=websocket))
    elif isinstance(node, ast.AugAssign):
        yield from _unpacked(node.target, _Source(None))
    elif isinstance(node, ast.NamedExpr):
        yield from _unpacked(node.target, _Source(node.value))
    elif isinstance(node, ast.withitem) and node.optional_vars:
        yield from _unpacked(node.optional_vars, _Source(node.context_expr))
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield from _looped(node.target, node.iter)


def _unpacked(target: ast.expr, source: _Source) -> Iterator[tuple[str, _Source]]:
    left = [(target, source)]
    while left:
        one, given = left.pop()
        if isinstance(one, ast.Tuple | ast.List):
            left += [(inner, _Source(None)) for inner in reversed(one.elts)]
        elif isinstance(one, ast.Starred):
            left.append((one.value, _Source(None)))
        elif variable(one):
            yield variable(one), given


def _looped(target: ast.expr, over: ast.expr) -> Iterator[tuple[str, _Source]]:
    call = over.func if isinstance(over, ast.Call) else None
    if isinstance(target, ast.Tuple) and len(target.elts) == 2 and _is_method(call, "items"):
        yield from _unpacked(target.elts[0], _Source(None))
        yield from _unpacked(target.elts[1], _Source(over, "last"))
    elif isinstance(target, ast.Name):
        yield target.id, _Source(over, "last" if _is_method(getattr(_inner(over), "func", None), "values") else "each")
    else:
        yield from _unpacked(target, _Source(None))


def _collection(node: ast.expr) -> ast.expr:
    """Return what a loop goes over, without `list(…)`, `.copy()`, `.values()` and the like."""
    while True:
        inner = _inner(node)
        if isinstance(inner, ast.Call) and _is_method(inner.func, "values", "items"):
            inner = inner.func.value  # type: ignore[attr-defined]  # just checked
        if inner is node:
            return node
        node = inner


def _inner(node: ast.expr) -> ast.expr:
    """Return a collection without the copy that is made of it."""
    while isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id in COPIES and len(node.args) == 1:
            node = node.args[0]
        elif _is_method(node.func, "copy"):
            node = node.func.value  # type: ignore[attr-defined]  # just checked
        else:
            break
    return node


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_method(function: ast.expr | None, *names: str) -> bool:
    return isinstance(function, ast.Attribute) and function.attr in names


def _says_websocket(annotation: ast.expr, *, inside: bool = False) -> bool:
    """Return whether an annotation names WebSocket, itself or `inside` of a collection."""
    if inside:
        return isinstance(annotation, ast.Subscript) and any(
            _says_websocket(one) for one in ast.walk(annotation.slice) if isinstance(one, ast.Name | ast.Attribute)
        )
    left = [annotation]
    while left:
        one = left.pop()
        if isinstance(one, ast.BinOp):
            left += [one.left, one.right]
        elif "WebSocket" == (one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "")):
            return True
    return False


def _is_dict(annotation: ast.expr) -> bool:
    outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return getattr(outer, "id", getattr(outer, "attr", "")).lower() in (
        "dict",
        "mapping",
        "mutablemapping",
        "defaultdict",
    )
