"""What somebody probably meant: the nearest known words, as `frontend/src/filter/nearest.ts` finds them too."""

from __future__ import annotations

from collections.abc import Collection

from playground.common.arguments import did_you_mean

LONGEST = 40
"""The most characters of a word that is compared with others; a longer one is no slip of the finger."""


def near_or_all(word: str, known: Collection[str], others: Collection[str] = ()) -> str:
    """
    Return a question that names the words nearest to this one, or else a list of all known ones.

    Args:
        others: words that may be meant too, but are not listed.
    """
    near = did_you_mean(word.lower(), [*known, *others]) if len(word) <= LONGEST else ""
    return near or f"there are {', '.join(known)}"
