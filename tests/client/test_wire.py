"""Our client is the wire's witness where the server is not ours."""

import logging

import pytest

from playground import ConnectFailed, ConnectionEnded, Playground
from playground.record.recorder.client import ClientWitness
from playground.ui.detail import detail_of
from playground.ui.rows import row_of, state_of

from .servers import (
    CLOSE,
    CONT,
    PING,
    PONG,
    TEXT,
    accept,
    frame,
    free_port,
    opens,
    read_head,
    relays,
    serving,
    tls,
    trusting,
)


@pytest.fixture
def theirs():
    """Somebody else's echo."""
    with Playground() as other:
        other.edit(
            "/echo",
            """
            class Echo(WebSocketEndpoint):
                async def on_receive(self, websocket, data):
                    await (websocket.send_text(data) if isinstance(data, str) else websocket.send_bytes(data))
            """.replace("\n            ", "\n"),
        )
        yield other


def talk(pg, url, **options):
    """Hold a conversation, and return the rows of it."""
    with pg.connect(url, name="alice", **options) as alice:
        alice.send("hello")
        alice.receive()
        alice.ping()
        alice.send(b"\x00" * 300, fragments=3)
        alice.receive()
    pg.log.wait_for("end", "alice")
    return list(pg.log.rows("alice"))


def test_a_connection_elsewhere_has_client_and_wire(pg, theirs):
    """Every row says who saw it; the handler cannot be asked."""
    rows = talk(pg, f"{theirs.url}/echo")
    told = {(row.kind, row.direction): row.saw for row in rows}

    assert told == {
        ("connect", "in"): "11-",
        ("accept", "out"): "11-",
        ("receive", "in"): "11-",
        ("send", "out"): "11-",
        ("ping", "in"): "11-",
        ("disconnect", "in"): "11-",
        ("end", None): "11-",
    }
    assert all(row.agree for row in rows)


def test_it_sees_the_same_bytes_as_the_servers_own_tap(pg, theirs):
    """Frame by frame, in both directions, with the handshake's heads."""
    talk(pg, f"{theirs.url}/echo")
    theirs.log.wait_for("end")
    here, there = pg.clients["alice"].connection, theirs.connections[0]
    seen = [
        [
            (event.kind, event.direction, event.frame.head, event.frame.size)
            for row in log.rows()
            if row.connection == number
            for event in row.events
            if event.witness == "wire" and event.frame is not None
        ]
        for log, number in ((pg.log, here.id), (theirs.log, there.id))
    ]

    assert sorted(seen[0]) == sorted(seen[1]) and len(seen[0]) == 10
    assert (here.bytes_in, here.bytes_out) == (there.bytes_in, there.bytes_out)
    assert (here.received, here.sent) == (there.received, there.sent) == (2, 2)
    assert here.request.wire == there.request.wire
    assert here.response.wire.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert here.response.wire == there.response.wire


def test_the_wire_of_our_own_server_is_told_once(echo):
    """By the server's tap."""
    with echo.connect("/echo", name="alice") as alice:
        alice.send("hello")
        alice.receive()
    echo.log.wait_for("end")
    [sent] = [row for row in echo.log.rows() if row.kind == "receive"]
    connection = alice.connection

    assert [event.kind for event in sent.events if event.witness == "wire"] == ["frame"]
    assert connection.bytes_in == sum(
        row.wire_size for row in echo.log.rows() if row.direction == "in" and row.kind in ("connect", "receive")
    ) + len(frame(CLOSE, b"\x03\xe8", mask=b"abcd"))


