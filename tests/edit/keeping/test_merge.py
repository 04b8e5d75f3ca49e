"""An edit leaves what a fresh start would build, and what connections built."""

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


def test_what_both_have_changed_is_merged():
    """The source's elements come and go with the source; who has joined stays."""
    held = []
    module, cls, kept = edit_twice(
        ROOM.format("pass").replace("set()", "set('xa')"),
        ROOM.format("pass").replace("set()", "set('ab')"),
        lambda module, cls: (fill(module, cls), held.append(module.members)),
    )

    assert module.members == {"a", "b", "alice"}
    assert module.members is held[0]
    assert cls.people == ["bob"]
    assert (kept.kept, kept.reset, kept.notes) == (["members", "Room.people"], [], [])


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
    assert kept.reset == ["size"]
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
    assert kept.kept == ["Room.rooms"]
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


def test_what_the_source_appends_stands_before_what_connections_appended():
    """As in a fresh start to which they had come."""
    source = "things = []\nthings.append({0})\nclass T(WebSocketEndpoint): pass"
    module, _, kept = edit_twice(source.format(1), source.format(2), lambda module, cls: module.things.append(9))

    assert (module.things, kept.kept) == ([2, 9], ["things"])


@pytest.mark.parametrize(
    "source", ["if True:\n    things = []", "for things in [[]]: pass", "with open(__file__) as things: pass"]
)
def test_it_does_not_matter_which_statement_made_a_value(source):
    """What connections did with it stays."""
    whole = source.replace("open(__file__)", "__import__('contextlib').nullcontext([])")
    whole += "\nclass T(WebSocketEndpoint):\n    encoding = {0!r}"
    module, _, _ = edit_twice(whole.format("text"), whole.format("json"), lambda module, cls: module.things.append(1))

    assert module.things == [1]


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


T = "\nclass T(WebSocketEndpoint): pass\n"


def edited(before, after, act=lambda module: None):
    """Return the module after an edit, and what was kept; `act` is what connections did."""
    module, _, kept = edit_twice(before + T, after + T, lambda module, cls: act(module))
    return module, kept


@pytest.mark.parametrize(
    ("before", "after", "act", "stays"),
    [
        ("count = 0", "count = 100", lambda m: setattr(m, "count", 6), "count stays 6"),
        ("rooms = set()", "rooms = {}", lambda m: m.rooms.add(1), "rooms stays {1}"),
        ("x = {'a': 1}", "x = {'a': 2}", lambda m: m.x.update(a=9), "x['a'] stays 9"),
        ("x = {'a': 1}", "x = {}", lambda m: m.x.update(a=9), "x['a'] stays 9"),
        ("x = {}", "x = {'a': 1}", lambda m: m.x.update(a=9), "x['a'] stays 9"),
        ("x = {'a': 1, 'b': 1}", "x = {'a': 2, 'b': 1}", lambda m: m.x.pop("a"), "x['a'] stays as it is"),
        ("x = [1, 2, 3]", "x = [1, 2, 4]", lambda m: m.x.pop(0), "x stays [2, 3]"),
        ("", "x = 1", lambda m: setattr(m, "x", 2), "x stays 2"),
    ],
)
def test_what_cannot_be_merged_stays_and_is_told(before, after, act, stays):
    """With its name, the reason, and how to take what the source says."""
    module, kept = edited(before, after, act)
    [note] = kept.notes

    assert (note.kind, note.line) == ("conflict", 1)
    assert note.text.startswith(stays)
    assert "connections" in note.text
    assert "; pg.reset('/keep" in note.text


@pytest.mark.parametrize(
    ("before", "after", "act", "value"),
    [
        ("x = []", "x = ['hello']", lambda m: m.x.append(1), ["hello", 1]),
        ("x = [1, 2]", "x = [1, 3]", lambda m: m.x.insert(0, 0), [0, 1, 3]),
        ("x = [[1], [2]]", "x = [[1], [3]]", lambda m: m.x[0].append(9), [[1, 9], [3]]),
        ("x = {'a': []}", "x = {'a': [1]}", lambda m: m.x["a"].append(9), {"a": [1, 9]}),
        ("x = {'a': 1, 'b': 1}", "x = {'a': 2, 'b': 1}", lambda m: m.x.pop("b"), {"a": 2}),
        ("x = {'a': 1}", "x = {}", lambda m: m.x.update(b=1), {"b": 1}),
        ("x = {1, 2}", "x = {1, 3}", lambda m: m.x.discard(1), {3}),
        ("x = {1, 2}", "x = {1, 3}", lambda m: m.x.add(9), {1, 3, 9}),
        ("x = 1", "x = 1", lambda m: setattr(m, "x", 2), 2),
        ("x = 1", "x = 2", lambda m: None, 2),
        ("x = (1, [])", "x = (1, [])", lambda m: m.x[1].append(1), (1, [1])),
        ("from collections import deque\nx = deque([1], 3)", "from collections import deque\nx = deque([2], 3)",
         lambda m: m.x.append(9), __import__("collections").deque([2, 9], 3)),
        ("x = bytearray(b'ab')", "x = bytearray(b'ab')", lambda m: m.x.extend(b"c"), bytearray(b"abc")),
    ],
)  # fmt: skip
def test_both_changes_come_together(before, after, act, value):
    """And what only one side has changed is as that side left it."""
    module, kept = edited(before, after, act)

    assert (module.x, kept.notes) == (value, [])


