"""What is worth knowing about an edit; and for each note, code that looks similar and is right."""

import ast
import builtins
import types
import weakref
from pathlib import Path

import fastapi
import pytest
import starlette
import uvicorn
import websockets

from playground.edit.advice import advice as advising
from playground.edit.advice.advice import advise
from playground.edit.notes import Note
from playground.edit.source.running import PRELUDE

CHAT = """
class T(WebSocketEndpoint):
    async def on_connect(self, websocket):
        self.name = "x"
        await websocket.accept()
"""


def advice(source, before=None, **notebook):
    outer = {**vars(builtins), **PRELUDE, **notebook}
    known = (outer.__contains__, outer.__getitem__)
    return advise(ast.parse(source), ast.parse(before) if before else None, *known)


def notes(source, before=None, **notebook):
    return [(note.kind, note.line) for note in advice(source, before, **notebook)]


def hook(body, *, head="", name="on_receive", more=""):
    """Return a source whose hook has this body, which begins at line 4 if there is no head."""
    lines = "\n".join("        " + line for line in body.splitlines())
    arguments = "websocket" if name == "on_connect" else "websocket, data"
    return f"{head}class T(WebSocketEndpoint):\n    encoding = 'text'\n    async def {name}(self, {arguments}):\n{lines}\n{more}"


def connect(body, more=""):
    return hook(body, name="on_connect", more=more)


@pytest.mark.parametrize(
    ("source", "before", "message"),
    [
        (hook("helper()"), None, "line 4: 'helper' is not defined; using it raises NameError"),
        (
            "count = 0\ndef f():\n    global count\n    count += 1",
            None,
            "line 3: global count: every version has a module of its own, so a handler still running on an older "
            "version changes the variable of that version",
        ),
        (
            hook("pass", name="on_recieve"),
            None,
            "line 3: on_recieve is never called; did you mean on_receive?",
        ),
        (
            "class T(WebSocketEndpoint):\n    async def dispatch(self): pass",
            None,
            "line 2: T has a dispatch of its own; open connections stay in it, on their version, until they close",
        ),
        (
            CHAT.replace("self.name", "self.room") + "    async def on_receive(self, ws, data): self.room",
            CHAT,
            "line 4: open connections have no self.room, which is set when they connect; give it a default in the class "
            "body, or set it in on_swap(self, old, new)",
        ),
        (
            "class Renamed(WebSocketEndpoint):\n    async def on_receive(self, ws, data): self.__secret = 1",
            CHAT,
            "line 2: self.__secret has the class's name in it (name mangling), and the class was renamed: open "
            "connections have it under the old one",
        ),
        (
            connect("self.name = websocket.query_params['name']"),
            None,
            "line 3: on_connect can return without accept() or close(), and then the client waits for an answer that "
            "never comes; add await websocket.accept() or .close()",
        ),
        (
            hook("websocket.send_text(data)"),
            None,
            "line 4: websocket.send_text(…) is not awaited, so nothing is sent; write await websocket.send_text(…)",
        ),
        (
            hook("time.sleep(1)", head="import time\n"),
            None,
            "line 5: time.sleep() holds up every connection of the server for that long; write await asyncio.sleep(…)",
        ),
        (
            hook("requests.get(data)", head="import requests\n"),
            None,
            "line 5: requests.get() blocks the server's loop, and every connection waits until it returns; write await "
            "asyncio.to_thread(requests.get, …)",
        ),
        (
            hook("db.execute(data)", head="import sqlite3\ndb = sqlite3.connect('x')\n"),
            None,
            "line 6: db.execute() blocks the server's loop, and every connection waits until it returns; move it into a "
            "function for await asyncio.to_thread(function)",
        ),
        (
            hook("text = open(data).read()"),
            None,
            "line 4: open() works on a file in the server's loop, and every connection waits meanwhile; for more than a "
            "small file, use await asyncio.to_thread(…)",
        ),
        (
            CHAT.replace('"x"', '"y"') + "    async def on_receive(self, ws, data): self.name",
            CHAT,
            "line 4: self.name is set when a connection opens: those that are open keep the value they have; to change "
            "it for them too, set it in on_swap(self, old, new)",
        ),
        (
            "from enum import Enum\nclass C(Enum):\n    A = 1\n    B = 2\n" + hook("self.c = C.A"),
            "from enum import Enum\nclass C(Enum):\n    A = 1\n" + hook("self.c = C.A"),
            "line 2: C is changed, and so is another class now: for members that connections hold, `is` and `==` with "
            "the new ones are false",
        ),
    ],
)
def test_a_note_says_what_happens_and_what_to_do(source, before, message):
    """One note, in one sentence, with its line."""
    assert list(map(str, advice(source, before))) == [message]


