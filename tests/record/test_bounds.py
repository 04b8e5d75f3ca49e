"""Whatever a peer or an app does, what is held beside the log is bounded in bytes, and what was let go is counted."""

import gc
import tracemalloc
import weakref
from time import perf_counter

import pytest

from playground import Log
from playground.record import connections as registry
from playground.record.connections import ENDED, ENDED_BYTES, held_by
from playground.record.frames import FRAMES, Fragments, Frame, FrameReader
from playground.record.log_file import SEQS, LogWriter
from playground.record.recorder import server as recording
from playground.record.recorder.hooks import OUTPUT_LIMIT, OUTPUT_PARTS, add_output, hook_began, hook_ended
from playground.record.recorder.server import Recorder
from playground.record.records import Record
from playground.record.ring import TRIM_EVERY, weight_of
from playground.ui.detail import detail_of
from tests.serve import peers

MIB = 2**20
LIMIT = 4 * MIB
"""What the logs of these tests may hold."""

FRAME = b"\x81\x85abcd12345"


def recorded(limit_bytes=LIMIT):
    """A log with a small limit, a recorder that writes to it, and an open connection."""
    log = Log(limit_bytes=limit_bytes)
    recorder = Recorder(log)
    return log, recorder, opened(recorder)


def opened(recorder, headers=(), head=b""):
    """A connection whose handshake has just arrived."""
    return recorder.handshake_arrived("/", "/", headers, None, head=head, head_size=len(head), tapped=True)


def ended(recorder, connection):
    """End a connection, as all its witnesses tell."""
    recorder.app_told_of_end(connection, {"type": "websocket.disconnect", "code": 1000})
    recorder.app_is_done(connection)
    recorder.wire_ended(connection, None, True, Fragments(), None)


