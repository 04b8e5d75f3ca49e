"""Who is inside an app that is served, and what changes when another takes over."""

import asyncio
import contextlib

from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import Mount, WebSocketRoute

from playground.edit.served import Served, Visit


class Echo(WebSocketEndpoint):
    pass


def app_with(**state):
    inner = Starlette(routes=[WebSocketRoute("/inner", Echo)])
    app = Starlette(routes=[WebSocketRoute("/outer", Echo), Mount("/sub", inner)])
    for name, value in state.items():
        setattr(app.state, name, value)
    return Served(app)


def homes(served):
    """Return the homes of the outer and of the mounted route."""
    outer, mount = served.app.routes
    found = served.homes()
    return found[id(outer)], found[id(mount.routes[0])]


def test_a_route_belongs_to_the_innermost_app():
    """What `websocket.app` is under Starlette."""
    served = app_with()
    outer, inner = homes(served)

    assert outer.app is served.app
    assert inner.app is served.app.routes[1].app


def test_a_visit_that_moves_has_the_new_apps_scope():
    """App, router and the lifespan's state; what handlers put into its state stays."""
    old, new = app_with(), app_with()
    pool, fresh = object(), object()
    old.state, new.state = {"pool": pool, "gone": 1}, {"pool": fresh, "more": 2}
    state = {"pool": pool, "gone": 1, "user": "ada"}
    scope = {"type": "websocket", "app": old.app, "router": old.app.router, "state": state}
    visit = Visit(old, scope)
    visit.move(homes(new)[0], scope, {})

    assert scope == {"type": "websocket", "app": new.app, "router": new.app.router, "state": state}
    assert state == {"pool": fresh, "more": 2, "user": "ada"}
    assert (old.visits, new.visits) == (set(), {visit})


def test_who_keeps_something_of_the_old_app_stays_inside():
    """Until the end, however many apps follow; numbers and text are no such thing."""
    pool = object()
    old, new, newest = app_with(pool=pool, limit=5), app_with(limit=5), app_with()
    scope = {"type": "websocket"}
    visit = Visit(old, scope)
    kept = {"pool": pool, "limit": 5}
    visit.move(homes(new)[0], scope, kept)
    visit.move(homes(newest)[0], scope, kept)

    assert visit.keeps == ("self.pool",)
    assert [visit in one.visits for one in (old, new, newest)] == [True, False, True]
    visit.end()
    assert [one.visits for one in (old, new, newest)] == [set()] * 3


def test_an_app_or_its_state_is_something_of_the_app():
    """Its pool is reached through it."""
    old, new = app_with(), app_with()
    for value in (old.app, old.app.state):
        visit = Visit(old, {})
        visit.move(homes(new)[0], {}, {"kept": value})

        assert visit.keeps == ("self.kept",)


def test_the_last_one_is_waited_for():
    """Whether it moves or ends."""

    async def story():
        old, new = app_with(), app_with()
        one, two = Visit(old, {}), Visit(old, {})
        waits = asyncio.ensure_future(old.until_empty())
        await asyncio.sleep(0)
        one.move(homes(new)[0], {}, {})
        await asyncio.sleep(0)
        early = waits.done()
        two.end()
        await waits
        return early

    assert asyncio.run(story()) is False


def test_what_an_app_has_when_it_has_started_is_its_beginning():
    """What the lifespan makes is no change of a connection."""
    members = {"made at start"}

    @contextlib.asynccontextmanager
    async def lifespan(app):
        app.state.members = members
        yield {"pool": 1}

    old, new = Served(Starlette(lifespan=lifespan)), app_with(members={"made at start"})
    messages = iter(("lifespan.startup", "lifespan.shutdown"))

    async def receive():
        message = {"type": next(messages)}
        if message["type"] == "lifespan.shutdown":
            members.add("ada")
        return message

    async def send(message):
        return None

    asyncio.run(old({"type": "lifespan", "state": {}}, receive, send))
    told = new.take_over(old)

    assert old.state == {"pool": 1}
    assert str(told) == "kept from the app before: app.state.members"
    assert new.app.state.members is members
