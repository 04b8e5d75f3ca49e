"""Source text -> a module of its own, in which it has run."""

from __future__ import annotations

import ast
import builtins
import linecache
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette import endpoints, requests, responses, websockets

from playground.common.errors import EditRejected
from playground.common.text import source_lines
from playground.edit.advice import advise
from playground.edit.notes import Note
from playground.edit.parsing import compiled, not_too_deep, parse
from playground.record.lines import line_in

PRELUDE: dict[str, Any] = {
    name: getattr(module, name)
    for module, names in (
        (endpoints, ("HTTPEndpoint", "WebSocketEndpoint")),
        (requests, ("Request",)),
        (responses, ("HTMLResponse", "JSONResponse", "PlainTextResponse", "RedirectResponse", "Response")),
        (responses, ("StreamingResponse",)),
        (websockets, ("WebSocket", "WebSocketDisconnect")),
    )
    for name in names
}
"""Starlette's names that an endpoint may use without importing them, so that a first cell stays short."""


class _OuterNames(dict[str, Any]):
    """
    The names an endpoint's module can use besides its own: builtins, the prelude, then the notebook's.

    The notebook's names are looked up each time they are used, as in the notebook itself.
    """

    def __init__(self, notebook: Mapping[str, Any]) -> None:
        super().__init__(builtins.__dict__, **PRELUDE)
        self.notebook = notebook

    def knows(self, name: str) -> bool:
        """Return whether a name exists."""
        return name in self or name in self.notebook

    def __missing__(self, name: str) -> Any:
        return self.notebook[name]


@dataclass(frozen=True)
class LoadedModule:
    """A module made from source."""

    module: types.ModuleType
    tree: ast.Module
    """The source's syntax tree."""
    notes: tuple[Note, ...]


def load_module(
    source: str,
    *,
    filename: str,
    module_name: str,
    names: Mapping[str, Any] | None = None,
    before: ast.Module | None = None,
) -> LoadedModule:
    """
    Run `source` in a module of its own and return it.

    Args:
        before: the syntax tree of the version it follows; the others, and what is raised, are those of `load`.
    """
    with not_too_deep():
        tree = parse(source, filename)
        known = _OuterNames(names or {})
        notes = advise(tree, before, known.knows)
    _remember_source(filename, source)
    module = types.ModuleType(module_name)
    module.__file__ = filename
    module.__dict__["__builtins__"] = known
    sys.modules[module_name] = module
    try:
        _execute(tree, filename, module)
    except BaseException:
        forget(filename, module_name)
        raise
    return LoadedModule(module, tree, tuple(notes))


def _execute(tree: ast.Module, filename: str, module: types.ModuleType) -> None:
    code = compiled(tree, filename)
    try:
        exec(code, module.__dict__)
    except KeyboardInterrupt:
        raise EditRejected("interrupted while the source ran; nothing changed", stage="run") from None
    except BaseException as error:
        line = line_in(error, {filename: (0, 0, sys.maxsize)})
        raise EditRejected(f"{type(error).__name__}: {error}", stage="run", line=line) from error


def _remember_source(filename: str, source: str) -> None:
    """Let tracebacks and `inspect` show the source, which is not in a file."""
    linecache.cache[filename] = (len(source), None, source_lines(source, keepends=True), filename)


def remembers(filename: str) -> bool:
    """Return whether a source is known under that name."""
    return filename in linecache.cache


def forget(filename: str, module_name: str) -> None:
    """Undo what `load` entered in `linecache` and `sys.modules`."""
    linecache.cache.pop(filename, None)
    sys.modules.pop(module_name, None)
