"""Rows and events: what the witnesses of one happening tell, and whether they agree."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground import Log
from playground.common.close_codes import Close
from playground.record.events import KINDS, OF_CLIENT, OF_WIRE
from playground.record.records import Connection, Ending, Record
from playground.record.row import ANSWERS, Row, codes_of_the_end, events_of, payload_size

HAPPENINGS = [kind for kind, (witness, _) in KINDS.items() if witness in (None, "handler")] + ["ping", "pong"]
"""The kinds that records have; the others are what witnesses call them."""

HEAD = b"GET /room HTTP/1.1\r\nHost:  here \r\nX-oDD: a: b\r\n\r\n"

TEXT_HI = b"\x81\x02hi"
PING = b"\x89\x04abcd"
PONG = b"\x8a\x04abcd"
CLOSE = b"\x88\x05\x0f\xa0bye"


def a_connection(*, own=True, tapped=True, state="closed", **values):
    made = Connection(3, "/room", "alice" if own else None, own=own, tapped=tapped, state=state)
    for name, value in values.items():
        setattr(made, name, value)
    return made


def happened(kind, connection=None, *, at=1.0, frames=(), **values):
    """Return a record; `frames` are (at, bytes) of what travelled."""
    record = Record(kind, at, connection)
    record.seq = 5
    if frames:
        record.wire_at = frames[0][0]
        record.parts = tuple((when, raw[:64], len(raw)) for when, raw in frames)
    for name, value in values.items():
        setattr(record, name, value)
    return record


def told(record, witness=None):
    """Return the kinds of a record's events, of one witness or of all, in order."""
    return [event.kind for event in events_of(record, 0.0) if witness in (None, event.witness)]


# Who saw it


@pytest.mark.parametrize(
    ("connection", "seen", "saw"),
    [
        (a_connection(), {"client_at": 1.0, "wire_at": 2.0, "handler_at": 3.0}, "111"),
        (a_connection(), {"client_at": 1.0}, "100"),
        (a_connection(), {"wire_at": 2.0, "handler_at": 3.0}, "011"),
        (a_connection(), {}, "000"),
        (a_connection(own=False), {"wire_at": 2.0, "handler_at": 3.0}, "-11"),
        (a_connection(tapped=False), {"client_at": 1.0, "handler_at": 3.0}, "1-1"),
        (a_connection(own=False, tapped=False), {"handler_at": 3.0}, "--1"),
        (a_connection(tapped=False, elsewhere=True), {"client_at": 1.0}, "1--"),
        (None, {"handler_at": 3.0}, "--1"),
    ],
)
@pytest.mark.parametrize("kind", ["receive", "send"])
def test_a_message_is_seen_by_whoever_can_be_asked(kind, connection, seen, saw):
    """1 saw it, 0 did not, and - is no witness here."""
    assert Row(happened(kind, connection, **seen), 0.0).saw == saw


@pytest.mark.parametrize(
    ("record", "saw"),
    [
        (happened("ping", a_connection(), toward="in", client_at=1.0, wire_at=2.0), "11-"),
        (happened("ping", a_connection(), toward="out", wire_at=2.0), "-1-"),
        (happened("pong", a_connection(), toward="in", wire_at=2.0), "-1-"),
        (happened("on_connect", a_connection()), "--1"),
        (happened("log", a_connection()), "---"),
        (happened("error", a_connection()), "--1"),
        (happened("disconnect", a_connection(), wire_at=1.0), "010"),
        (happened("connect", a_connection(own=False), wire_at=1.0), "-10"),
    ],
)
def test_what_is_no_message_is_seen_by_fewer(record, saw):
    """A hook travels nowhere, and no handler is told of a ping."""
    assert Row(record, 0.0).saw == saw


