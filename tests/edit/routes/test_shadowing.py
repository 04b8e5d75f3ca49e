"""Whether requests reach an endpoint's route; and routes that only look as if they were in its way."""

import pytest
from starlette.applications import Starlette
from starlette.convertors import CONVERTOR_TYPES, StringConvertor
from starlette.endpoints import HTTPEndpoint
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route, Router, WebSocketRoute

from playground import Playground
from playground.edit.routes.shadowing import shadowed

HERE = "127.0.0.1"


async def page(request):
    return PlainTextResponse("page")


async def chat(websocket):
    await websocket.accept()


async def other(scope, receive, send):
    await PlainTextResponse("other")(scope, receive, send)


class Passing:
    """Middleware that does nothing."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


class Both(HTTPEndpoint):
    get = post = page


def get(path, **options):
    return Route(path, page, **options)


def ws(path):
    return WebSocketRoute(path, chat)


@pytest.mark.parametrize(
    ("before", "own", "taker"),
    [
        ([get("/users/{id}")], get("/users/me"), "the route '/users/{id}'"),
        ([ws("/{room}")], ws("/chat"), "the route '/{room}'"),
        ([get("/a/{n}")], get("/a/{n:int}"), "the route '/a/{n}'"),
        ([get("/{rest:path}")], get("/a/b"), "the route '/{rest:path}'"),
        ([Mount("/api", routes=[get("/x")])], get("/api/y"), "the mount at '/api'"),
        ([Mount("/api", other)], ws("/api/y"), "the mount at '/api'"),
        ([Mount("/", other)], get("/y"), "the mount at '/'"),
        ([Route("/x/{any}", Both)], get("/x/y", methods=["GET", "POST"]), "the route '/x/{any}'"),
        ([Host("{any}", Router([get("/y")]))], get("/y"), "the Host route for '{any}'"),
        ([Host("{any}", Router([get("/x")]))], ws("/y"), "the Host route for '{any}'"),
    ],
)
def test_a_route_that_is_never_reached_is_noted_with_the_one_that_takes_its_requests(before, own, taker):
    """As Starlette goes through them, the first that matches."""
    note = shadowed([*before, own], own.path, "http" if isinstance(own, Route) else "websocket", HERE)

    assert (note.kind, note.line) == ("shadowed-route", None)
    assert note.text == f"{own.path!r} is never reached: {taker} takes its requests before it"


@pytest.mark.parametrize(
    ("before", "own", "after"),
    [
        ([], get("/users/me"), [get("/users/{id}")]),
        ([get("/users/me")], get("/users/{id}"), []),
        ([get("/users/{id:int}")], get("/users/me"), []),
        ([get("/users/{id}")], get("/users/{id}/posts"), []),
        ([ws("/{room}")], get("/chat"), []),
        ([get("/x", methods=["POST"])], get("/x/{n}"), []),
        ([Route("/x/{any}", page, methods=["POST"])], get("/x/y"), []),
        ([get("/x/{any}")], Route("/x/y", Both, methods=["GET", "POST"]), []),
        ([Mount("/static", other)], get("/statics"), []),
        ([Mount("/api", routes=[get("/x")])], get("/app/y"), [Mount("/", other)]),
        ([Host("api.example.org", other)], get("/y"), []),
        ([Mount("/m", Passing(Router([get("/y")])))], get("/y"), []),
    ],
)
def test_a_route_that_is_reached_is_fine(before, own, after):
    """The other comes later, takes other paths, methods or hosts, or serves something else."""
    assert shadowed([*before, own, *after], own.path, "http" if isinstance(own, Route) else "websocket", HERE) is None


def test_of_a_convertor_of_the_app_nothing_is_said(monkeypatch):
    """It is not known which values it takes."""
    monkeypatch.setitem(CONVERTOR_TYPES, "day", type("Day", (StringConvertor,), {"regex": "[0-9-]+"})())

    assert shadowed([get("/a/{day:day}"), get("/{rest:path}")], "/a/{day:day}", "http", HERE) is None


def test_a_mounted_route_is_looked_for_where_it_is():
    """Inside its mount, by its full path."""
    inside = Mount("/api", routes=[get("/{name}"), get("/me")])

    assert shadowed([inside], "/api/{name}", "http", HERE) is None
    assert "'/api/me' is never reached: the route '/{name}'" in shadowed([inside], "/api/me", "http", HERE).text


def test_an_edit_of_a_route_that_is_never_reached_says_so():
    """In its report; a new endpoint gets a place where it is reached."""
    with Playground(Starlette(routes=[get("/users/{id}"), get("/users/me")])) as pg:
        edited = pg.edit("/users/me", "async def me(request): return PlainTextResponse('me')")
        new = pg.edit("/users/you", "async def you(request): return PlainTextResponse('you')")

    assert [note.kind for note in edited.notes] == ["shadowed-route"]
    assert new.notes == ()


def test_a_host_route_for_where_the_server_listens_is_noted():
    """Also of an endpoint that is not new: nobody here reaches it under that name."""
    note = shadowed([Host(HERE, other), get("/y")], "/y", "http", HERE)

    assert note.text == "requests for the host '127.0.0.1' never reach '/y': a Host route takes them all"


def test_a_new_endpoint_behind_a_host_route_is_not_reached_by_that_host():
    """It is news when the endpoint is made, and no longer when it is edited."""
    source = "async def at(request): return PlainTextResponse('{0}')"
    with Playground(Starlette(routes=[Host("api.example.org", other)])) as pg:
        new = pg.edit("/at", source.format(1))
        edited = pg.edit("/at", source.format(2))

    assert list(map(str, new.notes)) == [
        "requests for the host 'api.example.org' never reach '/at': a Host route takes them all"
    ]
    assert edited.notes == ()


@pytest.mark.parametrize(
    "wrap", [lambda routes: Passing(Router(routes)), lambda routes: Passing(Passing(Router(routes)))]
)
def test_a_route_in_a_mount_of_an_app_within_middleware_is_reached(wrap):
    """Its edit has no note; one behind another of that app has."""
    inside = Mount("/m", wrap([get("/x"), get("/{name}"), get("/y")]))

    assert shadowed([inside], "/m/x", "http", HERE) is None
    assert "'/m/y' is never reached: the route '/{name}'" in shadowed([inside], "/m/y", "http", HERE).text
