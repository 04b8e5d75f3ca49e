"""The bytes that rows and connections tell of are those that travelled, as a relay in between counts them."""

import random

import pytest
from websockets.sync.client import connect

from playground import Playground

from .peers import CLOSE, CONT, KEY, PING, TEXT, Peer, Relay, close_payload, frame, request

ECHO = """
class Echo(WebSocketEndpoint):
    async def on_receive(self, websocket, data):
        if isinstance(data, str):
            await websocket.send_text(data)
        else:
            await websocket.send_bytes(data)
"""

NOISE = random.Random(7).randbytes(70_000)
"""What no compression makes smaller."""

CLOSE_FRAME = frame(CLOSE, close_payload(1000))


@pytest.fixture(params=["asyncio", "uvloop"])
def loop(request):
    """An event loop that uvicorn may run on."""
    pytest.importorskip(request.param)
    return request.param


@pytest.fixture
def echo(loop):
    """A server that echoes text and bytes."""
    with Playground(loop=loop) as pg:
        pg.edit("/echo", ECHO)
        yield pg


def converse(url, *, messages, **options):
    """Hold a conversation as another library does, and close it with a code and a reason."""
    with connect(f"{url}/echo", proxy=None, max_size=None, **options) as websocket:
        for message in messages:
            websocket.send(message)
            whole = message if isinstance(message, str | bytes) else type(message[0])().join(message)
            assert websocket.recv(timeout=60) == whole
            assert websocket.ping().wait(60)
        websocket.close(4001, "enough")


def recorded(pg):
    """Return the last connection and its rows, once it has ended."""
    connection = pg.connections[-1]
    pg.log.wait_for("end", f"connection:{connection.id}")
    return connection, pg.log.rows(f"connection:{connection.id}")


def in_rows(rows):
    """Return the bytes that rows tell of, in and out; an answer travelled the other way."""
    sums = {"in": 0, "out": 0}
    for row in rows:
        if row.wire_size and row.direction:
            answer = row.record.answer[2] if row.record.answer else 0
            sums[row.direction] += row.wire_size - answer
            sums["out" if row.direction == "in" else "in"] += answer
    return sums["in"], sums["out"]


def check(pg, relay):
    connection, rows = recorded(pg)
    counts = relay.counts()

    assert (connection.bytes_in, connection.bytes_out) == counts
    assert in_rows(rows) == counts
    return rows


CONVERSATIONS = {
    "text and bytes": ["hello", "hé", b"\x00\xff", "", b""],
    "of every length of header": ["x" * 125, "x" * 126, b"x" * 65_535, b"x" * 65_536],
    "in fragments": [["frag", "men", "ted"], [b"by", b"", b"tes"], ["x" * 200, "y" * 70_000]],
    "large, and not to be compressed": [NOISE, NOISE[:1000]],
    "large, and compressed well": ["wow " * 17_500, '{"say": "hello"}' * 300],
}


@pytest.mark.parametrize("compression", ["deflate", None])
@pytest.mark.parametrize("name", CONVERSATIONS)
def test_bytes_are_those_that_a_relay_counts(echo, name, compression):
    """Of a connection in all, and of its rows together, with pings and their pongs, the handshake and the close."""
    with Relay(echo.url) as relay:
        converse(relay.url, messages=CONVERSATIONS[name], compression=compression)
        rows = check(echo, relay)

    messages = [row for row in rows if row.kind in ("receive", "send")]
    assert len(messages) == 2 * len(CONVERSATIONS[name])
    assert {one.frame.rsv1 for row in messages for one in row.events if one.kind == "frame" and one.frame.opcode} == {
        compression == "deflate"
    }


@pytest.mark.parametrize("cut", [0, 1])
def test_however_a_stream_is_cut_its_rows_are_the_same(loop, cut):
    """In random pieces, or one byte at a time."""
    messages = ["hello", "x" * 300, ["frag", "men", "ted"], NOISE[:2000], b"", "wow " * 100]
    shown = []
    with Playground(loop=loop) as pg:
        pg.edit("/echo", ECHO)
        for size in (None, cut):
            with Relay(pg.url, cut=size) as relay:
                converse(relay.url, messages=messages)
                rows = check(pg, relay)
                shown.append([described(row) for row in rows])

    assert shown[0] == shown[1]


def described(row):
    """Return what of a row does not depend on ports, times and masks."""
    handshake = row.kind in ("connect", "accept")
    frames = [(one.frame.name, one.frame.fin, one.frame.size) for one in row.events if one.frame]
    kinds = [event.kind for event in row.events]
    return row.kind, row.direction, row.code, row.agree, row.saw, frames, kinds, None if handshake else row.data


