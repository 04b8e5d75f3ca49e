"""What no longer fits goes to a file, and nothing is lost on the way."""

import json

import pytest

from playground import Log, Playground, open_log
from playground.record.records import Connection
from playground.record.spill import SpillFile


def test_kept_spilled_and_dropped_add_up(tmp_path):
    """The newest are in memory, the rest in the file, in order."""
    log = Log(limit=100)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero)
    for number in range(1000):
        log.note("receive", data=f"message {number}")
    log.trim()
    assert spill.flush()

    counts = log.counts
    first, *lines = map(json.loads, (tmp_path / "log.jsonl").read_text("utf-8").splitlines())
    assert counts == (1000, 100, 900, 0, 0)
    assert (first["format"], first["began"]) == ("websocket-playground log", pytest.approx(log.began, abs=60))
    assert [line["data"] for line in lines] == [f"message {number}" for number in range(900)]
    assert [row.data for row in log.rows()][0] == "message 900"
    spill.close()


def test_bytes_and_surrogates_survive_the_file(tmp_path):
    """Bytes as base64; a lone surrogate as JSON escapes it."""
    log = Log(limit=0)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero)
    log.note("send", data=b"\x00\xff")
    log.note("send", data="\ud800")
    log.trim()
    spill.close()

    _, first, second = map(json.loads, (tmp_path / "log.jsonl").read_text("utf-8").splitlines())
    assert (first.get("data"), first["data_base64"]) == (None, "AP8=")
    assert second["data"] == "\ud800"


def test_a_file_that_cannot_be_written_drops_and_counts(tmp_path, monkeypatch):
    """A full disk costs the oldest, as without a file, and the numbers still add up."""
    log = Log(limit=10)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero)

    def full(lines):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("playground.record.spill.json_line", lambda line: full(line))
    for number in range(50):
        log.note("log", data=str(number))
    log.trim()
    assert spill.flush()
    log.note("log")

    counts = log.counts
    assert (counts.total, counts.kept, counts.spilled, counts.dropped) == (51, 10, 0, 41)
    assert "No space left" in str(spill.failure)
    spill.close()


def test_more_than_may_wait_is_dropped(tmp_path, monkeypatch):
    """Recording never waits for a disk."""
    monkeypatch.setattr("playground.record.spill.LIMIT", 0)
    log = Log(limit=1)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero)
    for _ in range(5):
        log.note("log")

    assert log.counts == (5, 1, 0, 4, 0)
    spill.close()


def test_a_playground_spills(tmp_path):
    """By a setting, and the file is complete when it has stopped."""
    file = tmp_path / "trace.jsonl"
    with Playground(log_limit=5, spill=file) as pg:
        with pg.connect("/ws") as client:
            for number in range(20):
                client.send(str(number))
                client.receive()
        pg.log.wait_for("end")
        pg.restart()
        with pytest.raises(ValueError, match="spills to .*trace.jsonl already"):
            pg.restart(spill=tmp_path / "other.jsonl")
        assert pg.running

    counts = pg.log.counts
    assert counts.total == counts.kept + counts.spilled
    lines = map(json.loads, file.read_text("utf-8").splitlines())
    assert counts.spilled == len({line["seq"] for line in lines if "kind" in line and "aside" not in line}) > 30


def test_a_path_that_cannot_be_written_says_so_at_once(tmp_path):
    """In the cell that asked."""
    with pytest.raises(FileNotFoundError):
        Playground(spill=tmp_path / "missing" / "log.jsonl")


def test_what_is_completed_later_gets_a_later_line(tmp_path):
    """Here a request that is answered after it was written."""
    log = Log(limit=0)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero)
    request = log.note("request", data="GET /", path="/")
    log.trim()
    assert spill.flush()
    request.ended, request.code = request.at + 0.5, 200
    spill.close()

    _, early, late = map(json.loads, (tmp_path / "log.jsonl").read_text("utf-8").splitlines())
    assert ("ended" in early, late["seq"], late["code"]) == (False, early["seq"], 200)
    assert [(row.duration, row.code) for row in open_log(tmp_path / "log.jsonl").rows()] == [(0.5, 200)]


def test_an_open_connection_is_written_again_at_the_end(tmp_path):
    """With the counts it has by then."""
    log = Log(limit=0)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero)
    alice = Connection(1, "/ws", "alice")
    log.note("receive", connection=alice, data="hi")
    log.trim()
    assert spill.flush()
    alice.state, alice.received = "open", 1
    spill.close()

    [opened] = open_log(tmp_path / "log.jsonl").connections
    assert (opened.client, opened.state, opened.received) == ("alice", "open", 1)


def test_a_value_that_cannot_be_written_costs_only_itself(tmp_path):
    """The row is there, the rows after it too, and the file tells what is missing."""

    class Hopeless:
        def __repr__(self):
            raise RuntimeError

    log = Log(limit=0)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero)
    record = log.note("close")
    record.reason, record.code, record.error = ValueError("x"), 10**5000, Hopeless()
    log.note("log", data="after")
    log.trim()
    spill.close()

    with pytest.warns(UserWarning, match="could not be written"):
        opened = open_log(tmp_path / "log.jsonl")
    assert [(row.kind, row.data) for row in opened.rows()] == [("close", None), ("log", "after")]
    assert "ValueError('x')" in str(opened.problems[0]) and "Hopeless" in str(opened.problems[0])
    assert log.counts == (2, 0, 2, 0, 0)


def test_whatever_goes_wrong_with_one_record_the_others_are_written(tmp_path, monkeypatch):
    """The thread goes on, and the file says that something is missing."""
    log = Log(limit=0)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero)
    monkeypatch.setattr("playground.record.log_file.may_be_referred", lambda record: record.nothing)
    for data in ("one", "two"):
        log.note("receive", data=data, connection=Connection(1, "/ws"))
    log.note("log", data="three")
    log.trim()
    spill.close()

    with pytest.warns(UserWarning, match="AttributeError"):
        opened = open_log(tmp_path / "log.jsonl")
    assert [row.data for row in opened.rows()] == ["three"]
    assert opened.damaged == 2


def test_a_second_run_begins_on_a_line_of_its_own(tmp_path):
    """Also when the first was cut off in the middle of a line."""
    file = tmp_path / "log.jsonl"
    for data in ("first", "second"):
        log = Log(limit=0)
        log.spill = spill = SpillFile(file, log.zero)
        log.note("log", data=data)
        log.trim()
        spill.close()
        with file.open("a") as cut:
            cut.write('{"seq": 2, "at"')

    with pytest.warns(UserWarning, match="2 lines of log.jsonl"):
        opened = open_log(file)
    assert [(row.seq, row.data) for row in opened.rows()] == [(1, "first"), (2, "second")]
    assert [problem.line for problem in opened.problems] == [3, 6]