@pytest.mark.parametrize(
    "source",
    [
        CHAT,
        "from __future__ import annotations\nx: Later = 1\ndef f(x: Later, *y: Later) -> Later: z: Later = x",
        "import os.path as p\nfrom sys import path\nx: int = len([y for y in range(3)])\nprint(p, path, x, lambda z: z)",
        "try:\n    pass\nexcept ValueError as error:\n    print(error)\nwith print() as f: print(f)",
        "match [1]:\n    case [a, *rest]: print(a, rest)\n    case {'k': v, **more}: print(v, more)\n    case b: print(b)",
        "if (walrus := 3): print(walrus, __name__)",
        "from math import *\nprint(cos(tau))",
        "from __future__ import annotations\ndef f(a: Later, b: list[Later]) -> Later: ...",
        "try:\n    unicode\nexcept NameError:\n    unicode = str",
        "for i in range(3): pass\nprint(i)\ndel i",
        "globals().update(a=1)\nprint(a)",
        "def f():\n    nonlocal_name = 1\n    def g():\n        nonlocal nonlocal_name\n        nonlocal_name = 2\n    return g",
    ],
)
def test_every_way_to_define_a_name_is_known(source):
    """Also a star import, of which nothing is known."""
    assert notes(source) == []


@pytest.mark.parametrize("name", ["on_recieve", "onReceive", "on_recive", "on_received", "on_message"])
def test_a_hook_under_another_name_is_noted(name):
    """A slip of the pen, or what another framework calls it; also in a class that is an endpoint by inheritance."""
    source = hook("pass", name=name)

    assert notes(source) == [("misspelt-hook", 3)]
    assert notes(f"class Base(WebSocketEndpoint): pass\n{source.replace('(WebSocketEndpoint)', '(Base)')}") == [
        ("misspelt-hook", 4)
    ]


@pytest.mark.parametrize(
    "source",
    [
        hook("await self.on_received(data)", more="    async def on_received(self, data): pass"),
        hook("pass", more="    async def on_received(self, data): pass"),
        hook("await getattr(self, 'on_connected')()", more="    async def on_connected(self): pass\n"),
        "def wrap(f): return f\n" + hook("pass", name="_receive", more="    on_receive = wrap(_receive)"),
        "def wrap(f): return f\n" + hook("pass", name="on_received", more="    on_receive = wrap(on_received)"),
        "async def one(self, websocket, data): pass\n" + hook("pass", name="on_message", more="    on_receive = one"),
        "from base import Chat\n"
        + hook("pass", name="on_message").replace("(WebSocketEndpoint)", "(Chat, WebSocketEndpoint)"),
        hook("pass", name="connect"),
        hook("pass", name="disconnect"),
        "class ConnectionManager:\n    async def connect(self, websocket): pass\n    def disconnect(self, ws): pass\n"
        + hook("pass"),
        "class Room:\n    def on_message(self, text): pass\n    def on_received(self): pass\n    def dispatch(self): pass",
        "class Page(HTTPEndpoint):\n    async def dispatch(self): pass",
        hook("pass", name="connection_made").replace("websocket, data", "websocket"),
        hook("pass", more="    async def on_swap(self, old, new): pass"),
        "import app\nclass T(WebSocketEndpoint):\n    @app.event\n    async def on_message(self, data): pass",
    ],
)
def test_a_method_that_only_looks_like_a_hook_is_fine(source):
    """It is called, or registered, or the class is no WebSocket endpoint."""
    assert notes(source) == []


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("pass", 3),
        ("self.room = websocket.path_params['room']\nprint(websocket.headers)", 3),
        ("if websocket.headers.get('x') != 'y':\n    return\nawait websocket.accept()", 5),
        ("try:\n    token = websocket.query_params['t']\nexcept KeyError:\n    return\nawait websocket.accept()", 7),
        ("for x in websocket.headers:\n    if x == 'y':\n        return\nawait websocket.accept()", 6),
        ("if websocket.query_params.get('token') == 'x':\n    await websocket.accept()", 4),
        ("if websocket.user:\n    await websocket.accept()\nelse:\n    print('no')\nprint('end')", 4),
        ("self.websocket = websocket", 3),
        ("async with self.lock:\n    if 'x' in websocket.url.path:\n        return\nawait websocket.accept()", 6),
    ],
)
def test_a_handshake_without_an_answer_is_noted(body, line):
    """Where on_connect certainly returns without one."""
    assert notes(connect(body)) == [("unanswered-connect", line)]


