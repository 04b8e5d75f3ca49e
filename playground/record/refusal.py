"""A handshake that the playground refused before the application was asked."""

from __future__ import annotations

from typing import NamedTuple

from playground.common.text import one_line


class Refusal(NamedTuple):
    """What was refused, and how to allow it; `str()` of it is the sentence for the log."""

    what: str
    """What was refused, such as "a WebSocket from a page of Origin"."""
    value: str
    """The value because of which it was refused, such as "https://evil.example"."""
    advice: str
    """How to allow it."""

    @property
    def subject(self) -> str:
        """What was refused, with the value."""
        return f"{self.what} {self.value!r}"

    def __str__(self) -> str:
        return one_line(f"refused {self.subject}; {self.advice}")
