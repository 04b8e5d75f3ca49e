"""Which names of a source are made by the same statements as in another source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any


class Statements:
    """
    The statements of a module or class body, by the names they bind.

    Args:
        body: the statements.
        outer: those of the module around a class body.
    """

    def __init__(self, body: list[ast.stmt], outer: Statements | None = None) -> None:
        self.outer = outer
        self._nodes: dict[str, list[ast.stmt]] = {}
        for node in body:
            for name in _binds(node):
                self._nodes.setdefault(name, []).append(node)
        self._texts: dict[str, list[str]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._nodes

    def texts(self, name: str) -> list[str]:
        """Return the statements that bind a name, as normalised text."""
        if name not in self._texts:
            self._texts[name] = [_text(node) for node in self._nodes.get(name, ())]
        return self._texts[name]

    def reads(self, name: str) -> set[str]:
        """Return the names that those statements read."""
        nodes = self._nodes.get(name, ())
        return {one.id for node in nodes for one in ast.walk(node) if _is_read(one)} - {name}  # type: ignore[attr-defined]

    def line(self, name: str) -> int | None:
        """Return the line of the first statement that binds a name."""
        nodes = self._nodes.get(name)
        return nodes[0].lineno if nodes else None

    def inside(self, name: str) -> Statements | None:
        """Return the statements in the body of a class, or None if there is no such class."""
        classes = [node for node in self._nodes.get(name, ()) if isinstance(node, ast.ClassDef)]
        return Statements(classes[-1].body, self) if classes else None

    def same(self, name: str, other: Statements, seen: frozenset[str] = frozenset()) -> bool:
        """Return whether both bodies bind a name by the same text, and so everything that this text reads."""
        if name in seen:
            return True
        if name not in self and name not in other:
            # A builtin or a name of the notebook: not changed by this edit.
            return self.outer is None or other.outer is None or self.outer.same(name, other.outer, seen)
        if self.texts(name) != other.texts(name):
            return False
        return all(self.same(read, other, seen | {name}) for read in self.reads(name))


def _text(node: ast.AST) -> str:
    """Return a statement as text without its layout, as `ast.dump` does; that cannot show what is nested deeply."""
    text: list[str] = []
    left: list[Any] = [node]
    while left:
        one = left.pop()
        if isinstance(one, ast.AST):
            text.append(type(one).__name__)
            left += [getattr(one, field, None) for field in reversed(one._fields)]
        elif isinstance(one, list):
            text.append(f"[{len(one)}]")
            left += reversed(one)
        else:
            text.append(repr(one))
    return " ".join(text)


def rebound(tree: ast.Module) -> set[str]:
    """Return the names that functions rebind with `global`."""
    return {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}


def _is_read(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


def _binds(node: ast.stmt) -> set[str]:
    """Return the names a statement gives a value."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    names = set()
    for one in _walk_here(node):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
            names.add(one.id)
        elif isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(one.name)
        elif isinstance(one, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in one.names}
    return names


def _walk_here(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a statement without going into functions, lambdas and comprehensions, which have scopes of their own."""
    inner = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
    comprehensions = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    left = [node]
    while left:
        one = left.pop()
        yield one
        if not isinstance(one, inner | comprehensions):
            left += ast.iter_child_nodes(one)
