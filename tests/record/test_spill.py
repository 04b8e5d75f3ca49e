"""What no longer fits goes to a file, and nothing is lost on the way."""

import json

import pytest

from playground import Log, Playground
from playground.record.spill import SpillFile


def test_kept_spilled_and_dropped_add_up(tmp_path):
    """The newest are in memory, the rest in the file, in order."""
    log = Log(limit=100)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero)
    for number in range(1000):
        log.note("receive", data=f"message {number}")
    log.settle()
    assert spill.flush()

    counts = log.counts
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert counts == (1000, 100, 900, 0, 0)
    assert [json.loads(line)["data"] for line in lines] == [f"message {number}" for number in range(900)]
    assert [row.data for row in log.rows()][0] == "message 900"
    spill.close()


def test_bytes_and_surrogates_survive_the_file(tmp_path):
    """Bytes as base64; a lone surrogate as JSON escapes it."""
    log = Log(limit=0)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero)
    log.note("send", data=b"\x00\xff")
    log.note("send", data="\ud800")
    log.settle()
    spill.close()

    first, second = map(json.loads, (tmp_path / "log.jsonl").read_text().splitlines())
    assert (first["data"], first["data_base64"]) == (None, "AP8=")
    assert second["data"] == "\ud800"


def test_a_file_that_cannot_be_written_drops_and_counts(tmp_path, monkeypatch):
    """A full disk costs the oldest, as without a file, and the numbers still add up."""
    log = Log(limit=10)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero)

    def full(lines):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("playground.record.spill.json_line", lambda row: full(row))
    for number in range(50):
        log.note("log", data=str(number))
    log.settle()
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
    assert counts.spilled == len(file.read_text().splitlines()) > 30


def test_a_path_that_cannot_be_written_says_so_at_once(tmp_path):
    """In the cell that asked."""
    with pytest.raises(FileNotFoundError):
        Playground(spill=tmp_path / "missing" / "log.jsonl")
