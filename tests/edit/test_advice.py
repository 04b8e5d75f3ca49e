"""What is worth knowing about an edit."""

import ast

import pytest

from playground.edit.advice import advise

OLD = """
class T(WebSocketEndpoint):
    async def on_connect(self, websocket):
        self.name = "x"
        await websocket.accept()
"""


def notes(source, before=OLD, known=("WebSocketEndpoint", "print", "len", "range", "int", "ValueError")):
    found = advise(ast.parse(source), ast.parse(before) if before else None, known.__contains__)
    return list(map(str, found))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "class T(WebSocketEndpoint):\n    async def on_receive(self, ws, data): helper()",
            "line 2: 'helper' is not defined",
        ),
        (
            "count = 0\ndef f():\n    global count\n    count += 1",
            "line 3: global count: every version has a module of its own",
        ),
        (
            "class T(WebSocketEndpoint):\n    async def on_recieve(self, ws, data): pass",
            "line 2: on_recieve is never called; did you mean on_receive?",
        ),
        ("class T(WebSocketEndpoint):\n    async def dispatch(self): pass", "line 2: T has a dispatch of its own"),
        (
            OLD.replace('self.name = "x"', 'self.room = "x"') + "    async def on_receive(self, ws, data): self.room",
            "line 4: open connections have no self.room, which is set when they connect",
        ),
        (
            "class Renamed(WebSocketEndpoint):\n    async def on_receive(self, ws, data): self.__secret = 1",
            "line 2: self.__secret has the class's name in it",
        ),
    ],
)
def test_a_note_names_the_line_and_what_follows(source, message):
    """One sentence each."""
    found = notes(source)

    assert len(found) == 1
    assert found[0].startswith(message)


@pytest.mark.parametrize(
    "source",
    [
        OLD,
        "from __future__ import annotations\nx: Later = 1\ndef f(x: Later, *y: Later) -> Later: z: Later = x",
        "import os.path as p\nfrom sys import path\nx: int = len([y for y in range(3)])\nprint(p, path, x, lambda z: z)",
        "try:\n    pass\nexcept ValueError as error:\n    print(error)\nwith open() as f: print(f)".replace(
            "open()", "print()"
        ),
        "match [1]:\n    case [a, *rest]: print(a, rest)\n    case {'k': v, **more}: print(v, more)\n    case b: print(b)",
        OLD.replace("self.name", "self.room") + "    room = None\n    async def on_receive(self, ws, data): self.room",
        OLD.replace("self.name", "self.room")
        + "    def on_swap(self, old, new): self.room = 1\n    async def on_receive(self, ws, data): self.room",
        OLD + "    async def on_receive(self, ws, data): self.name",
        "class T(WebSocketEndpoint):\n    async def on_receive(self, ws, data): self.__secret = 1",
        "if (walrus := 3): print(walrus, __name__)",
    ],
)
def test_nothing_is_said_about_what_is_fine(source):
    """No false alarm."""
    assert notes(source) == []


def test_a_first_version_has_no_open_connections():
    """So nothing can be missing in them."""
    source = OLD.replace("self.name", "self.room") + "    async def on_receive(self, ws, data): self.room"

    assert notes(source, before=None) == []
