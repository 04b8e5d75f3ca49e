"""What an edit leaves alone keeps its value."""

import itertools

import pytest

from playground import EditRejected, Log
from playground.edit.endpoints import Endpoint

_serial = itertools.count()


def edit_twice(before, after, between=None, **options):
    """Load `before`, change it by `between`, load `after`; return the new module, the class, and what was kept."""
    endpoint = Endpoint(f"/keep{next(_serial)}", "websocket", Log())
    first = endpoint.load(before)
    endpoint.publish(first)
    if between:
        between(first.module, first.target)
    second = endpoint.load(after, **options)
    endpoint.publish(second)
    return second.module, second.target, second.kept


ROOM = """
members = set()

class Room(WebSocketEndpoint):
    people = []

    async def on_receive(self, websocket, data):
        {0}
"""


def fill(module, cls):
    module.members.add("alice")
    cls.people.append("bob")


def test_the_room_is_not_emptied():
    """Neither in the module nor in the class body, when the edit is elsewhere."""
    module, cls, kept = edit_twice(ROOM.format("pass"), ROOM.format("return"), fill)

    assert (module.members, cls.people) == ({"alice"}, ["bob"])
    assert (kept.kept, kept.reset) == (["members", "Room.people"], [])


def test_a_reset_empties_it():
    """When that is asked for."""
    module, cls, kept = edit_twice(ROOM.format("pass"), ROOM.format("pass"), fill, reset=True)

    assert (module.members, cls.people) == (set(), [])
    assert kept.kept == []


def test_what_was_edited_is_assigned_anew():
    """And reported as reset."""
    module, cls, kept = edit_twice(ROOM.format("pass"), ROOM.format("pass").replace("set()", "set('ab')"), fill)

    assert module.members == {"a", "b"}
    assert cls.people == ["bob"]
    assert kept.reset == ["members"]


def test_what_reads_a_change_follows_it():
    """Through constants, functions and other names, however far."""
    source = """
LIMIT = {0}

def factor():
    return LIMIT

def window():
    return [factor() * 10]

size = window()
other = []

class T(WebSocketEndpoint):
    own = size[0] + 1
    encoding = "text"
"""
    module, cls, kept = edit_twice(source.format(1), source.format(2), lambda module, cls: module.other.append(1))

    assert (module.size, cls.own, module.other) == ([20], 21, [1])
    assert kept.reset == ["size", "T.own"]
    assert kept.kept == ["other"]


def test_a_constant_that_was_counted_up_keeps_its_count():
    """The value of now is kept, not the text's."""
    source = "count = 0\nname = 'x'\nclass T(WebSocketEndpoint):\n    total = 0\n    # {0}\n"

    def count(module, cls):
        module.count = 17
        cls.total = 3

    module, cls, kept = edit_twice(source.format(1), source.format(2), count)

    assert (module.count, cls.total, module.name) == (17, 3, "x")
    assert kept.kept == ["count", "T.total"]


def test_a_renamed_class_is_still_the_endpoint():
    """It is matched by its role."""
    source = "class {0}(WebSocketEndpoint):\n    members = set()"
    _, cls, kept = edit_twice(source.format("A"), source.format("B"), lambda module, cls: cls.members.add(1))

    assert (cls.__name__, cls.members) == ("B", {1})
    assert kept.kept == ["B.members"]


def test_a_helper_class_stays_the_same_object():
    """So that `isinstance` holds for what was made before; a changed one keeps what it can."""
    source = """
class Room:
    rooms = {{}}
    def name(self): return "{0}"

class T(WebSocketEndpoint):
    value = "{1}"
"""
    seen = []
    edit = lambda module, cls: (seen.append(module.Room), module.Room.rooms.update(a=1))  # noqa: E731
    same, _, kept = edit_twice(source.format("x", 1), source.format("x", 2), edit)
    changed, _, _ = edit_twice(source.format("x", 1), source.format("y", 1), edit)

    assert same.Room is seen[0]
    assert kept.kept == ["Room"]
    assert changed.Room is not seen[1]
    assert (changed.Room.rooms, changed.Room().name()) == ({"a": 1}, "y")


