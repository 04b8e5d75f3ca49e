"""
The filter language, for `pg.log.filter(…)`, `pg.log.rows(…)` and the panel.

    hello                 the text contains it, any case        "two words"   the same, with a space
    /^he.*o$/             a regular expression on the text      -word         not; works before every term
    client:alice          kind:receive  dir:in  path:/echo      v:3  code:1006  connection:2  witness:wire
    size>1000  took>5     bytes of payload, milliseconds; also < >= <= =
    json.say=hello        a field of a JSON payload; json.user.name=alice goes deeper
    is:messages           a message that was received or sent
    is:hooks              a message that a hook of the endpoint handled, or a hook's own row
    is:errors             a failure: a row with an error, a refused handshake, an end that was not an ordinary one
    is:differ             a row whose witnesses differ; see `Row.agree`
    is:pushed             a message that the playground sent in the place of the handler; see `Playground.push`

Terms are separated by spaces, and all have to hold. After `:` a comma means "either", except for `json.…`:
`kind:send,receive`, `is:errors,differ`; in quotes it is part of the value, as in `client:"a,b"`. A word without a
prefix is also compared with the client's name and the kind, as in `alice -ping`. A regular
expression that takes too long is stopped with an error; see `playground.record.patterns`. A filter has at most
20,000 characters and 200 terms, 20 of them regular expressions.

A row is found by its own kind and by the word of each witness that saw it, and a negated term has to hold for none of
them: `kind:receive -witness:handler` finds messages the handler never received. `is:` is about the row as a whole: if
it finds a row, it finds all its events. An end is an ordinary one if its witnesses agree and none of them reports a
code other than 1000, 1001 or 1005.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from playground.common.arguments import did_you_mean
from playground.common.errors import QueryError
from playground.record.events import KINDS, WITNESSES, Event
from playground.record.patterns import READING, Budget, Limits, compile_pattern
from playground.record.records import Record
from playground.record.row import Row
from playground.record.selection import (
    CATEGORIES,
    USUAL,
    Select,
    any_of,
    of_client,
    of_kind,
    of_version,
    on_connection,
    on_path,
)

__all__ = [
    "ALIASES",
    "CATEGORIES",
    "CATEGORY_ALIASES",
    "CHOICES",
    "COMPARE",
    "NUMBER_FIELDS",
    "SHOWN_AS",
    "TEXT_FIELDS",
    "USUAL",
]
__all__ += ["Query", "compile_query"]

Test = Callable[[Event], bool]

TERM = re.compile(
    r"""(?P<minus>-?)(?:
        "(?P<quoted>[^"]*)(?P<closed>"?)
      | /(?P<regex>(?:\\.|[^/\\])*)(?P<slash>/?)(?=\s|$)
      | (?P<field>[a-z]+(?:\.[^\s:<>=]+)?)(?P<op>:|>=|<=|>|<|=)(?P<value>(?:"[^"]*"|[^\s,]*)(?:,(?:"[^"]*"|[^\s,]*))*)
      | (?P<word>\S+)
    )""",
    re.VERBOSE,
)

ALTERNATIVE = re.compile(r'("[^"]*"|[^,]*),')
"""One of the values that commas separate; a comma has to follow the last one too."""

COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
}


ALIASES = {"version": "v", "direction": "dir", "duration": "took"}
"""Names of an event's attributes that have a shorter name in the filter."""

TEXT_FIELDS: dict[str, Callable[[Event], str | None]] = {
    "client": lambda event: event.client,
    "kind": lambda event: event.kind,
    "dir": lambda event: event.direction,
    "witness": lambda event: event.witness,
    "path": lambda event: event.path,
}

NUMBER_FIELDS: dict[str, Callable[[Event], int | None]] = {
    "v": lambda event: event.version,
    "code": lambda event: event.code,
    "connection": lambda event: event.connection,
}

CHOICES: dict[str, tuple[str, ...]] = {
    "kind": tuple(KINDS),
    "dir": ("in", "out"),
    "witness": WITNESSES,
    "is": tuple(CATEGORIES),
}

DIGITS = 15
"""The most digits of a number; no code, version or connection has more."""

LONGEST = 20_000
"""The most characters of a filter."""

MOST_TERMS = 200
"""The most terms of a filter: each may be tested on every row."""

MOST_PATTERNS = 20
"""The most regular expressions of a filter: compiling one takes up to some milliseconds."""

