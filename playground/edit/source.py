"""
Source text -> a checked module and the endpoint it defines.

    parse  ->  run in a module of its own  ->  find the endpoint  ->  check it

Loading changes nothing that is being served: every mistake raises `EditRejected` with its stage and line.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playground.common.errors import EditRejected
from playground.edit.checking import Kind, check, find_endpoint
from playground.edit.definitions import source_of
from playground.edit.keep import KeptValues, PreviousVersion
from playground.edit.notes import Note
from playground.edit.running import forget, load_module


@dataclass(frozen=True)
class LoadedEndpoint:
    """An endpoint made from source and ready to be published."""

    target: Any
    """The endpoint class or function."""
    kind: Kind
    module: types.ModuleType | None
    """The module the source ran in; None if a class or function was given."""
    source: str = ""
    """The text; empty if that of a class or function cannot be found."""
    filename: str = ""
    """The file name that its code and tracebacks have."""
    first_line: int = 1
    """The line of that file at which the text begins."""
    kept: KeptValues = field(default_factory=KeptValues)
    """The names that kept their values."""
    notes: tuple[Note, ...] = ()
    """Notes on the source; see `advice`."""


def load(
    source: str,
    *,
    filename: str,
    module_name: str,
    names: Mapping[str, Any] | None = None,
    previous: PreviousVersion | None = None,
) -> LoadedEndpoint:
    """
    Return the endpoint that `source` defines.

    Args:
        source: Python code that defines one endpoint: a `WebSocketEndpoint` or `HTTPEndpoint` class, or a function
            of one parameter, `websocket` or `request`.
        filename: what tracebacks show, such as "<live /echo v3>".
        module_name: the name of the module it runs in, entered in `sys.modules` while it is needed.
        names: more names it may use, such as the notebook's.
        previous: the version it follows, whose values it keeps where it did not change them.

    Raises:
        EditRejected: it does not parse, raises while it runs, or defines no or several endpoints.
    """
    loaded = load_module(source, filename=filename, module_name=module_name, names=names, previous=previous)
    try:
        target = find_endpoint(loaded.module, loaded.tree)
        kind = check(target, loaded.tree)
    except EditRejected:
        forget(filename, module_name)
        raise
    return LoadedEndpoint(target, kind, loaded.module, source, filename, kept=loaded.kept, notes=loaded.notes)


def from_object(target: Any, kind: Kind | None = None) -> LoadedEndpoint:
    """
    Return a class or function as an endpoint ready to be published, with its source where that can be found.

    Args:
        target: the endpoint.
        kind: what it serves, where that is known already.

    Raises:
        EditRejected: it is not an endpoint; see `check`.
    """
    kind = kind or check(target)
    found = source_of(target)
    return LoadedEndpoint(target, kind, None, *found) if found else LoadedEndpoint(target, kind, None)
