"""One running playground: everything that Starlette's endpoints can do, edited while people are connected."""

import _thread
import asyncio
import contextlib
import json
import re
import signal
import subprocess
import sys
import threading
import urllib.request

import pytest
from fastapi import Depends, FastAPI, WebSocket, WebSocketException
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient

import playground
from playground import (
    ConnectionEnded,
    EditRejected,
    HandshakeRefused,
    NotRunning,
    Playground,
    StartFailed,
    UnknownEndpoint,
)


def get(pg, path="/", method="GET"):
    request = urllib.request.Request(pg.http_url + path, method=method)
    with urllib.request.urlopen(request, timeout=60) as response:
        return response.read().decode()


def says(text, **attributes):
    """Return the source of an endpoint that answers each message with `text` and the message."""
    lines = [f"    {name} = {value!r}" for name, value in {"encoding": "text", **attributes}.items()]
    return "\n".join(
        ["class Says(WebSocketEndpoint):", *lines, "    async def on_receive(self, websocket, data):",
         f"        await websocket.send_text(f'{text} {{data}}')"]
    )  # fmt: skip


class Hello(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(f"hello {data}")


class Goodbye(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(f"goodbye {data}")


class User(HTTPEndpoint):
    async def get(self, request):
        return PlainTextResponse(f"Hello, {request.path_params['username']}")


# A first start


def test_a_first_start_is_not_empty(pg):
    """An echo at /ws and a page at / that talks to it, both with their source."""
    with pg.connect("/ws") as client:
        client.send("hi")
        reply = client.receive()

    assert reply == "you said: hi"
    pg.log.wait_for("end")
    assert 'id="known">{"/ws": "text"}</script>' in get(pg)
    assert list(pg.endpoints) == ["/ws", "/"]
    assert "class Echo(WebSocketEndpoint):" in pg.endpoints["/ws"].current.source
    assert repr(pg) == f"<Playground {pg.url} endpoints /ws, / connections 0 rows {pg.log.total}>"


ENDPOINT = """
class Endpoint(WebSocketEndpoint):
    encoding = "{}"

    async def on_receive(self, websocket, data): ...
"""


def test_the_page_knows_the_endpoints_and_what_they_take(pg):
    """Those that were made since, too; a path is text, whatever it says."""
    pg.edit("/chat", ENDPOINT.format("json"))
    pg.edit("/</script><script>alert(1)</script>", ENDPOINT.format("text"))
    page = get(pg)
    known = json.loads(re.search(r'id="known">(.*?)</script>', page)[1])

    assert known == {"/ws": "text", "/chat": "json", "/</script><script>alert(1)</script>": "text"}
    assert "alert" not in page.partition('id="known">')[0] and page.count("</script>") == 2


def test_the_page_names_no_host_and_no_port(pg):
    """So that it also works behind a proxy."""
    page = get(pg)

    assert str(pg.port) not in page
    assert "127.0.0.1" not in page and "localhost" not in page


# Endpoints


def test_an_edit_reaches_open_connections(pg):
    """From a string; the connection stays, the report and the log say so."""
    with pg.connect("/ws", name="alice") as alice:
        alice.send("a")
        first = alice.receive()
        report = pg.edit("/ws", says("now"))
        alice.send("b")
        second = alice.receive()

    assert (first, second) == ("you said: a", "now b")
    assert repr(report) == "<Report /ws v2 live on 1 connection>"
    assert pg.log.wait_for("edit").data == "v2 live on 1 connection"
    assert [event.version for event in pg.log.filter("kind:on_receive")] == [1, 2]


def test_a_class_can_be_given_as_it_is(pg):
    """From an object; its source is shown, and lines are counted in it."""
    pg.edit("/hello", Hello)
    with pg.connect("/hello") as client:
        client.send("you")
        client.receive()
        pg.edit("/hello", Goodbye)
        client.send("you")
        reply = client.receive()

    assert reply == "goodbye you"
    assert pg.endpoints["/hello"].current.source.startswith("class Goodbye(WebSocketEndpoint):")
    assert pg.log.wait_for("send").line == 5


def test_a_mistake_changes_nothing_and_is_logged(pg):
    """The error names the line; the old code goes on; the version is not used up."""
    with pg.connect("/ws") as client:
        with pytest.raises(EditRejected, match="line 1: '\\(' was never closed"):
            pg.edit("/ws", "class Echo(")
        client.send("still")
        reply = client.receive()

    assert reply == "you said: still"
    assert pg.log.wait_for("edit").error == "rejected: line 1: '(' was never closed"
    assert pg.edit("/ws", says("x")).version.number == 2


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        ("echo", says("x"), "the path 'echo' has to begin with '/', as in '/echo'"),
        ("/{a}/{a}", says("x"), "the path '/{a}/{a}' is not a valid route: Duplicated param name"),
        ("/{a:nothing}", says("x"), "the path '/{a:nothing}' is not a valid route: Unknown path convertor"),
        ("/ws", User, "'/ws' serves WebSockets and this code serves HTTP; give it a path of its own"),
        ("/new", 42, "42 is not an endpoint"),
    ],
)
def test_what_cannot_be_served_is_refused(pg, path, code, message):
    """With the value and what to do; no endpoint is left behind."""
    before = list(pg.endpoints)
    with pytest.raises(EditRejected, match=message.replace("{", r"\{").replace("(", r"\(")):
        pg.edit(path, code)

    assert list(pg.endpoints) == before


