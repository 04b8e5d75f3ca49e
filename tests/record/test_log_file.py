"""A log in a file: what is written, and what a reader finds again, damaged files among it."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

import pytest
from hypothesis import given, settings

import playground
from playground import HandshakeRefused, Log, NotALog, Playground, PlaygroundError, open_log
from playground.common.close_codes import Close
from playground.record import log_file, opened
from playground.record.autopsy import autopsy
from playground.record.lists import Rows
from playground.record.log_file import header, json_line
from playground.record.records import Connection, Record
from playground.record.row import Row
from playground.record.spill import SpillFile
from playground.ui.detail import detail_of
from playground.ui.folding import folded
from playground.ui.frozen import frozen_html
from playground.ui.rows import row_of

from ..serve.peers import TEXT, Peer
from .test_state import connections

CRASH = """
class Crash(WebSocketEndpoint):
    encoding = "json"

    async def on_receive(self, websocket, data):
        print("got", data)
        await websocket.send_json({"said": data["say"]})
"""

CLOSES = """
class Closes(WebSocketEndpoint):
    async def on_connect(self, websocket):
        await websocket.accept(subprotocol="v2", headers=[(b"x-room", b"\\xe9")])
        await websocket.send_bytes(b"\\x00\\xff")
        await websocket.close(4002, "enough")
"""


def converse(pg):
    """Hold a conversation with a little of everything."""
    pg.edit("/crash", CRASH)
    pg.edit("/closes", CLOSES)
    with pg.connect("/ws", name="alice", headers={"X-Room": "1"}) as alice:
        alice.send("h\u00e4llo \u2028 \U0001f600")
        alice.receive()
        alice.send("in pieces", fragments=3)
        alice.receive()
        alice.ping()
        alice.close(4001, "bye")
    with pytest.raises(HandshakeRefused):
        pg.connect("/none", name="nobody")
    carol = pg.connect("/crash", name="carol")
    carol.send('{"say": "x"}')
    carol.receive()
    carol.send('{"shout": "x"}')
    pg.log.wait_for("end", "carol")
    pg.edit("/crash", CRASH.replace("got", "seen"))
    with pytest.raises(playground.EditRejected):
        pg.edit("/crash", "x = = 1")
    dave = pg.connect("/closes", name="dave", subprotocols=["v2"])
    dave.receive()
    pg.log.wait_for("end", "dave")
    eve = Peer(pg.url, "/ws")
    eve.send(TEXT, b"never all of it"[:5], fin=False)
    eve.reset()
    pg.log.wait_for("end", "connection:5")
    urlopen(pg.http_url).close()
    with pg.connect("/ws", name="twice"):
        pass
    with pg.connect("/ws", name="twice") as again:
        again.send("x" * 5000)
        again.receive()
    pg.log.wait_for("end", "connection:7")


def told(row):
    """Return everything that a row says."""
    times = row.times()
    return (
        repr(row),
        row.events,
        row.saw,
        row.agree,
        row.as_event,
        row.kinds,
        row.witnesses,
        row.codes,
        row.wire_size,
        row.duration,
        row.at,
        times,
    )


def said_by(log):
    """Return a log's rows in every form."""
    rows = log.rows()
    return [told(row) for row in rows], rows.to_csv(), rows.to_mermaid(), rows.to_jsonl()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A conversation, the file that was saved of it, and the one that everything was spilled to."""
    folder = tmp_path_factory.mktemp("logs")
    pg = Playground()
    spill, seen = SpillFile(folder / "spilled.jsonl", pg.log.zero, pg.log.began).start(), set()

    def put(record):
        # As early as can be: most of what witnesses tell comes later.
        if record.seq not in seen:
            seen.add(record.seq)
            spill.put(record)

    pg.log.subscribe(put)
    with pg:
        converse(pg)
    spill.close()
    (folder / "saved.jsonl").write_text(pg.log.rows().to_jsonl(), "utf-8")
    return pg, folder


@pytest.fixture(params=["saved", "spilled"])
def both(recorded, request):
    """The live playground, and its log read from a file."""
    pg, folder = recorded
    return pg, open_log(folder / f"{request.param}.jsonl")


def test_a_reopened_log_tells_the_same(both):
    """Rows with every witness's events and times, as CSV, as a diagram and as JSON Lines."""
    pg, log = both

    assert log.problems == []
    assert log.began == pg.log.began
    assert len(log) == len(pg.log)
    assert said_by(log) == said_by(pg.log)


