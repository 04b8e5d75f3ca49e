"""Frames that come with a handshake, before its answer and after it: served as uvicorn serves them, and recorded."""

import asyncio
import contextlib
import logging
import re
import socket
import threading

import pytest
from uvicorn import Config, Server

from playground import Playground
from playground.record.frames import Frame
from playground.record.recorder import Recorder
from playground.serve import uvicorn_tap as wire
from playground.serve.uvicorn_tap import TappedProtocol

from .peers import BINARY, CLOSE, CONT, PING, PONG, TEXT, TIMEOUT, close_payload, frame, request

SEEN = frame(PING, b"seen")
"""Sent after a frame: its pong tells that the server has read both."""

SEEN_PONG = frame(PONG, b"seen", masked=False)

LAST, LAST_ECHO = frame(TEXT, b"last"), frame(TEXT, b"last", masked=False)

BYE = frame(CLOSE, close_payload(1000, "bye"))

FRAMES = {
    "text": [frame(TEXT, b"hello")],
    "empty text": [frame(TEXT)],
    "text that is not UTF-8": [frame(TEXT, b"\xff")],
    "binary": [frame(BINARY, b"\x00\x01")],
    "long binary": [frame(BINARY, b"x" * 20_000)],
    "two messages": [frame(TEXT, b"one"), frame(BINARY, b"two")],
    "the beginning of a message": [frame(TEXT, b"be", fin=False)],
    "a message in two frames": [frame(TEXT, b"be", fin=False), frame(CONT, b"gin")],
    "a ping in a message": [frame(TEXT, b"be", fin=False), frame(PING, b"p"), frame(CONT, b"gin")],
    "continuation": [frame(CONT, b"of nothing")],
    "ping": [frame(PING, b"p")],
    "empty ping": [frame(PING)],
    "two pings": [frame(PING, b"p"), frame(PING, b"p")],
    "ping and close": [frame(PING, b"p"), frame(CLOSE, close_payload(1000))],
    "ping and a reserved opcode": [frame(PING, b"p"), frame(0x3)],
    "pong": [frame(PONG, b"p")],
    "close": [frame(CLOSE, close_payload(4000, "bye"))],
    "close without a code": [frame(CLOSE)],
    "close that is none": [frame(CLOSE, b"\x03")],
    "reserved opcode": [frame(0x3, b"x")],
    "reserved control opcode": [frame(0xB, b"x")],
    "unmasked text": [frame(TEXT, b"hello", masked=False)],
    "unmasked ping": [frame(PING, b"p", masked=False)],
}


class App:
    """Answers the handshake when it is allowed to, and echoes."""

    def __init__(self):
        self.allowed = threading.Semaphore(0)
        self.asked = threading.Semaphore(0)
        self.ended = threading.Semaphore(0)
        self.happened = []

    async def __call__(self, scope, receive, send):
        """Serve a connection; `happened` tells what this saw of it."""
        if scope["type"] != "websocket":
            return
        self.happened = happened = []
        try:
            happened.append(await receive())
            self.asked.release()
            await asyncio.to_thread(self.allowed.acquire)
            await send(ANSWERS[scope["path"]][0])
            for message in ANSWERS[scope["path"]][1:]:
                await send(message)
            while happened[-1]["type"] != "websocket.disconnect":
                happened.append(await receive())
                if happened[-1]["type"] == "websocket.receive":
                    await send({**happened[-1], "type": "websocket.send"})
        except BaseException as error:
            happened.append(repr(error))
            raise
        finally:
            self.ended.release()


ANSWERS = {
    "/accepts": [{"type": "websocket.accept", "headers": [(b"x-own", b"yes")]}],
    "/refuses": [{"type": "websocket.close", "code": 4401}],
    "/answers": [
        {"type": "websocket.http.response.start", "status": 401, "headers": []},
        {"type": "websocket.http.response.body", "body": b"who are you?"},
    ],
}


class Bare(Server):
    """uvicorn on a thread, and nothing else."""

    def __init__(self, app, **options):
        super().__init__(Config(app, port=0, lifespan="off", log_config=None, **options))
        self.ready = threading.Event()

    async def startup(self, sockets=None):
        """Tell the port."""
        await super().startup(sockets)
        self.port = self.servers[0].sockets[0].getsockname()[1]
        self.ready.set()

    def __enter__(self):
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        assert self.ready.wait(TIMEOUT)
        return self

    def __exit__(self, *_):
        self.should_exit = True
        self.thread.join()


