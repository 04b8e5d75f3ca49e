"""
Notes on an edit: likely mistakes and consequences, found by reading the source. None of them is an error.

A note is given only where the source leaves no doubt. What can be found only by running the code is left to
`Playground.try_edit`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from playground.edit.advice.answering import unanswered
from playground.edit.advice.awaiting import not_awaited
from playground.edit.advice.blocking import blocking_calls
from playground.edit.advice.changes import (
    changed_classes,
    changed_values,
    missing_attributes,
    renamed_with_private_names,
)
from playground.edit.advice.hooks import misspelt_hooks, own_dispatch
from playground.edit.advice.names import rebound_globals, undefined
from playground.edit.advice.reading import Code
from playground.edit.notes import Note

ON_A_SOURCE = (undefined, rebound_globals, own_dispatch, misspelt_hooks, unanswered, not_awaited, blocking_calls)
ON_A_CHANGE = (missing_attributes, changed_values, renamed_with_private_names, changed_classes)


def advise(
    tree: ast.Module,
    before: ast.Module | None,
    knows: Callable[[str], bool],
    outer: Callable[[str], Any],
    *,
    postponed: bool = False,
) -> list[Note]:
    """
    Return the notes on a source, in the order of its lines.

    Args:
        tree: the source's syntax tree.
        before: the current version's tree, None for a first one.
        knows, outer, postponed: as of `Code`.
    """
    code = Code(tree, knows, outer, postponed)
    found: list[Iterator[Note]] = [find(code) for find in ON_A_SOURCE]
    if before:
        old = Code(before, knows, outer, postponed)
        found += [compare(code, old) for compare in ON_A_CHANGE]
    notes = [note for one in found for note in _as_far_as_read(one)]
    return sorted(notes, key=lambda note: note.line or 0)


def _as_far_as_read(found: Iterator[Note]) -> Iterator[Note]:
    """Yield notes until code comes that is nested too deeply to be followed; Python itself may well accept it."""
    with suppress(RecursionError):
        yield from found
