"""
Whatever a client and an app do to each other: they see what they see under bare uvicorn, and it can be recorded.

Both servers run in memory, on the same bytes in the same chunks, with an app that says the same.
"""

import asyncio
import json
import logging
import re

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from uvicorn import Config
from uvicorn.server import ServerState

from playground.record.asgi_tap import Tap
from playground.record.autopsy.autopsy import why
from playground.record.log import Log
from playground.record.recorder.server import Recorder
from playground.serve.protocols import protocols
from playground.ui.detail import detail_of
from playground.ui.rows import row_of

from .peers import CLOSE, close_payload, request

PAIRS = [(http, ws) for http in ("h11", "httptools") for ws in ("websockets-sansio", "wsproto")]

TURNS = 12
"""Turns of the loop after which nothing more follows from one step."""


class Memory(asyncio.Transport):
    """A transport without a socket, which keeps what is written to it."""

    def __init__(self):
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.written = b""
        self.protocol = None
        self.closed = False

    def set_protocol(self, protocol):
        self.protocol = protocol

    def get_protocol(self):
        return self.protocol

    def write(self, data):
        if not self.closed:
            self.written += data

    def pause_reading(self):
        """Take more all the same: whoever sends does not ask."""

    resume_reading = pause_reading

    def is_closing(self):
        return self.closed

    def close(self, error=None):
        if not self.closed:
            self.closed = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, error)

    abort = close


class App:
    """Does what it is told, in that order, and notes what comes of it."""

    def __init__(self):
        self.orders = asyncio.Queue()
        self.seen = []

    async def __call__(self, scope, receive, send):
        if scope["type"] not in ("websocket", "http"):
            return None
        self.seen.append((scope["type"], scope["path"], scope.get("query_string"), list(scope["headers"])))
        while True:
            what, value = await self.orders.get()
            if what == "return":
                return value
            if what == "raise":
                raise value
            try:
                self.seen.append(await (receive() if what == "receive" else send(value)))
            except Exception as error:
                self.seen.append(shown(error))


def shown(error):
    """Return an exception without addresses, which differ."""
    return re.sub("0x[0-9a-f]+", "0x…", f"{type(error).__name__}: {error}")