def test_a_reopened_log_finds_by_place_and_number(both):
    """The newest events are the last in time, and each row is found, also where numbers are missing."""
    _, log = both
    everything = list(log)

    assert (log[-1], list(log[-20:]), len(log)) == (everything[-1], everything[-20:], len(everything))
    assert all(log.find(record.seq).record is record for record in log.records())


def test_a_reopened_log_explains_the_same(both):
    """By number, by name, and for the one that ended last."""
    pg, log = both
    numbers = [connection.id for connection in pg.connections]

    assert [str(log.why(number)) for number in numbers] == [str(pg.why(number)) for number in numbers]
    assert [repr(one) for one in log.connections] == [repr(one) for one in pg.connections]
    assert (log.why("twice"), log.why()) == (pg.why("twice"), pg.why())
    with pytest.raises(LookupError, match="connection 99 is not remembered"):
        log.why(99)


@pytest.mark.parametrize(
    "query",
    [
        "alice",
        "-ping kind:frame",
        "is:errors",
        "is:differ",
        "code:1006,4002",
        "witness:client",
        "size>1000",
        "json.say=x",
    ],
)
def test_a_reopened_log_filters_the_same(both, query):
    """Rows and events."""
    pg, log = both

    assert list(map(repr, log.rows(query))) == list(map(repr, pg.log.rows(query)))
    assert list(log.filter(query)) == list(pg.log.filter(query))


def test_a_reopened_log_makes_the_same_table(both):
    """In pandas."""
    testing = pytest.importorskip("pandas.testing")
    pg, log = both

    testing.assert_frame_equal(log.to_pandas(), pg.log.to_pandas())


def test_a_part_of_a_log_explains_the_endings_too(recorded, tmp_path):
    """What an explanation needs is in the file, and in no row."""
    pg, _ = recorded
    file = tmp_path / "part.jsonl"
    file.write_text(pg.log.rows("carol is:messages").to_jsonl(), "utf-8")
    log = open_log(file)
    live = autopsy.why(pg.log.rows("carol")[0].record.connection, log.last_message(log.connections[0]))

    assert {row.kind for row in log.rows()} == {"receive", "send"}
    assert log.why("carol") == live


def test_what_it_is_is_said_in_one_line(recorded):
    """The file, and how much is in it."""
    _, folder = recorded
    log = open_log(folder / "saved.jsonl")

    assert repr(log).startswith(f"<OpenedLog saved.jsonl {log.kept} rows, 7 connections, began 20")


def test_two_playgrounds_spill_into_one_file(tmp_path):
    """The second one's numbers and times go on where the first one's ended."""
    file = tmp_path / "trace.jsonl"
    for word in ("one", "two"):
        with Playground(log_limit=1, spill=file) as pg:
            with pg.connect("/ws", name="alice") as alice:
                alice.send(word)
                alice.receive()
            pg.log.wait_for("end")
    log = open_log(file)
    rows = log.rows("kind:receive")

    assert [(row.data, row.connection) for row in rows] == [("one", 1), ("two", 2)]
    assert [row.record.connection.client for row in rows] == ["alice", "alice"]
    assert rows[0].seq < rows[1].seq and rows[0].at < rows[1].at
    assert log.rows("kind:send")[-1].record.cause == rows[1].seq
    assert log.why("alice").connection == 2


# Files as they should not be


