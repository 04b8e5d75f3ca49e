"""
A minute of everything at once, after which all is back where it was and the numbers add up.

Edits, good and bad; people who come, talk and go; slow readers; handlers that raise; bytes that are no frames; handshakes
that are none; refused Origins; clients that vanish in the middle of a message or are interrupted while they wait; all of
it spilled to a file. `PLAYGROUND_SOAK_SECONDS` says how long, 60 where it is not set; `-s` shows the figures.
"""

import asyncio
import ctypes
import gc
import json
import logging
import os
import random
import socket
import struct
import sys
import threading
import time
from collections import Counter
from contextlib import suppress

import psutil
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from playground import EditRejected, Playground
from playground.client.clients import LIMIT as CLIENTS
from playground.edit.live_code import HISTORY
from playground.record.connections import ENDED
from playground.record.log_file import UNFINISHED
from playground.record.records import Connection, Record
from playground.serve import uvicorn_tap
from tests.conftest import PATIENCE
from tests.serve import peers

SECONDS = float(os.environ.get("PLAYGROUND_SOAK_SECONDS", "60"))
"""How long it all goes on, after the warm-up."""

KEPT = 2000
"""Rows in memory."""

GROWTH = 24 * 2**20
"""Bytes that the process may have grown by: what the allocator does not give back of what came and went."""

SOURCE = """
import logging

VERSION = {0}
LOGGER = logging.getLogger("soak")

class Soak(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        if data == "boom":
            raise ValueError("as asked")
        if data == "burst":
            for _ in range(30):
                await websocket.send_text("x" * 65_536)
        LOGGER.info("version %s", VERSION)
        await websocket.send_text(f"{{VERSION}} {{data}}")
"""

BROKEN = ("class Soak(WebSocketEndpoint:\n", "raise RuntimeError('at the top')\n", "x = 1\n")
"""Sources that an edit rejects."""


class Counting:
    """Middleware that counts what the app receives."""

    received = 0

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send):
        async def counted():
            message = await receive()
            Counting.received += message["type"] == "websocket.receive"
            return message

        await self.app(scope, counted, send)


