"""
What it costs to ask a full log: each question, next to a plain scan of its records.

    python benchmarks/questions.py

The plain scan is a loop in Python that looks at the kind of each record and does nothing else. The log holds echoes
as one client, the wire and the handler saw them; one record in a thousand is a failure.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from statistics import median

from measure import parser, print_table, take_turns, verdict

from playground import EventTimeout, Log
from playground.record.records import Connection, Received, Record, Sent

RECORDS = 100_000

CONNECTIONS = 100

FRAME = b"\x81\x05hello"

FAILURE = 1000
"""One record in so many is a failure."""

SIDE = "plain scan"


def full_log(records: int) -> Log:
    """Return a log of echoes, each a message to the server and one back, completed by every witness."""
    log = Log(limit=records)
    connections = [
        Connection(number + 1, "/echo", f"client {number}", own=True, tapped=True, state="open")
        for number in range(CONNECTIONS)
    ]
    for number in range(records // 2):
        asked, replied = Received(), Sent()
        for record in (asked, replied):
            complete(record, connections[number % CONNECTIONS])
            log.append(record)
        asked.hook, asked.began, asked.ended = "on_receive", asked.at, time.perf_counter()
        replied.cause = asked.seq
        if number % (FAILURE // 2) == FAILURE // 4:
            asked.error = "KeyError: 'say'"
    return log


def complete(record: Record, connection: Connection) -> None:
    """Let every witness see a message now."""
    record.connection, record.data = connection, "hello"
    record.at = record.client_at = record.wire_at = record.handler_at = time.perf_counter()
    record.wire, record.wire_size = FRAME, len(FRAME)


def scan(log: Log) -> None:
    """Look at the kind of each record."""
    for record in log.records():
        record.kind  # noqa: B018  # looking at it is what is measured


def wait(log: Log, kind: str, query: str = "", since: int = 0) -> None:
    """Wait for nothing longer than looking back takes."""
    try:
        log.wait_for(kind, query, since=since, timeout=0)
    except EventTimeout:
        pass


def longest_turn(log: Log) -> float:
    """Return the longest time, in seconds, that an event loop is held while something is awaited in vain."""

    async def main() -> float:
        longest, before, over = 0.0, time.perf_counter(), False

        async def look() -> None:
            nonlocal longest, before
            while not over:
                now = time.perf_counter()
                longest, before = max(longest, now - before), now
                await asyncio.sleep(0)

        looking = asyncio.create_task(look())
        try:
            await log.wait_for_async("close", timeout=0)
        except EventTimeout:
            over = True
        await looking
        return longest

    return asyncio.run(main())


def questions(log: Log) -> dict[str, tuple[Callable[[], object], float | None]]:
    """Return what is asked, by name, each with how often the plain scan's time it may take."""
    last = log.total
    return {
        "log[-1]": (lambda: log[-1], 0.5),
        "log[-20:]": (lambda: log[-20:], 0.5),
        "wait_for, among the newest": (lambda: wait(log, "close", since=last - 100), 0.5),
        "find a row near the end": (lambda: log.find(last - 10), 0.5),
        "last_message": (lambda: log.last_message(log.records(since=last - 1)[0].connection), 0.5),
        "filter is:errors": (lambda: log.filter("is:errors"), 2.0),
        "filter is:differ": (lambda: log.filter("is:differ"), 2.0),
        "filter is:messages client:nobody": (lambda: log.filter("is:messages client:nobody"), None),
        "rows is:messages (all of them)": (lambda: log.rows("is:messages"), None),
        "wait_for, in vain": (lambda: wait(log, "close"), None),
        "wait_for a reply to nobody, in vain": (lambda: wait(log, "client_receive", "client:nobody"), None),
        "wait_for_async in vain, longest turn": (lambda: longest_turn(log), None),
        "log[0]": (lambda: log[0], None),
        "len(log)": (lambda: len(log), None),
    }


def measure(records: int, rounds: int) -> list[list[str]]:
    """Return the rows of the table."""
    log = full_log(records)
    asked = questions(log)

    def took(ask: Callable[[], object]) -> float:
        began = time.perf_counter()
        answer = ask()
        return answer if isinstance(answer, float) else time.perf_counter() - began

    sides = {SIDE: lambda: took(lambda: scan(log))}
    sides |= {name: lambda ask=ask: took(ask) for name, (ask, _) in asked.items()}
    taken = take_turns(sides, rounds)
    rows = []
    for name, seconds in taken.items():
        ratio = median(one / plain for one, plain in zip(seconds, taken[SIDE], strict=True))
        target = asked[name][1] if name in asked else None
        kept = ["", ""] if target is None else [f"<= {target:g}", verdict(ratio, target)]
        rows.append([name, f"{1000 * median(seconds):.2f}", f"{ratio:.3f}", *kept])
    return rows


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, rounds=15)
    options.add_argument("--records", type=int, default=RECORDS, help="how many the log holds (%(default)s)")
    given = options.parse_args()
    heads = ("question", "ms", "ratio", "target", "result")
    print_table(f"Questions to a log of {given.records} records", heads, measure(given.records, given.rounds))


if __name__ == "__main__":
    main()
