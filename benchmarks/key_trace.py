"""
What a key in the editor costs the page while messages pour in: a trace of its main thread.

    python benchmarks/key_trace.py

`panel.py` measures how long a person waits, which on a busy machine is mostly waiting for a core. Here Chromium's trace
tells for each task how much CPU it took and how long it lasted. A key waits for the task before it, its own, and the
next one that draws: their sum is what remains of the waiting when there is a core to be had.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import panel
from measure import parser, print_table

from playground.ui.doctor import find_chromium

CATEGORIES = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline", "__metadata"]
SHORT = 0.5
"""Milliseconds of CPU below which a task is not counted: there are thousands that do nothing."""
DRAWS = 1.5
"""Milliseconds of CPU from which the task after a key's is taken for the one that draws."""


@dataclass(frozen=True)
class Task:
    """One task of the page's main thread; in milliseconds."""

    began: float
    lasted: float
    cpu: float


@dataclass(frozen=True)
class Trace:
    """What a burst looks like from the main thread."""

    keys: list[float]
    """CPU of the tasks that each key waits for."""
    tasks: list[Task]
    waited: list[float]
    """Milliseconds from each key to the frame that shows it, as `panel.py` measures them."""


def read_trace(events: list[dict[str, Any]], waited: list[float]) -> Trace:
    """Return the tasks of the busiest page, and what its keys waited for."""
    main = {
        (one["pid"], one["tid"])
        for one in events
        if one.get("name") == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    whole = [one for one in events if one.get("ph") == "X" and (one["pid"], one["tid"]) in main]
    runs = [one for one in whole if one["name"].endswith("RunTask") and "tdur" in one]
    cpu: Counter[int] = Counter()
    for one in runs:
        cpu[one["pid"]] += one["tdur"]
    busiest = cpu.most_common(1)[0][0] if cpu else None
    tasks = [
        Task(one["ts"] / 1000, one["dur"] / 1000, one["tdur"] / 1000)
        for one in sorted(runs, key=lambda one: one["ts"])
        if one["pid"] == busiest
    ]
    pressed = [
        one["ts"] / 1000
        for one in whole
        if one["pid"] == busiest and one["name"] == "EventDispatch" and one["args"]["data"]["type"] == "keydown"
    ]
    return Trace(list(costs(tasks, sorted(pressed))), [one for one in tasks if one.cpu > SHORT], waited)


def costs(tasks: list[Task], pressed: list[float]) -> Iterable[float]:
    """Yield for each key the CPU of the task before its own, of its own, and of the next that draws."""
    at = 0
    for moment in pressed:
        while at < len(tasks) and tasks[at].began + tasks[at].lasted < moment:
            at += 1
        if at == len(tasks):
            return
        drawing = next((one.cpu for one in tasks[at + 1 :] if one.cpu > DRAWS), 0.0)
        yield (tasks[at - 1].cpu if at else 0.0) + tasks[at].cpu + drawing


def measure(given: argparse.Namespace) -> dict[int, list[Trace]]:
    """Return the traces for each rate."""
    from playwright.sync_api import sync_playwright

    traces: dict[int, list[Trace]] = {rate: [] for rate in given.rates}
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
        panel.Lab(Path(home)) as lab,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=panel.CHROMIUM_FLAGS)
        page = panel.Notebook(lab, browser, "panel")
        # The panel's rows are full from here on.
        page.burst(max(given.rates), given.seconds)
        for _ in range(given.rounds):
            for rate, taken in traces.items():
                file = Path(home) / "trace.json"
                browser.start_tracing(page=page.page, path=file, categories=CATEGORIES)
                sample = page.burst(rate, given.seconds, page.type_code())
                browser.stop_tracing()
                taken.append(read_trace(json.loads(file.read_text())["traceEvents"], sample.keys))
        page.close()
        browser.close()
    return traces


def row(rate: int, traces: list[Trace]) -> list[str]:
    """Return the row of one rate."""
    keys, waited = [one.keys for one in traces], [one.waited for one in traces]
    cpu = [[task.cpu for task in one.tasks] for one in traces]
    lasted = [[task.lasted for task in one.tasks] for one in traces]
    numbers = [panel.percentile(50, waited), panel.percentile(99, waited)]
    numbers += [panel.percentile(50, keys), panel.percentile(99, keys)]
    numbers += [panel.percentile(99, cpu), median(max(one, default=0.0) for one in cpu), panel.percentile(99, lasted)]
    return [str(rate), str(sum(map(len, waited))), *(f"{number:.1f}" for number in numbers)]


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, rounds=3)
    options.add_argument("--seconds", type=float, default=5.0, help="of each burst (%(default)s)")
    options.add_argument("--rates", nargs="+", type=int, default=[0, 10_000], help="messages per second")
    given = options.parse_args()
    heads = ["events per s", "keys", "key p50 ms", "key p99 ms", "key's CPU p50", "key's CPU p99"]
    heads += ["task's CPU p99", "longest", "task p99 ms"]
    print_table("A key in the editor", heads, [row(rate, taken) for rate, taken in measure(given).items()])


if __name__ == "__main__":
    main()
