"""Questions about the newest events, counts and filters have the same answers as looking at everything."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground import EventTimeout, Log
from playground.record import log as log_module
from playground.record import ring
from playground.record.events import KINDS, OF_CLIENT, OF_WIRE
from playground.record.moments import count_events, moments_of
from playground.record.query import compile_query
from playground.record.records import Connection, Record
from playground.record.row import Row, events_of

CLOCK = st.integers(1, 9).map(float)

FRAME = b"\x81\x02hi"

HAPPENINGS = ("receive", "send", "ping", "connect", "end", "on_connect", "log", "close", "disconnect", "refuse")


@st.composite
def records(draw):
    """A record in any state of completion, its times in any order."""
    connection = Connection(
        draw(st.integers(1, 2)), draw(st.sampled_from(["/a", "/b"])), draw(st.sampled_from([None, "alice"]))
    )
    connection.own, connection.tapped = draw(st.booleans()), draw(st.booleans())
    connection.state = draw(st.sampled_from(["open", "closed"]))
    record = Record(draw(st.sampled_from(HAPPENINGS)), draw(CLOCK), draw(st.sampled_from([None, connection])))
    maybe = st.none() | CLOCK
    record.client_at = draw(maybe) if record.kind in OF_CLIENT else None
    record.wire_at = draw(maybe) if record.kind in OF_WIRE else None
    record.handler_at = draw(maybe)
    record.data = draw(st.sampled_from([None, "hi", b"hi"]))
    record.client_data = draw(st.sampled_from([None, "ho"])) if record.kind in ("receive", "send") else None
    record.error = draw(st.sampled_from([None, "KeyError: 'say'"]))
    record.code, record.version = draw(st.sampled_from([None, 1000, 1006])), draw(st.sampled_from([None, 1, 2]))
    if draw(st.booleans()):
        record.wire, record.wire_size = FRAME, len(FRAME)
    elif draw(st.booleans()):
        record.parts = tuple((draw(CLOCK), FRAME, len(FRAME)) for _ in range(draw(st.integers(1, 3))))
    if record.kind in ("ping", "close", "disconnect") and draw(st.booleans()):
        record.answer = (draw(CLOCK), b"\x8a\x00", 2)
    if record.kind == "receive" and draw(st.booleans()):
        record.hook, record.began = "on_receive", draw(maybe)
    return record


def log_of(several):
    """A log that holds these records."""
    log = Log()
    log.zero = 0.0
    for record in several:
        log.append(record)
    return log


@given(records())
def test_the_times_of_events_are_known_without_making_them(record):
    """As many as there are events, each with its time, in their order."""
    events = events_of(record, 0.0)

    assert moments_of(record) == [event.at for event in events]
    assert count_events(record) == len(events)


@given(st.lists(records(), max_size=8), st.integers(-30, 30), st.integers(-30, 30))
def test_an_event_is_found_by_its_place_in_time(several, place, end):
    """By any index, and by any slice, as in the list of all events."""
    log = log_of(several)
    everything = list(log)

    assert len(log) == len(everything)
    assert list(log[place:]) == everything[place:]
    assert list(log[place:end]) == everything[place:end]
    if -len(everything) <= place < len(everything):
        assert log[place] == everything[place]
    else:
        with pytest.raises(IndexError, match=f"no event {place}; there are {len(everything)}"):
            log[place]


TERMS = ["client:alice", "path:/a", "connection:1,2", "v:1", "kind:frame,pong", "kind:on_receive", "hi", "code:1006"]
TERMS += [
    "is:messages",
    "is:hooks",
    "is:errors",
    "is:differ",
    "is:errors,hooks",
    "witness:wire",
    'client:"alice",bob',
    "is:hooks",
    "is:handled",
    "(client:alice OR kind:end)",
    "(is:errors OR path:/a kind:receive)",
    "(v:2 -is:messages OR code>1000 OR NOT client:alice)",
]


@given(
    st.lists(records(), max_size=8), st.lists(st.tuples(st.sampled_from(["", "-"]), st.sampled_from(TERMS)), max_size=3)
)
def test_a_filter_finds_what_looking_at_each_event_finds(several, terms):
    """Records are only left out early when nothing of them would be found."""
    log = log_of(several)
    text = " ".join(minus + term for minus, term in terms)
    query = compile_query(text)
    rows = [Row(record, 0.0) for record in several]

    assert list(log.filter(text)) == [event for event in log if query.event(event, rows[event.seq - 1])]
    assert [row.seq for row in log.rows(text)] == [
        row.seq for row in sorted(rows, key=lambda row: row.at) if query.row(row)
    ]


@given(
    st.lists(records(), max_size=8), st.sampled_from(sorted(KINDS)), st.sampled_from(["", *TERMS]), st.integers(0, 4)
)
def test_waiting_finds_the_first_that_looking_at_each_event_finds(several, kind, text, since):
    """The oldest record's, whatever is left out early."""
    log = log_of(several)
    query = compile_query(text)
    expected = [
        event
        for record in several[since:]
        for event in log.events(record)
        if event.kind == kind and not event.running and query.event(event, log.row(record))
    ]

    if expected:
        assert log.wait_for(kind, text, since=since, timeout=0) == expected[0]
        assert asyncio.run(log.wait_for_async(kind, text, since=since, timeout=0)) == expected[0]
    else:
        with pytest.raises(EventTimeout):
            log.wait_for(kind, text, since=since, timeout=0)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["client_at", "wire_at", "handler_at", "ended"]), st.integers(0, 3000)), max_size=6
    ),
    st.integers(1, 40),
)
def test_the_newest_events_are_found_also_where_a_record_was_completed_late(late, count):
    """However far back its record is, an event that happened last is the last."""
    clock = iter(range(1, 10**6)).__next__
    log = Log(limit=2500)
    log.zero = 0.0
    kept = []

    def add():
        record = Record("send", float(clock()))
        record.handler_at = record.at
        log.append(record)
        kept.append(record)

    for _ in range(2000):
        add()
    for name, back in late:
        for _ in range(back // 3):
            add()
        record = kept[max(0, len(kept) - 1 - back)]
        setattr(record, name, float(clock()))
        (log.finished if name == "ended" else log.changed)(record)
    everything = list(log)

    assert log[-1] == everything[-1]
    assert log[-count] == everything[-count]
    assert list(log[-count:]) == everything[-count:]


def test_the_newest_end_is_answered_without_the_rest(monkeypatch):
    """Whoever asks for the last events, a row near the end or the last message makes no copy of the whole log."""
    log = Log()
    connection = Connection(1, "/a")
    for _ in range(5000):
        log.note("send", connection=connection, data="x")
    looked = []
    newest = ring._newest
    monkeypatch.setattr(ring, "_newest", lambda records, count: looked.append(count) or newest(records, count))
    monkeypatch.setattr(log, "records", lambda **_: pytest.fail("the whole log was asked for"))
    answers = (log[-1].seq, log[-3:][0].seq, log.find(4990).seq, log.last_message(connection).seq)

    assert answers == (5000, 4998, 4990, 5000)
    assert max(looked) < 1000


def test_a_row_and_a_message_far_back_are_found_too():
    """What is not near the end is looked for in all that is kept."""
    log = Log(limit=3000)
    mine = Connection(1, "/a")
    for number in range(5000):
        log.note("send", connection=mine if number == 2500 else None, data="x")

    assert log.last_message(mine).seq == 2501
    assert [getattr(log.find(seq), "seq", None) for seq in (1, 2000, 2001, 3500, 5000, 5001)] == [
        None,
        None,
        2001,
        3500,
        5000,
        None,
    ]
    assert log.last_message(Connection(2, "/a")) is None


def test_looking_back_lets_the_loop_go_on(monkeypatch):
    """Other tasks get their turn while a whole log is looked at, and an older event still comes first."""
    monkeypatch.setattr(log_module, "AT_A_TIME", 0.0)
    log = Log()
    for number in range(10_000):
        log.note("send" if number == 9000 else "log", data=str(number))
    turns = []

    async def another():
        while True:
            turns.append(1)
            log.note("send", data="newer")
            await asyncio.sleep(0)

    async def main():
        task = asyncio.create_task(another())
        event = await log.wait_for_async("send", timeout=5)
        task.cancel()
        return event

    event = asyncio.run(main())

    assert event.data == "9000"
    assert len(turns) > 1
