"""A kind of row has one word, `row.kind`: in the list, the filter, the still picture and the exports."""

import csv
import io
import json

import pytest

from playground import Log
from playground.record.events import KINDS
from playground.record.records import Connection, Record
from playground.ui.rows import row_of
from playground.ui.words import HEADS, LOOKS, cells

ROWS = tuple(kind for kind in (*LOOKS, "on_connect", "ping", "pong", "frame") if kind != "gap")
"""Kinds that a row may have; a gap is none of the log's."""


@pytest.fixture(params=ROWS)
def rows(request):
    """A log of one row, of each kind in turn."""
    log = Log()
    alice = Connection(1, "/ws", "alice", own=True)
    record = Record(request.param, log.zero, None if request.param in ("start", "stop", "edit") else alice)
    record.toward = KINDS[request.param][1] or "in"
    record.data = "x" if request.param in ("receive", "send") else None
    log.append(record)
    return log.rows()


def test_what_the_list_and_the_still_picture_say_can_be_asked_for(rows):
    """The word of the column is the value of `kind:`, which finds the row."""
    log = Log()
    log.append(rows[0].record)

    word = cells(row_of(log, rows[0].record))[HEADS.index("kind")]

    assert word == rows[0].kind
    assert [row.kind for row in log.rows(f"kind:{word}")] == [word]


def test_csv_and_json_lines_have_the_same_word(rows):
    """In the column `kind`, or the field of that name."""
    [line] = csv.DictReader(io.StringIO(rows.to_csv()))
    kinds = [json.loads(line).get("kind") for line in rows.to_jsonl().splitlines()]

    assert line["kind"] == rows[0].kind
    assert rows[0].kind in kinds


def test_mermaid_has_the_same_word(rows):
    """At the beginning of its text; a diagram leaves out what belongs to no connection."""
    said = [line.partition(": ")[2].split(" ")[0] for line in rows.to_mermaid().splitlines() if ": " in line]

    assert said == ([] if rows[0].kind in ("start", "stop") else [rows[0].kind])


def test_messages_of_a_har_say_it_in_a_comment(rows):
    """The archive's own `type` takes the browser's point of view, where `send` is what the server receives."""
    entries = json.loads(rows.to_har())["log"]["entries"]
    said = [message["comment"] for entry in entries for message in entry.get("_webSocketMessages", [])]

    assert said == ([rows[0].kind] if rows[0].kind in ("receive", "send") else [])
