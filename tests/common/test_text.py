"""Text that is shown to people, and the lines of source."""

import ast
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.common.text import fold, one_line, printable, shorten, source_lines


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_of_source_end_where_python_ends_them(end):
    """And nowhere else, so that a line's number is that of tracebacks."""
    text = f"x = '\x0b \x1c \x1d \x1e \x85 \u2028 \u2029'{end}\x0c{end}y = 1"
    lines = source_lines(text)

    assert "".join(source_lines(text, keepends=True)) == text
    assert lines[ast.parse(text).body[1].lineno - 1] == "y = 1"
    assert lines[1:] == ["\x0c", "y = 1"]


def test_no_text_has_no_lines():
    """As with `str.splitlines`."""
    assert source_lines("") == []
    assert source_lines("\n\n") == ["", ""]


def test_shown_text_is_short_on_one_line_and_printable():
    """Line ends and tabs are shown as signs, and half a character as an escape."""
    assert shorten("a\r\nb\tc", 10) == "a␍␊b␉c"
    assert shorten("abcdef", 4) == "abc…"
    assert shorten("x" * 10**6, 4) == "xxx…"
    assert shorten("\x1b" * 10, 9) == "\\x1b\\x1b…"
    assert printable("\ud800") == "\\ud800"


def test_a_page_gets_the_characters_as_they_are():
    """It isolates them itself, and what it copies has to be what travelled; half a character cannot be sent."""
    assert fold("a\r\n\x1b\u202e\ud800", 20) == "a␍␊\x1b\u202e\\ud800"
    assert fold("abcdef", 4) == "abc…"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x07\x9b31m\x7f", r"\x1b[2J\x07\x9b31m\x7f"),
        ("safe\rrm -rf", r"safe\rrm -rf"),
        ("\u202eevil\u2066\u200e\u200f\u061c", r"\u202eevil\u2066\u200e\u200f\u061c"),
        ("a\u200bb\u2060c\ufeffd\xade\u200df\u200cg", r"a\u200bb\u2060c\ufeffd\xade\u200df\u200cg"),
        ("one\u2028two\u2029\x85", r"one\u2028two\u2029\x85"),
        ("\U000e0041\U000e0042 a\ufe0f \u3164", r"\U000e0041\U000e0042 a\ufe0f \u3164"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text, shown):
    """As Python writes it; a backslash stays, so that writing out twice changes nothing."""
    assert printable(text) == shown
    assert one_line(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "two lines\n\tand a tab\r\n",
        r"C:\x1b\new",
        "👩‍👩‍👧‍👦 ❤️‍🔥 👍🏽 🏴󠁧󠁢󠁳󠁣󠁴󠁿 1️⃣ ©️ 🏳️‍🌈",
        "مرحبا، می‌خواهم",
        "שלום עולם",
        "क्‍ष नमस्ते தமிழ்",
        "e\u0301 ü ß Ελληνικά Кириллица",
        "日本語 한국어 葛󠄀",
        "a\xa0b\u3000c – “quoted” … ␊",
    ],
)
def test_ordinary_text_stays(text):
    """Joiners and variation selectors where a script or an emoji needs them, and everything that can be seen."""
    assert printable(text) == text


UNSEEN = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t\r"] + list(
    "\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\xad\ud800\udfff"
)


@given(
    st.text(st.one_of(st.characters(), st.sampled_from([*UNSEEN, *"\u200c\u200d\ufe0f\r\n❤👩क🏴\U000e0067\U000e007f"])))
)
def test_no_such_character_is_ever_left(text):
    """Wherever it stands; and what is shown can be encoded, and shown again."""
    several, single = printable(text), one_line(text)

    assert not set(several) & set(UNSEEN)
    assert not re.search("\\r(?!\\n)", several)
    assert not set(single) & {*UNSEEN, "\n", "\r", "\t"}
    assert printable(several) == several and one_line(single) == single
    several.encode("utf-8")
