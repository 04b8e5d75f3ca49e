"""
Notes on an edit: likely mistakes and consequences, found by reading the source. None of them is an error.

What can be found only by running the code is left to `Playground.try_edit`.
"""

from __future__ import annotations

import ast
import difflib
import sys
from collections.abc import Callable, Iterator

from playground.edit.notes import Note

Functions = ast.FunctionDef | ast.AsyncFunctionDef


def advise(
    tree: ast.Module, before: ast.Module | None, knows: Callable[[str], bool], *, postponed: bool = False
) -> list[Note]:
    """
    Return the notes on a source.

    Args:
        tree: the source's syntax tree.
        before: the current version's tree, None for a first one.
        knows: returns whether a name exists outside the source, as a builtin, in the prelude or in the notebook.
        postponed: whether annotations are not evaluated, because of the file that the source was cut out of.
    """
    return [
        *_undefined(tree, knows, postponed or _postpones(tree)),
        *_globals(tree),
        *_own_dispatch(tree),
        *_misspelt_hooks(tree),
        *(_missing_attributes(tree, before) if before else ()),
        *(_renamed_with_private_names(tree, before) if before else ()),
    ]


def _postpones(tree: ast.Module) -> bool:
    """Return whether annotations are not evaluated."""
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    return sys.version_info >= (3, 14) or any(one.name == "annotations" for node in imports for one in node.names)


def _undefined(tree: ast.Module, knows: Callable[[str], bool], postponed: bool) -> Iterator[Note]:
    defined = set(_bound_names(tree))
    told: set[str] = set()
    for node in _without_annotations(tree) if postponed else ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in defined | told:
            # A name that is bound in any scope is not reported, even if that scope is another one.
            if not knows(node.id) and not node.id.startswith("__"):
                told.add(node.id)
                yield Note("undefined-name", f"{node.id!r} is not defined; using it raises NameError", node.lineno)


def _without_annotations(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for name, value in ast.iter_fields(node):
        if name not in ("annotation", "returns"):
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, ast.AST):
                    yield from _without_annotations(one)


def _bound_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, Functions | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest


def _globals(tree: ast.Module) -> Iterator[Note]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            names = ", ".join(node.names)
            yield Note(
                "global",
                f"global {names}: every version has a module of its own, so a handler still "
                "running on an older version changes the variable of that version",
                node.lineno,
            )


def _own_dispatch(tree: ast.Module) -> Iterator[Note]:
    for cls, method in _methods(tree):
        if method.name == "dispatch":
            yield Note(
                "own-dispatch",
                f"{cls.name} has a dispatch of its own; open connections stay in it, on their "
                "version, until they close",
                method.lineno,
            )


def _misspelt_hooks(tree: ast.Module) -> Iterator[Note]:
    hooks = ("on_connect", "on_receive", "on_disconnect")
    for cls, method in _methods(tree):
        meant = difflib.get_close_matches(method.name, hooks, n=1, cutoff=0.8)
        if method.name not in hooks and meant and meant[0] not in {one.name for one in _own_methods(cls)}:
            yield Note("misspelt-hook", f"{method.name} is never called; did you mean {meant[0]}?", method.lineno)


def _missing_attributes(tree: ast.Module, before: ast.Module) -> Iterator[Note]:
    """Yield notes on attributes set only by `on_connect` or `__init__`, which do not run again for open connections."""
    old = {name for cls, method in _methods(before) for name, _ in _attributes(method, ast.Store)}
    for cls in _classes(tree):
        own = list(_own_methods(cls))
        class_level = set(_bound_in_body(cls))
        early = {
            name: line
            for method in own
            if method.name in ("on_connect", "__init__")
            for name, line in _attributes(method, ast.Store)
        }
        others = [method for method in own if method.name not in ("on_connect", "__init__", "on_swap")]
        swapped = {name for m in own if m.name == "on_swap" for name, _ in _attributes(m, ast.Store)}
        used = {name for method in others for name, _ in _attributes(method, ast.Load)}
        for name in sorted((early.keys() & used) - old - class_level - swapped):
            yield Note(
                "missing-attribute",
                f"open connections have no self.{name}, which is set when they connect; give it a "
                "default in the class body, or set it in on_swap(self, old, new)",
                early[name],
            )


def _renamed_with_private_names(tree: ast.Module, before: ast.Module) -> Iterator[Note]:
    names = {cls.name for cls in _classes(before)}
    for cls in _classes(tree):
        if cls.name in names or not names - {one.name for one in _classes(tree)}:
            continue
        for method in _own_methods(cls):
            for name, line in (*_attributes(method, ast.Load), *_attributes(method, ast.Store)):
                if name.startswith("__") and not name.endswith("__"):
                    yield Note(
                        "private-name",
                        f"self.{name} has the class's name in it (name mangling), and the class was "
                        "renamed: open connections have it under the old one",
                        line,
                    )
                    return


def _classes(tree: ast.Module) -> list[ast.ClassDef]:
    return [node for node in tree.body if isinstance(node, ast.ClassDef)]


def _own_methods(cls: ast.ClassDef) -> Iterator[Functions]:
    return (node for node in cls.body if isinstance(node, Functions))


def _methods(tree: ast.Module) -> Iterator[tuple[ast.ClassDef, Functions]]:
    return ((cls, method) for cls in _classes(tree) for method in _own_methods(cls))


def _attributes(method: Functions, context: type[ast.expr_context]) -> list[tuple[str, int]]:
    """Return the attributes of the first parameter that a method reads or sets, with their lines."""
    first = method.args.args[0].arg if method.args.args else ""
    return [
        (node.attr, node.lineno)
        for node in ast.walk(method)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == first
        and isinstance(node.ctx, context)
    ]


def _bound_in_body(cls: ast.ClassDef) -> Iterator[str]:
    for node in cls.body:
        if isinstance(node, Functions | ast.ClassDef):
            yield node.name
        for one in ast.walk(node) if isinstance(node, ast.Assign | ast.AnnAssign) else ():
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
                yield one.id
