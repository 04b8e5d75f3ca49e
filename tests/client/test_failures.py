"""A dial that fails has a story, and everybody tells the same one: the error, the client, the row and `pg.why`."""

import asyncio
import socket
import struct

import pytest

from playground import ConnectFailed, ConnectionEnded, HandshakeRefused, Playground
from playground.client import loops, reconnection

from .servers import accept, answers, free_port, read_head, relays, serving, tls, trusting, until_gone


def story(pg, url, **options):
    """Dial, and return what went wrong, once everybody has told the same."""
    with pytest.raises(ConnectFailed) as caught:
        pg.connect(url, name="alice", **options)
    said, client = str(caught.value), pg.clients["alice"]
    end = pg.log.wait_for("end", "alice")
    why = pg.why("alice")

    assert said == str(client.failure) == end.data == why.verdict
    assert (client.state, client.connection.state) == ("failed", "closed")
    assert "secret" not in f"{said} {client} {client.connection} {why}"
    kinds = [row.kind for row in pg.log.rows("alice")]
    assert kinds[0] == "connect" and kinds[-1] == "end" and kinds.count("end") == 1
    return said


def test_nobody_listens(pg):
    """With the port, and its address without a password."""
    port = free_port()
    said = story(pg, f"ws://me:secret@127.0.0.1:{port}/room")

    assert said == (
        f"127.0.0.1:{port} refused the connection: no server listens at ws://me:(masked)@127.0.0.1:{port}/room; is it running?"
    )


def test_nobody_listens_at_any_address_of_a_name(pg):
    """A name may have several, and all of them refuse."""
    port = free_port()

    assert f"localhost:{port} refused the connection" in story(pg, f"ws://localhost:{port}/")


def test_no_such_host(pg):
    """The name that could not be found; also one that no name can be."""
    assert "no host named 'nowhere.invalid' is known here" in story(pg, "ws://nowhere.invalid/")


def test_a_name_that_cannot_be_looked_up(pg):
    """A part of a name has at most 63 letters (RFC 1035, section 2.3.4)."""
    assert f"no host named '{'a' * 64}.example' is known here" in story(pg, f"ws://{'a' * 64}.example/")


def test_an_unreachable_network(pg, monkeypatch):
    """As the system says it."""

    async def connect(self, sock, address):
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connect)

    assert "192.0.2.1:80 cannot be reached from here: Network is unreachable; check the network" in story(
        pg, "ws://192.0.2.1/"
    )


def test_tcp_that_is_never_accepted(pg, monkeypatch):
    """A firewall that drops everything looks like this."""

    async def connect(self, sock, address):
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connect)
    said = story(pg, "ws://192.0.2.1:8080/", open_timeout=0.01)

    assert "192.0.2.1:8080 did not accept a TCP connection within 0.01 s" in said


@pytest.mark.parametrize(
    ("scheme", "said"),
    [
        ("ws", "ws://127.0.0.1:{port}/ did not answer the handshake within 0.1 s"),
        ("wss", "127.0.0.1:{port} did not complete the TLS handshake within 0.1 s"),
    ],
)
def test_a_server_that_says_nothing(pg, scheme, said):
    """After TCP is connected."""
    with serving(until_gone) as port:
        assert said.format(port=port) in story(pg, f"{scheme}://127.0.0.1:{port}/", open_timeout=0.1)


def test_a_certificate_that_nobody_trusts(pg):
    """And how to trust it."""
    with serving(until_gone, secure=tls("localhost.pem")) as port:
        said = story(pg, f"wss://127.0.0.1:{port}/")

    assert f"the certificate of 127.0.0.1:{port} is not trusted: " in said
    assert "ssl=ssl.create_default_context(cafile='rootCA.pem')" in said


def test_a_certificate_for_another_host(pg):
    """A trusted one all the same."""
    with serving(until_gone, secure=tls("other.pem")) as port:
        said = story(pg, f"wss://127.0.0.1:{port}/", ssl=trusting())

    assert "the certificate is for another host than '127.0.0.1'" in said


