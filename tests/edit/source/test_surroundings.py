"""What stood around a class or function is there for its edited source too."""

from __future__ import annotations

import asyncio
import contextlib
import functools

import pytest
from starlette.endpoints import WebSocketEndpoint

from playground import EditRejected, Log
from playground.edit.endpoints import Endpoint
from playground.edit.source.source import from_object
from playground.edit.source.surroundings import Surroundings, surroundings_of

LIMIT = "the module's"


class Socket:
    """Keeps what is sent on it."""

    def __init__(self):
        self.sent = []

    async def send_text(self, text):
        self.sent.append(text)


def said(target):
    """Return what a class or function sends on one message."""
    socket = Socket()
    hook = functools.partial(target.on_receive, target) if isinstance(target, type) else target
    asyncio.run(hook(*[socket, "x"][: 2 if isinstance(target, type) else 1]))
    return socket.sent[0]


@contextlib.contextmanager
def edited(target, change=lambda text: text):
    """An endpoint made from an object, and what its own source gives when it is applied again."""
    endpoint = Endpoint("/t", "websocket", Log())
    endpoint.publish(from_object(target))
    loaded = endpoint.load(change(endpoint.current.source))
    endpoint.publish(loaded)
    yield endpoint, loaded.target


def in_the_method(db):
    class Chat(WebSocketEndpoint):
        async def on_receive(self, websocket, data):
            await websocket.send_text(db)

    return Chat


def a_function(db):
    async def chat(websocket):
        await websocket.send_text(db)

    return chat


def nested_factories(db):
    def inner(suffix):
        class Chat(WebSocketEndpoint):
            async def on_receive(self, websocket, data):
                await websocket.send_text(db + suffix)

        return Chat

    return inner("!")


def in_a_base(db):
    class Base(WebSocketEndpoint):
        def text(self):
            return db

    class Chat(Base):
        async def on_receive(self, websocket, data):
            await websocket.send_text(super().text(self) if isinstance(self, type) else db)

        def text(self):
            return db

    return type("Chat", (Chat,), {}) and Chat


def in_an_attribute(db):
    class Chat(WebSocketEndpoint):
        said = db

        async def on_receive(self, websocket, data):
            await websocket.send_text(self.said)

    return Chat


def in_a_default(db):
    class Chat(WebSocketEndpoint):
        async def on_receive(self, websocket, data, *, said=db):
            await websocket.send_text(said)

    return Chat


def in_a_decorator(db):
    import functools as tools

    SUFFIX = "?"

    def loud(suffix):
        def decorate(function):
            @tools.wraps(function)
            async def wrapped(self, websocket, data):
                await function(self, websocket, data.upper() + suffix)

            return wrapped

        return decorate

    class Chat(WebSocketEndpoint):
        @loud(SUFFIX)
        async def on_receive(self, websocket, data):
            await websocket.send_text(db + data)

    return Chat


def in_a_decorators_wrapper(db):
    calls = []

    def counted(function):
        @functools.wraps(function)
        async def wrapped(self, websocket, data):
            calls.append(data)
            await function(self, websocket, db)

        return wrapped

    class Chat(WebSocketEndpoint):
        @counted
        async def on_receive(self, websocket, data):
            await websocket.send_text(data)

    return Chat


def under_a_builtins_name(input):
    class Chat(WebSocketEndpoint):
        async def on_receive(self, websocket, data):
            await websocket.send_text(input)

    return Chat


def under_a_modules_name(LIMIT):
    class Chat(WebSocketEndpoint):
        said = LIMIT

        async def on_receive(self, websocket, data):
            await websocket.send_text(self.said)

    return Chat


def under_one_of_starlettes_names(Request):
    async def chat(websocket):
        await websocket.send_text(Request)

    return chat


FACTORIES = [
    in_the_method,
    a_function,
    nested_factories,
    in_a_base,
    in_an_attribute,
    in_a_default,
    in_a_decorator,
    in_a_decorators_wrapper,
    under_a_builtins_name,
    under_a_modules_name,
    under_one_of_starlettes_names,
]


@pytest.mark.parametrize("factory", FACTORIES, ids=lambda factory: factory.__name__)
def test_what_a_factory_gave_its_endpoint_is_there_for_the_next_versions(factory):
    """The source applied again as it is does the same, and so does its successor."""
    target = factory("db")
    with edited(target) as (endpoint, now):
        again = endpoint.load(endpoint.current.source)

        assert now is not target
        assert said(now) == said(again.target) == said(target)


def test_a_variable_is_looked_up_when_it_is_used():
    """What the factory assigns later is seen by all versions; before it is assigned, and after `del`, it is missing."""

    def factory():
        async def chat(websocket):
            await websocket.send_text(db)

        def assign(value):
            nonlocal db
            db = value

        def remove():
            nonlocal db
            del db

        return chat, assign, remove
        db = None

    chat, assign, remove = factory()
    with edited(chat) as (_, now):
        with pytest.raises(NameError, match="'db' is not defined"):
            said(now)
        assign("one")
        first = said(now)
        assign("two")
        second = said(now)
        remove()
        with pytest.raises(NameError, match="'db' is not defined"):
            said(now)

    assert (first, second) == ("one", "two")


def test_a_variable_that_is_gone_is_named_with_the_way_out():
    """It is not mistaken for the module's variable of the same name."""

    def create_app(LIMIT):
        class Chat(WebSocketEndpoint):
            said = LIMIT * 2

            async def on_receive(self, websocket, data):
                await websocket.send_text(self.said)

        return Chat

    endpoint = Endpoint("/t", "websocket", Log())
    endpoint.publish(from_object(create_app("a")))

    with pytest.raises(EditRejected, match=r"'LIMIT' was a variable of create_app\(\).*assign LIMIT in this source"):
        endpoint.load(endpoint.current.source, reset=True)
    assert endpoint.load("LIMIT = 'b'\n" + endpoint.current.source, reset=True).target.said == "bb"


class Annotated(WebSocketEndpoint):
    later: Later = "here"  # noqa: F821

    async def on_receive(self, websocket, data: Later):  # noqa: F821
        await websocket.send_text(self.later)


def test_the_flags_of_the_file_hold_for_all_later_versions():
    """Annotations stay text, as `from __future__ import annotations` of this file says, and there is no note on them."""
    with edited(Annotated) as (endpoint, now):
        loaded = endpoint.load("from __future__ import annotations\n" + endpoint.current.source)
        endpoint.publish(loaded)
        again = endpoint.load(endpoint.version(2).source, reset=True)

        assert now.on_receive.__annotations__ == loaded.target.on_receive.__annotations__ == {"data": "Later"}
        assert again.target.on_receive.__annotations__ == {"data": "Later"}
        assert loaded.notes == again.notes == ()


def test_without_such_a_flag_annotations_are_evaluated():
    """An endpoint that comes from text is compiled as text."""
    endpoint = Endpoint("/t", "websocket", Log())

    loaded = endpoint.load("async def chat(websocket: WebSocket): pass")

    assert isinstance(loaded.target.__annotations__["websocket"], type)


def test_names_are_listed_as_far_as_they_can_be_read():
    """A mapping as any other: what is gone is not in it."""
    names = Surroundings({"a": 1, "b": 2}, local=["b"])

    assert (dict(names), len(names), "b" in names) == ({"a": 1}, 1, False)
    assert surroundings_of(len, None).cells == {}
