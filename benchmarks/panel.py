"""
The panel while messages pour in: frames, staleness and typing, in a real JupyterLab in a real Chromium.

    python benchmarks/panel.py

A notebook's cell shows the panel. Then the server's loop records so many messages a second as its endpoints do, each
with what client, wire and handler saw of it, while the page counts its frames, looks at the newest row after each of
them, and a person types. The same messages go through the two ways that ipywidgets' documentation suggests first.

Needs `playwright`, JupyterLab and a Chromium; looks at the page, so nothing else should run in it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import math
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from measure import echo_app, parser, print_table, take_turns, verdict
from starlette.applications import Starlette

from playground import Playground
from playground.record.records import Received, Record, Sent
from playground.ui.doctor import find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FRAMES = 58
"""Frames per second that count as all of them; the page has 60 when nothing happens."""
TYPING = 50
"""Milliseconds from a key in the editor to the frame that shows it, at the 99th percentile."""
FILTERING = 30
"""Milliseconds that the page works on a key in the filter, over 50,000 rows."""
TARGET_RATE = 10_000
"""Messages per second up to which the targets hold."""

NAIVE = ("Output.append_stdout", "HTML.value")
KEPT_LINES = 1000
"""Lines of the naive HTML."""
PATIENCE = 10.0
"""Seconds that a page gets to show the last message after a burst; then it counts as never shown."""

QUERIES = ("hello", "kind:send", "-/n.: 1/", "client:alice json.type=chat")
"""What is typed into the filter, key by key; all but the first keys of a term give a filter of another kind."""


# In the kernel


class Load:
    """In the kernel: messages, at a pace, and where they are shown."""

    def __init__(self, side: str) -> None:
        loop: asyncio.AbstractEventLoop
        started = threading.Event()

        @contextlib.asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncIterator[None]:
            nonlocal loop
            loop = asyncio.get_running_loop()
            started.set()
            yield

        self.pg = Playground(Starlette(routes=echo_app().routes, lifespan=lifespan)).start()
        started.wait()
        self.loop = loop
        self.client = self.pg.connect("/echo", name="alice")
        self.connection = self.pg.connections[0]
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        self.shown: Any = self.pg
        self.take = self.record
        if side != "panel":
            self.show_naively(side)

    def show_naively(self, side: str) -> None:
        import ipywidgets

        layout = ipywidgets.Layout(height="400px", overflow="auto")
        if side == "HTML.value":
            self.shown = ipywidgets.HTML(layout=layout)
            self.take = self.write
        else:
            self.shown = ipywidgets.Output(layout=layout)
            self.take = lambda number, text: self.shown.append_stdout(text + "\n")

    def record(self, number: int, text: str) -> None:
        """Record a message as all its witnesses would."""
        now = time.perf_counter()
        record: Record
        if number % 2:
            record = Sent()
            record.cause, record.line = record.seq - 1, 8
        else:
            record = Received()
            record.hook, record.began, record.ended = "on_receive", now, now + 0.0001
        record.connection, record.data, record.version = self.connection, text, 1
        record.at = record.client_at = record.wire_at = record.handler_at = now
        record.wire, record.wire_size = text.encode(), len(text) + 6
        self.pg.log.append(record)

    def write(self, number: int, text: str) -> None:
        self.lines.append(f"<div>{text}</div>")
        self.shown.value = "".join(self.lines)

    def run(self, name: str, rate: int, seconds: float) -> None:
        """Begin to send on the server's loop; the file of that name tells how it went."""
        asyncio.run_coroutine_threadsafe(self.burst(Path(name), rate, seconds), self.loop)

    async def burst(self, file: Path, rate: int, seconds: float) -> None:
        began, process, own = time.time(), time.process_time(), time.thread_time()
        start = time.perf_counter()
        done, last, first = 0, 0.0, self.pg.log.total + 1
        while (passed := time.perf_counter() - start) < seconds:
            # A side that is too slow for the rate holds the loop up, but not for ever.
            while done < passed * rate and time.perf_counter() - start < seconds:
                last = round(1000 * time.time(), 1)
                self.take(done, json.dumps({"type": "chat", "n": done, "t": last, "say": "hello there"}))
                done += 1
            await asyncio.sleep(0.002)
        took = time.perf_counter() - start
        told = {"began": 1000 * began, "ended": 1000 * time.time(), "emitted": done, "last": last}
        told["first"] = first
        told["cpu"] = (time.process_time() - process) / took
        told["own"] = (time.thread_time() - own) / took
        part = file.with_suffix(".part")
        part.write_text(json.dumps(told))
        part.replace(file)


