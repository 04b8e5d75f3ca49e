"""
What other languages write, and this one would search as text: told, so that nobody takes "no rows" for an answer.

`frontend/src/filter/misread.ts` is the same in TypeScript.
"""

from __future__ import annotations

import re

from playground.record.filter.tokens import Token, mistake

OPERATORS = {"&&": "AND", "||": "OR", "|": "OR"}
"""What stands between terms elsewhere, with what stands there here."""

FLAGGED = re.compile(r"/(.+)/(?:i|g|gi|ig)")
"""A regular expression with flags, as in JavaScript."""

NEGATED_KEY = re.compile(r"!([A-Za-z][A-Za-z0-9_]*(?:[:<>=].*)?)", re.DOTALL)

LEADING = re.compile(r"[:<>=]+")

FIELD = "json. needs the name of a field, as in json.user.name=alice or json.tags[0]=a"


def refuse_misread(token: Token) -> None:
    """
    Do nothing for a word that is meant as one.

    Raises:
        QueryError: it reads like a term of another language; the message has the term to write instead.
    """
    word = token.text
    if word in OPERATORS:
        raise mistake(token.column, f"write {OPERATORS[word]} in place of {word}; in quotes it is text")
    if word.startswith(("json.", "json[")):
        raise mistake(token.column, f"{FIELD}; in quotes it is text")
    if found := FLAGGED.fullmatch(word):
        shown = f"/(?i){found[1]}/"
        raise mistake(
            token.column, f"no letters stand after a regular expression; {shown} is in any case; in quotes it is text"
        )
    found = NEGATED_KEY.fullmatch(word)
    if found and re.search("[:<>=]", found[1]):
        raise mistake(token.column, f"put a minus before a term to exclude it: -{found[1]}; in quotes it is text")


def meant(token: Token) -> str | None:
    """Return the term that is meant by one with two comparisons, as `size>5` by `size:>5`; None for one with one."""
    if not token.value.startswith((">", "<", "=")):
        return None
    found = LEADING.match(token.op + token.value)
    assert found is not None, "the comparison of a term"
    signs = found[0]
    side = next((sign for sign in "><" if sign in signs), "")
    return f"{token.key}{side}{'=' if '=' in signs or not side else ''}{(token.op + token.value)[found.end() :]}"