def test_a_path_can_serve_both(pg):
    """Said with `kind`, as Starlette allows."""
    pg.edit(
        "/ws", "class P(HTTPEndpoint):\n    async def get(self, request): return PlainTextResponse('page')", kind="http"
    )
    with pg.connect("/ws") as client:
        client.send("hi")

        assert client.receive() == "you said: hi"
    assert get(pg, "/ws") == "page"
    assert pg.endpoints["/ws"].kind == "websocket"
    assert pg.endpoints.find("/ws", "http").name == "P"


def test_path_parameters_are_given(pg):
    """To WebSocket and HTTP endpoints, several at once."""
    pg.edit("/users/{username}", User)
    pg.edit("/rooms/{room:int}", says("room").replace("{data}", '{websocket.path_params["room"] + 1} {data}'))
    with pg.connect("/rooms/41") as client:
        client.send("hi")

        assert client.receive() == "room 42 hi"
    assert get(pg, "/users/ada") == "Hello, ada"


def test_methods_that_are_missing_are_refused_with_what_is_allowed(pg):
    """405 with Allow, which follows an edit."""
    pg.edit("/users/{username}", User)
    source = "class U(HTTPEndpoint):\n    async def post(self, request): return PlainTextResponse('posted')"
    allowed = []
    for code in (User, source):
        pg.edit("/users/{username}", code)
        with pytest.raises(urllib.error.HTTPError) as caught:
            get(pg, "/users/ada", "PUT")
        caught.value.close()
        allowed.append((caught.value.code, caught.value.headers["allow"]))

    assert allowed == [(405, "GET, HEAD"), (405, "POST")]


def test_functions_are_endpoints_too(pg):
    """Of both kinds; an HTTP function may be a plain `def`."""
    pg.edit(
        "/f",
        "async def chat(websocket):\n    await websocket.accept()\n    await websocket.send_text('f')\n    await websocket.close()",
    )
    pg.edit("/g", "async def home(request): return PlainTextResponse('g')")
    pg.edit("/h", "def home(request): return PlainTextResponse('h')")
    with pg.connect("/f") as client:
        reply = client.receive()

    assert (reply, get(pg, "/g"), get(pg, "/h")) == ("f", "g", "h")
    pg.edit("/g", "async def home(request): return PlainTextResponse('g2')")
    assert get(pg, "/g") == "g2"


@pytest.mark.parametrize(
    ("encoding", "message", "reply"),
    [
        (None, "text", "str text"),
        (None, b"\x01", "bytes 1"),
        ("text", "text", "str text"),
        ("bytes", b"\x01\x02", "bytes 2"),
        ("json", '{"a": [1, 2.0]}', "dict {'a': [1, 2.0]}"),
        ("json", b"[1]", "list [1]"),
    ],
)
def test_every_encoding_decodes_as_starlette_does(pg, encoding, message, reply):
    """None gives what came, text a str, bytes bytes, json the value."""
    pg.edit(
        "/e",
        f"""
class E(WebSocketEndpoint):
    encoding = {encoding!r}

    async def on_receive(self, websocket, data):
        shown = len(data) if isinstance(data, bytes) else data
        await websocket.send_text(f"{{type(data).__name__}} {{shown}}")
""",
    )
    with pg.connect("/e") as client:
        client.send(message)

        assert client.receive() == reply


