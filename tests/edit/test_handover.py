"""What connections have added to an app's state is the new app's too, where that is certain."""

from collections import deque

import pytest

from playground.edit.handover import Handover, copies, hand_over

POOL, OTHER = object(), object()


def handed(base, change, fresh):
    """Hand a state over that has changed since it began; return what the new app has, and what is told."""
    now = dict(base)
    began = copies(now)
    change(now)
    told = Handover()
    hand_over("app.state", began, now, fresh, told)
    return fresh, str(told)


@pytest.mark.parametrize(
    ("base", "change", "fresh", "has"),
    [
        ({"members": set()}, lambda now: now["members"].add("ada"), {"members": set()}, {"members": {"ada"}}),
        ({"last": deque()}, lambda now: now["last"].append(1), {"last": deque()}, {"last": deque([1])}),
        ({"count": 0}, lambda now: now.update(count=7), {"count": 0}, {"count": 7}),
        ({}, lambda now: now.update(seen=["a"]), {}, {"seen": ["a"]}),
    ],
)
def test_what_connections_changed_stays(base, change, fresh, has):
    """A container that was filled, a number that was raised, a name that was added."""
    name = next(iter(has))

    assert handed(base, change, fresh) == (has, f"kept from the app before: app.state.{name}")


def test_a_container_stays_the_same_object():
    """Others may hold it."""
    members = set()
    fresh, _ = handed({"members": members}, lambda now: now["members"].add("ada"), {"members": set()})

    assert fresh["members"] is members


@pytest.mark.parametrize(
    ("base", "change", "fresh"),
    [
        ({"pool": POOL}, lambda now: None, {"pool": OTHER}),
        ({"limit": 5}, lambda now: None, {"limit": 6}),
        ({"words": ["a"]}, lambda now: None, {"words": ["b"]}),
        ({"gone": set()}, lambda now: now["gone"].add(1), {}),
    ],
)
def test_what_the_new_app_makes_is_its_own(base, change, fresh):
    """What nobody has changed, and what its source no longer has."""
    assert handed(base, change, dict(fresh)) == (fresh, "")


@pytest.mark.parametrize(
    ("base", "change", "fresh"),
    [
        ({"words": ["a"]}, lambda now: now["words"].append("x"), {"words": ["b"]}),
        ({"pool": POOL}, lambda now: now.update(pool=object()), {"pool": OTHER}),
        ({}, lambda now: now.update(client=POOL), {}),
        ({}, lambda now: now.update(client=1), {"client": 2}),
    ],
)
def test_what_is_not_certain_is_the_new_apps_and_told(base, change, fresh):
    """Both changed it, or it is an object that the old app may close."""
    [name] = {*base, *fresh} or {"client"}
    has, told = handed(base, change, dict(fresh))

    assert has == fresh
    assert told == f"not kept, because it is not certain what the new app should have: app.state.{name}"


class Odd:
    def __eq__(self, other):
        raise ValueError("ambiguous")

    __hash__ = None


def test_what_cannot_be_compared_is_not_certain():
    """As arrays; nothing is raised."""
    fresh, told = handed({"n": [Odd()]}, lambda now: now["n"].append(1), {"n": [Odd()]})

    assert len(fresh["n"]) == 1
    assert told.endswith("app.state.n")
