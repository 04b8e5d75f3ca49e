"""Notes on names: those that are not defined, and those that functions rebind."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from playground.edit.advice.reading import Code
from playground.edit.notes import Note


def undefined(code: Code) -> Iterator[Note]:
    """Yield a note on each name that nothing defines. A name that is bound in any scope is not reported."""
    if "*" in code.bindings or _defines_by_text(code):
        return
    left_out = _never_evaluated(code) | _guarded(code)
    told: set[str] = set()
    for node in code.nodes:
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load) or node in left_out:
            continue
        if node.id not in code.bindings and node.id not in told and not node.id.startswith("__"):
            if not code.knows(node.id):
                told.add(node.id)
                yield Note("undefined-name", f"{node.id!r} is not defined; using it raises NameError", node.lineno)


def _defines_by_text(code: Code) -> bool:
    """Return whether code may define names that it does not write as names, as `globals().update(…)` does."""
    called = {getattr(node.func, "id", "") for node in code.nodes if isinstance(node, ast.Call)}
    return bool(called & {"exec", "globals", "vars"} - code.bindings.keys())


def _never_evaluated(code: Code) -> set[ast.AST]:
    """Return what is in annotations, if they are not evaluated."""
    future = [node for node in code.tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    says_so = any(one.name == "annotations" for node in future for one in node.names)
    if not (code.postponed or says_so or sys.version_info >= (3, 14)):
        return set()
    fields = [getattr(node, name, None) for node in code.nodes for name in ("annotation", "returns")]
    return {inner for field in fields if isinstance(field, ast.AST) for inner in ast.walk(field)}


def _guarded(code: Code) -> set[ast.AST]:
    """Return what is in a `try` that expects a NameError."""
    found: set[ast.AST] = set()
    for node in code.nodes:
        if isinstance(node, ast.Try | ast.TryStar):
            caught = {
                getattr(one, "id", "") for handler in node.handlers if handler.type for one in ast.walk(handler.type)
            }
            if caught & {"NameError", "Exception", "BaseException"} or not all(one.type for one in node.handlers):
                found.update(inner for statement in node.body for inner in ast.walk(statement))
    return found


def rebound_globals(code: Code) -> Iterator[Note]:
    """Yield a note on each `global`, because every version has globals of its own."""
    for node in code.nodes:
        if isinstance(node, ast.Global):
            names = ", ".join(node.names)
            yield Note(
                "global",
                f"global {names}: every version has a module of its own, so a handler still "
                "running on an older version changes the variable of that version",
                node.lineno,
            )
