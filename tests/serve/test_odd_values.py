"""An app that gives values of another type: it and its client see what a bare uvicorn does, and the log stays readable."""

import asyncio
import contextlib
import http
import json
import re
import threading
from enum import Enum, IntEnum

import pytest
import uvicorn
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from playground import ConnectFailed, ConnectionEnded, Playground
from playground.record.log import Log
from playground.record.spill import SpillFile
from playground.ui.calls import Calls
from playground.ui.rows import row_of


class Loud:
    """Raises whenever it is looked at."""

    def __repr__(self):
        raise RuntimeError("do not look at me")

    __str__ = __bool__ = __len__ = __index__ = __iter__ = __repr__


class Text(str):
    """A text that raises whenever it is looked at."""

    __repr__ = __str__ = __bool__ = __len__ = encode = Loud.__repr__


class Huge:
    """Is written as megabytes."""

    def __repr__(self):
        return "x" * 3_000_000


class Code(IntEnum):
    MINE = 4001


class Name(Enum):
    MINE = "mine"


class Broken(Exception):
    __str__ = Loud.__repr__


def raises(error):
    raise error


VALUES = {
    "error": lambda: KeyError("x"),
    "none": lambda: None,
    "bytes": lambda: b"\xff",
    "int": lambda: 4002,
    "text": lambda: "4003",
    "float": lambda: 4004.0,
    "bool": lambda: True,
    "enum": lambda: Name.MINE,
    "int enum": lambda: Code.MINE,
    "huge int": lambda: 10**30,
    "negative": lambda: -1,
    "str subclass": lambda: Text("text"),
    "bytearray": lambda: bytearray(b"ab"),
    "memoryview": lambda: memoryview(b"ab"),
    "list": lambda: [1],
    "loud": Loud,
    "huge": Huge,
    "long": lambda: "x" * 100_000,
}

ACCEPT = {"type": "websocket.accept"}
CASES = {}
for _name, _make in VALUES.items():
    CASES[f"reason {_name}"] = lambda make=_make: [ACCEPT, {"type": "websocket.close", "code": 4000, "reason": make()}]
    CASES[f"code {_name}"] = lambda make=_make: [ACCEPT, {"type": "websocket.close", "code": make(), "reason": "r"}]
    CASES[f"text {_name}"] = lambda make=_make: [ACCEPT, {"type": "websocket.send", "text": make()}]
    CASES[f"bytes {_name}"] = lambda make=_make: [ACCEPT, {"type": "websocket.send", "bytes": make()}]
    CASES[f"subprotocol {_name}"] = lambda make=_make: [{"type": "websocket.accept", "subprotocol": make()}]
    CASES[f"headers {_name}"] = lambda make=_make: [{"type": "websocket.accept", "headers": make()}]
    CASES[f"status {_name}"] = lambda make=_make: [
        {"type": "websocket.http.response.start", "status": make(), "headers": []},
        {"type": "websocket.http.response.body", "body": b"no"},
    ]
    CASES[f"type {_name}"] = lambda make=_make: [ACCEPT, {"type": make()}]
CASES |= {
    "text and bytes": lambda: [ACCEPT, {"type": "websocket.send", "text": "text", "bytes": b"bytes"}],
    "nothing, then text": lambda: [
        ACCEPT,
        {"type": "websocket.send", "text": None},
        {"type": "websocket.send", "text": "a"},
    ],
    "headers iterator": lambda: [{"type": "websocket.accept", "headers": iter([(b"x-odd", b"1")])}],
    "headers of text": lambda: [{"type": "websocket.accept", "headers": [("x-odd", "1")]}],
    "headers of three": lambda: [{"type": "websocket.accept", "headers": [(b"x", b"y", b"z")]}],
    "status enum": lambda: [
        {"type": "websocket.http.response.start", "status": http.HTTPStatus.IM_A_TEAPOT, "headers": []},
        {"type": "websocket.http.response.body", "body": b"tea"},
    ],
    "unknown type": lambda: [ACCEPT, {"type": "websocket.bogus"}],
    "unknown type first": lambda: [{"type": "websocket.bogus"}],
    "receive": lambda: [ACCEPT, {"type": "websocket.receive", "text": "a"}],
    "raises loudly": lambda: [ACCEPT, lambda: raises(Broken())],
    "raises at length": lambda: [ACCEPT, lambda: raises(ValueError("x" * 3_000_000))],
}
# An HTTP status below 200 keeps a client waiting for another answer, with and without us.
del CASES["status bool"]


