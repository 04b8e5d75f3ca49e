"""Regular expressions in a filter mean what they mean to `re`, and are stopped when they take too long."""

import asyncio
import re
import sys
import threading

import pytest

from playground import Log, QueryError
from playground.record import patterns
from playground.record.events import Event
from playground.record.expectation import Expectation
from playground.record.patterns import Budget, Limits, compile_pattern
from playground.record.query import compile_query
from playground.record.searching import Searching

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


MANY = "[" + "".join(chr(0x4E00 + 2 * i) for i in range(3000)) + "a]+[!?]"
MEGABYTES = "a" * 2**22


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(r"\w+[!?]", MEGABYTES), (MANY, MEGABYTES), ("b" + "a" * 9000, MEGABYTES), (r"(?:ab)*x?[cd]", "ab" * 2**22)],
    ids=["words", "set", "literal", "repeated group"],
)
def test_a_pattern_that_the_engine_does_not_stop_is_stopped(pattern, text):
    """These go on for seconds or hours after their time, or take a gigabyte a second."""
    holds = compile_pattern(pattern, Budget(Limits(match=0.2, total=5.0)), 4)

    with pytest.raises(QueryError, match="column 4: .* (took too long|too much memory)"):
        holds(event(text))


@pytest.mark.parametrize(
    "pattern", ["((((a{100}){100}){100}){100}){100}", "(?i)" + "[a-\U0010ffff]x" * 1600], ids=["counts", "sets"]
)
def test_a_pattern_that_cannot_be_compiled_is_an_error(pattern):
    """It would take all memory there is, or seconds in which other threads hardly run."""
    with pytest.raises(QueryError, match=r"column 3: .*(compiled; make it simpler|is not a regular)") as caught:
        compile_query(f"x /{pattern}/")

    assert caught.value.column == 3
    assert len(str(caught.value)) < 500


def test_long_texts_are_found_elsewhere_as_here():
    """With the same syntax, and whatever characters they hold."""
    holds = compile_pattern(r"x\w{1}[:[a]\ud800?$", Budget(patterns.READING), 1)

    assert [holds(event("." * 2**20 + end)) for end in ("xa:", "xa[\ud800", "xa!")] == [True, True, False]


def test_where_no_process_can_start_long_texts_are_an_error(monkeypatch):
    """It says which row, and what to put before the pattern; what is short still runs."""
    monkeypatch.setattr(sys, "executable", "")
    holds = compile_pattern("a+b", Budget(patterns.READING), 2)
    assert holds(event("aab"))

    with pytest.raises(QueryError, match=r"column 2: /a\+b/ cannot run on row 7, a text of 1048576 .*size<10000"):
        holds(event("a" * 2**20, 7))
    with pytest.raises(QueryError, match=r"column 3: a regular expression of 5000 characters"):
        compile_query(f"x /{'a' * 5000}/")
    with pytest.raises(QueryError, match="took too long"):
        compile_pattern("(a|aa)+[!?]", Budget(Limits(match=0.05, total=1.0)), 1)(event(LONG[:-1]))


def test_a_wait_finds_long_texts_without_searching_them_where_they_are_recorded(log):
    """Those that are there, and those that come; the thread that records searches none of them."""
    log.note("log", data=MEGABYTES + "first")
    threads = set()
    search = Searching.search

    def noted(self, *given):
        threads.add(threading.current_thread())
        return search(self, *given)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Searching, "search", noted)
        first = log.wait_for("log", "/a[f]irst$/", timeout=30)
        recording = threading.Thread(target=lambda: log.note("log", data=MEGABYTES + "second"))
        with Expectation(log, "log", "/a[s]econd$/", 0, lambda: None) as expected:
            recording.start()
            recording.join()
            assert expected.undecided
            expected.look_closer()
            second = expected.found()

    assert first.text.endswith("first")
    assert second.text.endswith("second")
    assert recording not in threads
    assert threads


def test_an_asynchronous_wait_finds_long_texts(log):
    """Searched on another thread than the loop's."""
    log.note("log", data=MEGABYTES + "there")

    assert asyncio.run(log.wait_for_async("log", "/a[t]here$/", timeout=30)).seq == 3


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