def test_a_server_that_speaks_with_its_answer(pg):
    """What comes in one chunk with the head is read all the same."""
    what = frame(TEXT, b"wel", fin=False) + frame(PING, b"you?") + frame(CONT, b"come") + frame(PONG, b"unasked")
    with serving(opens(what, frame(CLOSE, b"\x0f\xa0bye"))) as port:
        alice = pg.connect(f"ws://127.0.0.1:{port}/", name="alice")
        assert alice.receive() == "welcome"
        pg.log.wait_for("end", "alice")
    rows = {row.kind: row for row in pg.log.rows("alice")}

    assert [str(event.frame).split(" ")[0] for event in rows["send"].events if event.frame] == ["TEXT", "CONT"]
    assert [event.kind for event in rows["ping"].events] == ["ping", "pong"]
    assert rows["pong"].saw == "-1-"
    assert [(event.direction, event.code) for event in rows["close"].events] == [("out", 4000), ("in", 4000)]
    assert pg.why("alice").verdict == "the server closed it with 4000 private use (application-defined) “bye”"


def test_a_head_that_comes_byte_by_byte(pg):
    """The frames begin where it ends."""

    def behave(peer):
        for byte in accept(read_head(peer)) + frame(TEXT, b"hi") + frame(CLOSE, b""):
            peer.sendall(bytes([byte]))

    with serving(behave) as port:
        alice = pg.connect(f"ws://127.0.0.1:{port}/", name="alice")
        assert alice.receive() == "hi"
        pg.log.wait_for("end", "alice")

    assert alice.connection.response.head_size == len(alice.connection.response.wire)
    assert [row.wire_size for row in pg.log.rows("alice") if row.kind == "send"] == [4]


def test_a_refusals_body_is_no_frame(pg):
    """It is counted, and nothing else."""
    answer = b"HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\n\x81\x02hi"
    with serving(lambda peer: [read_head(peer), *(peer.sendall(bytes([byte])) for byte in answer)]) as port:
        with pytest.raises(ConnectionError, match="HTTP 403"):
            pg.connect(f"ws://127.0.0.1:{port}/", name="alice")
        pg.log.wait_for("end", "alice")

    assert [row.kind for row in pg.log.rows("alice")] == ["connect", "refuse", "end"]
    assert pg.clients["alice"].connection.bytes_out == len(answer)


def test_tls_is_seen_from_inside(pg):
    """With a certificate of one's own."""
    with serving(opens(frame(TEXT, b"hi"), frame(CLOSE, b"\x03\xe8")), secure=tls("localhost.pem")) as port:
        for host in ("localhost", "127.0.0.1"):
            alice = pg.connect(f"wss://{host}:{port}/a", name=host, ssl=trusting())
            assert alice.receive() == "hi"
            pg.log.wait_for("end", host)

            assert [row.wire_size for row in pg.log.rows(host) if row.kind == "send"] == [4]
            assert alice.connection.request.wire.startswith(b"GET /a HTTP/1.1\r\n")
            assert pg.why(host).verdict == "the server closed it with 1000 normal closure"


