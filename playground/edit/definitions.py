"""The source of a class or function that was defined elsewhere, such as in a file or a notebook's cell."""

from __future__ import annotations

import ast
import inspect
import linecache
from functools import lru_cache
from typing import Any, NamedTuple

from playground.edit.parsing import parse_tree


def source_of(target: Any) -> tuple[str, str, int] | None:
    """
    Return the source of a class or function, its file and its first line; None if it cannot be found.

    A class of a notebook cell has no file of its own, so it is found through one of its methods
    (`inspect.getsource` fails there, python/cpython#79413).
    """
    codes = [getattr(inspect.unwrap(target), "__code__", None)]
    if isinstance(target, type):
        methods = [value for value in vars(target).values() if inspect.isfunction(value)]
        codes = [method.__code__ for method in methods if method.__qualname__.startswith(target.__qualname__)]
    for code in filter(None, codes):
        text = "".join(linecache.getlines(code.co_filename))
        around = [
            one
            for one in _definitions(text)
            if one.name == target.__name__ and one.first <= code.co_firstlineno <= one.last
        ]
        if around:
            return _cut_out(text, around[-1]), code.co_filename, around[-1].first
    return None


class _Definition(NamedTuple):
    name: str
    first: int
    last: int
    indent: int
    inside_strings: frozenset[int]
    """Lines that begin inside a string, whose leading blanks have to stay."""


def _cut_out(text: str, definition: _Definition) -> str:
    """Return a definition's lines without their common indentation."""
    lines = text.splitlines(keepends=True)[definition.first - 1 : definition.last]
    moved = []
    for number, line in enumerate(lines, definition.first):
        blank = line[: definition.indent].isspace() and number not in definition.inside_strings
        moved.append(line[definition.indent :] if blank else line)
    return "".join(moved)


@lru_cache(maxsize=16)
def _definitions(text: str) -> list[_Definition]:
    """Return the classes and functions in a file, outer ones before inner ones."""
    try:
        tree = parse_tree(text)
    except SyntaxError:
        # The file changed on disk since it was imported, or holds cell magics.
        return []
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return [_definition(node) for node in ast.walk(tree) if isinstance(node, kinds)]


def _definition(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> _Definition:
    strings = [
        one
        for one in ast.walk(node)
        if isinstance(one, ast.JoinedStr) or (isinstance(one, ast.Constant) and isinstance(one.value, str | bytes))
    ]
    inside = {line for one in strings for line in range(one.lineno + 1, (one.end_lineno or one.lineno) + 1)}
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return _Definition(node.name, first, node.end_lineno or node.lineno, node.col_offset, frozenset(inside))
