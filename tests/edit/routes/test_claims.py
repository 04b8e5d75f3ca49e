"""An edit is refused where a new endpoint would answer before a route that cannot be edited."""

import functools

import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Host, Match, Mount, Route, Router, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient

from playground import EditRejected, Playground, UnknownEndpoint

from .guarded_apps import (
    APPS,
    heard,
    with_app_dependencies,
)

SOCKET = """
async def edited(websocket: WebSocket):
    await websocket.accept()
    await websocket.send_text("edited")
    await websocket.close()
"""
PAGE = "def edited(request): return PlainTextResponse('edited')"


async def never():
    raise HTTPException(401)


def page(request):
    return PlainTextResponse("page")


def item(id: str):
    return id


async def opaque(scope, receive, send):
    await PlainTextResponse("opaque")(scope, receive, send)


GATE = [Depends(never)]
SMALL = [Middleware(GZipMiddleware)]


def rejection(app, path, code=PAGE):
    """Return what an edit is refused with, after checking that it left the app's routes alone."""
    pg = Playground(app)
    before = list(app.router.routes)
    with pytest.raises(EditRejected) as caught:
        pg.edit(path, code)

    assert caught.value.stage == "check"
    assert app.router.routes == before
    assert path not in pg.endpoints
    return str(caught.value)


@pytest.mark.parametrize("make", APPS)
@pytest.mark.parametrize("path", ["/other", "/chat/more", "/{first}/{second}"])
def test_a_path_that_no_route_of_fastapi_takes_becomes_an_endpoint(make, path):
    """As in any app; what the app asks for at every path, it asks for there, too."""
    app = make()
    pg = Playground(app)
    pg.edit(path, SOCKET)
    there = path.replace("{", "").replace("}", "")

    assert heard(app, there) == (1008 if make is with_app_dependencies else "edited")
    assert heard(app, f"{there}?token=good") == "edited"
    assert path in pg.endpoints


@pytest.mark.parametrize("prefix", ["", "/v1"])
@pytest.mark.parametrize(
    ("route", "path", "said"),
    [
        ("/items/{id}", "/items/special", "'{0}/items/special' is taken by '{0}/items/{{id}}', which is fastapi's"),
        ("/items/{id}", "/items/{name}", "'{0}/items/{{name}}' is taken by '{0}/items/{{id}}', which is fastapi's"),
        ("/items/{id:int}", "/items/{n:int}", "'{0}/items/{{n:int}}' is taken by '{0}/items/{{id:int}}', which is"),
        ("/items/{id:int}", "/items/7", "'{0}/items/7' is taken by '{0}/items/{{id:int}}', which is fastapi's"),
    ],
)
def test_a_parameter_of_fastapi_is_not_answered_before(prefix, route, path, said):
    """Also in a router that is included with a prefix."""
    router = APIRouter(dependencies=GATE)
    router.add_api_route(route, item)
    app = FastAPI()
    app.include_router(router, prefix=prefix)
    example = f"{prefix}/items/7" if "int" in route else f"{prefix}/items/special"

    refused = rejection(app, prefix + path)

    assert refused.startswith(said.format(prefix))
    assert f"a new endpoint would bypass it; edit '{prefix}{route}' itself, or give" in refused
    assert TestClient(app).get(example).status_code == 401


def test_a_wider_pattern_goes_behind_a_route_that_cannot_be_edited():
    """It takes nothing away from it."""
    app = FastAPI()
    app.add_api_route("/items/{id:int}", item, dependencies=GATE)
    Playground(app).edit("/items/{name}", PAGE)
    client = TestClient(app)

    assert (client.get("/items/7").status_code, client.get("/items/ada").text) == (401, "edited")


def test_a_wider_pattern_in_front_takes_nothing_either():
    """Where a plain pattern would put it before a route that cannot be edited."""
    app = FastAPI()
    app.add_route("/{a}/{b}", page)
    app.add_api_route("/items/{id:int}", item, methods=["POST"], dependencies=GATE)
    code = "class E(HTTPEndpoint):\n    async def post(self, request): return PlainTextResponse('edited')"

    assert "is taken by '/items/{id:int}'" in rejection(app, "/items/{name}", code)
    assert TestClient(app).post("/items/7").status_code == 401


