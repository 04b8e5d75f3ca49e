"""
A thousand edits while many people talk: nothing is lost, and no event is handled by two versions.

The people live in another process, this file run as a script. It writes the number of each version when somebody first
has a reply by it, goes on until its standard input ends, and then tells what it found.
"""

import asyncio
import json
import socket
import subprocess
import sys
import threading
from collections import defaultdict
from itertools import count

import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from playground import Playground

EDITS = 1000
CLIENTS = 50
CHURNERS = 5
IN_FLIGHT = 4
AHEAD = 10
"""Edits that may be made before anybody has a reply by the first of them."""
KEPT = 10_000
"""Events in the log, few enough that Python's garbage collector does not become the storm's main work."""
PATIENCE = 60
"""Seconds after which a reply that did not come is lost; nothing waits that long when all is well."""

SOURCE = """
import asyncio

CONSTANT = {0}

def helper():
    return {0}

commands, people = {{}}, set()

def command(function):
    commands[function.__name__ + "_{0}"] = function
    return function

@command
def registered():
    return {0}

class Hall:
    def __init__(self):
        self.names = []

    def enter(self):
        self.names.append("somebody")

    def version(self):
        return {0}

hall = Hall()

class Echo(WebSocketEndpoint):
    encoding = "text"
    attribute = {0}

    async def on_connect(self, websocket):
        self.count = 0
        people.add(self)
        hall.enter()
        await websocket.accept()

    async def on_disconnect(self, websocket, close_code):
        people.remove(self)

    async def decode(self, websocket, message):
        return {0}, await super().decode(websocket, message)

    def look(self):
        [(name, function)] = commands.items()
        return CONSTANT, self.attribute, helper(), function(), int(name.rpartition("_")[2]), hall.version()

    async def on_receive(self, websocket, data):
        decoded_by, text = data
        self.count += self in people
        before = self.look()
        await asyncio.sleep(0)
        seen = {0}, decoded_by, *before, CONSTANT, self.attribute, helper(), *self.look()
        await websocket.send_text(f"{{text}} {{self.count}} {{' '.join(map(str, seen))}}")
"""


class Findings:
    """What went wrong, by kind; `told` is what a failing test shows."""

    def __init__(self) -> None:
        self.found = defaultdict(list)

    def add(self, kind, *example):
        self.found[kind].append(" ".join(map(str, example)))

    @property
    def told(self):
        return {kind: f"{len(examples)}, the first: {examples[0]}" for kind, examples in self.found.items()}


class Talker:
    """One connection that always has `IN_FLIGHT` messages on their way, and looks at each reply."""

    def __init__(self, name, port, findings, tell) -> None:
        self.name = name
        self.port = port
        self.findings = findings
        self.tell = tell
        self.sent = 0
        self.received = 0
        self.version = 0

    async def talk(self, wants_more):
        """Talk while `wants_more(self)`, hear the replies still due, and leave."""
        # A socket of one's own, so that a proxy in the environment stays out of it.
        stream = socket.create_connection(("127.0.0.1", self.port))
        try:
            async with connect(f"ws://127.0.0.1:{self.port}/storm", sock=stream, compression=None) as connection:
                for _ in range(IN_FLIGHT):
                    await self._send(connection)
                while self.received < self.sent:
                    await self._hear(connection)
                    if wants_more(self):
                        await self._send(connection)
                # A reply that came twice at the very end would be taken for this one.
                await self._send(connection)
                await self._hear(connection)
        except ConnectionClosed as error:
            self.findings.add("dropped", self.name, repr(error))
        except TimeoutError:
            self.findings.add("lost", self.name, f"{self.sent - self.received} of {self.sent} replies")
        except Exception as error:
            self.findings.add("failed", self.name, repr(error))

    async def _send(self, connection):
        self.sent += 1
        await connection.send(str(self.sent))

    async def _hear(self, connection):
        async with asyncio.timeout(PATIENCE):
            reply = await connection.recv()
        self._check(reply)

    def _check(self, reply):
        sequence, counted, *versions = map(int, reply.split())
        self.received += 1
        if sequence < self.received:
            self.findings.add("doubled or late", self.name, f"reply {self.received} is", reply)
        elif sequence > self.received:
            self.findings.add("lost or early", self.name, f"reply {self.received} is", reply)
        if counted != sequence:
            self.findings.add("counter broken", self.name, reply)
        if len(set(versions)) != 1:
            self.findings.add("torn", self.name, reply)
        if versions[0] < self.version:
            self.findings.add("version went back", self.name, f"after {self.version} came", reply)
        self.version = versions[0]
        self.tell(self.version)