def test_names_that_handlers_made_or_deleted_stay_so():
    """With `global`, or `del`."""
    module, kept = edited("x = 1\ny = 2", "x = 1\ny = 2\nz = 3", lambda m: (delattr(m, "x"), setattr(m, "task", "t")))

    assert not hasattr(module, "x")
    assert (module.task, module.y, module.z) == ("t", 2, 3)


MANAGER = """
class Manager:
    def __init__(self):
        self.people, self.count, self.limit = [], 0, {0}
    def say(self): return {1!r}
manager = Manager()
say = manager.say
def everybody(): return manager.people
"""


def test_an_object_goes_on_when_its_class_is_edited():
    """New code, the same people: also where a function or another name leads to it."""
    old = []
    act = lambda m: (m.manager.people.append("alice"), setattr(m.manager, "count", 1), old.append(m.manager))  # noqa: E731
    module, kept = edited(MANAGER.format(1, "old"), MANAGER.format(2, "new"), act)
    old[0].count += 1
    old[0].people.append("bob")

    assert (module.manager.say(), module.say(), module.manager.limit) == ("new", "new", 2)
    assert (module.manager.count, module.everybody()) == (2, ["alice", "bob"])
    assert old[0].say() == "old"
    assert type(module.manager) is module.Manager


def test_an_object_of_an_unchanged_class_stays_the_same_object():
    """And only its changed attributes change."""
    old = []
    before = MANAGER.format(1, "x") + "manager.tags = {'a': 1}"
    act = lambda m: (m.manager.people.append("alice"), old.append(m.manager))  # noqa: E731
    module, kept = edited(before, before.replace("'a': 1", "'a': 2"), act)

    assert module.manager is old[0]
    assert isinstance(old[0], module.Manager)
    assert (module.manager.tags, module.manager.people) == ({"a": 2}, ["alice"])
    assert module.say.__self__ is old[0]


def test_what_leads_to_a_kept_value_leads_to_it_in_the_new_code_too():
    """Through closures, defaults, methods, partials, attributes and containers."""
    source = """
import functools
members = set()
def outer():
    inside = members
    def inner(also=members): return inside, also
    return inner
inner = outer()
join = members.add
part = functools.partial(len, members)
class Box:
    holds = members
    def __init__(self): self.members = members
boxes = [Box(), {0}]
"""
    old = []
    act = lambda m: (m.members.add("alice"), old.append(m.members))  # noqa: E731
    module, kept = edited(source.format(1), source.format(2), act)

    assert module.members is old[0]
    assert all(one is old[0] for one in (*module.inner(), module.Box.holds, module.boxes[0].members))
    assert (module.part(), module.boxes[1]) == (1, 2)


def test_a_registry_that_nobody_touched_is_another_one_for_each_version():
    """A handler that still runs on the old version sees the old one to its end."""
    source = "hooks = []\ndef hook(f):\n    hooks.append(f)\n    return f\n@hook\ndef one(): return {0}"
    old = []
    module, kept = edited(source.format(1), source.format(2), lambda m: old.append(m.hooks))

    assert ([f() for f in old[0]], [f() for f in module.hooks]) == ([1], [2])
    assert kept.reset == ["hooks"]


def test_functions_that_say_the_same_are_not_told_as_a_change():
    """They are new functions all the same, and read the new module."""
    source = "word = {0}\nhooks = []\ndef hook(f):\n    hooks.append(f)\n    return f\n@hook\ndef one(): return word"
    module, kept = edited(source.format(1), source.format(2))

    assert ([f() for f in module.hooks], kept.reset, kept.kept) == ([2], [], [])


