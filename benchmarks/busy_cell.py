"""
What a cell that computes and a server on its background thread cost each other.

    python benchmarks/busy_cell.py

The main thread runs a pure-Python loop, as a cell does, while a client in another process sends to an echo and waits
for each reply: at a steady pace, or as fast as it can. Python lets another thread run after the switch interval, so a
shorter one answers sooner and interrupts the cell more often. Slices with and without traffic alternate.
"""

from __future__ import annotations

import multiprocessing
import socket
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from statistics import median, quantiles

from measure import echo_app, parser, print_table, take_turns
from websockets.sync.client import connect

from playground import Playground
from playground.playground import SWITCH_INTERVAL

PYTHONS_OWN = 0.005
INTERVALS = (PYTHONS_OWN, 0.001, 0.0005, 0.0002, 0.00005)
"""Seconds."""

BEARABLE = 1.1
"""Times that a cell may get slower while one client sends as fast as it can."""

PAIRS = 5
"""Slices without and with traffic, at each visit to a case."""

PACE = 100
"""Messages per second of the steady client."""

QUIET, STEADY, FLAT_OUT = "no traffic", f"{PACE} per s", "flat out"
PAUSES = {STEADY: 1 / PACE, FLAT_OUT: 0.0}

Case = tuple[str, float]
"""Traffic and switch interval."""

CASES: list[Case] = [
    *((QUIET, interval) for interval in (PYTHONS_OWN, SWITCH_INTERVAL, INTERVALS[-1])),
    *((traffic, interval) for traffic in PAUSES for interval in INTERVALS),
]


@dataclass(frozen=True)
class Sample:
    """One visit to one case."""

    slower: list[float]
    """How many times slower the main thread was in each slice with traffic than in the one before, without."""
    trips: list[float]
    """Round trips, in seconds."""


def run_case(traffic: str, interval: float, pipe: Pipe, seconds: float) -> Sample:
    """Compute for slices of so many seconds; the client sends in every other one."""
    with Playground(echo_app(), switch_interval=interval) as pg:
        # Time for the client to connect, which takes a few switches.
        begin = time.perf_counter() + 0.1
        loud = [begin + seconds * (1 + 2 * number) for number in range(PAIRS)]
        if traffic != QUIET:
            pipe.send((pg.port, PAUSES[traffic], loud, seconds))
        busy_loop(begin)
        loops = [(busy_loop(start), busy_loop(start + seconds)) for start in loud]
        # Goes on until the client has seen the end, so that its last replies are like the others.
        busy_loop(loud[-1] + seconds + 0.02)
        return Sample([alone / served for alone, served in loops], pipe.recv() if traffic != QUIET else [])


def busy_loop(until: float) -> int:
    """Compute without ever giving the interpreter away by itself; return how far it came, which is 1 or more."""
    count = 0
    while True:
        total = 0
        for number in range(1000):
            total += number * number
        count += 1
        if time.perf_counter() >= until:
            return count


def be_client(pipe: Pipe) -> None:
    """In the other process: measure round trips to each server that comes, until None comes."""
    while (order := pipe.recv()) is not None:
        pipe.send(measure_trips(*order))


def measure_trips(port: int, pause: float, starts: list[float], seconds: float) -> list[float]:
    """Send in each slice that starts at one of `starts`, by `time.perf_counter`, which processes share."""
    trips = []
    stream = socket.create_connection(("127.0.0.1", port))
    with connect(f"ws://127.0.0.1:{port}/echo", sock=stream, compression=None) as client:
        for start in starts:
            time.sleep(max(0.0, start - time.perf_counter()))
            while (sent := time.perf_counter()) < start + seconds:
                client.send("x" * 32)
                client.recv()
                received = time.perf_counter()
                trips.append(received - sent)
                time.sleep(max(0.0, sent + pause - received))
    return trips


def measure(rounds: int, seconds: float) -> dict[Case, list[Sample]]:
    """Return the samples of all cases."""
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    client = context.Process(target=be_client, args=(theirs,), daemon=True)
    client.start()
    sides = {str(case): lambda case=case: run_case(*case, pipe, seconds) for case in CASES}
    taken = take_turns(sides, rounds)
    pipe.send(None)
    client.join()
    return {case: taken[str(case)] for case in CASES}


@dataclass(frozen=True)
class Result:
    """What the rounds of a case come to."""

    slower: float
    """Median over the slices of all rounds."""
    p50: float
    """Milliseconds, as `p99`; both over the round trips of all rounds."""
    p99: float
    rate: float
    """Round trips per second."""


def summarise(samples: list[Sample], seconds: float) -> Result:
    """Return what the samples of one case come to; zeros for round trips where there are too few to tell."""
    slower = median(times for one in samples for times in one.slower)
    trips = [1000 * trip for one in samples for trip in one.trips]
    if len(trips) < 2:
        return Result(slower, 0.0, 0.0, 0.0)
    cuts = quantiles(trips, n=100, method="inclusive")
    return Result(slower, cuts[49], cuts[98], len(trips) / len(samples) / PAIRS / seconds)


def print_results(results: dict[Case, Result], rounds: int) -> None:
    """Print the table."""
    rows = []
    for (traffic, interval), result in results.items():
        trips = [f"{result.p50:.2f}", f"{result.p99:.2f}", f"{result.rate:.0f}"] if traffic != QUIET else [""] * 3
        rows.append([traffic, f"{1000 * interval:g} ms", *trips, f"{result.slower:.3f}"])
    heads = ["traffic", "switch interval", "p50 ms", "p99 ms", "trips per s", "cell slower"]
    print_table(f"Round trips during a busy cell, and how many times slower it gets; {rounds} rounds", heads, rows)


def print_conclusion(results: dict[Case, Result]) -> None:
    """Print which default the numbers support."""
    bearable = [one for one in INTERVALS if results[FLAT_OUT, one].slower <= BEARABLE]
    before, now = results[STEADY, PYTHONS_OWN], results[STEADY, SWITCH_INTERVAL]
    print(f"The default, {1000 * SWITCH_INTERVAL:g} ms, takes a round trip from {before.p50:.2f} to {now.p50:.2f} ms.")
    found = f"{1000 * min(bearable):g} ms" if bearable else "none of these"
    print(f"The shortest interval that keeps the cell within {BEARABLE:g} times, even flat out: {found}.")


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, rounds=8)
    options.add_argument("--seconds", type=float, default=0.1, help="length of a slice (%(default)s)")
    given = options.parse_args()
    samples = measure(given.rounds, given.seconds)
    results = {case: summarise(taken, given.seconds) for case, taken in samples.items()}
    print_results(results, given.rounds)
    print_conclusion(results)


if __name__ == "__main__":
    main()
