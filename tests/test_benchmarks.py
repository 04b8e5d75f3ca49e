"""The benchmarks run and print what they promise; how fast anything is, is never asserted."""

import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import ANY

import pytest

from playground.ui.doctor import find_chromium

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"

INTERVALS = ["5 ms", "1 ms", "0.5 ms", "0.2 ms", "0.05 ms"]

TRAFFIC = ["in memory"] * 3 + ["1 connection, 1 in flight"] * 2 + ["50 connections, 4 in flight"] * 2

QUESTIONS = [
    "log[-1]",
    "log[-20:]",
    "wait_for, among the newest",
    "find a row near the end",
    "last_message",
    "filter is:errors",
    "filter is:differ",
    "filter is:messages client:nobody",
    "rows is:messages (all of them)",
    "wait_for, in vain",
    "wait_for a reply to nobody, in vain",
    "wait_for_async in vain, longest turn",
    "log[0]",
    "len(log)",
]

CASES = [
    (
        ["start_stop.py", "--connections", "5"],
        [("uvicorn by hand",), ("Playground(app)",), ("Playground()",), ("uvicorn by hand",), ("Playground(app)",)],
        "ratio",
    ),
    (
        ["imports.py"],
        [("starlette, uvicorn, websockets",), ("playground",), ("playground.Playground",)],
        "ratio",
    ),
    (
        ["busy_cell.py", "--seconds", "0.005"],
        [("no traffic", interval) for interval in ("5 ms", "1 ms", "0.05 ms")]
        + [(traffic, interval) for traffic in ("100 per s", "flat out") for interval in INTERVALS],
        "cell slower",
    ),
    (
        ["recording.py", "--seconds", "0.05", "--loops", "asyncio", "--sizes", "32"],
        [("asyncio", "32 B", "bare uvicorn"), ("asyncio", "32 B", "playground")],
        "ratio",
    ),
    (
        ["questions.py", "--records", "2000"],
        [(name,) for name in ("plain scan", *QUESTIONS)],
        "ratio",
    ),
    (
        ["live.py", "--connections", "1", "5", "--messages", "50", "--edits", "20"],
        [(side, size) for size in ("1", "5") for side in ("uvicorn --reload", "playground")]
        + [(what, when) for when in ("before", "after 20 edits") for what in TRAFFIC]
        + [("2", ANY), ("20", ANY)],
        "ratio",
    ),
    pytest.param(
        ["panel.py", "--rates", "1000", "--seconds", "1", "--naive"],
        [("panel", "0"), ("panel", "1000"), ("types code", "0"), ("types code", "1000"), (ANY, "1000")],
        "fps",
        marks=pytest.mark.browser,
    ),
    pytest.param(
        ["key_trace.py", "--rates", "0", "1000", "--seconds", "1"],
        [("0",), ("1000",)],
        "longest",
        marks=pytest.mark.browser,
    ),
]

NAMES = [getattr(case, "values", case)[0][0] for case in CASES]


def run(*arguments: str) -> str:
    """What a benchmark prints, in one round."""
    command = [sys.executable, str(BENCHMARKS / arguments[0]), *arguments[1:], "--rounds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def read_tables(printed: str) -> list[dict[str, str]]:
    """The rows of all tables, each by the heads of its columns."""
    rows = []
    for block in printed.split("\n\n"):
        if block.startswith("|"):
            heads, _, *lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
            rows += [dict(zip(heads, line, strict=True)) for line in lines]
    return rows


@pytest.mark.slow
@pytest.mark.parametrize(("command", "names", "ratio"), CASES, ids=NAMES)
def test_a_benchmark_prints_a_ratio_for_each_of_its_rows(command, names, ratio):
    """One round end to end: every row is there, in order, and its ratio is a positive number."""
    if command[0] in ("panel.py", "key_trace.py") and find_chromium() is None and not os.environ.get("CI"):
        pytest.skip("no Chromium found")
    rows = read_tables(run(*command))

    assert [tuple(row.values())[: len(names[0])] for row in rows] == names
    assert all(float(row[ratio]) > 0 for row in rows)


def test_every_benchmark_is_tested_and_explained():
    """A new benchmark gets its row here and its section in the README; structure.py measures no time and has its own test."""
    found = {path.name for path in BENCHMARKS.glob("*.py")} - {"measure.py"}
    readme = (BENCHMARKS / "README.md").read_text(encoding="utf-8")

    assert found == {*NAMES, "structure.py"}
    assert all(f"python benchmarks/{name}" in readme for name in found)