@pytest.mark.parametrize(
    "body",
    [
        "await websocket.accept()",
        "await websocket.close(1008)",
        "await super().on_connect(websocket)",
        "await WebSocketEndpoint.on_connect(self, websocket)",
        "raise ValueError('no')",
        "raise WebSocketDisconnect(1008)",
        "await self.welcome(websocket)",
        "await self.welcome()",
        "await print(websocket)",
        "await self.send({'type': 'websocket.accept'})",
        "self.socket = websocket\nawait self.socket.accept()",
        "accept = websocket.accept\nawait accept()",
        "await websocket.send_denial_response(PlainTextResponse('no'))",
        "if websocket.headers.get('x'):\n    await websocket.accept()\nelse:\n    await websocket.close()",
        "if 'x' not in websocket.headers:\n    await websocket.close()\n    return\nawait websocket.accept()",
        "ok = 'x' in websocket.headers\nif ok:\n    await websocket.accept()\nif not ok:\n    await websocket.close()",
        "if 'x' not in websocket.headers:\n    raise WebSocketDisconnect(1008)\nawait websocket.accept()",
        "if websocket.client_state.name == 'CONNECTING':\n    await websocket.accept()",
        "if not await print(websocket):\n    return\nawait websocket.accept()",
        "try:\n    await websocket.accept()\nexcept RuntimeError:\n    return",
        "try:\n    int(websocket.query_params['n'])\nexcept ValueError:\n    return await websocket.close(1008)\n"
        "await websocket.accept()",
        "try:\n    print(websocket.headers)\nfinally:\n    await websocket.accept()",
        "async with print(websocket):\n    pass",
        "match websocket.path_params['kind']:\n    case 'a':\n        await websocket.accept()\n    case _:\n"
        "        await websocket.close()",
        "for name in websocket.scope['subprotocols']:\n    if name == 'v1':\n        await websocket.accept(name)\n"
        "        return\nawait websocket.close()",
        "while True:\n    print('for ever')",
        "if websocket.headers.get('x'):\n    await websocket.accept()\n    return\nraise WebSocketDisconnect(1008)",
        "if (await self.check(websocket)) is None:\n    return\nawait websocket.accept()",
    ],
)
def test_a_handshake_that_may_be_answered_is_fine(body):
    """Whoever does it: what gets the WebSocket may accept."""
    assert notes(connect(body)) == []


