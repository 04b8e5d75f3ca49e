"""The history of an endpoint's code."""

import pytest
from starlette.endpoints import WebSocketEndpoint

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
        ("a b 1 c 1", None),
        ("a a b", 2),
        ("a b c d", 3),
        ("a b c d 2", 1),
        ("a b c d 2 e", 5),
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


def test_versions_without_a_source_are_told_apart_by_their_object(pg):
    """As those of classes that were given, and whose file is gone."""
    one, other = (type("Echo", (WebSocketEndpoint,), {"encoding": "text"}) for _ in range(2))
    found = []
    for edit in (one, one, other):
        pg.edit("/back", edit)
        found.append(pg.endpoints["/back"].previous)
    pg.revert("/back", to=2)

    assert found[:2] == [None, None]
    assert found[2].number == 2
    assert pg.endpoints["/back"].previous is None
