"""uvicorn on a background thread: it starts, or says why not; it stops, whatever a handler does."""

import asyncio
import logging
import socket
import sys
import threading
import urllib.request

import pytest
from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute

from playground import PortTaken, StartFailed
from playground.client.async_client import AsyncClient
from playground.client.client import Client
from playground.serve.server import Server, bind


def app_with(lifespan=None, **routes):
    async def home(request):
        return PlainTextResponse("home")

    return Starlette(routes=[Route("/", home), *routes.values()], lifespan=lifespan)


@pytest.fixture
def serve():
    """Start servers that are stopped at the end."""
    servers = []

    def start(app, **options):
        server = Server(app, **options)
        servers.append(server)
        server.start(timeout=options.pop("timeout", 60))
        return server

    yield start
    for server in servers:
        server.stop()


def get(server, path="/"):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=60) as response:
        return response.read().decode()


def threads():
    return [one for one in threading.enumerate() if one.name == "playground-server"]


def test_it_serves_on_a_free_port(serve):
    """Port 0 takes one, and it is told."""
    server = serve(app_with())

    assert server.port > 0
    assert server.running
    assert get(server) == "home"


def test_stopping_frees_the_port_and_the_thread(serve):
    """At once: another server can have the port."""
    server = serve(app_with())
    port = server.port

    assert server.stop() is None
    assert threads() == []
    again = serve(app_with(), port=port)
    assert get(again) == "home"
    assert server.stop() is None