@pytest.mark.parametrize(
    ("encoding", "message"), [("text", b"bytes"), ("bytes", "text"), ("json", "not json"), ("json", "[1")]
)
def test_a_message_that_does_not_fit_the_encoding_ends_the_connection(pg, encoding, message):
    """1003 for the client and 1011 for on_disconnect: Starlette's behaviour."""
    pg.edit("/e", f"class E(WebSocketEndpoint):\n    encoding = {encoding!r}")
    with pg.connect("/e") as client:
        client.send(message)
        with pytest.raises(ConnectionEnded, match="1003 unsupported data"):
            client.receive()

    assert pg.log.wait_for("on_disconnect").code == 1011
    assert pg.log.wait_for("on_receive").error.startswith("RuntimeError: ")


def test_going_back_is_a_new_version(pg):
    """v3 (= v1), and open connections follow."""
    pg.edit("/ws", says("two"))
    with pg.connect("/ws") as client:
        report = pg.revert("/ws", to=1)
        client.send("x")

        assert client.receive() == "you said: x"
    assert str(report) == "v3 (= v1) live on 1 connection"
    assert [version.label for version in pg.endpoints["/ws"].versions] == ["v1", "v2", "v3 (= v1)"]
    with pytest.raises(LookupError, match="/ws has no v9; it keeps v1 to v3"):
        pg.revert("/ws", to=9)
    with pytest.raises(TypeError, match="a version has to be a number, such as 3, not '1'"):
        pg.revert("/ws", to="1")
    with pytest.raises(UnknownEndpoint, match="did you mean '/ws'"):
        pg.revert("/wss", to=1)


def test_an_object_can_be_gone_back_to(pg):
    """Without being run again."""
    pg.edit("/hello", Hello)
    pg.edit("/hello", Goodbye)
    pg.revert("/hello", to=1)
    with pg.connect("/hello") as client:
        client.send("you")

        assert client.receive() == "hello you"


def test_going_back_restores_the_methods_of_an_added_route(pg):
    """A class with `post` answers POST again, after a function that did not."""
    pg.edit(
        "/form",
        """
class Form(HTTPEndpoint):
    async def post(self, request):
        return PlainTextResponse("posted")
""",
    )
    pg.edit("/form", "def form(request): return PlainTextResponse('shown')")
    pg.revert("/form", to=1)

    assert get(pg, "/form", "POST") == "posted"


# Apps


def test_an_app_is_served_unchanged_and_can_be_edited():
    """Names, mounts, middleware and several routes work; an edit reaches open connections behind middleware."""
    seen = []

    class Notes:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            seen.append(scope["path"])
            await self.app(scope, receive, send)

    app = Starlette(
        routes=[
            Mount("/v1", routes=[WebSocketRoute("/hello", Hello, name="greet", middleware=[Middleware(Notes)])]),
            Route("/users/{username}", User),
        ]
    )
    with Playground(app) as pg, pg.connect("/v1/hello") as client:
        client.send("a")
        first = client.receive()
        pg.edit("/v1/hello", says("edited"))
        client.send("b")
        second = client.receive()
        user = get(pg, "/users/ada")

        assert pg.app is app
        assert list(pg.endpoints) == ["/v1/hello", "/users/{username}"]
    assert (first, second, user) == ("hello a", "edited b", "Hello, ada")
    assert seen == ["/v1/hello"]
    assert app.url_path_for("greet") == "/v1/hello"


def test_another_app_can_take_over():
    """On the same port; where both have a path, open connections go on with the new app's endpoint."""
    said = []

    @contextlib.asynccontextmanager
    async def lifespan(app):
        said.append("up")
        yield
        said.append("down")

    def app_with(endpoint):
        return Starlette(routes=[WebSocketRoute("/hello", endpoint)], lifespan=lifespan)

    with Playground(app_with(Hello)) as pg, pg.connect("/hello") as client:
        pg.swap(app_with(Goodbye))
        client.send("a")

        assert client.receive() == "goodbye a"
        assert said == ["up", "up", "down"]
        assert pg.endpoints["/hello"].current.number == 2


def test_an_app_that_cannot_take_over_changes_nothing():
    """Its exception is the cause, and the old one goes on."""

    @contextlib.asynccontextmanager
    async def broken(app):
        raise ValueError("no database")
        yield

    with Playground(Starlette(routes=[WebSocketRoute("/hello", Hello)])) as pg:
        with pytest.raises(StartFailed, match="ValueError: no database"):
            pg.swap(Starlette(lifespan=broken))
        with pg.connect("/hello") as client:
            client.send("x")
            assert client.receive() == "hello x"


def test_an_app_that_hangs_cannot_take_over():
    """It is given up after the time allowed, and the old one goes on."""

    @contextlib.asynccontextmanager
    async def hangs(app):
        await asyncio.Event().wait()
        yield

    with Playground() as pg:
        with pytest.raises(StartFailed, match="the new app did not start within 0.1 s; the old one goes on"):
            pg.swap(Starlette(lifespan=hangs), timeout=0.1)
        with pg.connect("/ws") as client:
            client.send("x")
            assert client.receive() == "you said: x"


