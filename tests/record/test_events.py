"""Close codes and what they mean."""

import pytest

from playground.common.close_codes import close_code_name, is_sendable_close_code
from playground.common.text import shorten


@pytest.mark.parametrize(
    ("code", "name", "sendable"),
    [
        (1000, "normal closure", True),
        (1004, "reserved", False),
        (1005, "no status received", False),
        (1006, "abnormal closure", False),
        (1011, "internal error", True),
        (1015, "TLS handshake", False),
        (2999, "not a legal close code", False),
        (3000, "registered for libraries", True),
        (4999, "private use (application-defined)", True),
        (5000, "not a legal close code", False),
    ],
)
def test_a_close_code_has_a_name_and_may_be_sent_or_not(code, name, sendable):
    """RFC 6455, section 7.4."""
    assert close_code_name(code) == name
    assert is_sendable_close_code(code) is sendable


def test_text_is_shortened_to_one_line():
    """Line breaks stay visible and the cut is marked."""
    assert shorten("a\nb", 10) == "a␊b"
    assert shorten("abcdef", 4) == "abc…"


def test_a_traceback_in_a_notebook_shows_the_callers_lines_only():
    """And the message, without the way through this package."""
    from playground import EventTimeout, Log

    def waits():
        Log().wait_for("send", timeout=0)

    try:
        waits()
    except EventTimeout as error:
        lines = error._render_traceback_()

    assert any("waits" in line for line in lines)
    assert not any("record/log.py" in line for line in lines)
    assert lines[-1] == "playground.common.errors.EventTimeout: no 'send' within 0 s; the log is empty"