def test_a_taken_port_is_an_error_in_the_caller():
    """With the port and what to do about it."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port} is taken by another program; leave port out"):
            Server(app_with(), port=port).start()

    assert threads() == []


@pytest.mark.parametrize(
    ("host", "port", "message"),
    [
        ("127.0.0.1", 99_999, "port 99999 is out of range, 0 to 65535"),
        ("127.0.0.1", -1, "port -1 is out of range, 0 to 65535"),
        ("127.0.0.1", "8000", "port is a number, such as 8000, not '8000'"),
        (5, 0, "host is text, such as '127.0.0.1', not 5"),
    ],
)
def test_what_is_no_address_is_no_taken_port(host, port, message):
    """Nothing is tried; the message has the value."""
    with pytest.raises((TypeError, ValueError), match=message):
        bind(host, port)


def test_a_host_that_is_not_this_machine_is_named():
    """With what the system says."""
    with pytest.raises(PortTaken, match="cannot listen on '192.0.2.1' port 0"):
        bind("192.0.2.1", 0)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"ws": "foo"}, ValueError, "no ws 'foo'; there are auto, none, websockets, websockets-sansio, wsproto, and"),
        ({"http": "foo"}, ValueError, "no http 'foo'; there are auto, h11, httptools"),
        ({"loop": "os:nothing"}, ValueError, "no loop 'os:nothing'; there are none, auto, asyncio"),
        ({"ws": 5}, TypeError, "ws is one of auto, none, .*, not 5"),
        ({"log_level": "loud"}, ValueError, "log_level has to be 'critical', .* or 'trace', not 'loud'"),
        ({"ssl_certfile": "nowhere.pem"}, OSError, "No such file"),
    ],
)
def test_what_uvicorn_cannot_use_is_found_before_a_port_is_taken(options, error, message):
    """By looking, without a thread."""
    with pytest.raises(error, match=message):
        Server(app_with(), options=options).check()

    assert threads() == []


def test_a_protocol_that_is_not_installed_is_named(monkeypatch):
    """With the package that is missing."""
    monkeypatch.setitem(sys.modules, "wsproto", None)
    monkeypatch.delitem(sys.modules, "uvicorn.protocols.websockets.wsproto_impl", raising=False)
    with pytest.raises(
        ValueError, match="ws='wsproto' cannot be used here: .*wsproto.*; install that, or leave ws out"
    ):
        Server(app_with(), options={"ws": "wsproto"}).check()


def test_an_app_that_raises_at_start_up_is_quoted():
    """Its own exception is the cause, the port is free again, no thread is left."""

    async def broken(app):
        raise ValueError("no database")
        yield

    import contextlib

    server = Server(app_with(contextlib.asynccontextmanager(broken)))
    with pytest.raises(StartFailed, match="the app failed to start: ValueError: no database") as caught:
        server.start()

    assert isinstance(caught.value.__cause__, ValueError)
    assert threads() == []
    bind("127.0.0.1", server.port).close()


def test_an_app_that_hangs_at_start_up_is_given_up():
    """After the time allowed, and without leaving a thread."""
    import contextlib

    @contextlib.asynccontextmanager
    async def hangs(app):
        await asyncio.Event().wait()
        yield

    with pytest.raises(StartFailed, match=r"did not start within 0.2 s; none of its lines runs: it waits"):
        Server(app_with(hangs)).start(timeout=0.2)
    for thread in threads():
        thread.join(60)

    assert threads() == []


@pytest.mark.slow
def test_an_app_that_blocks_at_start_up_is_shown_at_its_line():
    """The message names file and line."""
    import contextlib

    go_on = threading.Event()

    @contextlib.asynccontextmanager
    async def blocks(app):
        go_on.wait()
        yield

    with pytest.raises(StartFailed, match=r"it is at .*test_server.py, line \d+, in blocks: go_on.wait\(\)"):
        Server(app_with(blocks)).start(timeout=2)
    go_on.set()
    for thread in threads():
        thread.join(60)

    assert threads() == []


def test_an_app_without_lifespan_is_served(serve):
    """As under plain uvicorn, which tries and goes on."""

    async def app(scope, receive, send):
        assert scope["type"] == "http"
        await PlainTextResponse("raw")(scope, receive, send)

    assert get(serve(app)) == "raw"


def test_lifespan_runs_its_end_on_stop(serve):
    """What start-up opened is closed."""
    import contextlib

    said = []

    @contextlib.asynccontextmanager
    async def lifespan(app):
        said.append("open")
        yield {"shared": 1}
        said.append("closed")

    server = serve(app_with(lifespan))
    server.stop()

    assert said == ["open", "closed"]


class Quiet(WebSocketEndpoint):
    encoding = "text"


def test_open_websockets_are_told_1012(serve):
    """Service restart (RFC 6455's registry), as uvicorn does; and stopping does not take long."""
    server = serve(app_with(ws=WebSocketRoute("/ws", Quiet)))
    clients = [Client(AsyncClient(f"ws://127.0.0.1:{server.port}/ws")).connect() for _ in range(20)]
    server.stop()
    codes = set()
    for client in clients:
        with pytest.raises(ConnectionError):
            client.receive()
        codes.add(client.close_code)

    assert codes == {1012}


def test_an_endless_response_is_cancelled(serve):
    """The handler gets its grace and is then cancelled; the thread ends."""

    async def endless(request):
        async def body():
            while True:
                yield b"x"
                await asyncio.sleep(0.05)

        return StreamingResponse(body())

    server = serve(app_with(r=Route("/endless", endless)))
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(10)
        assert server.stop() is None

    assert threads() == []


def test_a_handler_that_blocks_is_named_and_the_port_freed(serve):
    """Nobody can stop a blocked loop from outside, but the port is free and the line is told."""
    go_on, blocked = threading.Event(), threading.Event()

    async def blocks(request):
        blocked.set()
        go_on.wait()

    server = serve(app_with(r=Route("/blocks", blocks)))
    port = server.port
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /blocks HTTP/1.1\r\nHost: x\r\n\r\n")
        assert blocked.wait(60)
        where = server.stop(timeout=1)
        bind("127.0.0.1", port).close()
        go_on.set()
        for thread in threads():
            thread.join(60)

    assert "in blocks: go_on.wait()" in where
    assert threads() == []


def test_what_uvicorn_logs_goes_to_the_function():
    """And nothing of it is printed in whichever cell runs."""
    records = []

    async def app(scope, receive, send):
        raise ValueError("boom")

    server = Server(app, on_log=records.append)
    server.start()
    with pytest.raises(urllib.error.HTTPError):
        get(server)
    server.stop()

    assert any("Exception in ASGI application" in record.getMessage() for record in records)
    assert logging.getLogger("uvicorn.error").filters == []


def test_an_option_that_uvicorn_does_not_know_is_named():
    """Before a port is taken."""
    with pytest.raises(TypeError, match="unexpected keyword argument 'prot'"):
        Server(app_with(), options={"prot": 1}).start()


def test_options_reach_uvicorn(serve):
    """A message over ws_max_size ends the connection with 1009."""
    server = serve(app_with(ws=WebSocketRoute("/ws", Quiet)), options={"ws_max_size": 1000, "loop": "asyncio"})
    client = Client(AsyncClient(f"ws://127.0.0.1:{server.port}/ws")).connect()
    client.send("x" * 5000)
    with pytest.raises(ConnectionError, match="1009 message too big"):
        client.receive()

    assert "uvloop" not in type(server.loop).__module__


def test_twenty_starts_and_stops_leak_nothing():
    """No thread is left."""
    server = Server(app_with())
    for _ in range(20):
        server.start()
        server.stop()

    assert threads() == []