def test_a_method_that_is_no_hook_of_an_endpoint_need_not_answer():
    """Nor a class of another kind, nor a hook that is decorated."""
    assert notes("class Room:\n    async def on_connect(self, websocket):\n        self.n = 1") == []
    assert notes("import x\n" + connect("pass").replace("    async", "    @x.accepts\n    async")) == []
    assert notes("from base import Chat\n" + connect("pass").replace("(WebSocketEndpoint)", "(Chat)")) == []
    assert [kind for kind, _ in notes(connect("pass", "    async def dispatch(self): pass"))] == ["own-dispatch"]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (hook("websocket.send_json(data)"), 4),
        (hook("websocket.close()"), 4),
        (hook("if data:\n    websocket.accept()"), 5),
        (connect("await websocket.accept()\nwebsocket.send({'type': 'websocket.send', 'text': 'x'})"), 5),
        (hook("asyncio.sleep(1)", head="import asyncio\n"), 5),
        (hook("sleep(1)", head="from asyncio import sleep\n"), 5),
        (hook("self.tell(data)", more="    async def tell(self, text): pass"), 4),
        (hook("tell(data)", head="async def tell(text): pass\n"), 5),
        (hook("async def tell(): pass\ntell()"), 5),
        (connect("super().on_connect(websocket)"), 4),
        (hook("self.db.tell(data)", more="    db = Db()\nclass Db:\n    async def tell(self, text): pass"), 4),
        (hook("for one in self.all:\n    one.send_text(data)", more="    all: set[WebSocket] = set()"), 5),
        (hook("all.append(websocket)\nfor one in list(all):\n    one.send_text(data)", head="all = []\n"), 7),
        (hook("all[1] = websocket\nfor one in all.values():\n    one.send_text(data)", head="all = {}\n"), 7),
        (hook("all[1] = websocket\nfor k, one in all.items():\n    one.send_text(data)", head="all = {}\n"), 7),
        (hook("all.add(websocket)\n[one.send_text(data) for one in all]", head="all = set()\n"), 6),
        (hook("todo.put(data)", head="import asyncio\ntodo = asyncio.Queue()\n"), 6),
        (hook("self.ready.wait()", head="from asyncio import Event\n", more="    ready = Event()"), 5),
        (hook("self.ws = websocket\nself.ws.send_text(data)"), 5),
        (hook("room.tell(data)", head="class Room:\n    async def tell(self, text): pass\nroom = Room()\n"), 7),
        ("async def at(websocket):\n    await websocket.accept()\n    websocket.send_text('x')", 3),
        ("async def at(socket: WebSocket):\n    await socket.accept()\n    socket.send_text('x')", 3),
    ],
)
def test_a_coroutine_that_nothing_awaits_is_noted(source, line):
    """What it should do never happens."""
    assert notes(source) == [("not-awaited", line)]


@pytest.mark.parametrize(
    "source",
    [
        hook("await websocket.send_text(data)"),
        hook("task = asyncio.create_task(websocket.send_text(data))", head="import asyncio\n"),
        hook("asyncio.create_task(self.tell(data))", head="import asyncio\n", more="    async def tell(self, t): pass"),
        hook("asyncio.gather(self.tell(data))", head="import asyncio\n", more="    async def tell(self, t): pass"),
        hook("coroutine = websocket.send_text(data)\nawait coroutine"),
        hook("self.tell(data)", more="    def tell(self, text): pass"),
        hook("self.tell(data)", more="    tell = print"),
        hook("self.tell(data)", more="    @print\n    async def tell(self, text): pass"),
        hook(
            "self.tell(data)",
            more="    async def tell(self, text): pass\n    def on_swap(self, a, b): self.tell = print",
        ),
        hook("tell(data)", head="import x\n@x.background\nasync def tell(text): pass\n"),
        hook("tell(data)", head="async def tell(text): pass\ntell = print\n"),
        hook("tell = print\ntell(data)", head="async def tell(text): pass\n"),
        hook("await asyncio.gather(*[websocket.send_text(data) for one in data])", head="import asyncio\n"),
        hook("all = [websocket.send_text(data)]\nawait all[0]"),
        hook("self.outbox.send_text(data)", more="    outbox = print()"),
        hook("outbox.send_text(data)", head="from mail import outbox\n"),
        hook("for one in self.outboxes:\n    one.send_text(data)", more="    outboxes = []"),
        hook("for one in all:\n    one.close()\nall[websocket] = open(data)", head="all = {}\n").replace(
            "open(data)", "print(data)"
        ),
        hook("todo.put_nowait(data)", head="import asyncio\ntodo = asyncio.Queue()\n"),
        hook("todo.put(data)", head="from queue import Queue\ntodo = Queue()\n"),
        hook("ready.set()\nready.clear()", head="import asyncio\nready = asyncio.Event()\n"),
        hook("room.tell(data)", head="class Room:\n    def tell(self, text): pass\nroom = Room()\n"),
        hook("time.sleep(0)", head="import time\n"),
        hook("sleep(1)", head="def sleep(n): pass\n"),
        hook("async for one in numbers(): print(one)", head="async def numbers(): yield 1\n"),
        hook("return self.tell()", more="    async def tell(self): pass"),
        hook("send = lambda: websocket.send_text(data)\nawait send()"),
        hook("try:\n    await websocket.close()\nfinally:\n    data.close()"),
        "def at(websocket: Socket):\n    websocket.send_text('x')\nclass Socket:\n    def send_text(self, t): pass",
    ],
)
def test_what_is_awaited_or_no_coroutine_is_fine(source):
    """Stored, handed on, awaited later, or a plain function of that name."""
    assert notes(source) == []