@pytest.mark.parametrize(
    ("connection", "facts", "saw", "codes"),
    [
        (
            a_connection(),
            {"client_told": Close(1006), "tcp": "closed", "hook_told": 1011, "raised": happened("error")},
            "111",
            [1006, 1011],
        ),
        (
            a_connection(),
            {
                "client_told": Close(4000),
                "close_out": Close(4000),
                "first_close": "out",
                "tcp": "fin",
                "hook_told": 4000,
            },
            "111",
            [4000],
        ),
        (a_connection(), {}, "000", []),
        (a_connection(), {"tcp": "reset", "handler_told": Close(1005)}, "011", [1005, 1006]),
        (a_connection(), {"close_in": Close(None), "first_close": "in", "tcp": "fin"}, "010", [1005]),
        (a_connection(own=False), {"tcp": "fin", "handler_told": Close(1005)}, "-11", [1005, 1006]),
        (a_connection(own=False), {"client_told": Close(1000), "tcp": "closed", "returned": True}, "-10", [1006]),
        (
            a_connection(tapped=False),
            {"close_out": Close(1000), "tcp": "fin", "handler_asked": Close(4000)},
            "0-1",
            [4000],
        ),
        (a_connection(), {"tcp": "closed", "refused": 403, "handler_asked": Close(4401)}, "011", []),
        (
            a_connection(own=False),
            {
                "close_out": Close(1012),
                "first_close": "out",
                "tcp": "closed",
                "hook_told": 1012,
                "handler_told": Close(1005),
            },
            "-11",
            [1012],
        ),
    ],
)
def test_an_end_has_the_codes_of_those_who_told_one(connection, facts, saw, codes):
    """1006 stands for no Close frame on the wire, and a silent witness has no code."""
    connection.ending = Ending(**facts)
    row = Row(happened("end", connection), 0.0)

    assert (row.saw, row.codes) == (saw, codes)
    assert row.agree is (len(codes) < 2)


def test_only_an_end_has_codes():
    """Other happenings have at most one code, which is nobody's in particular."""
    connection = a_connection()
    connection.ending = Ending(client_told=Close(1006), hook_told=1011, tcp="fin")

    assert Row(happened("close", connection, code=4000), 0.0).codes == []
    assert Row(happened("end"), 0.0).codes == []
    assert codes_of_the_end(connection) == {"handler": 1011, "client": 1006, "wire": 1006}


# Whether they agree


@pytest.mark.parametrize(
    ("record", "agree"),
    [
        (happened("receive", a_connection(), client_at=1.0, wire_at=2.0, handler_at=3.0), True),
        (happened("receive", a_connection(), client_at=1.0, wire_at=2.0), False),
        (happened("receive", a_connection(), client_at=1.0), False),
        (happened("receive", a_connection(state="open"), client_at=1.0, wire_at=2.0), True),
        (happened("send", a_connection(), handler_at=1.0, wire_at=2.0), False),
        (happened("send", a_connection(own=False), handler_at=1.0, wire_at=2.0), True),
        (happened("send", a_connection(own=False, tapped=False), handler_at=1.0), True),
        (happened("receive", a_connection(state="open"), data="hi", client_data="ho"), False),
        (happened("close", a_connection(), wire_at=2.0), True),
        (happened("connect", a_connection(), wire_at=2.0), True),
        (happened("ping", a_connection(), toward="in", client_at=1.0), True),
        (happened("start"), True),
        (happened("receive", client_data="ho"), True),
    ],
)
def test_witnesses_disagree_about_what_one_of_them_missed_or_has_otherwise(record, agree):
    """While the connection is open, what is missing may still come."""
    assert Row(record, 0.0).agree is agree


def test_a_message_that_nobody_handled_is_found_by_its_missing_event():
    """The client sent it, and the connection ended before the application received it."""
    log = Log()
    connection = a_connection()
    for number in range(3):
        handled = {} if number == 1 else {"handler_at": 3.0}
        log.append(happened("receive", connection, data=f"m{number}", client_at=1.0 + number, wire_at=2.0, **handled))
    log.append(happened("send", connection, data="m3", handler_at=5.0, wire_at=5.0, client_at=5.0))

    lost = log.rows("kind:receive -witness:handler")
    assert [(row.data, row.saw, row.agree) for row in lost] == [("m1", "110", False)]
    assert [row.data for row in log.rows("dir:in -witness:handler")] == ["m1"]
    assert [event.data for event in log.filter("kind:receive")] == ["m0", "m2"]


