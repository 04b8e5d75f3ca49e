"""Numbers as people read them, the same in Python and in the panel."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from playground.common.numbers import clock_text, duration_text, size_text, wall_clock

CASES = json.loads((Path(__file__).parents[1] / "cases" / "numbers.json").read_text("utf-8"))


@pytest.mark.parametrize(("size", "text"), CASES["sizes"])
def test_sizes(size, text):
    """In steps of a thousand; `format.test.ts` has the same cases."""
    assert size_text(size) == text


@pytest.mark.parametrize(("ms", "text"), CASES["durations"])
def test_durations(ms, text):
    """In the unit that leaves two or three digits; `format.test.ts` has the same cases."""
    assert duration_text(ms / 1000) == text


def test_moments_have_the_local_zone():
    """The same moment, whatever the zone; to the millisecond as text."""
    at = 1_800_000_000.1239
    when = wall_clock(at)

    assert when.utcoffset() is not None
    assert when.astimezone(UTC) == datetime.fromtimestamp(at, UTC)
    assert clock_text(at) == when.strftime("%H:%M:%S.") + "123"