@pytest.mark.parametrize(
    ("head", "call"),
    [
        ("import time\n", "time.sleep(1)"),
        ("import time as clock\n", "clock.sleep(data)"),
        ("from time import sleep\n", "sleep(.1)"),
        ("from time import sleep as wait\n", "wait(1)"),
        ("import requests\n", "requests.post(data)"),
        ("from requests import get\n", "text = get(data).text"),
        ("import requests as r\n", "r.get(data).json()"),
        ("import requests\nhttp = requests.Session()\n", "http.get(data)"),
        ("import requests\n", "with requests.Session() as http: http.get(data)"),
        ("import httpx\n", "httpx.get(data)"),
        ("from urllib.request import urlopen\n", "with urlopen(data) as f: print(f)"),
        ("import urllib.request\n", "urllib.request.urlopen(data)"),
        ("import subprocess\n", "subprocess.run(['ls'])"),
        ("import subprocess as sp\n", "print(sp.check_output(['ls']))"),
        ("import os\n", "os.system('ls')"),
        ("import sqlite3\n", "sqlite3.connect('x')"),
        ("import sqlite3\ndb = sqlite3.connect('x')\n", "db.commit()"),
        ("import socket\n", "socket.create_connection(('x', 1))"),
        ("import socket\ns = socket.socket()\n", "s.recv(1)"),
        ("from pathlib import Path\n", "Path(data).read_text()"),
        ("from pathlib import Path\nlog = Path('x')\n", "log.write_text(data)"),
        ("", "input()"),
        ("", "with open(data) as f: f.read()"),
    ],
)
def test_a_blocking_call_is_noted(head, call):
    """Under whichever name it was imported; in a hook, in what it calls, and in a function that is an endpoint."""
    line = head.count("\n")
    helper = f"    async def ask(self, data):\n        {call}\n"

    assert notes(hook(call, head=head)) == [("blocking-call", line + 4)]
    assert notes(hook("await self.ask(data)", head=head, more=helper)) == [("blocking-call", line + 6)]
    assert notes(f"{head}async def at(websocket, data=1):\n    {call}") == [("blocking-call", line + 2)]


def test_names_of_the_notebook_are_known():
    """A module that another cell imported, a function of it, and an object."""
    import sqlite3
    import subprocess
    import time

    db = sqlite3.connect(":memory:")

    assert notes(hook("time.sleep(1)"), time=time) == [("blocking-call", 4)]
    assert notes(hook("sleep(1)\nrun('ls')"), sleep=time.sleep, run=subprocess.run) == [
        ("blocking-call", 4),
        ("blocking-call", 5),
    ]
    assert notes(hook("db.execute(data)"), db=db) == [("blocking-call", 4)]
    assert notes(hook("sleep(1)\ntime.sleep(1)"), sleep=len, time={}) == []
    db.close()


@pytest.mark.parametrize(
    ("head", "call"),
    [
        ("import asyncio, time\n", "await asyncio.to_thread(time.sleep, 1)"),
        ("import asyncio, time\n", "await asyncio.get_running_loop().run_in_executor(None, time.sleep, 1)"),
        ("import asyncio, time\n", "await asyncio.to_thread(lambda: time.sleep(1))"),
        ("import asyncio, time\n", "def wait(): time.sleep(1)\nawait asyncio.to_thread(wait)"),
        ("import time\n", "time.time()"),
        ("from asyncio import sleep\n", "await sleep(1)"),
        ("requests = {}\n", "requests.get(data)"),
        ("", "requests = {}\nrequests.get(data)"),
        ("", "self.requests.get(data)"),
        ("import httpx\nhttp = httpx.AsyncClient()\n", "await http.get(data)"),
        ("import httpx\n", "async with httpx.AsyncClient() as http: await http.get(data)"),
        ("import aiofiles\n", "async with aiofiles.open(data) as f: await f.read()"),
        ("from aiofiles import open\n", "async with open(data) as f: await f.read()"),
        ("from anyio import Path\n", "await Path(data).read_text()"),
        ("import asyncio\n", "await asyncio.create_subprocess_exec('ls')"),
        ("import aiosqlite\n", "async with aiosqlite.connect('x') as db: await db.execute(data)"),
        ("import socket\ns = socket.socket()\ns.setblocking(False)\n", "s.recv(1)"),
        ("import time\n", "time.sleep(0)"),
        ("import webbrowser\n", "webbrowser.open(data)"),
        ("def open(name): return name\n", "open(data)"),
        ("import time\ndef slow(): time.sleep(1)\n", "print(slow)"),
        ("import io\n", "io.StringIO(data).read()"),
        ("class Db:\n    def execute(self, sql): pass\ndb = Db()\n", "db.execute(data)"),
    ],
)
def test_a_call_that_does_not_block_the_loop_is_fine(head, call):
    """It is awaited, runs in a thread, or is only called the same."""
    assert notes(hook(call, head=head)) == []


