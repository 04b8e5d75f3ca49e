"""
What an edit under open connections takes, and what being editable costs.

    python benchmarks/live.py

First: from an edit to the first reply by the new code, next to `uvicorn --reload`, whose client reconnects every 10 ms
until the new code answers. The other connections live in another process and tell how many of them were dropped.
Then: the server's CPU time per echoed message next to plain Starlette, and memory, before and after many edits.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import linecache
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from measure import echo_app, parser, print_table, take_turns, verdict
from starlette.types import ASGIApp, Message
from start_stop import ByHand
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from playground import Playground
from playground.record.asgi_tap import Tap
from playground.record.recorder.server import Recorder

SPEED_TARGET = 200.0
"""Times faster than `uvicorn --reload`."""

CPU_TARGET = 1.25
"""Times what plain Starlette takes."""

MEMORY_TARGET = 1.05
"""Times what it was after the first tenth of the edits."""

RECONNECT = 0.01
"""Seconds between two attempts to reach the reloaded server."""

PATIENCE = 5.0
"""Seconds after which a save was overlooked."""

LOG_LIMIT = 1000
"""Events kept; a log that still fills would look like memory that is lost."""

SOURCE = """
from starlette.endpoints import WebSocketEndpoint

VERSION = "{0}"

class Echo(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(VERSION if data == "version?" else data)
"""

APP = """
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

app = Starlette(routes=[WebSocketRoute("/echo", Echo)])
"""

serial = itertools.count(1)


class Edited:
    """A playground with a connection that asks for the version."""

    def __init__(self) -> None:
        self.pg = Playground(echo_app(), log_limit=LOG_LIMIT)
        self.pg.start()
        self.port = self.pg.port
        self.pg.edit("/echo", SOURCE.format(0))

    def time_edit(self) -> float:
        """Return the milliseconds from an edit to the reply by its code, on a connection that was open before."""
        number = str(next(serial))
        with connect(f"ws://127.0.0.1:{self.port}/echo", sock=open_socket(self.port)) as client:
            client.send("hello")
            client.recv()
            began = time.perf_counter()
            self.pg.edit("/echo", SOURCE.format(number))
            client.send("version?")
            assert client.recv() == number
            return 1000 * (time.perf_counter() - began)

    def stop(self) -> None:
        self.pg.stop()


class Reloaded:
    """The same app in a file, served by `uvicorn --reload`."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.file = Path(self.folder.name, "main.py")
        self.file.write_text(SOURCE.format(0) + APP, "utf-8")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        command = ["-m", "uvicorn", "main:app", "--reload", "--port", str(self.port), "--log-level", "critical"]
        # Two saves within a second may have the same size and time: cached bytecode would be taken for the new code.
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen(
            [sys.executable, *command], cwd=self.folder.name, env=environment, stderr=subprocess.DEVNULL
        )
        if not self.answers_with("0"):
            self.stop()
            raise TimeoutError("uvicorn --reload does not start")

    def time_edit(self) -> float:
        """Return the milliseconds from saving the file to the reply by its code."""
        number = str(next(serial))
        for _ in range(3):
            began = time.perf_counter()
            self.file.write_text(SOURCE.format(number) + APP, "utf-8")
            if self.answers_with(number):
                return 1000 * (time.perf_counter() - began)
            # Now and then the watcher overlooks a save; a person saves again.
        raise TimeoutError("the server does not reload")

    def answers_with(self, number: str) -> bool:
        """Ask on one connection, and when that is lost on the next one, until the version answers or it takes long."""
        deadline = time.perf_counter() + PATIENCE
        while time.perf_counter() < deadline:
            with suppress(OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                with connect(f"ws://127.0.0.1:{self.port}/echo", sock=open_socket(self.port)) as client:
                    while time.perf_counter() < deadline:
                        client.send("version?")
                        if client.recv(timeout=1) == number:
                            return True
                        time.sleep(RECONNECT)
            time.sleep(RECONNECT)
        return False

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


def open_socket(port: int) -> socket.socket:
    """Return a socket of one's own, so that a proxy in the environment stays out of it."""
    stream = socket.create_connection(("127.0.0.1", port))
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return stream


def allow_many_files() -> None:
    """Let this process, and those that it starts, open as many sockets as the system allows."""
    with suppress(ImportError):
        import resource

        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


# The other process


def be_clients(pipe: Pipe) -> None:
    """Do one job after the other, each a function's name and its arguments, until None comes."""
    allow_many_files()
    jobs: dict[str, Callable[..., Any]] = {"hold": hold, "talk": talk}
    while (job := pipe.recv()) is not None:
        name, *arguments = job
        asyncio.run(jobs[name](pipe, *arguments))


async def open_clients(port: int, count: int) -> list[ClientConnection]:
    url = f"ws://127.0.0.1:{port}/echo"
    return [await connect_async(url, sock=open_socket(port), compression=None) for _ in range(count)]


async def hold(pipe: Pipe, port: int, count: int) -> None:
    """Keep connections open until told to count those that were dropped."""
    clients = await open_clients(port, count)
    pipe.send("open")
    await asyncio.to_thread(pipe.recv)
    pipe.send(sum(client.close_code is not None for client in clients))
    await asyncio.gather(*(client.close() for client in clients))


async def talk(pipe: Pipe, port: int, count: int, in_flight: int, messages: int) -> None:
    """Send messages over several connections, each with some on their way, and hear all replies."""
    clients = await open_clients(port, count)
    pipe.send("open")
    await asyncio.to_thread(pipe.recv)

    async def converse(client: ClientConnection) -> None:
        for number in range(messages + in_flight):
            if number < messages:
                await client.send("hello")
            if number >= in_flight:
                await client.recv()

    await asyncio.gather(*map(converse, clients))
    pipe.send("heard")
    await asyncio.to_thread(pipe.recv)
    await asyncio.gather(*(client.close() for client in clients))


# Speed


def measure_speed(rounds: int, sizes: list[int], pipe: Pipe) -> None:
    """Print the first table."""
    sides = {"uvicorn --reload": Reloaded(), "playground": Edited()}
    try:
        rows = speed_rows(rounds, sizes, pipe, sides)
    finally:
        for side in sides.values():
            side.stop()
    heads = ["side", "connections", "ms", "range", "ratio", "target", "result", "others dropped"]
    print_table(f"Edit to first reply by the new code, median of {rounds}", heads, rows)


def speed_rows(rounds: int, sizes: list[int], pipe: Pipe, sides: dict[str, Edited | Reloaded]) -> list[list[str]]:
    rows = []
    for size in sizes:

        def one_edit(side: Edited | Reloaded, others: int = size - 1) -> tuple[float, int]:
            pipe.send(("hold", side.port, others))
            pipe.recv()
            took = side.time_edit()
            pipe.send("count")
            return took, pipe.recv()

        taken = take_turns({name: lambda side=side: one_edit(side) for name, side in sides.items()}, rounds)
        slow = median(took for took, _ in taken["uvicorn --reload"])
        for name, results in taken.items():
            times = [took for took, _ in results]
            dropped = f"{sum(gone for _, gone in results)} of {rounds * (size - 1)}"
            ratio = slow / median(times)
            target = [f">= {SPEED_TARGET:g}", verdict(-ratio, -SPEED_TARGET)] if name == "playground" else ["", ""]
            range_of = f"{min(times):.2f} to {max(times):.2f}"
            rows.append([name, str(size), f"{median(times):.2f}", range_of, f"{ratio:.1f}", *target, dropped])
    return rows


# CPU time


async def echo_in_memory(app: ASGIApp, messages: int) -> float:
    """Return the microseconds of CPU that one echo takes when only the app runs: no sockets, no protocol."""
    inbox = itertools.chain(
        [{"type": "websocket.connect"}],
        itertools.repeat({"type": "websocket.receive", "text": "hello"}, messages),
        [{"type": "websocket.disconnect", "code": 1000}],
    )
    sent = 0

    async def receive() -> Message:
        return next(inbox)

    async def send(message: Message) -> None:
        nonlocal sent
        sent += 1

    scope = {"type": "websocket", "path": "/echo", "headers": [], "query_string": b"", "subprotocols": []}
    began = time.thread_time()
    await app(scope, receive, send)
    took = time.thread_time() - began
    assert sent == messages + 1
    return 1e6 * took / messages


def echo_over_sockets(port: int, pipe: Pipe, count: int, in_flight: int, messages: int) -> float:
    """Return the microseconds of CPU that this process takes for one echo, its clients being in the other one."""
    pipe.send(("talk", port, count, in_flight, messages // count))
    pipe.recv()
    began = time.process_time()
    pipe.send("begin")
    pipe.recv()
    took = time.process_time() - began
    pipe.send("leave")
    return 1e6 * took / (messages // count * count)


def measure_cost(rounds: int, messages: int, edits: int, pipe: Pipe) -> None:
    """Print the tables of CPU time and memory."""
    plain, edited = ByHand(), Edited()
    plain.start()
    tap = Tap(lambda: edited.pg.app, Recorder(edited.pg.log))
    apps: dict[str, ASGIApp] = {"plain": echo_app(), "live": edited.pg.app, "live, all recorded": tap}
    traffic = {"1 connection, 1 in flight": (1, 1), "50 connections, 4 in flight": (50, 4)}

    def measure_cpu(when: str) -> list[list[str]]:
        rows = []
        in_memory = {name: lambda app=app: asyncio.run(echo_in_memory(app, messages)) for name, app in apps.items()}
        rows += cpu_rows("in memory", when, take_turns(in_memory, rounds), with_target=False)
        for what, (count, in_flight) in traffic.items():
            ports = {"plain": plain.port, "live, all recorded": edited.port}
            over_sockets = {
                name: lambda port=port, count=count, in_flight=in_flight: echo_over_sockets(
                    port, pipe, count, in_flight, messages
                )
                for name, port in ports.items()
            }
            rows += cpu_rows(what, when, take_turns(over_sockets, rounds), with_target=True)
        return rows

    rows = measure_cpu("before")
    memory = edit_often(edited, edits)
    rows += measure_cpu(f"after {edits} edits")
    edited.stop()
    plain.stop()
    heads = ["traffic", "edits", "side", "us", "ratio", "adds us", "target", "result"]
    print_table(f"CPU time per echoed message, median of {rounds}", heads, rows)
    heads = ["edits", "MiB", "ratio", "target", "result", "classes", "linecache", "sys.modules"]
    print_table("Memory of the process that is edited", heads, memory)


def cpu_rows(what: str, when: str, taken: dict[str, list[float]], *, with_target: bool) -> list[list[str]]:
    bare = median(taken["plain"])
    rows = []
    for name, times in taken.items():
        ours = median(times)
        has_target = with_target and name != "plain"
        target = [f"<= {CPU_TARGET:g}", verdict(ours / bare, CPU_TARGET)] if has_target else ["", ""]
        rows.append([what, when, name, f"{ours:.2f}", f"{ours / bare:.3f}", f"{ours - bare:.2f}", *target])
    return rows


def edit_often(edited: Edited, edits: int) -> list[list[str]]:
    """Edit under an open connection that hears from every hundredth version; return what is there on the way."""
    rows: list[list[str]] = []
    early = 0.0
    with connect(f"ws://127.0.0.1:{edited.port}/echo", sock=open_socket(edited.port)) as client:
        for number in range(1, edits + 1):
            edited.pg.edit("/echo", SOURCE.format(f"edit {number}"))
            if number % 100 == 0:
                client.send("version?")
                assert client.recv() == f"edit {number}"
            if number in (edits // 10, edits):
                gc.collect()
                size = resident_mib()
                early = early or size
                target = [f"<= {MEMORY_TARGET:g}", verdict(size / early, MEMORY_TARGET)] if rows else ["", ""]
                counts = [str(count) for count in leftovers()]
                rows.append([str(number), f"{size:.1f}", f"{size / early:.3f}", *target, *counts])
    return rows


def leftovers() -> tuple[int, int, int]:
    """Return how many endpoint classes, remembered sources and modules of edits there are."""
    classes = sum(isinstance(one, type) and one.__name__ == "Echo" for one in gc.get_objects())
    return classes, *(sum(name.startswith("<live") for name in names) for names in (linecache.cache, sys.modules))


def resident_mib() -> float:
    """Return the memory this process has in use."""
    return psutil.Process().memory_info().rss / 2**20


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, rounds=9)
    options.add_argument(
        "--connections", type=int, nargs="+", default=[1, 100, 1000, 5000], help="open ones (%(default)s)"
    )
    options.add_argument("--messages", type=int, default=20_000, help="echoed for each CPU time (%(default)s)")
    options.add_argument("--edits", type=int, default=10_000, help="between the two CPU times (%(default)s)")
    given = options.parse_args()
    allow_many_files()
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    clients = context.Process(target=be_clients, args=(theirs,), daemon=True)
    clients.start()
    measure_speed(given.rounds, given.connections, pipe)
    measure_cost(given.rounds, given.messages, given.edits, pipe)
    pipe.send(None)
    clients.join()


if __name__ == "__main__":
    main()
