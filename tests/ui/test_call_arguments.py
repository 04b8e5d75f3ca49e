"""What a browser may give the panel's calls."""

import inspect
import json

import pytest

from playground.ui.call_arguments import check_arguments
from playground.ui.calls import Calls

VALUES = [
    None,
    True,
    -1,
    2**53,
    1.5,
    float("inf"),
    "x",
    "\ud800",
    "x" * 1000,
    [],
    [1],
    ["x"],
    {},
    {"a": 1},
    {"a": "x"},
]


def call(
    text: str,
    number: int = 1,
    flag: bool = False,
    texts: list[str] | None = None,
    by_name: dict[str, str] | None = None,
):
    """A call as those of the panel."""


@pytest.mark.parametrize(
    "given",
    [
        {"text": ""},
        {"text": "\ud800", "number": -5, "flag": True, "texts": [], "by_name": {}},
        {"text": "a", "number": 2**53 - 1, "texts": ["a"], "by_name": {"a": "b"}},
        {"text": "a", "texts": None, "by_name": None},
    ],
)
def test_what_fits_passes(given):
    """By type; what it means is the call's business."""
    assert check_arguments("it", call, given) is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "the panel's call 'it' takes arguments by name, not None"),
        (["a"], "the panel's call 'it' takes arguments by name, not ['a']"),
        ({}, "the panel's call 'it' lacks text, which is text"),
        ({"text": 5}, "the panel's call 'it' takes text as text, not 5"),
        ({"text": "a", "number": True}, "the panel's call 'it' takes number as a whole number, not True"),
        ({"text": "a", "number": 1.0}, "the panel's call 'it' takes number as a whole number, not 1.0"),
        ({"text": "a", "number": 2**53}, "the panel's call 'it' takes number as a whole number, not 9007199254740992"),
        ({"text": "a", "flag": 1}, "the panel's call 'it' takes flag as true or false, not 1"),
        (
            {"text": "a", "texts": [1]},
            "the panel's call 'it' takes texts as a list whose values are text or nothing, not [1]",
        ),
        (
            {"text": "a", "by_name": {"a": 1}},
            "the panel's call 'it' takes by_name as an object whose values are text or nothing, not {'a': 1}",
        ),
        ({"txt": "a"}, "the panel's call 'it' has no argument 'txt'; did you mean 'text' or 'texts'?"),
        (
            {"text": "a", "zz": 1},
            "the panel's call 'it' has no argument 'zz'; it has text, number, flag, texts, by_name",
        ),
    ],
)
def test_what_does_not_fit_is_named(given, message):
    """With the call, the argument, what it takes and what came."""
    with pytest.raises(TypeError) as caught:
        check_arguments("it", call, given)

    assert str(caught.value) == message


def test_a_long_value_is_shortened():
    """An error is read by a person."""
    with pytest.raises(TypeError) as caught:
        check_arguments("it", call, {"text": ["x" * 10_000]})

    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "op",
    sorted(
        set(Calls.__dict__)
        & {
            "connect",
            "send",
            "ping",
            "close",
            "forget",
            "apply",
            "try_draft",
            "reset",
            "revert",
            "reenter",
            "versions",
            "on_error",
            "run_again",
            "close_held",
            "detail",
            "search",
            "export",
        }
    ),
)
def test_no_call_fails_somewhere_inside(pg, op):
    """Whatever it is given, the browser gets a result or an error that says what was wrong."""
    calls = Calls(pg)
    [name] = [name for name, one in calls.by_name.items() if one.__name__ == op]
    usual = {"path": "/nowhere", "name": "nobody", "names": ["nobody"], "kind": "text", "data": "x", "source": "x = 1"}
    usual |= {"to": 1, "value": "starlette", "seq": 10**6, "query": "", "format": "csv"}
    parameters = inspect.signature(calls.by_name[name]).parameters
    for wrong in parameters:
        for value in VALUES:
            args = {
                one: usual[one]
                for one in parameters
                if one in usual and one != wrong and not (one == "kind" and op != "send")
            }
            try:
                json.dumps(calls.run(name, args | {wrong: value}))
            except Exception as error:
                assert type(error) not in (AttributeError, KeyError, IndexError, UnboundLocalError, MemoryError), (
                    args,
                    wrong,
                    value,
                )
                if type(error) is TypeError:
                    assert str(error).startswith("the panel's call")
