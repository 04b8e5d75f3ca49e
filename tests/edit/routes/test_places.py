"""What stands around an endpoint stays when its code changes: middleware, permissions, methods, bound arguments."""

import functools

import pytest
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser, requires
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route, Router, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from playground import EditRejected, Playground


class OnlyWithKey:
    """Middleware that lets nobody through without a key."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and (b"x-key", b"good") not in scope["headers"]:
            await PlainTextResponse("no key", 403)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class ByHeader(AuthenticationBackend):
    async def authenticate(self, conn):
        if conn.headers.get("x-key") == "good":
            return AuthCredentials(["authenticated"]), SimpleUser("ann")


async def page(request):
    return PlainTextResponse("old")


@requires("authenticated")
async def own_page(request):
    return PlainTextResponse("old")


class Page(HTTPEndpoint):
    @requires("authenticated")
    async def get(self, request):
        return PlainTextResponse("old")


class Given(HTTPEndpoint):
    async def get(self, request):
        return PlainTextResponse("new")

    post = get


async def given(request):
    return PlainTextResponse("new")


TEXT = "async def given(request): return PlainTextResponse('new')"
KEY = [Middleware(OnlyWithKey)]
AUTHENTICATION = [Middleware(AuthenticationMiddleware, backend=ByHeader())]

GUARDED = {
    "route middleware": lambda: Starlette(routes=[Route("/x", page, middleware=KEY)]),
    "two of them": lambda: Starlette(routes=[Route("/x", page, middleware=[*KEY, *KEY])]),
    "app middleware": lambda: Starlette(routes=[Route("/x", page)], middleware=KEY),
    "mount middleware": lambda: Starlette(routes=[Mount("/", routes=[Route("/x", page)], middleware=KEY)]),
    "a mounted app": lambda: Starlette(routes=[Mount("/", Starlette(routes=[Route("/x", page)], middleware=KEY))]),
    "a mounted app in middleware": lambda: Starlette(routes=[Mount("/", OnlyWithKey(Router([Route("/x", page)])))]),
    "an app in middleware": lambda: OnlyWithKey(Starlette(routes=[Route("/x", page)])),
}


def asked(app, method="GET", path="/x", **headers):
    client = TestClient(app)
    return [client.request(method, path, headers=one).status_code for one in ({}, {"x-key": "good"})]


@pytest.mark.parametrize("code", [TEXT, given, Given], ids=["text", "function", "class"])
@pytest.mark.parametrize("make", GUARDED.values(), ids=GUARDED)
def test_middleware_survives_every_edit(make, code):
    """Wherever it is: by text, function or class, back, reset and again."""
    app = make()
    pg = Playground(app)
    statuses = []
    for edit in (
        lambda: pg.edit("/x", code),
        lambda: pg.revert("/x", to=1),
        lambda: pg.edit("/x", TEXT),
        lambda: pg.reset("/x"),
        lambda: pg.edit("/x", code),
    ):
        edit()
        statuses.append(asked(app))

    assert statuses == [[403, 200]] * 5
    assert TestClient(app).get("/x", headers={"x-key": "good"}).text == "new"


@pytest.mark.parametrize("code", [TEXT, given, Given], ids=["text", "function", "class"])
def test_methods_survive_every_edit(code):
    """A route for POST never answers GET."""
    app = Starlette(routes=[Route("/x", page, methods=["POST"])])
    pg = Playground(app)
    statuses = []
    for edit in (lambda: pg.edit("/x", code), lambda: pg.reset("/x"), lambda: pg.revert("/x", to=1)):
        edit()
        statuses.append((asked(app, "GET")[0], asked(app, "POST")[0]))

    assert statuses == [(405, 200)] * 3


def test_each_method_of_a_path_has_its_endpoint():
    """The first is at the path, and the second has its method in front."""
    app = Starlette(routes=[Route("/x", page), Route("/x", page, methods=["POST", "PUT"]), Route("/x", page)])
    pg = Playground(app)
    pg.edit("PUT /x" if "PUT /x" in pg.endpoints else "POST /x", TEXT)
    client = TestClient(app)

    assert list(pg.endpoints) == ["/x", "POST /x"]
    assert [client.request(method, "/x").text for method in ("GET", "POST", "PUT")] == ["old", "new", "new"]


@pytest.mark.parametrize("endpoint", [own_page, Page], ids=["function", "class"])
def test_permissions_survive_every_edit(endpoint):
    """An edit of the text keeps the decorator, and code without it is refused."""
    app = Starlette(routes=[Route("/x", endpoint)], middleware=AUTHENTICATION)
    pg = Playground(app)
    pg.edit("/x", pg.endpoints["/x"].current.source.replace("old", "new"))
    edited = asked(app)
    for code in (TEXT, given, Given):
        with pytest.raises(EditRejected, match=r"@requires\('authenticated'\) guards .*'/x'.*everybody would reach it"):
            pg.edit("/x", code)
    pg.revert("/x", to=1)

    assert (edited, asked(app)) == ([403, 200], [403, 200])


def test_another_guard_is_no_concern():
    """The text says what is asked for; and a method that is gone needs none."""
    app = Starlette(routes=[Route("/x", Page)], middleware=AUTHENTICATION)
    names = {"requires": requires}
    pg = Playground(app, names=names)
    pg.edit("/x", "@requires(['authenticated', 'admin'])\nasync def own(request): return PlainTextResponse('')")
    stricter = asked(app)
    report = pg.edit(
        "/x",
        "class E(HTTPEndpoint):\n    @requires(['authenticated', 'admin'])\n    async def post(self, request): ...",
    )

    assert stricter == [403, 403]
    assert (report.version.number, asked(app)) == (3, [405, 405])


class Both(HTTPEndpoint):
    @requires(["read", "write"])
    async def get(self, request):
        return PlainTextResponse("old")

    @requires("write")
    async def post(self, request):
        return PlainTextResponse("old")


GET = "    {0}\n    async def get(self, request): ...\n"
POST = "    {0}\n    async def post(self, request): ...\n"
HEAD = "class E(HTTPEndpoint):\n"
FULL = "@requires(['read', 'write'])"


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ([HEAD + GET.format("@requires([])")], r"this code asks for \[\] only"),
        (
            [HEAD + GET.format("@requires('read')")],
            "@requires.'read', 'write'. guards the get of '/x'.*ask for 'write' here",
        ),
        ([HEAD + GET.format("@requires('admin')")], "this code asks for 'admin' only"),
        ([HEAD + GET.format(FULL), HEAD + GET.format(FULL) + POST.format("")], "guards the post of '/x'"),
        (
            [HEAD + POST.format("@requires('write')"), HEAD + POST.format("@requires('write')") + GET.format("")],
            "the get",
        ),
        (["@requires('write')\nasync def page(request): ..."], "@requires.'read', 'write'. guards '/x'"),
        (
            [
                FULL + "\nasync def page(request): ...",
                HEAD + GET.format(FULL),
                HEAD + GET.format(FULL) + POST.format(""),
            ],
            "the post",
        ),
        ([FULL + "\nasync def page(request): ...", HEAD + GET.format(FULL) + POST.format("")], "guards the post"),
    ],
)
def test_a_guard_comes_back_as_strong_as_it_was(sources, said):
    """A weaker one, and a method that was gone for a version, are refused as if the decorator were removed."""
    app = Starlette(routes=[Route("/x", Both)], middleware=AUTHENTICATION)
    pg = Playground(app)
    *allowed, refused = sources
    for source in allowed:
        pg.edit("/x", source)
    with pytest.raises(EditRejected, match=said):
        pg.edit("/x", refused)


def test_guards_may_be_stacked_or_stronger():
    """And a version that one goes back to is what the next is compared with."""
    app = Starlette(routes=[Route("/x", Both)], middleware=AUTHENTICATION)
    pg = Playground(app)
    pg.edit("/x", HEAD + GET.format("@requires('read')\n    @requires(['write', 'admin'])"))
    pg.revert("/x", to=1)

    assert pg.edit("/x", HEAD + GET.format(FULL)).version.number == 4


def said_by(database, request, *, word="no"):
    return PlainTextResponse(f"old {database} {word}")


class Handlers:
    word = "old"

    async def page(self, request):
        return PlainTextResponse(f"old {self.word}")

    @staticmethod
    async def plain(request):
        return PlainTextResponse("old word")

    @classmethod
    async def of_class(cls, request):
        return PlainTextResponse(f"old {cls.word}")


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        (functools.partial(said_by, "db", word="w"), "new db w"),
        (functools.partial(functools.partial(said_by, "db"), word="w"), "new db w"),
        (Handlers().page, "new old"),
        (Handlers.plain, "new word"),
        (Handlers.of_class, "new old"),
    ],
    ids=["partial", "partial of a partial", "method", "static method", "class method"],
)
def test_what_a_function_is_bound_to_stays(endpoint, said):
    """The source shown is that of the function, and it may be edited again."""
    app = Starlette(routes=[Route("/x", endpoint)])
    pg = Playground(app)
    source = pg.endpoints["/x"].current.source
    pg.edit("/x", source.replace('"old', '"mid').replace('f"old', 'f"mid'))
    pg.edit("/x", source.replace('"old', '"new').replace('f"old', 'f"new'))

    assert TestClient(app).get("/x").text == said


def test_a_function_that_takes_nothing_else_is_not_bound():
    """It replaces a partial as a whole."""
    app = Starlette(routes=[Route("/x", functools.partial(said_by, "db", word="w"))])
    Playground(app).edit("/x", given)

    assert TestClient(app).get("/x").text == "new"


def test_the_routes_of_a_host_are_edited():
    """Under a name that begins with the host; the path without it is another one."""
    hosts = [Host(name, Router([Route("/x", page)])) for name in ("a.example", "{name}.example")]
    app = Starlette(routes=[*hosts, Route("/x", page)])
    pg = Playground(app)
    pg.edit("a.example/x", TEXT)
    asked = [TestClient(app, base_url=f"http://{host}").get("/x").text for host in ("a.example", "b.example", "other")]

    assert list(pg.endpoints) == ["a.example/x", "{name}.example/x", "/x"]
    assert asked == ["new", "old", "old"]


def test_the_scope_names_the_new_endpoint():
    """For middleware and error handlers that look there."""
    seen = []

    class Looks:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            seen.append(scope["endpoint"].__name__)
            await self.app(scope, receive, send)

    app = Starlette(routes=[Route("/x", page, middleware=[Middleware(Looks)])])
    Playground(app).edit("/x", given)
    TestClient(app).get("/x")

    assert (seen, app.routes[0].name) == (["given"], "page")


app = Starlette()


def at(path, methods=None):
    def add(endpoint):
        websocket = isinstance(endpoint, type) and issubclass(endpoint, WebSocketEndpoint)
        app.routes.append(WebSocketRoute(path, endpoint) if websocket else Route(path, endpoint, methods=methods))
        return endpoint

    return add


@at("/own")
class Own(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(f"old {data}")


@at("/page", methods=["PUT"])
async def put_page(request):
    return PlainTextResponse("old")


def test_a_decorator_of_ones_own_adds_no_second_route():
    """An open connection gets the new code."""
    with Playground(app) as pg, pg.connect("/own") as client:
        source = pg.endpoints["/own"].current.source
        client.send("a")
        first = client.receive()
        pg.edit("/own", source.replace("old", "new"))
        client.send("b")
        second = client.receive()
        with pytest.raises(EditRejected, match="the path in the decorator changed from '/own' to '/other'"):
            pg.edit("/own", source.replace("/own", "/other"))

    assert source.startswith('@at("/own")')
    assert (first, second, len(app.routes)) == ("old a", "new b", 2)


def test_a_decorator_of_ones_own_may_say_other_methods():
    """As a fresh start would."""
    pg = Playground(app)
    pg.edit("/page", pg.endpoints["/page"].current.source.replace("old", "new").replace("PUT", "PATCH"))
    client = TestClient(app)
    changed = client.patch("/page").text, client.put("/page").status_code
    pg.revert("/page", to=1)

    assert (changed, client.put("/page").text) == (("new", 405), "old")


def test_a_new_endpoint_takes_the_methods_of_what_it_is():
    """Its route was made by an edit, and not by a person."""
    app = Starlette()
    pg = Playground(app)
    pg.edit("/x", TEXT)
    function = asked(app, "POST")[0]
    pg.edit("/x", Given)

    assert (function, asked(app, "POST")[0]) == (405, 200)


def test_an_app_that_is_served_again_begins_again():
    """Another playground on it shows the code that the app was made with."""
    app = Starlette(routes=[Route("/x", page)])
    Playground(app).edit("/x", TEXT)
    again = Playground(app)

    assert (again.endpoints["/x"].name, TestClient(app).get("/x").text) == ("page", "old")


def test_a_refused_websocket_stays_refused():
    """By the middleware of its route."""

    class Refuses:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            await send({"type": "websocket.close", "code": 4001})

    app = Starlette(routes=[WebSocketRoute("/ws", Own, middleware=[Middleware(Refuses)])])
    Playground(app).edit("/ws", "class Open(WebSocketEndpoint): pass")

    with pytest.raises(WebSocketDisconnect) as refused, TestClient(app).websocket_connect("/ws"):
        pass
    assert refused.value.code == 4001
