"""What people give to calls, checked where it enters: a mistake is told there, and not by what trips over it later."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

SHOWN = 10
"""Options that a message lists."""


def check_seconds(name: str, value: float | None) -> None:
    """Raise TypeError or ValueError for what is no time to wait: 0 or more seconds, or None."""
    if value is None:
        return
    if not isinstance(value, int | float):
        raise TypeError(f"{name} is a number of seconds, such as 2.5, not {value!r}")
    # Not `value < 0`, which NaN would pass.
    if not value >= 0:
        raise ValueError(f"{name} is 0 or more seconds, not {value!r}")


def check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise ValueError for what is none of the choices."""
    if value not in choices:
        *most, last = map(repr, choices)
        raise ValueError(f"{name} is {', '.join(most)} or {last}, not {value!r}")


def texts(name: str, value: Iterable[str]) -> list[str]:
    """Return several texts as a list; a single one, which would fall apart into its letters, is a TypeError."""
    if isinstance(value, str):
        raise TypeError(f"{name} is a list, as [{value!r}], not {value!r}")
    found = list(value) if isinstance(value, Iterable) else None
    if found is None or not all(isinstance(one, str) for one in found):
        raise TypeError(f"{name} is a list of texts, not {value!r}")
    return found


def check_options(call: str, given: Iterable[str], known: Collection[str]) -> None:
    """Raise TypeError for an option that a call does not have, with the nearest that it has."""
    for name in given:
        if name not in known:
            there = ", ".join(list(known)[:SHOWN]) + (" and more" if len(known) > SHOWN else "")
            raise TypeError(f"{call} has no option {name!r}; {did_you_mean(name, known) or f'there are {there}'}")


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Return the question that names the nearest words, or nothing when none is near."""
    near = difflib.get_close_matches(word, list(known), n=2)
    return f"did you mean {' or '.join(map(repr, near))}?" if near else ""
