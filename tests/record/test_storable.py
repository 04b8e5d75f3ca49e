"""Whatever somebody else's code gives becomes a plain value, and nothing raises."""

import array
from enum import Enum, IntEnum

import pytest

from playground.record.storable import (
    LIMIT,
    storable_close,
    storable_code,
    storable_error,
    storable_headers,
    storable_payload,
    storable_repr,
    storable_status,
    storable_text,
)


class Loud:
    """Raises whenever it is looked at."""

    def __repr__(self):
        raise SystemExit("no")

    __str__ = __bool__ = __len__ = __eq__ = __index__ = __iter__ = __repr__
    __hash__ = None


class Text(str):
    """A text that raises whenever it is looked at."""

    __repr__ = __str__ = __bool__ = __len__ = __eq__ = __getitem__ = encode = Loud.__repr__
    __hash__ = None


class Huge:
    """Is written as megabytes."""

    def __repr__(self):
        return "x" * 3_000_000


class Code(IntEnum):
    MINE = 4001


class Name(Enum):
    MINE = "mine"


class Broken(Exception):
    __str__ = Loud.__repr__


ODD = {
    "none": None,
    "loud": Loud(),
    "text": Text("text"),
    "huge": Huge(),
    "error": KeyError("x"),
    "broken error": Broken(),
    "int enum": Code.MINE,
    "enum": Name.MINE,
    "bool": True,
    "float": 1.5,
    "huge int": 10**5000,
    "negative": -1,
    "bytes": b"\xff",
    "bytearray": bytearray(b"x"),
    "memoryview": memoryview(b"x"),
    "array": array.array("i", [1]),
    "object": object(),
    "loud list": [Loud()],
    "class": type,
    "long": "x" * 3_000_000,
}
"""By name, because pytest looks at a parameter itself."""


@pytest.mark.parametrize("name", ODD)
def test_nothing_raises_and_everything_is_plain_and_bounded(name):
    """Exactly str, int and bytes, none of them a subclass."""
    value = ODD[name]
    close = storable_close(value, value)
    texts = [storable_text(value), storable_repr(value), close.reason, storable_status(value)[1] or ""]
    headers = storable_headers([(value, value), value, (value,)]) + storable_headers(value)

    assert {type(text) for text in texts} == {str}
    assert max(map(len, texts)) < 3 * LIMIT
    assert type(storable_code(value)) in (int, type(None))
    assert type(storable_payload(value)) in (str, bytes, type(None))
    assert {type(part) for pair in headers for part in pair} <= {bytes}
    assert all(len(part) < 5 * LIMIT for pair in headers for part in pair)


def test_plain_values_stay_what_they_are():
    """The very same object, so that nothing is copied on the hot path."""
    text, data, pairs = "text" * 10, b"bytes" * 10, ((b"name", b"value"),)

    assert storable_text(text) is text
    assert storable_payload(text) is text
    assert storable_payload(data) is data
    assert storable_headers(list(pairs)) == pairs
    assert storable_payload(Text("text")) == "text"
    assert storable_payload("x" * 3_000_000) == "x" * 3_000_000


@pytest.mark.parametrize(
    ("code", "reason", "stored"),
    [
        (1000, "bye", (1000, "bye")),
        (None, None, (None, "")),
        (Code.MINE, "bye", (4001, "bye")),
        (1011, KeyError("x"), (1011, "KeyError('x')")),
        (1011, b"bye", (1011, "b'bye'")),
        ("4000", "bye", (None, "bye (close code given: '4000')")),
        (4000.0, "", (None, "(close code given: 4000.0)")),
        (True, None, (None, "(close code given: True)")),
        (70000, None, (None, "(close code given: 70000)")),
        (Name.MINE, None, (None, "(close code given: <Name.MINE: 'mine'>)")),
    ],
)
def test_a_code_that_is_none_is_told_in_the_reason(code, reason, stored):
    """So that the log never loses what was given."""
    assert storable_close(code, reason) == stored


def test_a_value_that_cannot_be_shown_is_named():
    """By its class, and by what its repr raised."""
    assert storable_close(Text("4000"), Loud()) == (
        None,
        "<Loud, whose repr raised SystemExit> (close code given: '4000')",
    )


@pytest.mark.parametrize(
    ("data", "stored"),
    [
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"abcd")[::2], b"ac"),
        (array.array("B", [1, 2]), b"\x01\x02"),
        (123, "123"),
        ([1], "[1]"),
    ],
)
def test_what_can_travel_is_stored_as_it_travels(data, stored):
    """Bytes for all that has a buffer, the repr for what cannot be sent."""
    assert storable_payload(data) == stored


def test_an_iterator_of_headers_is_left_to_the_server():
    """It can be read only once."""
    headers = iter([(b"name", b"value")])

    assert storable_headers(headers)[0][0] == b"not a list of pairs"
    assert list(headers) == [(b"name", b"value")]


def test_an_error_without_a_text_of_its_own_has_its_name():
    """Also where asking for the text raises."""
    assert storable_error(KeyError("say")) == "KeyError: 'say'"
    assert storable_error(ValueError()) == "ValueError"
    assert storable_error(Broken()).startswith("Broken: its text cannot be shown")
    assert len(storable_error(ValueError("x" * 3_000_000))) < 2 * LIMIT