def test_tls_where_there_is_none(pg):
    """The other scheme may be meant."""
    with serving(
        lambda peer: (peer.recv(9), peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), until_gone(peer))
    ) as port:
        said = story(pg, f"wss://127.0.0.1:{port}/a")

    assert said.startswith(f"TLS with 127.0.0.1:{port} failed: ")
    assert said.endswith(f"the server answers without TLS; did you mean ws://127.0.0.1:{port}/a?")


def test_no_tls_where_there_is_some(pg):
    """A server answers plain text with an alert."""
    with serving(answers(b"\x15\x03\x03\x00\x02\x02\x46")) as port:
        said = story(pg, f"ws://127.0.0.1:{port}/a")

    assert said == f"ws://127.0.0.1:{port}/a was answered with TLS; did you mean wss://127.0.0.1:{port}/a?"


def reset(peer):
    """Read the request, and reset TCP."""
    read_head(peer)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize(
    ("behave", "said"),
    [
        (answers(), "the server closed the connection before it answered the handshake"),
        (reset, "the connection broke before the handshake was answered (Connection reset by peer)"),
        (answers(b"HTTP/1.1 101 Swit"), "closed the connection in the middle of its answer, which began with 'HTTP/1.1 101 Swit"),
        (answers(b"220 mail.example ESMTP\r\n"), "the answer cannot be read as HTTP/1.1"),
        (answers(b"220 mail.example ESMTP\r\n"), "which began with '220 mail.example ESMTP"),
        (answers(b"\x00\xff\x00\n"), "the answer cannot be read as HTTP/1.1"),
        (answers(b"HTTP/1.0 200 OK\r\n\r\n"), "the answer cannot be read as HTTP/1.1"),
        (answers(b"HTTP/1.1 999 Odd\r\n\r\n"), "the answer cannot be read as HTTP/1.1"),
        (answers(b"HTTP/1.1 101 Fine\r\n\r\n"), "answered with HTTP 101, but the answer has no Connection header"),
        (
            answers(b"HTTP/1.1 101 Fine\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"),
            "has 'h2c' as Upgrade header, where 'websocket' is expected",
        ),
        (
            answers(b"HTTP/1.1 101 Fine\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
            "has no Sec-WebSocket-Accept header",
        ),
        (
            answers(b"HTTP/1.1 101 Fine\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: abc\r\n\r\n"),
            "has 'abc' as Sec-WebSocket-Accept header, where one is expected that is computed from",
        ),
    ],
)  # fmt: skip
def test_an_answer_that_opens_nothing(pg, behave, said):
    """With what came."""
    with serving(behave) as port:
        assert said in story(pg, f"ws://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    ("header", "options", "said"),
    [
        ("Sec-WebSocket-Protocol: chat\r\n", {}, "chose what was not offered: no subprotocols supported"),
        (
            "Sec-WebSocket-Protocol: b\r\n",
            {"subprotocols": ["a"]},
            "chose what was not offered: unsupported subprotocol: b",
        ),
        ("Sec-WebSocket-Protocol: a, b\r\n", {"subprotocols": ["a", "b"]}, "Sec-WebSocket-Protocol header"),
        ("Sec-WebSocket-Extensions: x-zip\r\n", {}, "chose what was not offered: Unsupported extension: name = x-zip"),
        ("Sec-WebSocket-Extensions: ;;\r\n", {}, "Sec-WebSocket-Extensions header"),
    ],
)
def test_a_server_that_chooses_what_was_not_offered(pg, header, options, said):
    """A subprotocol, or an extension (RFC 6455, section 4.1)."""
    with serving(lambda peer: peer.sendall(accept(read_head(peer), header))) as port:
        assert said in story(pg, f"ws://127.0.0.1:{port}/", **options)


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (100, "", "with HTTP 100"),
        (103, "Link: </a>\r\n", "with HTTP 103"),
        (200, "", "that is an ordinary answer: no WebSocket is served at that path"),
        (204, "", "that is an ordinary answer"),
        (
            301,
            "Location: wss://elsewhere.example/ws\r\n",
            "it redirects to 'wss://elsewhere.example/ws', which is not followed",
        ),
        (302, "Location: /login\r\n", "it redirects to '/login', which is not followed"),
        (304, "", "with HTTP 304"),
        (307, "Location: ws://127.0.0.1:1/\r\n", "it redirects to 'ws://127.0.0.1:1/'"),
        (308, "Location: http://[bad\r\n", "it redirects to 'http://[bad'"),
        (401, 'WWW-Authenticate: Basic realm="r"\r\n', "give headers={'Authorization': '…'}"),
        (426, "Upgrade: h2c\r\n", "it asks for another protocol"),
        (426, "Sec-WebSocket-Version: 8\r\n", "it speaks version 8 of the protocol, and this client 13"),
        (429, "Retry-After: 7\r\n", "it asks to try again after '7'"),
        (503, "Retry-After: 120\r\n", "it asks to try again after '120'"),
    ],
)
def test_any_other_status_is_a_refusal(pg, status, headers, said):
    """With status and headers; nothing is followed."""
    with serving(answers(f"HTTP/1.1 {status} Odd\r\n{headers}\r\n".encode())) as port:
        text = story(pg, f"ws://127.0.0.1:{port}/")
    failure = pg.clients["alice"].failure

    assert said in text and f"refused the handshake with HTTP {status}" in text
    assert isinstance(failure, HandshakeRefused) and failure.status == status
    assert [f"{name}: {value}\r\n" for name, value in failure.headers] == ([headers] if headers else [])
    assert [row.code for row in pg.log.rows("alice") if row.kind == "refuse"] == [status]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 407 No\r\n\r\n", "answered HTTP 407 to CONNECT 127.0.0.1:9; write its user and password into its address"),
        (b"HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\nnope", "answered HTTP 403 to CONNECT 127.0.0.1:9; it does not allow"),
        (b"HTTP/1.1 502 No\r\n\r\n", "answered HTTP 502 to CONNECT 127.0.0.1:9"),
        (b"220 mail.example\r\n", "did not answer CONNECT 127.0.0.1:9 with HTTP"),
        (b"", "did not answer CONNECT 127.0.0.1:9 with HTTP"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_a_proxy_that_refuses(pg, scheme, answer, said):
    """Its answer, and its address without the password."""
    with serving(relays(answer)) as port:
        text = story(pg, f"{scheme}://127.0.0.1:9/", proxy=f"http://me:secret@127.0.0.1:{port}")

    assert f"the proxy http://me:(masked)@127.0.0.1:{port} " in text
    assert said in text


def test_a_proxy_that_hangs_up_leaves_no_traceback(pg, caplog):
    """The error of the dial says it; websockets 17.4 also raises EOFError in a callback of the loop."""
    with serving(relays(b"")) as port:
        story(pg, "ws://127.0.0.1:9/", proxy=f"http://127.0.0.1:{port}")
    loops.wait(lambda: asyncio.sleep(0))

    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


def test_what_else_goes_wrong_on_the_clients_loop_is_reported(caplog):
    """By asyncio's own handler, also an EOFError."""

    def fails():
        raise EOFError("of somebody else")

    async def calls():
        asyncio.get_running_loop().call_soon(fails)
        await asyncio.sleep(0)

    loops.wait(calls)

    assert ["of somebody else" in record.exc_text for record in caplog.records if record.name == "asyncio"] == [True]


def test_a_proxy_that_is_down(pg):
    """It is not the server that is."""
    port = free_port()

    assert f"the proxy http://127.0.0.1:{port} refused the connection" in story(
        pg, "ws://127.0.0.1:9/", proxy=f"http://127.0.0.1:{port}"
    )


def test_a_proxy_that_says_nothing(pg):
    """Until the time is over."""
    with serving(until_gone) as port:
        said = story(pg, "ws://127.0.0.1:9/", proxy=f"http://127.0.0.1:{port}", open_timeout=0.1)

    assert f"the proxy http://127.0.0.1:{port} did not connect to 127.0.0.1:9 within 0.1 s" in said


def test_a_playground_that_was_stopped(pg):
    """Its paths too: one row for each try."""
    alice = pg.connect("/ws?x=1", name="alice")
    pg.stop()
    with pytest.raises(ConnectionEnded):
        alice.receive()
    for _ in range(2):
        with pytest.raises(ConnectFailed, match="no server listens at ") as caught:
            alice.reconnect()
    tried = [one for one in pg.connections if one.client == "alice"]

    assert str(caught.value) == str(alice.failure) == pg.why("alice").verdict == pg.why(alice).verdict
    assert [(one.path, one.state) for one in tried[1:]] == [("/ws?x=1", "closed")] * 2
    assert [row.data for row in pg.log.rows("alice") if row.kind == "end"][1:] == [str(caught.value)] * 2


def test_a_port_that_another_program_has_taken(pg):
    """What it answers is told, and that it is not this playground."""
    alice = pg.connect("/ws", name="alice")
    port = int(pg.url.rpartition(":")[2])
    pg.stop()
    with pytest.raises(ConnectionEnded):
        alice.receive()
    with Playground(port=port) as other:
        alice.reconnect()
        alice.send("hi")
        assert alice.receive() == "you said: hi"
        there = alice.connection
        other.stop()

    assert there.elsewhere
    assert pg.why(alice).handler.text.startswith("the server is not this playground's")


def test_each_try_of_a_reconnection_is_a_row(pg, monkeypatch):
    """With its reason, until one succeeds."""
    monkeypatch.setattr(reconnection, "FIRST", 0.001)
    refused = answers(b"HTTP/1.1 503 No\r\n\r\n")

    def drops(peer):
        peer.sendall(accept(read_head(peer)))

    def stays(peer):
        drops(peer)
        # Until the Close frame.
        peer.recv(1)

    with serving(drops, refused, answers(), stays) as port:
        alice = pg.connect(f"ws://127.0.0.1:{port}/", name="alice", reconnect=True)
        seen = 0
        for _ in range(3):
            seen = pg.log.wait_for("end", "alice", since=seen).seq
        pg.log.wait_for("client_open", "alice", since=seen)
        alice.close()
    ends = [row for row in pg.log.rows("alice") if row.kind == "end"]

    assert "refused the handshake with HTTP 503" in ends[1].data
    assert "the server closed the connection before it answered the handshake" in ends[2].data


@pytest.mark.parametrize("path", ["ws://127.0.0.1:9/", "/ws"])
def test_a_dial_that_is_cancelled_before_its_first_step(pg, path):
    """No line of it has run, and yet nothing stays connecting."""

    async def main():
        client = pg.connect_async(path, name="alice")
        task = asyncio.create_task(client.connect())
        task.cancel()
        await asyncio.wait([task])
        return client

    client = asyncio.run(main())
    end = pg.log.wait_for("end", "alice")

    assert client.state == "failed"
    assert str(client.failure) == end.data == pg.why("alice").verdict
    assert "was cancelled before it began" in end.data


def test_a_server_that_gets_to_a_handshake_too_late(pg):
    """The client has gone by then; its try and the server's connection both say so."""
    pg.edit("/slow", "async def slow(websocket):\n    await websocket.receive()\n    await websocket.receive()")
    with pytest.raises(ConnectFailed, match="did not answer the handshake within 0.1 s"):
        pg.connect("/slow", name="alice", open_timeout=0.1)
    pg.log.wait_for("end", "alice")
    found = pg.why("alice")

    assert "did not answer the handshake within 0.1 s" in found.verdict
    assert found.advice == "see what the app waits for before it accepts"