class Crowd:
    """All who do something; each goes on until `over`, and counts what it did."""

    def __init__(self, pg) -> None:
        self.pg = pg
        self.did = Counter()
        self.over = False
        self.served = 0
        """The newest version that somebody has had a reply by."""
        self.random = random.Random(0)
        self.edits = 0

    async def run(self, enough):
        """Let everybody go on until `enough()`, and return when all have left."""
        self.over, self.moved = False, asyncio.Event()
        activities = (self.edit, self.slow, self.boom, self.garbage, self.malformed, self.refused, self.vanish)
        talkers = [self.talk() for _ in range(3)]
        others = [self._again(one) for one in (*activities, self.ours, self.interrupted)]

        async def watch():
            while not enough():
                self.moved.clear()
                await self.moved.wait()
            self.over = True
            self.moved.set()

        async with asyncio.timeout(SECONDS + 5 * PATIENCE):
            await asyncio.gather(*talkers, *others, watch())

    def filled(self):
        """Whether all that is kept for a while is full: clients, connections, versions, records that are not complete."""
        did = self.did
        odd = did["malformed"] + did["refused"]
        return did["ours"] > CLIENTS and odd > UNFINISHED / 2 and self.edits > 2 * HISTORY

    async def _again(self, activity):
        while not self.over:
            await activity()
            self.did[activity.__name__] += 1
            # Those who talk come first: nobody else needs to be quick.
            await self._after(5)

    async def _after(self, count):
        """Wait until there were so many more replies."""
        until = self.did["replies"] + count
        while self.did["replies"] < until and not self.over:
            self.moved.clear()
            await self.moved.wait()

    def _heard(self, reply):
        self.served = max(self.served, int(reply.split()[0]))
        self.did["replies"] += 1
        self.moved.set()

    def _connect(self, **options):
        # A socket of one's own, so that a proxy in the environment stays out of it.
        stream = socket.create_connection(("127.0.0.1", self.pg.port))
        return connect(f"{self.pg.url}/soak", sock=stream, **options)

    async def talk(self):
        """Come, say a few things, hear the answers, and go; never stops while the others go on."""
        while not self.over:
            async with self._connect() as connection:
                for number in range(self.random.randrange(1, 20)):
                    await connection.send(str(number))
                    reply = await connection.recv()
                    assert reply.split()[1] == str(number)
                    self._heard(reply)
                    # Each of these threads of events gets its turn.
                    await asyncio.sleep(0)
            self.did["talk"] += 1
        self.moved.set()

    async def edit(self):
        """Publish a version, wait until it is served, and now and then try one that is rejected."""
        self.edits += 1
        number = self.edits
        report = await asyncio.to_thread(self.pg.edit, "/soak", SOURCE.format(number))
        assert not report.blocked
        while self.served < number and not self.over:
            self.moved.clear()
            await self.moved.wait()
        if not number % 5:
            with pytest.raises(EditRejected):
                await asyncio.to_thread(self.pg.edit, "/soak", BROKEN[number // 5 % 3])

    async def slow(self):
        """Ask for two megabytes, and read them much later, or never."""
        reader, writer = await self._opened(receives=4096)
        writer.write(peers.frame(peers.TEXT, b"burst"))
        await writer.drain()
        await self._after(30)
        if self.did["slow"] % 2:
            got = 0
            while got < 30 * 65_536:
                got += len(await reader.read(65_536))
        await self._gone(writer)

    async def boom(self):
        """Make the handler raise."""
        with suppress(ConnectionClosed):
            async with self._connect() as connection:
                await connection.send("boom")
                await connection.recv()

    async def garbage(self):
        """Send what are no frames, or none that may be sent."""
        reader, writer = await self._opened()
        writer.write(self.random.randbytes(self.random.randrange(1, 3000)))
        writer.write_eof()
        with suppress(OSError):
            await reader.read()
        await self._gone(writer)

    async def malformed(self):
        """Send handshakes that are none, and half of one."""
        good = peers.request("/soak", f"127.0.0.1:{self.pg.port}")
        odd = (
            self.random.randbytes(200),
            good.replace(b"GET", b"POST", 1),
            good.replace(b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Version: 7"),
            good.replace(b"Sec-WebSocket-Key", b"X-Key"),
            good[:50],
            good.replace(b"HTTP/1.1", b"HTTP/9.9"),
            good.replace(b"\r\n\r\n", b"\r\nX-Large: " + b"v" * 30_000 + b"\r\n\r\n"),
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", self.pg.port)
        writer.write(odd[self.did["malformed"] % len(odd)])
        writer.write_eof()
        with suppress(OSError):
            await reader.read()
        await self._gone(writer)

    async def refused(self):
        """Come from a page that may not connect."""
        reader, writer = await self._opened(Origin="http://elsewhere.example", answer=b"403")
        await self._gone(writer)

    async def vanish(self):
        """Reset the connection in the middle of a message."""
        _, writer = await self._opened()
        writer.write(peers.frame(peers.TEXT, b"1", fin=False) + peers.frame(peers.CONT, b"x" * 1000)[:500])
        await writer.drain()
        stream = writer.get_extra_info("socket")
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        await self._gone(writer)

    async def ours(self):
        """One of the playground's own clients, on a thread."""

        def converse():
            with self.pg.connect("/soak") as client:
                for number in range(10):
                    client.send(str(number))
                    assert client.receive(timeout=PATIENCE).endswith(f" {number}")
                client.ping()

        await asyncio.to_thread(converse)

    async def interrupted(self):
        """One of the playground's own clients that is cancelled while it waits for a message."""
        async with self.pg.connect_async("/soak") as client:
            waits = asyncio.create_task(client.receive(timeout=PATIENCE))
            await self._after(3)
            waits.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waits

    async def _opened(self, *, receives=None, answer=b"101", **headers):
        stream = socket.socket()
        if receives:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
        stream.setblocking(False)
        await asyncio.get_running_loop().sock_connect(stream, ("127.0.0.1", self.pg.port))
        reader, writer = await asyncio.open_connection(sock=stream, limit=4096)
        writer.write(peers.request("/soak", f"127.0.0.1:{self.pg.port}", **headers))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.split()[1] == answer
        return reader, writer

    async def _gone(self, writer):
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def settle(pg):
    """Wait until every connection has its end row."""
    registry, news = pg._recorder.connections, threading.Event()
    forget = pg.log.subscribe(lambda record: news.set())
    try:
        while [one for one in list(registry.values()) if one.ending.end_record is None]:
            assert news.wait(PATIENCE), registry
            news.clear()
    finally:
        forget()
    assert pg._spill.flush()


def tasks_of(loop):
    """The tasks of a loop that another thread runs, without the one that looks."""

    async def look():
        return sorted(one.get_name() for one in asyncio.all_tasks() if one is not asyncio.current_task())

    return len(asyncio.run_coroutine_threadsafe(look(), loop).result(PATIENCE))


def held(pg):
    """What the process has: what has to be the same again, how many objects of three kinds, and the bytes of its memory."""
    process = psutil.Process()
    for _ in range(3):
        gc.collect()
    objects = Counter(type(one) for one in gc.get_objects() if issubclass(type(one), tuple(objects_kept())))
    same = {
        "threads": sorted(one.name for one in threading.enumerate() if not one.name.startswith("asyncio_")),
        "tasks": tasks_of(pg._server.loop),
        "descriptors": process.num_fds() if hasattr(process, "num_fds") else process.num_handles(),
        "files": len(process.open_files()),
        "sockets": len(process.net_connections()),
    }
    kinds = {one: sum(n for kind, n in objects.items() if issubclass(kind, one)) for one in objects_kept()}
    if sys.platform == "linux":
        with suppress(AttributeError):
            # What glibc keeps of what was freed is no leak; other libraries do not have the function.
            ctypes.CDLL(None).malloc_trim(0)
    return same, kinds, process.memory_info().rss


def objects_kept():
    """How many objects of these kinds the playground may keep of what is over."""
    connections = ENDED + CLIENTS + UNFINISHED + KEPT
    # Those of a connection's handshake and its end, besides what is in the log.
    return {Connection: connections, Record: KEPT + 8 * connections, asyncio.Task: CLIENTS + 5}


def told_by(log, file):
    """The numbers of connections, of those with an end row, and of rows that the app received, in file and memory."""
    began, over, received = set(), set(), set()
    with file.open(encoding="utf-8") as lines:
        found = [line for line in map(json.loads, lines) if "kind" in line and not line.get("aside")]
    rows = {line["seq"] for line in found}
    for line in found:
        began |= {line["connection"]} if line["kind"] == "connect" else set()
        over |= {line["connection"]} if line["kind"] == "end" else set()
        received |= {line["seq"]} if line["kind"] == "receive" and "handler_at" in line else set()
    for record in log.records():
        began |= {record.connection_id} if record.kind == "connect" else set()
        over |= {record.connection_id} if record.kind == "end" else set()
        received |= {record.seq} if record.kind == "receive" and record.handler_at is not None else set()
    return len(rows), began, over, received


@pytest.fixture
def nothing_collected(monkeypatch):
    """Let pytest keep no log records, which would be most of what has grown, and nobody wait a minute for a witness."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.NullHandler()])
    monkeypatch.setattr(uvicorn_tap, "WITNESS_TIMEOUT", 1.0)


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_collected")
def test_after_all_that_everything_is_back_and_the_numbers_add_up(tmp_path, capfd):
    """Threads, tasks, sockets, files and memory; each row, each connection's end, each message that the app received."""
    threads = {one.name for one in threading.enumerate()}
    Counting.received = 0
    file = tmp_path / "soak.jsonl"
    app = Starlette(middleware=[Middleware(Counting)])
    with Playground(app, log_limit=KEPT, spill=file) as pg:
        # Little enough that it is full soon, and much the same whichever rows it holds.
        pg.log.limit_bytes = 2 * 2**20
        pg.edit("/soak", SOURCE.format(0))
        crowd = Crowd(pg)
        asyncio.run(crowd.run(crowd.filled))
        settle(pg)
        before, known, rss = held(pg)
        until = time.monotonic() + SECONDS
        asyncio.run(crowd.run(lambda: time.monotonic() > until))
        settle(pg)
        after, objects, rss_after = held(pg)
        grown = rss_after - rss
    counts = pg.log.counts
    written, began, over, received = told_by(pg.log, file)
    with capfd.disabled():
        print(
            f"\n{SECONDS:g} s: {counts.total} rows, {len(began)} connections, {Counting.received} messages received,"
            f" {crowd.edits} edits; {grown / 2**20:+.1f} MiB, to {rss_after / 2**20:.0f}; {dict(crowd.did)}"
        )

    assert after == before
    # Other tests may have left some in this process.
    more = {kind: count - known[kind] for kind, count in objects.items()}
    assert {kind: count for kind, count in more.items() if count > objects_kept()[kind]} == {}
    assert grown < GROWTH
    assert {one.name for one in threading.enumerate()} - threads <= {"playground-clients"}
    assert (counts.total, counts.dropped) == (counts.kept + counts.spilled, 0)
    assert written == counts.spilled
    assert over == began
    assert len(received) == Counting.received > 1000
    assert min(crowd.did.values()) > 3