def test_an_app_whose_end_hangs_is_replaced_all_the_same():
    """The new app serves; the old lifespan is cancelled after a grace."""

    @contextlib.asynccontextmanager
    async def lingers(app):
        yield
        await asyncio.Event().wait()

    new = Starlette(routes=[Route("/", User)])
    with Playground(Starlette(lifespan=lingers)) as pg:
        pg.swap(new)

        assert pg.app is new


def test_routes_that_do_more_than_call_are_left_alone():
    """A subclass that forgets what it was made with, and middleware that cannot be seen through: served, not edited."""

    class Injecting(Route):
        def __init__(self, path, endpoint, value):
            super().__init__(path, endpoint)

            async def inject(scope, receive, send):
                await PlainTextResponse(endpoint(value))(scope, receive, send)

            self.app = inject

    called = []

    def notes(app):
        async def around(scope, receive, send):
            called.append(scope["path"])
            await app(scope, receive, send)

        return around

    routes = [
        Injecting("/injected", lambda value: value, "injected"),
        WebSocketRoute("/noted", Hello, middleware=[Middleware(notes)]),
    ]
    with Playground(Starlette(routes=routes)) as pg, pg.connect("/noted") as client:
        client.send("x")

        assert client.receive() == "hello x"
        assert get(pg, "/injected") == "injected"
        assert list(pg.endpoints) == []
    assert called == ["/noted"]


def test_an_edit_opens_no_door_that_fastapi_guards():
    """On a real socket: without a token nobody gets in, before a refused edit and after it."""

    def check(token: str = ""):
        if token != "good":
            raise WebSocketException(1008)

    async def chat(websocket: WebSocket):
        await websocket.accept()
        await websocket.send_text("original")

    app = FastAPI()
    app.add_api_websocket_route("/chat", chat, dependencies=[Depends(check)])
    with Playground(app) as pg:
        with pytest.raises(EditRejected, match="this path belongs to an APIWebSocketRoute, which calls a function"):
            pg.edit("/chat", says("open to all"))
        with pytest.raises(HandshakeRefused, match="403"):
            pg.connect("/chat")
        with pg.connect("/chat?token=good") as client:
            assert client.receive() == "original"


def test_a_new_endpoint_says_that_it_is_new(pg):
    """And in the log, what it answers before."""
    pg.edit("/count/{room}", says("pattern"))
    report = pg.edit("/count/a", says("exact"))

    assert str(report) == "new endpoint /count/a, v1 live"
    assert pg.log.wait_for("log").data == "/count/a is a new endpoint; its requests no longer reach /count/{room}"


def test_a_new_path_wins_over_an_older_pattern(pg):
    """Otherwise the report would say live, and somebody else would answer."""
    pg.edit("/{username}", says("pattern"))
    pg.edit("/echo", says("exact"))
    with pg.connect("/echo") as exact, pg.connect("/other") as pattern:
        exact.send("x")
        pattern.send("x")

        assert (exact.receive(), pattern.receive()) == ("exact x", "pattern x")


def test_the_methods_of_a_path_follow_its_code(pg):
    """A function serves GET, a class what it has: as when Starlette makes the route."""

    def posts():
        try:
            return get(pg, "/f", "POST")
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    pg.edit("/f", "def f(request): return PlainTextResponse('f')")
    before = posts()
    pg.edit("/f", "class F(HTTPEndpoint):\n    async def post(self, request): return PlainTextResponse('posted')")
    during = posts()
    pg.edit("/f", "def f(request): return PlainTextResponse('f')")

    assert (before, during, posts()) == (405, "posted", 405)


def test_an_objects_names_stay_known_in_its_editor(pg):
    """Its own source, applied again from the panel, still sees the module it was written in."""
    pg.edit("/hello", Hello)
    source = pg.endpoints["/hello"].current.source
    pg.edit("/hello", source.replace('f"hello {data}"', "says('x')[:5] + data"))
    with pg.connect("/hello") as client:
        client.send("!")

        assert client.receive() == "class!"


def test_a_rejected_edit_leaves_no_module_behind(pg):
    """Also when it is rejected after it has run."""
    before = set(sys.modules)
    for _ in range(5):
        with pytest.raises(EditRejected):
            pg.edit("/ws", "class P(HTTPEndpoint): pass")

    assert {name for name in sys.modules if name.startswith("<live /ws")} <= before
    assert pg.edit("/ws", says("x")).version.number == 2


