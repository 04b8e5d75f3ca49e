"""Regular expressions in a process that can be ended."""

import gc
import os
import sys
import threading

import pytest

from playground.record import searching as module
from playground.record.searching import NoProcess, Searching, Wrong

LONG = "a" * 2**20
MANY = "[" + "".join(chr(0x4E00 + 2 * i) for i in range(3000)) + "a]+[!?]"
"""A set for which one step of the engine walks over a long text for seconds."""


@pytest.fixture
def searching():
    searching = Searching()
    yield searching
    searching.close()


def add(searching, number, pattern):
    searching.add(number, pattern, pattern)


def test_texts_are_searched(searching):
    """Each expression by its number, also in texts that UTF-8 cannot encode."""
    add(searching, 1, "b+")
    add(searching, 2, "\ud800x")

    assert [searching.search(1, text, 1.0) for text in ("abba", "", LONG, LONG + "b")] == [True, False, False, True]
    assert searching.search(2, "é\ud800x", 1.0)
    assert not searching.search(2, "x", 1.0)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(MANY, LONG), (r"\w+[!?]", LONG), ("b" + "a" * 9000, LONG * 4)],
    ids=["set", "words", "literal"],
)
def test_what_the_engine_does_not_stop_is_ended(searching, pattern, text):
    """And the next search is answered, by another process."""
    add(searching, 1, "x")
    add(searching, 2, pattern)
    with pytest.raises(TimeoutError):
        searching.search(2, text, 0.05)

    assert searching.search(1, "x", 1.0)


def test_an_expression_that_cannot_be_compiled_in_time_is_ended(searching, monkeypatch):
    """Counts within counts multiply: this one has ten thousand million parts."""
    monkeypatch.setattr(module, "COMPILING", 0.5)
    with pytest.raises((TimeoutError, MemoryError)):
        add(searching, 1, "(((((a{100}){100}){100}){100}){100})")
    add(searching, 2, "x")

    assert searching.search(2, "x", 1.0)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux limits the memory of a process")
def test_the_memory_of_a_search_is_limited(searching):
    """The engine keeps each way that it may come back to."""
    add(searching, 1, "(((((((a|b)))))))*[cd]")

    with pytest.raises(MemoryError):
        searching.search(1, "ab" * 2**23, 120.0)


def test_what_re_does_not_take_is_told(searching):
    """In its words."""
    with pytest.raises(Wrong, match="unterminated character set at position 0"):
        add(searching, 1, "[")


def test_the_process_ends_with_the_object():
    """Also when nobody closes it."""
    searching = Searching()
    add(searching, 1, "x")
    process = searching._process
    del searching
    gc.collect()

    assert process.poll() is not None
    assert process.stdin.closed
    assert process.stdout.closed


def test_a_process_that_died_is_replaced(searching):
    """Somebody may have ended it."""
    add(searching, 1, "x")
    searching._process.kill()
    searching._process.wait()

    assert searching.search(1, "x", 1.0)


def test_an_interrupted_search_leaves_no_answer_behind(searching, monkeypatch):
    """The next search would take it for its own."""
    add(searching, 1, "x")

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, "_exchange", interrupted)
        with pytest.raises(KeyboardInterrupt):
            searching.search(1, "x", 1.0)

    assert searching.search(1, "x", 1.0)
    assert not searching.search(1, "y", 1.0)


def test_other_threads_go_on_meanwhile(searching):
    """The interpreter's lock is free while the answer is awaited."""
    add(searching, 1, MANY)
    turns = []
    over = threading.Event()

    def work():
        while not over.is_set():
            turns.append(None)
            over.wait(0.001)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        with pytest.raises(TimeoutError):
            searching.search(1, LONG, 0.5)
    finally:
        over.set()
        worker.join()

    assert len(turns) > 10


@pytest.mark.parametrize("program", ["", os.devnull, sys.executable + "-gone"])
def test_where_no_process_can_start_it_is_told(searching, monkeypatch, program):
    """As in a browser, or in an embedded Python."""
    monkeypatch.setattr(sys, "executable", program)

    with pytest.raises(NoProcess):
        add(searching, 1, "x")
