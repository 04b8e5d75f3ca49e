"""
The /regular expressions/ of a filter, with a time limit that holds.

Some patterns take extremely long on some texts: `(a|aa)+$` doubles its work with every `a`. Python's own `re` cannot be
interrupted, and blocks all other threads. The package `regex` has a time limit for each match, and lets other threads
run. The syntax is still that of `re`; `\\w` and `\\s` follow `regex`'s newer Unicode tables, in which `\\w` includes
combining marks and `\\s` excludes the separators U+001C to U+001F.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

import regex

from playground.common.errors import QueryError
from playground.common.text import shorten
from playground.record.events import Event

LONGEST = 10_000
"""The most characters of a pattern; a longer one takes seconds to compile."""

AT_ONCE = 0.01
"""Seconds of a match during which other threads wait; letting them run takes longer than most matches."""

PARTS = re.compile(
    r"""(?P<same>\\N\{[^}]*\} | \\. | \{(?:\d+,?\d*|,\d*)\})
      | (?P<set>\[\^?\]?(?:\\.|[^\\\]])*\])
      | \{""",
    re.VERBOSE | re.DOTALL,
)
"""The parts of a pattern that are treated differently: escapes and counts, sets, and other braces."""

IN_A_SET = re.compile(r"(\\.)|\[(?=:)", re.DOTALL)
"""The beginning of `[:alpha:]`, which is a class of characters for `regex` but not for `re`."""


class Limits(NamedTuple):
    """Seconds that the patterns of one filter may take."""

    match: float
    """For one match."""
    total: float
    """For all matches together."""


READING = Limits(match=1.0, total=10.0)
"""For a call that waits for what a filter finds."""

LISTENING = Limits(match=0.05, total=5.0)
"""For a filter that runs on the thread that records, often the server's loop."""


class Budget:
    """The time limits of one filter's patterns, and the time that is left."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.left = limits.total

    def spend(self, seconds: float) -> None:
        """Subtract the time that a match took."""
        self.left -= seconds


def compile_pattern(pattern: str, budget: Budget, column: int) -> Callable[[Event], bool]:
    """
    Return a test whether an event's text has a match; it raises QueryError if that takes too long.

    Raises:
        QueryError: `re` does not accept the pattern, or it is too long.
    """
    if len(pattern) > LONGEST:
        raise QueryError(
            f"column {column}: a regular expression has at most {LONGEST} characters, and this one {len(pattern)}",
            column=column,
        )
    try:
        # `re` comes first: it decides which patterns are valid, and its message says what is wrong.
        re.compile(pattern)
        search = regex.compile(_as_re_reads_it(pattern), regex.VERSION0).search
    except (re.error, regex.error, RecursionError, OverflowError, MemoryError) as error:
        raise QueryError(f"column {column}: /{pattern}/ is not a regular expression: {error}", column=column) from None
    last: tuple[str, bool] | None = None

    def found_in(text: str, seconds: float) -> bool:
        try:
            return search(text, timeout=min(AT_ONCE, seconds)) is not None
        except TimeoutError:
            return search(text, timeout=seconds, concurrent=True) is not None

    def holds(event: Event) -> bool:
        nonlocal last
        text = event.text
        # The filter views of a row all have the same text.
        known = last
        if known is not None and known[0] == text:
            return known[1]
        seconds = min(budget.limits.match, budget.left)
        began = perf_counter()
        try:
            if seconds <= 0:
                raise TimeoutError
            found = found_in(text, seconds)
        except TimeoutError:
            raise _too_slow(pattern, budget, event, perf_counter() - began, column) from None
        finally:
            budget.spend(perf_counter() - began)
        last = text, found
        return found

    return holds


def _too_slow(pattern: str, budget: Budget, event: Event, took: float, column: int) -> QueryError:
    """Return the error for a pattern that took too long, on one row or on all together."""
    what = f"column {column}: /{pattern}/ took too long"
    if budget.left <= 0:
        what += f": {budget.limits.total:g} s for all rows up to row {event.seq}, together with the filter's others"
        return QueryError(f"{what}; make it simpler, or put other terms before it", column=column)
    text = event.text
    where = f"row {event.seq}, a text of {len(text)} characters that begins “{shorten(text[:100], 40)}”"
    advice = "make it simpler: a repetition within a repetition, or two ways to match the same text, take very long"
    return QueryError(f"{what}: it was stopped after {took:.2g} s on {where}; {advice}", column=column)


def _as_re_reads_it(pattern: str) -> str:
    """Return a pattern with backslashes before characters that are special for `regex` but not for `re`."""
    return PARTS.sub(_escaped, pattern)


def _escaped(part: re.Match[str]) -> str:
    if part["set"]:
        return part["set"][0] + IN_A_SET.sub(lambda found: found[1] or "\\[", part["set"][1:])
    return part["same"] or "\\{"
