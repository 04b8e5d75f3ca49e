"""A module's own routes say which endpoint is at a path."""

import sys
import types
import weakref

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, Router, WebSocketRoute
from starlette.testclient import TestClient

from playground import Playground
from playground.edit.routes.choosing import endpoints_at


async def a(websocket):
    return None


async def b(websocket):
    return None


def page(text):
    """Return an endpoint that answers with a text."""

    def answer(request):
        return PlainTextResponse(text)

    return answer


ROUTES = [WebSocketRoute("/a", a), Mount("/sub", routes=[WebSocketRoute("/b", b)]), Route("/{name}", b)]


@pytest.mark.parametrize(
    "value", [ROUTES, tuple(ROUTES), Starlette(routes=ROUTES), Router(ROUTES), dict(enumerate(ROUTES))]
)
def test_routes_are_found_wherever_they_are(value):
    """In an app, a router, or what holds them; mounted ones under their whole path."""
    assert [endpoints_at(path, [1, None, value]) for path in ("/a", "/sub/b", "/{name}", "/b")] == [[a], [b], [b], []]


def test_an_endpoint_counts_once():
    """In a list, and in the app that was made from it."""
    assert endpoints_at("/a", [ROUTES, Starlette(routes=ROUTES), ROUTES[0]]) == [a]


def test_two_are_two():
    """Then the path alone does not say which."""
    assert endpoints_at("/a", [ROUTES, Route("/a", b)]) == [a, b]


def test_values_that_raise_are_passed_over():
    """Such as a dead weak reference, or a class whose attributes raise."""

    class Odd:
        def __getattribute__(self, name):
            raise RuntimeError("odd")

    assert endpoints_at("/a", [weakref.proxy(Odd()), Odd(), ROUTES]) == [a]


@pytest.mark.parametrize("name", ["app", "routes"])
def test_a_source_that_imports_the_served_app_brings_its_own_endpoint(name, monkeypatch):
    """What the app's routes lead to now is the code before."""
    routes = [Route("/page", page("old"))]
    main = types.ModuleType("playground_served_main")
    main.app, main.routes = Starlette(routes=routes), routes
    monkeypatch.setitem(sys.modules, main.__name__, main)
    Playground(main.app).edit(
        "/page",
        f"from {main.__name__} import {name}\nfrom starlette.responses import PlainTextResponse\n\n"
        "def page(request):\n    return PlainTextResponse('new')",
    )

    assert TestClient(main.app).get("/page").text == "new"