def test_what_the_client_has_otherwise_is_its_own_events_data():
    """Each witness is quoted with what it has."""
    record = happened("receive", a_connection(), data="hé", client_data="he", client_at=1.0, handler_at=2.0)
    client, handler = events_of(record, 0.0)

    assert (client.data, client.size) == ("he", 2)
    assert (handler.data, handler.size) == ("hé", 3)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind:receive", [1, 2]),
        ("kind:client_send", [1]),
        ("kind:frame", [1, 2, 3]),
        ("kind:on_receive", [1]),
        ("kind:on_receive witness:wire", [1]),
        ("kind:client_receive", []),
        ("-witness:handler", [2]),
        ("code:1006", [4]),
        ("code:1011", [4]),
        ("kind:client_closed code:1006", [4]),
        ("witness:client", [1, 4]),
    ],
)
def test_a_row_is_found_by_the_word_of_each_witness_that_saw_it(query, found):
    """And an end by each of its codes."""
    log = Log()
    connection = a_connection()
    connection.ending = Ending(client_told=Close(1006), tcp="closed", hook_told=1011)
    seen = {"client_at": 1.0, "wire_at": 1.1, "handler_at": 1.2}
    log.append(happened("receive", connection, hook="on_receive", began=1.3, ended=1.4, **seen))
    log.append(happened("receive", connection, at=2.0, wire_at=2.0))
    log.append(happened("send", connection, at=3.0, wire_at=3.0, handler_at=3.0))
    log.append(happened("end", connection, at=4.0, client_at=4.0, wire_at=4.0))

    assert [row.seq for row in log.rows(query)] == found


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (happened("receive"), ["client_send", "frame", "receive"]),
        (happened("ping", toward="in"), ["client_ping", "ping", "ping"]),
        (happened("ping", toward="out"), [None, "ping", "ping"]),
        (happened("disconnect"), ["client_close", "close_frame", "disconnect"]),
        (happened("on_connect"), [None, None, "on_connect"]),
    ],
)
def test_each_witness_has_a_word_of_its_own(record, words):
    """None for what it takes no part in."""
    assert [Row(record, 0.0).word_of(witness) for witness in ("client", "wire", "handler")] == words


# What travelled


@pytest.mark.parametrize(
    ("record", "size"),
    [
        (happened("receive", handler_at=1.0, data="hi"), None),
        (happened("connect", wire_at=1.0, wire=HEAD, head_size=len(HEAD)), len(HEAD)),
        (happened("receive", frames=[(1.0, TEXT_HI)]), 4),
        (happened("receive", wire_at=1.0, wire=TEXT_HI, wire_size=4), 4),
        (happened("receive", wire_at=1.0, wire=TEXT_HI, wire_size=70_014), 70_014),
        (happened("receive", frames=[(1.0, b"\x01\x02hi"), (2.0, b"\x00\x01!"), (3.0, b"\x80\x00")]), 9),
        (happened("ping", toward="in", frames=[(1.0, PING)]), 6),
        (happened("ping", toward="in", frames=[(1.0, PING)], answer=(2.0, PONG, 6)), 12),
        (happened("close", frames=[(1.0, CLOSE)], answer=(2.0, CLOSE, 11)), 18),
        (happened("end", wire_at=1.0), 0),
    ],
)
def test_the_size_on_the_wire_counts_headers_and_answers(record, size):
    """And is None where nobody saw the wire."""
    assert Row(record, 0.0).wire_size == size


def test_each_fragment_is_an_event_of_its_own():
    """The client and the handler know one message only."""
    fragments = [(1.1, b"\x01\x02he"), (1.2, b"\x00\x02ll"), (1.3, b"\x80\x01o")]
    record = happened("receive", a_connection(), client_at=1.0, data="hello", handler_at=1.4, frames=fragments)
    events = events_of(record, 1.0)

    assert [event.kind for event in events] == ["client_send", "frame", "frame", "frame", "receive"]
    assert [event.at for event in events] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])
    assert [event.frame.name for event in events[1:4]] == ["TEXT", "CONT", "CONT"]
    assert [event.frame.fin for event in events[1:4]] == [False, False, True]
    assert [event.frame.payload_size for event in events[1:4]] == [2, 2, 1]
    assert (events[0].size, events[-1].size) == (5, 5)
    assert {event.seq for event in events} == {5}
    assert {event.direction for event in events} == {"in"}


def test_a_ping_has_its_pong_and_the_time_between():
    """One happening with two frames, which travelled in opposite directions."""
    record = happened(
        "ping", a_connection(), toward="in", client_at=1.0, frames=[(1.1, PING)], answer=(1.25, PONG, 6), ended=1.5
    )
    row = Row(record, 0.0)

    assert told(record) == ["client_ping", "ping", "pong"]
    assert [event.direction for event in row.events] == ["in", "in", "out"]
    assert row.duration == pytest.approx(0.15)
    assert [event.duration for event in row.events] == [pytest.approx(0.15), None, pytest.approx(0.15)]


