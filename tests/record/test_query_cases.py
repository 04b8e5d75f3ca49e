"""The cases of the filter language that Python and the browser share."""

import json
from pathlib import Path

import pytest
from websockets.frames import Frame, Opcode

from playground import QueryError
from playground.common.close_codes import Close
from playground.record.query import compile_query
from playground.record.records import Connection, Record
from playground.record.row import Row

CASES = json.loads((Path(__file__).parents[1] / "cases" / "filter.json").read_text("utf-8"))
BEGAN = CASES["rows"][0]["at"]
OPCODES = {"ping": Opcode.PING, "pong": Opcode.PONG, "close": Opcode.CLOSE, "disconnect": Opcode.CLOSE}


def record_of(row):
    """Return a record that the kernel would have sent as this row."""
    at = (row["at"] - BEGAN) / 1000
    kind, saw = row["kind"], row["saw"]
    connection = Connection(row["connection"], row["path"], row.get("client")) if "connection" in row else None
    record = Record(kind, at, connection)
    if connection is None:
        record.path = row.get("path")
    else:
        connection.own, connection.tapped = saw[0] != "-", saw[1] != "-"
    for name in ("seq", "code", "reason", "error", "version", "line", "hook", "cause"):
        if name in row:
            setattr(record, name, row[name])
    if "preview" in row:
        record.data = bytes.fromhex(row["preview"]) if row.get("opcode") == "binary" else row["preview"]
    if "output" in row:
        record.output = [("stdout", row["output"])]
    record.toward = row.get("direction")
    if saw[:1] == "1":
        record.client_at = at
    if saw[1:2] == "1":
        record.wire_at = at
        travels(record, kind, at, row)
    if saw[2:] == "1":
        record.handler_at = at
    if row.get("pushed"):
        record.playground_at = at
    if record.hook or "duration_ms" in row:
        # From zero, so that no digit is lost.
        record.began = 0.0
    if "duration_ms" in row and kind != "ping":
        record.ended = row["duration_ms"] / 1000
    if kind == "end":
        connection.ending.client_told = Close(row["code"]) if connection.own else None
        connection.ending.handler_told = Close(row["codes"][-1] if "codes" in row else row["code"])
        connection.ending.tcp = "closed"
        connection.ending.close_in, connection.ending.first_close = (
            (None, None) if "codes" in row else (Close(row["code"]), "in")
        )
    return record


def travels(record, kind, at, row):
    if kind in OPCODES:
        raw = Frame(OPCODES[kind], b"").serialize(mask=False)
        record.parts = ((at, raw, row.get("wire_size", len(raw))),)
        if kind == "ping":
            record.parts = ((0.0, *record.parts[0][1:]),)
            record.answer = (row["duration_ms"] / 1000, Frame(Opcode.PONG, b"").serialize(mask=False), 2)
    elif kind in ("receive", "send"):
        record.wire = Frame(Opcode.TEXT, b"x").serialize(mask=False)
        record.wire_size = row["wire_size"]


ROWS = [Row(record_of(row), 0.0) for row in CASES["rows"]]


@pytest.mark.parametrize("case", [case for case in CASES["queries"] if "seqs" in case], ids=lambda case: case["query"])
def test_a_filter_finds_the_same_rows_in_both_languages(case):
    """Rows are found by number, in their order."""
    holds = compile_query(case["query"]).row

    assert [row.seq for row in ROWS if holds(row)] == case["seqs"]


@pytest.mark.parametrize(
    "case", [case for case in CASES["queries"] if "column" in case], ids=lambda case: case["query"]
)
def test_a_mistake_is_at_the_same_column_in_both_languages(case):
    """Counted from 1."""
    with pytest.raises(QueryError) as caught:
        compile_query(case["query"])

    assert caught.value.column == case["column"]


@pytest.mark.parametrize("case", CASES["long"], ids=lambda case: case["name"])
def test_a_long_filter_runs_or_is_refused_in_both_languages(case):
    """Text that somebody pastes; the bounds are the same, and so is the place of the mistake."""
    text = case["before"] + case["repeat"] * case["times"] + case["after"]
    if "column" in case:
        with pytest.raises(QueryError) as caught:
            compile_query(text)

        assert caught.value.column == case["column"]
        assert len(str(caught.value)) < 30_000
    else:
        assert [row.seq for row in ROWS if compile_query(text).row(row)] == case["seqs"]


def test_there_are_cases_of_both_kinds():
    """So that an empty file does not pass."""
    assert sum("seqs" in case for case in CASES["queries"]) > 60
    assert sum("column" in case for case in CASES["queries"]) > 10
