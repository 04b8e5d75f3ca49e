"""Patterns of paths, as Starlette writes them, compared with each other."""

from __future__ import annotations

import re

from starlette.routing import PARAM_REGEX

CHARACTERS = {"str": "[^/]", "int": "[0-9]", "float": "[0-9.]", "uuid": "[0-9a-fA-F-]"}
"""The characters of a parameter, by its convertor; for `path` and an app's own convertors, any."""

EXAMPLES = {"int": "9081726354", "float": "9081726354.5", "uuid": "90817263-5490-8172-6354-908172635490"}
"""Values of parameters that are unlikely to be a part of another route's path."""

Piece = tuple[str, bool]
"""A character or a class of characters, and whether it may occur any number of times."""


def same(one: str, other: str) -> bool:
    """Return whether two patterns match the same paths; the names of their parameters do not matter."""
    return _pieces(one) == _pieces(other)


def ends_with(path: str, end: str) -> bool:
    """Return whether the last parts of a pattern match the same as another whole pattern, as "/v1/x" and "/x" do."""
    parts, last = path.split("/"), end.split("/")[1:]
    return len(last) < len(parts) and same("/".join(parts[len(parts) - len(last) :]), "/".join(last))


def overlap(one: str, other: str) -> bool:
    """Return whether there may be a path that both patterns match."""
    left, right = _pieces(one), _pieces(other)
    seen = {(0, 0)}
    waiting = [(0, 0)]
    while waiting:
        i, j = waiting.pop()
        if (i, j) == (len(left), len(right)):
            return True
        steps = []
        if i < len(left) and left[i][1]:
            steps.append((i + 1, j))
        if j < len(right) and right[j][1]:
            steps.append((i, j + 1))
        if i < len(left) and j < len(right) and _meet(left[i][0], right[j][0]):
            steps.append((i + (not left[i][1]), j + (not right[j][1])))
        waiting += [step for step in steps if step not in seen]
        seen.update(steps)
    return False


def example(path: str) -> str:
    """Return a path that the pattern matches and that a narrower pattern is unlikely to match."""

    def value(found: re.Match[str]) -> str:
        convertor = found.group(2)
        name = found.group(1)
        return f"<{name}>/<{name}>" if convertor == ":path" else EXAMPLES.get((convertor or "")[1:], f"<{name}>")

    return PARAM_REGEX.sub(value, path)


def _pieces(path: str) -> list[Piece]:
    pieces: list[Piece] = []
    at = 0
    for found in PARAM_REGEX.finditer(path):
        pieces += [(character, False) for character in path[at : found.start()]]
        convertor = (found.group(2) or ":str")[1:]
        characters = CHARACTERS.get(convertor)
        # The class has its convertor's name, so that pieces of different convertors are different.
        pieces += [(convertor, False), (convertor, True)] if characters else [(f"{convertor}…", True)]
        at = found.end()
    return pieces + [(character, False) for character in path[at:]]


def _meet(one: str, other: str) -> bool:
    """Return whether two pieces have a character in common; two classes always have the digits in common."""
    if len(one) > 1 and len(other) > 1:
        return True
    if len(one) == len(other):
        return one == other
    name, character = (one, other) if len(one) > 1 else (other, one)
    return re.fullmatch(CHARACTERS.get(name, "(?s:.)"), character) is not None