def test_a_ping_of_the_servers_is_not_the_clients():
    """Its library answers it without telling."""
    record = happened("ping", a_connection(), toward="out", frames=[(1.1, PING)])

    assert told(record) == ["ping"]
    assert (Row(record, 0.0).direction, Row(record, 0.0).duration) == ("out", None)


def test_a_ping_without_a_wire_is_as_long_as_the_client_waited():
    """Where that is all there is."""
    record = happened("ping", a_connection(tapped=False), toward="in", client_at=1.0, ended=1.5)

    assert [(event.kind, event.duration) for event in events_of(record, 0.0)] == [("client_ping", 0.5)]


def test_a_close_has_its_answer():
    """Both frames with their own code, reason and direction."""
    record = happened(
        "close",
        a_connection(),
        code=4000,
        reason="bye",
        line=3,
        handler_at=1.0,
        frames=[(1.1, CLOSE)],
        answer=(1.2, b"\x88\x02\x03\xe8", 8),
    )
    close, out, back = events_of(record, 0.0)

    assert [event.kind for event in (close, out, back)] == ["close", "close_frame", "close_frame"]
    assert (close.code, close.reason, close.line) == (4000, "bye", 3)
    assert (out.direction, out.code, out.reason) == ("out", 4000, "bye")
    assert (back.direction, back.code, back.reason) == ("in", 1000, "")


def test_a_handshake_is_shown_as_it_travelled():
    """Its first line, and headers in the sender's own case."""
    record = happened(
        "connect",
        a_connection(),
        client_at=1.0,
        wire_at=2.0,
        wire=HEAD,
        handler_at=3.0,
        data="GET /room",
        headers=[(b"host", b"here")],
    )
    client, wire, handler = events_of(record, 0.0)

    assert (client.kind, wire.kind, handler.kind) == ("client_connect", "wire_request", "connect")
    assert wire.data == "GET /room HTTP/1.1"
    assert wire.headers == (("Host", "here"), ("X-oDD", "a: b"))
    assert handler.headers == (("host", "here"),)


@pytest.mark.parametrize(
    ("kind", "client", "code"), [("accept", "client_open", 101), ("refuse", "client_refused", 403)]
)
def test_the_answer_to_a_handshake_has_its_status(kind, client, code):
    """For whoever saw it."""
    line = f"HTTP/1.1 {code} x\r\n\r\n".encode()
    record = happened(kind, a_connection(), handler_at=1.0, wire_at=2.0, wire=line, client_at=3.0, code=code)
    events = events_of(record, 0.0)

    assert [event.kind for event in events] == [kind, "wire_response", client]
    assert [event.code for event in events] == [code, code, code if kind == "refuse" else None]


def test_an_end_is_told_by_the_client_and_tcp():
    """And by the playground, which explains it."""
    connection = a_connection()
    record = happened("end", connection, at=3.0, client_at=2.0, client_code=1006, wire_at=1.0, data="client saw 1006")
    tcp, client, end = events_of(record, 0.0)

    assert [(event.kind, event.witness) for event in (tcp, client, end)] == [
        ("tcp_end", "wire"),
        ("client_closed", "client"),
        ("end", None),
    ]
    assert (tcp.data, client.code, end.data) == (None, 1006, "client saw 1006")


@pytest.mark.parametrize("kind", HAPPENINGS)
def test_every_happening_has_events_that_its_witnesses_call_by_their_own_words(kind):
    """In the order of time, each of a kind that its witness tells of, all with one number."""
    record = happened(kind, a_connection(), toward="in", data="x", handler_at=2.0)
    if kind in OF_CLIENT:
        record.client_at = 1.0
    if kind in OF_WIRE:
        record.wire_at = 3.0
        record.parts = () if kind in ("connect", "accept", "refuse", "end") else ((3.0, TEXT_HI, 4),)
        record.answer = (4.0, PONG, 6) if kind in ANSWERS else None
    log = Log()
    log.append(record)
    events = log.row(record).events

    assert events
    assert all(KINDS[event.kind][0] == event.witness for event in events)
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert {event.seq for event in events} == {1}
    assert {event.connection for event in events} == {3}
    assert all(repr(event).startswith("<Event 1 ") for event in events)
    assert ("client" in {event.witness for event in events}) is (kind in OF_CLIENT)
    assert ("wire" in {event.witness for event in events}) is (kind in OF_WIRE)


