"""The host names that an app serves by routes of its own."""

import pytest
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Host, Mount, Router

from playground.serve.host_routes import has_route_for


def app_for(pattern):
    return Starlette(routes=[Mount("/below", Router([Host(pattern, Router())]))])


@pytest.mark.parametrize(
    ("pattern", "name", "served"),
    [
        ("api.example.org", "api.example.org", True),
        ("api.example.org", "evil.example", False),
        ("{shop}.example.org", "corner.example.org", True),
        ("{shop}.example.org", "example.org.evil.example", False),
        ("{name}", "evil.example", False),
        ("{name}.example", "evil.example", False),
        ("evil.{end}", "evil.example", False),
    ],
)
def test_a_host_route_names_the_server(pattern, name, served):
    """Unless anybody may have such a name."""
    assert has_route_for(app_for(pattern), name) is served
    assert has_route_for(GZipMiddleware(app_for(pattern)), name) is served


class Odd:
    def __getattribute__(self, name):
        raise RuntimeError(name)


@pytest.mark.parametrize("app", [None, object(), lambda scope, receive, send: None, Starlette()])
def test_other_apps_have_none(app):
    """They are looked into, and not called."""
    assert not has_route_for(app, "api.example.org")


def test_what_contains_itself_is_looked_at_once():
    """Somebody's app may."""
    app = GZipMiddleware(None)
    app.app = app

    assert not has_route_for(app, "api.example.org")


def test_an_object_that_raises_when_it_is_looked_at_is_none():
    """Such as an app behind a proxy of its own."""
    assert not has_route_for(Odd(), "api.example.org")
