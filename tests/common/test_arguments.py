"""What people give to calls."""

import math

import pytest

from playground.common.arguments import check_choice, check_options, check_seconds, did_you_mean, texts


@pytest.mark.parametrize("value", [None, 0, 0.0, 2, 2.5, math.inf])
def test_a_time_is_a_number_of_seconds_or_none(value):
    """Nothing happens."""
    assert check_seconds("timeout", value) is None


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("1", TypeError, "timeout has to be a number of seconds, such as 2.5, not '1'"),
        (-1, ValueError, "timeout has to be 0 or more seconds, not -1"),
        (math.nan, ValueError, "timeout has to be 0 or more seconds, not nan"),
    ],
)
def test_what_is_no_time_is_named(value, error, message):
    """With the value."""
    with pytest.raises(error, match=message):
        check_seconds("timeout", value)


def test_a_choice_is_one_of_several():
    """The others are named."""
    with pytest.raises(ValueError, match="colour has to be 'red', 'green' or 'blue', not 'pink'"):
        check_choice("colour", "pink", ("red", "green", "blue"))


def test_texts_become_a_list():
    """From whatever can be gone through."""
    assert texts("origins", (one for one in "ab")) == ["a", "b"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("v1", r"subprotocols has to be a list, as in \['v1'\], not 'v1'"),
        (["v1", 2], r"subprotocols has to be a list of texts, not \['v1', 2\]"),
        (5, "subprotocols has to be a list of texts, not 5"),
    ],
)
def test_one_text_is_not_several(value, message):
    """It would fall apart into its letters."""
    with pytest.raises(TypeError, match=message):
        texts("subprotocols", value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("header", "connect has no option 'header'; did you mean 'headers'\\?"),
        ("zzz", "connect has no option 'zzz'; there are headers, o0, o1, o2, o3, o4, o5, o6, o7, o8 and more$"),
    ],
)
def test_an_unknown_option_is_answered_with_the_nearest(name, message):
    """Or with the first of those there are."""
    with pytest.raises(TypeError, match=message):
        check_options("connect", ["headers", name], ["headers", *(f"o{number}" for number in range(12))])


def test_nothing_is_asked_when_nothing_is_near():
    """An empty text."""
    assert did_you_mean("zebra", ["receive", "send"]) == ""
    assert did_you_mean("recieve", ["receive", "send"]) == "did you mean 'receive'?"
