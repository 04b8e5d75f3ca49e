"""The filter language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground import Event, QueryError
from playground.common.close_codes import Close
from playground.record.filter import fields
from playground.record.query import compile_query
from playground.record.records import Connection, Record
from playground.record.row import Row

EVENTS = [
    Event(
        1,
        0.0,
        "receive",
        "handler",
        "in",
        connection=1,
        client="alice",
        path="/chat",
        data='{"say": "hello", "n": 7}',
        size=24,
    ),
    Event(2, 0.1, "on_receive", connection=1, client="alice", path="/chat", duration=0.012, version=3),
    Event(
        3,
        0.2,
        "send",
        "handler",
        "out",
        connection=2,
        client="bob",
        path="/chat",
        data="Hello, World",
        size=12,
        version=3,
    ),
    Event(4, 0.3, "disconnect", "handler", "in", connection=2, client="bob", path="/chat", code=1006),
    Event(
        5,
        0.4,
        "send",
        "handler",
        "out",
        connection=1,
        client="alice",
        path="/echo",
        data=b"\x00\xff",
        size=2,
        version=4,
    ),
    Event(6, 0.5, "on_receive", connection=1, client="alice", duration=None, error="KeyError: 'say'"),
    Event(
        7,
        0.6,
        "receive",
        "handler",
        "in",
        connection=1,
        client="alice",
        data='{"user": {"tags": ["a", "b"]}, "ok": true}',
        size=40,
    ),
]


A_ROW = Row(Record("log", 0.0), 0.0)


def passes(query):
    """Return the test of an event, whatever its row is."""
    compiled = compile_query(query)
    return lambda event: compiled.event(event, A_ROW)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [1, 2, 3, 4, 5, 6, 7]),
        ("hello", [1, 3]),
        ("HELLO alice", [1]),
        ("-hello", [2, 4, 5, 6, 7]),
        ('"hello, world"', [3]),
        ("/^Hel+o/", [3]),
        ("-/^Hel+o/ kind:send", [5]),
        ("client:bob", [3, 4]),
        ("-client:bob kind:on_receive", [2, 6]),
        ("dir:out", [3, 5]),
        ("dir:in path:/chat", [1, 4]),
        ("v:3", [2, 3]),
        ("v:v3", [2, 3]),
        ("version:v3,v4", [2, 3, 5]),
        ("code:1006", [4]),
        ("code:1011,1006", [4]),
        ("kind:disconnect,send", [3, 4, 5]),
        ('client:"alice,bob"', []),
        ("-client:alice,carol", [3, 4]),
        ("json.say=hello,x", []),
        ("connection:2", [3, 4]),
        ("size>20", [1, 7]),
        ("size<=12", [3, 5]),
        ("took>5", [2]),
        ("json.say=hello", [1]),
        ("json.n=7", [1]),
        ("json.user.tags.1=b", [7]),
        ("json.ok=true", [7]),
        ("KeyError", [6]),
        ("bob", [3, 4]),
        ("hello OR KeyError", [1, 3, 6]),
        ("-(hello OR KeyError) client:alice", [2, 5, 7]),
        ("json.n>6 OR json.user.tags[0]", [1, 7]),
        ("code>1000 OR size>0.01kB (dir:out OR v:3)", [3, 4]),
    ],
)
def test_a_query_finds(query, expected):
    """Every term has to hold; each finds what its line in the module's docstring promises."""
    holds = passes(query)

    assert [event.seq for event in EVENTS if holds(event)] == expected


def test_json_that_nobody_means_is_no_json():
    """However deep it is nested."""
    holds = passes("json.a=1")

    assert not holds(Event(1, 0.0, "receive", "handler", "in", data="[" * 200_000))


@pytest.mark.parametrize("key", ["²", "9" * 5000])
def test_what_is_no_index_finds_nothing(key):
    """Digits that are no number, and more of them than Python reads."""
    holds = passes(f"json.{key}=1")

    assert not holds(Event(1, 0.0, "receive", "handler", "in", data="[1]"))


