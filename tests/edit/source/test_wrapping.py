"""A text whose function was wrapped after it was defined is not all that runs."""

import linecache

import pytest
from starlette.endpoints import WebSocketEndpoint

from playground.edit.source.definitions import source_of

NEED = """import abc, functools, types
def need(f):
    @functools.wraps(f)
    async def guarded(self, *args):
        if self.allowed: return await f(self, *args)
    return guarded
def unwrapping(f):
    async def hidden(self, *args): return await f(self, *args)
    return hidden
def for_all(cls):
    cls.on_connect = need(cls.on_connect)
    return cls
def logged(cls):
    f = cls.on_connect
    @functools.wraps(f)
    async def around(self, *args): return await f(self, *args)
    cls.on_connect = around
    return cls
class Needing:
    def __init__(self, f):
        functools.update_wrapper(self, f)
        self.f = f
    def __get__(self, one, cls): return types.MethodType(self, one)
    async def __call__(self, one, *args): return await self.f(one, *args)
class Base(WebSocketEndpoint):
    allowed = False
    async def on_receive(self, websocket, data): ...
class Wrapping(Base):
    def __init_subclass__(cls):
        f = cls.on_connect
        @functools.wraps(f)
        async def inner(self, *args): return await f(self, *args)
        cls.on_connect = inner
"""
BODY = "class E(Base):\n    async def on_connect(self, websocket): ...\n"
STATIC = "class E(Base):\n    @staticmethod\n    async def on_connect(websocket): ...\n"
DECORATED = BODY.replace("    async", "    @need\n    async")
HIDDEN = BODY.replace("    async", "    @unwrapping\n    async") + "    async def more(self): ...\n"
LATER = "E.on_connect = need(E.on_connect)\n"


@pytest.fixture
def source(tmp_path):
    """Runs a text as a file, and returns the source of what it calls E."""

    def source(text):
        file = tmp_path / "app.py"
        file.write_text(NEED + text)
        names = {"__name__": "app", "WebSocketEndpoint": WebSocketEndpoint}
        exec(compile(file.read_text(), str(file), "exec", dont_inherit=True), names)
        return source_of(names["E"])

    yield source
    linecache.clearcache()


@pytest.mark.parametrize(
    "text",
    [
        BODY + LATER,
        BODY + LATER * 2,
        BODY + "E.on_connect = Needing(E.on_connect)\n",
        BODY + "E.on_connect = unwrapping(E.on_connect)\n",
        BODY + "E.on_receive = need(E.on_receive)\n",
        BODY + "E.on_receive = Needing(E.on_receive)\n",
        BODY + "E.on_receive = functools.partialmethod(E.on_receive)\n",
        DECORATED + LATER,
        HIDDEN + LATER,
        STATIC + "E.on_connect = staticmethod(need(E.on_connect))\n",
        BODY + "for_all(E)\n",
        "@logged\n" + BODY + LATER,
        BODY.replace("Base", "Base, metaclass=abc.ABCMeta") + LATER,
        "def same(cls): return cls\n@same\n" + BODY + LATER,
        "class R:\n    def websocket(self, path): return lambda f: f\nr = R()\n"
        "@r.websocket('/x')\nasync def E(websocket): ...\nE = need(E)\n",
    ],
)
def test_a_guard_that_was_put_around_later_is_not_in_the_source(source, text):
    """Applied as it is, the text would take the guard away."""
    assert source(text) is None


@pytest.mark.parametrize(
    "text",
    [
        BODY,
        DECORATED,
        HIDDEN,
        STATIC,
        "@logged\n" + BODY,
        "@logged\n" + DECORATED,
        BODY.replace("Base", "Wrapping"),
        BODY + "    on_connect = need(on_connect)\n",
        BODY.replace("Base", "Base, metaclass=abc.ABCMeta"),
        DECORATED.replace("@need", "@need\n    @need"),
        "@need\nasync def E(websocket): ...\n",
    ],
)
def test_what_the_text_itself_wraps_is_its_source(source, text):
    """Decorators of methods and of the class, and statements in its body."""
    assert source(text) is not None