def test_plain_routes_of_a_fastapi_app_are_edited():
    """They are Starlette's own, also in an app that is mounted."""
    app, inner = FastAPI(), FastAPI()
    app.add_route("/plain", page)
    inner.add_route("/plain", page)
    app.mount("/inner", inner)
    pg = Playground(app)
    for path in ("/plain", "/inner/plain", "/docs"):
        assert pg.edit(path, PAGE).version.number == 2

        assert TestClient(app).get(path).text == "edited"


@pytest.mark.parametrize(
    ("add", "path"),
    [
        (lambda router: router.add_route("/p", page), "/r/p"),
        (lambda router: router.mount("/m", Starlette(routes=[Route("/p", page)])), "/r/m/p"),
    ],
)
def test_a_plain_route_that_fastapi_includes_is_edited(add, path):
    """FastAPI makes another route of it, and anew when the router gets one more."""
    router, app = APIRouter(), FastAPI()
    add(router)
    app.include_router(router, prefix="/r")
    Playground(app).edit(path, PAGE)
    client = TestClient(app)
    edited = client.get(path).text
    router.add_route("/later", page)

    assert (edited, client.get("/r/later").text, client.get(path).text) == ("edited", "page", "edited")


def unseen(app):
    async def around(scope, receive, send):
        await app(scope, receive, send)

    return around


class Own(Route):
    def __init__(self, path, endpoint, limit=10):
        super().__init__(path, endpoint)


class ByPath(BaseRoute):
    def matches(self, scope):
        return (Match.FULL, {}) if scope["path"].startswith("/own/") else (Match.NONE, {})

    async def handle(self, scope, receive, send):
        await opaque(scope, receive, send)


class Counter:
    async def __call__(self, scope, receive, send):
        await opaque(scope, receive, send)


class Checked(StaticFiles):
    async def __call__(self, scope, receive, send):
        await super().__call__(scope, receive, send)


@pytest.mark.parametrize(
    ("route", "path", "said"),
    [
        (Own("/x", page), "/x", "'/x' is {0}'s Own and cannot be edited here"),
        (Own("/{x}", page), "/x", "'/x' is taken by '/{x}', which is {0}'s Own"),
        (ByPath(), "/own/x", "'/own/x' is {0}'s ByPath and cannot be edited here: its class is not"),
        (
            Route("/x", Counter()),
            "/x",
            "starlette's Route and cannot be edited here: its endpoint is an object of class",
        ),
        (
            Route("/{x}", Counter()),
            "/{y}",
            "'/{y}' is taken by '/{x}', which is starlette's Route and cannot be edited",
        ),
        (Route("/x", page, middleware=[Middleware(unseen)]), "/x", "'/x' is starlette's Route with middleware and"),
        (Route("/{x}", page, middleware=SMALL), "/x", "'/x' is taken by '/{x}', which is starlette's Route with"),
        (Mount("/m", routes=[], middleware=SMALL), "/m/x", "which is a mount with middleware (GZipMiddleware)"),
        (Mount("/m", Starlette(middleware=SMALL)), "/m/x", "which is a mount with middleware (GZipMiddleware)"),
        (Mount("/m", Router(middleware=SMALL)), "/m/x", "which is a mount with middleware (GZipMiddleware)"),
        (Mount("/m", routes=[Own("/x", page)], middleware=SMALL), "/m/x", "'/m/x' is {0}'s Own"),
        (Mount("/", GZipMiddleware(opaque)), "/x", "which is a mount with middleware (GZipMiddleware)"),
        (Mount("/", Checked(directory=".")), "/x", "which is a mount with middleware (Checked)"),
        (Mount("/m", opaque), "/m/x", "'/m/x' is taken by '/m/{path:path}', which is a mount of opaque"),
        (Mount("/m", routes=[Own("/x", page)]), "/m/x", "'/m/x' is {0}'s Own"),
        (
            Host("a.example", Starlette(routes=[Route("/x", page)])),
            "/x",
            "hat host reach it; edit 'a.example/x' itself",
        ),
    ],
)
def test_what_cannot_be_edited_or_guards_a_path_is_refused_by_name(route, path, said):
    """With its class, and what to do."""
    refused = rejection(Starlette(routes=[route]), path)

    assert said.replace("{0}", __name__.partition(".")[0]) in refused
    assert refused.endswith("give the new endpoint a path that no route of the app takes")


