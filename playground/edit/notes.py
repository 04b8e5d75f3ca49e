"""What is worth knowing about an edit, as data."""

from __future__ import annotations

from dataclasses import dataclass

from playground.common.text import printable

ABOUT_OPEN_CONNECTIONS = frozenset({"missing-attribute", "changed-value", "private-name", "changed-class"})
"""Kinds of notes that concern only connections which are open at the edit."""


@dataclass(frozen=True)
class Note:
    """One thing worth knowing about an edit; it is not an error."""

    kind: str
    """What it is about, such as "misspelt-hook"."""
    text: str
    """The sentence, without the line."""
    line: int | None = None
    """The line of the source, if it is about one."""

    def __str__(self) -> str:
        return printable(f"line {self.line}: {self.text}" if self.line else self.text)