# In the page

WATCH = """
class Watch {
    frames = []; tasks = []; keys = []; works = [];
    constructor(newest) {
        this.newest = newest;
        this.observer = new PerformanceObserver(list => {
            for (const { startTime, duration } of list.getEntries())
                this.tasks.push([performance.timeOrigin + startTime, duration]);
        });
        this.observer.observe({ type: "longtask" });
        // What a frame's callbacks post runs when the frame is painted.
        const painted = new MessageChannel();
        painted.port1.onmessage = () => {
            this.t = this.newest();
            this.frames.push([Date.now(), this.t]);
            for (const pressed of this.pressed.splice(0)) this.keys.push(performance.now() - pressed);
        };
        const frame = () => {
            this.next = requestAnimationFrame(frame);
            painted.port2.postMessage(null);
        };
        this.next = requestAnimationFrame(frame);
        this.pressed = [];
        addEventListener("keydown", this.down = event => this.pressed.push(event.timeStamp), true);
        // The filter works in the listeners of this event.
        addEventListener("input", this.before = () => { this.began = performance.now(); }, true);
        const worked = ({ target }) => this.works.push([target.value ?? "", performance.now() - this.began]);
        addEventListener("input", this.after = worked);
    }
    stop() {
        this.observer.disconnect();
        cancelAnimationFrame(this.next);
        removeEventListener("keydown", this.down, true);
        removeEventListener("input", this.before, true);
        removeEventListener("input", this.after);
        const { frames, tasks, keys, works } = this;
        return { frames, tasks, keys, works };
    }
}
const read = text => {
    const begin = text.lastIndexOf('"t": ');
    return begin < 0 ? 0 : parseFloat(text.slice(begin + 5));
};
window.newestOf = {
    panel() {
        let newest = null;
        // A message carries its time; a line of the server's log may be newer.
        for (const row of document.getElementsByClassName("wp-row"))
            if (!row.hidden && row.dataset.kind in { receive: 0, send: 0 })
                if (!(+row.dataset.seq <= +newest?.dataset.seq)) newest = row;
        return read(newest?.textContent ?? "");
    },
    "Output.append_stdout"() {
        const outputs = document.querySelectorAll(".widget-output pre");
        return read((outputs[outputs.length - 1]?.textContent ?? "").slice(-300));
    },
    "HTML.value"() {
        return read(document.querySelector(".widget-html-content")?.lastElementChild?.textContent ?? "");
    },
};
window.Watch = Watch;
"""


@dataclass
class Sample:
    """What one burst looked like from the page and from the kernel."""

    first: int
    """The number of the first row it made."""
    emitted: int
    seconds: float
    fps: float
    tasks: list[float]
    """Milliseconds of each long task."""
    ages: list[float]
    """Milliseconds since the newest message in sight was sent, for each frame."""
    behind: float
    """Seconds until the last message was in sight, after it was sent; infinite for never."""
    cpu: float
    """Of one core, for everything in the kernel's process."""
    own: float
    """Of one core, for recording."""
    chromium: float
    """Of one core, for all of the browser."""
    keys: list[float] = field(default_factory=list)
    """Milliseconds from each key to the frame that shows what it did."""
    works: list[tuple[str, float]] = field(default_factory=list)
    """What stood in the filter after each key in it, and the milliseconds that the page worked on it."""
    rows: int = 0
    """Rows that the panel has, at the end."""
    left_out: float = 0.0
    """Part of the burst that it says it left out, as far as its rows go back."""
    unsaid: int = 0
    """Events between its first and its last row that it says nothing about."""


