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
from playground.record.recorder.server import Recorder
from playground.serve import uvicorn_tap as wire
from playground.serve.uvicorn_tap import TappedProtocol
from playground.ui.calls import Calls

from .peers import BINARY, CLOSE, CONT, PING, PONG, RSV1, RSV2, RSV3, TEXT, TIMEOUT, close_payload, frame, request

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
    "text with the first reserved bit": [frame(TEXT, b"hello", rsv=RSV1)],
    "text with another reserved bit": [frame(TEXT, b"hello", rsv=RSV2)],
    "ping with a reserved bit": [frame(PING, b"p", rsv=RSV3)],
    "close with a reserved bit": [frame(CLOSE, close_payload(4000), rsv=RSV2)],
    "close with a code that is never sent": [frame(CLOSE, close_payload(1005))],
    "close with a code that is none": [frame(CLOSE, close_payload(999))],
    "close whose reason is not UTF-8": [frame(CLOSE, close_payload(4000) + b"\xff")],
    "close in two frames": [frame(CLOSE, close_payload(4000), fin=False), frame(CONT, b"bye")],
    "ping in two frames": [frame(PING, b"p", fin=False), frame(CONT, b"p")],
    "ping that is too long": [frame(PING, b"x" * 126)],
    "close that is too long": [frame(CLOSE, close_payload(4000, "x" * 124))],
    "text in a message": [frame(TEXT, b"be", fin=False), frame(TEXT, b"gin")],
    "close in a message": [frame(TEXT, b"be", fin=False), frame(CLOSE, close_payload(4000))],
    "ping and text": [frame(PING, b"p"), frame(TEXT, b"hello")],
}

CUT = {
    "the first byte": b"\x81",
    "a header without its mask": frame(TEXT, b"hello")[:3],
    "a length that is cut": frame(BINARY, b"x" * 70_000)[:5],
    "a length of 2 to the 63": b"\x82\xff\x80" + bytes(7) + b"mask",
    "a part of a ping": frame(PING, b"hello")[:8],
    "a part of a close": frame(CLOSE, close_payload(4000))[:7],
    "a ping and a part of a text": frame(PING, b"p") + frame(TEXT, b"hello")[:7],
}
"""What ends in the middle of a frame."""


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
    "/closes": [{"type": "websocket.accept"}, {"type": "websocket.close", "code": 4000, "reason": "enough"}],
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
    if moment(app, talk, request(path, "localhost"), b"".join(frames)) and path == "/accepts":
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
        # A Close frame is kept as long as one may be (RFC 6455, section 5.5).
        kept = 131 if data[0] & 0x0F == 8 else 64
        frames.append((data[: min(size, kept)], size))
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
    head = request("/accepts", "localhost")
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


ENOUGH = frame(CLOSE, close_payload(4000, "enough"), masked=False)

ANSWER = frame(CLOSE, close_payload(4000))

PIECES = {**{name: b"".join(frames) for name, frames in FRAMES.items()}, **CUT}


def leave(talk):
    """Send nothing more, and read to the end."""
    with contextlib.suppress(OSError):
        talk.socket.shutdown(socket.SHUT_WR)
    talk.rest()


def after_the_close(app, port, piece):
    """Send it after the app has closed, and answer the close then."""
    app.allowed.release()
    talk = Talk(port)
    talk.send(request("/closes", "localhost"))
    assert talk.read_until(ENOUGH)
    talk.send(piece)
    talk.send(ANSWER)
    return talk


def after_a_refusal(app, port, piece):
    """Send it after the app has closed before accepting, so that there is no WebSocket."""
    app.allowed.release()
    talk = Talk(port)
    talk.send(request("/refuses", "localhost"))
    assert talk.read_until(b"\r\n\r\n")
    talk.send(piece)
    return talk


def after_an_answer(app, port, piece):
    """Send it after the app has answered with a status of its own."""
    app.allowed.release()
    talk = Talk(port)
    talk.send(request("/answers", "localhost"))
    assert talk.read_until(b"who are you?")
    talk.send(piece)
    return talk


def with_the_request(app, port, piece):
    """Send it in one chunk with the request, and then leave."""
    app.allowed.release()
    talk = Talk(port)
    talk.send(request("/accepts", "localhost") + piece)
    assert talk.read_until(b"\r\n\r\n")
    return talk


def between_accept_and_receive(app, port, piece):
    """Send it once the handshake is answered, and leave."""
    app.allowed.release()
    talk = Talk(port)
    talk.send(request("/accepts", "localhost"))
    assert talk.read_until(b"\r\n\r\n")
    talk.send(piece)
    return talk


POINTS = [after_the_close, after_a_refusal, after_an_answer, with_the_request, between_accept_and_receive]


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("name", PIECES)
def test_whatever_comes_at_any_point_is_served_as_by_uvicorn(caplog, both, point, name):
    """The client reads the same bytes, the app is told the same, no error is logged, and the log can be read."""
    sides = []
    both.pg.log.clear()
    for app, port in ((both.apps[0], both.bare.port), (both.apps[1], both.pg.port)):
        talk = point(app, port, PIECES[name])
        assert app.asked.acquire(timeout=TIMEOUT)
        leave(talk)
        assert app.ended.acquire(timeout=TIMEOUT)
        sides.append((undated(talk.read), app.happened, faults(caplog, both.pg if app is both.apps[1] else None)))
    both.pg.log.wait_for("end")
    why, rows = both.pg.why(), both.pg.log.rows()

    assert sides[1] == sides[0]
    assert why.connection == both.pg.connections[-1].id and why.verdict
    assert rows.to_mermaid() and rows.to_csv() and rows.to_jsonl() and [Calls(both.pg).detail(row.seq) for row in rows]
    assert not both.pg.log.rows('"could not record"')


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
    head = request("/accepts", "localhost", X_Filler="x" * size)
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
    talk.send(request("/accepts", "localhost"))
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