class Talk:
    """A client's side of one conversation: the bytes it sent and read."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.sent = self.read = b""

    def send(self, data):
        """Send bytes in one piece; a server that is gone takes none."""
        self.sent += data
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(data)

    def read_until(self, marks):
        """Read until the bytes are there, and return True; False where the stream ends before."""
        while marks not in self.read:
            try:
                data = self.socket.recv(65_536)
            except ConnectionError:
                return False
            if not data:
                return False
            self.read += data
        return True

    def rest(self):
        """Read to the end of the stream."""
        while self.read_until(b"no such bytes"):
            pass
        self.socket.close()


def together(app, talk, head, frames):
    """Send them with the handshake's request, in one chunk."""
    app.allowed.release()
    talk.send(head + frames)
    assert app.asked.acquire(timeout=TIMEOUT)
    return talk.read_until(b"\r\n\r\n")


def before(app, talk, head, frames):
    """Send them before the app has answered the handshake."""
    talk.send(head)
    assert app.asked.acquire(timeout=TIMEOUT)
    talk.send(frames + SEEN)
    goes_on = talk.read_until(SEEN_PONG)
    app.allowed.release()
    return goes_on


def after(app, talk, head, frames):
    """Send them as soon as the handshake is answered."""
    app.allowed.release()
    talk.send(head)
    assert app.asked.acquire(timeout=TIMEOUT)
    assert talk.read_until(b"\r\n\r\n")
    talk.send(frames + SEEN)
    return talk.read_until(SEEN_PONG)


MOMENTS = [together, before, after]


def converse(server_port, app, moment, frames, path="/accepts"):
    """Hold one conversation; return the client's side of it."""
    talk = Talk(server_port)
    if moment(app, talk, request(path, "host"), b"".join(frames)) and path == "/accepts":
        assert talk.read_until(b"\r\n\r\n")
        talk.send(LAST)
        if talk.read_until(LAST_ECHO):
            talk.send(BYE)
    talk.rest()
    assert app.ended.acquire(timeout=TIMEOUT)
    return talk


def undated(data):
    """Return bytes without the time of day."""
    return re.sub(rb"(?i)(date: )[^\r]*", rb"\1now", data)


def cut(data):
    """Return the frames in a stream of whole ones, each as its first bytes and its size."""
    frames = []
    while data:
        short, masked = data[1] & 0x7F, data[1] >> 7
        size = 6 if masked else 2
        size += short if short < 126 else 2 + int.from_bytes(data[2:4], "big")
        frames.append((data[: min(size, 64)], size))
        data = data[size:]
    return sorted(frames)


def on_the_wire(pg, direction):
    """Return the frames in the log that went that way."""
    seen = []
    for row in pg.log.rows():
        record = row.record
        other = {"in": "out", "out": "in"}.get(row.direction)
        seen += [Frame(*one) for one in record.frames if row.direction == direction]
        seen += [Frame(*record.answer)] if record.answer and other == direction else []
    return seen


def faults(caplog, pg=None):
    """Return what was logged as an error since the last time, also what a playground keeps; what an app raised aside."""
    logged = [one.getMessage().partition("\n")[0] for one in caplog.records if one.levelno >= logging.ERROR]
    caplog.clear()
    if pg:
        logged += [row.record.data for row in pg.log.rows("kind:log") if row.record.error]
    return sorted(one for one in logged if "ASGI application" not in one)


class Both:
    """A bare uvicorn and a playground that serve the same app."""

    def __init__(self, http):
        self.apps = App(), App()
        self.bare = Bare(self.apps[0], http=http)
        self.pg = Playground(self.apps[1], http=http)

    def converse(self, caplog, moment, frames, path="/accepts"):
        """Hold a conversation with each; return both clients' sides, and the connection as the playground has it."""
        self.pg.log.clear()
        plain = converse(self.bare.port, self.apps[0], moment, frames, path)
        plain_faults = faults(caplog)
        tapped = converse(self.pg.port, self.apps[1], moment, frames, path)
        self.pg.log.wait_for("end")
        assert self.apps[1].happened == self.apps[0].happened
        assert faults(caplog, self.pg) == plain_faults
        return plain, tapped, self.pg.connections[-1]


