"""A real client: everything both ways, and a clear word when it does not work."""

import asyncio
import json
import socket
import threading

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import WebSocketRoute

from playground import (
    ConnectFailed,
    ConnectionEnded,
    HandshakeRefused,
    MessagesLost,
    NotJSON,
    Playground,
    ReceiveTimeout,
)
from playground.client import inbox, loops
from playground.client.async_client import AsyncClient
from playground.client.client import Client

MIRROR = """
class Mirror(WebSocketEndpoint):
    async def on_connect(self, websocket):
        subprotocol = "v2" if "v2" in websocket.scope["subprotocols"] else None
        await websocket.accept(subprotocol=subprotocol, headers=[(b"x-seen", websocket.headers.get("x-sent", "").encode())])

    async def on_receive(self, websocket, data):
        if data == "close":
            await websocket.close(4001, "as you wish")
        elif isinstance(data, bytes):
            await websocket.send_bytes(data)
        else:
            await websocket.send_text(data)
"""


@pytest.fixture
def mirror(pg):
    pg.edit("/mirror", MIRROR)
    return pg


def test_text_and_bytes_go_both_ways(mirror):
    """str is text, bytes are binary, and both come back as they were."""
    with mirror.connect("/mirror") as client:
        client.send("héllo")
        client.send(b"\x00\xff")
        client.send("")

        assert client.receive() == "héllo"
        assert client.receive_bytes() == b"\x00\xff"
        assert client.receive_text() == ""
        assert (client.sent, client.received, client.waiting) == (3, 3, 0)


def test_json_goes_both_ways(mirror):
    """As text, with what JSON cannot hold refused before it is sent."""
    with mirror.connect("/mirror") as client:
        client.send_json({"n": 9007199254740993, "s": "ü"})
        assert client.receive_json() == {"n": 9007199254740993, "s": "ü"}
        client.send(json.dumps([1]).encode())
        assert client.receive_json() == [1]
        with pytest.raises(NotJSON, match="cannot be sent as JSON: Object of type object"):
            client.send_json(object())
        with pytest.raises(NotJSON, match="cannot be sent as JSON: Out of range"):
            client.send_json(float("nan"))


def test_a_message_of_the_wrong_kind_is_shown(mirror):
    """The message says what was expected and what came."""
    with mirror.connect("/mirror", name="alice") as client:
        client.send("not json")
        with pytest.raises(NotJSON, match="alice: 'not json' is not JSON: Expecting value"):
            client.receive_json()
        client.send("words")
        with pytest.raises(TypeError, match="alice: expected bytes, got text: 'words'"):
            client.receive_bytes()
        client.send(b"\x01\x02")
        with pytest.raises(TypeError, match="alice: expected text, got 2 bytes: 01 02"):
            client.receive_text()
        with pytest.raises(TypeError, match="send takes str or bytes, not dict; send_json takes other values"):
            client.send({"a": 1})


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"timeout": "x"}, TypeError, "timeout has to be a number of seconds, such as 2.5, not 'x'"),
        ({"timeout": -1}, ValueError, "timeout has to be 0 or more seconds, not -1"),
        ({"open_timeout": "x"}, TypeError, "open_timeout has to be a number of seconds"),
        ({"subprotocols": "v1"}, TypeError, r"subprotocols has to be a list, as in \['v1'\], not 'v1'"),
        (
            {"headers": "a: b"},
            TypeError,
            "headers have to be names with their values, as in {'X-Room': '1'}, not 'a: b'",
        ),
        ({"headers": {"X-Room": 1}}, TypeError, "a header's name and value have to be text, not 'X-Room' and 1"),
        (
            {"headers": {"X-Room": "1\r\nX-Admin: 1"}},
            ValueError,
            "header 'X-Room' cannot be sent: .* has a control character",
        ),
        ({"headers": {"X\n": "1"}}, ValueError, r"'X\\n' cannot be a header's name"),
        ({"origin": "http://a\r\n"}, ValueError, "header 'Origin' cannot be sent"),
        ({"max_size": "x"}, TypeError, "max_size has to be a number of bytes, such as 1000, or None, not 'x'"),
    ],
)
def test_what_a_client_cannot_use_is_named(options, error, message):
    """Before anything is opened."""
    with pytest.raises(error, match=message):
        AsyncClient("ws://127.0.0.1:1/", **options)


