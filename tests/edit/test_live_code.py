"""The history of an endpoint's code."""

import pytest

SOURCE = """
class Echo(WebSocketEndpoint):
    encoding = "text"
    mark = {0!r}
"""


@pytest.mark.parametrize(
    ("steps", "previous"),
    [
        ("a", None),
        ("a b", 1),
        ("a b 1", None),
        ("a b c", 2),
        ("a b c 2", 1),
        ("a b c 1", None),
        ("a b c 2 d", 4),
        ("a b c 2 1", None),
        ("a b c 2 d 4", 1),
        ("a b 1 2", 3),
        ("a b 1 c", 3),
        ("a b 1 c 4", 3),
        ("a b a", 2),
        ("a b b", 1),
        ("a a", None),
        ("a b c 3", 2),
    ],
)
def test_going_back_restores_what_led_here(pg, steps, previous):
    """Letters are edits and numbers revert: what was left by going back, and what equals the current, is not offered."""
    for step in steps.split():
        if step.isdigit():
            pg.revert("/back", to=int(step))
        else:
            pg.edit("/back", SOURCE.format(step))
    found = pg.endpoints["/back"].previous

    assert (found and found.number) == previous
    if found:
        assert found.source != pg.endpoints["/back"].current.source
        pg.revert("/back", to=found.number)
        assert pg.endpoints["/back"].current.source == found.source


def test_going_back_goes_on_back(pg):
    """Step by step, to the first version."""
    for mark in "abcd":
        pg.edit("/back", SOURCE.format(mark))
    endpoint = pg.endpoints["/back"]
    marks = []
    while endpoint.previous:
        pg.revert("/back", to=endpoint.previous.number)
        marks.append(endpoint.current.target.mark)

    assert marks == ["c", "b", "a"]
    assert endpoint.current.label == "v7 (= v1)"
