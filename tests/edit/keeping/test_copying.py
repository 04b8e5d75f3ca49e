"""A draft is tried with copies of what connections built."""

import asyncio
import itertools

from starlette.websockets import WebSocket

from playground import Log
from playground.edit.endpoints import Endpoint

_serial = itertools.count()

SOURCE = """
import asyncio
from collections import defaultdict, deque

class Person:
    def __init__(self, websocket): self.websocket, self.said = websocket, []

class Manager:
    __slots__ = ("people",)
    def __init__(self): self.people = []

count = 0
members, rooms, last, manager = set(), defaultdict(list), deque(maxlen=3), Manager()
pair = ([], 1)
queue = asyncio.Queue()

class Room(WebSocketEndpoint):
    names = {0}
"""


def live():
    endpoint = Endpoint(f"/copied{next(_serial)}", "websocket", Log())
    loaded = endpoint.load(SOURCE.format([]))
    endpoint.publish(loaded)
    return endpoint, loaded.module


async def nothing(*message):
    return {"type": "websocket.connect"}


def test_a_draft_sees_what_connections_built_and_changes_nothing_of_it():
    """Containers, objects, slots, class attributes."""
    endpoint, module = live()
    module.count = 3
    module.rooms["hall"].append("alice")
    module.manager.people.append("alice")
    module.Room.names.append("alice")
    module.last.append(1)
    module.pair[0].append(1)
    module.queue.put_nowait("job")

    draft = endpoint.rehearse(SOURCE.format([])).module
    seen = repr((draft.count, dict(draft.rooms), draft.manager.people, draft.Room.names, list(draft.last), draft.pair))
    draft.rooms["hall"].append("draft")
    draft.rooms["new"].append("draft")
    for value in (draft.manager.people, draft.Room.names, draft.last, draft.pair[0]):
        value.append("draft")
    job = draft.queue.get_nowait()

    assert seen == repr((3, {"hall": ["alice"]}, ["alice"], ["alice"], [1], ([1], 1)))
    assert job == "job"
    assert dict(module.rooms) == {"hall": ["alice"]}
    assert (module.manager.people, module.Room.names) == (["alice"], ["alice"])
    assert (list(module.last), module.pair, module.queue.qsize()) == ([1], ([1], 1), 1)


def test_it_reaches_nobody():
    """A WebSocket that a connection stored has no socket in the copy."""
    endpoint, module = live()
    sent = []

    async def send(message):
        sent.append(message)

    websocket = WebSocket({"type": "websocket"}, nothing, send)
    module.members.add(websocket)
    module.rooms["hall"].append(module.Person(websocket))
    draft = endpoint.rehearse(SOURCE.format([])).module

    async def talk():
        for one in (*draft.members, draft.rooms["hall"][0].websocket):
            one.application_state = one.client_state = 1
            await one._send({"type": "websocket.send", "text": "draft"})

    asyncio.run(talk())

    assert len(draft.members) == 1
    assert sent == []
    assert next(iter(draft.members)) is draft.rooms["hall"][0].websocket


def test_it_says_what_applying_would_say():
    """What is kept, what is set anew, and what cannot be merged."""
    endpoint, module = live()
    module.count = 3
    module.rooms["hall"].append("alice")
    draft = SOURCE.format(["x"]).replace("count = 0", "count = 10")
    rehearsed = endpoint.rehearse(draft).kept
    applied = endpoint.load(draft)
    endpoint.publish(applied)

    assert (rehearsed.kept, rehearsed.reset) == (applied.kept.kept, applied.kept.reset)
    assert rehearsed.notes == applied.kept.notes != []


def test_what_cannot_be_copied_is_not_shared_with_a_draft():
    """It gets one of its own, as its source makes it."""
    source = """
import itertools, queue, random, weakref
class P: pass
count, jobs, dice, group = itertools.count(), queue.SimpleQueue(), random.Random(1), weakref.WeakSet()
def numbers():
    yield from range(9)
numbered = numbers()

class Room(WebSocketEndpoint): pass
"""
    endpoint = Endpoint(f"/copied{next(_serial)}", "websocket", Log())
    loaded = endpoint.load(source)
    endpoint.publish(loaded)
    module, draft = loaded.module, endpoint.rehearse(source).module
    here = draft.P()
    next(draft.count), next(draft.numbered), draft.jobs.put(1), draft.dice.random(), draft.group.add(here)

    assert (next(module.count), next(module.numbered), module.jobs.qsize(), len(module.group)) == (0, 0, 0, 0)
    assert module.dice.random() == __import__("random").Random(1).random()
