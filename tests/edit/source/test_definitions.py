"""The source of a class or function that was defined elsewhere."""

import functools
import linecache
import sys
import types
from pathlib import Path

import pytest
from starlette.endpoints import WebSocketEndpoint

from playground.edit.source.definitions import source_of
from playground.edit.source.running import forget
from playground.edit.source.source import load


def make_page():
    class Page(WebSocketEndpoint):
        html = """<p>
    indented on purpose
</p>"""

        async def on_receive(self, websocket, data):
            await websocket.send_text(self.html)

    return Page


def test_a_class_inside_a_function_is_cut_out_whole():
    """Moved to the left edge, and not a blank inside its strings."""
    text = source_of(make_page()).text
    loaded = load(text, filename="<live /t v1>", module_name="<live /t v1>")
    forget("<live /t v1>", "<live /t v1>")

    assert text.startswith("class Page(WebSocketEndpoint):\n    html")
    assert loaded.target.html == make_page().html


class Local(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(data)


def test_the_source_of_an_object_is_found():
    """The class's text, the file, and the line it begins at."""
    found = source_of(Local)

    assert found.text.startswith("class Local(WebSocketEndpoint):\n    encoding")
    assert found.filename == __file__
    assert Path(__file__).read_text("utf-8").split("\n")[found.first_line - 1] == "class Local(WebSocketEndpoint):"
    assert source_of(int) is None


@pytest.fixture
def run(tmp_path):
    """Writes a file, runs it, and returns its names."""

    def run(text, name="app.py"):
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        names = {"__name__": "app", "__file__": str(file), "WebSocketEndpoint": WebSocketEndpoint}
        exec(compile(file.read_bytes(), str(file), "exec", dont_inherit=True), names)
        return names

    yield run
    linecache.clearcache()


CHAT = """class Chat(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text("one")
"""


def module_of(names):
    module = types.ModuleType("app")
    module.__dict__.update(names)
    return module


def indented(text, margin):
    return "".join(margin + line if line.strip() else line for line in text.splitlines(keepends=True))


IN_ITS_FILE = {
    "after a form feed in a comment": ("# a\f\n\f\nx = 1\n" + CHAT, CHAT),
    "after separators in strings": ("x = '''\u2028 \u2029 \x85 \x1c \x1d \x0b'''\n" + CHAT, CHAT),
    "with a form feed before it": ("\f" + CHAT, CHAT),
    "with a form feed inside": (CHAT.replace("\n\n", "\n\f\n"), CHAT.replace("\n\n", "\n\f\n")),
    "with a form feed before a method": (
        "if True:\n" + indented(CHAT, "  ").replace("      async", "\f      async"),
        CHAT.replace("    async", "\f    async"),
    ),
    "with a byte-order mark": (b"\xef\xbb\xbf" + CHAT.encode(), CHAT),
    "with Windows line ends": (CHAT.replace("\n", "\r\n"), CHAT),
    "with old Mac line ends": (CHAT.replace("\n", "\r"), CHAT),
    "in tabs": ("if True:\n" + indented(CHAT, "\t"), CHAT),
    "all in tabs": ("if True:\n" + indented(CHAT.replace("    ", "\t"), "\t"), CHAT.replace("    ", "\t")),
    "in try": ("try:\n" + indented(CHAT, "    ") + "finally:\n    pass\n", CHAT),
    "in with": ("import contextlib\nwith contextlib.nullcontext():\n" + indented(CHAT, "   "), CHAT),
    "in the if branch": (f"if True:\n{indented(CHAT, '  ')}else:\n{indented(CHAT.replace('one', 'two'), '  ')}", CHAT),
    "in the else branch": (f"if 0 > 1:\n{indented(CHAT.replace('on', 'm'), '  ')}else:\n{indented(CHAT, '  ')}", CHAT),
    "after another of that name": (CHAT.replace("one", "two") + CHAT, CHAT),
    "after an equal one": (CHAT.replace("text", "bytes", 1) + CHAT, CHAT),
    "with blanks on an empty line": (
        "if True:\n" + indented(CHAT, "    ").replace("\n\n", "\n  \n"),
        CHAT.replace("\n\n", "\n  \n"),
    ),
    "without a line end": (CHAT[:-1], CHAT),
    "with a decorator": ("def same(cls): return cls\n@same\n" + CHAT, "@same\n" + CHAT),
    "with a decorator of several lines": (
        "def same(*a): return lambda cls: cls\n@same(\n    1,\n)\n" + CHAT,
        "@same(\n    1,\n)\n" + CHAT,
    ),
    "with lines continued": (
        "if True:\n" + indented(CHAT.replace('("one")', '(\\\n"one"\\\n)'), "    "),
        CHAT.replace('("one")', '(\\\n"one"\\\n)').replace('\n"one"\\\n)', '\n"one"\\\n)'),
    ),
    "with a property and static methods": (
        CHAT + "\n    @property\n    def room(self): return 1\n\n    @staticmethod\n    def f(x): return x\n",
        CHAT + "\n    @property\n    def room(self): return 1\n\n    @staticmethod\n    def f(x): return x\n",
    ),
    "with a private method": (CHAT + "\n    def __secret(self): pass\n", CHAT + "\n    def __secret(self): pass\n"),
    "with a method wrapped in the body": (
        CHAT + "\n    on_receive = staticmethod(on_receive)\n",
        CHAT + "\n    on_receive = staticmethod(on_receive)\n",
    ),
    "with a lambda": (CHAT + "    key = lambda self: 1\n", CHAT + "    key = lambda self: 1\n"),
    "with no method": (
        "class Base(WebSocketEndpoint): pass\nclass Chat(Base):\n    encoding = 'text'\n",
        "class Chat(Base):\n    encoding = 'text'\n",
    ),
    "with postponed annotations": (
        "from __future__ import annotations\n" + CHAT.replace("data", "data: Later"),
        CHAT.replace("data", "data: Later"),
    ),
}


@pytest.mark.parametrize(("text", "expected"), IN_ITS_FILE.values(), ids=IN_ITS_FILE)
def test_a_class_is_found_as_it_stands_in_its_file(run, text, expected, monkeypatch):
    """Lines are counted as Python counts them, and the one of several that runs is found."""
    names = run(text)
    monkeypatch.setitem(sys.modules, "app", module_of(names))
    found = source_of(names["Chat"])

    assert found.text == expected
    line = 1 + (text if isinstance(text, str) else text.decode()).replace("\r\n", "\n").replace("\r", "\n").count("\n")
    assert found.first_line <= line


STRINGS = '''class Chat(WebSocketEndpoint):
    async def on_receive(self, websocket, data):
        await websocket.send_text(f"""{
            data + "x"
        }
   end {"a"
  "b"}""" "c"
            "d")
        return b"""1
    2""", ("x"
"y"), """
    z"""
'''


def test_strings_of_several_lines_keep_their_blanks(run):
    """Whatever kind of string it is, and wherever its lines begin."""
    cls = run("if True:\n    if True:\n" + "".join("        " + line for line in STRINGS.splitlines(keepends=True)))[
        "Chat"
    ]
    names = {"WebSocketEndpoint": WebSocketEndpoint}
    exec(source_of(cls).text, names)

    assert names["Chat"].on_receive.__code__.co_consts == cls.on_receive.__code__.co_consts


def test_what_was_saved_later_is_not_shown_as_the_source(run):
    """Neither another class, nor another function, nor a file that is no Python any more; but what only moved is."""
    function = "async def chat(websocket):\n    await websocket.accept()\n"
    names = run(CHAT + function)
    file = names["__file__"]
    told = []
    for now in (
        CHAT.replace("one", "two") + function.replace("accept", "close"),
        "class Chat(",
        "",
        "# moved\n\n" + CHAT + function,
    ):
        Path(file).write_text(now)
        linecache.clearcache()
        told.append(
            [found and (found.text, found.first_line) for found in map(source_of, (names["Chat"], names["chat"]))]
        )

    assert told[:3] == [[None, None]] * 3
    assert told[3] == [(CHAT, 1), (function, 6)]


def test_a_file_that_was_shown_before_it_was_saved_is_read_again(run):
    """A traceback may have put the old text into `linecache`."""
    file = run(CHAT)["__file__"]
    linecache.getlines(file)
    cls = run(CHAT.replace("one", "thirteen"))["Chat"]

    assert "thirteen" in source_of(cls).text


def patched(names):
    async def other(self, websocket, data): ...

    names["Chat"].on_receive = other


def extended(names):
    def more(self): ...

    names["Chat"].more = more


def wrapped_later(names):
    @functools.wraps(names["Chat"])
    async def checked(websocket): ...

    names["Chat"] = checked


@pytest.mark.parametrize(
    ("text", "change"),
    [
        (CHAT, patched),
        (CHAT, extended),
        ("async def Chat(websocket): pass", wrapped_later),
        (
            "async def on_receive(self, w, d): pass\nChat = type('Chat', (WebSocketEndpoint,), {'on_receive': on_receive})",
            None,
        ),
        ("Chat = lambda websocket: None", None),
        (f"exec({CHAT!r})", None),
    ],
    ids=["a method replaced", "a method added", "wrapped later", "made by type", "a lambda", "in exec"],
)
def test_a_text_that_is_not_all_of_it_is_not_shown(run, text, change):
    """Applied again as it is, the text would do something else."""
    names = run(text)
    if change:
        change(names)

    assert source_of(names["Chat"]) is None


def test_a_decorator_that_adds_methods_is_a_part_of_the_source(run):
    """The text makes them again."""
    text = "import dataclasses\n@dataclasses.dataclass(eq=False, repr=False)\nclass Chat:\n    x: int = 1\n    def f(self): pass\n"

    assert source_of(run(text)["Chat"]).text.startswith("@dataclasses.dataclass")
