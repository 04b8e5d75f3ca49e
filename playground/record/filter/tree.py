"""
Tree: how the terms of a filter are joined.

    either := all ("OR" all)*
    all    := term ("AND"? term)*
    term   := "NOT" term | "-"? ("(" either ")" | a word, "text", /regex/ or key:value)

`frontend/src/filter/tree.ts` is the same in TypeScript.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from playground.record.filter.amounts import BYTES, MILLISECONDS
from playground.record.filter.keys import ALIASES, KEYS, MEASURES
from playground.record.filter.tokens import Token, mistake, tokens

LONGEST = 20_000
"""The most characters of a filter."""

MOST_TERMS = 200
"""The most terms of a filter: each may be tested on every row."""

MOST_PATTERNS = 20
"""The most regular expressions of a filter: compiling one takes up to some milliseconds."""

DEEPEST = 20
"""How deep brackets and NOT may be nested."""

COMPARING = (":", "<", ">", "=", "!")


@dataclass(frozen=True, slots=True)
class Term:
    """One test of a row."""

    token: Token


@dataclass(frozen=True, slots=True)
class Not:
    """What must not hold."""

    part: Node


@dataclass(frozen=True, slots=True)
class All:
    """Parts that all have to hold; without parts it holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Parts of which one has to hold."""

    parts: tuple[Node, ...]


Node = Term | Not | All | Either

NOTHING = All(())


def tree(text: str) -> Node:
    """
    Return how the terms of a filter's text are joined.

    Raises:
        QueryError: brackets or operators are not in order, or the filter is too large.
    """
    if len(text) > LONGEST:
        raise mistake(LONGEST + 1, f"a filter has at most {LONGEST} characters, and this one {len(text)}")
    reader = _Reader(text)
    node = reader.either(0)
    left = reader.next
    if left is not None:
        raise mistake(left.column, "this ) closes no bracket; in quotes it is text")
    return node


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.next: Token | None = next(self.tokens, None)
        self.before: Token | None = None
        self.terms = self.patterns = 0

    def take(self) -> Token:
        token = self.next
        assert token is not None
        self.before, self.next = token, next(self.tokens, None)
        return token

    def either(self, depth: int) -> Node:
        parts = [self.all(depth, None)]
        while self.next is not None and self.next.type == "OR":
            if parts == [NOTHING]:
                raise mistake(self.next.column, "OR stands between two terms, and nothing stands before it")
            parts.append(self.all(depth, self.take()))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def all(self, depth: int, joint: Token | None) -> Node:
        """Return what stands side by side; `joint` is the operator after which it stands."""
        parts: list[Node] = []
        while self.next is not None and self.next.type not in ("OR", "close"):
            if self.next.type == "AND" and (joint is not None or not parts):
                break
            if self.next.type == "AND":
                joint = self.take()
            else:
                parts.append(self.term(depth))
                joint = None
        if joint is not None:
            raise mistake(joint.column, f"{joint.type} stands between two terms, and nothing stands after it")
        if self.next is not None and self.next.type == "AND":
            raise mistake(self.next.column, "AND stands between two terms, and nothing stands before it")
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def term(self, depth: int) -> Node:
        before, token = self.before, self.take()
        if token.type == "NOT":
            self.go_deeper(token, depth)
            if self.next is None or self.next.type in ("OR", "AND", "close"):
                raise mistake(token.column, "NOT stands before a term, and none follows")
            return Not(self.term(depth + 1))
        if token.type == "open":
            part = self.bracket(token, depth)
        else:
            self.count(token)
            self.check(token, before)
            part = Term(token)
        return Not(part) if token.negated else part

    def bracket(self, opening: Token, depth: int) -> Node:
        self.go_deeper(opening, depth)
        part = self.either(depth + 1)
        if self.next is None:
            raise mistake(opening.column, "this bracket is never closed")
        if part == NOTHING:
            raise mistake(opening.column, "there is nothing in these brackets; in quotes they are text")
        self.take()
        return part

    def go_deeper(self, token: Token, depth: int) -> None:
        if depth >= DEEPEST:
            raise mistake(token.column, f"brackets and NOT are nested at most {DEEPEST} deep; this is one more")

    def count(self, token: Token) -> None:
        self.terms += 1
        self.patterns += token.type == "regex"
        if self.terms > MOST_TERMS:
            raise mistake(token.column, f"a filter has at most {MOST_TERMS} terms; this is one more")
        if self.patterns > MOST_PATTERNS:
            what = f"a filter has at most {MOST_PATTERNS} regular expressions; this is one more"
            raise mistake(token.column, what)

    def check(self, token: Token, before: Token | None) -> None:
        """Raise QueryError for a term that does not end, or is torn in two by a space."""
        if token.type == "quoted" and not token.closed:
            raise mistake(token.column, "this quote is never closed")
        if token.type == "regex" and not token.closed:
            what = "this /regular expression has no second slash; a path is written as path:/chat"
            raise mistake(token.column, what)
        if self.text.startswith("(", token.end):
            what = "a bracket stands before a whole term, after a space, as in (kind:send OR kind:close)"
            raise mistake(token.end + 1, f"{what}; in quotes it is text")
        if before is not None and token.type == "word" and is_torn(before, token):
            whole = self.text[before.start : before.end] + token.text
            raise mistake(token.column, f"there is no space within a term: {whole}; in quotes it is text")


def is_torn(before: Token, token: Token) -> bool:
    """Return whether a word belongs to the term before it, as in `size > 1` and `size>1 kB`."""
    if before.type == "key" and not before.op:
        return token.text[:1] in COMPARING
    if before.type == "word":
        return before.text in (*KEYS, *ALIASES) and token.text[:1] in COMPARING
    if before.type != "key" or ALIASES.get(before.key, before.key) not in MEASURES:
        return False
    return re.search("[0-9]$", before.value) is not None and token.text.lower() in {*BYTES, *MILLISECONDS}
