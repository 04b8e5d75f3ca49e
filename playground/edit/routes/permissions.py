"""Whether new code still asks for the permissions that Starlette's `requires` asked for before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.common.errors import EditRejected
from playground.edit.foreign import LAYERS, attribute, without_partial
from playground.edit.source.checking import class_kind
from playground.edit.values import body_of, classes_of, is_a

REQUIRES = "starlette.authentication"
"""The module of the decorator."""


Guards = Mapping[str, frozenset[str]]
"""The scopes that are asked for, by the method that is guarded; the name of a function itself is ""."""


def check_permissions(path: str, before: Any, remembered: Guards, after: Any) -> Guards:
    """
    Refuse code without the `@requires(…)` that guards a path, or with one that asks for less.

    Args:
        path: for the message.
        before: the code that is there.
        remembered: what guarded methods that earlier versions had.
        after: the new code.

    Returns:
        What to remember for the versions after it.

    Raises:
        EditRejected: more people would reach the new code.
    """
    now, new = _guarded(before), _guarded(after)
    old = {**remembered, **now}
    if not is_a(after, type):
        wanted = {"": frozenset().union(*old.values())} if old else {}
    else:
        wanted = {name: scopes for name, scopes in old.items() if name in _names(after)}
        # What guarded a function, guarded it for every method.
        if "" in old:
            open_to = [name for name in _handlers(after) if "" in now or name not in wanted]
            wanted.update(dict.fromkeys(open_to, old[""]))
    for name, scopes in wanted.items():
        if name not in new or not scopes <= new[name]:
            raise EditRejected(_sentence(path, name, scopes, new.get(name)), stage="check")
    if now and not new:
        name = min(now)
        raise EditRejected(_sentence(path, name, now[name], None), stage="check")
    return {**old, **new}


def _sentence(path: str, name: str, scopes: frozenset[str], asked: frozenset[str] | None) -> str:
    what = f"the {name} of {path!r}" if name else repr(path)
    if asked is None:
        lacks, who, do = "this code is without it", "everybody", "write the decorator here"
    else:
        lacks, who, do = (
            f"this code asks for {_said(asked)} only",
            "more people",
            f"ask for {_said(scopes - asked)} here",
        )
    return (
        f"@requires({_said(scopes)}) guards {what}, and {lacks}, so {who} would reach it; {do}, too, or serve an app "
        "without it: pg.swap(app)"
    )


def _said(scopes: frozenset[str]) -> str:
    return ", ".join(map(repr, sorted(scopes))) or "[]"


def _names(target: Any) -> set[str]:
    """Return the names of a class's own attributes."""
    return {name for base in classes_of(target)[:-1] for name in body_of(base)}


def _handlers(target: Any) -> list[str]:
    """Return the methods of a class that begin to answer a client."""
    if class_kind(target) == "http":
        known = ("get", "head", "post", "put", "patch", "delete", "options")
        return [name for name in known if name in _names(target)]
    return ["on_connect"]


def _guarded(target: Any) -> dict[str, frozenset[str]]:
    target = without_partial(target)
    parts = {"": target}
    if is_a(target, type):
        parts = {name: value for base in reversed(classes_of(target)) for name, value in body_of(base).items()}
    found = {name: _scopes(part) for name, part in parts.items()}
    return {name: scopes for name, scopes in found.items() if scopes is not None}


def _scopes(function: Any) -> frozenset[str] | None:
    """Return the scopes of all the decorators of a function; None if there are none."""
    found = None
    for _ in range(LAYERS):
        if (attribute(function, "__globals__") or {}).get("__name__") == REQUIRES:
            closed = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
            scopes: list[str] = next((cell.cell_contents for name, cell in closed if name == "scopes_list"), [])
            found = (found or frozenset()) | frozenset(scopes)
        function = attribute(function, "__func__") or attribute(function, "__wrapped__")
        if function is None:
            break
    return found