@pytest.mark.parametrize("secure", [False, True])
def test_a_proxy_is_gone_through(pg, secure):
    """Asked for with its user and password; what passes is recorded as without it."""
    asked = []
    settings = {"ssl": trusting()} if secure else {}
    with (
        serving(
            opens(frame(TEXT, b"hi"), frame(CLOSE, b"\x03\xe8")), secure=tls("localhost.pem") if secure else None
        ) as port,
        serving(relays(asked=asked)) as proxy,
    ):
        url = f"{'wss' if secure else 'ws'}://127.0.0.1:{port}/"
        alice = pg.connect(url, name="alice", proxy=f"http://me:secret@127.0.0.1:{proxy}", **settings)
        assert alice.receive() == "hi"
        pg.log.wait_for("end", "alice")

    assert asked[0].startswith(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n".encode())
    assert b"Proxy-Authorization: Basic bWU6c2VjcmV0\r\n" in asked[0]
    assert [row.saw for row in pg.log.rows("alice")] == ["11-", "11-", "11-", "-1-", "11-"]


@pytest.mark.parametrize("variable", ["all_proxy", "https_proxy", "http_proxy"])
def test_the_environments_proxy_is_used_unless_told_otherwise(pg, theirs, monkeypatch, variable):
    """`direct` and our own paths go straight."""
    asked = []
    for name in ("all_proxy", "https_proxy", "http_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with serving(relays(asked=asked)) as proxy:
        monkeypatch.setenv("https_proxy" if variable == "all_proxy" else variable, f"http://127.0.0.1:{proxy}")
        for url, options in ((f"{theirs.url}/ws", {"direct": True}), ("/ws", {}), (f"{theirs.url}/ws", {})):
            with pg.connect(url, **options) as client:
                client.send("hi")
                assert client.receive() == "you said: hi"
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        with pg.connect(f"{theirs.url}/echo"):
            pass

    assert len(asked) == 1


def test_a_password_is_shown_nowhere(pg):
    """It travels as Authorization, and only the request's head has it."""
    with serving(opens(frame(CLOSE, b"\x03\xe8"))) as port:
        alice = pg.connect(f"ws://me:secret@127.0.0.1:{port}/a", name="alice")
        pg.log.wait_for("end", "alice")
    connection = alice.connection

    assert connection.path == f"ws://me:(masked)@127.0.0.1:{port}/a"
    assert b"Authorization: Basic bWU6c2VjcmV0\r\n" in connection.request.wire
    assert "secret" not in f"{alice!r} {alice.async_client!r} {connection!r} {pg.why(alice)} {pg.log.rows()!r}"


def test_an_error_of_what_only_records_reaches_nobody(pg, theirs, monkeypatch, caplog):
    """It is logged once, and the conversation goes on."""

    def fail(self, *args, **kwargs):
        raise KeyError("recorder")

    monkeypatch.setattr(ClientWitness, "wire_message", fail)
    with caplog.at_level(logging.ERROR, "playground"):
        with pg.connect(f"{theirs.url}/echo", name="alice") as alice:
            alice.send("hi")
            assert alice.receive() == "hi"
        pg.log.wait_for("end", "alice")

    assert len([one for one in caplog.records if "could not record all that passed" in one.getMessage()]) == 1


def test_cookies_are_sent_and_those_that_are_set_come_back(pg):
    """At the next handshake of the same client, unless they have expired or belong elsewhere."""
    asked = []

    def behave(peer):
        head = read_head(peer)
        asked.append([line for line in head.decode().split("\r\n") if line.lower().startswith("cookie:")])
        set_ = "".join(
            f"Set-Cookie: {one}\r\n"
            for one in (
                "session=new; Path=/; HttpOnly",
                "gone=1; Max-Age=0",
                "far=1; Path=/other",
                "safe=1; Secure",
                "x=y",
            )
        )
        peer.sendall(accept(head, set_) + frame(CLOSE, b"\x03\xe8"))

    with serving(behave) as port:
        alice = pg.connect(f"ws://127.0.0.1:{port}/a", cookies={"session": "old", "theme": "dark"})
        with pytest.raises(ConnectionEnded):
            alice.receive()
        alice.reconnect()

    assert asked[0] == ["Cookie: session=old; theme=dark"]
    assert sorted(asked[1][0].removeprefix("Cookie: ").split("; ")) == ["session=new", "theme=dark", "x=y"]
    assert (alice.cookies["session"], alice.cookies["theme"]) == ("new", "dark")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"ssl": "ca.pem"}, TypeError, r"ssl has to be an SSLContext, such as ssl.create_default_context\(cafile="),
        ({"ssl": True}, TypeError, "ssl has to be an SSLContext"),
        ({"ssl": trusting()}, ValueError, "'ws://127.0.0.1:9/' is without TLS, so ssl= has no use; did you mean 'wss://…'"),
        ({"proxy": 8080}, TypeError, "proxy has to be an address, such as 'http://127.0.0.1:3128', not 8080"),
        ({"proxy": "127.0.0.1:8080"}, ValueError, "'127.0.0.1:8080' is not a proxy's address: scheme "),
        ({"proxy": "http://me:secret@h/path"}, ValueError, r"'http://me:\(masked\)@h/path' is not a proxy's address: path is"),
        ({"proxy": "http://h", "direct": True}, ValueError, "direct=True goes straight to the host; leave out direct or proxy"),
        ({"cookies": "a=b"}, TypeError, r"cookies have to be names with their values, as in {'session': 'abc'}, not 'a=b'"),
        ({"cookies": {"a": 1}}, TypeError, "a cookie's name and value have to be text, not 'a' and 1"),
        ({"cookies": {"a b": "1"}}, ValueError, "'a b' cannot be a cookie's name"),
        ({"cookies": {"a": "1; b=2"}}, ValueError, "cookie 'a' cannot be sent: '1; b=2' has a space"),
        ({"cookies": {"a": "1\r\n"}}, ValueError, "cookie 'a' cannot be sent"),
        ({"cookies": {"a": "1"}, "headers": {"cookie": "b=2"}}, ValueError, "cookies are given twice"),
    ],
)  # fmt: skip
def test_an_option_that_cannot_be_used_is_named(pg, options, error, message):
    """Before anything is opened."""
    with pytest.raises(error, match=message):
        pg.connect("ws://127.0.0.1:9/", **options)

    assert not pg.clients