@pytest.mark.parametrize(
    ("query", "column", "message"),
    [
        ('hello "two words', 7, "column 7: this quote is never closed"),
        ("alice /[/", 7, "column 7: /[/ is not a regular expression"),
        ("kind:nothing", 1, "column 1: no kind 'nothing'; there are start, stop"),
        ("dir:up", 1, "column 1: no dir 'up'; there are in, out"),
        ("v:three", 1, "column 1: v: takes a number, not 'three'"),
        ("x v:3,three", 3, "column 3: v: takes a number, not 'three'"),
        ("kind:send,recieve", 1, "column 1: no kind 'recieve'; did you mean 'receive'"),
        ("kind:handshake", 1, "column 1: no kind 'handshake'; write kind:connect"),
        ("kind:text", 1, "column 1: no kind 'text'; write kind:receive,send"),
        ("witness:handlr", 1, "column 1: no witness 'handlr'; did you mean 'handler'?"),
        ("v:vv3", 1, "column 1: v: takes a number, not 'vv3'"),
        ("is:error", 1, "column 1: is: has no word 'error'; did you mean 'errors'?"),
        ("is=errors", 1, "column 1: 'is' is compared with ':', as is:errors"),
        ("x size>big", 3, "column 3: size> takes a number of bytes, such as 1000, 1kB or 64KiB, not 'big'"),
        ("colour:red", 1, "column 1: no key 'colour'; there are client"),
        ("client=alice", 1, "column 1: 'client' is compared with ':', as client:alice"),
        ("json.a>x", 1, "column 1: json.a> takes a number, such as 3, not 'x'"),
        ("x (client:bob", 3, "column 3: this bracket is never closed"),
        ("x OR", 3, "column 3: OR stands between two terms, and nothing stands after it"),
    ],
)
def test_a_mistake_points_at_its_column(query, column, message):
    """The error carries the column and says what would do."""
    with pytest.raises(QueryError) as caught:
        compile_query(query)

    assert caught.value.column == column
    assert str(caught.value).startswith(message)


def ending(*codes):
    """Return the row of an end, with the codes that the handler and the client were told."""
    connection = Connection(1, "/ws", "alice")
    connection.own = True
    record = Record("end", 0.0, connection)
    record.code, connection.ending.handler_told = codes[0], Close(codes[0])
    connection.ending.client_told = Close(codes[-1])
    return Row(record, 0.0)


@pytest.mark.parametrize(
    ("codes", "bad"),
    [
        ((1000,), False),
        ((1001,), False),
        ((1005,), False),
        ((1006,), True),
        ((4000,), True),
        ((1000, 1001), True),
    ],
)
def test_an_end_is_a_failure_when_it_was_not_an_ordinary_one(codes, bad):
    """By its code, or because the witnesses were told different ones."""
    assert compile_query("is:errors").row(ending(*codes)) is bad


def test_an_event_is_of_the_sort_its_row_is_of():
    """Each witness's event is found with its row, and each still has to hold the other terms."""
    connection = Connection(1, "/ws", "alice")
    connection.own = True
    record = Record("receive", 0.0, connection)
    record.client_at, record.handler_at, record.hook, record.began = 0.0, 0.1, "on_receive", 0.1
    record.error = "KeyError: 'say'"
    row = Row(record, 0.0)
    found = {
        query: [event.kind for event in row.events if compile_query(query).event(event, row)]
        for query in ("is:errors", "is:errors witness:client", "-is:messages", "is:differ")
    }

    assert found == {
        "is:errors": ["client_send", "receive", "on_receive"],
        "is:errors witness:client": ["client_send"],
        "-is:messages": [],
        "is:differ": [],
    }


@given(st.text(alphabet=st.one_of(st.sampled_from('":-/<>=., \\[]()*jsonOR'), st.characters(codec="utf-8"))))
def test_any_text_is_a_filter_or_a_mistake_with_a_column(text):
    """Whatever a person types: nothing else is raised, neither now nor when it is used."""
    try:
        holds = passes(text)
    except QueryError as error:
        assert 1 <= error.column <= len(text)
    else:
        assert all(holds(event) in (True, False) for event in EVENTS)


def test_a_long_payload_is_read_once_for_all_events_of_its_row(monkeypatch):
    """Client and handler have an event each, both with the same payload."""
    record = Record("receive", 0.0, Connection(1, "/chat", "alice"))
    record.data = '{"say": "hello"}'
    record.client_at = record.wire_at = record.handler_at = 0.0
    row = Row(record, 0.0)
    read = []
    loads = fields.json.loads
    monkeypatch.setattr(fields.json, "loads", lambda text, **options: (read.append(text), loads(text, **options))[1])
    compiled = compile_query("json.say=bye")
    found = [compiled.event(event, row) for event in row.events if event.data == record.data]

    assert found == [False, False]
    assert read == [record.data]
