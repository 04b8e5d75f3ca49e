"""Source text -> a module of its own, in which it has run."""

from __future__ import annotations

import ast
import itertools
import linecache
import sys
import threading
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette import endpoints, requests, responses, websockets

from playground.common import forks
from playground.common.text import source_lines
from playground.edit.advice.advice import advise
from playground.edit.notes import Note
from playground.edit.source.executing import LIMIT, execute
from playground.edit.source.nonlocals import bind_nonlocals
from playground.edit.source.parsing import compiled, not_too_deep, parse
from playground.edit.source.surroundings import Names, Surroundings

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


_naming = threading.Lock()
forks.renew(_naming)


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
    limit: float = LIMIT,
    attributes: Mapping[str, Any] | None = None,
) -> LoadedModule:
    """
    Run `source` in a module of its own and return it.

    Args:
        before: the syntax tree of the version it follows; the others, and what is raised, are those of `load`.
    """
    tree = parse(source, filename)
    known = Names(names or {}, **PRELUDE)
    around = names if isinstance(names, Surroundings) else Surroundings(names or {})
    with not_too_deep():
        postponed = around.postpones_annotations
        notes = advise(tree, before, known.knows, known.peek, postponed=postponed)
        bound, more = bind_nonlocals(tree, around.cells)
    code = compiled(source if bound is tree else bound, filename, around.flags)
    _remember_source(filename, source)
    module = types.ModuleType(module_name)
    module.__file__ = filename
    module.__dict__.update({"__builtins__": known, **(attributes or {})})
    sys.modules[module_name] = module
    try:
        module.__dict__.update(more)
        execute(code, module.__dict__, limit=limit, explain=around.why_missing)
    except BaseException:
        forget(filename, module_name)
        raise
    return LoadedModule(module, tree, tuple(notes))


def _remember_source(filename: str, source: str) -> None:
    """Let tracebacks and `inspect` show the source, which is not in a file."""
    linecache.cache[filename] = (len(source), None, source_lines(source, keepends=True), filename)


def claim(filename: str) -> str:
    """Return a file name for a source that nobody uses, that one if it is free; `forget` frees it again."""
    with _naming:
        name = filename
        for serial in itertools.count(2):
            if not remembers(name) and name not in sys.modules:
                break
            name = f"{filename[:-1]} ({serial})>"
        linecache.cache[name] = (0, None, [], name)
        return name


def remembers(filename: str) -> bool:
    """Return whether a source is known under that name."""
    return filename in linecache.cache


def forget(filename: str, module_name: str) -> None:
    """Undo what `load` entered in `linecache` and `sys.modules`."""
    linecache.cache.pop(filename, None)
    sys.modules.pop(module_name, None)
