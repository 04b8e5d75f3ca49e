"""
What it costs to record everything: echoes per second, next to the same app under bare uvicorn.

    python benchmarks/recording.py

Both servers have a process of their own, the same loop and the same protocol implementation; a third process is the
clients, which keep one message in flight on each connection. The sides take turns of a fraction of a second.
"""

from __future__ import annotations

import multiprocessing
import selectors
import socket
import sys
import time
from multiprocessing.connection import Connection as Pipe
from statistics import median
from typing import Any

import psutil
from measure import echo_app, parser, print_table, take_turns, verdict

from playground import Playground

TARGETS = {("asyncio", 32): 0.95, ("uvloop", 32): 0.90, ("asyncio", 65_536): 0.97, ("uvloop", 65_536): 0.97}
"""Echoes per second relative to bare uvicorn, by loop and bytes of payload."""

CONNECTIONS = 100

HANDSHAKE = (
    "GET /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def serve_bare(pipe: Pipe, loop: str) -> None:
    """Serve the app with nothing but uvicorn, until killed."""
    import uvicorn

    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    pipe.send(listener.getsockname()[1])
    config = uvicorn.Config(echo_app(), loop=loop, ws="websockets-sansio", log_level="critical", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


def serve_recorded(pipe: Pipe, loop: str) -> None:
    """Serve the app in a playground, which records every happening, until killed."""
    with Playground(echo_app(), loop=loop) as pg:
        pipe.send(pg.port)
        pipe.recv()


def frame(size: int) -> bytes:
    """Return a masked text frame as a client sends it; the mask is zero, so that the payload is plain."""
    length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 127]) + size.to_bytes(8, "big")
    return b"\x81" + length + bytes(4) + b"x" * size


class Load:
    """Clients that echo as fast as the server lets them."""

    def __init__(self, port: int, size: int, count: int) -> None:
        self.message = frame(size)
        self.reply = len(self.message) - 4
        self.selector = selectors.DefaultSelector()
        self.sockets = [self.open(port) for _ in range(count)]
        self.partial = dict.fromkeys(self.sockets, 0)

    def open(self, port: int) -> socket.socket:
        stream = socket.create_connection(("127.0.0.1", port))
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream.sendall(HANDSHAKE.encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += stream.recv(1)
        assert head.startswith(b"HTTP/1.1 101")
        self.selector.register(stream, selectors.EVENT_READ)
        return stream

    def run(self, seconds: float) -> tuple[int, float]:
        """Return how many echoes came back, and the seconds they took; no message is left in flight."""
        for stream in self.sockets:
            stream.sendall(self.message)
        echoes, waiting = 0, len(self.sockets)
        began = time.perf_counter()
        end = began + seconds
        while waiting:
            now = time.perf_counter()
            for key, _ in self.selector.select():
                stream: Any = key.fileobj
                self.partial[stream] += len(stream.recv(262_144))
                if self.partial[stream] < self.reply:
                    continue
                self.partial[stream] -= self.reply
                echoes += 1
                if now < end:
                    stream.sendall(self.message)
                else:
                    waiting -= 1
        return echoes, time.perf_counter() - began

    def close(self) -> None:
        for stream in self.sockets:
            stream.close()


def cpu_seconds(pid: int) -> float:
    """Return the CPU time a process has taken."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def measure(loop: str, size: int, rounds: int, seconds: float) -> list[list[str]]:
    """Return the rows of one loop and message size."""
    context = multiprocessing.get_context("spawn")
    servers, loads = {}, {}
    for name, serve in (("bare uvicorn", serve_bare), ("playground", serve_recorded)):
        pipe, theirs = context.Pipe()
        servers[name] = context.Process(target=serve, args=(theirs, loop), daemon=True)
        servers[name].start()
        port = pipe.recv()
        loads[name] = Load(port, size, CONNECTIONS)
        loads[name].pipe = pipe  # type: ignore[attr-defined]  # kept open: the server waits on its other end

    def turn(name: str) -> tuple[float, float]:
        before = cpu_seconds(servers[name].pid or 0)
        echoes, took = loads[name].run(seconds)
        return echoes / took, 1e6 * (cpu_seconds(servers[name].pid or 0) - before) / echoes

    taken = take_turns({name: lambda name=name: turn(name) for name in servers}, rounds)
    for name, server in servers.items():
        loads[name].close()
        server.kill()
        server.join()
    return table_rows(loop, size, taken)


def table_rows(loop: str, size: int, taken: dict[str, list[tuple[float, float]]]) -> list[list[str]]:
    rows = []
    ratios = [ours[0] / bare[0] for ours, bare in zip(taken["playground"], taken["bare uvicorn"], strict=True)]
    for name, results in taken.items():
        rate, cpu = median(rate for rate, _ in results), median(cpu for _, cpu in results)
        ratio = median(ratios) if name == "playground" else 1.0
        target = TARGETS[loop, size]
        kept = [f">= {target:g}", verdict(-ratio, -target)] if name == "playground" else ["", ""]
        rows.append([loop, f"{size} B", name, f"{rate:.0f}", f"{ratio:.3f}", *kept, f"{cpu:.1f}"])
    return rows


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, rounds=15)
    options.add_argument("--seconds", type=float, default=0.6, help="of each turn (%(default)s)")
    options.add_argument("--loops", nargs="+", default=["asyncio", *(["uvloop"] if sys.platform != "win32" else [])])
    options.add_argument("--sizes", nargs="+", type=int, default=[32, 65_536], help="bytes of payload (%(default)s)")
    given = options.parse_args()
    rows = []
    for loop in given.loops:
        for size in given.sizes:
            rows += measure(loop, size, given.rounds, given.seconds)
    heads = ["loop", "message", "side", "echoes per s", "ratio", "target", "result", "server CPU us"]
    print_table(f"{CONNECTIONS} connections, median of {given.rounds}", heads, rows)


if __name__ == "__main__":
    main()