class App:
    """Says what a case says, and notes what came of it: each error, and what it was told in the end."""

    def __init__(self):
        self.seen = {}
        self.done = {name: threading.Event() for name in CASES}

    async def __call__(self, scope, receive, send):
        if scope["type"] != "websocket":
            return
        name = scope["query_string"].decode().replace("%20", " ")
        try:
            await self.converse(name, receive, send)
        finally:
            self.done[name].set()

    async def converse(self, name, receive, send):
        seen = self.seen[name] = []
        await receive()
        failed = None
        for message in CASES[name]():
            try:
                message() if callable(message) else await send(message)
            except BaseException as error:
                seen.append(error_of(error))
                failed = error
        if failed is not None and not name.startswith(("reason", "code")):
            raise failed
        with contextlib.suppress(Exception):
            await send({"type": "websocket.close", "code": 4999, "reason": "done"})
        message = await receive()
        seen.append((type(message.get("code")).__name__, type(message.get("reason")).__name__))


def error_of(error):
    try:
        # An object's address is another one each time.
        return re.sub("0x[0-9a-f]+", "0x…", f"{type(error).__name__}: {str(error)[:1000]}")
    except RuntimeError:
        return type(error).__name__


def conversation(url, case):
    """Return what a client is told: the messages, then code and reason; or the status of a refusal."""
    told = []
    try:
        with connect(f"{url}/?{case.replace(' ', '%20')}", max_size=None, compression=None) as ws:
            told.append((ws.response.headers.get("x-odd"), ws.response.headers.get("sec-websocket-protocol")))
            while True:
                told.append(ws.recv(timeout=60))
    except ConnectionClosed as ended:
        close = ended.rcvd
        return [*told, close and (close.code, close.reason)]
    except InvalidHandshake as refused:
        response = getattr(refused, "response", None)
        return [*told, type(refused).__name__, response and (response.status_code, response.body)]


class Bare(uvicorn.Server):
    """The server without us, on a thread."""

    def __init__(self, app, **options):
        super().__init__(uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=1, **options))
        self.ready = threading.Event()

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self.ready.set()

    def __enter__(self):
        self.thread = threading.Thread(target=asyncio.run, args=(self.serve(),))
        self.thread.start()
        assert self.ready.wait(60)
        self.url = f"ws://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *_):
        self.should_exit = True
        self.thread.join(60)


UNANSWERED = ("reason str subclass", "reason loud")
"""Cases after which wsproto, with and without us, neither closes nor answers, so that a client waits for its own ping."""

PAIRS = [("websockets-sansio", case) for case in CASES]
PAIRS += [("wsproto", case) for case in CASES if case not in UNANSWERED]


@pytest.fixture(scope="module")
def both(request):
    """A bare uvicorn and a playground with an app each that does the same."""
    bare_app, our_app = App(), App()
    with Bare(bare_app, ws=request.param) as bare, Playground(our_app, ws=request.param) as pg:
        yield bare, bare_app, pg, our_app


@pytest.mark.parametrize(("both", "case"), PAIRS, indirect=["both"])
def test_client_and_app_see_what_they_see_under_bare_uvicorn(both, case):
    """The client's messages, headers and close code; the app's errors and its disconnect message."""
    bare, bare_app, pg, our_app = both

    ours, theirs = conversation(pg.url, case), conversation(bare.url, case)
    assert our_app.done[case].wait(60)
    assert bare_app.done[case].wait(60)

    assert ours == theirs
    assert our_app.seen[case] == bare_app.seen[case]


@pytest.fixture(scope="module")
def told():
    """A playground in which our own client went through every case."""
    with Playground(App()) as pg:
        for case in CASES:
            talk(pg, case)
        yield pg


def talk(pg, case):
    """Have our own client go through a case, to its end."""
    since = pg.log.total
    with (
        contextlib.suppress(ConnectFailed, ConnectionEnded),
        pg.connect(f"/?{case.replace(' ', '%20')}", name=case) as client,
    ):
        while True:
            client.receive(timeout=60)
    pg.log.wait_for("end", since=since, timeout=60)


