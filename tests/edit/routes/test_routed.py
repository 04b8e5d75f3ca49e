"""A module's own routes say which endpoint is at a path."""

import weakref

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Route, Router, WebSocketRoute

from playground.edit.routes.routed import endpoints_at


async def a(websocket):
    return None


async def b(websocket):
    return None


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
