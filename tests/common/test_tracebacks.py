"""Exceptions as text, with carets only where looking for them makes no other thread fail."""

import ast
import logging
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest

from playground.common import tracebacks
from playground.common.tracebacks import PARSER_IS_SHARED, format_error, format_frames, store_traceback


def failure():
    """Return an exception whose cause, and both their lines, would get carets."""
    try:
        try:
            return len("abc") + {}["cause"]
        except KeyError as error:
            raise ExceptionGroup("several", [error]) from error
    except ExceptionGroup as error:
        return error


def elsewhere(function, *arguments):
    with ThreadPoolExecutor(1) as other:
        return other.submit(function, *arguments).result()


def record_of(error, name="nobody"):
    return logging.LogRecord(name, logging.ERROR, __file__, 1, "failed", (), (type(error), error, error.__traceback__))


def without_carets(text):
    return [line for line in text.splitlines() if not ("^" in line and set(line) <= set(" |~^"))]


def text_of(error):
    return format_error(error, error.__traceback__)


@pytest.fixture
def parsed(monkeypatch):
    """Let Python be one whose threads share a parser, and return what is parsed there."""
    monkeypatch.setattr(tracebacks, "PARSER_IS_SHARED", True)
    parsed = []
    parse = ast.parse
    monkeypatch.setattr(
        ast, "parse", lambda source, *rest, **named: (parsed.append(source), parse(source, *rest, **named))[1]
    )
    return parsed


def test_carets_are_left_out_off_the_main_thread(parsed):
    """Causes and groups too; everything else is what Python prints, and nothing is parsed."""
    error = failure()
    text = elsewhere(text_of, error)

    assert parsed == []
    assert "^" not in text
    assert text.splitlines() == without_carets(text_of(error))


def test_carets_stay_on_the_main_thread(parsed):
    """What is shown there is what Python prints."""
    error = failure()
    text = text_of(error)

    assert "^" in text
    assert text == "".join(traceback.format_exception(error))


def test_carets_are_left_out_where_garbage_is_collected(parsed):
    """On the main thread too, which may be in the middle of a parse then."""
    error = failure()
    with tracebacks.without_carets():
        text = text_of(error)

    assert without_carets(text) == text.splitlines()
    assert parsed == []


def test_carets_stay_where_threads_do_not_share_a_parser(monkeypatch):
    """Whatever the thread."""
    monkeypatch.setattr(tracebacks, "PARSER_IS_SHARED", False)
    error = failure()

    assert elsewhere(text_of, error) == text_of(error)


def test_only_python_3_11_shares_a_parser():
    """Newer ones do not collect garbage in the middle of building a tree."""
    assert PARSER_IS_SHARED == (sys.version_info[:2] == (3, 11))


def test_single_frames_follow_the_same_rule(parsed):
    """What a notebook shows of the playground's own errors."""
    frames = traceback.extract_tb(failure().__traceback__)
    text = elsewhere(format_frames, frames)

    assert parsed == []
    assert "raise ExceptionGroup" in text
    assert "^" not in text


def test_a_log_record_carries_its_text_so_that_no_handler_parses(parsed):
    """A formatter takes the text that is there."""
    record = record_of(failure())
    elsewhere(store_traceback, record)
    text = elsewhere(logging.Formatter().format, record)

    assert parsed == []
    assert text == f"failed\n{record.exc_text}"
    assert record.exc_text.splitlines() == without_carets(text_of(failure()))


def test_a_log_record_of_the_main_thread_is_left_alone(parsed):
    """Its handlers format it as ever."""
    record = record_of(failure())
    store_traceback(record)

    assert record.exc_text is None


def test_a_formatter_with_a_format_of_its_own_keeps_it(parsed):
    """Also where another logger, further up, has the handler."""

    class OneLine(logging.Formatter):
        def formatException(self, exc_info):
            return "one line"

    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    above = logging.getLogger("test_tracebacks")
    above.addHandler(handler)
    record = record_of(failure(), "test_tracebacks.below")
    try:
        elsewhere(store_traceback, record)
    finally:
        above.removeHandler(handler)

    assert handler.format(record) == "failed\none line"


def test_a_thread_that_dies_parses_nothing(parsed, monkeypatch):
    """Python prints that itself, in C; so nothing has to be done about it."""
    told = []
    monkeypatch.setattr(
        threading, "excepthook", lambda died: (threading.__excepthook__(died), told.append(died.exc_type))
    )

    def die():
        raise failure()

    thread = threading.Thread(target=die)
    thread.start()
    thread.join()

    assert told == [ExceptionGroup]
    assert not PARSER_IS_SHARED or parsed == []