def odd_handshake(path, host):
    """Return a request as a program written by hand may send it."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"hOSt:   {host}  ",
        "UPGRADE: WebSocket",
        "connection:keep-alive,   Upgrade",
        f"SEC-WEBSOCKET-KEY:\t{KEY}",
        "sec-websocket-version:     13",
        "X-Empty:",
        "x-odd: a: b",
        *(f"X-Filler-{number}: {'x' * 90}" for number in range(60)),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@pytest.mark.parametrize("cut", [None, 0, 1])
@pytest.mark.parametrize(
    "http",
    [
        "auto",
        "h11",
        "httptools",
    ],
)
def test_a_handshake_is_counted_as_it_came(loop, http, cut):
    """uvicorn writes it anew for its WebSocket protocol, with other bytes."""
    with Playground(loop=loop, http=http) as pg, Relay(pg.url, cut=cut) as relay:
        pg.edit("/echo", ECHO)
        with Peer(relay.url, "/echo", head=odd_handshake("/echo?a=%20b", relay.url[5:])) as peer:
            assert peer.status == 101
            peer.send(TEXT, b"hi")
            assert peer.frame() == (TEXT, b"hi")
            peer.socket.sendall(CLOSE_FRAME)
            peer.rest()
        rows = check(pg, relay)
        request = rows[0].events[0]

    assert (request.kind, request.data) == ("wire_request", "GET /echo?a=%20b HTTP/1.1")
    assert ("SEC-WEBSOCKET-KEY", KEY) in request.headers
    assert ("x-odd", "a: b") in request.headers


def test_what_comes_together_is_told_apart(echo):
    """A ping in the middle of a message, two messages and the close in one piece."""
    together = [
        frame(TEXT, b"one"),
        frame(TEXT, b"tw", fin=False),
        frame(PING, b"p"),
        frame(CONT, b"o"),
        frame(TEXT, b"three"),
    ]
    with Relay(echo.url) as relay:
        with Peer(relay.url, "/echo") as peer:
            peer.socket.sendall(b"".join(together))
            echo.log.wait_for("send", "three")
            peer.socket.sendall(CLOSE_FRAME)
            peer.rest()
        rows = check(echo, relay)

    assert [row.data for row in rows if row.kind == "receive"] == ["one", "two", "three"]
    assert [[e.frame.name for e in row.events if e.frame] for row in rows if row.kind == "receive"] == [
        ["TEXT"],
        ["TEXT", "CONT"],
        ["TEXT"],
    ]


def test_what_a_cut_connection_leaves_is_told_with_its_end(echo):
    """A frame that did not end is a message that never came, and the end's account has it too."""
    whole = frame(TEXT, b"whole")
    with Relay(echo.url) as relay, Peer(relay.url, "/echo") as peer:
        peer.socket.sendall(whole + frame(TEXT, b"x" * 500)[:100])
        peer.fin()
        peer.rest()
        connection, rows = recorded(echo)
        counts = relay.counts()

    cut = connection.ending.cut
    assert (connection.bytes_in, connection.bytes_out) == counts
    assert cut.size == 100
    assert in_rows(rows) == counts
    assert [(row.wire_size, row.saw) for row in rows if row.kind == "receive"][-1] == (cut.size, "-10")


def test_the_servers_pings_are_counted_in_their_own_direction(loop):
    """And the client's pongs in theirs."""
    with Playground(loop=loop, ws_ping_interval=0.1) as pg, Relay(pg.url) as relay:
        pg.edit("/echo", ECHO)
        with connect(f"{relay.url}/echo", proxy=None) as websocket:
            pg.log.wait_for("pong", "dir:in")
            websocket.close()
        rows = check(pg, relay)

    ping = next(row for row in rows if row.kind == "ping")
    assert (ping.direction, ping.wire_size) == ("out", 6 + 10)
    assert ping.duration is not None


def test_a_refused_handshake_is_counted_too(loop):
    """Its answer has a body."""
    with Playground(loop=loop) as pg, Relay(pg.url) as relay:
        with Peer(relay.url, "/nowhere") as peer:
            assert peer.status == 403
            peer.rest()
        check(pg, relay)


def test_a_very_long_handshake_is_counted_whole(echo):
    """Cookies may be long; what is kept of it begins with its first line."""
    with Relay(echo.url) as relay:
        cookies = {f"Cookie{number}": "x" * 6000 for number in range(4)}
        with Peer(relay.url, "/echo", head=request("/echo", relay.url[5:], **cookies)) as peer:
            peer.socket.sendall(CLOSE_FRAME)
            peer.rest()
        connection, rows = recorded(echo)
        counts = relay.counts()

    assert (connection.bytes_in, connection.bytes_out) == counts
    assert rows[0].events[0].data == "GET /echo HTTP/1.1"


def test_an_unfinished_message_is_told_too(echo):
    """Its frames did travel."""
    with Relay(echo.url) as relay:
        with Peer(relay.url, "/echo") as peer:
            peer.send(TEXT, b"abc", fin=False)
            peer.send(CONT, b"de", fin=False)
            peer.fin()
            peer.rest()
        check(echo, relay)


def test_a_second_close_frame_is_told_too(echo):
    """Nobody should send one."""
    with Relay(echo.url) as relay:
        with Peer(relay.url, "/echo") as peer:
            peer.socket.sendall(CLOSE_FRAME * 2)
            peer.rest()
        check(echo, relay)
