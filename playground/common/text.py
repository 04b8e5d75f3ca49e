"""Text that is shown to people: on one line, shortened, and printable."""

from __future__ import annotations

import io


def shorten(text: str, limit: int) -> str:
    """Return `text` on one line and at most `limit` characters long, with an ellipsis where it was cut."""
    text = printable(text.replace("\r", "␍").replace("\n", "␊"))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def printable(text: str) -> str:
    """Return `text` with lone surrogates, which UTF-8 cannot encode, written as escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def source_lines(text: str, *, keepends: bool = False) -> list[str]:
    r"""
    Return the lines of Python source as Python counts them: they end at `\n`, `\r\n` or `\r` only.

    `str.splitlines` also splits at a form feed, U+2028 and others, after which its line numbers are wrong.
    """
    lines = list(io.StringIO(text, newline=""))
    return lines if keepends else [line.rstrip("\r\n") for line in lines]