CATEGORY_ALIASES = {"disagree": "differ"}
"""Earlier words of `is:`, which stay valid."""

SHOWN_AS = {"handshake": "connect", "text": "receive,send", "binary": "receive,send", "ended": "end"}
"""Words that people try for kinds, with the kinds to write instead."""


class Query:
    """
    A compiled filter.

    Args:
        terms: tests of an event, each with whether it is negated.
        categories: selections of whole records, one for each `is:` term.
        likely: selections that leave out only records of which no event and no row can pass the terms.
    """

    def __init__(self, terms: list[tuple[bool, Test]], categories: list[Select], likely: list[Select]) -> None:
        self._terms = terms
        self._categories = categories
        self._likely = likely

    def candidates(self, records: list[Record]) -> list[Record]:
        """Return the records of which an event or the row may pass; all others certainly do not."""
        for select in (*self._likely, *self._categories):
            records = select(records)
        return records

    def event(self, event: Event, row: Row) -> bool:
        """Return whether an event of this row passes."""
        return all(test(event) is not negated for negated, test in self._terms) and self._in_categories(row)

    def row(self, row: Row) -> bool:
        """Return whether a row passes."""
        return self._in_categories(row) and self.row_passes_terms(row)

    def event_passes_terms(self, event: Event) -> bool:
        """Return whether an event of a candidate passes; `is:` terms were tested on its record."""
        return all(test(event) is not negated for negated, test in self._terms)

    def row_passes_terms(self, row: Row) -> bool:
        """Return whether the row of a candidate passes; `is:` terms were tested on its record."""
        if not self._terms:
            return True
        views = row.filter_views
        return all(any(map(test, views)) is not negated for negated, test in self._terms)

    def _in_categories(self, row: Row) -> bool:
        return all(select((row.record,)) for select in self._categories)


def compile_query(text: str, limits: Limits = READING) -> Query:
    """
    Compile the text of a filter.

    Args:
        limits: how long its regular expressions may take, over the filter's whole life; its tests raise QueryError
            when one takes longer.

    Raises:
        QueryError: the text cannot be read; the message and `column` say where.
    """
    if not isinstance(text, str):
        raise TypeError(f"a filter has to be text, such as 'connection:3', not {text!r}")
    _check_length(text)
    terms: list[tuple[bool, Test]] = []
    categories: list[Select] = []
    likely: list[Select] = []
    budget = Budget(limits)
    position = count = patterns = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        match = TERM.match(text, position)
        if match is None:
            raise QueryError(f"column {position + 1}: cannot read {text[position:]!r}", column=position + 1)
        count += 1
        patterns += bool(match["regex"] or match["slash"])
        _check_count(count, patterns, position + 1)
        if match["field"] == "is":
            categories.append(_category(match["op"], match["value"], position + 1, negated=bool(match["minus"])))
        else:
            terms.append((bool(match["minus"]), _term(match, position + 1, budget)))
            likely += _likely(match["field"] or "", match["value"] or "", negated=bool(match["minus"]))
        position = match.end()
    return Query(terms, categories, likely)


def _check_length(text: str) -> None:
    if len(text) > LONGEST:
        message = f"column {LONGEST + 1}: a filter has at most {LONGEST} characters, and this one {len(text)}"
        raise QueryError(message, column=LONGEST + 1)


def _check_count(terms: int, patterns: int, column: int) -> None:
    if terms > MOST_TERMS:
        raise QueryError(f"column {column}: a filter has at most {MOST_TERMS} terms; this is one more", column=column)
    if patterns > MOST_PATTERNS:
        message = f"column {column}: a filter has at most {MOST_PATTERNS} regular expressions; this is one more"
        raise QueryError(message, column=column)


def _term(match: re.Match[str], column: int, budget: Budget) -> Test:
    if match["quoted"] is not None:
        if not match["closed"]:
            raise QueryError(f"column {column}: this quote is never closed", column=column)
        return _word(match["quoted"])
    if match["regex"] is not None and (match["regex"] or match["slash"]):
        if not match["slash"]:
            raise QueryError(f"column {column}: this /regular expression has no second slash", column=column)
        return compile_pattern(match["regex"], budget, column)
    if match["field"] is not None:
        return _field(match["field"], match["op"], match["value"], column)
    return _word(match["word"] or "")


def _word(word: str) -> Test:
    needle = word.lower()

    def holds(event: Event) -> bool:
        return needle == (event.client or "").lower() or needle in event.kind or needle in event.text.lower()

    return holds