class Notebook:
    """A page with one side's widget in it, and the kernel behind it."""

    def __init__(self, lab: Lab, browser: Browser, side: str) -> None:
        self.side = side
        self.folder = lab.folder
        self.bursts = 0
        name = f"{side}-{time.monotonic_ns()}"
        (lab.folder / f"{name}.ipynb").write_text(
            json.dumps(notebook(f"import panel\nload = panel.Load({side!r})\nload.shown"))
        )
        self.devtools = browser.new_browser_cdp_session()
        self.page = browser.new_context(viewport={"width": 1500, "height": 1100}).new_page()
        self.page.set_default_timeout(60_000)
        self.page.add_init_script(WATCH)
        self.page.goto(f"{lab.url}/lab/tree/{name}.ipynb?reset")
        self.page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
        )
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell').then(() => {})")
        if side == "panel":
            self.panel = self.page.get_by_test_id("playground").first
            self.editor = self.panel.get_by_test_id("editor").locator(".cm-content")
            self.editor.wait_for()
            self.panel.get_by_test_id("row").first.wait_for()
        else:
            self.page.wait_for_selector(".widget-output, .widget-html", state="attached")

    def execute(self, code: str) -> None:
        """Run code as a cell does, but leave the cells, and where the keyboard is, alone."""
        status = self.page.evaluate(
            """async code => {
                const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
                return (await kernel.requestExecute({ code }).done).content;
            }""",
            code,
        )
        if status["status"] != "ok":
            raise RuntimeError(f"{code} failed: {status}")

    def burst(self, rate: int, seconds: float, keys: Iterator[str] | None = None) -> Sample:
        """Return how a burst went; meanwhile `keys` are pressed, each when the one before it has been shown."""
        self.bursts += 1
        file = self.folder / f"{self.side}-{self.bursts}.json"
        file.unlink(missing_ok=True)
        self.page.evaluate("side => { window.watch = new Watch(newestOf[side]); }", self.side)
        began, chromium = time.monotonic(), self.chromium_seconds()
        self.execute(f"load.run({str(file)!r}, {rate}, {seconds})")
        while not file.exists():
            if keys:
                self.page.keyboard.press(next(keys))
            self.page.wait_for_timeout(50)
        if keys:
            # Gives up a filter, under which the last message may not be seen.
            self.page.keyboard.press("Escape")
        told = json.loads(file.read_text())
        from playwright.sync_api import TimeoutError as NeverShown

        with contextlib.suppress(NeverShown):
            self.page.wait_for_function("t => watch.t >= t", arg=told["last"], timeout=1000 * PATIENCE)
        chromium = (self.chromium_seconds() - chromium) / (time.monotonic() - began)
        return self.sum_up(told, self.page.evaluate("() => watch.stop()"), chromium)

    def chromium_seconds(self) -> float:
        """Return the CPU time of the browser's processes; those that have ended count no more."""
        return sum(one["cpuTime"] for one in self.devtools.send("SystemInfo.getProcessInfo")["processInfo"])

    def sum_up(self, told: dict[str, float], seen: dict[str, Any], chromium: float) -> Sample:
        shown_at = (
            next((at for at, t in seen["frames"] if t >= told["last"]), math.inf) if told["last"] else told["ended"]
        )
        end = min(shown_at, seen["frames"][-1][0])
        frames = [one for one in seen["frames"] if told["began"] <= one[0] <= end]
        return Sample(
            first=int(told["first"]),
            emitted=int(told["emitted"]),
            seconds=(told["ended"] - told["began"]) / 1000,
            fps=1000 * len(frames) / (end - told["began"]),
            tasks=[took for at, took in seen["tasks"] if told["began"] - took <= at <= end],
            ages=[at - t for at, t in frames if t >= told["began"] - 1],
            behind=(shown_at - told["ended"]) / 1000,
            cpu=told["cpu"],
            own=told["own"],
            chromium=chromium,
            keys=seen["keys"],
            works=seen["works"],
        )

    def type_code(self) -> Iterator[str]:
        """Put the cursor at the end of the code and return keys to press there."""
        self.editor.click()
        for key in ("Control+End", "Enter", "#", "Space"):
            self.page.keyboard.press(key)
        return itertools.cycle(["Space" if char == " " else char for char in "what a person writes into a comment "])

    def type_filters(self) -> Iterator[str]:
        """Put the cursor into the filter and return keys to press there."""
        self.panel.get_by_test_id("filter").click()
        keys = [[*("Space" if char == " " else char for char in query), "Escape"] for query in QUERIES]
        return itertools.cycle(itertools.chain(*keys))

    def account(self, sample: Sample) -> Sample:
        """Return the sample with what the panel says about its rows, read as a person would."""
        first, last, count, gaps = self.page.evaluate(ACCOUNT)
        sample.rows = count - len(gaps)
        sample.unsaid = last - first + 1 - sample.rows - sum(skipped for _, skipped in gaps)
        # Of this burst; older rows may still be there, and the first of a long burst may not.
        span = last - max(first, sample.first) + 1
        sample.left_out = sum(skipped for seq, skipped in gaps if seq > sample.first) / span if span > 0 else 0.0
        return sample

    def close(self) -> None:
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        self.page.context.close()