class Crowd:
    """All clients: some stay for the whole storm, others come and go."""

    def __init__(self, port) -> None:
        self.port = port
        self.findings = Findings()
        self.talkers = []
        self.version = 0
        self.over = False

    async def gather(self):
        """Talk until standard input ends; return when everybody has left."""
        ending = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        ending.add_done_callback(lambda _: setattr(self, "over", True))
        staying = [self._talker(f"client {n}").talk(lambda _: not self.over) for n in range(CLIENTS)]
        await asyncio.gather(*staying, *(self._churn(n) for n in range(CHURNERS)))

    async def _churn(self, number):
        for visit in count():
            if self.over or self.findings.told:
                return
            await self._talker(f"churner {number} visit {visit}").talk(lambda talker: talker.sent < 5 * IN_FLIGHT)

    def _talker(self, name):
        self.talkers.append(Talker(name, self.port, self.findings, self._seen))
        return self.talkers[-1]

    def _seen(self, version):
        if version > self.version:
            self.version = version
            print(version, flush=True)


@pytest.mark.slow
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_thousand_edits_disturb_nobody(loop):
    """Zero lost, doubled, reordered, dropped or torn, and no version goes back, with people coming and going."""
    pytest.importorskip(loop)
    found = Findings()
    # Threads change places as often as Python lets them, in the middle of handlers and of edits.
    with Playground(loop=loop, switch_interval=1e-5, log_limit=KEPT) as pg:
        pg.edit("/storm", SOURCE.format(1))
        command = [sys.executable, __file__, str(pg.port)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as crowd:
            line = "1"
            for number in range(2, EDITS + 2):
                while line.strip().isdigit() and int(line) < number - AHEAD:
                    line = crowd.stdout.readline()
                report = pg.edit("/storm", SOURCE.format(number))
                if report.stuck or report.blocked or report.version.number != number:
                    found.add("not adopted", report)
            told = json.loads([line, *crowd.communicate()[0].splitlines()][-1])
        module = sys.modules[pg.endpoints["/storm"].current.module_name]
    for sent in pg.log.records():
        if sent.kind == "send" and sent.version != int(sent.data.split()[2]):
            found.add("ascribed to another version", f"v{sent.version}", sent.data)

    assert {**told["findings"], **found.told} == {}
    assert told["version"] == EDITS + 1
    # Whoever came has entered, whichever version let them in, and whoever left is gone.
    assert (len(module.hall.names), len(module.people)) == (told["connections"], 0)
    assert told["connections"] > 2 * CLIENTS


HEAD = """
import asyncio

CONSTANT = {0}

def helper():
    return {0}
"""

CLASS = (
    HEAD
    + """
class Echo(WebSocketEndpoint):
    encoding = "text"
    attribute = {0}

    async def on_connect(self, websocket):
        self.count = 0
        await websocket.accept()

    def look(self):
        return CONSTANT, self.attribute, helper()

    async def on_receive(self, websocket, data):
        self.count += 1
        before = self.look()
        await asyncio.sleep(0)
        await websocket.send_text(" ".join(map(str, (data, self.count, *before, CONSTANT, *self.look()))))
"""
)

FUNCTION = (
    HEAD
    + """
async def echo(websocket):
    await websocket.accept()
    state = websocket.scope.setdefault("counts", {{"count": 0}})
    while True:
        data = await websocket.receive_text()
        state["count"] += 1
        before = CONSTANT, helper()
        await asyncio.sleep(0)
        await websocket.send_text(" ".join(map(str, (data, state["count"], *before, CONSTANT, helper()))))
"""
)

FASTAPI = (
    FUNCTION.replace(
        "async def echo(websocket):",
        "from fastapi import Depends\n\n@app.websocket('/storm')\n"
        "async def echo(websocket: WebSocket, asked=Depends(helper)):",
    )
    .replace("CONSTANT, helper()\n", "CONSTANT, helper(), asked\n")
    .replace("await websocket.accept()", "assert type(app).__name__ == 'FastAPI'\n    await websocket.accept()")
)

MODES = {
    "text": CLASS,
    "json": CLASS.replace('"text"', '"json"'),
    "slots": CLASS.replace("    attribute", "    __slots__ = ('extra_{0}',)\n    attribute"),
    "on_swap": CLASS.replace(
        "    def look",
        "    def on_swap(self, old, new):\n        assert old < new == {0}\n        self.swapped = new\n\n    def look",
    ).replace("*self.look()", "*self.look(), getattr(self, 'swapped', {0})"),
    "pinned": FUNCTION,
    "reenter": FUNCTION,
    "FastAPI, pinned": FASTAPI,
    "FastAPI, reenter": FASTAPI,
    # The task's own frame stays old; what it calls on `self` is new after each edit.
    "task": CLASS.replace(
        "        await websocket.accept()",
        "        await websocket.accept()\n        self.queue = asyncio.Queue()\n"
        "        self.task = asyncio.create_task(self.work(websocket))",
    )
    .replace("async def on_receive(self, websocket, data)", "async def answer(self, websocket, data)")
    .replace(", *self.look()", ", helper()")
    + """
    async def work(self, websocket):
        while True:
            data = await self.queue.get()
            await self.answer(websocket, data)

    async def on_receive(self, websocket, data):
        self.queue.put_nowait(data)

    async def on_disconnect(self, websocket, close_code):
        self.task.cancel()
""",
    "registry": CLASS.replace(
        "class Echo",
        "COMMANDS = {{}}\n\ndef command(function):\n    COMMANDS[function.__name__] = function\n    return function\n\n"
        "@command\ndef answer():\n    return {0}\n\nclass Echo",
    ).replace("return CONSTANT,", "return CONSTANT, COMMANDS['answer'](),"),
}
"""Kinds of endpoints; each reply has the message, how many there were, and the versions of all that made it."""


class Editor:
    """Makes edits one after the other, not far ahead of what is served; run on a thread."""

    def __init__(self, pg, source, edits) -> None:
        self.pg = pg
        self.source = source
        self.edits = edits
        self.served = 1
        self.changed = threading.Event()
        self.findings = Findings()
        self.over = False

    def seen(self, version):
        """Somebody has a reply by a version."""
        if version > self.served:
            self.served = version
            self.changed.set()

    def run(self):
        """Make the edits."""
        try:
            for number in range(2, self.edits + 2):
                while self.served < number - AHEAD and self.changed.wait(PATIENCE):
                    self.changed.clear()
                report = self.pg.edit("/storm", self.source.format(number))
                if report.stuck or report.blocked or report.version.number != number:
                    self.findings.add("not adopted", report)
        finally:
            self.over = True


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_edits_disturb_no_kind_of_endpoint(mode):
    """Nothing is lost, doubled, reordered or torn, on connections that stay and on those that come and go."""
    source = MODES[mode]
    functions = "reenter" if mode.endswith("reenter") else "pinned"
    app = FastAPI() if source is FASTAPI else None
    with Playground(app, functions=functions, switch_interval=1e-3, log_limit=KEPT) as pg:
        pg.edit("/storm", source.format(1))
        editor = Editor(pg, source, 150)

        def talker(name):
            return Talker(name, pg.port, editor.findings, editor.seen)

        async def churn():
            while not editor.over and not editor.findings.told:
                await talker("churner").talk(lambda one: one.sent < 3 * IN_FLIGHT)

        async def gather():
            staying = [talker("client 1"), talker("client 2")]
            connected = asyncio.Event()

            def wants_more(_):
                if all(one.received for one in staying):
                    connected.set()
                return not editor.over

            async def edit():
                await connected.wait()
                await asyncio.to_thread(editor.run)

            await asyncio.gather(*(one.talk(wants_more) for one in staying), churn(), edit())
            # Whoever comes now meets the last version.
            last = talker("last")
            await last.talk(lambda _: False)
            return [one.version for one in (*staying, last)]

        versions = asyncio.run(gather())

    assert editor.findings.told == {}
    assert versions[-1] == 151
    if mode.endswith("pinned"):
        assert versions[:-1] == [1, 1]
    else:
        assert min(versions) > 140


if __name__ == "__main__":
    everybody = Crowd(int(sys.argv[1]))
    asyncio.run(everybody.gather())
    told = {
        "findings": everybody.findings.told,
        "connections": len(everybody.talkers),
        "version": everybody.version,
    }
    print(json.dumps(told))