def test_what_does_not_run_on_the_loop_may_block():
    """Plain functions, which FastAPI and Starlette run in threads, and a script's own main."""
    assert notes("import time\ndef page(request):\n    time.sleep(1)") == []
    assert notes("import time\nasync def main():\n    time.sleep(1)\n" + hook("pass")) == []


READS = "    async def on_receive(self, ws, data): await ws.send_text(self.{0})\n"
LIMITS = """
START = {1}
class T(WebSocketEndpoint):
    async def on_connect(self, websocket):
        await websocket.accept()
        self.limit = {0}
""" + READS.format("limit")

IN_INIT = """
class T(WebSocketEndpoint):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.limit = {0}
""" + READS.format("limit")


@pytest.mark.parametrize(
    ("before", "source", "line"),
    [
        (LIMITS.format("3", 1), LIMITS.format("100", 1), 6),
        (LIMITS.format("START", 1), LIMITS.format("START", 2), 6),
        (LIMITS.format("START", 1), LIMITS.format("START + 1", 1), 6),
        (LIMITS.format("3", 1), LIMITS.format("100", 1).replace("class T", "class Renamed"), 6),
        (IN_INIT.format("3"), IN_INIT.format("4"), 5),
        (LIMITS.format("3", 1), LIMITS.format("4", 1) + "    def on_swap(self, old, new): self.other = 1\n", 6),
    ],
)
def test_a_value_that_open_connections_do_not_get_is_noted(before, source, line):
    """It is set when they connect, and they have connected already."""
    assert [note for note in notes(source, before) if note[0] == "changed-value"] == [("changed-value", line)]


@pytest.mark.parametrize(
    ("before", "source"),
    [
        (LIMITS.format("3", 1), LIMITS.format("3", 1)),
        (LIMITS.format("3", 1), LIMITS.format("(3)  # three", 1)),
        (LIMITS.format("'3'", 1), LIMITS.format('"3"', 1)),
        (LIMITS.format("START", 1), LIMITS.format("START", "1  # one")),
        (LIMITS.format("3", 1), LIMITS.format("4", 1) + "    def on_swap(self, old, new): self.limit = 4\n"),
        (LIMITS.format("3", 1), LIMITS.format("4", 1) + "    def on_swap(self, old, new): self.renew()\n"),
        (LIMITS.format("3", 1), LIMITS.format("4", 1) + "    def on_swap(self, old, new): vars(self).clear()\n"),
        (
            LIMITS.format("3", 1),
            LIMITS.format("4", 1).replace("str(self.limit)", "data").replace("self.limit)", "data)"),
        ),
        (LIMITS.format("3", 1), LIMITS.format("4", 1).replace("data): ", "data): self.limit = data; ")),
        (LIMITS.format("3", 1), LIMITS.format("3", 1).replace("ws.send_text(self.limit)", "ws.send_text(data)")),
        (LIMITS.format("3", 1).replace("self.limit = 3", "pass"), LIMITS.format("4", 1) + "    limit = 0\n"),
        (
            "class Room:\n    def __init__(self):\n        self.size = 1\n    def f(self): return self.size\n" + CHAT,
            "class Room:\n    def __init__(self):\n        self.size = 2\n    def f(self): return self.size\n" + CHAT,
        ),
    ],
)
def test_a_value_that_is_the_same_or_reaches_open_connections_is_fine(before, source):
    """Only formatting has changed, on_swap sets it, nothing reads it, or it is set anew for each message."""
    assert notes(source, before) == []


