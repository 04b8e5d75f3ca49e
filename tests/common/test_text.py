"""Text that is shown to people, and the lines of source."""

import ast

import pytest

from playground.common.text import printable, shorten, source_lines


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
    """Line ends are shown as signs, and half a character as an escape."""
    assert shorten("a\r\nb", 10) == "a␍␊b"
    assert shorten("abcdef", 4) == "abc…"
    assert printable("\ud800") == "\\ud800"