@pytest.fixture(scope="module", params=["h11", "httptools"])
def both(request):
    """Both servers, over each of uvicorn's HTTP protocols."""
    servers = Both(request.param)
    with servers.bare, servers.pg:
        yield servers


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_around_the_handshake_is_served_and_recorded(caplog, both, moment, name):
    """The client reads what it reads from bare uvicorn, the app is told the same, and the log has every byte once."""
    plain, tapped, connection = both.converse(caplog, moment, FRAMES[name])
    asked, answered = connection.request, connection.response
    head = request("/accepts", "host")
    # After text that is not UTF-8 uvicorn answers the ping, and reads no more.
    unread = LAST if name == "text that is not UTF-8" and moment is after else b""
    early, version, rest = tapped.read.partition(b"HTTP/1.1")
    answer, blank, late = rest.partition(b"\r\n\r\n")
    answer = version + answer + blank
    taken = tapped.sent.removesuffix(unread)

    assert undated(tapped.read) == undated(plain.read)
    assert (connection.bytes_in, connection.bytes_out) == (len(taken), len(tapped.read))
    assert (asked.wire, asked.head_size) == (head, len(head))
    assert (answered.wire or b"", answered.head_size) == (answer, len(answer))
    assert sorted(one[1:] for one in on_the_wire(both.pg, "in")) == cut(taken[len(head) :])
    out = on_the_wire(both.pg, "out")
    assert sorted(one[1:] for one in out) == cut(early + late)
    if answer:
        assert sorted(one[1:] for one in out if one.at < answered.wire_at) == cut(early)


@pytest.mark.parametrize("path", ["/refuses", "/answers"])
@pytest.mark.parametrize("name", ["ping", "text", "two pings"])
def test_a_frame_before_a_refusal_is_served_and_recorded(caplog, both, name, path):
    """uvicorn answers a ping, and then the handshake."""
    plain, tapped, connection = both.converse(caplog, before, FRAMES[name], path)
    early, version, answer = tapped.read.partition(b"HTTP/1.1")

    assert undated(tapped.read) == undated(plain.read)
    assert (connection.response.wire, connection.response.kind) == (version + answer, "refuse")
    assert sorted(one[1:] for one in on_the_wire(both.pg, "out")) == cut(early)
    assert (connection.bytes_in, connection.bytes_out) == (len(tapped.sent), len(tapped.read))


@pytest.mark.parametrize(
    "piece",
    [frame(TEXT, b"hello"), frame(PING, b"seen"), frame(CLOSE), frame(TEXT, b"hello")[:7]],
    # The masks are random, and each test process has to know the tests by the same names.
    ids=["text", "ping", "close", "a part of a text"],
)
def test_a_frame_that_uvicorn_drops_says_so(caplog, both, piece):
    """Nobody waits for its answer, and the app's first message is another one."""
    _, _, connection = both.converse(caplog, together, [piece])
    dropped, *others = (event for event in both.pg.log if event.witness == "wire" and event.error)
    messages = both.pg.log.rows("kind:receive")

    assert (dropped.direction, dropped.frame.size, others) == ("in", len(piece), [])
    assert dropped.error.startswith("uvicorn drops what comes in one chunk with the handshake's request")
    assert [(row.record.data, row.saw) for row in messages] == [("last", "-11")]
    assert (connection.ending.close_in, connection.ending.cut) == ((1000, "bye"), None)