@pytest.mark.parametrize(
    "source",
    [
        CHAT + READS.format("name"),
        CHAT.replace("self.name", "self.room") + "    room = None\n" + READS.format("room"),
        CHAT.replace("self.name", "self.room")
        + "    def on_swap(self, old, new): self.room = 1\n"
        + READS.format("room"),
        CHAT.replace("self.name", "self.room") + "    def on_swap(self, old, new): self.set()\n" + READS.format("room"),
        CHAT.replace("self.name", "self.room") + "    def __getattr__(self, name): return 1\n" + READS.format("room"),
        CHAT.replace("self.name", "self.room")
        + "    async def on_receive(self, ws, data):\n        if hasattr(self, 'room'): print(self.room)\n",
        CHAT.replace("self.name", "self.room")
        + "    async def on_receive(self, ws, data):\n        try:\n            print(self.room)\n"
        + "        except AttributeError:\n            pass\n",
        CHAT.replace("self.name", "self.room")
        + "    async def on_receive(self, ws, data):\n        self.room = data\n        print(self.room)\n",
        "class Base(WebSocketEndpoint):\n    room = 1\n"
        + CHAT.replace("(WebSocketEndpoint)", "(Base)").replace("self.name", "self.room")
        + READS.format("room"),
        "class Room:\n    def __init__(self):\n        self.size = 1\n    def f(self): return self.size\n" + CHAT,
    ],
)
def test_an_attribute_that_open_connections_have_or_do_not_need_is_fine(source):
    """It has a default, `on_swap` sets it, or the code asks whether it is there."""
    assert notes(source, CHAT) == []


def test_an_attribute_that_is_only_added_to_is_missing_too():
    """`self.count += 1` reads it first."""
    source = (
        CHAT.replace('self.name = "x"', "self.count = 0")
        + "    async def on_receive(self, ws, data): self.count += 1\n"
    )

    assert notes(source, CHAT) == [("missing-attribute", 4)]


def test_a_first_version_has_no_open_connections():
    """So nothing can be missing in them."""
    assert notes(CHAT.replace("self.name", "self.room") + READS.format("room")) == []


HOLDS = hook("self.thing = {0}")
DATACLASS = "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int = 0\n{0}"
NAMED = "from typing import NamedTuple\nclass P(NamedTuple):\n    x: int = 0\n{0}"
ENUM = "import enum\nclass P(enum.{1}):\n    A = 1\n{0}"


@pytest.mark.parametrize(
    ("definition", "held", "said"),
    [
        (ENUM.replace("{1}", "Enum"), "P.A", "`is` and `==` with the new ones are false"),
        (ENUM.replace("{1}", "Enum"), "P(1)", "`is` and `==` with the new ones are false"),
        (ENUM.replace("{1}", "Enum"), "P['A'] if data else None", "`is` and `==` with the new ones are false"),
        (ENUM.replace("{1}", "IntEnum"), "P.A", "`is` with the new ones is false; `==` still compares their values"),
        (DATACLASS, "P(1)", "`==` with new ones and isinstance with the new class are false"),
        (DATACLASS.replace("@dataclass", "@dataclass(frozen=True)"), "[P(1)]", "`==` with new ones and isinstance"),
        (NAMED, "P(1)", "isinstance with the new class is false; `==` compares their fields"),
    ],
)
def test_a_class_whose_objects_are_held_is_noted_when_it_changes(definition, held, said):
    """What connections hold is of the old class."""
    before = definition.format("") + HOLDS.format(held)
    source = definition.format("    y: int = 2\n" if "enum" not in definition else "    B = 2\n") + HOLDS.format(held)
    [note] = advice(source, before)

    assert note.kind == "changed-class"
    assert said in note.text


