"""A definition that was cut out of a function rebinds that function's variables."""

import ast
import asyncio
import types

import pytest
from starlette.endpoints import WebSocketEndpoint

from playground import EditRejected, Log
from playground.edit.endpoints import Endpoint
from playground.edit.source.nonlocals import bind_nonlocals
from playground.edit.source.source import from_object


def counters():
    count = 0

    class Chat(WebSocketEndpoint):
        seen = []

        async def on_receive(self, websocket, data):
            nonlocal count
            count += 1
            return type(self).__qualname__, count

        async def on_connect(self, websocket):
            await super().on_connect(websocket)

    async def chat(websocket):
        nonlocal count
        count += 1
        return count

    return Chat, chat


def loaded(target, change=str):
    endpoint = Endpoint("/t", "websocket", Log())
    endpoint.publish(from_object(target))
    return endpoint.load(change(endpoint.current.source)).target


def test_all_versions_count_in_the_same_variable():
    """Old and new classes and functions of one call of the factory share it."""
    cls, function = counters()
    new_class = loaded(cls, lambda text: text.replace("Chat", "Room"))
    new_function = loaded(function, lambda text: "if True:\n    " + text.replace("\n", "\n    "))

    class Socket:
        async def accept(self):
            pass

    told = [
        asyncio.run(run)
        for run in (
            cls.on_receive(object.__new__(cls), None, ""),
            new_class.on_receive(object.__new__(new_class), None, ""),
            new_class.on_receive(object.__new__(new_class), None, ""),
            function(None),
            new_function(None),
            new_class.on_connect(object.__new__(new_class), Socket()),
        )
    ]

    assert told == [("counters.<locals>.Chat", 1), ("Room", 2), ("Room", 3), 4, 5, None]


def test_an_expression_that_python_takes_is_not_too_deep():
    """Nor is one beside the definition."""
    cls, _ = counters()
    long = " + ".join(["1"] * 400)
    new = loaded(cls, lambda text: f"x = {long}\n" + text.replace("count += 1", f"count += ({long}) * 0 + 1"))

    assert asyncio.run(new.on_receive(object.__new__(new), None, "")) == ("Chat", 1)


def test_definitions_in_blocks_are_bound_too():
    """Such as in `try` and `match`."""
    cls, _ = counters()

    def in_blocks(text):
        inner = text.replace("\n", "\n            ")
        return f"try:\n    1/0\nexcept ZeroDivisionError:\n    match 1:\n        case 1:\n            {inner}\nelse:\n    pass"

    new = loaded(cls, in_blocks)

    assert asyncio.run(new.on_receive(object.__new__(new), None, "")) == ("Chat", 1)


def test_lines_and_names_are_those_of_the_source():
    """A traceback shows the user's line, and the class is the module's."""
    cls, _ = counters()
    new = loaded(cls, lambda text: "\n\n" + text)

    assert new.on_receive.__code__.co_firstlineno == 6
    assert new.on_receive.__qualname__ == "Chat.on_receive"


def test_a_variable_that_no_function_has_is_refused_with_its_line():
    """As Python says it."""
    cls, _ = counters()
    with pytest.raises(EditRejected, match="line 5: no binding for nonlocal 'total' found"):
        loaded(cls, lambda text: text.replace("nonlocal count", "nonlocal total"))


def test_source_without_nonlocal_stays_as_it_is():
    """There is nothing to rewrite."""
    tree = ast.parse("class A:\n    def f(self):\n        return count")
    before = ast.dump(tree)

    assert bind_nonlocals(tree, {"count": types.CellType(0)}) == (tree, {})
    assert ast.dump(tree) == before
