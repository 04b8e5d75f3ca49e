"""Apps that are no Starlette are served and recorded, and objects that answer with an exception stop nothing."""

import urllib.request

import pytest
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Host, Match, Mount, Route, Router, WebSocketRoute
from starlette.testclient import TestClient

from playground import EditRejected, HandshakeRefused, Playground
from playground.edit.foreign import attribute, inner_app, routes_of, unwrapped


class ForeignRoute:
    """A route of another framework: not callable with a scope, and without a path of text."""

    path = object()

    def matches(self, *_):
        raise RuntimeError("not for you")


class Raises:
    def __get__(self, instance, owner):
        raise RuntimeError("configure me first")


class Foreign:
    """An ASGI app that accepts at /ws, echoes, and refuses everything else."""

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "http":
            await PlainTextResponse("served")(scope, receive, send)
        elif scope["path"] != "/ws":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
        else:
            await receive()
            await send({"type": "websocket.accept"})
            while (message := await receive())["type"] == "websocket.receive":
                await send({"type": "websocket.send", "text": message["text"]})


def foreign(routes=None, **others):
    return type("Foreign", (Foreign,), {"routes": routes, **others})()


APPS = {
    "none": lambda: Foreign(),
    "a dict": lambda: foreign({"/ws": "handler"}),
    "a list of its own": lambda: foreign([ForeignRoute(), "/ws", None]),
    "a property that raises": lambda: foreign(Raises()),
    "a function": lambda: foreign(lambda self: []),
    "a number": lambda: foreign(7),
    "everything raises": lambda: foreign(__getattr__=lambda self, name: 1 / 0),
    "an app of its own inside": lambda: foreign(app=foreign([ForeignRoute()])),
    "a plain function": lambda: Foreign().__call__,
}


@pytest.mark.parametrize("make", APPS.values(), ids=APPS)
def test_an_app_that_is_no_starlette_is_served_and_recorded(make):
    """Its messages are rows, and a path that it refuses is a refused handshake."""
    with Playground(make()) as pg:
        with pg.connect("/ws") as client:
            client.send("a")
            answer = client.receive()
        with pytest.raises(HandshakeRefused, match="403"):
            pg.connect("/unknown")
        with pytest.raises(EditRejected, match="is not a Starlette app, so '/new' cannot be added to it"):
            pg.edit("/new", "class E(WebSocketEndpoint): pass")
        with urllib.request.urlopen(pg.http_url + "/page") as page:
            said = page.read()
        kinds = [row.kind for row in pg.log.rows("kind:receive,send")]

    assert (answer, said, kinds) == ("a", b"served", ["receive", "send"])
    assert list(pg.endpoints) == []


