"""Notes on the methods of an endpoint: misspelt hooks, and a `dispatch` of its own."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator

from playground.edit.advice.reading import HOOKS, Code, own_methods
from playground.edit.notes import Note

OTHERS = {"onmessage": "on_receive", "onopen": "on_connect", "onclose": "on_disconnect", "ondata": "on_receive"}
"""What other frameworks call the hooks."""


def own_dispatch(code: Code) -> Iterator[Note]:
    """Yield a note on each endpoint class with a `dispatch` of its own."""
    for cls in code.endpoints:
        for method in own_methods(cls):
            if method.name == "dispatch":
                yield Note(
                    "own-dispatch",
                    f"{cls.name} has a dispatch of its own; open connections stay in it, on their "
                    "version, until they close",
                    method.lineno,
                )


def misspelt_hooks(code: Code) -> Iterator[Note]:
    """Yield a note on each method whose name looks like a hook's, while nothing calls it."""
    used = {node.attr for node in code.nodes if isinstance(node, ast.Attribute)}
    used |= {node.value for node in code.nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    used |= {node.id for node in code.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    # A base from elsewhere may call the method.
    for cls in filter(code.is_all_here, code.endpoints):
        for method in own_methods(cls):
            if method.name in HOOKS or method.name in used or method.decorator_list:
                continue
            meant = _meant(method.name)
            if meant and code.method(cls, meant) is None and meant not in code.bindings:
                yield Note("misspelt-hook", f"{method.name} is never called; did you mean {meant}?", method.lineno)


def _meant(name: str) -> str | None:
    plain = name.lower().replace("_", "")
    if not plain.startswith(("on", "no")) or name.startswith("_"):
        # Such as connect, which other code may call.
        return None
    hooks = {hook.replace("_", ""): hook for hook in HOOKS}
    near = difflib.get_close_matches(plain, hooks, n=1, cutoff=0.8)
    return OTHERS.get(plain) or (hooks[near[0]] if near else None)
