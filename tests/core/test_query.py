"""The filter language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground import Event, QueryError
from playground.core.query import compile_query

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
        ("code:1006", [4]),
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
    ],
)
def test_a_query_finds(query, expected):
    """Every term has to hold; each finds what its line in the module's docstring promises."""
    holds = compile_query(query).event

    assert [event.seq for event in EVENTS if holds(event)] == expected


def test_json_that_nobody_means_is_no_json():
    """However deep it is nested."""
    holds = compile_query("json.a=1").event

    assert not holds(Event(1, 0.0, "receive", "handler", "in", data="[" * 200_000))


@pytest.mark.parametrize(
    ("query", "column", "message"),
    [
        ('hello "two words', 7, "column 7: this quote is never closed"),
        ("alice /[/", 7, "column 7: /[/ is not a regular expression"),
        ("kind:nothing", 1, "column 1: no kind 'nothing'; there are start, stop"),
        ("dir:up", 1, "column 1: no dir 'up'; there are in, out"),
        ("v:three", 1, "column 1: v: takes a number, not 'three'"),
        ("x size>big", 3, "column 3: size> takes a number, not 'big'"),
        ("colour:red", 1, "column 1: no field 'colour'; there are client"),
        ("client=alice", 1, "column 1: 'client' is compared with ':', as client:alice"),
        ("json.a>3", 1, "column 1: json.a is compared with '='"),
    ],
)
def test_a_mistake_points_at_its_column(query, column, message):
    """The error carries the column and says what would do."""
    with pytest.raises(QueryError) as caught:
        compile_query(query)

    assert caught.value.column == column
    assert str(caught.value).startswith(message)


@given(st.text(alphabet=st.one_of(st.sampled_from('":-/<>=. \\[]()*'), st.characters(codec="utf-8"))))
def test_any_text_is_a_filter_or_a_mistake_with_a_column(text):
    """Whatever a person types: nothing else is raised, neither now nor when it is used."""
    try:
        holds = compile_query(text).event
    except QueryError as error:
        assert 1 <= error.column <= len(text)
    else:
        assert all(holds(event) in (True, False) for event in EVENTS)