@given(st.permutations([1.0, 2.0, 3.0, 4.0]))
def test_events_are_in_the_order_of_time_whatever_was_seen_first(times):
    """Clocks of threads interleave as they like."""
    client, wire, answer, handler = times
    record = happened(
        "disconnect",
        a_connection(),
        client_at=client,
        frames=[(wire, CLOSE)],
        answer=(answer, CLOSE, 7),
        handler_at=handler,
    )

    assert [event.at for event in events_of(record, 0.0)] == [1.0, 2.0, 3.0, 4.0]


def test_a_hook_is_a_second_account_of_the_handlers():
    """What failed, failed in the hook, and what it took and printed is its own."""
    record = happened(
        "receive",
        a_connection(),
        data="hi",
        handler_at=1.0,
        hook="on_receive",
        began=1.1,
        ended=1.3,
        version=2,
        line=7,
        error="KeyError: 'say'",
        traceback="Traceback …",
        output=[("stdout", "trying\n")],
    )
    received, hook = events_of(record, 0.0)

    assert (received.kind, received.error, received.duration, received.output) == ("receive", None, None, ())
    assert (hook.kind, hook.error, hook.line, hook.version) == ("on_receive", "KeyError: 'say'", 7, 2)
    assert hook.duration == pytest.approx(0.2)
    assert hook.output == (("stdout", "trying\n"),)


def test_a_row_of_a_running_hook_is_completed_later():
    """It looks at the record, and its events are made anew."""
    record = happened("on_connect", a_connection(), at=1.0)
    row = Row(record, 0.0)
    assert (row.duration, row.events[0].running) == (None, True)

    record.ended = 1.5
    assert (row.duration, row.events[0].running) == (0.5, False)


# Times, sizes and how it reads


def test_a_round_trip_is_split_where_the_handler_begins_and_ends():
    """Client's clock to handler's, the handler, and back."""
    record = happened("receive", a_connection(), client_at=1.0, handler_at=1.5, began=1.5, ended=4.0)
    reply = happened("send", a_connection(), handler_at=2.5, client_at=3.0)

    assert Row(record, 0.0).times(reply) == [
        ("client → server", 0.5),
        ("until the reply", 1.0),
        ("server → client", 0.5),
    ]
    assert Row(record, 0.0).times() == [("client → server", 0.5), ("handler", 2.5)]


def test_times_leave_out_what_nobody_saw():
    """Half a way is none."""
    record = happened("receive", a_connection(own=False), handler_at=1.5)

    assert Row(record, 0.0).times() == []
    assert Row(record, 0.0).times(happened("send", handler_at=2.5)) == [("until the reply", 1.0)]


@pytest.mark.parametrize(
    ("data", "size", "opcode"),
    [
        ("hi", 2, "text"),
        ("hé", 3, "text"),
        ("\ud800", 3, "text"),
        (b"\xff", 1, "binary"),
        ("", 0, "text"),
        (None, None, None),
    ],
)
def test_a_payload_is_counted_as_it_travels(data, size, opcode):
    """Text as UTF-8, even where it cannot be sent."""
    row = Row(happened("receive", data=data), 0.0)

    assert (row.size, row.opcode, payload_size(data)) == (size, opcode, size)


def test_what_is_no_message_has_no_payload():
    """Its text is there for a person."""
    row = Row(happened("connect", data="GET /room"), 0.0)

    assert (row.size, row.opcode, row.data) == (None, None, "GET /room")


def test_a_row_tells_what_its_record_has():
    """Under the same names."""
    connection = a_connection()
    row = Row(happened("send", connection, at=2.5, data="x", code=7, error="E", version=2), 1.0)

    assert (row.seq, row.at, row.kind, row.direction, row.connection, row.client, row.path) == (
        5,
        1.5,
        "send",
        "out",
        3,
        "alice",
        "/room",
    )
    assert (row.data, row.code, row.error, row.version) == ("x", 7, "E", 2)


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (
            happened("receive", a_connection(), client_at=1.0, wire_at=1.1, handler_at=1.2, data="hi"),
            "<Row 5 0.000s alice /room → receive hi cwh>",
        ),
        (
            happened("receive", a_connection(), client_at=1.0, frames=[(1.1, TEXT_HI)], data="hi"),
            "<Row 5 0.000s alice /room → receive hi cw0 witnesses differ>",
        ),
        (
            happened("send", a_connection(own=False), handler_at=1.0, data="hi", version=2),
            "<Row 5 0.000s #3 /room ← send hi v2 -0h witnesses differ>",
        ),
        (
            happened("receive", a_connection(tapped=False), handler_at=1.0, hook="on_receive", began=1.0, ended=1.25),
            "<Row 5 0.000s alice /room → receive 250 ms 0-h witnesses differ>",
        ),
        (happened("receive", a_connection(state="open")), "<Row 5 0.000s alice /room → receive 000>"),
    ],
)
def test_a_row_reads_well(record, text):
    """Who, where, what, and who saw it."""
    assert repr(Row(record, 1.0)) == text


