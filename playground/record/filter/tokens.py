"""
Tokens: the words, brackets and operators of a filter's text.

Any text has tokens; `tree` and `terms` say what is wrong with them. `frontend/src/filter/tokens.ts` is the same in
TypeScript.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from playground.common.errors import QueryError

Type = Literal["open", "close", "OR", "AND", "NOT", "quoted", "regex", "key", "word"]

OPERATORS: dict[str, Type] = {"OR": "OR", "AND": "AND", "NOT": "NOT"}
"""Words that join terms; in lower case they are words like others."""

KEY = r"[A-Za-z][A-Za-z0-9_]*"
FIELD = r'[.\[][^\s:<>=!()"]*'
BALANCED = r"\((?:[^\s()]|\([^\s()]*\))*\)"
"""Brackets within a word, as in `f(x)`, up to two deep; they belong to the word."""
IN_VALUE = r"[^\s,()]"
VALUE = rf'(?:"[^"]*"|(?:{IN_VALUE}+(?:\((?:{IN_VALUE}|\({IN_VALUE}*\))*\){IN_VALUE}*)*)?)'

TOKEN = re.compile(
    rf"""(?P<minus>-(?=[^\s)]))?(?:
        (?P<open>\()
      | (?P<close>\))
      | "(?P<quoted>[^"]*)(?P<closed>"?)
      | /(?P<regex>(?:\\.|[^/\\])*)(?P<slash>/?)(?=[\s)]|\Z)
      | (?P<key>{KEY}(?:{FIELD})?)(?P<op>:|>=|<=|!=|>|<|=)(?P<value>{VALUE}(?:,{VALUE})*)
      | (?P<field>json{FIELD})(?=[\s)]|\Z)
      | (?P<operator>OR|AND|NOT)(?=[\s()]|\Z)
      | (?P<word>[^\s()]+(?:{BALANCED}[^\s()]*)*)
    )""",
    re.VERBOSE,
)

ALTERNATIVE = re.compile(r'("[^"]*"|[^,]*),')
"""One of the values that commas separate; a comma has to follow the last one too."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text from `start` to `end`."""

    type: Type
    start: int
    end: int
    negated: bool = False
    """Whether a minus stands before it."""
    text: str = ""
    """What a word, a quoted text or a regular expression says."""
    closed: bool = True
    """Whether the second quote or slash is there."""
    key: str = ""
    op: str = ""
    """How key and value are compared; "" for a field of JSON that has to exist."""
    value: str = ""

    @property
    def column(self) -> int:
        """Where it begins, counted from 1."""
        return self.start + 1

    @property
    def plain(self) -> str:
        """The value without the quotes around it."""
        return self.value.strip('"')

    @property
    def values(self) -> list[str]:
        """The values that commas separate; in quotes a comma is part of the value."""
        return [value.strip('"') for value in ALTERNATIVE.findall(self.value + ",")]


def mistake(column: int, what: str) -> QueryError:
    """Return the error for what is wrong at a column, counted from 1."""
    return QueryError(f"column {column}: {what}", column=column)


def tokens(text: str) -> Iterator[Token]:
    """Return the tokens of a filter's text, from left to right."""
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        match = TOKEN.match(text, position)
        assert match is not None, "any character but a space begins a token"
        yield _token(match)
        position = match.end()


def _token(match: re.Match[str]) -> Token:
    start, end, negated = match.start(), match.end(), match["minus"] is not None
    if match["open"]:
        return Token("open", start, end, negated)
    if match["close"]:
        return Token("close", start, end)
    if match["quoted"] is not None:
        return Token("quoted", start, end, negated, match["quoted"], bool(match["closed"]))
    # A lone slash is the beginning of an expression, and asks for nothing yet.
    if match["regex"] or match["slash"]:
        return Token("regex", start, end, negated, match["regex"], bool(match["slash"]))
    if match["key"]:
        return Token("key", start, end, negated, key=match["key"], op=match["op"], value=match["value"])
    if match["field"]:
        return Token("key", start, end, negated, key=match["field"])
    if match["operator"] and not negated:
        return Token(OPERATORS[match["operator"]], start, end)
    return Token("word", start, end, negated, match["operator"] or match["word"] or "")