def a_head(number, size=56 * 1024):
    """The headers of a large handshake, and how they travel; each call makes objects of its own."""
    names = [b"x-%d-%d" % (number, each) for each in range(8)]
    headers = [(name, b"v" * (size // 8)) for name in names]
    return headers, b"GET / HTTP/1.1\r\n" + b"".join(name + b": " + value + b"\r\n" for name, value in headers)


def handshakes(log, recorder, connection):
    for number in range(200):
        headers, head = a_head(number)
        ended(recorder, opened(recorder, headers, head))


def fragments(log, recorder, connection):
    for _ in range(100):
        recorder.wire_got_parts(connection, a_message_in_fragments(10_000), perf_counter())
        recorder.app_received(connection, {"text": "x" * 50_000})


def a_message_in_fragments(count):
    parts = Fragments()
    for number in range(count):
        parts.add(Frame(perf_counter(), b"%s\x85abcd12345" % (b"\x80" if number == count - 1 else b"\x00"), 11))
    return parts


def output(log, recorder, connection):
    for _ in range(300):
        hook = hook_began(log, connection, "on_connect", 1)
        # Counted already when it prints.
        log.trim()
        for _ in range(200):
            add_output(hook, "stdout", "a line of some length, and of wide characters \U0001f600\n")
        hook_ended(log, hook)


def late_output(log, recorder, connection):
    for _ in range(300):
        hook = hook_began(log, connection, "on_connect", 1)
        hook_ended(log, hook)
        log.trim()
        for number in range(400):
            add_output(hook, "INFO", f"logged later: {number}\n")
        log.changed(hook)


def errors(log, recorder, connection):
    for number in range(1000):
        record = recorder.app_sends(connection, {"text": "x"})
        log.trim()
        recorder.app_could_not_send(connection, record, ValueError("x" * 16_000 + str(number)))


def tracebacks(log, recorder, connection):
    for number in range(500):
        try:
            raise ExceptionGroup("several", [ValueError("x" * 5000 + str(number))] * 20)
        except ExceptionGroup as error:
            recorder.loop_reported("a callback raised", None, error, None, None)


def requests(log, recorder, connection):
    for number in range(500):
        headers = [(b"x-%d-%d" % (number, each), b"v" * 700) for each in range(20)]
        scope = {"path": f"/{number}" + "p" * 8000, "method": "GET", "headers": headers}
        request = recorder.request_arrived(scope)
        recorder.request_answered(request, 200)
        recorder.request_ended(request)


def compressed(log, recorder, connection):
    for number in range(40):
        recorder.wire_got_message(connection, FRAME, perf_counter())
        # Somebody reads the log before the app has the message, whose size is not known yet.
        log.trim()
        recorder.app_received(connection, {"text": "x" * MIB + str(number)})


def compressed_replies(log, recorder, connection):
    for number in range(40):
        recorder.app_sends(connection, {"text": "x" * MIB + str(number)})
        recorder.wire_sent_message(connection, b"\xc1\x0512345")


def wide_characters(log, recorder, connection):
    for _ in range(300):
        recorder.wire_got_message(connection, FRAME, perf_counter())
        recorder.app_received(connection, {"text": "\U0001f600" * 50_000 + "x"})


def differing(log, recorder, connection):
    for number in range(20):
        record = Record("receive", perf_counter(), connection)
        record.data = "y" * MIB + str(number)
        log.append(record)
        connection.from_client.append(record)
        recorder.wire_got_message(connection, FRAME, perf_counter())
        log.trim()
        recorder.app_received(connection, {"text": "x" * MIB + str(number)})


def last_messages(log, recorder, connection):
    for number in range(60):
        one = opened(recorder)
        recorder.wire_got_message(one, FRAME, perf_counter())
        recorder.app_received(one, {"text": "x" * MIB + str(number)})
        recorder.app_is_done(one)
        recorder.wire_ended(one, None, True, Fragments(), None)


def odd_payloads(log, recorder, connection):
    for number in range(1000):
        message = {"text": "x" * 16_000 + str(number), "bytes": b"y"}
        recorder.app_sends(connection, message)
        recorder.wire_sent_message(connection, b"\x82\x01y")


WAYS = (
    handshakes,
    fragments,
    output,
    late_output,
    errors,
    tracebacks,
    requests,
    compressed,
    compressed_replies,
    wide_characters,
    differing,
    last_messages,
    odd_payloads,
)


@pytest.mark.parametrize("way", WAYS)
def test_the_log_counts_what_its_records_refer_to(way):
    """Much more than fits is pushed in; what is counted keeps the limit, is what the records have, and the rest is said."""
    log, recorder, connection = recorded()
    way(log, recorder, connection)
    log.trim()
    one = max(map(weight_of, log.ring))

    assert sum(map(weight_of, log.ring)) == log._bytes <= LIMIT + one
    assert log.counts.dropped > 0
    assert log.counts.total == log.counts.kept + log.counts.dropped
    assert f"{log.counts.dropped} dropped" in repr(log)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_python_holds_no_more_than_is_counted(way, monkeypatch):
    """As `tracemalloc` measures it, with what connections refer to, and what may come before the log is trimmed."""
    monkeypatch.setattr(registry, "ENDED_BYTES", LIMIT)
    monkeypatch.setattr(recording, "HEADS_LIMIT", LIMIT)
    gc.collect()
    tracemalloc.start()
    try:
        log, recorder, connection = recorded()
        way(log, recorder, connection)
        log.trim()
        gc.collect()
        counted, (with_it, _), known = log._bytes, tracemalloc.get_traced_memory(), weakref.ref(log)
        del log, recorder, connection
        gc.collect()
        # Other threads of the tests hold something too.
        without, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert known() is None
    assert with_it - without < 3 * LIMIT + 2 * MIB
    assert counted > LIMIT / 3


def test_small_records_are_bounded_by_their_number():
    """A record itself takes some 600 bytes, which is what the documentation says."""
    gc.collect()
    tracemalloc.start()
    try:
        log, recorder, connection = recorded()
        for number in range(10_000):
            recorder.wire_got_message(connection, b"\x81\x85abcd%5d" % number, perf_counter())
            recorder.app_received(connection, {"type": "websocket.receive", "text": "small"})
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert 200 < held / 10_000 < 700


# Messages that are not complete


def test_a_message_keeps_its_first_frames_and_its_last_and_counts_the_others():
    """In the row's size on the wire, in its events, and where a person looks at the row."""
    log, recorder, connection = recorded()
    recorder.wire_got_parts(connection, a_message_in_fragments(10_000), perf_counter())
    recorder.app_received(connection, {"text": "x" * 50_000})
    row = log.rows("is:messages")[0]
    wire = next(one for one in detail_of(log, row)["accounts"] if one["witness"] == "wire")

    assert len(row.record.parts) == FRAMES + 1
    assert (row.record.more_frames, row.record.more_bytes) == (10_000 - FRAMES - 1, 11 * (10_000 - FRAMES - 1))
    assert row.wire_size == 110_000
    assert [event.frame.fin for event in row.events if event.frame][-1]
    assert wire["said"][-1]["text"] == "and 9899 frames more, 108.9 kB, which are not kept"


def test_a_message_that_never_ends_holds_as_much_as_one_that_does():
    """Its frames are counted, and the row of the end has them."""
    parts = Fragments()
    for _ in range(1_000_000):
        parts.add(Frame(1.0, b"\x00\x80abcd", 6))
    log, recorder, connection = recorded()
    recorder.wire_ended(connection, None, True, parts, Frame(2.0, b"\x00\xfe", 2))
    row = log.rows("kind:receive")[0]

    assert len(parts.frames) == len(row.record.parts) == FRAMES
    assert row.record.more_frames == 1_000_000 - FRAMES + 1
    assert row.wire_size == 6_000_002


def test_a_frame_of_a_terabyte_holds_its_beginning():
    """However much of it comes."""
    reader = FrameReader()
    declared = b"\x82\xff" + (2**40).to_bytes(8, "big") + b"abcd"
    assert reader.feed(declared, 1.0) == []
    for _ in range(1000):
        assert reader.feed(bytes(100_000), 2.0) == []
    rest = reader.rest(3.0)

    assert (len(rest.head), rest.size, rest.payload_size) == (64, 100_000_014, 2**40)


@pytest.mark.parametrize("extra", [0, 1])
def test_a_client_that_never_ends_its_message_is_bounded_on_a_real_socket(pg, extra):
    """With empty fragments, which the server takes for ever; what was left out is counted when it leaves."""
    count = 20 * FRAMES + extra
    with peers.Peer(pg.url, "/ws") as peer:
        peer.send(peers.TEXT, fin=False)
        peer.socket.sendall(peers.frame(peers.CONT, fin=False) * (count - 1))
        peer.send(peers.PING)
        pg.log.wait_for("ping")
    pg.log.wait_for("end")
    [row] = pg.log.rows("kind:receive")

    assert len(row.record.parts) == FRAMES
    assert row.record.more_frames == count - FRAMES


# Output


def test_the_output_of_one_hook_is_bounded():
    """In characters, and in pieces, and it says where it was cut."""
    log, _, connection = recorded()
    hook = hook_began(log, connection, "on_connect", 1)
    for number in range(10_000):
        add_output(hook, f"LEVEL {number % 2}", "x")
    much = hook_began(log, connection, "on_connect", 1)
    for _ in range(100):
        add_output(much, "stdout", "x" * 1000)

    assert len(hook.output) == OUTPUT_PARTS
    assert hook.output[-1][1] == "… (cut)"
    assert len(much.output[0][1]) <= OUTPUT_LIMIT + len("… (cut)")
    assert much.output[0][1].endswith("… (cut)")


# Connections


def test_ended_connections_are_bounded_in_number_and_bytes(monkeypatch):
    """The last one is remembered in any case."""
    log, recorder, _ = recorded()
    for _ in range(ENDED + 50):
        ended(recorder, opened(recorder))
    few = len(recorder.connections)
    monkeypatch.setattr(registry, "ENDED_BYTES", MIB)
    for number in range(40):
        headers, head = a_head(number)
        ended(recorder, opened(recorder, headers, head))
    remembered = [one for one in recorder.connections.values() if one.state == "closed"]
    held = sum(held_by(one) for one in remembered)

    assert few == ENDED + 1
    assert held <= MIB + 130_000
    assert 5 < len(remembered) < 12
    assert len(recorder.connections._held) == len(remembered)


def test_one_ended_connection_is_remembered_however_large(monkeypatch):
    """So that it can be asked about."""
    monkeypatch.setattr(registry, "ENDED_BYTES", 0)
    log, recorder, _ = recorded()
    for number in range(3):
        connection = opened(recorder, *a_head(number))
        ended(recorder, connection)

    assert [one for one in recorder.connections.values() if one.state == "closed"] == [connection]
    assert ENDED_BYTES == 16 * MIB


def test_open_connections_let_go_of_large_heads_that_the_log_still_has(monkeypatch):
    """The row has all of it as long as it is in the log; what is not there any more is said."""
    monkeypatch.setattr(recording, "HEADS_LIMIT", MIB)
    log, recorder, _ = recorded(limit_bytes=128 * MIB)
    many = []
    for number in range(40):
        headers, head = a_head(number)
        many.append(opened(recorder, headers, head))
        recorder.app_answers(many[-1], {"type": "websocket.accept"})
        recorder.wire_sent_answer(many[-1], 101, b"HTTP/1.1 101 Switching Protocols\r\n\r\n", 36)
    first, last = many[0], many[-1]
    held = sum(weight_of(one.request) for one in many)
    row = log.rows("kind:connect")[1]
    shown = detail_of(log, row)["handshake"]["request"]
    answer = detail_of(log, log.row(first.response))["handshake"]

    assert held < MIB + 200_000
    assert (first.request.wire, first.request.seq) == (None, row.seq)
    assert last.request.wire is not None
    assert len(row.record.wire) > 56_000
    assert len(shown["headers"]) == 8
    assert answer["request"]["line"].endswith("B, no longer kept")
    for one in many:
        ended(recorder, one)
    for _ in range(ENDED + 1):
        ended(recorder, opened(recorder))
    assert (recorder._heads, recorder._heads_size) == ({}, 0)


def test_an_ended_connection_holds_no_message_and_no_ping():
    """What is still of use is in its records."""
    log, recorder, connection = recorded()
    recorder.wire_got_message(connection, FRAME, perf_counter())
    recorder.app_received(connection, {"text": "12345"})
    for number in range(200):
        recorder.wire_got_frame(connection, Frame(1.0, b"\x89\x83abcd%3d" % number, 9))
    waiting = len(connection.pings)
    ended(recorder, connection)

    assert waiting == 100
    assert (connection.current_message, len(connection.pings)) == (None, 0)


def test_a_tap_holds_no_handshake(pg, monkeypatch):
    """Neither the WebSocket's protocol nor that of HTTP, which has handed over."""
    from playground.serve.handshake import _KeepsHead
    from playground.serve.uvicorn_tap import TappedProtocol

    made = []
    for cls in (TappedProtocol, _KeepsHead):
        monkeypatch.setattr(cls, "__init__", noting(cls.__init__, made))

    with pg.connect("/ws", headers={"x-large": "v" * 5000}):
        assert {isinstance(one, TappedProtocol) for one in made} == {True, False}
        assert [one for one in made if one._head or getattr(one, "_dropped", b"") or getattr(one, "_chunk", b"")] == []


def noting(init, made):
    def noted(self, *args, **kwargs):
        init(self, *args, **kwargs)
        made.append(self)

    return noted


# The file


def test_a_connection_with_a_million_errors_is_written_in_bounded_memory():
    """The writer remembers which records of it are in the file, and only so many."""
    log, recorder, connection = recorded()
    writer = LogWriter(log.zero, log.began)
    for number in range(SEQS * 3):
        record = Record("error", perf_counter(), connection)
        record.seq, record.error = number + 1, "ValueError"
        connection.ending.raised = connection.ending.raised or record
        assert [line["seq"] for line in writer.lines(record) if "kind" in line][-1] == record.seq
    [written] = writer._connections.values()

    assert len(written.seqs) <= SEQS + 1
    assert connection.ending.raised.seq in written.seqs


def test_what_was_masked_is_remembered_for_one_record():
    """It is written into that record's line."""
    log, recorder, _ = recorded()
    writer = LogWriter(log.zero, log.began)
    for _ in range(50):
        connection = opened(recorder, [(b"cookie", b"a=secret")])
        [line] = [line for line in writer.lines(connection.request) if "kind" in line]

    assert line["masked"]
    assert len(writer.masking.found) <= 2


def test_the_log_is_trimmed_before_much_has_come():
    """At each large message, and after so many small ones."""
    log, recorder, connection = recorded(limit_bytes=MIB)
    most = 0
    for number in range(3 * TRIM_EVERY):
        recorder.wire_got_message(connection, FRAME, perf_counter())
        recorder.app_received(connection, {"text": "x" * recording.LARGE_MESSAGE + str(number)})
        most = max(most, sum(map(weight_of, log.ring)))

    assert most < MIB + 3 * recording.LARGE_MESSAGE
