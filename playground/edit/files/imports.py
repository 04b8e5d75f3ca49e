"""Which modules a source imports, by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import decode_source, resolve_name

from playground.edit.source.parsing import parse_tree


@dataclass(frozen=True)
class Imports:
    """The names that a source's import statements may stand for; some are no modules but what is in them."""

    at_once: frozenset[str] = frozenset()
    """Imported while the module is loaded."""
    later: frozenset[str] = frozenset()
    """Imported by functions when they are called."""


def imports_of(source: str | bytes, package: str) -> Imports:
    """
    Return what a source imports; nothing when it cannot be parsed.

    Args:
        source: the text, or the content of a file.
        package: what relative imports are relative to.
    """
    try:
        tree = parse_tree(decode_source(source) if isinstance(source, bytes) else source)
    except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError):
        return Imports()
    at_once: set[str] = set()
    later: set[str] = set()
    for node, called in _statements(tree, False):
        (later if called else at_once).update(_names(node, package))
    return Imports(frozenset(at_once), frozenset(later - at_once))


def _statements(tree: ast.AST, called: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    # A stack of its own: a long chain of `elif` is deeper than Python's.
    left = [(tree, called)]
    while left:
        node, called = left.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, called
        elif not isinstance(node, ast.expr):
            body = called or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _is_for_types(node)
            left += [(child, body) for child in ast.iter_child_nodes(node)]


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING") and not node.orelse


def _names(node: ast.Import | ast.ImportFrom, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield from _with_parents(alias.name)
        return
    base = "." * node.level + (node.module or "")
    try:
        base = resolve_name(base, package) if node.level else base
    except ImportError:
        return
    yield from _with_parents(base)
    for alias in node.names:
        yield f"{base}.{alias.name}"


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        yield ".".join(parts[:end])