def a_file(tmp_path, *lines, name="log.jsonl"):
    """Return a file of a header and these lines, objects or texts."""
    written = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    file = tmp_path / name
    file.write_text(json_line(header(1e9)) + "".join(f"{line}\n" for line in written), "utf-8")
    return file


def note(seq, data="x", **values):
    """Return the line of a record."""
    return {"seq": seq, "at": seq / 10, "kind": "log", "data": data} | values


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("not JSON", "it is not JSON: Expecting value, at column 1"),
        ('{"seq": 2, "at": 0.', "it is not JSON"),
        ("[1]", "a JSON object is expected, not [1]"),
        ("{}", "an object with 'kind', 'connection' or 'format' is expected"),
        ('{"seq": 2, "seq": 3, "kind": "log"}', "the name 'seq' appears twice"),
        ('{"seq": 2, "at": NaN, "kind": "log"}', "NaN is not a number in JSON"),
        ('{"kind": ' + "[" * 100_000 + "]" * 100_000 + "}", "it is nested too deeply"),
        ('{"seq": ' + "1" * 5000 + "}", "it is not JSON"),
        ({"at": 1.0, "kind": "log"}, "'seq' is missing"),
        (note(2, data=7), "'data' is expected to be text, or base64, not 7"),
        (note(2, kind="<b>"), "'kind' is expected to be one of"),
        ({"connection": 1}, "'path' is missing"),
        ({"connection": 1, "path": "/", "request": "x"}, "'request' is expected to be a record's number, not 'x'"),
    ],
)
def test_a_damaged_line_is_told_and_the_rest_opens(tmp_path, line, message):
    """With the file, the line's number, and what was expected."""
    file = a_file(tmp_path, note(1, "before"), line, note(3, "after"))
    with pytest.warns(UserWarning, match="a line of log.jsonl could not be read"):
        log = open_log(file)

    assert [row.data for row in log.rows()] == ["before", "after"]
    [problem] = log.problems
    assert (problem.file, problem.line) == ("log.jsonl", 3)
    assert str(problem).startswith("log.jsonl, line 3: ") and message in problem.message


def test_a_last_line_that_was_cut_off_says_so(tmp_path):
    """As a program leaves it that was killed."""
    file = a_file(tmp_path, note(1))
    with file.open("ab") as cut:
        cut.write(b'{"seq": 2, "at": 0.2, "data": "\xc3')
    with pytest.warns(UserWarning, match="ends without a line break"):
        log = open_log(file)

    assert log.kept == 1


def test_a_line_that_is_too_long_is_passed_over(tmp_path, monkeypatch):
    """Without being read into memory."""
    file = a_file(tmp_path, note(1), note(2, "y" * 10_000), note(3))
    monkeypatch.setattr(opened, "LINE_LIMIT", 1000)
    with pytest.warns(UserWarning, match="longer than 1.0 kB"):
        log = open_log(file)

    assert [row.seq for row in log.rows()] == [1, 3]


def test_a_line_of_too_many_values_is_passed_over(tmp_path, monkeypatch):
    """Two bytes of such a line become a list of 56; commas and brackets within texts are none."""
    monkeypatch.setattr(opened, "VALUES", 1000)
    rows = [{"seq": 1, "at": 0.0, "kind": "receive", "data": '[{"a": 1}, "\\\\"],' * 1000}]
    rows += [{"seq": 2, "at": 0.0, "kind": "receive", "data": "kept", "x": [[]] * 1000}]
    file = tmp_path / "log.jsonl"
    file.write_text(json_line(header(1.0)) + "".join(map(json_line, rows)))
    with pytest.warns(UserWarning, match="it has about 2005 values, more than 1000, and was skipped"):
        log = open_log(file)

    assert [record.seq for record in log.records()] == [1]
    assert log.problems[0].line == 3


SLOW = ['"' + '\\"' * 10**6, '"' * 10**6, '"' + "\\" * (10**6 + 1), '"\\' * 10**6, "[" * 10**6, '{"' * 10**6]
"""Beginnings of what does not end."""


