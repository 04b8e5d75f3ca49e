"""The log keeps what it can, counts what it cannot, and can be waited for."""

import asyncio
import threading

import pytest

from playground import EventTimeout, Log


def test_the_newest_events_are_kept_and_the_rest_counted():
    """Kept and dropped always add up to what happened."""
    log = Log(limit=100)
    for number in range(1000):
        log.note("log", data=str(number))

    assert (log.total, len(log), log.dropped) == (1000, 100, 900)
    assert [event.data for event in log][0] == "900"
    assert log[-1].seq == 1000


def test_payloads_are_bounded_too():
    """A few large payloads push out older events as many small ones would."""
    log = Log(limit=100, limit_bytes=1000)
    for _ in range(10):
        log.note("receive", data=b"x" * 300)

    assert len(log) == 3
    assert log.dropped == 7


def test_clearing_is_not_dropping():
    """What a person cleared is not counted as lost, and numbers go on."""
    log = Log()
    log.note("log")
    log.clear()
    log.note("log")

    assert (len(log), log.dropped, log.cleared, log[-1].seq) == (1, 0, 1, 2)


def test_an_event_is_found_by_number():
    """Dropped and future numbers give None."""
    log = Log(limit=2)
    for number in range(4):
        log.note("log", data=str(number))

    assert log.find(4).data == "3"
    assert log.find(3).data == "2"
    assert [log.find(number) for number in (0, 1, 2, 5)] == [None] * 4
    assert [record.seq for record in log.records(since=3)] == [4]


def test_events_are_found_by_the_sort_of_their_row():
    """All of a row's events, in the order of time; waiting asks the same."""
    log = Log()
    log.note("log", data="hello")
    log.note("error", error="KeyError: 'say'")
    log.note("send", data="hello")

    assert [event.kind for event in log.filter("is:errors,messages")] == ["error", "send"]
    assert [event.kind for event in log.filter("hello -is:messages")] == ["log"]
    assert log.wait_for("send", "is:messages", timeout=0).seq == 3
    with pytest.raises(EventTimeout, match="passing 'is:errors'"):
        log.wait_for("send", "is:errors", timeout=0)


def test_waiting_finds_what_is_there_already():
    """The whole log is looked at, unless `since` says otherwise."""
    log = Log()
    log.note("receive", data="one", client="alice")
    log.note("receive", data="two", client="bob")

    assert log.wait_for("receive", timeout=0).data == "one"
    assert log.wait_for("receive", "client:bob", timeout=0).data == "two"
    assert log.wait_for("receive", since=1, timeout=0).data == "two"


def test_waiting_wakes_for_what_comes():
    """An event that another thread adds ends the wait."""
    log = Log()
    thread = threading.Thread(target=lambda: log.note("send", data="late"))
    log.subscribe(lambda record: None)
    thread.start()

    assert log.wait_for("send", timeout=5).data == "late"
    thread.join()


def test_a_hook_counts_once_it_has_returned():
    """While it runs, nothing is known of its duration or error."""
    log = Log()
    record = log.note("on_receive")
    with pytest.raises(EventTimeout):
        log.wait_for("on_receive", timeout=0)
    record.ended = record.at + 0.5
    log.finished(record)

    assert log.wait_for("on_receive", timeout=0).duration == pytest.approx(0.5)


def test_waiting_in_vain_names_the_last_event():
    """The message says what was waited for, how long, and what came instead."""
    log = Log()
    with pytest.raises(EventTimeout, match="no 'close' within 0 s; the log is empty"):
        log.wait_for("close", timeout=0)
    log.note("send", data="hi")
    with pytest.raises(EventTimeout, match=r"no 'close' passing 'v:1' within 0 s; the last event was <Event 1 .* hi>"):
        log.wait_for("close", "v:1", timeout=0)
    with pytest.raises(ValueError, match="no kind of event is called 'closed'; there are start"):
        log.wait_for("closed")
    with pytest.raises(TypeError, match="timeout has to be a number of seconds, such as 2.5, not '1'"):
        log.wait_for("close", timeout="1")
    assert log.subscribers == ()


def test_waiting_can_be_awaited():
    """The loop goes on meanwhile, and the time-out reads the same."""
    log = Log()

    async def main():
        waiting = asyncio.create_task(log.wait_for_async("send", timeout=5))
        await asyncio.to_thread(log.note, "send", data="hi")
        event = await waiting
        with pytest.raises(EventTimeout, match="no 'close' within 0 s"):
            await log.wait_for_async("close", timeout=0)
        return event

    assert asyncio.run(main()).data == "hi"


def test_a_subscriber_is_called_until_it_leaves():
    """For each record, on the recording thread."""
    log = Log()
    seen = []
    leave = log.subscribe(lambda record: seen.append(record.kind))
    log.note("start")
    leave()
    log.note("stop")

    assert seen == ["start"]


def test_a_subscriber_that_raises_hurts_nobody():
    """It is left out, and the log says so."""
    log = Log()

    def broken(record):
        raise ValueError("oops")

    log.subscribe(broken)
    log.note("start")
    log.note("stop")

    assert [event.kind for event in log] == ["start", "error", "stop"]
    assert log[1].error == "a subscriber of the log raised ValueError: oops; it is left out"


def test_the_log_becomes_a_table():
    """One row per event; numbers that may be missing stay whole numbers."""
    log = Log()
    log.note("receive", data="hé", connection_id=1, client="alice")
    log.note("close", code=4001)
    table = log.to_pandas()

    assert list(table["kind"]) == ["receive", "close"]
    assert table["size"][0] == 3
    assert table["code"][1] == 4001
    assert table["code"].isna()[0]
    assert str(table["connection"].dtype) == "Int64"
    assert len(Log().to_pandas()) == 0


def test_events_read_well():
    """One line each that says who, where, what and how long."""
    log = Log()
    record = log.note("on_receive", client="alice", path="/chat", data="line one\nline two", version=2)
    record.ended = record.at + 0.0015
    text = repr(log[-1])

    assert text.endswith("alice /chat on_receive line one␊line two 1.5 ms v2>")
    assert repr(log) == "<Log 1 rows: 1 kept, 0 spilled, 0 dropped>"
    assert repr(log.filter("nobody")) == "<no events>"
