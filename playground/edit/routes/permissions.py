"""Whether new code still asks for the permissions that Starlette's `requires` asked for before."""

from __future__ import annotations

from typing import Any

from playground.common.errors import EditRejected
from playground.edit.foreign import LAYERS, attribute, without_partial
from playground.edit.values import body_of, classes_of, is_a

REQUIRES = "starlette.authentication"
"""The module of the decorator."""


def check_permissions(path: str, before: Any, after: Any) -> None:
    """
    Refuse code without the `@requires(…)` that guards a path; the text of a decorator that stays is no concern here.

    Raises:
        EditRejected: everybody would reach the new code.
    """
    old, new = _guarded(before), _guarded(after)
    if not old or (new and all(name in new for name in old if name in _names(after))):
        return
    lost = min(name for name in old if name not in new)
    what = f"the {lost} of {path!r}" if lost else repr(path)
    raise EditRejected(
        f"@requires({old[lost]}) guards {what}, and this code is without it, so everybody would reach it; write the "
        "decorator here, too, or serve an app without it: pg.swap(app)",
        stage="check",
    )


def _names(target: Any) -> set[str]:
    """Return the names of a class's own attributes, and "" for the function itself."""
    return {name for base in classes_of(target)[:-1] for name in body_of(base)} if is_a(target, type) else {""}


def _guarded(target: Any) -> dict[str, str]:
    """Return the scopes of what is guarded: of methods by name, or of the function itself, whose name is ""."""
    target = without_partial(target)
    parts = {"": target}
    if is_a(target, type):
        parts = {name: value for base in reversed(classes_of(target)) for name, value in body_of(base).items()}
    found = {name: _scopes(part) for name, part in parts.items()}
    return {name: scopes for name, scopes in found.items() if scopes is not None}


def _scopes(function: Any) -> str | None:
    for _ in range(LAYERS):
        if (attribute(function, "__globals__") or {}).get("__name__") == REQUIRES:
            closed = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
            scopes: list[str] = next((cell.cell_contents for name, cell in closed if name == "scopes_list"), [])
            return ", ".join(map(repr, scopes))
        function = attribute(function, "__wrapped__")
        if function is None:
            return None
    return None