@pytest.mark.parametrize(
    ("before", "source"),
    [
        (DATACLASS.format("") + HOLDS.format("P(1)"), DATACLASS.format("    # more\n") + HOLDS.format("P(2)")),
        (DATACLASS.format("") + HOLDS.format("1"), DATACLASS.format("    y: int = 2\n") + HOLDS.format("1")),
        (
            DATACLASS.format("") + hook("point = P(1)\nprint(point)"),
            DATACLASS.format("    y: int = 2\n") + hook("point = P(1)\nprint(point)"),
        ),
        (
            ENUM.format("", "Enum") + HOLDS.format("P.A.value"),
            ENUM.format("    B = 2\n", "Enum") + HOLDS.format("P.A.value"),
        ),
        (ENUM.format("", "Enum") + HOLDS.format("len(P)"), ENUM.format("    B = 2\n", "Enum") + HOLDS.format("len(P)")),
        (
            "class P:\n    x = 1\n" + HOLDS.format("P()"),
            "class P:\n    x = 2\n" + HOLDS.format("P()"),
        ),
        (HOLDS.format("1"), ENUM.format("", "Enum") + HOLDS.format("P.A")),
    ],
)
def test_a_class_that_is_the_same_or_whose_objects_are_not_held_is_fine(before, source):
    """Only a comment was added, or an object lives as long as one message, or it is a new class."""
    assert notes(source, before) == []


MANY = 800

DEEP = {
    "sum": "x = " + " + ".join(["a"] * MANY),
    "elif": "if a: pass\n" + "elif a: pass\n" * MANY,
    "attributes": "x" + ".a" * MANY + "()",
    "calls": "x" + ".a()" * MANY,
    "conditions": "self.x = " + "a if b else " * MANY + "T()",
    "lists": "self.x = " + "[" * 150 + "]" * 150,
    "targets": "[" * 150 + "x" + "]" * 150 + " = a",
    "annotation": "x: " + " | ".join(["a"] * MANY) + " = 1",
    "blocks": "".join(" " * n + "if a:\n" for n in range(80)) + " " * 80 + "pass",
    "else": "".join(f"{' ' * n}if a: pass\n{' ' * n}else:\n" for n in range(80)) + " " * 80 + "pass",
}


@pytest.mark.parametrize("deep", DEEP.values(), ids=DEEP)
def test_what_is_deep_or_long_hides_no_other_mistake(deep):
    """In a hook, in its `on_connect`, and compared with what it was."""
    wrong = "x = a = b = 1\nawait websocket.accept()\nwebsocket.send_text('')\n"
    source = connect(wrong + deep) + "\nimport time\nasync def later(websocket):\n    time.sleep(1)\n"

    assert [kind for kind, _ in notes(source, source)] == ["not-awaited", "blocking-call"]
    assert ("unanswered-connect", 3) in notes(connect("x = a = b = 1\n" + deep))


def test_notes_stop_where_code_cannot_be_followed(monkeypatch):
    """What is known until then is told, and the other notes are."""

    def too_deep(code):
        yield Note("too-deep", "known until then", 1)
        raise RecursionError

    monkeypatch.setattr(advising, "ON_A_SOURCE", (too_deep, *advising.ON_A_SOURCE))

    assert [kind for kind, _ in notes(hook("helper()"))] == ["too-deep", "undefined-name"]


def test_values_of_the_notebook_are_not_asked():
    """Not for their class, nor for the module that it is in."""

    class Hostile(type):
        def __getattribute__(cls, name):
            raise SystemExit

    class Odd(metaclass=Hostile):
        def __getattribute__(self, name):
            raise SystemExit

    lazy = types.ModuleType.__new__(type("Lazy", (types.ModuleType,), {"__getattribute__": lambda *_: 1 / 0}))
    source = hook("odd.sleep(1)\nOdd.sleep(1)\nlazy.sleep(1)\ngone.sleep(1)\nOdd().sleep(1)")

    assert notes(source, source, odd=Odd(), Odd=Odd, lazy=lazy, gone=weakref.proxy(set())) == []


CORPUS = [starlette, fastapi, uvicorn, websockets, __import__("asyncio"), __import__("http")]


@pytest.mark.slow
def test_what_others_have_written_gets_no_note():
    """Sources of Starlette, FastAPI, uvicorn, websockets and asyncio, which are right; they rebind globals, and may."""
    found = [
        (path.name, str(note))
        for package in CORPUS
        for path in Path(package.__file__).parent.rglob("*.py")
        for note in advice(path.read_text("utf-8"), "x = 1")
        if note.kind != "global"
    ]

    assert found == []