@pytest.mark.parametrize("text", SLOW, ids=range(len(SLOW)))
def test_no_line_is_slow_to_read(tmp_path, text):
    """Were the time of a search the square of a line's length, this would take an hour."""
    file = tmp_path / "log.jsonl"
    file.write_text(json_line(header(1.0)) + text + "\n")
    with pytest.warns(UserWarning, match="a line of log.jsonl could not be read completely"):
        log = open_log(file)

    assert log.damaged == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (b"\x89PNG\r\n\x1a\n\x00", "it is not UTF-8, at byte 1"),
        (b"seq,at,kind\n1,0.0,log\n", "it is not JSON"),
        (b'{"seq": 1, "at": 0.0, "kind": "log"}\n', "its first line is expected to say"),
        (b'{"format": "another log", "version": 1}\n', "is not a log of a playground"),
        (
            b'{"format": "websocket-playground log", "version": 2, "began": 1}\n',
            "it has version 2 of the format, and this playground reads up to 1; a newer playground reads it",
        ),
        (b'{"format": "websocket-playground log", "version": "x", "began": 1}\n', "'version' is expected to be"),
        (b'{"format": "websocket-playground log", "version": 1}\n', "'began' is expected to be"),
    ],
)
def test_what_is_no_log_is_refused(tmp_path, content, message):
    """With the file's name, and what was expected."""
    file = tmp_path / "thing.bin"
    file.write_bytes(content)
    with pytest.raises(NotALog) as refused:
        open_log(file)

    assert message in str(refused.value) and "thing.bin" in str(refused.value)
    assert isinstance(refused.value, PlaygroundError) and isinstance(refused.value, ValueError)


def test_a_file_that_is_not_there_is_an_oserror(tmp_path):
    """As of `open`."""
    with pytest.raises(FileNotFoundError):
        open_log(tmp_path / "missing.jsonl")


def test_a_run_of_a_newer_version_is_passed_over(tmp_path):
    """Until a run comes that can be read."""
    newer = {**header(1e9), "version": log_file.VERSION + 1}
    file = a_file(tmp_path, note(1, "one"), newer, note(1, "two"), header(2e9), note(1, "three"))
    with pytest.warns(UserWarning, match="2 lines of log.jsonl"):
        log = open_log(file)

    assert [(row.seq, row.data) for row in log.rows()] == [(1, "one"), (2, "three")]
    assert "belongs to a run whose first line cannot be read" in log.problems[1].message


def test_problems_are_bounded_and_counted(tmp_path, monkeypatch):
    """A file of nothing else fills no memory."""
    monkeypatch.setattr(opened, "PROBLEMS", 3)
    with pytest.warns(UserWarning, match="10 lines"):
        log = open_log(a_file(tmp_path, *["x"] * 10))

    assert (len(log.problems), log.damaged) == (3, 10)


def test_the_logs_limits_hold(tmp_path):
    """The oldest are dropped, and counted; whose connection they were is still known."""
    alice = {
        "connection": 1,
        "path": "/ws",
        "client": "alice",
        "state": "closed",
        "request": 1,
        "ending": {"raised": 2},
    }
    lines = [alice, note(1, kind="connect", connection=1), note(2, kind="error", connection=1, error="KeyError")]
    lines += [note(number, "y" * 100, connection=1) for number in range(3, 2000)]
    file = a_file(tmp_path, *lines)
    few, small = open_log(file, limit=10), open_log(file, limit_bytes=1500)

    assert (few.counts.total, few.counts.kept, few.counts.dropped) == (1999, 10, 1989)
    assert (small.counts.kept, small.rows()[-1].seq) == (10, 1999)
    [connection] = few.connections
    assert (connection.request.kind, connection.ending.raised.error) == ("connect", "KeyError")


@pytest.mark.parametrize("limit", [-1, 1.5, "many", True])
def test_a_limit_is_a_whole_number(tmp_path, limit):
    """Otherwise it is refused before the file is read."""
    with pytest.raises(ValueError, match="limit has to be a whole number"):
        open_log(tmp_path / "missing.jsonl", limit=limit)