@pytest.mark.parametrize(
    ("source", "act", "look"),
    [
        ("def f(): pass\nf.calls = 0", lambda m: setattr(m.f, "calls", 3), lambda m: m.f.calls),
        ("def f(seen=[]): return seen", lambda m: m.f().append(3), lambda m: m.f()[0]),
        (
            "def make():\n    n = 0\n    def f():\n        nonlocal n\n        n += 1\n        return n\n    return f\nf = make()",
            lambda m: (m.f(), m.f()),
            lambda m: m.f(),
        ),
    ],
    ids=["attribute", "default", "closure"],
)  # fmt: skip
def test_what_a_function_remembers_stays(source, act, look):
    """In its attributes, in a parameter's default, in its closure."""
    module, kept = edited(source + "\nx = 1", source + "\nx = 2", act)

    assert (look(module), module.x) == (3, 2)


@pytest.mark.parametrize(
    "made",
    ["threading.Lock()", "asyncio.Queue()", "itertools.count()", "random.Random(1)", "weakref.WeakSet()", "asyncio.Lock()"],
)  # fmt: skip
def test_what_cannot_be_looked_into_stays_if_its_statement_does(made):
    """And is made anew when that changes, or what it reads."""
    source = f"import asyncio, itertools, random, threading, weakref\nx = {made}\ny = {{0}}"
    old = []
    same, kept = edited(source.format(1), source.format(2), lambda m: old.append(m.x))
    other, _ = edited(source.format(1), source.format(1).replace(f"x = {made}", "x = object()"), lambda m: None)

    assert same.x is old[0]
    assert type(other.x) is object


def test_classes_that_are_edited_are_new_ones_and_what_reads_them():
    """A helper class whose method reads an edited function is not the same any more; an untouched one is."""
    source = """
def helper(): return {0}
class Reads:
    def value(self): return helper()
class Alone:
    def value(self): return 1
"""
    old = []
    module, _ = edited(source.format(1), source.format(2), lambda m: old.append((m.Reads, m.Alone)))

    assert module.Alone is old[0][1]
    assert module.Reads is not old[0][0]
    assert module.Reads().value() == 2


def test_an_unchanged_enumeration_stays_the_same():
    """So that members which connections hold are still members."""
    source = """
from enum import Enum
class Colour(Enum):
    RED = 1
default = Colour.RED
by_name = {{"red": Colour.RED, "n": {0}}}
class Sub:
    colour = Colour.RED
    n = {0}
"""
    old = []
    module, _ = edited(source.format(1), source.format(2), lambda m: old.append(m.Colour.RED))

    assert all(one is old[0] for one in (module.Colour.RED, module.default, module.by_name["red"], module.Sub.colour))


def test_what_a_value_does_when_it_is_looked_at_does_not_matter():
    """Code that Python takes is never an error of ours."""
    source = """
class Odd:
    def __init__(self): self.inside = []
    def __eq__(self, other): raise RuntimeError("eq")
    def __hash__(self): return 1
    def __repr__(self): raise RuntimeError("repr")
    def __bool__(self): raise RuntimeError("bool")
    def __getattr__(self, name): raise RuntimeError("getattr")
    def __setattr__(self, name, value): object.__setattr__(self, name, value)
    @property
    def __dict__(self): raise RuntimeError("dict")
import weakref
class Thing: pass
dead = weakref.proxy(Thing())
odd, odds, by_odd = Odd(), {{Odd()}}, {{Odd(): 1}}
circle = []
circle.append(circle)
n = {0}
"""
    module, _ = edited(source.format(1), source.format(2), lambda m: m.circle.append(1))

    assert module.n == 2
    assert module.circle[0] is module.circle


def test_a_cached_property_is_worked_out_again():
    """It follows from the others, so it is not what connections built."""
    source = """
from functools import cached_property
class Room:
    def __init__(self): self.people = []
    @cached_property
    def size(self): return {0}
room = Room()
"""
    module, _ = edited(source.format(1), source.format(2), lambda m: m.room.people.append(m.room.size))

    assert (module.room.size, module.room.people) == (2, [1])


def test_a_weak_container_does_not_lose_what_stays():
    """The fresh object that it held is gone; the one that is there takes its place."""
    source = """
import weakref
class Room: pass
hall = Room()
rooms, names, every = weakref.WeakValueDictionary(), weakref.WeakKeyDictionary(), weakref.WeakSet()
rooms[{0!r}], names[hall] = hall, {0!r}
every.add(hall)
"""
    module, _ = edited(source.format("a"), source.format("b"))

    assert dict(module.rooms) == {"b": module.hall}
    assert dict(module.names) == {module.hall: "b"}
    assert list(module.every) == [module.hall]


def test_a_value_that_cannot_be_compared_stays():
    """And a note says so; the edit is published all the same."""
    source = """
class Key:
    broken = False
    def __hash__(self):
        if Key.broken: raise RuntimeError("no hash now")
        return 1
    def value(self): return {0}
things = {{Key(): {0}}}
"""
    module, kept = edited(
        source.format(1), source.format(2), lambda m: (m.things.update(x=1), setattr(m.Key, "broken", True))
    )
    [note] = kept.notes

    assert len(module.things) == 2
    assert "RuntimeError: no hash now" in note.text


