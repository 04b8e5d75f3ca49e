"""
The /regular expressions/ of a filter, with a time limit that holds.

Some patterns take extremely long on some texts: `(a|aa)+$` doubles its work with every `a`. Python's own `re` cannot be
interrupted, and blocks all other threads. The package `regex` has a time limit for each match, but does not keep it
with long texts and patterns, which are therefore left to another process, as is a match that is not found at once
(`playground.record.searching`). The syntax is still that of `re`; `\\w` and `\\s` follow the newer Unicode tables of
`regex`, in which `\\w` includes combining marks and `\\s` excludes the separators U+001C to U+001F.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

import regex

from playground.common.errors import QueryError
from playground.common.text import shorten
from playground.record.events import Event
from playground.record.searching import COMPILING, NoProcess, Searching, Wrong

LONGEST = 10_000
"""The most characters of a pattern."""

LONGEST_HERE = 300
"""The most characters of a pattern that runs in this process; a literal of 9,000 may take minutes to prepare."""

MOST_COPIES = 1_000
"""The most copies that a pattern's counts may ask for here: `((a{100}){100}){100}` has a million, in 280 MB."""

WORK_HERE = 100_000
"""The most characters of text times characters of pattern here: 256 steps over that many take some milliseconds."""

SHOWN = 200
"""The most characters of a pattern in a message."""

AT_ONCE = 0.01
"""Seconds of a match in this process, during which other threads wait; nearly all matches take less."""

PARTS = re.compile(
    r"""(?P<same>\\N\{[^}]*\} | \\. | \{(?:\d+,?\d*|,\d*)\})
      | (?P<set>\[\^?\]?(?:\\.|[^\\\]])*\])
      | \{""",
    re.VERBOSE | re.DOTALL,
)
"""The parts of a pattern that are treated differently: escapes and counts, sets, and other braces."""

IN_A_SET = re.compile(r"(\\.)|\[(?=:)", re.DOTALL)
"""The beginning of `[:alpha:]`, which is a class of characters for `regex` but not for `re`."""


COUNT = re.compile(r"\{(\d*)(?:,(\d*))?\}")


class Limits(NamedTuple):
    """Seconds that the patterns of one filter may take, and where they may run."""

    match: float
    """For one match."""
    total: float
    """For all matches together."""
    elsewhere: bool = True
    """Whether long texts may be searched by another process; if not, `PutOff` is raised for them."""


READING = Limits(match=1.0, total=10.0)
"""For a call that waits for what a filter finds."""

LISTENING = Limits(match=0.05, total=5.0, elsewhere=False)
"""For a filter that runs on the thread that records, often the server's loop."""


class PutOff(Exception):
    """A text has to be searched by another process, for which nobody may wait on this thread."""


class Budget:
    """The time limits of one filter's patterns, and the time that is left."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.left = limits.total
        self.searching = Searching()
        self.patterns = 0

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
        found_in = _finder(pattern, budget)
    except (re.error, regex.error, RecursionError, OverflowError, Wrong) as error:
        raise QueryError(
            f"column {column}: {_shown(pattern)} is not a regular expression: {error}", column=column
        ) from None
    except (TimeoutError, MemoryError) as error:
        much = f"more than {COMPILING:g} s" if isinstance(error, TimeoutError) else "too much memory"
        what = f"{_shown(pattern)} takes {much} to be compiled; make it simpler: counts within counts multiply"
        raise QueryError(f"column {column}: {what}", column=column) from None
    except NoProcess as error:
        what = f"a regular expression of {len(pattern)} characters, or with such counts, runs in a process of its own"
        raise QueryError(f"column {column}: {what}, which cannot start here: {error}", column=column) from None
    last: tuple[str, bool] | None = None

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
        except MemoryError:
            what = f"column {column}: {_shown(pattern)} needs too much memory on {_row(event)}; make it simpler"
            raise QueryError(what, column=column) from None
        except NoProcess as error:
            what = f"column {column}: {_shown(pattern)} cannot run on {_row(event)}: it needs a process, {error}"
            raise QueryError(f"{what}; put a term such as size<10000 before it", column=column) from None
        finally:
            budget.spend(perf_counter() - began)
        last = text, found
        return found

    return holds


def _finder(pattern: str, budget: Budget) -> Callable[[str, float], bool]:
    """Return a function that finds the pattern in a text within some seconds, here or in another process."""
    budget.patterns += 1
    number, source, searching = budget.patterns, _as_re_reads_it(pattern), budget.searching
    added = False

    def there(text: str, seconds: float) -> bool:
        nonlocal added
        if not budget.limits.elsewhere:
            raise PutOff
        if not added:
            searching.add(number, pattern, source)
            added = True
        return searching.search(number, text, seconds)

    if len(pattern) > LONGEST_HERE or _copies(pattern) > MOST_COPIES:
        if budget.limits.elsewhere:
            searching.add(number, pattern, source)
            added = True
        return there
    # `re` comes first: it decides which patterns are valid, and its message says what is wrong.
    re.compile(pattern)
    search = regex.compile(source, regex.VERSION0).search

    def here(text: str, seconds: float) -> bool:
        if len(text) * len(pattern) > WORK_HERE:
            return there(text, seconds)
        try:
            return search(text, timeout=min(AT_ONCE, seconds)) is not None
        except TimeoutError:
            pass
        try:
            # The time of `regex` is that of the processor, which may be many times as long on a busy machine.
            return there(text, seconds)
        except NoProcess:
            return search(text, timeout=seconds, concurrent=True) is not None

    return here


def _copies(pattern: str) -> int:
    """Return at least as many copies of its part as a pattern's counts ask for, one within another."""
    return math.prod(max(1, *(int(one[:9] or 1) for one in found.groups(""))) for found in COUNT.finditer(pattern))


def _shown(pattern: str) -> str:
    """Return a pattern as a message shows it."""
    return f"/{pattern if len(pattern) <= SHOWN else pattern[: SHOWN - 1] + '…'}/"


def _too_slow(pattern: str, budget: Budget, event: Event, took: float, column: int) -> QueryError:
    """Return the error for a pattern that took too long, on one row or on all together."""
    what = f"column {column}: {_shown(pattern)} took too long"
    if budget.left <= 0:
        what += f": {budget.limits.total:g} s for all rows up to row {event.seq}, together with the filter's others"
        return QueryError(f"{what}; make it simpler, or put other terms before it", column=column)
    where = _row(event)
    advice = "make it simpler: a repetition within a repetition, or two ways to match the same text, take very long"
    return QueryError(f"{what}: it was stopped after {took:.2g} s on {where}; {advice}", column=column)


def _row(event: Event) -> str:
    text = event.text
    return f"row {event.seq}, a text of {len(text)} characters that begins “{shorten(text[:100], 40)}”"


def _as_re_reads_it(pattern: str) -> str:
    """Return a pattern with backslashes before characters that are special for `regex` but not for `re`."""
    return PARTS.sub(_escaped, pattern)


def _escaped(part: re.Match[str]) -> str:
    if part["set"]:
        return part["set"][0] + IN_A_SET.sub(lambda found: found[1] or "\\[", part["set"][1:])
    return part["same"] or "\\{"
