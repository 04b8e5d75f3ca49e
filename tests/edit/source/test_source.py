"""Source text becomes a checked endpoint, or a message that names the line."""

import sys

import pytest

from playground import EditRejected
from playground.edit.source.checking import check
from playground.edit.source.running import forget, remembers
from playground.edit.source.source import load as load_source
from playground.record.lines import line_in


def load(text, **options):
    return load_source(text, filename="<live /t v1>", module_name="<live /t v1>", **options)


@pytest.mark.parametrize(
    ("text", "stage", "line", "message"),
    [
        ("x = (", "parse", 1, "line 1: '(' was never closed"),
        ("x = 1\n1/0", "run", 2, "line 2: ZeroDivisionError: division by zero"),
        ("x = 1\ndef f():\n    await x", "parse", 3, "line 3: 'await' outside async function"),
        ("return 1", "parse", 1, "line 1: 'return' outside function"),
        ("import nothing_there", "run", 1, "line 1: ModuleNotFoundError: No module named 'nothing_there'"),
        ("raise SystemExit(3)", "run", 1, "line 1: SystemExit: 3"),
        ("x = 1", "check", None, "the source defines no endpoint; write a class based on"),
        ("", "check", None, "the source defines no endpoint; write a class based on"),
        ("class Nothing: pass", "check", None, "no endpoint among Nothing; write a class based on"),
        (
            "class A(WebSocketEndpoint): pass\nclass B(WebSocketEndpoint): pass",
            "check",
            2,
            "line 2: A and B are both endpoints; keep one here and give the other a path of its own",
        ),
        (
            "class A(WebSocketEndpoint):\n    def on_receive(self, websocket, data): pass",
            "check",
            2,
            "line 2: on_receive has to be `async def on_receive`: Starlette awaits it",
        ),
        (
            "class A(WebSocketEndpoint):\n    async def on_swap(self, old, new): pass",
            "check",
            2,
            "on_swap has to be a plain `def on_swap`: it runs between two hooks, where nothing can be awaited",
        ),
        (
            "class A(WebSocketEndpoint):\n    async def on_swap(self, old, new): yield",
            "check",
            2,
            "on_swap has to be a plain `def on_swap`",
        ),
        (
            "class A(WebSocketEndpoint):\n    def on_swap(self, old, new): yield",
            "check",
            2,
            "on_swap is a generator, because of its `yield`",
        ),
        (
            "class A(WebSocketEndpoint):\n    def on_swap(self): pass",
            "check",
            2,
            "on_swap is called as on_swap(self, old, new): too many positional arguments",
        ),
        (
            "class A(WebSocketEndpoint):\n    async def on_receive(self, websocket): pass",
            "check",
            2,
            "line 2: on_receive is called as on_receive(self, websocket, data): too many positional arguments",
        ),
        (
            "class A(WebSocketEndpoint):\n\n    encoding = 'xml'",
            "check",
            3,
            "line 3: encoding = 'xml'; it can be None, 'text', 'bytes' or 'json'",
        ),
        ("def chat(websocket): pass", "check", None, "chat has to be `async def`: Starlette awaits it"),
        ("x = '\0'", "parse", 1, "null bytes"),
    ],
)
def test_a_mistake_names_its_stage_and_line(text, stage, line, message):
    """Each mistake is found before anything is published, and the message says where it is and what to do."""
    with pytest.raises(EditRejected) as caught:
        load(text)

    assert caught.value.stage == stage
    if "null bytes" not in message:
        assert caught.value.line == line
    assert message in str(caught.value)


def test_a_rejected_source_leaves_no_trace():
    """Neither a module nor remembered source lines stay behind."""
    with pytest.raises(EditRejected):
        load("1/0")

    assert "<live /t v1>" not in sys.modules
    assert not remembers("<live /t v1>")


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("class A(WebSocketEndpoint): pass", "A", "websocket"),
        ("class A(HTTPEndpoint): pass", "A", "http"),
        ("class Base(WebSocketEndpoint): pass\nclass A(Base): pass", "A", "websocket"),
        ("async def chat(websocket): pass", "chat", "websocket"),
        ("async def chat(ws: WebSocket): pass", "chat", "websocket"),
        ("async def chat(connection: WebSocket): pass", "chat", "websocket"),
        ("async def home(request): pass", "home", "http"),
        ("def home(request): pass", "home", "http"),
        ("async def helper(websocket): pass\nclass A(WebSocketEndpoint): pass", "A", "websocket"),
        ("async def helper(websocket, text): pass\nasync def chat(websocket): pass", "chat", "websocket"),
        ("from __future__ import annotations\nasync def chat(x: WebSocket): pass", "chat", "websocket"),
    ],
)
def test_the_endpoint_is_found(text, name, kind):
    """Classes come before functions, derived classes before their bases, and helpers do not count."""
    loaded = load(text)
    forget("<live /t v1>", "<live /t v1>")

    assert (loaded.target.__name__, loaded.kind) == (name, kind)


def test_an_endpoint_sees_the_notebook_as_it_is_now():
    """Names of the notebook are looked up when they are used; the endpoint's own names come first."""
    notebook = {"greeting": "hello"}
    loaded = load("def greet(): return greeting\nclass A(WebSocketEndpoint): pass", names=notebook)
    before = loaded.module.greet()
    notebook["greeting"] = "good day"

    assert (before, loaded.module.greet()) == ("hello", "good day")
    with pytest.raises(NameError, match="nowhere"):
        exec("nowhere", loaded.module.__dict__)
    forget("<live /t v1>", "<live /t v1>")


def test_a_traceback_shows_the_users_line():
    """The line is found in the innermost frame of the source."""
    loaded = load("class A(WebSocketEndpoint): pass\ndef fails():\n    return {}['say']")
    try:
        loaded.module.fails()
    except KeyError as error:
        line = line_in(error, {"<live /t v1>": (1, 0, 9)})
    forget("<live /t v1>", "<live /t v1>")

    assert line == 3


def test_an_object_that_is_no_endpoint_is_refused():
    """The message shows the object and says what would do."""
    with pytest.raises(EditRejected, match="42 is not an endpoint; give a WebSocketEndpoint or HTTPEndpoint class"):
        check(42)


@pytest.mark.parametrize(
    "text",
    [
        "class E(WebSocketEndpoint): pass\nChat = E",
        "import functools\ndef deco(f):\n    @functools.wraps(f)\n    def wrapped(*a): return f(*a)\n    return wrapped\n"
        "class E(WebSocketEndpoint):\n    @deco\n    async def on_receive(self, websocket, data): pass",
        "class E(WebSocketEndpoint):\n    @staticmethod\n    async def on_receive(websocket, data): pass",
    ],
    ids=["alias", "decorated", "static"],
)
def test_what_starlette_can_run_is_not_refused(text):
    """An alias is not a second endpoint; a decorated hook is its decorator's business."""
    loaded = load(text)
    forget("<live /t v1>", "<live /t v1>")

    assert loaded.target.__name__ == "E"
