"""
What an edit means for people who are connected, case by case; and Starlette's own behaviour, which stays.

Cases that are held down elsewhere, with connections in memory:
`edit/test_endpoints.py`: an idle connection with its state, an edit during an await, changed `__slots__`, on_disconnect
added later, `on_swap` and a failing one, functions and an own `dispatch`, a syntax error.
`edit/keeping/test_merge.py`: a room in the class body is not emptied, what reads a change follows it, a renamed class.
`edit/test_host.py`: an exception in new code with `on_error="hold"`.
`edit/routes/test_fastapi.py`: dependencies, parameters, models and included routers; functions that stay, and that move.
`edit/routes/test_places.py`: middleware, methods, permissions, hosts, methods of an object, partials; decorators of one's own.
`edit/test_foreign.py`: apps that are no Starlette, and classes that answer with exceptions.
"""

import asyncio
import queue
import socket
import threading

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.exceptions import HTTPException, WebSocketException
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocketDisconnect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from playground import ConnectionEnded, EditRejected, Playground

# Edits while somebody is connected: each row says what the endpoint was and becomes, what is sent, and the replies
# before and after.


def ask(client, message):
    """Return the reply to one message."""
    client.send(message)
    return client.receive()


SAYS = """
class T(WebSocketEndpoint):
    encoding = "{encoding}"
    async def on_receive(self, websocket, data):
        await websocket.send_text(repr(data))
"""

BASES = """
class Loud:
    def say(self, text): return text.upper()

class Polite:
    def say(self, text): return "please, " + text

class T({base}, WebSocketEndpoint):
    encoding = "text"
    async def on_receive(self, websocket, data):
        await websocket.send_text(self.say(data))
"""

COUNTS = """
class {name}(WebSocketEndpoint):
    encoding = "text"
    async def on_connect(self, websocket):
        self{field} = 0
        await websocket.accept()
    async def on_receive(self, websocket, data):
        self{field} += 1
        await websocket.send_text(f"{text} {{self{field}}}")
"""

HANDLES = """
{above}
class T(WebSocketEndpoint):
    encoding = "text"
    {inside}
    async def on_receive(self, websocket, data):
        {body}
        await websocket.send_text(reply)
"""


def handles(body, above="", inside=""):
    return HANDLES.format(body=body, above=above, inside=inside)


SUPER = "async def decode(self, websocket, message): return 'decoded ' + await super().decode(websocket, message)"

