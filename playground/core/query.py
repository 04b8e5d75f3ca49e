"""
The filter language, for `pg.log.filter(…)`, `pg.log.rows(…)` and the panel.

    hello                 the text contains it, any case        "two words"   the same, with a space
    /^he.*o$/             a regular expression on the text      -word         not; works before every term
    client:alice          kind:receive  dir:in  path:/echo      v:3  code:1006  connection:2  witness:wire
    size>1000  took>5     bytes of payload, milliseconds; also < >= <= =
    json.say=hello        a field of a JSON payload; json.user.name=alice goes deeper

Terms stand side by side and all have to hold. A word without a prefix is also compared with the client's name and
the kind, so that `alice -ping` does what it says.

A row is found by its own kind and by the word of each witness that saw it, and a negated term has to hold for none of
them: `kind:receive -witness:handler` finds messages the handler never received.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from playground.core.errors import QueryError
from playground.core.events import KINDS, WITNESSES, Event
from playground.core.timeline import Row

Test = Callable[[Event], bool]

TERM = re.compile(
    r"""(?P<minus>-?)(?:
        "(?P<quoted>[^"]*)(?P<closed>"?)
      | /(?P<regex>(?:\\.|[^/\\])*)(?P<slash>/?)(?=\s|$)
      | (?P<field>[a-z]+(?:\.[^\s:<>=]+)?)(?P<op>:|>=|<=|>|<|=)(?P<value>"[^"]*"|\S*)
      | (?P<word>\S+)
    )""",
    re.VERBOSE,
)

COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
}


ALIASES = {"version": "v", "direction": "dir", "duration": "took"}
"""The names of an event's attributes, where the language has shorter ones."""


class Query:
    """A filter that was read: terms, each with whether it is negated."""

    def __init__(self, terms: list[tuple[bool, Test]]) -> None:
        self._terms = terms

    def event(self, event: Event) -> bool:
        """Return whether an event passes."""
        return all(test(event) is not negated for negated, test in self._terms)

    def row(self, row: Row) -> bool:
        """Return whether a row passes."""
        faces = row.faces
        return all(any(map(test, faces)) is not negated for negated, test in self._terms)


def compile_query(text: str) -> Query:
    """
    Return the filter that a text stands for.

    Raises:
        QueryError: the text cannot be read; the message and `column` say where.
    """
    if not isinstance(text, str):
        raise TypeError(f"a filter is text, such as 'connection:3', and not {text!r}")
    terms: list[tuple[bool, Test]] = []
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        match = TERM.match(text, position)
        if match is None:
            raise QueryError(f"column {position + 1}: cannot read {text[position:]!r}", column=position + 1)
        terms.append((bool(match["minus"]), _term(match, position + 1)))
        position = match.end()
    return Query(terms)


def _term(match: re.Match[str], column: int) -> Test:
    if match["quoted"] is not None:
        if not match["closed"]:
            raise QueryError(f"column {column}: this quote is never closed", column=column)
        return _word(match["quoted"])
    if match["regex"] is not None and (match["regex"] or match["slash"]):
        return _regex(match["regex"], match["slash"], column)
    if match["field"] is not None:
        return _field(match["field"], match["op"], match["value"].strip('"'), column)
    return _word(match["word"] or "")


def _word(word: str) -> Test:
    needle = word.lower()

    def holds(event: Event) -> bool:
        return needle == (event.client or "").lower() or needle in event.kind or needle in event.text.lower()

    return holds


def _regex(pattern: str, slash: str, column: int) -> Test:
    if not slash:
        raise QueryError(f"column {column}: this /regular expression has no second slash", column=column)
    try:
        found = re.compile(pattern).search
    except re.error as error:
        raise QueryError(f"column {column}: /{pattern}/ is not a regular expression: {error}", column=column) from None
    return lambda event: found(event.text) is not None


def _field(name: str, op: str, value: str, column: int) -> Test:
    if name.startswith("json."):
        return _json(name.removeprefix("json.").split("."), op, value, column)
    name = ALIASES.get(name, name)
    if name in ("size", "took") and op != ":":
        return _measure(name, op, value, column)
    if op != ":":
        raise QueryError(f"column {column}: {name!r} is compared with ':', as {name}:{value}", column=column)
    text_fields: dict[str, Callable[[Event], str | None]] = {
        "client": lambda event: event.client,
        "kind": lambda event: event.kind,
        "dir": lambda event: event.direction,
        "witness": lambda event: event.witness,
        "path": lambda event: event.path,
    }
    number_fields: dict[str, Callable[[Event], int | None]] = {
        "v": lambda event: event.version,
        "code": lambda event: event.code,
        "connection": lambda event: event.connection,
    }
    if name in text_fields:
        _check_choice(name, value, column)
        get_text = text_fields[name]
        return lambda event: get_text(event) == value
    if name in number_fields:
        if not value.isdigit():
            raise QueryError(f"column {column}: {name}: takes a number, not {value!r}", column=column)
        get_number, number = number_fields[name], int(value)
        return lambda event: get_number(event) == number
    known = ", ".join([*text_fields, *number_fields])
    raise QueryError(f"column {column}: no field {name!r}; there are {known}, size, took and json.…", column=column)


def _check_choice(name: str, value: str, column: int) -> None:
    choices = {"kind": tuple(KINDS), "dir": ("in", "out"), "witness": WITNESSES}.get(name)
    if choices and value not in choices:
        raise QueryError(f"column {column}: no {name} {value!r}; there are {', '.join(choices)}", column=column)


def _measure(name: str, op: str, value: str, column: int) -> Test:
    try:
        limit = float(value)
    except ValueError:
        raise QueryError(f"column {column}: {name}{op} takes a number, not {value!r}", column=column) from None
    compare = COMPARE[op]

    def holds(event: Event) -> bool:
        if name == "size":
            return event.size is not None and compare(event.size, limit)
        return event.duration is not None and compare(event.duration * 1000, limit)

    return holds


def _json(path: list[str], op: str, value: str, column: int) -> Test:
    if op not in ("=", ":"):
        raise QueryError(f"column {column}: json.{'.'.join(path)} is compared with '='", column=column)

    def holds(event: Event) -> bool:
        if not isinstance(event.data, str):
            return False
        try:
            found: Any = json.loads(event.data)
        except (ValueError, RecursionError):
            # Not JSON, or nested deeper than anybody means.
            return False
        for key in path:
            if isinstance(found, list) and key.isdigit() and int(key) < len(found):
                found = found[int(key)]
            elif isinstance(found, dict) and key in found:
                found = found[key]
            else:
                return False
        return found == value if isinstance(found, str) else json.dumps(found) == value

    return holds
