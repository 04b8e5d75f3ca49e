"""Looking at values runs none of their code."""

import time
import types
import weakref

import pytest
from starlette.endpoints import WebSocketEndpoint

from playground.edit import values
from playground.edit.values import (
    MISSING,
    classes_of,
    derives,
    in_class,
    is_class,
    is_function,
    module_of,
    name_of,
    path_of,
)

HOSTILE = """
def refuse(*args, **named): raise SystemExit

class Hostile(type):
    __getattribute__ = __getattr__ = __eq__ = __bool__ = __instancecheck__ = __subclasscheck__ = refuse
    __hash__ = __repr__ = refuse

class Base(WebSocketEndpoint, metaclass=Hostile):
    encoding = "text"
    def __getattribute__(self, name): raise SystemExit

class Hooked(Base): hook = refuse
"""


class Thing:
    """Something that is soon gone."""


@pytest.fixture
def names():
    """What a hostile source makes; pytest itself would ask it questions, if it stood in this module."""
    made = {"WebSocketEndpoint": WebSocketEndpoint, "__name__": "hostile"}
    exec(HOSTILE, made)
    return made


def test_a_hostile_class_is_looked_at(names):
    """Its name, its module, what it is based on and what is in its body."""
    hooked = [names["Hooked"]]

    assert is_class(hooked[0])
    assert name_of(hooked[0]) == "Hooked"
    assert module_of(hooked[0]) == "hostile"
    assert path_of(hooked[0]) == "hostile.Hooked"
    assert derives(hooked[0], WebSocketEndpoint)
    assert not derives(hooked[0], dict)
    assert classes_of(hooked[0])[-1] is object
    assert in_class(hooked[0], "encoding") == "text"
    assert in_class(hooked[0], "hook") is names["refuse"]
    assert in_class(hooked[0], "nothing") is MISSING


@pytest.mark.parametrize(
    "make",
    [lambda names: object.__new__(names["Base"]), lambda names: weakref.proxy(Thing()), lambda names: 5],
    ids=["hostile", "gone", "number"],
)
def test_other_values_are_looked_at(names, make):
    """They are neither classes nor functions, whatever they say."""
    value = [make(names)]

    assert not is_class(value[0])
    assert not is_function(value[0])
    assert module_of(value[0]) is None
    assert name_of(value[0]) in ("Base", "ProxyType", "weakproxy", "int")


def test_a_function_is_looked_at(names):
    """Like a class."""
    assert is_function(names["refuse"])
    assert (name_of(names["refuse"]), module_of(names["refuse"])) == ("refuse", "hostile")


class Lazy(types.ModuleType):
    """A module that loads itself when it is asked for anything."""

    def __getattribute__(self, name):
        raise SystemExit


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (time.sleep, "time.sleep"),
        (types.SimpleNamespace, "types.SimpleNamespace"),
        (WebSocketEndpoint.dispatch, "starlette.endpoints.WebSocketEndpoint.dispatch"),
        (values, "playground.edit.values"),
        ([Lazy("lazy")], "lazy"),
        (5, ""),
    ],
    ids=["builtin", "class", "function", "module", "lazy module", "number"],
)
def test_where_a_thing_is_imported_from(value, path):
    """Empty for what is not imported by a name of its own."""
    assert path_of(value[0] if type(value) is list else value) == path
