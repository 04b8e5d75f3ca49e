"""
Text that is shown to people: on one line, shortened, and with every character that cannot be seen written out.

A terminal runs escape sequences, and bidirectional characters change the order in which a line is read (Unicode's
UTR 36, section 2.5). So what comes from a peer, an app or a file goes through `printable` or `one_line` before a person
gets it as text:

    escape, control                  \\x1b, \\x07, \\x9b; a carriage return within a line: \\r
    bidirectional, line separators   \\u202e, \\u2066, \\u200f, \\u2028
    what has no width                \\u200b, \\xad, \\ufeff, \\U000e0041; not where a script or an emoji needs it
    half characters                  \\ud800

A backslash stays as it is, so that ordinary text does, and writing out twice changes nothing.
"""

from __future__ import annotations

import io
import re
import unicodedata

_UNSEEN = re.compile(
    r"\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f|["
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000110bd\U000110cd"
    r"\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]|\r(?!\n)"
)
"""
Characters without a sign of their own: Unicode's controls, formats and default ignorables, and half characters. Before
them a whole flag such as that of Scotland, whose letters are tags that are not seen elsewhere (UTS 51, section 2.6.2).
"""

_FOLDED = str.maketrans({"\r": "␍", "\n": "␊"})
_SIGNS = str.maketrans({"\r": "␍", "\n": "␊", "\t": "␉"})


def printable(text: str) -> str:
    """Return a text of several lines with what cannot be seen written out; ends of lines and tabs stay."""
    if text.isprintable() and text.isascii():
        return text
    return _UNSEEN.sub(lambda match: match[0] if _is_needed(match) else _escape(match[0]), text)


def one_line(text: str) -> str:
    """Return `text` on one line: signs for ends of lines and tabs, and what cannot be seen written out."""
    return printable(text.translate(_SIGNS))


def shorten(text: str, limit: int) -> str:
    """Return `text` on one line and at most `limit` characters long, with an ellipsis where it was cut."""
    # Cut first: a payload may have megabytes.
    text = one_line(text[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def fold(text: str, limit: int) -> str:
    """Return a text for a page, which shows it as it is: shortened, with signs for ends of lines, and valid UTF-8."""
    text = text[: limit + 1].translate(_FOLDED)
    text = text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()


def _is_needed(match: re.Match[str]) -> bool:
    """Return whether a script or an emoji needs the character where it stands."""
    character, text, place = match[0], match.string, match.start()
    if len(character) > 1:
        return True
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if "\ufe00" <= character <= "\ufe0f":
        # How an emoji is shown, or a mathematical sign or an ideograph; never two in a row.
        return bool(before) and (before in "#*" or unicodedata.category(before) in ("So", "Sm", "Po", "Nd", "Lo", "Pd"))
    if character in "\u200c\u200d":
        if before == "\ufe0f":
            before = text[place - 2 : place - 1]
            return _joins(before) and _joins(after) and unicodedata.category(before) == "So"
        return _joins(before) and _joins(after)
    if "\U000e0100" <= character <= "\U000e01ef":
        return "\u3400" <= before <= "\U0003ffff"
    return False


def _joins(character: str) -> bool:
    """Return whether a joiner beside this character changes how it looks: in emoji, Arabic, and scripts of India."""
    if not character:
        return False
    category = unicodedata.category(character)
    is_emoji = category == "So" or "\U0001f3fb" <= character <= "\U0001f3ff"
    return is_emoji or ("\u0600" <= character < "\u1100" and category[0] in "LM")


def source_lines(text: str, *, keepends: bool = False) -> list[str]:
    r"""
    Return the lines of Python source as Python counts them: they end at `\n`, `\r\n` or `\r` only.

    `str.splitlines` also splits at a form feed, U+2028 and others, after which its line numbers are wrong.
    """
    lines = list(io.StringIO(text, newline=""))
    return lines if keepends else [line.rstrip("\r\n") for line in lines]