# Scrolls through what no filter hides: the gaps. A gap before the first row has no beginning, so it does not count.
ACCOUNT = """async () => {
    const panel = document.querySelector('[data-testid="playground"]');
    const grid = panel.querySelector('[data-testid="timeline"]');
    const filter = panel.querySelector('[data-testid="filter"]');
    const frame = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const write = async text => {
        filter.value = text;
        filter.dispatchEvent(new Event("input", { bubbles: true }));
        await frame();
    };
    const all = () => [...panel.querySelectorAll('[data-testid="row"]:not([hidden])')];
    const rows = () => all().sort((a, b) => a.dataset.seq - b.dataset.seq);
    const to = async top => { grid.scrollTop = top; await frame(); };
    await to(0);
    let first = rows()[0], before = 1;
    if (first.dataset.kind === "gap") { first = rows()[1]; before++; }
    first = +first.dataset.seq;
    await to(grid.scrollHeight);
    // Both of one drawing: what came last may be drawn a little later.
    const last = +rows().at(-1).dataset.seq, count = grid.getAttribute("aria-rowcount") - before;
    await write("client:nobody-has-this-name");
    const gaps = new Map();
    for (let top = 0; ; top += grid.clientHeight / 2) {
        await to(top);
        for (const row of rows()) if (row.dataset.kind === "gap" && +row.dataset.seq > first)
            gaps.set(+row.dataset.seq, parseInt(row.querySelector(".wp-main").textContent.replaceAll(",", "")));
        if (top + grid.clientHeight >= grid.scrollHeight) break;
    }
    await write("");
    await to(grid.scrollHeight);
    return [first, last, count, [...gaps]];
}"""


def notebook(source: str) -> dict[str, Any]:
    """Return a notebook with a cell of that source, and an empty one."""
    cells = [
        {"cell_type": "code", "id": f"cell-{i}", "metadata": {}, "outputs": [], "execution_count": None, "source": text}
        for i, text in enumerate([source, ""])
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


# Around them

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
]


class Lab:
    """A JupyterLab server and the folder it shows."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "notebooks"
        settings = home / "c" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
        for folder in (self.folder, settings):
            folder.mkdir(parents=True)
        (settings / "notification.jupyterlab-settings").write_text(json.dumps({"fetchNews": "false"}))
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        here = Path(__file__).resolve().parent
        env = {**os.environ, "HOME": str(home), "PYTHONPATH": os.pathsep.join([str(here.parent), str(here)])}
        env |= {f"JUPYTER_{name}_DIR": str(home / name[0].lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
        command += ["--port-retries=0", "--IdentityProvider.token=", "--expose-app-in-browser"]
        command.append(f"--ServerApp.root_dir={self.folder}")
        with (home / "lab.log").open("wb") as log:
            self.process = subprocess.Popen(command, env=env, cwd=self.folder, stdout=log, stderr=log)

    def wait_until_up(self) -> None:
        for _ in range(1200):
            with contextlib.suppress(urllib.error.URLError, OSError):
                urllib.request.urlopen(f"{self.url}/api", timeout=2).close()
                return
            time.sleep(0.1)
        raise RuntimeError("JupyterLab did not start within two minutes")

    def __enter__(self) -> Lab:
        self.wait_until_up()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(60)


@dataclass
class Notebooks:
    """The pages of all sides: the panel's is kept, the others begin anew each time, without a backlog."""

    lab: Lab
    browser: Browser
    seconds: float

    def __post_init__(self) -> None:
        self.panel = Notebook(self.lab, self.browser, "panel")

    def show(self, rate: int) -> Sample:
        return self.panel.account(self.panel.burst(rate, self.seconds))

    def type_code(self, rate: int) -> Sample:
        return self.panel.burst(rate, self.seconds, self.panel.type_code())

    def type_filters(self, rate: int) -> Sample:
        return self.panel.account(self.panel.burst(rate, self.seconds, self.panel.type_filters()))

    def show_naively(self, side: str, rate: int) -> Sample:
        with contextlib.closing(Notebook(self.lab, self.browser, side)) as notebook:
            return notebook.burst(rate, min(self.seconds, 2.0))


Case = tuple[str, int]
"""What is done, and messages per second."""

TYPES, FILTERS = "types code", "filters"


