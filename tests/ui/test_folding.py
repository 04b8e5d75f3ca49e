"""Heartbeats in one line per client: the same in the panel and in the picture of a saved notebook."""

import json
from pathlib import Path

import pytest

from playground import Log
from playground.record.masking import Masking
from playground.record.records import Connection, Record
from playground.ui import frozen
from playground.ui.folding import folded
from playground.ui.words import cells

CASES = json.loads((Path(__file__).parents[1] / "cases" / "folding.json").read_text("utf-8"))["cases"]


def log_of(rows):
    """Return a log of (kind, client, milliseconds, error)."""
    log = Log()
    connections = {}
    for place, (kind, client, duration, error) in enumerate([*row, None, None][:4] for row in rows):
        connection = connections.setdefault(client, Connection(len(connections) + 1, "/ws", client))
        record = Record(kind, log.zero + place, connection)
        record.toward, record.error = "out", error
        if duration is not None:
            record.began, record.ended = record.at, record.at + duration / 1000
        log.append(record)
    return log


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_lines_are_those_of_the_panel(case):
    """`folding.test.ts` has the same cases."""
    log = log_of(case["rows"])

    lines = [cells(frozen._line(log, line, Masking())) for line in folded(log.records())]

    assert [" ".join(filter(None, (line[1], line[3], line[4]))) for line in lines] == case["lines"]


def test_a_fold_stands_where_its_first_heartbeat_was():
    """Rows that came in another order than they happened are sorted first."""
    log = log_of([["ping", "a", 1], ["send", "a"], ["ping", "a", 1]])
    last = log.records()[-1]
    last.at = log.records()[0].at - 1

    assert [[one.seq for one in line.records] for line in folded(log.records())] == [[3, 1], [2]]