EDITS = {
    "encoding from text to json": (
        *(SAYS.format(encoding=encoding) for encoding in ("text", "json")),
        ("[1]", "'[1]'", "[1]"),
    ),
    "encoding from text to bytes": (
        *(SAYS.format(encoding=encoding) for encoding in ("text", "bytes")),
        ("a", "'a'", b"a", "b'a'"),
    ),
    "super() newly used": (
        handles("reply = data"),
        handles("reply = data", inside=SUPER),
        ("a", "a", "decoded a"),
    ),
    "super() no longer used": (
        handles("reply = data", inside=SUPER),
        handles("reply = data"),
        ("a", "decoded a", "a"),
    ),
    "another base class": (
        *(BASES.format(base=base) for base in ("Loud", "Polite")),
        ("tea", "TEA", "please, tea"),
    ),
    "a new base class with its own hooks": (
        handles("reply = data"),
        handles("pass", above="class Base(WebSocketEndpoint):\n    async def on_receive(self, websocket, data):\n"
                "        await websocket.send_text('base ' + data)")
        .replace("class T(WebSocketEndpoint)", "class T(Base)")
        .replace("pass\n        await websocket.send_text(reply)", "await super().on_receive(websocket, data)"),
        ("a", "a", "base a"),
    ),
    "class renamed": (
        *(COUNTS.format(name=name, field=".count", text=name) for name in ("A", "B")),
        ("x", "A 1", "B 2"),
    ),
    "private attribute": (
        *(COUNTS.format(name="T", field=".__count", text=text) for text in ("one", "two")),
        ("x", "one 1", "two 2"),
    ),
    "helper changed": (
        *(handles("reply = helper()", above=f"def helper(): return 'helper {n}'") for n in (1, 2)),
        ("x", "helper 1", "helper 2"),
    ),
    "new import": (
        handles("reply = data"),
        handles("reply = json.dumps([data])", above="import json"),
        ("x", "x", '["x"]'),
    ),
    "a constant that follows another": (
        *(handles("reply = str(WINDOW)", above=f"LIMIT = {n}\nWINDOW = LIMIT * 10") for n in (1, 2)),
        ("x", "10", "20"),
    ),
    "a class attribute that follows a constant": (
        *(handles("reply = str(self.w)", above=f"LIMIT = {n}", inside="w = LIMIT * 10") for n in (1, 2)),
        ("x", "10", "20"),
    ),
    "new attribute with a default in the class": (
        handles("reply = data"),
        handles("self.seen += 1; reply = str(self.seen)", inside="seen = 0"),
        ("x", "x", "1"),
    ),
    "a property where there was an attribute": (
        handles("reply = self.name", inside="name = 'plain'"),
        handles("reply = self.name", inside="name = property(lambda self: 'computed')"),
        ("x", "plain", "computed"),
    ),
    "a registry that a decorator fills": (
        *(handles("reply = ' '.join(sorted(commands))", above="commands = {}\ndef command(f):\n    commands[f.__name__] = f"
                  f"\n    return f\n@command\ndef {name}(): pass\n@command\ndef both(): pass") for name in ("old", "new")),
        ("x", "both old", "both new"),
    ),
    "a registry in the class body": (
        *(handles("reply = str(self.steps)", inside=f"steps = []\n    for n in range({n}): steps.append(n)")
          for n in (3, 1)),
        ("x", "[0, 1, 2]", "[0]"),
    ),
    "what connections and the source both fill": (
        *(handles("seen.append(data); reply = ' '.join(seen)", above=f"seen = []\nseen.append({word!r})")
          for word in ("one", "two")),
        ("x", "one x", "two x x"),
    ),
    "the class of an object that connections use": (
        *(handles("reply = hall.greet(data)", above="class Hall:\n    def __init__(self): self.names = []\n"
                  "    def greet(self, name):\n        self.names.append(name)\n"
                  f"        return f'{word} {{len(self.names)}}'\nhall = Hall()") for word in ("hello", "welcome")),
        ("x", "hello 1", "welcome 2"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "talk"), EDITS.values(), ids=EDITS)
def test_an_open_connection_goes_on_with_the_new_code(pg, before, after, talk):
    """The first reply is the old code's, the next one the new code's, and nobody is stuck."""
    message, old, *other, new = talk
    pg.edit("/t", before)
    with pg.connect("/t") as client:
        first = ask(client, message)
        report = pg.edit("/t", after)
        second = ask(client, *other or [message])

    assert (first, second) == (old, new)
    assert str(report) == "v2 live on 1 connection"


REJECTED = {
    "a failing import after a helper was changed": (
        handles("reply = helper()", above="def helper(): return '2'\nimport no_such_module"),
        "line 3: ModuleNotFoundError: No module named 'no_such_module'",
    ),
    "a plain def": (
        "def helper(): return '2'\nclass T(WebSocketEndpoint):\n    def on_receive(self, websocket, data): pass",
        "line 3: on_receive has to be `async def on_receive`: Starlette awaits it",
    ),
    "a handler of other arguments": (
        handles("reply = ''").replace("websocket, data)", "websocket)"),
        r"line 6: on_receive is called as on_receive\(self, websocket, data\): too many positional arguments",
    ),
    "an unknown encoding": (
        handles("reply = ''", inside="encoding = 'yaml'"),
        "encoding = 'yaml'; it can be None, 'text', 'bytes' or 'json'",
    ),
    "an exception in the class body": (handles("reply = ''", inside="x = 1 / 0"), "line 5: ZeroDivisionError"),
    "no endpoint left": ("def helper(): return '2'", "no endpoint among helper"),
}


@pytest.mark.parametrize(("after", "message"), REJECTED.values(), ids=REJECTED)
def test_a_rejected_edit_leaves_the_old_code_whole(pg, after, message):
    """The connection stays, and not even a helper is the new one."""
    pg.edit("/t", handles("reply = '1' + helper()", above="def helper(): return 'h1'"))
    with pg.connect("/t") as client:
        first = ask(client, "x")
        with pytest.raises(EditRejected, match=message):
            pg.edit("/t", after)
        second = ask(client, "x")

    assert (first, second) == ("1h1", "1h1")
    assert pg.endpoints["/t"].current.number == 1


WAITS = """
def helper(): return "helper {0}, "

class Base(WebSocketEndpoint):
    def word(self): return "base {0}"

class T(Base):
    encoding = "text"

    async def on_receive(self, websocket, data):
        gate = websocket.app.state.gate
        if data == "wait":
            await websocket.send_text("waiting")
            await gate.wait()
        if data == "open":
            gate.set()
        await websocket.send_text(helper() + super().word())
"""


def test_a_waiting_handler_keeps_its_helper_and_its_super(pg):
    """The event ends as it began, although two edits came; the message behind it is the newest code's."""
    pg.app.state.gate = asyncio.Event()
    pg.edit("/t", WAITS.format("1"))
    with pg.connect("/t") as client, pg.connect("/t") as other:
        waiting = ask(client, "wait")
        client.send("queued")
        reports = [str(pg.edit("/t", WAITS.format(n))) for n in (2, 3)]
        opened = ask(other, "open")
        replies = client.receive(), client.receive()

    assert (waiting, opened) == ("waiting", "helper 3, base 3")
    assert replies == ("helper 1, base 1", "helper 3, base 3")
    assert reports == ["1 on v2, 1 busy on v1 line 14", "1 on v3, 1 busy on v1 line 14"]


FAILS = """
gone = []

class T(WebSocketEndpoint):
    encoding = "text"
    {default}
    async def on_connect(self, websocket):
        self.extra = 0
        await websocket.accept()
    async def on_receive(self, websocket, data):
        await websocket.send_text(str({reads}))
    async def on_disconnect(self, websocket, close_code):
        gone.append(close_code)
"""


@pytest.mark.parametrize(
    ("before", "reads", "error"),
    [
        (FAILS.format(default="", reads="0"), "1 / 0", "ZeroDivisionError: division by zero"),
        (handles("reply = '0'"), "self.extra", "AttributeError: 'T' object has no attribute 'extra'"),
    ],
    ids=["an exception", "an attribute that open connections lack"],
)
def test_an_exception_in_new_code_ends_the_connection_as_in_starlette(pg, before, reads, error):
    """1006 for the client, 1011 for on_disconnect; the next version serves the next client."""
    pg.edit("/t", before)
    with pg.connect("/t") as client:
        first = ask(client, "x")
        pg.edit("/t", FAILS.format(default="", reads=reads))
        with pytest.raises(ConnectionEnded):
            ask(client, "x")
    left = pg.log.wait_for("on_disconnect")
    failed = [event for event in pg.log if event.kind == "on_receive"][-1]
    pg.edit("/t", FAILS.format(default="", reads="2"))
    with pg.connect("/t") as another:
        last = ask(another, "x")

    assert (first, last) == ("0", "2")
    assert (client.close_code, left.code) == (1006, 1011)
    assert (failed.version, failed.error) == (2, error)


def test_what_open_connections_lack_is_told_with_the_edit(pg):
    """Before anybody meets it."""
    pg.edit("/t", handles("reply = '0'"))
    with pg.connect("/t"):
        report = pg.edit("/t", FAILS.format(default="", reads="self.extra"))
    [note] = report.notes

    assert (note.kind, str(note)) == (
        "missing-attribute",
        "line 8: open connections have no self.extra, which is set when they connect; give it a default in the "
        "class body, or set it in on_swap(self, old, new)",
    )


TICKS = """
import asyncio

class T(WebSocketEndpoint):
    encoding = "text"

    async def on_connect(self, websocket):
        await websocket.accept()
        self.more = asyncio.Event()
        self.task = asyncio.create_task(self.run(websocket))

    async def run(self, websocket):
        while True:
            await self.more.wait()
            self.more.clear()
            await websocket.send_text("run {0}, " + self.tick())

    def tick(self):
        return "tick {0}"

    async def on_receive(self, websocket, data):
        self.more.set()

    async def on_disconnect(self, websocket, close_code):
        self.task.cancel()
"""


def test_a_background_task_goes_on_and_calls_new_methods(pg):
    """Its frame stays the old one; what it calls on `self` is new. The log tells which version's line has sent."""
    pg.edit("/t", TICKS.format(1))
    with pg.connect("/t") as client:
        first = ask(client, "x")
        pg.edit("/t", TICKS.format(2))
        second = ask(client, "x")
    sends = [(event.version, event.line) for event in pg.log if event.kind == "send"]

    assert (first, second) == ("run 1, tick 1", "run 1, tick 2")
    assert sends == [(1, 16), (1, 16)]


MEMBERS = """
class T(WebSocketEndpoint):
    encoding = "text"
    async def on_connect(self, websocket):
        await websocket.accept()
        websocket.app.state.members.add(self)
    async def on_receive(self, websocket, data):
        await websocket.send_text(f"{0} {{self in websocket.app.state.members}}")
    async def on_disconnect(self, websocket, close_code):
        websocket.app.state.members.discard(self)
"""


def test_who_entered_a_room_is_still_the_same(pg):
    """The object in `app.state` is the one that leaves: no ghosts stay behind."""
    pg.app.state.members = members = set()
    pg.edit("/t", MEMBERS.format(1))
    with pg.connect("/t") as client, pg.connect("/t") as other:
        answers = [ask(client, "x"), ask(other, "x")]
        before = set(members)
        pg.edit("/t", MEMBERS.format(2))
        answers += [ask(client, "x"), ask(other, "x")]
        after = set(members)
    since = 0
    for _ in range(2):
        since = pg.log.wait_for("on_disconnect", since=since).seq

    assert answers == ["1 True", "1 True", "2 True", "2 True"]
    assert after == before and len(before) == 2
    assert members == set()


# Starlette's own behaviour, side by side with a bare uvicorn.


class Row(WebSocketEndpoint):
    """What happens is said in the first message, or in a class of its own below."""

    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(data)

    async def on_disconnect(self, websocket, close_code):
        websocket.app.state.happened.put(("on_disconnect", close_code))


class Raises(Row):
    async def on_receive(self, websocket, data):
        raise ValueError(data)


class RaisesForWebSockets(Row):
    async def on_receive(self, websocket, data):
        raise WebSocketException(4003, "that was too much")


class RaisesForHTTP(Row):
    async def on_receive(self, websocket, data):
        raise HTTPException(401)


class RaisesAsIfGone(Row):
    async def on_receive(self, websocket, data):
        raise WebSocketDisconnect(4005)


class Cancelled(Row):
    async def on_receive(self, websocket, data):
        raise asyncio.CancelledError


class Closes(Row):
    async def on_receive(self, websocket, data):
        await websocket.close(4004, "enough")


class SendsAfterClosing(Row):
    async def on_receive(self, websocket, data):
        await websocket.close(4004)
        await websocket.send_text("too late")


class ReceivesByItself(Row):
    async def on_receive(self, websocket, data):
        await websocket.send_text(data + await websocket.receive_text())


class FailsToSayGoodbye(Row):
    async def on_disconnect(self, websocket, close_code):
        await super().on_disconnect(websocket, close_code)
        raise ValueError("goodbye")


class Json(Row):
    encoding = "json"

    async def on_receive(self, websocket, data):
        await websocket.send_json([data])


class Bytes(Row):
    encoding = "bytes"

    async def on_receive(self, websocket, data):
        await websocket.send_bytes(data)


class Undecoded(Row):
    encoding = None

    async def on_receive(self, websocket, data):
        await websocket.send_text(repr(data))


class UnknownEncoding(Row):
    encoding = "yaml"


class RaisesOnConnect(Row):
    async def on_connect(self, websocket):
        raise ValueError("no")


class RefusesWithStatus(Row):
    async def on_connect(self, websocket):
        raise HTTPException(401, "who are you?", {"x-hint": "log in"})


class RefusesWithCode(Row):
    async def on_connect(self, websocket):
        raise WebSocketException(4001)


class ClosesBeforeAccept(Row):
    async def on_connect(self, websocket):
        await websocket.close(4000)


class RaisesAfterAccept(Row):
    async def on_connect(self, websocket):
        await websocket.accept()
        raise ValueError("no")


class NeverAccepts(Row):
    async def on_connect(self, websocket):
        pass


class Subprotocol(Row):
    async def on_connect(self, websocket):
        await websocket.accept(subprotocol="chat", headers=[(b"x-room", b"hall")])


LEAVES = None
"""In place of a message: the client closes with 4000."""

# The messages to send; what the client sees; the close codes on_disconnect gets; what escapes from the app.
ROWS = {
    Row: (["a", "b", LEAVES], ["a", "b", (4000, "bye")], [4000], None),
    Raises: (["a"], [(1006, "")], [1011], "ValueError"),
    RaisesForWebSockets: (["a"], [(4003, "that was too much")], [1011], None),
    RaisesForHTTP: (["a"], [(1006, "")], [1011], "RuntimeError"),
    RaisesAsIfGone: (["a"], [(1006, "")], [1011], "WebSocketDisconnect"),
    Cancelled: (["a"], [(1006, "")], [1000], "CancelledError"),
    Closes: (["a"], [(4004, "enough")], [4004], None),
    SendsAfterClosing: (["a"], [(4004, "")], [1011], "WebSocketDisconnected"),
    ReceivesByItself: (["a", "b", LEAVES], ["ab", (4000, "bye")], [4000], None),
    FailsToSayGoodbye: (["a", LEAVES], ["a", (4000, "bye")], [4000], "ValueError"),
    Json: (["1", b"2", LEAVES], ["[1]", "[2]", (4000, "bye")], [4000], None),
    Bytes: ([b"a", LEAVES], [b"a", (4000, "bye")], [4000], None),
    Undecoded: (["a", b"b", LEAVES], ["'a'", "b'b'", (4000, "bye")], [4000], None),
    UnknownEncoding: (["a"], [(1006, "")], [1011], "AssertionError"),
    RaisesOnConnect: ([], [("HTTP", 500, "Internal Server Error")], [], "ValueError"),
    RefusesWithStatus: ([], [("HTTP", 401, "who are you?")], [], None),
    RefusesWithCode: ([], [("HTTP", 403, "")], [], None),
    ClosesBeforeAccept: ([], [("HTTP", 403, "")], [1006], None),
    RaisesAfterAccept: (["a"], [(1006, "")], [], "ValueError"),
    NeverAccepts: ([], ["timed out while waiting for handshake response"], [1006], None),
    Subprotocol: (["a", LEAVES], ["a", (4000, "bye")], [4000], None),
}
DECODING = {
    "text from bytes": (Row, [b"a"], [(1003, "")], [1011], "RuntimeError"),
    "bytes from text": (Bytes, ["a"], [(1003, "")], [1011], "RuntimeError"),
    "malformed JSON": (Json, ["{"], [(1003, "")], [1011], "RuntimeError"),
    "JSON that is no UTF-8": (Json, [b"\xff"], [(1006, "")], [1011], "UnicodeDecodeError"),
}
CASES = {cls.__name__: (cls, *rest) for cls, rest in ROWS.items()} | DECODING


class Ends:
    """Middleware that tells when the app has come to an end with a connection, and what escaped from it."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send):
        escaped = None
        try:
            await self.app(scope, receive, send)
        except BaseException as error:
            escaped = type(error).__name__
            raise
        finally:
            if scope["type"] == "websocket":
                scope["app"].state.happened.put(("end", escaped))


def app_of_rows():
    routes = [WebSocketRoute(f"/{cls.__name__}", cls) for cls in ROWS]
    app = Starlette(routes=routes, middleware=[Middleware(Ends)])
    app.state.happened = queue.SimpleQueue()
    return app


class Bare(uvicorn.Server):
    """uvicorn on a thread, and nothing else."""

    def __init__(self, app, **options) -> None:
        # As the playground has it: the longest that stopping may take.
        super().__init__(uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=1, **options))
        self.app = app
        self.ready = threading.Event()

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self.port = self.servers[0].sockets[0].getsockname()[1]
        self.ready.set()

    def start(self):
        self.thread = threading.Thread(target=asyncio.run, args=(self.serve(),))
        self.thread.start()
        assert self.ready.wait(60)

    def stop(self):
        self.should_exit = True
        self.thread.join()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


def converse(port, app, path, messages):
    """Return what a client sees and what happens in the app, to the connection's end."""
    seen = []
    stream = socket.create_connection(("127.0.0.1", port))
    options = {"sock": stream, "open_timeout": 0.3 if path == "NeverAccepts" else 60, "subprotocols": ["chat", "x"]}
    try:
        with connect(f"ws://127.0.0.1:{port}/{path}", **options) as client:
            seen.append((client.subprotocol, sorted(name for name, _ in client.response.headers.raw_items())))
            # Starlette reads on while the client goes: a reply is waited for where one can come.
            for message in messages:
                if message is LEAVES:
                    client.close(4000, "bye")
                else:
                    client.send(message)
                if path != "ReceivesByItself" or message != "a":
                    seen.append(client.recv(60))
    except ConnectionClosed:
        # 1006 stands for an end without a Close frame.
        seen.append((client.close_code or 1006, client.close_reason or ""))
    except InvalidStatus as error:
        headers = sorted(name for name, _ in error.response.headers.raw_items())
        seen += [headers, ("HTTP", error.response.status_code, (error.response.body or b"").decode())]
    except TimeoutError as error:
        seen += [None, str(error)]
    finally:
        stream.close()
    happened = []
    while not happened or happened[-1][0] != "end":
        happened.append(app.state.happened.get(timeout=60))
    return seen, [code for _, code in happened[:-1]], happened[-1][1]


@pytest.fixture(scope="module", params=["websockets-sansio", "wsproto"])
def both(request):
    """A bare uvicorn and a playground that serve the same classes, over each of uvicorn's implementations."""
    with Bare(app_of_rows(), ws=request.param) as bare, Playground(app_of_rows(), ws=request.param) as pg:
        yield bare, pg


@pytest.mark.parametrize(("cls", "messages", "seen", "codes", "escaped"), CASES.values(), ids=CASES)
def test_the_same_class_says_and_closes_the_same_as_under_uvicorn(both, cls, messages, seen, codes, escaped):
    """Replies, close codes, refusals, what on_disconnect gets and what escapes: all as known, and as without us."""
    bare, ours = [converse(server.port, server.app, cls.__name__, messages) for server in both]

    assert ours == bare
    assert (ours[0][1:], *ours[1:]) == (seen, codes, escaped)


@pytest.mark.parametrize("make", [Bare, Playground])
def test_stopping_closes_with_1012(make):
    """For the client and for on_disconnect, with and without a playground."""
    app = app_of_rows()
    server = make(app)
    server.start()
    stream = socket.create_connection(("127.0.0.1", server.port))
    with connect(f"ws://127.0.0.1:{server.port}/Row", sock=stream) as client:
        client.send("a")
        client.recv(60)
        server.stop()
        with pytest.raises(ConnectionClosed):
            client.recv(60)
    happened = app.state.happened.get(timeout=60)

    assert client.close_code == 1012
    assert happened == ("on_disconnect", 1012)