@pytest.mark.parametrize(
    "source",
    [
        "things = other = []",
        "things, other = [], []",
        "things = []\nthings = []",
        "things = []\nthings += []",
        "things = []\nthings.append(0)",
        "things = [0]\nthings[0] = []",
    ],
)
def test_what_is_done_to_a_kept_value_is_not_done_twice(source):
    """However it was made, the value of now stays, and nothing is added to it."""
    whole = source + "\nclass T(WebSocketEndpoint):\n    encoding = {0!r}"
    now = []

    def use(module, cls):
        module.things.append("here")
        now.extend(module.things)

    module, _, kept = edit_twice(whole.format("text"), whole.format("json"), use)

    assert module.things == now
    assert "things" in kept.kept


def test_what_is_done_anew_is_reported():
    """Together with everything that is done to the same name."""
    source = "things = []\nthings.append({0})\nclass T(WebSocketEndpoint): pass"
    module, _, kept = edit_twice(source.format(1), source.format(2), lambda module, cls: module.things.append(9))

    assert (module.things, kept.reset) == ([2], ["things"])


@pytest.mark.parametrize(
    "source", ["if True:\n    things = []", "for things in [[]]: pass", "with open(__file__) as things: pass"]
)
def test_what_is_no_plain_assignment_runs_again(source):
    """Its text says what it is; nothing is guessed."""
    whole = source.replace("open(__file__)", "__import__('contextlib').nullcontext([])")
    whole += "\nclass T(WebSocketEndpoint):\n    encoding = {0!r}"
    module, _, _ = edit_twice(whole.format("text"), whole.format("json"), lambda module, cls: module.things.append(1))

    assert module.things == []


def test_classes_that_are_made_in_their_own_way_run_again():
    """Enumerations, named tuples and dataclasses: their fields are not what their text says."""
    source = """
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

class Colour(Enum):
    RED = 1
    {0}

class Point(NamedTuple):
    x: int = 1
    {1}

@dataclass
class Secret:
    word: str = field(default="s3cret", repr=False)
    {1}

class T(WebSocketEndpoint): pass
"""
    module, _, _ = edit_twice(source.format("pass", "pass"), source.format("BLUE = 2", "y: int = 3"))

    assert module.Colour(1) is module.Colour.RED
    assert module.Point() == (1, 3)
    assert repr(module.Secret()) == "Secret(y=3)"


def test_a_hook_that_is_an_assignment_runs_again():
    """It belongs to its class: a kept one could not call super()."""
    source = """
def deco(f):
    async def wrapped(self, websocket, data): return await f(self, websocket, data)
    return wrapped

class T(WebSocketEndpoint):
    encoding = {0!r}
    async def _receive(self, websocket, data): return await super().on_receive(websocket, data)
    on_receive = deco(_receive)
"""
    first, second = source.format("text"), source.format("json")
    _, cls, kept = edit_twice(first, second)

    assert cls.on_receive.__closure__[0].cell_contents is vars(cls)["_receive"]
    assert "T.on_receive" not in kept.kept


def test_a_class_that_counts_in_its_module_goes_with_it():
    """Otherwise it would go on counting in the old one."""
    source = """
count = 0

class Counter:
    def hit(self):
        global count
        count += 1
        return count

class T(WebSocketEndpoint):
    encoding = {0!r}
"""
    seen = []
    module, _, kept = edit_twice(
        source.format("text"), source.format("json"), lambda m, c: seen.append(m.Counter().hit())
    )
    module.Counter().hit()

    assert (seen, module.count) == ([1], 2)
    assert kept.kept == ["count"]


def test_annotations_and_lines_stay():
    """An annotated assignment keeps its annotation; tracebacks keep their lines."""
    source = "things: list[int] = []\n\nclass T(WebSocketEndpoint):\n    async def on_receive(self, ws, data): {0}"
    module, cls, _ = edit_twice(source.format(1), source.format(2), lambda module, cls: module.things.append(1))

    assert module.things == [1]
    assert module.__annotations__ == {"things": list[int]}
    assert cls.on_receive.__code__.co_firstlineno == 4


def test_an_empty_source_is_refused_as_such():
    """Select all, delete, apply: the message says what an endpoint is."""
    with pytest.raises(EditRejected, match="the source defines no endpoint"):
        edit_twice("class T(WebSocketEndpoint): pass", "")


def test_slots_are_no_state():
    """They tell Python how to make the class."""
    source = "class T(WebSocketEndpoint):\n    __slots__ = ('a',)\n    x = {0}"
    _, cls, kept = edit_twice(source.format(1), source.format(2))

    assert cls.__slots__ == ("a",)
    assert kept.kept == []
