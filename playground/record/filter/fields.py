"""
Fields: what `json.…` asks of a payload.

`frontend/src/filter/fields.ts` is the same in TypeScript.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any, NoReturn

from playground.record.events import Event
from playground.record.filter.amounts import DIGITS, NO_UNITS, Holds, comparison
from playground.record.filter.misread import FIELD, meant
from playground.record.filter.tokens import Token, mistake

INDEX = re.compile(r"\[([0-9]+)\]")

NOT_THERE = object()


def field_test(token: Token) -> Callable[[Event], bool]:
    """
    Return the test that a term such as `json.user.name=alice` asks for.

    Raises:
        QueryError: it has no field, or the field is compared with what is no number.
    """
    path, holds = _path(token), _holds(token)
    last: tuple[str, bool] | None = None

    def of_event(event: Event) -> bool:
        nonlocal last
        data = event.data
        if not isinstance(data, str):
            return False
        # The events of a row all have the same payload, which may be long.
        known = last
        if known is None or known[0] is not data:
            found = _found(data, path)
            last = known = data, found is not NOT_THERE and holds(found)
        return known[1]

    return of_event


def _path(token: Token) -> list[str]:
    """Return the names that lead to a field; `[0]` is the same as `.0`."""
    path = INDEX.sub(r".\1", token.key.removeprefix("json")).removeprefix(".").split(".")
    if not all(name and not {"[", "]"}.intersection(name) for name in path):
        raise mistake(token.column, FIELD)
    return path


def _holds(token: Token) -> Callable[[Any], bool]:
    value = token.plain
    if token.op == "":
        return lambda _: True
    if token.op == "!=":
        raise mistake(token.column, f"put a minus before a term to exclude it: -{token.key}={value}")
    if token.op in ("=", ":") and (term := meant(token)):
        raise mistake(token.column, f"write {term}; in quotes the sign belongs to the value")
    if token.op in ("=", ":"):
        return lambda found: found == value if isinstance(found, str) else json.dumps(found) == value
    compare: Holds = comparison(token, NO_UNITS, "a number, such as 3")
    return lambda found: isinstance(found, int | float) and not isinstance(found, bool) and compare(_float(found))


def _float(number: float) -> float:
    """Return a number as the browser has it; one that is too large is infinite."""
    try:
        return float(number)
    except OverflowError:
        return math.copysign(math.inf, number)


def _found(text: str, path: list[str]) -> Any:
    try:
        found: Any = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        # Not JSON, or nested too deeply.
        return NOT_THERE
    for key in path:
        if isinstance(found, list) and key.isascii() and key.isdigit() and len(key) <= DIGITS and int(key) < len(found):
            found = found[int(key)]
        elif isinstance(found, dict) and key in found:
            found = found[key]
        else:
            return NOT_THERE
    return found


def _refuse(constant: str) -> NoReturn:
    # RFC 8259, section 6: NaN and Infinity are no JSON, though Python reads them.
    raise ValueError(constant)