def test_no_proxy_leads_to_our_own_paths(pg):
    """The server knows its own clients by their addresses."""
    with pytest.raises(ValueError, match="'/ws' is a path of this playground, which no proxy leads to"):
        pg.connect("/ws", proxy="http://127.0.0.1:9")


def test_a_dial_that_failed_has_no_wire_to_tell_of(pg):
    """And says so in its row's details; no WebSocket was there that could have a close code."""
    with serving(lambda peer: read_head(peer)) as port:
        for number in (free_port(), port):
            with pytest.raises(ConnectFailed):
                pg.connect(f"ws://127.0.0.1:{number}/", name=f"to {number}")
            pg.log.wait_for("end", f'client:"to {number}"')
        details = {
            row.client: {one["witness"]: one["said"][0]["text"] for one in detail_of(pg.log, row)["accounts"]}
            for row in pg.log.rows("kind:connect")
        }
        told, *_ = details.values()

        assert told["wire"] == "no handshake travelled"
        assert "not this playground's" in told["handler"]
        assert pg.why(f"to {port}").wire.said == ("no handshake's answer", "the server closed TCP")
        assert [(row.code, row.codes) for row in pg.log.rows("kind:end")] == [(None, [])] * 2


def test_a_client_that_gives_up_on_a_server_without_a_tap(pg):
    """Its handshake did travel, and nobody has recorded it."""

    async def silent(scope, receive, send):
        if scope["type"] == "websocket":
            await receive()
            await receive()

    with Playground(silent, ws="wsproto") as slow:
        with pytest.raises(ConnectFailed):
            slow.connect("/", name="alice", open_timeout=0.05)
        slow.log.wait_for("end")

        assert slow.why("alice").wire.said == ("not recorded: only uvicorn's websockets-sansio protocol can be tapped",)


def test_the_host_of_another_server_is_told(pg, theirs):
    """Of the client, of each row, and as a life line of its own in the diagram."""
    host = theirs.url.removeprefix("ws://")
    with pg.connect(f"ws://me:secret@{host}/echo?room=1", name="alice") as alice, pg.connect("/ws", name="bob") as bob:
        bob.send("x")
        bob.receive()
        shown = {client["name"]: client for client in state_of(pg)["clients"]}
        here, away = bob.connection, alice.connection

        assert (away.host, here.host) == (host, None)
        assert {name: client["host"] for name, client in shown.items()} == {"alice": host, "bob": None}
        assert {name: client["connection"] for name, client in shown.items()} == {"alice": away.id, "bob": here.id}
        assert host in repr(alice) and "secret" not in repr(alice)
        rows = {(row.client, row_of(pg.log, row.record).get("host")) for row in pg.log.rows("kind:connect,send")}
        assert rows == {("alice", host), ("bob", None)}
        diagram = pg.log.rows("kind:connect").to_mermaid()
        lanes = [line.split(" as ")[-1].strip() for line in diagram.splitlines() if "participant" in line]
        assert lanes == ["alice", "bob", host.replace(":", "#58;"), "participant server"]
        assert f"c{away.id}->>s{away.id}: connect" in diagram
        assert f"c{here.id}->>server: connect" in diagram
        assert "participant server" not in pg.log.rows("client:alice").to_mermaid()