def test_a_playground_that_is_gone_leaves_no_module_behind():
    """Its versions go with it."""
    import gc

    gc.collect()
    before = {name for name in sys.modules if name.startswith("<live")}
    pg = Playground()
    pg.edit("/gone", says("x"))
    during = {name for name in sys.modules if name.startswith("<live")}
    del pg
    gc.collect()

    assert len(during - before) == 3
    assert {name for name in sys.modules if name.startswith("<live")} <= before


def test_an_endless_edit_does_not_stop_others(pg):
    """Code runs outside every lock."""
    gate, running = threading.Event(), threading.Event()
    pg._site._names = {"GATE": gate, "RUNNING": running}
    slow = threading.Thread(target=pg.edit, args=("/slow", "RUNNING.set()\nGATE.wait()\n" + says("slow")))
    slow.start()
    assert running.wait(60)
    report = pg.edit("/ws", says("quick"))
    gate.set()
    slow.join()

    assert report.version.number == 2
    assert "/slow" in pg.endpoints


def test_a_server_that_dies_is_told_and_can_be_started_again(monkeypatch):
    """Nothing is swallowed on a thread."""
    from playground.serve import server

    async def main_loop(self):
        raise RuntimeError("lost")

    with Playground(loop="asyncio") as pg:
        pg.stop()
        with monkeypatch.context() as patched:
            patched.setattr(server._Uvicorn, "main_loop", main_loop)
            pg.start()
            event = pg.log.wait_for("error")
            pg._server._thread.join(60)
        dead = pg.running
        pg.start()
        with pg.connect("/ws") as client:
            client.send("x")

            assert client.receive() == "you said: x"
    assert (
        event.error
        == "the server has died: RuntimeError: lost; plain uvicorn would have exited here; pg.start() starts it again"
    )
    assert dead is False


def test_stopping_twice_at_once_is_no_error(pg):
    """The panel's Stop and a cell's, say."""
    errors = []

    def stop():
        try:
            pg.stop()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=stop) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []


def test_an_app_that_is_no_starlette_app_gets_no_new_paths():
    """It is served as it is."""

    async def app(scope, receive, send):
        await PlainTextResponse("raw")(scope, receive, send)

    with Playground(app) as pg:
        with pytest.raises(EditRejected, match="function is not a Starlette app, so '/new' cannot be added to it"):
            pg.edit("/new", says("x"))
        assert get(pg, "/anything") == "raw"


def test_starlettes_test_client_works_on_the_app(pg):
    """Without a server between: text, JSON, edits, and the hooks are logged all the same."""
    pg.edit("/users/{username}", User)
    client = TestClient(pg.app)
    with client.websocket_connect("/ws") as session:
        session.send_text("hi")
        first = session.receive_text()
        report = pg.edit("/ws", says("edited"))
        session.send_text("hi")
        second = session.receive_text()

    assert (first, second) == ("you said: hi", "edited hi")
    assert str(report) == "v2 live on 1 connection"
    assert client.get("/users/ada").text == "Hello, ada"
    assert client.post("/users/ada").status_code == 405
    assert len(pg.log.filter("kind:on_receive")) == 2


# Clients


def test_clients_have_names(pg):
    """Given, or c1, c2…; a name that is in use gets a number, so that nobody is disconnected."""
    names = [pg.connect("/ws", name=name).name for name in (None, "alice", "alice", None)]
    pg.clients["alice"].close()

    assert names == ["c1", "alice", "alice-2", "c2"]
    assert pg.connect("/ws", name="alice").name == "alice"
    assert {one.client for one in pg.connections} == {"c1", "alice", "alice-2", "c2"}


def test_an_unknown_path_is_refused_with_the_nearest(pg):
    """403, as under plain uvicorn, and what was probably meant."""
    with pytest.raises(HandshakeRefused, match="HTTP 403; no endpoint at '/wss'; did you mean '/ws'?") as caught:
        pg.connect("/wss?x=1")

    assert caught.value.status == 403


def test_a_path_that_serves_http_is_named_as_such(pg):
    """Only WebSocket paths are suggested."""
    pg.edit("/users/{username}", User)
    with pytest.raises(HandshakeRefused, match="403; '/users/ada' serves HTTP, not WebSockets"):
        pg.connect("/users/ada")
    with pytest.raises(HandshakeRefused, match="no endpoint at '/nope'; there are /ws$"):
        pg.connect("/nope")


