"""
Amounts: the numbers of a filter, and the units of sizes and times.

`frontend/src/filter/amounts.ts` is the same in TypeScript.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from playground.record.filter.tokens import Token, mistake

DIGITS = 15
"""The most digits of a whole number; no code, version or connection has more."""

COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
}

BYTES = {"": 1, "b": 1, "kb": 1e3, "kib": 1024, "mb": 1e6, "mib": 1024**2, "gb": 1e9, "gib": 1024**3}
"""Units of `size`, in lower case, in bytes."""

MILLISECONDS = {"": 1, "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "ms": 1, "s": 1e3, "min": 60e3}
"""Units of `duration` in milliseconds; both signs that are read as micro."""

NO_UNITS = {"": 1}

AMOUNT = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)([A-Za-zµμ]*)")

Holds = Callable[[float], bool]


def comparison(token: Token, units: Mapping[str, float], what: str) -> Holds:
    """
    Return the test of a number that a term such as `size>1kB` asks for.

    Args:
        what: what the value has to be, for the message of QueryError.
    """
    found = AMOUNT.fullmatch(token.plain)
    unit = units.get(found[2].lower()) if found else None
    if found is None or unit is None:
        raise mistake(token.column, f"{token.key}{token.op} takes {what}, not {token.plain!r}")
    return _compared(token.op, float(found[1]) * unit)


def whole_comparison(token: Token) -> Holds:
    """Return the test that a term such as `code>=4000` asks for."""
    return _compared(token.op, whole(token, token.plain))


def whole(token: Token, value: str) -> int:
    """Return one of a term's values as a whole number; a version may also be written as v3."""
    digits = value.removeprefix("v") if token.key in ("v", "version") else value
    if not (digits.isascii() and digits.isdigit() and len(digits) <= DIGITS):
        raise mistake(token.column, f"{token.key}{token.op} takes a number, not {value!r}")
    return int(digits)


def _compared(op: str, limit: float) -> Holds:
    compare = COMPARE[op]
    return lambda value: compare(value, limit)