class Echo(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(f"old {data}")


@pytest.mark.parametrize(
    "around",
    [
        lambda inner: Mount("/socket.io", inner),
        lambda inner: Mount("/socket.io", foreign([ForeignRoute()])),
        lambda inner: Mount("/socket.io", foreign(Raises())),
        lambda inner: Host("io.example", inner),
        lambda inner: Host("io.example", foreign(Raises())),
    ],
)
def test_a_foreign_app_within_a_starlette_app_disturbs_nothing(around):
    """The endpoints beside it are edited, and it is said what it takes."""
    app = Starlette(routes=[WebSocketRoute("/ws", Echo), around(Foreign())])
    with Playground(app) as pg, pg.connect("/ws") as client:
        pg.edit("/ws", pg.endpoints["/ws"].current.source.replace("old", "new"))
        client.send("a")
        answer = client.receive()
        with pytest.raises(HandshakeRefused):
            pg.connect("/unknown")

    assert answer == "new a"


def test_the_app_inside_of_middleware_is_edited():
    """A common last line of a file: app = CORSMiddleware(app, …)."""
    app = CORSMiddleware(Starlette(routes=[WebSocketRoute("/ws", Echo)]), allow_origins=["https://a.example"])
    with Playground(app) as pg, pg.connect("/ws") as client:
        pg.edit("/ws", pg.endpoints["/ws"].current.source.replace("old", "new"))
        client.send("a")
        answer = client.receive()
        pg.edit("/new", "def new(request): return PlainTextResponse('new')")
        request = urllib.request.Request(pg.http_url + "/new", headers={"Origin": "https://a.example"})
        with urllib.request.urlopen(request) as page:
            allowed = page.headers["access-control-allow-origin"]

    assert (answer, allowed) == ("new a", "https://a.example")


def test_a_router_alone_is_an_app():
    """It has no middleware, and endpoints like any other."""
    app = Router([WebSocketRoute("/ws", Echo)])
    pg = Playground(app)
    pg.edit("/ws", pg.endpoints["/ws"].current.source.replace("old", "new"))
    pg.edit("/page", "def page(request): return PlainTextResponse('page')")
    client = TestClient(app)
    with client.websocket_connect("/ws") as session:
        session.send_text("a")

        assert session.receive_text() == "new a"
    assert client.get("/page").text == "page"


class Touchy(type):
    """A metaclass that answers what it does not know with an exception."""

    def __getattr__(cls, name):
        raise RuntimeError(f"no {name}")

    def __instancecheck__(cls, instance):
        raise RuntimeError("no isinstance")

    def __subclasscheck__(cls, other):
        raise RuntimeError("no issubclass")

    def __repr__(cls):
        raise RuntimeError("no repr")

    def __eq__(cls, other):
        raise RuntimeError("no equality")

    __hash__ = type.__hash__


class TouchyEcho(Echo, metaclass=Touchy):
    pass


class TouchyPage(HTTPEndpoint, metaclass=Touchy):
    async def get(self, request):
        return PlainTextResponse("old")


class Odd(Route):
    """A route that has nothing of what Starlette's have."""

    def __init__(self):
        pass

    def matches(self, scope):
        return (Match.FULL, {}) if scope["path"] == "/odd" else (Match.NONE, {})

    async def handle(self, scope, receive, send):
        await PlainTextResponse("odd")(scope, receive, send)


class Strict(BaseRoute):
    """A route that needs more of a request than its path."""

    def matches(self, scope):
        scope["headers"][0]
        return Match.NONE, {}


def test_classes_that_answer_with_exceptions_are_edited():
    """A metaclass may raise at whatever it is asked."""
    app = Starlette(routes=[WebSocketRoute("/ws", TouchyEcho), Route("/page", TouchyPage), Odd(), Strict()])
    with Playground(app) as pg, pg.connect("/ws") as client:
        client.send("a")
        first = client.receive()
        report = pg.edit("/ws", Echo)
        client.send("b")
        second = client.receive()
        pg.edit("/ws", TouchyEcho)
        pg.edit(
            "/page", "class Page(HTTPEndpoint, metaclass=Touchy):\n    def get(self, request): return Response('new')"
        )
        pg.edit("/page", TouchyPage)
        pg.edit("/new", TouchyPage)
        client.send("c")
        third = client.receive()
        with urllib.request.urlopen(pg.http_url + "/odd") as page:
            odd = page.read()
        shown = repr(pg.endpoints), repr(report), repr(pg.endpoints["/ws"].versions)

    assert (first, second, third, odd) == ("old a", "old b", "old c", b"odd")
    assert "/odd" not in pg.endpoints and "TouchyEcho" in shown[0]


@pytest.mark.parametrize("thing", [object(), 7, None, Foreign(), TouchyEcho])
def test_what_is_no_endpoint_is_refused_by_its_name(thing):
    """Whatever its repr does."""
    pg = Playground(Starlette())
    pg.edit("/http", TouchyPage)
    with pytest.raises(EditRejected, match="is not an endpoint; give|serves HTTP and this code serves WebSockets"):
        pg.edit("/http", thing)


def test_questions_get_an_answer():
    """The default, where there is none."""

    def decorated():
        pass

    decorated.__wrapped__ = decorated

    assert attribute(TouchyEcho, "anything", 1) == 1
    assert routes_of(foreign(Raises())) == []
    assert inner_app(foreign(app=None)) is None
    assert unwrapped(decorated) is decorated
