"""The program of the process that searches, run here."""

import io

import pytest

from playground.record import search_process as program


def ask(*requests):
    """Return what the program answers to requests of an op, a number and a text."""
    sent = b""
    for op, number, text in requests:
        data = text.encode("utf-8", "surrogatepass")
        sent += program.HEAD.pack(op, number, 5.0, len(data)) + data
    answers = io.BytesIO()
    program.main(io.BytesIO(sent), answers)
    return answers.getvalue()


def test_each_request_has_an_answer():
    """After the sign that it is ready."""
    answers = ask((b"k", 7, "b+"), (b"c", 7, "b+"), (b"s", 7, "abba"), (b"s", 7, "é"))

    assert answers == program.READY + program.NOTHING * 2 + program.FOUND + program.NOTHING


@pytest.mark.parametrize("op", [program.CHECK, program.COMPILE])
def test_a_wrong_expression_is_answered_with_its_mistake(op):
    """The message says how long it is."""
    answers = ask((op, 1, "("))
    (size,) = program.LENGTH.unpack(answers[2:6])

    assert answers[:2] == program.READY + program.WRONG
    assert answers[6:].decode().startswith("missing )")
    assert len(answers) == 6 + size


def test_a_search_that_takes_too_long_says_so():
    """As far as the engine notices."""
    searches = {}
    program.answer(searches, program.COMPILE, 1, 1.0, b"(a|aa)+[!?]")

    assert program.answer(searches, program.SEARCH, 1, 0.01, b"a" * 60) == program.LATE


def test_too_little_memory_is_told():
    """Whoever runs out of it."""

    def full(text, timeout):
        raise MemoryError

    assert program.answer({1: full}, program.SEARCH, 1, 1.0, b"") == program.FULL