def test_a_client_may_go_elsewhere(pg):
    """Any ws:// address; what is no address at all is refused."""
    with Playground() as other, pg.connect(f"{other.url}/ws", name="far") as far:
        far.send("hi")

        assert far.receive() == "you said: hi"
        assert pg.connections == []
    with pytest.raises(ValueError, match="'ws' is neither a path, as '/ws', nor an address, as 'ws://ws'"):
        pg.connect("ws")


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        (None, TypeError, "connect takes a path, such as '/ws', or an address, such as 'ws://host/ws', not None"),
        ("", ValueError, "connect takes a path, such as '/ws', and not the empty text ''"),
        ("http://127.0.0.1/", ValueError, "is not a WebSocket address; did you mean 'ws://127.0.0.1/'"),
        ("https://h/ws", ValueError, "is not a WebSocket address; did you mean 'wss://h/ws'"),
        ("WSS://h", ValueError, "is not a WebSocket address; did you mean 'wss://h'"),
    ],
)
def test_what_cannot_be_connected_to_is_answered_with_what_can(pg, path, error, message):
    """By both forms of the call."""
    for connect in (pg.connect, pg.connect_async):
        with pytest.raises(error, match=message):
            connect(path)

    assert not pg.clients


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"header": {}}, TypeError, "connect has no option 'header'; did you mean 'headers'"),
        ({"name": 5}, TypeError, "a client's name has to be text, as in name='5', not 5"),
        ({"name": ""}, ValueError, "a client's name cannot be ''; leave it out to get one"),
    ],
)
def test_an_option_that_cannot_be_is_an_error_at_the_call(pg, options, error, message):
    """And nothing is connected or logged."""
    total = pg.log.total
    for connect in (pg.connect, pg.connect_async):
        with pytest.raises(error, match=message):
            connect("/ws", **options)

    assert (len(pg.clients), pg.log.total) == (0, total)


def test_an_ending_is_asked_for_by_the_clients_name(pg):
    """Of several connections of one name, the newest is meant."""
    with pg.connect("/ws", name="alice"):
        pass
    with pg.connect("/ws", name="alice") as alice:
        newest = alice.connection.id

        assert pg.why("alice").connection == newest == 2
    with pytest.raises(LookupError, match="no connection of a client named 'zoe' is remembered; the names are alice"):
        pg.why("zoe")
    with pytest.raises(TypeError, match="a connection is asked for by its number or its client's name, not by 1.5"):
        pg.why(1.5)


def test_what_is_not_there_is_answered_with_what_there_is(pg):
    """A client, an event that is held, a path."""
    pg.connect("/ws", name="alice").close()
    with pytest.raises(LookupError, match="no client named 'zoe'; the clients are alice"):
        pg.clients["zoe"]
    with pytest.raises(LookupError, match="event 3 is not held any more; nothing is held now"):
        pg.held[3]
    for call in (lambda: pg.edit(5, says("x")), lambda: pg.endpoints[5]):
        with pytest.raises(TypeError, match="a path has to be text, such as '/echo', not 5"):
            call()


def test_an_edit_while_it_is_stopped_says_so(pg):
    """Nobody can be connected, and nothing is live."""
    pg.stop()

    assert str(pg.edit("/ws", says("x"))) == "v2 is ready; the server is stopped"
    assert str(pg.edit("/new", says("x"))) == "new endpoint /new, v1 is ready; the server is stopped"


def test_a_stopped_playground_says_so(pg):
    """And can be started again, on the same port."""
    port = pg.port
    pg.stop()
    pg.stop()
    with pytest.raises(NotRunning, match="the playground is stopped, so '/ws' cannot be reached; pg.start"):
        pg.connect("/ws")
    assert repr(pg).startswith("<Playground stopped endpoints /ws, /")
    pg.start()

    assert pg.port == port
    with pg.connect("/ws") as client:
        client.send("x")
        assert client.receive() == "you said: x"


def test_a_cell_that_is_interrupted_keeps_the_connection(pg):
    """Ctrl+C ends the waiting, not the client."""
    main = threading.get_ident()

    def interrupt():
        names = []
        while "_in_pieces" not in names or "receive" not in names:
            frame, names = sys._current_frames()[main], []
            while frame:
                names.append(frame.f_code.co_name)
                frame = frame.f_back
        if sys.platform == "win32":
            # As a kernel is interrupted there, where os.kill would end this process.
            _thread.interrupt_main()
        else:
            signal.pthread_kill(main, signal.SIGINT)

    with pg.connect("/ws") as client:
        thread = threading.Thread(target=interrupt)
        with pytest.raises(KeyboardInterrupt):
            thread.start()
            client.receive()
        thread.join()
        client.send("still here")

        assert client.receive() == "you said: still here"


