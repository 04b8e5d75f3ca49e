"""What is behind an exception is told with it: the exceptions of a group, and causes."""

import asyncio
import time

import pytest

from playground import ConnectionEnded
from playground.record.lines import describe_error
from playground.record.recorder.hooks import OUTPUT_LIMIT
from playground.record.roots import KEPT, STEPS, Root, roots_of, told
from playground.record.storable import SHORT_ERROR


def raised(function):
    try:
        function()
    except BaseException as error:
        return error


def text_of(error, line=lambda one: None):
    return told(error, line(error), roots_of(error, line))


def from_cause():
    raise RuntimeError("could not look up") from KeyError("deep")


def while_handling():
    try:
        {}["deep"]
    except KeyError:
        raise RuntimeError("could not look up")  # noqa: B904  # what is told where `from` was forgotten


def hidden():
    try:
        {}["deep"]
    except KeyError:
        raise RuntimeError("could not look up") from None


def by_time_limit():
    raise TimeoutError from asyncio.CancelledError()


def caused(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("alone"), "ValueError: alone"),
        (raised(from_cause), "RuntimeError: could not look up, from KeyError: 'deep'"),
        (raised(while_handling), "RuntimeError: could not look up, while handling KeyError: 'deep'"),
        (raised(hidden), "RuntimeError: could not look up"),
        (raised(by_time_limit), "TimeoutError"),
        (caused(ValueError(1), caused(KeyError(2), OSError(3))), "ValueError: 1, from KeyError: 2, from OSError: 3"),
        (ExceptionGroup("both", [ValueError(1)]), "ExceptionGroup: both (1 sub-exception): ValueError: 1"),
        (
            ExceptionGroup("outer", [ExceptionGroup("inner", [ValueError(1)])]),
            "ExceptionGroup: outer (1 sub-exception): ValueError: 1",
        ),
        (
            ExceptionGroup("all", [ValueError(1), caused(KeyError(2), OSError())]),
            "ExceptionGroup: all (2 sub-exceptions): ValueError: 1, KeyError: 2",
        ),
        (
            ExceptionGroup("all", [ValueError(number) for number in range(5)]),
            "ExceptionGroup: all (5 sub-exceptions): ValueError: 0, ValueError: 1, ValueError: 2 and 2 others",
        ),
        (
            ExceptionGroup("one", [caused(ValueError(1), KeyError(2))]),
            "ExceptionGroup: one (1 sub-exception): ValueError: 1, from KeyError: 2",
        ),
        (
            caused(RuntimeError("x"), ExceptionGroup("one", [ValueError(1)])),
            "RuntimeError: x, from ExceptionGroup: one (1 sub-exception): ValueError: 1",
        ),
        (
            BaseExceptionGroup("one", [asyncio.CancelledError(), ValueError(1)]),
            "BaseExceptionGroup: one (2 sub-exceptions): ValueError: 1",
        ),
        (
            BaseExceptionGroup("one", [asyncio.CancelledError()]),
            "BaseExceptionGroup: one (1 sub-exception): CancelledError",
        ),
    ],
)
def test_text(error, text):
    """One sentence, nearest first; what only says that a task was cancelled is left out."""
    assert text_of(error) == text


def test_lines():
    """Each exception is told with its own line; a group's line is that of the first exception in it."""
    lines = {ValueError: 3, KeyError: 7, ExceptionGroup: 9}
    group = ExceptionGroup("all", [caused(ValueError(1), KeyError(2))])

    assert text_of(group, lambda one: lines[type(one)]) == (
        "ExceptionGroup: all (1 sub-exception): ValueError: 1 (line 3), from KeyError: 2 (line 7)"
    )
    assert (
        text_of(group.exceptions[0], lambda one: lines[type(one)])
        == "ValueError: 1 (line 3), from KeyError: 2 (line 7)"
    )


class Odd(Exception):
    def __str__(self):
        raise RuntimeError("no text")


class Circular(ExceptionGroup):
    @property
    def exceptions(self):
        return (self,)


def circle():
    first, second = ValueError(1), ValueError(2)
    first.__cause__, second.__cause__ = second, first
    return first


def deep_groups():
    error = ValueError("deep")
    for _ in range(5000):
        error = ExceptionGroup("", [error])
    return error


def long_chain():
    error = ValueError(0)
    for number in range(5000):
        error = caused(ValueError(number), error)
    return error


@pytest.mark.parametrize(
    ("make", "start"),
    [
        (circle, "ValueError: 1, from ValueError: 2"),
        (lambda: caused(ValueError(1), Odd()), "ValueError: 1, from Odd: its text cannot be shown"),
        (lambda: Circular("self", [ValueError(1)]), "Circular: self (1 sub-exception): ValueError: 1"),
        (lambda: ExceptionGroup("many", [ValueError(1)] * 3), "ExceptionGroup: many (3 sub-exceptions): ValueError: 1"),
        (deep_groups, "ExceptionGroup:  (1 sub-exception)"),
        (long_chain, "ValueError: 4999, from ValueError: 4998"),
        (
            lambda: ExceptionGroup("many", [ValueError(number) for number in range(200_000)]),
            "ExceptionGroup: many (200000 sub-exceptions): ValueError: 0, ValueError: 1, ValueError: 2 and ",
        ),
        (lambda: caused(ValueError(1), KeyError("x" * 10**6)), "ValueError: 1, from KeyError: 'xxx"),
    ],
)
def test_odd_exceptions(make, start):
    """What refers to itself, raises when shown, or is enormous, is told all the same, bounded and quickly."""
    error = make()
    began = time.perf_counter()
    described = describe_error(error, {})
    took = time.perf_counter() - began

    assert described.error.startswith(start)
    assert len(described.roots) <= KEPT
    assert all(len(root.error) <= SHORT_ERROR for root in described.roots)
    assert len(described.traceback) <= 2 * OUTPUT_LIMIT
    assert took < 5


def test_more_than_can_be_counted():
    """It is said that there may be more."""
    text = text_of(ExceptionGroup("many", [ValueError(number) for number in range(2 * STEPS)]))

    assert text.endswith(" or more others")


RAISES = """
import asyncio

class Raises(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        if data == "group":
            async with asyncio.TaskGroup() as group:
                group.create_task(self.part())
                group.create_task(asyncio.sleep(60))
        try:
            {}["deep"]
        except KeyError as error:
            raise RuntimeError("could not look up") from error

    async def part(self):
        raise ValueError("the real reason")
"""


@pytest.mark.parametrize(
    ("word", "line", "error", "root"),
    [
        (
            "group",
            18,
            "ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception): ValueError: the real reason (line 18)",
            Root("part", "ValueError: the real reason", 18),
        ),
        (
            "from",
            15,
            "RuntimeError: could not look up (line 15), from KeyError: 'deep' (line 13)",
            Root("from", "KeyError: 'deep'", 13),
        ),
    ],
)
def test_rows_and_why_name_what_is_behind(pg, word, line, error, root):
    """The row, the search, the explanation and the line for the editor's mark are those of the real reason."""
    pg.edit("/raises", RAISES)
    with pg.connect("/raises", name="alice") as alice:
        alice.send(word)
        with pytest.raises(ConnectionEnded):
            alice.receive()
        pg.log.wait_for("end")
        failed = pg.log.wait_for("on_receive")

    assert (failed.line, failed.error, failed.roots) == (line, error, (root,))
    assert [row.seq for row in pg.log.rows(f'"{root.error}" is:errors')] == [failed.seq]
    assert root.error in repr(pg.log.find(failed.seq))
    assert pg.why(alice).verdict.startswith(f"on_receive of v1 raised {error}. Starlette")