def test_what_a_call_cannot_use_is_named(mirror):
    """A time that is none, a reason that is no text; the connection stays."""
    with mirror.connect("/mirror") as client:
        for wait in (client.receive, client.receive_json, client.ping):
            with pytest.raises(TypeError, match="timeout has to be a number of seconds, such as 2.5, not '1'"):
                wait(timeout="1")
        with pytest.raises(TypeError, match=r"the reason has to be text, as in close\(4000, '5'\), not 5"):
            client.close(4000, 5)

        assert client.state == "open"


def test_receiving_nothing_times_out(mirror):
    """The connection stays open, and the message counts what there was."""
    with mirror.connect("/mirror", name="alice") as client:
        with pytest.raises(ReceiveTimeout, match="alice: no message within 0.05 s; 0 sent and 0 received so far"):
            client.receive(timeout=0.05)
        client.send("still here")

        assert client.receive() == "still here"
        assert client.state == "open"


def test_subprotocols_and_headers_travel(mirror):
    """The server chooses; its answer's headers can be read."""
    with mirror.connect("/mirror", subprotocols=["v1", "v2"], headers={"X-Sent": "hello"}) as client:
        assert client.subprotocol == "v2"
        assert ("x-seen", "hello") in [(name.lower(), value) for name, value in client.response_headers]


def test_a_ping_tells_the_round_trip(mirror):
    """In seconds, more than nothing and less than the time-out."""
    with mirror.connect("/mirror") as client:
        assert 0 < client.ping() < client.async_client.timeout


def test_closing_carries_code_and_reason(mirror):
    """The endpoint is told both; closing again does nothing."""
    client = mirror.connect("/mirror", name="alice")
    client.close(4321, "bye")
    client.close()
    event = mirror.log.wait_for("disconnect")

    assert (event.code, event.reason) == (4321, "bye")
    assert (client.state, client.close_code) == ("closed", 4321)
    with pytest.raises(
        ConnectionEnded, match="alice: the connection is closed: 4321 private use \\(application-defined\\), 'bye'"
    ):
        client.send("too late")


def test_what_came_before_the_end_can_still_be_received(mirror):
    """Then the end is told with code and reason."""
    client = mirror.connect("/mirror", name="alice")
    client.send("first")
    client.send("close")

    assert client.receive() == "first"
    with pytest.raises(ConnectionEnded, match="4001 private use \\(application-defined\\), 'as you wish'") as caught:
        client.receive()
    assert (caught.value.code, caught.value.reason) == (4001, "as you wish")
    for attempt in (lambda: client.send("x"), client.ping, client.receive):
        with pytest.raises(ConnectionEnded):
            attempt()


@pytest.mark.parametrize("code", [999, 1005, 1006, 2000, 5000])
def test_a_code_that_must_not_be_sent_is_refused(mirror, code):
    """RFC 6455, section 7.4; the connection stays."""
    with mirror.connect("/mirror") as client:
        with pytest.raises(ValueError, match=f"close code {code} cannot be sent .*; use 1000 or 3000 to 4999"):
            client.close(code)
        assert client.state == "open"


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("ü" * 62, "the reason is 124 bytes long"),
        ("\ud800", r"the reason has a lone surrogate, '\\ud800' at position 0"),
    ],
)
def test_a_reason_that_cannot_be_sent_is_refused(mirror, reason, why):
    """A Close frame has room for 123 bytes of it, in UTF-8."""
    with mirror.connect("/mirror") as client, pytest.raises(ValueError, match=why):
        client.close(1000, reason)