# Starting


@pytest.fixture
def started():
    """Names of playgrounds made with `start`, stopped at the end."""
    yield
    from playground.starting import _running

    for pg, _ in _running.values():
        pg.stop()
    _running.clear()


def test_starting_again_keeps_the_server(started):
    """The cell can be run again: same port, same connections, edits kept."""
    pg = playground.start()
    pg.edit("/ws", says("edited"))
    with pg.connect("/ws") as client:
        again = playground.start()
        client.send("x")

        assert client.receive() == "edited x"
    assert again is pg
    assert sum(one.name == "playground-server" for one in threading.enumerate()) == 1


def test_starting_again_with_an_app_lets_it_take_over(started):
    """Same port; open connections follow to the same path."""
    first = playground.start(Starlette(routes=[WebSocketRoute("/hello", Hello)]))
    with first.connect("/hello") as client:
        second = playground.start(Starlette(routes=[WebSocketRoute("/hello", Goodbye)]))
        client.send("x")

        assert client.receive() == "goodbye x"
    assert second is first


def test_starting_again_with_other_settings_restarts_on_the_same_port(started):
    """Connections are told 1012, and whoever knows the address finds the new server there."""
    first = playground.start()
    first.edit("/mine", says("mine"))
    port = first.port
    client = first.connect("/ws")
    second = playground.start(ws_max_size=100)
    with pytest.raises(ConnectionEnded, match="1012"):
        client.receive()
    with second.connect("/mine") as client:
        client.send("x" * 101)
        with pytest.raises(ConnectionEnded, match="1009"):
            client.receive()

    assert second is first
    assert second.port == port
    assert list(second.endpoints) == ["/ws", "/", "/mine"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "0.0.0.0"])
def test_another_spelling_of_the_same_host_is_no_other_program(started, host):
    """A playground's own port is not taken, whatever its address is called."""
    first = playground.start()
    port = first.port
    second = playground.start(host=host, ws_max_size=100)

    assert second is first
    assert (second.host, second.port, second.running) == (host, port, True)


def test_two_playgrounds_live_side_by_side(started):
    """With names of their own."""
    one, two = playground.start(), playground.start(name="two")
    one.edit("/ws", says("one"))
    with two.connect("/ws") as client:
        client.send("x")

        assert client.receive() == "you said: x"
    assert one.port != two.port


def test_a_start_that_cannot_be_leaves_what_runs(started):
    """A port in use, something that is no app: the message says what to do, and the server goes on."""
    import socket

    pg = playground.start()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(OSError, match="is taken by another program"):
            playground.start(port=other.getsockname()[1])
    for wrong, hint in (("main:app", "import it first: from main import app"), (8000, "for a port, write port=8000")):
        with pytest.raises(TypeError, match=f"is not an ASGI app; {hint}"):
            playground.start(wrong)
    with pg.connect("/ws") as client:
        client.send("x")

        assert client.receive() == "you said: x"


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"ws": "foo"}, ValueError, "no ws 'foo'; there are auto"),
        ({"http": "foo"}, ValueError, "no http 'foo'; there are auto"),
        ({"loop": "foo"}, ValueError, "no loop 'foo'; there are none"),
        ({"log_level": "loud"}, ValueError, "log_level has to be 'critical'"),
        ({"functions": "x"}, ValueError, "functions has to be 'pinned' or 'reenter', not 'x'"),
        ({"on_error": "x"}, ValueError, "on_error has to be 'starlette' or 'hold', not 'x'"),
        ({"origins": "https://a"}, TypeError, r"origins has to be a list, as in \['https://a'\], not 'https://a'"),
        ({"origin": "https://a"}, TypeError, "start has no option 'origin'; did you mean 'origins'"),
        ({"ws_maxsize": 1}, TypeError, "start has no option 'ws_maxsize'; did you mean 'ws_max_size'"),
        ({"port": 99999}, ValueError, "port 99999 is out of range, 0 to 65535"),
        ({"host": "192.0.2.1"}, OSError, "cannot listen on '192.0.2.1'"),
        ({"log_limit": "x"}, ValueError, "log_limit has to be a number of rows, such as 100_000, not 'x'"),
        ({"switch_interval": "x"}, TypeError, "switch_interval has to be a number of seconds"),
        ({"timeout": "x", "ws_max_size": 1}, TypeError, "timeout has to be a number of seconds"),
    ],
)
def test_a_setting_that_cannot_be_costs_nobody_the_connection(started, settings, error, message):
    """It is found before anything is stopped or taken over; a first start says the same."""
    with pytest.raises(error, match=message):
        playground.start(name="first", **settings)
    pg = playground.start()
    app = pg.app
    with pg.connect("/ws") as client:
        with pytest.raises(error, match=message):
            playground.start(Starlette(), **settings)
        client.send("x")

        assert client.receive() == "you said: x"
        assert (pg.app, pg.on_error) == (app, "starlette")


