"""Whatever way a source fills its names, an edit leaves what a fresh start would, and what connections added."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground import Log
from playground.edit.endpoints import Endpoint

_serial = itertools.count()

PREAMBLE = """
import functools
from collections import OrderedDict, defaultdict, deque

def add(key, value): MAP[key] = value
def put(value): LIST.append(value)
def named(name):
    def register(function):
        MAP[name] = function()
        LIST.append(name)
        return function
    return register

class Registry:
    shared = []
    def __init__(self):
        self.found = []
        self.by_name = {}
    def __call__(self, function):
        self.found.append(function())
        self.by_name[function.__name__] = function
        return function
    def __init_subclass__(cls):
        Registry.shared.append(cls.__name__)

MAP, LIST, SET, DEEP = {}, [], set(), {"rooms": {}}
MANY, QUEUE, ORDERED = defaultdict(list), deque(), OrderedDict()
COUNT = 0
class Helper:
    def say(self): return "nothing"
helper = Helper()
registry = Registry()
"""

WRITERS = {
    "call": "add({0!r}, {1})",
    "loop": "for n in range({1}): put(n)",
    "condition": "if True: MAP[{0!r}] = {1}",
    "try": "try: SET.add({1})\nfinally: pass",
    "with": "import contextlib\nwith contextlib.nullcontext({1}) as w: LIST.append(w)",
    "setdefault": "DEEP['rooms'].setdefault({0!r}, []).append({1})",
    "subscript": "DEEP[{0!r}] = [{1}]",
    "augmented": "LIST += [{1}]\nSET |= {{{1}}}\nMAP |= {{{0!r}: {1}}}",
    "decorator": "@named({0!r})\ndef {0}(): return {1}",
    "object": "@registry\ndef {0}(): return {1}",
    "subclass": "class {0}_{1}(Registry): pass",
    "attribute": "registry.{0} = {1}",
    "class attribute": "Registry.{0} = [{1}]",
    "missing": "MANY[{0!r}].append({1})",
    "deque": "QUEUE.appendleft({1})",
    "ordered": "ORDERED[{0!r}] = {1}\nORDERED.move_to_end({0!r}, last=False)",
    "comprehension": "SET.update(n * {1} for n in range(3))",
    "walrus": "LIST.append((w := {1}))",
    "deletion": "MAP.pop({0!r}, None)",
    "number": "COUNT += {1}",
    "globals": "globals()['LIST'].insert(0, {1})",
    "exec": "exec('put({1})')",
    "class": "class Helper:\n    def say(self): return {1}\nhelper = Helper()",
    "match": "match {1}:\n    case found: put(found)",
}

statements = st.builds(
    lambda way, name, value: WRITERS[way].format(name, value),
    st.sampled_from(sorted(WRITERS)),
    st.sampled_from(["a", "b", "c"]),
    st.integers(0, 3),
)
sources = st.lists(statements, max_size=6).map(
    lambda lines: PREAMBLE + "\n".join(lines) + "\n\nclass T(WebSocketEndpoint): pass\n"
)

LOOK = """(MAP, LIST, SET, DEEP, dict(MANY), list(QUEUE), list(ORDERED.items()), COUNT, registry.found,
list(registry.by_name), Registry.shared, {k: v for k, v in vars(registry).items() if k in "abc"},
{k: v for k, v in vars(Registry).items() if k in "abc"}, [f() for f in registry.by_name.values()],
(helper.say(), type(helper) is Helper))"""


def look(module):
    """Return all that the source has filled."""
    return eval(LOOK, vars(module))


def endpoint():
    return Endpoint(f"/fresh{next(_serial)}", "websocket", Log())


def start(source):
    """Return what a fresh start of a source leaves."""
    fresh = endpoint()
    loaded = fresh.load(source)
    fresh.publish(loaded)
    return look(loaded.module)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.lists(sources, min_size=2, max_size=4))
def test_an_edit_leaves_what_a_fresh_start_leaves(edits):
    """When nobody has changed anything, however often and whatever is edited."""
    live = endpoint()
    for source in edits:
        loaded = live.load(source)
        live.publish(loaded)

        assert look(loaded.module) == start(source)
        assert loaded.kept.notes == []


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(sources, st.lists(st.sampled_from("msldqnor"), max_size=4)), min_size=2, max_size=4))
def test_what_connections_added_stays(edits):
    """In the same objects, together with what the source says now."""
    live = endpoint()
    tokens = itertools.count(1000)
    added = {kind: [] for kind in "msldqnor"}
    held = {}
    for source, joins in edits:
        loaded = live.load(source)
        live.publish(loaded)
        module = loaded.module
        plain = start(source)

        assert module.MAP == plain[0] | {one: one for one in added["m"]}
        assert module.LIST == plain[1] + added["l"]
        assert module.SET == plain[2] | set(added["s"])
        assert module.DEEP["rooms"] == plain[3]["rooms"] | {one: [one] for one in added["d"]}
        assert module.MANY == plain[4] | {one: [one] for one in added["n"]}
        assert list(module.QUEUE) == plain[5] + added["q"]
        assert dict(module.ORDERED) == dict(plain[6]) | {one: one for one in added["o"]}
        assert module.registry.found == plain[8] + added["r"]
        assert [f() for f in module.registry.by_name.values()] == plain[13]
        assert (module.helper.say(), type(module.helper) is module.Helper) == plain[14]
        for kind, value in held.items():
            assert (module.SET if kind == "s" else module.MAP) is value, kind
        module.helper.heard = True
        for kind in joins:
            token = next(tokens)
            added[kind].append(token)
            join(module, kind, token)
            held |= {one: value for one, value in (("s", module.SET), ("m", module.MAP)) if one == kind}


def join(module, kind, token):
    """Do what a connection's handler does."""
    if kind == "m":
        module.MAP[token] = token
    elif kind == "s":
        module.SET.add(token)
    elif kind == "l":
        module.LIST.append(token)
    elif kind == "d":
        module.DEEP["rooms"][token] = [token]
    elif kind == "q":
        module.QUEUE.append(token)
    elif kind == "n":
        module.MANY[token].append(token)
    elif kind == "o":
        module.ORDERED[token] = token
    else:
        module.registry.found.append(token)