@pytest.mark.parametrize("size", [300, 8_000])
def test_a_handshake_in_pieces_is_told_from_what_comes_with_its_last_one(caplog, both, size):
    """However long it is, as far as uvicorn takes it."""
    head = request("/accepts", "host", X_Filler="x" * size)
    start = head[: size // 2]

    def in_pieces(app, talk, _, frames):
        talk.send(start)
        return together(app, talk, head[len(start) :], frames)

    _, tapped, connection = both.converse(caplog, in_pieces, FRAMES["two messages"])

    assert (connection.request.wire, connection.request.head_size) == (head, len(head))
    assert connection.bytes_in == len(tapped.sent)
    assert sorted(one[1:] for one in on_the_wire(both.pg, "in")) == cut(tapped.sent[len(head) :])


@pytest.mark.parametrize(
    ("name", "verdict", "account"),
    [
        ("reserved opcode", "the client broke the protocol (invalid opcode)", "no Close frame; the server closed TCP"),
        ("unmasked text", "the client broke the protocol (incorrect masking)", "no Close frame; the server closed TCP"),
        ("continuation", "the client broke the protocol (unexpected cont", "no Close frame; the server closed TCP"),
        ("close", "the client closed it with 4000", "the client sent Close 4000 “bye”; the server closed TCP"),
    ],
)
def test_an_end_before_the_handshake_is_answered_is_explained(caplog, both, name, verdict, account):
    """uvicorn drops the connection without an answer, and its own error is not taken for a reset."""
    _, tapped, connection = both.converse(caplog, before, FRAMES[name])
    why = both.pg.why(connection)

    assert tapped.read == b""
    assert why.verdict.startswith(verdict)
    assert why.wire.text == account
    assert (connection.state, connection.response.wire_at) == ("closed", None)


def test_an_app_that_accepts_after_the_end_opens_nothing(monkeypatch, both):
    """The connection stays closed, whatever the app still says."""
    monkeypatch.setattr(wire, "WITNESS_TIMEOUT", 0)
    app, pg = both.apps[1], both.pg
    pg.log.clear()
    talk = Talk(pg.port)
    talk.send(request("/accepts", "host"))
    assert app.asked.acquire(timeout=TIMEOUT)
    talk.send(frame(CLOSE))
    talk.rest()
    pg.log.wait_for("end")
    app.allowed.release()
    assert app.ended.acquire(timeout=TIMEOUT)

    assert pg.connections[-1].state == "closed"
    assert pg.log.wait_for("accept").error == "ClientDisconnected"


def fails(*_, **__):
    raise RuntimeError("the tap is broken")


BROKEN = [
    "_begin",
    "_drop",
    "wire_sent_answer",
    "wire_got_message",
    "wire_got_bytes",
    "wire_got_frame",
    "_wire_saw_heartbeat",
    "_wire_got_close",
    "wire_sent_bytes",
    "wire_sent_frame",
    "_wire_sent_close",
    "wire_ended",
]


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("moment", [before, after])
def test_what_cannot_be_recorded_changes_nothing(monkeypatch, caplog, moment, name):
    """The conversation is the same as with bare uvicorn, and one sentence in the log says what is missing."""
    frames = FRAMES["two pings"] + FRAMES["text"]
    both = Both("h11")
    with both.bare:
        plain = converse(both.bare.port, both.apps[0], moment, frames)
    monkeypatch.setattr(TappedProtocol if hasattr(TappedProtocol, name) else Recorder, name, fails)
    with both.pg:
        tapped = converse(both.pg.port, both.apps[1], moment, frames)
        told = both.pg.log.wait_for("log").data

    assert undated(tapped.read) == undated(plain.read)
    assert both.apps[1].happened == both.apps[0].happened
    assert told.startswith("the playground could not record all that passed on connection ")
    assert len(both.pg.log.filter("kind:log")) == 1


@pytest.mark.parametrize("name", ["app_sends", "app_received", "app_could_not_send"])
def test_a_message_that_cannot_be_recorded_is_delivered(monkeypatch, caplog, name):
    """Nor does an error in the tap hide the one that uvicorn raises."""
    monkeypatch.setattr(Recorder, name, fails)
    both = Both("h11")
    frames = FRAMES["text"] if name != "app_could_not_send" else [frame(TEXT, b"hello"), frame(CLOSE)]
    with both.bare:
        plain = converse(both.bare.port, both.apps[0], after, frames)
    with both.pg:
        tapped = converse(both.pg.port, both.apps[1], after, frames)
        told = both.pg.log.wait_for("log").data

    assert undated(tapped.read) == undated(plain.read)
    assert both.apps[1].happened == both.apps[0].happened
    assert told.startswith("the playground could not record all that passed on connection ")