READERS = {
    "rows": lambda pg, rows: [pg.log.rows(query) for query in ("", "is:errors", "is:differ", "zzz", "/zz+/", "json.a=1")],
    "filter": lambda pg, rows: [list(pg.log.filter(query)) for query in ("", "is:errors", "zzz", "code:4000")],
    "repr": lambda pg, rows: (repr(rows), repr(pg.log.filter()), [repr(one) for one in pg.log], repr(pg.connections)),
    "jsonl": lambda pg, rows: [json.loads(line) for line in rows.to_jsonl().splitlines()],
    "csv": lambda pg, rows: rows.to_csv().encode(),
    "mermaid": lambda pg, rows: rows.to_mermaid().encode(),
    "pandas": lambda pg, rows: repr(pg.log.to_pandas()),
    "wait_for": lambda pg, rows: [pg.log.wait_for(kind, "-zzz") for kind in ("end", "close", "send", "accept", "error")],
    "why": lambda pg, rows: [str(pg.why(one)) for one in pg.connections],
    "panel": lambda pg, rows: json.dumps([row_of(pg.log, row.record) for row in rows]),
    "detail": lambda pg, rows: json.dumps([Calls(pg).detail(row.seq) for row in rows]),
}  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
def test_the_log_stays_readable(told, reader):
    """By everything that reads it; nothing of what is read is megabytes long but what travelled."""
    rows = told.log.rows()
    made = READERS[reader](told, rows)

    assert made
    assert len(rows) > len(CASES) * 3


def test_every_record_holds_plain_values(told):
    """Exactly str, bytes and int: made so where they enter."""
    odd = set()
    for record in told.log.records():
        for name in ("data", "client_data", "reason", "client_reason", "error", "traceback", "code", "client_code"):
            value = getattr(record, name)
            if type(value) not in (str, bytes, int, type(None)):
                odd.add((name, type(value)))
            assert not isinstance(value, str) or name == "data" or len(value) < 50_000
    codes = [one.ending.handler_told.code for one in told.connections if one.ending.handler_told]

    assert odd == set()
    assert {type(code) for code in codes} <= {int, type(None)}


@pytest.mark.parametrize(
    ("case", "kind", "expected"),
    [
        ("reason error", "close", (4000, "KeyError('x')")),
        ("code text", "close", (None, "r (close code given: '4003')")),
        ("code int enum", "close", (4001, "r")),
        ("text and bytes", "send", (None, "text was given too, and is not sent: 'text'")),
        ("status text", "refuse", (None, "HTTP status given: '4003'")),
    ],
)
def test_what_was_given_is_not_lost(told, case, kind, expected):
    """A code that is none is told in the reason; so is what was given beside or instead of something."""
    row = told.log.rows(f'client:"{case}" kind:{kind}')[0]

    assert (row.record.code, row.record.reason) == expected


def test_a_message_without_a_payload_does_not_take_the_next_ones_frame(told):
    """Nothing was sent for it, so the frame on the wire belongs to the message after it."""
    empty, full = told.log.rows('client:"nothing, then text" kind:send')

    assert (empty.data, empty.wire_size) == (None, None)
    assert (full.data, full.agree) == ("a", True)
    assert full.saw == "111"


def test_the_spill_file_holds_every_row(tmp_path):
    """Each with its own line, none of them a line that says it could not be written."""
    file = tmp_path / "log.jsonl"
    with Playground(App(), log_limit=1, spill=file) as pg:
        for case in CASES:
            talk(pg, case)
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    counts = pg.log.counts

    assert counts.dropped == 0
    assert {line["seq"] for line in lines if "seq" in line and not line.get("aside")} == set(
        range(1, counts.spilled + 1)
    )
    assert not [line for line in lines if "unwritable" in line]


def test_a_row_that_cannot_be_written_costs_only_itself(tmp_path):
    """Its line says so with its number, and the thread goes on."""
    log = Log(limit=0)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero).start()
    for number in range(5):
        record = log.note("log", data=str(number))
        if number == 2:
            record.error = object()
    log.trim()
    assert spill.flush()
    log.note("log", data="later")
    log.trim()
    spill.close()
    _, *lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text("utf-8").splitlines()]

    assert [line["seq"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert [line["seq"] for line in lines if "unwritable" in line] == [3]
    assert lines[2]["unwritable"]["error"].startswith("<object object")
    assert (log.counts.spilled, log.counts.dropped, spill.failure) == (6, 0, None)
