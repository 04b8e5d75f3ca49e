"""While a source runs, what it would add to a router is noted; everything else adds as it always does."""

import threading

import pytest
from starlette.routing import Mount, Route, Router

from playground.edit.routes.registering import noted_now, noting, register


def page(request): ...


def by_slice(routes, new):
    routes[:0] = [new]


def by_adding(routes, new):
    routes += [new]


WAYS = {
    "append": lambda routes, new: routes.append(new),
    "insert": lambda routes, new: routes.insert(0, new),
    "extend": lambda routes, new: routes.extend(iter([new])),
    "a slice": by_slice,
    "+=": by_adding,
}


@pytest.mark.parametrize("add", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("new", [Route("/new", page), Mount("/new", routes=[])], ids=["route", "mount"])
def test_every_way_to_add_a_route_is_noted(add, new):
    """And works outside of a source, before and after."""
    router = Router([Route("/old", page)])
    with noting([router]) as noted:
        add(router.routes, new)
        inside = [route.path for route in router.routes]
    add(router.routes, new)

    assert ([one.route for one in noted], inside) == ([new], ["/old"])
    assert sorted(route.path for route in router.routes) == ["/new", "/old"]
    assert noted_now() == []


def test_other_threads_add_meanwhile():
    """Only what the source itself adds is noted."""
    router = Router()
    with noting([router]) as noted:
        thread = threading.Thread(target=router.routes.append, args=[Route("/theirs", page)])
        thread.start()
        thread.join()
        router.routes.append(Route("/ours", page))

    assert [one.route.path for one in noted] == ["/ours"]
    assert [route.path for route in router.routes] == ["/theirs"]


def test_a_noted_route_is_added_for_good_where_it_was_meant():
    """FastAPI's routers are told, so that they make what they include anew."""
    told = []
    router = Router([Route("/old", page)])
    router._mark_routes_changed = lambda: told.append(True)
    with noting([router]) as noted:
        router.routes.append(Route("/new", page))
    register(noted[0], router, 0)

    assert [route.path for route in router.routes] == ["/new", "/old"]
    assert told == [True]