def test_lines_may_come_in_any_order(tmp_path):
    """As an editor or `sort` leaves them; a later line for the same thing replaces the earlier."""
    alice = {"connection": 1, "path": "/ws", "client": "alice"}
    file = a_file(tmp_path, note(2, "b"), note(1, "old", connection=1), "", alice, note(1, "new", connection=1))
    log = open_log(file)

    assert [(row.seq, row.data, row.client) for row in log.rows()] == [(1, "new", "alice"), (2, "b", None)]
    assert log.find(2).data == "b"


def test_a_row_may_be_referred_to_before_it_comes(tmp_path):
    """What was written aside becomes a row when its own line comes."""
    alice = {"connection": 1, "path": "/ws", "state": "closed", "ending": {"raised": 1}}
    failed = note(1, kind="error", connection=1, error="KeyError")
    log = open_log(a_file(tmp_path, alice, {**failed, "aside": True}, failed))

    assert [row.error for row in log.rows()] == ["KeyError"]
    assert log.connections[0].ending.raised is log.rows()[0].record


def test_numbers_that_are_missing_count_as_dropped(tmp_path):
    """A part of a log says how much it is a part of; what is noted now comes after it."""
    log = open_log(a_file(tmp_path, note(10), note(500)))
    later = log.note("error", error="x")

    assert log.counts == (501, 3, 0, 498, 0)
    assert (later.seq, [record.seq for record in log.records(since=10)]) == (501, [500, 501])
    assert log.rows()[-1].record is later


def test_rows_of_two_logs_become_two_runs(tmp_path):
    """Their numbers are not mixed."""
    first, second = Log(), Log()
    first.note("log", data="a")
    second.note("log", data="b")
    first.began, second.began = 1e9, 2e9
    file = tmp_path / "both.jsonl"
    file.write_text(Rows([*second.rows(), *first.rows()]).to_jsonl(), "utf-8")

    assert [(row.seq, row.data) for row in open_log(file).rows()] == [(1, "a"), (2, "b")]


def test_a_connection_that_ended_while_it_was_written_has_its_last_line(tmp_path):
    """What a witness tells after the end is in the file too."""
    log = Log(limit=0)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero, log.began).start()
    alice = Connection(1, "/ws", "alice", own=True, state="closed")
    end = Record("end", log.zero + 1.0, alice)
    alice.ending.end_record = end
    log.append(end)
    log.trim()
    assert spill.flush()
    alice.ending.client_told, alice.ending.client_at = Close(4000, "late"), log.zero + 2.0
    end.client_at, end.client_code = alice.ending.client_at, 4000
    spill.close()

    [row] = open_log(tmp_path / "log.jsonl").rows()
    assert (row.saw, row.codes) == ("1-0", [4000])


@settings(max_examples=40)
@given(connections())
def test_whatever_a_file_says_can_be_shown(made):
    """Values of the right types that no server would record raise nowhere: a file is untrusted."""
    connection, records = made
    log = Log()
    for record in records:
        record.connection = connection
        record.at, record.seq = abs(record.at), 0
        log.append(record)
    with TemporaryDirectory() as folder:
        file = Path(folder, "log.jsonl")
        file.write_text(Rows(Row(record, 0.0, 1e9) for record in records).to_jsonl(), "utf-8")
        opened_log = open_log(file, limit_bytes=2**62)
    rows = opened_log.rows()

    assert opened_log.problems == []
    assert len(said_by(opened_log)[0]) == len(rows) == 3
    assert frozen_html(opened_log).count("<tr") == 1 + len(folded(row.record for row in rows))
    assert [bool(detail_of(opened_log, row)["fields"]) for row in rows] == [True] * 3
    assert all(json.dumps(row_of(opened_log, row.record)) for row in rows)
    assert opened_log.why(connection.id).connection == connection.id
    assert opened_log.rows("is:errors json.a=1 size>3").to_jsonl() is not None