def test_a_refused_handshake_shows_status_headers_and_body():
    """What the server answered instead of 101."""

    async def denies(websocket):
        await websocket.send_denial_response(JSONResponse({"why": "not today"}, 401, {"x-hint": "later"}))

    with Playground(Starlette(routes=[WebSocketRoute("/ws", denies)])) as pg:
        with pytest.raises(HandshakeRefused, match="refused the handshake with HTTP 401") as caught:
            pg.connect("/ws", name="alice")

        assert caught.value.status == 401
        assert json.loads(caught.value.body) == {"why": "not today"}
        assert ("x-hint", "later") in caught.value.headers
        assert pg.clients["alice"].state == "failed"
        assert pg.log.wait_for("refuse").code == 401


def test_nobody_listening_is_said():
    """With the address that was tried."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{probe.getsockname()[1]}/"
    with pytest.raises(ConnectFailed, match=f"no server listens at {url}; is it running?"):
        Client(AsyncClient(url)).connect()


def test_a_host_that_is_not_there_is_said():
    """The name that could not be found."""
    with pytest.raises(ConnectFailed, match="no host named 'nowhere.invalid' is known here"):
        Client(AsyncClient("ws://nowhere.invalid/")).connect()


def test_a_server_that_says_nothing_is_given_up():
    """After open_timeout."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(ConnectFailed, match="did not answer the handshake within 0.1 s"):
            Client(AsyncClient(url, open_timeout=0.1)).connect()