class Errors(logging.Handler):
    """Keeps the first line of what uvicorn and asyncio log as an error."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage().partition("\n")[0])


async def converse(steps, app, served, **options):
    """Go through the steps; return the bytes that the server sent, what the app saw, and what was logged."""
    errors = Errors()
    logger = logging.getLogger("uvicorn.error")
    logger.addHandler(errors)
    logger.propagate = False
    try:
        config = Config(served, lifespan="off", log_config=None, ws_ping_interval=None, **options)
        config.load()
        transport = Memory()
        protocol = transport.protocol = config.http_protocol_class(
            config=config, server_state=ServerState(), app_state={}
        )
        protocol.connection_made(transport)
        broken = []
        for kind, value in [*steps, ("leaves", None)]:
            if kind == "bytes" and not transport.closed:
                try:
                    transport.protocol.data_received(value)
                except Exception as error:
                    # As asyncio does: it logs the error, and ends the connection with it.
                    broken.append(shown(error))
                    transport.close(error)
            elif kind == "leaves":
                if not transport.closed:
                    transport.protocol.eof_received()
                transport.close()
            elif kind != "bytes":
                app.orders.put_nowait((kind, value))
            for _ in range(TURNS):
                await asyncio.sleep(0)
        return re.sub(rb"(?i)(date: )[^\r]*", rb"\1now", transport.written), app.seen, errors.lines, broken
    finally:
        logger.removeHandler(errors)
        logger.propagate = True
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()


def compare(steps, http, ws):
    """Assert that a conversation is the same with and without the playground, and return the log."""

    async def bare():
        app = App()
        return await converse(steps, app, app, http=http, ws=ws)

    async def recorded():
        app, log = App(), Log()
        recorder = Recorder(log)
        options = protocols(recorder, {"http": http, "ws": ws})
        return await converse(steps, app, Tap(lambda: app, recorder), **options), recorder

    plain = asyncio.run(bare())
    ours, recorder = asyncio.run(recorded())
    check_readable(recorder)

    assert [line for line in ours[2] if "could not record" in line] == []
    # What uvicorn leaves without an answer has one here; nothing else is different then.
    unanswered = not plain[0] and any(one.ending.unread for one in recorder.connections.values())
    assert ours[1:] == plain[1:]
    assert unanswered or ours[0] == plain[0]
    return recorder


def check_readable(recorder):
    """Read the log in every way there is."""
    log = recorder.log
    rows = log.rows()
    assert json.dumps([[row_of(log, row.record), detail_of(log, row)] for row in rows])
    written = [json.loads(line) for line in rows.to_jsonl().splitlines()]
    assert {one["seq"] for one in written if "kind" in one} == {row.seq for row in rows}
    assert not [one for one in written if "unwritable" in one]
    assert rows.to_mermaid() and rows.to_csv() and repr(rows) and repr(list(log))
    assert all(str(why(one)) for one in recorder.connections.values())
    for query in ("is:errors", "is:differ", "zzz", "/zz+/"):
        log.rows(query)


# What clients send

HEAD = request("/ws?a=1", "localhost")

PAYLOADS = st.binary(max_size=130) | st.sampled_from([b"", b"hi", "é".encode(), b"\xff", b"x" * 70_000])
OPCODES = st.integers(0, 15)
MASK = b"\x01\x02\x03\x04"


@st.composite
def frames(draw):
    """A frame, legal or not."""
    payload = draw(PAYLOADS)
    opcode = draw(st.sampled_from([0, 1, 2, 8, 9, 10]) | OPCODES)
    if opcode == CLOSE and draw(st.booleans()):
        payload = close_payload(draw(st.sampled_from([0, 999, 1000, 1001, 1005, 1006, 1015, 3000, 4000, 65535])))
        payload += draw(st.sampled_from([b"", b"bye", b"\xff", b"x" * 124]))
    fin = draw(st.sampled_from([0x80, 0x80, 0]))
    rsv = draw(st.sampled_from([0, 0, 0, 0x40, 0x20, 0x10]))
    size, masked = len(payload), draw(st.sampled_from([0x80, 0x80, 0x80, 0]))
    short = size if size < 126 else 126 if size < 2**16 else 127
    head = bytes([fin | rsv | opcode, masked | short]) + (
        size.to_bytes({126: 2, 127: 8}[short], "big") if short > 125 else b""
    )
    if masked:
        return head + MASK + bytes(byte ^ MASK[index % 4] for index, byte in enumerate(payload))
    return head + payload


STREAMS = st.lists(frames() | st.binary(max_size=20), max_size=5).map(b"".join)


def chunks(data, cuts):
    """Return bytes in pieces."""
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [("bytes", data[start:end]) for start, end in zip(places, places[1:], strict=False) if start < end]


# What apps say

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.text(min_size=124, max_size=130),
    st.binary(max_size=20),
    st.binary(max_size=5).map(bytearray),
    st.lists(st.tuples(st.binary(max_size=5), st.binary(max_size=5)), max_size=2),
    st.sampled_from([1000, 1005, 1006, 999, 3000, 4000, 101, 200, 404, KeyError("x"), object]),
)
TYPES = st.sampled_from(
    ["websocket.accept", "websocket.send", "websocket.close", "websocket.http.response.start",
     "websocket.http.response.body", "http.response.start", "http.response.body"]
)  # fmt: skip
NAMES = ["text", "bytes", "code", "reason", "status", "headers", "body", "more_body", "subprotocol"]
MESSAGES = (
    st.builds(
        lambda kind, rest: {"type": kind, **rest}, TYPES | VALUES, st.dictionaries(st.sampled_from(NAMES), VALUES)
    )
    | st.builds(lambda rest: rest, st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=2))
    | VALUES
)
LIKELY = st.sampled_from(
    [
        {"type": "websocket.accept"},
        {"type": "websocket.send", "text": "yo"},
        {"type": "websocket.send", "bytes": b"yo"},
        {"type": "websocket.close", "code": 4000, "reason": "done"},
        {"type": "websocket.close"},
        {"type": "websocket.http.response.start", "status": 401, "headers": []},
        {"type": "websocket.http.response.body", "body": b"no"},
    ]
)
ORDERS = st.one_of(
    st.just(("receive", None)),
    st.just(("receive", None)),
    st.builds(lambda message: ("send", message), LIKELY),
    st.builds(lambda message: ("send", message), MESSAGES),
    st.builds(lambda value: ("return", value), st.sampled_from([None, None, 0, "done", False])),
    st.just(("raise", ValueError("no"))),
)

BOUNDED = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
    phases=[Phase.explicit, Phase.generate],
)


@pytest.mark.parametrize(("http", "ws"), PAIRS)
@given(
    stream=STREAMS,
    cuts=st.lists(st.integers(0, 10_000), max_size=5),
    orders=st.lists(ORDERS, max_size=6),
    data=st.data(),
)
@BOUNDED
def test_any_frames_at_any_point(http, ws, stream, cuts, orders, data):
    """Cut anywhere, before and after whatever the app says."""
    pieces = chunks(HEAD + stream, cuts)
    steps = []
    while pieces or orders:
        first = not orders or (pieces and data.draw(st.booleans()))
        steps.append(pieces.pop(0) if first else orders.pop(0))
    compare(steps, http, ws)


@pytest.mark.parametrize(("http", "ws"), PAIRS)
@given(messages=st.lists(MESSAGES, min_size=1, max_size=4), accepts=st.booleans(), end=ORDERS)
@example(messages=[{"type": "websocket.close", "code": True}], accepts=True, end=("receive", None))
@example(messages=[{"text": "no type"}, None, []], accepts=True, end=("return", 1))
@example(messages=[{"type": "websocket.accept"}, {"type": "websocket.accept"}], accepts=True, end=("receive", None))
@BOUNDED
def test_any_messages_of_an_app(http, ws, messages, accepts, end):
    """It is told what bare uvicorn tells it, and its client too."""
    steps = [("bytes", HEAD), ("receive", None)]
    steps += [("send", {"type": "websocket.accept"})] if accepts else []
    steps += [("send", message) for message in messages]
    compare([*steps, end], http, ws)


@pytest.mark.parametrize(("http", "ws"), PAIRS)
@given(
    target=st.binary(max_size=12),
    headers=st.lists(st.tuples(st.binary(max_size=12), st.binary(max_size=12)), max_size=3),
    cuts=st.lists(st.integers(0, 400), max_size=3),
)
@BOUNDED
def test_any_bytes_in_a_request(http, ws, target, headers, cuts):
    """Read or refused as by bare uvicorn."""
    head = HEAD.replace(b"/ws?a=1", b"/" + target)[:-2]
    head += b"".join(name + b": " + value + b"\r\n" for name, value in headers) + b"\r\n"
    compare([*chunks(head, cuts), ("receive", None), ("send", {"type": "websocket.accept"})], http, ws)


@pytest.mark.parametrize(("http", "ws"), PAIRS)
@given(garbage=st.binary(min_size=1, max_size=200), cuts=st.lists(st.integers(0, 200), max_size=3))
@BOUNDED
def test_any_bytes_instead_of_a_request(http, ws, garbage, cuts):
    """Whatever it is."""
    compare(chunks(garbage, cuts), http, ws)


def test_the_app_of_these_tests_is_served():
    """So that the comparisons above compare something."""
    text = b"\x81\x82" + MASK + bytes(byte ^ MASK[index] for index, byte in enumerate(b"hi"))
    steps = [("bytes", HEAD), ("receive", None), ("send", {"type": "websocket.accept"}), ("bytes", text)]
    steps += [("receive", None), ("send", {"type": "websocket.send", "text": "yo"})]
    for http, ws in PAIRS:
        log = compare(steps, http, ws).log
        assert [row.data for row in log.rows("kind:receive,send")] == ["hi", "yo"]
