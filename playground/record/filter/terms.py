"""
Terms: what each key, word and expression of a filter asks of a row.

`frontend/src/filter/terms.ts` is the same in TypeScript.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from playground.record.events import Event
from playground.record.filter.amounts import BYTES, MILLISECONDS, comparison, whole, whole_comparison
from playground.record.filter.fields import field_test
from playground.record.filter.keys import ALIASES, CATEGORY_ALIASES, CHOICES, KEYS, MEASURES, NUMBER_KEYS, WRITTEN_AS
from playground.record.filter.misread import meant, refuse_misread
from playground.record.filter.nearest import near_or_all
from playground.record.filter.tokens import Token, mistake
from playground.record.patterns import Budget, compile_pattern
from playground.record.row import Row
from playground.record.selection import (
    CATEGORIES,
    Select,
    any_of,
    of_client,
    of_kind,
    of_version,
    on_connection,
    on_path,
)


@dataclass(frozen=True, slots=True)
class Test:
    """What a term asks."""

    of_event: Callable[[Event, Row], bool]
    """Whether it holds for an event of a row."""
    of_row: Callable[[Row, Event], bool]
    """Whether it holds for any event of a row; the second argument is the row as one event."""
    select: Select | None = None
    """Leaves out only records of which neither an event nor the row passes."""
    exact: bool = False
    """Whether `select` alone decides, for all events of a record and its row."""


def test_of(token: Token, budget: Budget) -> Test:
    """
    Return what a term asks.

    Raises:
        QueryError: the term cannot be read.
    """
    if token.type == "key":
        return _of_key(token)
    if token.type == "word":
        refuse_misread(token)
    if token.type in ("word", "quoted"):
        return _word(token.text)
    return _alike(compile_pattern(token.text, budget, token.column))


def _alike(holds: Callable[[Event], bool]) -> Test:
    """Return a test that is about an event as it is about the row as one event."""
    return Test(lambda event, _: holds(event), lambda _, view: holds(view))


def _word(word: str) -> Test:
    needle = word.lower()

    def said(event: Event) -> bool:
        return needle == (event.client or "").lower() or needle in event.text.lower()

    return Test(
        lambda event, _: needle in event.kind or said(event),
        lambda row, view: any(needle in kind for kind in row.kinds) or said(view),
    )


def _of_key(token: Token) -> Test:
    if token.key.startswith(("json.", "json[")):
        return _alike(field_test(token))
    name = ALIASES.get(token.key, token.key)
    if name not in KEYS:
        near = near_or_all(re.split(r"[.\[]", token.key)[0], KEYS, ALIASES)
        quotes = "" if near.endswith("?") else "; in quotes it is searched as text"
        raise mistake(token.column, f"no key {token.key!r}; {near}{quotes}")
    if name == "json":
        raise mistake(token.column, "json needs the name of a field, as in json.user.name=alice")
    if token.op == "!=":
        equal = "=" if name in MEASURES else ":"
        what = f"put a minus before a term to exclude it: -{token.key}{equal}{token.plain}"
        raise mistake(token.column, what)
    if name in MEASURES:
        return _measure(name, token)
    if name in NUMBER_KEYS:
        return _number(name, token)
    if token.op != ":":
        raise mistake(token.column, f"{token.key!r} is compared with ':', as {token.key}:{token.plain.lstrip('=')}")
    return _text(name, _chosen(name, token))


def _chosen(name: str, token: Token) -> frozenset[str]:
    choices, values = CHOICES.get(name), token.values
    if name == "is":
        values = [CATEGORY_ALIASES.get(value, value) for value in values]
    for value in values:
        if choices and value not in choices:
            raise mistake(token.column, _no_choice(name, value, choices))
    return frozenset(values)


def _no_choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    if name == "kind" and value in WRITTEN_AS:
        return f"no kind {value!r}; write kind:{WRITTEN_AS[value]}"
    what = f"is: has no word {value!r}" if name == "is" else f"no {name} {value!r}"
    return f"{what}; {near_or_all(value, choices, CATEGORY_ALIASES if name == 'is' else ())}"


def _text(name: str, values: frozenset[str]) -> Test:
    # All events of a record have the same client, path and connection; kind and witness differ between them.
    if name == "kind":
        return Test(
            lambda event, _: event.kind in values, lambda row, _: not values.isdisjoint(row.kinds), of_kind(values)
        )
    if name == "witness":
        return Test(lambda event, _: event.witness in values, lambda row, _: not values.isdisjoint(row.witnesses))
    if name == "dir":
        return _alike(lambda event: event.direction in values)
    if name == "client":
        return Test(
            lambda event, _: event.client in values, lambda row, _: row.client in values, of_client(values), exact=True
        )
    if name == "path":
        return Test(
            lambda event, _: event.path in values, lambda row, _: row.path in values, on_path(values), exact=True
        )
    select = any_of([CATEGORIES[value] for value in CATEGORIES if value in values])

    def holds(row: Row) -> bool:
        return bool(select((row.record,)))

    return Test(lambda _, row: holds(row), lambda row, _: holds(row), select, exact=True)


def _number(name: str, token: Token) -> Test:
    if token.op == ":" and (term := meant(token)):
        raise mistake(token.column, f"write {term}")
    select, exact = None, False
    if token.op == ":":
        numbers = frozenset(whole(token, value) for value in token.values)
        holds: Callable[[float], bool] = numbers.__contains__
        if name == "connection":
            select, exact = on_connection(numbers), True
        elif name == "v":
            select = of_version(numbers)
    else:
        holds = whole_comparison(token)
    if name == "code":
        return Test(
            lambda event, _: event.code is not None and holds(event.code),
            lambda row, _: any(map(holds, row.all_codes)),
        )
    if name == "v":
        return _alike(lambda event: event.version is not None and holds(event.version))

    def connected(number: int | None) -> bool:
        return number is not None and holds(number)

    return Test(lambda event, _: connected(event.connection), lambda row, _: connected(row.connection), select, exact)


def _measure(name: str, token: Token) -> Test:
    if token.op == ":":
        term = meant(token) or f"{token.key}>{token.plain}"
        raise mistake(token.column, f"{token.key!r} is compared with >, <, >=, <= or =, as {term}")
    if name == "size":
        holds = comparison(token, BYTES, "a number of bytes, such as 1000, 1kB or 64KiB")
        return _alike(lambda event: event.size is not None and holds(event.size))
    holds = comparison(token, MILLISECONDS, "a time in milliseconds, or such as 0.1ms or 2s")
    return _alike(lambda event: event.duration is not None and holds(event.duration * 1000))