@pytest.mark.parametrize(
    ("route", "path"),
    [
        (Route("/{x}", page), "/x"),
        (Route("/{x}", functools.partial(page)), "/x"),
        (Route("/{x}", Counter()), "/x"),
        (Mount("/", StaticFiles(directory=".")), "/x"),
        (Mount("/files", StaticFiles(directory=".")), "/files/x"),
        (Mount("/", opaque), "/x"),
        (Mount("/m", routes=[Route("/{x}", page)]), "/m/x"),
        (Mount("/m", FastAPI()), "/m/x"),
        (Host("a.example", Starlette(routes=[Route("/y", page)])), "/x"),
        (WebSocketRoute("/x", Counter()), "/x"),
    ],
)
def test_a_new_path_may_be_taken_out_of_what_only_catches(route, path):
    """A plain pattern, files, an app that answers what nobody else does; and what serves the other protocol."""
    app = Starlette(routes=[route])
    Playground(app).edit(path, PAGE)

    assert TestClient(app).get(path).text == "edited"


def test_an_edit_keeps_the_middleware_of_its_route():
    """A plain route's own middleware, as well as that of the mount around it."""
    seen = []

    class Notes:
        def __init__(self, app, name):
            self.app, self.name = app, name

        async def __call__(self, scope, receive, send):
            seen.append(self.name)
            await self.app(scope, receive, send)

    route = Route("/x", page, middleware=[Middleware(Notes, "route")])
    app = Starlette(routes=[Mount("/m", routes=[route], middleware=[Middleware(Notes, "mount")])])
    Playground(app).edit("/m/x", PAGE)

    assert TestClient(app).get("/m/x").text == "edited"
    assert seen == ["mount", "route"]


def test_a_typed_parameter_of_another_name_is_answered_by_the_newer():
    """Otherwise the report would say live, and the older route would answer."""
    app = Starlette(routes=[Route("/rooms/{room:int}", page)])
    Playground(app).edit("/rooms/{number:int}", PAGE)

    assert TestClient(app).get("/rooms/7").text == "edited"


def test_a_file_and_a_draft_are_refused_likewise(tmp_path):
    """A path that nobody takes is unknown to a draft, as before."""
    pg = Playground(Starlette(routes=[WebSocketRoute("/chat", Counter())]))
    file = tmp_path / "chat.py"
    file.write_text(SOCKET)
    for refused in (
        lambda: pg.watch(file, "/chat"),
        lambda: pg.try_edit("/chat", SOCKET),
    ):
        with pytest.raises(EditRejected, match="'/chat' is starlette's WebSocketRoute and cannot"):
            refused()
    with pytest.raises(UnknownEndpoint, match="no endpoint at '/other'"):
        pg.try_edit("/other", SOCKET)

    assert pg._watches.all == []


def test_a_refused_edit_is_in_the_log_and_leaves_no_module():
    """As every rejected edit."""
    import sys

    pg = Playground(Starlette(routes=[WebSocketRoute("/refused", Counter())]))
    with pytest.raises(EditRejected):
        pg.edit("/refused", SOCKET)

    assert pg.log.wait_for("edit").error.startswith("rejected: '/refused' is starlette's WebSocketRoute")
    assert [name for name in sys.modules if name.startswith("<live /refused ")] == []


@pytest.mark.parametrize(
    ("app", "path", "kind", "ran"),
    [
        (Starlette(routes=[Mount("/m", opaque)]), "/m/x", None, []),
        (Starlette(routes=[Mount("/m", routes=[Own("/x", page)], middleware=SMALL)]), "/m/x", None, []),
        (Starlette(routes=[Own("/x", page)]), "/x", "http", []),
        (Starlette(routes=[Own("/x", page)]), "/x", None, [1]),
        (Starlette(), "x", None, []),
        (Starlette(), "/{x:nope}", None, []),
        (opaque, "/x", None, []),
    ],
)
def test_the_code_of_a_refused_edit_is_not_run(app, path, kind, ran):
    """Unless the path is refused only for what the code turns out to serve."""
    names = {"ran": []}
    pg = Playground(app, names=names)
    with pytest.raises(EditRejected):
        pg.edit(path, f"ran.append(1)\n{PAGE}", kind=kind)

    assert names["ran"] == ran


def test_a_path_that_is_refused_for_two_reasons_is_told_both():
    """Before the code has run, it is not known which of them would apply."""
    refused = rejection(Starlette(routes=[Mount("/m", routes=[Own("/x", page)], middleware=SMALL)]), "/m/x")

    assert refused.startswith("for WebSockets, '/m/x' is taken by '/m/{path:path}', which is a mount with middleware")
    assert "; for HTTP, '/m/x' is edit's Own" in refused.replace(__name__.partition(".")[0], "edit")
