"""
What lies behind an exception: the exceptions in a group, and those that it was raised from.

    raise Lost("no answer") from error       Lost: no answer (line 14), from KeyError: 'deep' (line 12)
    raise Lost("no answer"), in an except    Lost: no answer (line 14), while handling KeyError: 'deep' (line 12)
    a TaskGroup in which a task raised       ExceptionGroup: unhandled … (1 sub-exception): ValueError: late (line 17)

An exception may be its own cause, or a group hold a hundred thousand: `STEPS` exceptions are looked at, and `KEPT` are
told of. None of this calls code of the exceptions' classes except for their text.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, get_args

from playground.record.storable import shorten_error, storable_error, storable_text

How = Literal["part", "from", "while handling"]
"""What an exception is to the one before it: one of a group, its cause, or what was handled when it was raised."""

HOW: tuple[str, ...] = get_args(How)

KEPT = 10
"""Exceptions that are kept behind one."""

SHOWN = 3
"""Exceptions of a group that its text names."""

STEPS = 1000
"""Exceptions that are looked at."""

WITHOUT_NEWS = (asyncio.CancelledError, GeneratorExit)
"""Exceptions that only say that something else ended a task, such as a time limit or another task of a group."""


class Root(NamedTuple):
    """An exception behind another."""

    how: How
    error: str
    """Its type and text."""
    line: int | None
    """The innermost line of the endpoint's source; None where it lies elsewhere."""


class Roots(NamedTuple):
    """The exceptions behind one, nearest first."""

    kept: tuple[Root, ...] = ()
    more: int = 0
    """Other exceptions of the group; at least so many where there are more than `STEPS`."""
    all_counted: bool = True


Line = Callable[[BaseException], int | None]


def roots_of(error: BaseException, line: Line) -> Roots:
    """
    Return what is behind an exception: the exceptions of a group, or its cause with all that is behind that.

    Args:
        error: the exception.
        line: returns the line of the user's source at which an exception was raised.
    """
    found: list[Root] = []
    more, counted = 0, True
    seen = {id(error)}
    now: BaseException | None = error
    while now is not None and len(found) < KEPT:
        if isinstance(now, BaseExceptionGroup):
            leaves = _leaves(now, seen)
            # What a cancelled task of the group says is not why the group was raised.
            telling = [leaf for leaf in leaves if not isinstance(leaf, WITHOUT_NEWS)] or leaves
            kept = telling[: min(SHOWN, KEPT - len(found))]
            found += [Root("part", shorten_error(leaf), line(leaf)) for leaf in kept]
            more, counted = len(telling) - len(kept), len(seen) < STEPS
            now = kept[0] if len(telling) == 1 else None
            continue
        how, now = _behind(now)
        if now is None or id(now) in seen:
            break
        seen.add(id(now))
        if not isinstance(now, WITHOUT_NEWS):
            found.append(Root(how, shorten_error(now), line(now)))
    return Roots(tuple(found), more, counted)


def takes_long_to_format(error: BaseException) -> bool:
    """Return whether `traceback` would hold up the server: for very many exceptions, or for ever for an odd group."""
    seen: set[int] = set()
    left = [error]
    while left and len(seen) < STEPS:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        left += [each for each in (one.__cause__, one.__context__) if each is not None]
        if isinstance(one, BaseExceptionGroup):
            if type(one).exceptions is not BaseExceptionGroup.exceptions:
                # A property may return the group itself, which `traceback` follows without an end.
                return True
            left += _parts(one)[:STEPS]
    return len(seen) >= STEPS


def told(error: BaseException, line: int | None, roots: Roots) -> str:
    """Return an exception with what is behind it as one sentence."""
    text = storable_error(error)
    if not roots.kept:
        return text
    text = text.rstrip(".")
    if roots.kept[0].how != "part":
        text += _at(line)
    before: str | None = None
    for root in roots.kept:
        joined = {"part": ", " if before == "part" else ": ", "from": ", from ", "while handling": ", while handling "}
        text += f"{joined[root.how]}{root.error}{_at(root.line)}"
        before = root.how
    if roots.more:
        text += f" and {roots.more}{'' if roots.all_counted else ' or more'} others"
    return storable_text(text)


def _at(line: int | None) -> str:
    return f" (line {line})" if line else ""


def _behind(error: BaseException) -> tuple[How, BaseException | None]:
    """Return the cause of an exception, or what was being handled when it was raised and is not hidden by `from`."""
    if error.__cause__ is not None:
        return "from", error.__cause__
    return "while handling", None if error.__suppress_context__ else error.__context__


def _leaves(group: BaseExceptionGroup[BaseException], seen: set[int]) -> list[BaseException]:
    """Return the exceptions of a group and of the groups in it, as long as few enough were seen."""
    leaves: list[BaseException] = []
    open_groups: list[Iterator[BaseException]] = [iter(_parts(group))]
    while open_groups and len(seen) < STEPS:
        one = next(open_groups[-1], None)
        if one is None:
            open_groups.pop()
        elif id(one) not in seen:
            seen.add(id(one))
            if isinstance(one, BaseExceptionGroup):
                open_groups.append(iter(_parts(one)))
            else:
                leaves.append(one)
    return leaves


def _parts(group: BaseExceptionGroup[BaseException]) -> tuple[BaseException, ...]:
    # Past what a subclass may have put in its place.
    parts: tuple[BaseException, ...] = BaseExceptionGroup.exceptions.__get__(group)
    return parts
