"""
`nonlocal` in a definition that was cut out of a function.

    def create_app():
        count = 0
        class Chat(WebSocketEndpoint):           cut out and edited: Python knows no variable `count` to rebind
            async def on_receive(…):
                nonlocal count
                count += 1

The definition is compiled inside a function that has such a variable, and then run with the cells of the function that
it came from. So all versions count in the same variable.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Set
from types import CellType, FunctionType
from typing import Any

RUN_NAME = "__run_in_cells__"
"""The name in a module under which the rewritten definitions find what runs them."""

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def bind_nonlocals(tree: ast.Module, cells: Mapping[str, CellType]) -> tuple[ast.Module, dict[str, Any]]:
    """
    Return a module's tree in which definitions rebind the variables in `cells`, with the same line numbers.

    The second value is what the module has to define before the tree is run.
    """
    declared = {name for one in ast.walk(tree) if isinstance(one, ast.Nonlocal) for name in one.names}
    if not declared & cells.keys():
        return tree, {}

    def run(variables: FunctionType) -> None:
        code = variables(*[None] * variables.__code__.co_argcount).__code__
        FunctionType(code, variables.__globals__, closure=tuple(cells[name] for name in code.co_freevars))()

    body = [_in_cells(node, cells.keys()) for node in tree.body]
    return ast.Module(body, tree.type_ignores), {RUN_NAME: run}


def _in_cells(node: Any, variables: Set[str]) -> Any:
    """Return a statement in which each definition that rebinds variables stands in a function that has them."""
    if isinstance(node, Definition):
        return _wrapped(node, variables)
    # Only what changes is copied: an expression may be too deep for that.
    fields = dict(ast.iter_fields(node))
    for name, value in fields.items():
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt | ast.excepthandler | ast.match_case):
            fields[name] = [_in_cells(one, variables) for one in value]
    return ast.copy_location(type(node)(**fields), node)


def _wrapped(node: Definition, variables: Set[str]) -> ast.stmt:
    declared = {name for one in ast.walk(node) if isinstance(one, ast.Nonlocal) for name in one.names}
    names = ", ".join(sorted(declared & variables))
    if not names:
        return node
    # `global`: the definition is the module's, as it is without these functions.
    text = f"@{RUN_NAME}\ndef __variables__({names}):\n def __made__():\n  global {node.name}\n return __made__"
    outer = ast.parse(text).body[0]
    for one in ast.walk(outer):
        ast.copy_location(one, node)
    assert isinstance(outer, ast.FunctionDef) and isinstance(outer.body[0], ast.FunctionDef)
    outer.body[0].body.append(node)
    return outer
