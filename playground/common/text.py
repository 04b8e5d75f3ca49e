"""Text that is shown to people: on one line, shortened, and printable."""

from __future__ import annotations


def shorten(text: str, limit: int) -> str:
    """Return `text` on one line and at most `limit` characters long, with an ellipsis where it was cut."""
    text = printable(text.replace("\r", "␍").replace("\n", "␊"))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def printable(text: str) -> str:
    """Return `text` with lone surrogates, which UTF-8 cannot encode, written as escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
