"""
Source text -> a checked module and the endpoint it defines.

    parse  ->  run in a module of its own  ->  find the endpoint  ->  check it

Loading changes nothing that is being served: every mistake raises `EditRejected` with its stage and line.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from playground.common.errors import EditRejected
from playground.edit.foreign import without_partial
from playground.edit.keeping.built import Built
from playground.edit.keeping.merge import Kept
from playground.edit.notes import Note
from playground.edit.source.checking import Kind, check, find_endpoint
from playground.edit.source.definitions import source_of
from playground.edit.source.executing import LIMIT
from playground.edit.source.parsing import parse
from playground.edit.source.running import forget, load_module
from playground.edit.source.surroundings import Surroundings, surroundings_of


@dataclass
class LoadedEndpoint:
    """An endpoint made from source and ready to be published."""

    target: Any
    """The endpoint class or function."""
    kind: Kind
    module: types.ModuleType | None
    """The module the source ran in; None if a class or function was given."""
    built: Built
    """What the source has built, before anybody connected."""
    source: str = ""
    """The text; empty if that of a class or function cannot be found."""
    filename: str = ""
    """The file name that its code and tracebacks have."""
    first_line: int = 1
    """The line of that file at which the text begins."""
    names: Mapping[str, Any] = field(default_factory=dict)
    """The names that it can use besides its own; for a class or function, its `Surroundings`."""
    notes: tuple[Note, ...] = ()
    """Notes on the source; see `advice`."""
    starts_anew: bool = False
    """Whether nothing is to be kept that connections built in the version before."""
    kept: Kept = field(default_factory=Kept)
    """What was kept of the version before, once it is published."""
    prepared: tuple[Built, Kept] | None = None
    """What was kept of a version before, found out and not yet committed, and what that version had built."""
    made: Any = None
    """What its route becomes; see `places.Made`."""
    classes: tuple[tuple[str, type], ...] = ()
    """Its classes as the source has made them, by name: some give way to those of the version before."""
    registration: Any = None
    """The route for a new path, if the source has registered one; see `registering.Registration`."""


@dataclass(frozen=True)
class Chosen:
    """The endpoint that was found in a module, and the route for it; the attributes are those of `LoadedEndpoint`."""

    target: Any
    kind: Kind
    made: Any = None
    registration: Any = None
    notes: tuple[Note, ...] = ()


def choose_only(module: types.ModuleType, tree: ast.Module) -> Chosen:
    """Return the one endpoint that a module defines; see `find_endpoint`."""
    target = find_endpoint(module, tree)
    return Chosen(target, check(target, tree))


def load(
    source: str,
    *,
    filename: str,
    module_name: str,
    names: Mapping[str, Any] | None = None,
    before: ast.Module | None = None,
    starts_anew: bool = False,
    limit: float = LIMIT,
    attributes: Mapping[str, Any] | None = None,
    choose: Callable[[types.ModuleType, ast.Module], Chosen] = choose_only,
) -> LoadedEndpoint:
    """
    Return the endpoint that `source` defines.

    Args:
        source: Python code that defines one endpoint: a `WebSocketEndpoint` or `HTTPEndpoint` class, or a function
            of one parameter, `websocket` or `request`.
        filename: what tracebacks show, such as "<live /echo v3>".
        module_name: the name of the module it runs in, entered in `sys.modules` while it is needed.
        names: more names it may use, such as the notebook's.
        before: the syntax tree of the version it follows.
        starts_anew: whether nothing is to be kept that connections built in that version.
        attributes: what the module has besides its code, such as `__package__`.
        limit: seconds that it may run.
        choose: returns the endpoint among what the module defines.

    Raises:
        EditRejected: it does not parse, raises while it runs, does not end in time, or defines no or several endpoints.
    """
    loaded = load_module(
        source,
        filename=filename,
        module_name=module_name,
        names=names,
        before=before,
        limit=limit,
        attributes=attributes,
    )
    try:
        chosen = choose(loaded.module, loaded.tree)
    except EditRejected:
        forget(filename, module_name)
        raise
    built = Built.of_module(loaded.module, loaded.tree, chosen.target)
    return LoadedEndpoint(
        chosen.target,
        chosen.kind,
        loaded.module,
        built,
        source,
        filename,
        names=names or {},
        notes=(*loaded.notes, *chosen.notes),
        starts_anew=starts_anew,
        made=chosen.made,
        registration=chosen.registration,
    )


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
    inner = without_partial(target)
    found, names = None, Surroundings({})
    try:
        found = source_of(inner)
        names = surroundings_of(inner, found)
    except Exception:
        # A metaclass or an object may raise at whatever it is asked; then its source is not known.
        pass
    if found is None:
        return LoadedEndpoint(target, kind, None, Built.of_object(target, None), names=names)
    built = Built.of_object(target, parse(found.text, found.filename))
    if found.first_line is None:
        return LoadedEndpoint(target, kind, None, built, found.text, names=names)
    return LoadedEndpoint(target, kind, None, built, found.text, found.filename, found.first_line, names=names)