def _field(name: str, op: str, written: str, column: int) -> Test:
    value = written.strip('"')
    if name.startswith("json."):
        return _json(name.removeprefix("json.").split("."), op, value, column)
    name = ALIASES.get(name, name)
    if name in ("size", "took") and op != ":":
        return _measure(name, op, value, column)
    _check_colon(name, op, value, column)
    if name in TEXT_FIELDS:
        get_text, texts = TEXT_FIELDS[name], frozenset(_choices(name, written, column))
        return lambda event: get_text(event) in texts
    if name in NUMBER_FIELDS:
        get_number, numbers = NUMBER_FIELDS[name], frozenset(_numbers(name, written, column))
        return lambda event: get_number(event) in numbers
    known = ", ".join([*TEXT_FIELDS, *NUMBER_FIELDS, "is"])
    raise QueryError(f"column {column}: no field {name!r}; there are {known}, size, took and json.…", column=column)


def _category(op: str, written: str, column: int, *, negated: bool) -> Select:
    _check_colon("is", op, written.strip('"'), column)
    names = (CATEGORY_ALIASES.get(name, name) for name in _choices("is", written, column))
    return any_of([CATEGORIES[name] for name in dict.fromkeys(names)], negated=negated)


def _likely(field: str, written: str, *, negated: bool) -> list[Select]:
    """Return the selections that a term allows, which has been found to be valid."""
    name = ALIASES.get(field, field)
    values = frozenset(_alternatives(written))
    # All events of a record have the same client, path and connection, so negated terms can be selected too.
    if name == "client":
        return [of_client(values, negated=negated)]
    if name == "path":
        return [on_path(values, negated=negated)]
    if name == "connection":
        return [on_connection(frozenset(map(int, values)), negated=negated)]
    # Kind and version differ between the events of a record, so negated terms have to be tested on each.
    if name == "kind" and not negated:
        return [of_kind(values)]
    if name == "v" and not negated:
        return [of_version(frozenset(int(value.removeprefix("v")) for value in values))]
    return []


def _check_colon(name: str, op: str, value: str, column: int) -> None:
    if op != ":":
        raise QueryError(f"column {column}: {name!r} is compared with ':', as {name}:{value}", column=column)


def _alternatives(written: str) -> list[str]:
    return [value.strip('"') for value in ALTERNATIVE.findall(written + ",")]


def _choices(name: str, written: str, column: int) -> list[str]:
    values, choices = _alternatives(written), CHOICES.get(name)
    for value in values:
        if choices and value not in choices and not (name == "is" and value in CATEGORY_ALIASES):
            raise QueryError(f"column {column}: {_no_choice(name, value, choices)}", column=column)
    return values


def _no_choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    if name == "is":
        return f"is: takes {', '.join(choices[:-1])} or {choices[-1]}, not {value!r}"
    if name == "kind" and value in SHOWN_AS:
        return f"no kind {value!r}; write kind:{SHOWN_AS[value]}"
    near = did_you_mean(value, choices)
    return f"no {name} {value!r}; {near or 'there are ' + ', '.join(choices)}"


def _numbers(name: str, written: str, column: int) -> list[int]:
    # A version may also be written as v3.
    sign = "v" if name == "v" else ""
    numbers = []
    for value in _alternatives(written):
        digits = value.removeprefix(sign)
        if not (digits.isascii() and digits.isdigit() and len(digits) <= DIGITS):
            raise QueryError(f"column {column}: {name}: takes a number, not {value!r}", column=column)
        numbers.append(int(digits))
    return numbers


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

    last: tuple[str, bool] | None = None

    def holds(event: Event) -> bool:
        nonlocal last
        data = event.data
        if not isinstance(data, str):
            return False
        # The filter views of a row all have the same payload, which may be long.
        known = last
        if known is None or known[0] is not data:
            last = known = data, is_in(data)
        return known[1]

    def is_in(text: str) -> bool:
        try:
            found: Any = json.loads(text)
        except (ValueError, RecursionError):
            # Not JSON, or nested too deeply.
            return False
        for key in path:
            if isinstance(found, list) and key.isdecimal() and len(key) <= DIGITS and int(key) < len(found):
                found = found[int(key)]
            elif isinstance(found, dict) and key in found:
                found = found[key]
            else:
                return False
        return found == value if isinstance(found, str) else json.dumps(found) == value

    return holds
