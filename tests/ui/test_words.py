"""How a row reads: the same in the panel and in the picture of a saved notebook."""

import json
from pathlib import Path

import pytest

from playground.record.events import KINDS
from playground.ui.words import HEADS, LOOKS, cells, data_of, dots_of, form_of, look_of

CASES = json.loads((Path(__file__).parents[1] / "cases" / "rows.json").read_text("utf-8"))["rows"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['row']['kind']} {case['data']}")
def test_rows_read_as_in_the_panel(case):
    """`rowtext.test.ts` has the same cases."""
    row = case["row"]

    assert (*look_of(row), data_of(row), dots_of(row)) == (case["glyph"], case["word"], case["data"], case["marks"])
    assert form_of(row) == case.get("form", form_of(row))


def test_a_row_has_a_text_for_each_column():
    """What it lacks is empty; a hook that runs says so."""
    row = {
        "kind": "receive",
        "at": 0.0,
        "connection": 3,
        "direction": "in",
        "size": 1000,
        "running": True,
        "version": 2,
    }

    assert len(cells(row)) == len(HEADS)
    assert cells(row)[1:] == ("#3", "→", "receive", "", "1.0 kB", "running…", "v2", "")
    assert cells({"kind": "edit", "at": 0.0, "path": "/ws", "version": 2, "duration_ms": 1.0})[6:] == ("1.0 ms", "", "")


def test_each_kind_with_a_look_is_one():
    """Besides the panel's own, for rows that it skipped."""
    assert set(LOOKS) - set(KINDS) == {"gap"}