def test_a_stopped_playground_is_started_afresh(started):
    """After `stop` the first cell begins from the beginning."""
    first = playground.start()
    first.stop()
    second = playground.start()

    assert second is not first
    assert second.running


def test_a_computing_cell_lets_the_server_run_more_often():
    """While a playground runs, and only then; None leaves Python alone."""
    before = sys.getswitchinterval()
    with Playground(switch_interval=None):
        alone = sys.getswitchinterval()
    with Playground(switch_interval=0.002), Playground(switch_interval=0.001):
        during = sys.getswitchinterval()

    assert alone == sys.getswitchinterval() == before
    assert during == pytest.approx(0.001)


def test_the_end_of_the_program_ends_the_app():
    """atexit: lifespan shutdown runs, also when nobody called stop."""
    code = """
import contextlib, playground
from starlette.applications import Starlette

@contextlib.asynccontextmanager
async def lifespan(app):
    yield
    print("closed")

playground.start(Starlette(lifespan=lifespan))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)

    assert (done.stdout, done.stderr, done.returncode) == ("closed\n", "", 0)


def test_it_runs_where_nest_asyncio_was_applied():
    """With the server, its clients and an edit; the patched asyncio.run does not matter."""
    code = """
import nest_asyncio2, asyncio
nest_asyncio2.apply()
import playground
with playground.Playground() as pg, pg.connect("/ws") as client:
    client.send("x")
    print(client.receive())

async def main():
    with playground.Playground() as pg:
        async with pg.connect_async("/ws") as bob:
            await bob.send("y")
            print(await bob.receive())

asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120)

    assert done.stdout.splitlines()[::2] == ["you said: x", "you said: y"], done.stderr
    assert done.returncode == 0


def test_importing_needs_nothing_but_python():
    """No site-packages: the package imports, and its public names are listed."""
    code = "import playground, sys; print(sorted(set(playground.__all__) - set(dir(playground))), 'starlette' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, timeout=120, cwd=sys.path[0] or "."
    )

    assert done.stdout == "[] False\n", done.stderr


def test_every_public_name_can_be_had():
    """And an unknown one is an AttributeError."""
    assert all(getattr(playground, name) for name in playground.__all__)
    with pytest.raises(AttributeError, match="module 'playground' has no attribute 'nothing'"):
        _ = playground.nothing


def test_the_same_endpoint_says_the_same_under_plain_uvicorn(pg):
    """The starter's replies and close codes, side by side with a bare uvicorn."""
    import uvicorn

    from playground.client.async_client import AsyncClient
    from playground.client.client import Client
    from playground.starter.echo import Echo

    class Bare(uvicorn.Server):
        def __init__(self, config):
            super().__init__(config)
            self.ready = threading.Event()

        async def startup(self, sockets=None):
            await super().startup(sockets)
            self.ready.set()

    app = Starlette(routes=[WebSocketRoute("/ws", Echo)])
    bare = Bare(uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=asyncio.run, args=(bare.serve(),))
    thread.start()
    assert bare.ready.wait(60)
    url = f"ws://127.0.0.1:{bare.servers[0].sockets[0].getsockname()[1]}"

    def converse(base):
        said = []
        client = Client(AsyncClient(base + "/ws")).connect()
        client.send("hi")
        said.append(client.receive())
        client.send(b"not text")
        with pytest.raises(ConnectionEnded):
            client.receive()
        said.append((client.close_code, client.close_reason))
        with pytest.raises(HandshakeRefused) as caught:
            Client(AsyncClient(base + "/none")).connect()
        said.append((caught.value.status, caught.value.body, sorted(name for name, _ in caught.value.headers)))
        return said

    try:
        assert converse(pg.url) == converse(url)
    finally:
        bare.should_exit = True
        thread.join()


def test_a_thread_switch_of_no_time_is_refused(pg):
    """Before anything is stopped; Python would refuse it when the server is up."""
    with pytest.raises(ValueError, match="switch_interval has to be more than 0 seconds"):
        pg.restart(switch_interval=0)

    assert pg.running
