"""
How long a playground takes to start and to stop, next to uvicorn on a thread written by hand.

    python benchmarks/start_stop.py

Start: from the constructor to the first reply that a client reads. Stop: with open connections, whose clients live in
another process, until `stop` returns.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import multiprocessing
import socket
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from statistics import median
from typing import Protocol

import uvicorn
from measure import echo_app, parser, print_table, take_turns, verdict
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_async
from websockets.sync.client import connect

from playground import Playground

START_TARGET = 3.0
"""Times what the thread written by hand needs."""

STOP_TARGET = 50.0
"""Milliseconds."""

BY_HAND = "uvicorn by hand"
SAME_APP = "Playground(app)"
STARTER = "Playground()"


class Running(Protocol):
    """What both sides can do."""

    port: int

    def start(self) -> object: ...

    def stop(self) -> object: ...


class Signalling(uvicorn.Server):
    """uvicorn's server, telling when it serves."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class ByHand:
    """The shortest uvicorn on a thread that is ready when it says so; stopped as uvicorn's documentation has it."""

    def __init__(self) -> None:
        self.server = Signalling(uvicorn.Config(echo_app(), log_config=None, access_log=False))

    def start(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.port = listener.getsockname()[1]
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listener]})
        self.thread.start()
        self.server.ready.wait()

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join()


def time_start(make: Callable[[], Running], path: str) -> float:
    """Return the milliseconds until a client has its first reply."""
    began = time.perf_counter()
    running = make()
    running.start()
    # A socket of one's own, so that a proxy in the environment stays out of it.
    stream = socket.create_connection(("127.0.0.1", running.port))
    with connect(f"ws://127.0.0.1:{running.port}{path}", sock=stream) as client:
        client.send("hello")
        client.recv()
        ended = time.perf_counter()
    running.stop()
    return 1000 * (ended - began)


def time_stop(make: Callable[[], Running], pipe: Pipe) -> float:
    """Return the milliseconds that stopping takes while the other process holds its connections."""
    running = make()
    running.start()
    pipe.send(running.port)
    pipe.recv()
    began = time.perf_counter()
    running.stop()
    ended = time.perf_counter()
    codes = pipe.recv()
    assert codes == {1012}, f"clients were closed with {codes}"
    return 1000 * (ended - began)


def hold_connections(pipe: Pipe, count: int) -> None:
    """In the other process: be the clients of each port that comes, until None comes."""
    while (port := pipe.recv()) is not None:
        asyncio.run(_hold(port, pipe, count))


async def _hold(port: int, pipe: Pipe, count: int) -> None:
    clients = [await _open(port) for _ in range(count)]
    pipe.send("open")
    await asyncio.gather(*(client.wait_closed() for client in clients))
    pipe.send({client.close_code for client in clients})


async def _open(port: int) -> ClientConnection:
    stream = socket.create_connection(("127.0.0.1", port))
    client = await connect_async(f"ws://127.0.0.1:{port}/echo", sock=stream)
    await client.send("hello")
    await client.recv()
    return client


def measure_start(rounds: int) -> None:
    """Print the first table."""
    sides = {
        BY_HAND: lambda: time_start(ByHand, "/echo"),
        SAME_APP: lambda: time_start(lambda: Playground(echo_app()), "/echo"),
        STARTER: lambda: time_start(Playground, "/ws"),
    }
    # The starter's echo prints when somebody leaves.
    with contextlib.redirect_stdout(io.StringIO()):
        taken = take_turns(sides, rounds)
    bare = median(taken[BY_HAND])
    rows = []
    for name, times in taken.items():
        ratio = median(times) / bare
        target = ["", ""] if name == BY_HAND else [f"<= {START_TARGET:g}", verdict(ratio, START_TARGET)]
        rows.append([name, f"{median(times):.2f}", f"{ratio:.3f}", *target])
    print_table(f"Start to first reply, median of {rounds}", ["side", "ms", "ratio", "target", "result"], rows)


def measure_stop(rounds: int, connections: int) -> None:
    """Print the second table."""
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    clients = context.Process(target=hold_connections, args=(theirs, connections), daemon=True)
    clients.start()
    taken = take_turns(
        {
            BY_HAND: lambda: time_stop(ByHand, pipe),
            SAME_APP: lambda: time_stop(lambda: Playground(echo_app()), pipe),
        },
        rounds,
    )
    pipe.send(None)
    clients.join()
    bare = median(taken[BY_HAND])
    rows = []
    for name, times in taken.items():
        ours = median(times)
        target = [f"< {STOP_TARGET:g} ms", verdict(ours, STOP_TARGET)] if name == SAME_APP else ["", ""]
        rows.append([name, f"{ours:.2f}", f"{max(times):.2f}", f"{ours / bare:.3f}", *target])
    print_table(
        f"Stop with {connections} open connections, median and slowest of {rounds}",
        ["side", "ms", "slowest", "ratio", "target", "result"],
        rows,
    )


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, rounds=20)
    options.add_argument("--connections", type=int, default=100, help="open ones when stopping (%(default)s)")
    given = options.parse_args()
    measure_start(given.rounds)
    measure_stop(given.rounds, given.connections)


if __name__ == "__main__":
    main()