def test_a_class_that_stayed_for_one_edit_is_replaced_by_the_next():
    """Its methods are not what connections have changed."""
    source = """
class Hall:
    def __init__(self): self.names = []
    def greet(self): return {0!r}
hall, kinds = Hall(), [Hall]
word = {1!r}
"""
    endpoint = Endpoint(f"/keep{next(_serial)}", "websocket", Log())
    notes, seen = [], []
    for said, word in (("hello", "a"), ("hello", "b"), ("hello", "c"), ("welcome", "c"), ("welcome", "d")):
        loaded = endpoint.load(source.format(said, word) + T)
        endpoint.publish(loaded)
        notes += loaded.kept.notes
        loaded.module.hall.names.append(word)
        seen.append((loaded.module.hall.greet(), loaded.module.kinds[0] is loaded.module.Hall))

    assert notes == []
    assert seen == [("hello", True)] * 3 + [("welcome", True)] * 2
    assert loaded.module.hall.names == ["a", "b", "c", "c", "d"]


@pytest.mark.parametrize(
    ("made", "people"),
    [
        ("from types import SimpleNamespace\nx = SimpleNamespace(people=[])", lambda m: m.x.people),
        (
            "import functools\nclass M: pass\n@functools.lru_cache\ndef manager():\n    m = M()\n    m.people = []\n"
            "    return m",
            lambda m: m.manager().people,
        ),
        ("import array\nx = array.array('i')", lambda m: m.x),
        ("d = {}\nx = d.keys()", lambda m: _Keys(m)),
    ],
    ids=["namespace", "cached function", "array", "view"],
)
def test_what_connections_built_stays_wherever_it_is(made, people):
    """Also where Python code cannot look into it."""
    module, kept = edited(made + "\ny = 1", made + "\ny = 2", lambda m: people(m).append(7))

    assert list(people(module)) == [7]
    assert kept.notes == []


class _Keys:
    """Appends to a view through its dictionary."""

    def __init__(self, module):
        self.module = module

    def append(self, key):
        self.module.d[key] = 1

    def __iter__(self):
        return iter(self.module.x)


def test_a_cached_function_is_new_when_what_it_reads_is():
    """Its text is the same; what a decorator fills is not."""
    source = """
import functools
names = []
def name(f):
    names.append(f.__name__)
    return f
@functools.cache
def told(): return list(names)
@name
def {0}(): pass
"""
    module, _ = edited(source.format("one"), source.format("two"), lambda m: m.told())

    assert module.told() == ["two"]


def test_a_name_that_is_gone_is_told_if_connections_had_filled_it():
    """What they built in it is lost, as is what nobody can name any more."""
    _, kept = edited("members = set()\nother = set()", "people = set()", lambda m: m.members.add("alice"))
    [note] = kept.notes

    assert note.kind == "gone"
    assert note.text.startswith("members is not in this source any more")


def test_objects_of_an_edited_class_that_connections_made_are_told():
    """They keep the old code; those of another class, and what the source itself makes, are no reason for a note."""
    source = """
class Room:
    def greet(self): return {0!r}
class Other: pass
rooms, others, hall = {{}}, [], Room()
"""
    module, kept = edited(
        source.format("one"),
        source.format("two"),
        lambda m: (m.rooms.update(a=m.Room()), m.others.append(m.Other()), setattr(m.hall, "open", True)),
    )
    [note] = kept.notes

    assert (note.kind, note.line) == ("old-objects", 2)
    assert note.text.startswith("rooms holds objects of Room")
    assert (module.hall.greet(), module.rooms["a"].greet()) == ("two", "one")


def test_a_deque_that_has_to_hold_more_is_told():
    """Its length is fixed when it is made."""
    source = "from collections import deque\nx = deque(maxlen={0})"
    module, kept = edited(source.format(2), source.format(50), lambda m: m.x.append(1))

    assert [note.kind for note in kept.notes] == ["conflict"]


def test_an_endpoint_that_becomes_a_function_and_a_class_again_is_no_conflict():
    """The two are not each other's names."""
    endpoint = Endpoint(f"/keep{next(_serial)}", "websocket", Log())
    sources = ("class V(WebSocketEndpoint):\n    people = []", "async def f(websocket): pass")
    notes = []
    for source in (*sources, *sources):
        loaded = endpoint.load(source)
        endpoint.publish(loaded)
        notes += loaded.kept.notes

    assert notes == []