def test_a_server_that_is_no_websocket_server_is_said():
    """Whatever it says instead is not taken for an answer."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        def talk():
            connection = other.accept()[0]
            connection.recv(1000)
            connection.sendall(b"220 mail.example ESMTP\r\n")
            connection.close()

        thread = threading.Thread(target=talk)
        thread.start()
        url = f"ws://127.0.0.1:{other.getsockname()[1]}/"
        with pytest.raises(ConnectFailed, match=f"cannot connect to {url}"):
            Client(AsyncClient(url)).connect()
        thread.join()


@pytest.mark.parametrize("error", [ConnectFailed, ValueError, TypeError, KeyboardInterrupt, asyncio.CancelledError])
def test_a_handshake_elsewhere_that_fails_has_an_end(pg, error):
    """Whatever ended it, nothing stays "connecting", and the name is free again."""

    async def fail(url, **options):
        raise error("no")

    client = pg.connect_async("ws://elsewhere.example/", name="alice", dial=fail)
    with pytest.raises(error):
        client.connect().send(None)

    assert client.state == "failed"
    assert client.connection.state == "closed"
    assert [row.kind for row in pg.log.rows("alice")] == ["connect", "end"]


def test_a_handshake_elsewhere_that_is_cancelled_has_an_end(pg):
    """As by `asyncio.wait_for`, while the server has not answered yet."""

    async def main(url):
        client = pg.connect_async(url, name="alice")
        connecting = asyncio.create_task(client.connect())
        await pg.log.wait_for_async("client_connect", "alice")
        connecting.cancel()
        await asyncio.wait([connecting])
        return client

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        client = asyncio.run(main(f"ws://127.0.0.1:{silent.getsockname()[1]}/"))

    assert client.state == "failed"
    assert client.connection.state == "closed"
    assert [row.kind for row in pg.log.rows("alice")] == ["connect", "end"]


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "127.0.0.1:80", "ws://", "ws:/x"])
def test_an_address_that_is_none_is_refused(url):
    """Before anything is opened."""
    with pytest.raises(ValueError, match="is not a WebSocket address; one starts with ws:// or wss://"):
        Client(AsyncClient(url)).connect()


def test_an_unread_inbox_is_bounded_and_says_so(mirror, monkeypatch):
    """The oldest go, the loss is told once, and receiving goes on."""
    monkeypatch.setattr(inbox, "INBOX", 5)
    with mirror.connect("/mirror", name="alice") as client:
        for number in range(9):
            client.send(str(number))
        client.ping()
        mirror.log.wait_for("send", '"8"')
        loops.wait(_until(lambda: client.received == 9))

        with pytest.raises(
            MessagesLost, match="alice: 4 unread messages of 4 bytes in all were dropped, because the inbox holds 5 "
        ):
            client.receive()
        assert client.receive() == "4"


async def _until(holds):
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0)


def test_the_asynchronous_client_has_the_same_verbs(mirror):
    """`async with` opens and closes; `await` opens too."""

    async def main():
        async with mirror.connect_async("/mirror", name="bob") as bob:
            await bob.send("one")
            await bob.send_json([2])
            first, second = await bob.receive(), await bob.receive_json()
            trip = await bob.ping()
        carol = await mirror.connect_async("/mirror")
        await carol.close(4000)
        return bob, carol, first, second, trip

    bob, carol, first, second, trip = asyncio.run(main())

    assert (first, second) == ("one", [2])
    assert trip > 0
    assert (bob.state, bob.close_code, carol.close_code) == ("closed", 1000, 4000)
    assert {name for name in dir(Client) if not name.startswith("_")} - {"async_client"} <= set(dir(bob))


def test_two_tasks_may_receive(mirror):
    """Each gets its message; nobody is told that the connection has ended."""

    async def main():
        async with mirror.connect_async("/mirror") as bob:
            both = asyncio.gather(bob.receive(), bob.receive())
            await asyncio.sleep(0)
            await bob.send("one")
            await bob.send("two")
            return await both

    assert sorted(asyncio.run(main())) == ["one", "two"]


def test_awaited_clients_have_names_of_their_own(mirror):
    """So that the log tells them apart."""

    async def main():
        async with mirror.connect_async("/mirror") as one, mirror.connect_async("/mirror") as two:
            return one.name, two.name, mirror.connect("/mirror").name

    assert asyncio.run(main()) == ("c1", "c2", "c3")


def test_a_synchronous_call_on_the_clients_own_loop_is_refused(mirror):
    """It would wait for itself for ever."""
    client = mirror.connect("/mirror")

    async def wrong():
        client.send("x")

    with pytest.raises(RuntimeError, match="use pg.connect_async there"):
        loops.wait(wrong())


def test_a_thread_may_have_any_name(mirror):
    """The clients' own loop is recognised by itself, and not by what its thread is called."""
    replies = []

    def talk():
        with mirror.connect("/mirror") as client:
            client.send("x")
            replies.append(client.receive())

    thread = threading.Thread(target=talk, name="playground-clients")
    thread.start()
    thread.join()

    assert replies == ["x"]


def test_a_client_reads_well(mirror):
    """Name, address, state, counts."""
    with mirror.connect("/mirror", name="alice") as client:
        assert repr(client) == f"<Client alice {mirror.url}/mirror open sent 0 received 0>"
    assert repr(client).endswith("closed 1000 sent 0 received 0>")


@pytest.mark.parametrize(
    ("fragments", "error", "message"),
    [
        (0, ValueError, "a message has 1 to 100000 fragments, not 0"),
        (10**30, ValueError, "a message has 1 to 100000 fragments, not 1000"),
        (2.5, TypeError, "fragments has to be a whole number, such as 3, not 2.5"),
        (None, TypeError, "fragments has to be a whole number, such as 3, not None"),
    ],
)
def test_a_message_has_only_so_many_fragments(echo, fragments, error, message):
    """Each needs memory, also an empty one; the connection stays open."""
    with echo.connect("/echo") as client:
        with pytest.raises(error, match=message):
            client.send("hello", fragments=fragments)
        client.send("hello", fragments=3)

        assert client.receive() == "hello"
