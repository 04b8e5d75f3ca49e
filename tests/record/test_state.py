"""Records, connections and endings as plain values, and back."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.common.close_codes import Close
from playground.record.codecs import HOOKS, LARGEST, RECORDED, Offsets, Unreadable
from playground.record.events import OF_CLIENT, OF_WIRE
from playground.record.frames import KEPT, Frame
from playground.record.records import Connection, Ending, Record
from playground.record.refusal import Refusal
from playground.record.roots import HOW, Root
from playground.record.row import ANSWERS
from playground.record.state import FIELDS, NOT_KEPT, connection_from, fields_of, link, record_from, to_state

TEXT = st.text(st.characters(), max_size=20)
"""Lone surrogates among it."""
WHOLE = st.integers(-LARGEST, LARGEST)
COUNT = st.integers(1, LARGEST)
TIME = st.floats(-1e6, 1e6)
FRAME = st.builds(Frame, TIME, st.binary(max_size=KEPT), st.integers(0, 2**40))
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=3)
HEADERS = st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=9)), max_size=3).map(tuple)
CLOSE = st.builds(Close, st.none() | WHOLE, TEXT)
REFUSAL = st.builds(Refusal, TEXT, TEXT, TEXT)

ROOTS = st.lists(st.builds(Root, st.sampled_from(HOW), TEXT, st.none() | WHOLE), max_size=3).map(tuple)

VALUES = {
    "text": TEXT,
    "text, or base64": st.binary(max_size=20),
    "a whole number": WHOLE,
    "a whole number from 1 on": COUNT,
    "true or false": st.booleans(),
    "a number of seconds": TIME,
    "a frame: its time, its first bytes in base64 and its size": FRAME,
    "a list of frames": st.lists(FRAME, max_size=3).map(tuple),
    "a list of pairs of a name and a value in Latin-1": HEADERS,
    "a list of pairs of texts": PAIRS,
    "a list of exceptions: how each is related, its text and its line": ROOTS,
    "a list of a code and a reason": CLOSE,
    "an object with the texts 'what', 'value' and 'advice'": REFUSAL,
}
BY_NAME = {
    "kind": st.sampled_from(sorted(RECORDED)),
    "hook": st.sampled_from(HOOKS),
    "data": TEXT | st.binary(max_size=20),
    "client_data": TEXT | st.binary(max_size=20),
    "toward": st.sampled_from(["in", "out"]),
    "first_close": st.sampled_from(["in", "out"]),
    "state": st.sampled_from(["connecting", "open", "closed"]),
    "tcp": st.sampled_from(["fin", "reset", "closed"]),
}


@st.composite
def filled(draw, thing, refer=None):
    """Fill some of a thing's fields with random values; `refer` gives records to refer to."""
    for name, _, codec, default in FIELDS[type(thing)]:
        if codec.later:
            setattr(thing, name, draw(st.none() | st.sampled_from(refer)))
        elif isinstance(default, Ending):
            draw(filled(thing.ending, refer))
        elif default is ... or draw(st.booleans()):
            setattr(thing, name, draw(BY_NAME[name] if name in BY_NAME else VALUES[codec.expected]))
    if isinstance(thing, Record):
        for name, known in (("client_at", OF_CLIENT), ("wire_at", OF_WIRE), ("answer", ANSWERS)):
            if thing.kind not in known:
                setattr(thing, name, None)
    return thing


RECORDS = st.builds(lambda: Record("log", 0.0)).flatmap(filled)


@st.composite
def connections(draw):
    """Return a connection with the records it refers to."""
    records = [draw(RECORDS) for _ in range(3)]
    for number, record in enumerate(records, 1):
        record.seq = number
    return draw(filled(Connection(1, "/"), records)), records


def values(thing):
    """Return a thing's fields as they are compared: what it refers to by number, nothing by None."""
    found = {}
    for name, _, _, _ in FIELDS[type(thing)]:
        value = getattr(thing, name)
        if isinstance(value, Ending):
            value = values(value)
        found[name] = value.seq if isinstance(value, Record) else value or (None if value == () else value)
        if isinstance(value, list) and not value:
            found[name] = None
    return found


@pytest.mark.parametrize("cls", [Record, Connection, Ending])
def test_every_field_is_written_or_listed(cls):
    """A field that is neither was forgotten: give its type a codec in `BY_TYPE`, or say in `NOT_KEPT` why not."""
    written = {field.name for field in FIELDS[cls]}
    sample = Record("log", 0.0) if cls is Record else Connection(1, "/") if cls is Connection else Ending()
    there = (
        fields_of(cls).keys()
        | vars(sample).keys()
        | {
            name
            for name, value in vars(cls).items()
            if not name.startswith("__") and not callable(value) and not isinstance(value, property)
        }
    )

    assert there == written | NOT_KEPT[cls].keys()
    assert written & NOT_KEPT[cls].keys() == set()
    assert all(NOT_KEPT[cls].values())