def measure(given: argparse.Namespace) -> dict[Case, list[Sample]]:
    """Return the samples of all cases."""
    from playwright.sync_api import sync_playwright

    calm = min(TARGET_RATE, max(given.rates))
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
        Lab(Path(home)) as lab,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        pages = Notebooks(lab, browser, given.seconds)
        cases: dict[Case, Callable[[], Sample]] = {}
        for rate in (0, *given.rates):
            cases["panel", rate] = lambda rate=rate: pages.show(rate)
        for side in given.naive:
            cases[side, min(given.rates)] = lambda side=side: pages.show_naively(side, min(given.rates))
        for rate in (0, calm):
            cases[TYPES, rate] = lambda rate=rate: pages.type_code(rate)
        cases[FILTERS, calm] = lambda: pages.type_filters(calm)
        taken = take_turns({str(case): run for case, run in cases.items()}, given.rounds)
        pages.panel.close()
        browser.close()
    return {case: taken[str(case)] for case in cases}


def percentile(number: int, rounds: list[list[float]]) -> float:
    """Return the median of the rounds' percentiles, so that a disturbed round does not decide; or nan."""
    # A short burst on a busy machine may leave room for a single frame or key, or for none.
    pairs = [values if len(values) > 1 else 2 * values for values in rounds if values]
    taken = [quantiles(values, n=100, method="inclusive")[number - 1] for values in pairs]
    return median(taken) if taken else math.nan


def show_row(case: Case, samples: list[Sample]) -> list[str]:
    """Return the row of what a page shows of a burst."""
    side, rate = case
    fps, tasks = median(one.fps for one in samples), median(len(one.tasks) for one in samples)
    longest = max((took for one in samples for took in one.tasks), default=0.0)
    row = [side, str(rate), f"{median(one.emitted / one.seconds for one in samples):.0f}", f"{fps:.1f}"]
    row += [f"{tasks:g}", f"{longest:.0f}"]
    if rate:
        ages, behind = [one.ages for one in samples], median(one.behind for one in samples)
        row += [f"{percentile(50, ages):.0f}", f"{percentile(99, ages):.0f}"]
        row += [f"{behind:.2f}" if behind < math.inf else f"> {PATIENCE:g}"]
    else:
        row += ["", "", ""]
    if side == "panel":
        unsaid = max((one.unsaid for one in samples), key=abs)
        row += [f"{median(one.left_out for one in samples):.0%}", str(unsaid)]
    else:
        row += ["", ""]
    row += [f"{median(part):.0%}" for part in zip(*((one.cpu, one.own, one.chromium) for one in samples), strict=True)]
    if side != "panel" or not 0 < rate <= TARGET_RATE:
        return [*row, "", ""]
    return [*row, f">= {FRAMES} fps, 0 long", "met" if fps >= FRAMES and not tasks else "missed"]


def person_row(case: Case, samples: list[Sample]) -> list[str]:
    """Return the row of what a person notices who types meanwhile."""
    what, rate = case
    keys = [one.keys for one in samples]
    slow = percentile(99, keys)
    row = [what, str(rate), f"{median(one.fps for one in samples):.1f}", str(sum(map(len, keys)))]
    row += [f"{percentile(50, keys):.1f}", f"{slow:.1f}"]
    if what != FILTERS:
        return [*row, "", "", f"key < {TYPING} ms", verdict(slow, TYPING)]
    works = [[took for _, took in one.works] for one in samples]
    row[0] = f"{what} {median(one.rows for one in samples):.0f} rows"
    slow = percentile(99, works)
    return [*row, f"{percentile(50, works):.1f}", f"{slow:.1f}", f"works < {FILTERING} ms", verdict(slow, FILTERING)]


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, rounds=5)
    options.add_argument("--seconds", type=float, default=5.0, help="of each burst (%(default)s)")
    options.add_argument("--rates", nargs="+", type=int, default=[1000, 10_000, 50_000], help="messages per second")
    options.add_argument("--naive", nargs="*", choices=NAIVE, default=list(NAIVE), help="ways to compare with")
    given = options.parse_args()
    results = measure(given)
    shown = [show_row(case, taken) for case, taken in results.items() if case[0] not in (TYPES, FILTERS)]
    heads = ["side", "events per s", "sent per s", "fps", "long tasks", "longest ms", "stale p50 ms", "stale p99 ms"]
    heads += ["behind s", "left out", "unsaid", "kernel CPU", "recording", "Chromium CPU", "target", "result"]
    print_table(f"What the page shows; bursts of {given.seconds:g} s, {given.rounds} rounds", heads, shown)
    heads = ["a person", "events per s", "fps", "keys", "key p50 ms", "key p99 ms", "works p50 ms", "works p99 ms"]
    persons = [person_row(case, taken) for case, taken in results.items() if case[0] in (TYPES, FILTERS)]
    print_table("Typing meanwhile", [*heads, "target", "result"], persons)


if __name__ == "__main__":
    main()