def test_an_event_and_its_row_are_shown_with_the_same_words():
    """Also where the payload looks like the beginning of an event."""
    record = happened("send", a_connection(own=False), handler_at=1.0, data="<Event 5 0.000s>")
    row = Row(record, 1.0)

    assert repr(row) == "<Row 5 0.000s #3 /room ← send <Event 5 0.000s> -0h witnesses differ>"
    assert [repr(event) for event in row.events] == ["<Event 5 0.000s #3 /room ← send <Event 5 0.000s>>"]


# Very many


def resident():
    """Return this process's resident memory in bytes, or None where the system does not tell it so."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    except OSError:
        return None


PAYLOADS = ["hello", '{"say": "hello", "n": 7}', "x" * 100, b"\x00\x01", '{"say": "bye"}', "nothing to see", ""]


def fill(log, first, last):
    connection = a_connection(own=False, tapped=False)
    for number in range(first, last):
        record = Record("receive", float(number), connection)
        record.handler_at = record.at
        record.data = PAYLOADS[number % 7]
        log.append(record)


QUERIES = {
    "": lambda data: True,
    "hello": lambda data: isinstance(data, str) and "hello" in data,
    "-hello size>0": lambda data: len(data) > 0 and not (isinstance(data, str) and "hello" in data),
    "json.say=hello": lambda data: data == '{"say": "hello", "n": 7}',
    "json.n=7 kind:receive": lambda data: data == '{"say": "hello", "n": 7}',
    "/^x+$/": lambda data: data == "x" * 100,
    "size<=5": lambda data: len(data) <= 5,
    '"to see" witness:handler': lambda data: data == "nothing to see",
    "dir:out": lambda data: False,
}


@pytest.mark.slow
def test_a_million_happenings_are_counted_kept_and_found():
    """Nothing is lost uncounted, memory stays flat, and what is kept is found by any filter."""
    log = Log(limit=10_000)
    counts, memory, cleared = [], [], 0
    for last in range(100_000, 1_000_001, 100_000):
        fill(log, last - 100_000, last)
        counts.append((last, log.total, log.kept + log.spilled + log.dropped + log.cleared, log.cleared))
        memory.append(resident())
        assert len(log.records()) == log.kept == 10_000
        if last == 500_000:
            log.clear()
            cleared = 10_000
            assert (log.kept, log.cleared, log.total) == (0, cleared, last)

    assert counts == [(last, last, last, cleared if last > 500_000 else 0) for last, *_ in counts]
    assert memory[-1] is None or memory[-1] - memory[1] < 16 * 2**20
    assert [record.seq for record in log.records()] == list(range(990_001, 1_000_001))
    for query, holds in QUERIES.items():
        expected = [number + 1 for number in range(990_000, 1_000_000) if holds(PAYLOADS[number % 7])]
        assert [row.seq for row in log.rows(query)] == expected
        assert [event.seq for event in log.filter(query)] == expected


class Shelf:
    """A spill that takes what it has room for until it has written, as one that writes to a disk does."""

    def __init__(self, room):
        self.room = room
        self.taken = self.written = self.lost = 0

    def put(self, record):
        if self.taken - self.written >= self.room:
            self.written = self.taken
            return False
        self.taken += 1
        return True


def test_what_is_spilled_is_counted_apart_from_what_is_dropped():
    """A spill that cannot follow lets records drop, and every one of them is counted."""
    log = Log(limit=100, spill=Shelf(50))
    fill(log, 0, 10_000)
    log.clear()
    fill(log, 10_000, 12_345)

    assert log.total == 12_345
    assert log.kept + log.spilled + log.dropped + log.cleared == 12_345
    assert min(log.kept, log.spilled, log.dropped, log.cleared) > 0