@given(RECORDS)
def test_a_record_comes_back_whole(record):
    """Every field, through JSON."""
    state = json.loads(json.dumps(to_state(record), allow_nan=False))

    assert "unwritable" not in state
    assert values(record_from(state)) == values(record)


@given(connections())
def test_a_connection_comes_back_whole(made):
    """With its ending, and with the records both refer to."""
    connection, records = made
    state = json.loads(json.dumps(to_state(connection), allow_nan=False))
    back = connection_from(state)
    link(back, state, {record.seq: record for record in records}.get)

    assert "unwritable" not in state
    assert values(back) == values(connection)


@given(RECORDS, st.floats(1e6, 1e9))
def test_times_are_relative_to_the_logs_beginning(record, zero):
    """And every other number stays as it is."""
    record.at = zero + 0.25
    back = record_from(to_state(record, Offsets(at=zero)), Offsets(at=zero))

    assert back.at - zero == record.at - zero
    assert (back.seq, back.cause, back.data) == (record.seq, record.cause, record.data)


def test_what_has_its_usual_value_is_left_out():
    """So that a line is short."""
    record = Record("log", 2.5)
    record.seq, record.headers, record.output = 7, [], []

    assert to_state(record, Offsets(at=2.0)) == {"seq": 7, "at": 0.5, "kind": "log"}


def test_a_record_without_a_connection_has_its_own_path_and_client():
    """One with a connection has its number, and the connection has the rest."""
    alone, connected = Record("edit", 0.0), Record("receive", 0.0, Connection(3, "/ws", "alice"))
    alone.path = "/chat"
    connected.path = "/elsewhere"

    assert to_state(alone)["path"] == "/chat"
    assert {name: to_state(connected).get(name) for name in ("connection", "client", "path")} == {
        "connection": 3,
        "client": None,
        "path": None,
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seq": None}, "'seq' is missing"),
        ({"seq": 0}, "'seq' is expected to be a whole number from 1 on, not 0"),
        ({"seq": True}, "'seq' is expected to be a whole number"),
        ({"seq": 2**60}, "'seq' is expected to be a whole number"),
        ({"at": "now"}, "'at' is expected to be a number of seconds, not 'now'"),
        ({"at": 1e300}, "'at' is expected to be a number of seconds"),
        ({"kind": "client_send"}, "'kind' is expected to be one of accept, close"),
        ({"kind": ["log"]}, "'kind' is expected to be one of"),
        ({"data": 5}, "'data' is expected to be text, or base64, not 5"),
        ({"data": "x", "data_base64": "eA=="}, "'data' and 'data_base64' are both there"),
        ({"data_base64": "é"}, "'data_base64' is expected to be base64"),
        ({"headers": [["a", "\u20ac"]]}, "'headers' is expected to be a list of pairs"),
        ({"headers": "ab"}, "'headers' is expected to be a list of pairs"),
        ({"parts": [[1.0, "eA==", -1]]}, "'parts' is expected to be a list of frames"),
        ({"output": [["stdout"]]}, "'output' is expected to be a list of pairs of texts"),
        ({"hook": "on_fire"}, "'hook' is expected to be one of on_connect"),
        ({"direction": "up"}, "'direction' is expected to be one of in, out"),
        ({"connection": "alice"}, "'connection' is expected to be a whole number"),
        ({"client": {}}, "'client' is expected to be text"),
        ({"kind": "log", "client_at": 1.0}, "'client_at' is not expected in a record of the kind 'log'"),
        ({"kind": "edit", "wire_at": 1.0}, "'wire_at' is not expected"),
        ({"kind": "send", "answer": [1.0, "eA==", 1]}, "'answer' is not expected"),
    ],
)
def test_what_cannot_be_true_is_told_with_what_is_expected(change, message):
    """By the name of the value."""
    with pytest.raises(Unreadable) as told:
        record_from({"seq": 1, "at": 0.5, "kind": "receive"} | change)

    assert message in str(told.value)


def test_an_ending_is_checked_too():
    """Its values are named with it."""
    with pytest.raises(Unreadable, match="in 'ending': 'tcp' is expected to be one of closed, fin, reset, not 'gone'"):
        connection_from({"connection": 1, "path": "/", "ending": {"tcp": "gone"}})


@pytest.mark.parametrize(
    "refusal", ["refused a page; allow it", {"what": "a page"}, {"what": 1, "value": "", "advice": ""}]
)
def test_a_refusal_needs_its_three_texts(refusal):
    """One that lacks one of them cannot be shown."""
    with pytest.raises(Unreadable, match="in 'ending': 'refusal' is expected to be an object with the texts 'what'"):
        connection_from({"connection": 1, "path": "/", "ending": {"refusal": refusal}})


def test_the_literals_of_the_classes_are_the_ones_tried():
    """So that the random values above cover a new one."""
    assert set(get_args(fields_of(Connection)["state"])) == {"connecting", "open", "closed"}
