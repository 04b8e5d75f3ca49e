"""Regular expressions in a filter mean what they mean to `re`, and are stopped when they take too long."""

import asyncio
import re

import pytest

from playground import Log, QueryError
from playground.record import patterns
from playground.record.events import Event
from playground.record.patterns import Budget, Limits, compile_pattern
from playground.record.query import compile_query

SLOW = "(a|aa)+$"
LONG = "a" * 60 + "!"
"""Text on which SLOW doubles its work with every letter."""


def event(text, seq=1):
    return Event(seq, 0.0, "receive", "handler", "in", data=text)


@pytest.fixture
def log():
    log = Log()
    log.note("log", data="short")
    log.note("log", data=LONG)
    return log


@pytest.mark.parametrize("read", [Log.rows, Log.filter])
def test_a_pattern_that_takes_too_long_is_stopped(log, read):
    """The error names the pattern, the time, the row, and what to do."""
    with pytest.raises(
        QueryError, match=r"column 5: /\(a\|aa\)\+\$/ took too long: it was stopped after .* s on row 2"
    ) as caught:
        read(log, f"-zz /{SLOW}/")

    assert "make it simpler" in str(caught.value)
    assert caught.value.column == 5


@pytest.mark.parametrize("read", [Log.rows, Log.filter])
def test_nested_repetitions_find_what_they_stand_for(log, read):
    """`re` would not come back from this one."""
    log.note("log", data="a" * 40)
    log.note("log", data="a" * 40 + "b")

    assert [found.seq for found in read(log, "/(a+)+b/")] == [4]


def test_all_patterns_of_a_filter_share_one_budget():
    """However short each match is."""
    budget = Budget(Limits(match=1.0, total=1.0))
    first, second = compile_pattern("a", budget, 1), compile_pattern("b", budget, 5)
    assert first(event("a"))
    budget.spend(1.0)

    with pytest.raises(QueryError, match="column 5: /b/ took too long: 1 s for all rows up to row 7") as caught:
        second(event("b", 7))
    assert caught.value.column == 5


def test_a_wait_that_looks_back_raises_and_is_forgotten(log):
    """No subscriber stays behind."""
    with pytest.raises(QueryError, match="took too long"):
        log.wait_for("log", f"/{SLOW}/")
    with pytest.raises(QueryError, match="took too long"):
        asyncio.run(log.wait_for_async("log", f"/{SLOW}/"))

    assert log.subscribers == ()


@pytest.mark.parametrize(
    "pattern", ["a{e}", "x{1", '{"a":1}', r"\{a\}", "[[:alpha:]]", "[:a]", r"[\[:x:]", "[]{e}]", r"\N{DIGIT ONE}{i}"]
)
@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")
@pytest.mark.parametrize("text", ["a{e}", "a", "b", "x{1", '{"a":1}', "{a}", ":]", "[]", "1{i}", "1", "p]", "e", "]"])
def test_a_pattern_means_what_it_means_to_re(pattern, text):
    """Also where `regex` reads more into it: approximate matches, and POSIX classes."""
    holds = compile_pattern(pattern, Budget(patterns.READING), 1)

    assert holds(event(text)) is bool(re.search(pattern, text))


@pytest.mark.parametrize(
    "pattern", [r"\p{L}", "(?R)", r"\h", "a" * 15_000, "(" * 5000 + ")" * 5000, "a{99999999999999}"]
)
def test_what_re_does_not_take_is_an_error(pattern):
    """With the column, whatever is wrong."""
    with pytest.raises(QueryError, match="column 3: ") as caught:
        compile_query(f"x /{pattern}/")

    assert caught.value.column == 3


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10_000,
        "a." * 5000,
        '"' * 9999,
        'a:"x' * 3000,
        "kind:" + ',"' * 5000,
        "/" + "a" * 9999 + "/b",
        "/a/b" * 2500,
    ],
    ids=["word", "dots", "quotes", "open quotes", "commas", "slash", "slashes"],
)
def test_our_own_patterns_read_a_long_filter(text):
    """Into a filter or an error, and in any case at once."""
    try:
        compile_query(text)
    except QueryError as error:
        assert error.column >= 1
    else:
        assert compile_query(text + " x")
