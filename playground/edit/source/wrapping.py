"""Whether a method or function was wrapped after its definition ran, so that its text is not all that runs."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Sequence
from types import CodeType, FunctionType
from typing import Any

LAYERS = 100
"""Wrappers around a function that are looked through."""

WRAPS_NOTHING = frozenset(
    ("abstractmethod", "classmethod", "final", "no_type_check", "overload", "override", "property", "staticmethod")
)
"""Decorators that put no wrapper around a function."""

REGISTERS = frozenset(
    ("api_route", "delete", "get", "head", "options", "patch", "post", "put", "route", "trace", "websocket")
) | {"websocket_route"}
"""Methods of apps and routers that are decorators and return the function as it is."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_wrapped_elsewhere(target: Any, node: ast.AST) -> bool:
    """Return whether a function has more wrappers than its definition has decorators that may have made them."""
    return isinstance(node, Function) and len(_wrappers(target, node.name)) > _decorators(node)


def has_wrapped_method(cls: type, node: ast.ClassDef, bound: Sequence[str]) -> bool:
    """
    Return whether a method of a class has a wrapper that nothing in the class's definition has made.

    Args:
        cls: the class.
        node: its definition.
        bound: the names that its body binds, as often as it does.
    """
    own = {_name(name) for one in (*node.decorator_list, *node.keywords, *node.bases) for name in _parts(one)}
    own |= {base.__name__ for base in (*inspect.getmro(type(cls))[:-2], *inspect.getmro(cls)[1:-1])}
    functions = [one for one in node.body if isinstance(one, Function)]
    for name in dict.fromkeys(one.name for one in functions):
        value = vars(cls).get(name)
        # A later statement of the body may have wrapped it, as in `on_receive = logged(on_receive)`.
        made = sum(_decorators(one) for one in functions if one.name == name) + bound.count(name) - 1
        wrappers = _wrappers(value, name)
        # What a class decorator, a metaclass or `__init_subclass__` has put around it is outside of the others.
        if any(wrapper not in own for wrapper in wrappers[: max(len(wrappers) - made, 0)]):
            return True
    return False


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what may be called in an expression."""
    yield from (one for one in ast.walk(node) if isinstance(one, ast.Name | ast.Attribute))


def _name(node: ast.AST) -> str:
    return str(getattr(node, "id", None) or getattr(node, "attr", ""))


def _decorators(node: Function) -> int:
    """Return how many decorators of a function may have put a wrapper around it."""
    called = [(one.func if isinstance(one, ast.Call) else one) for one in node.decorator_list]
    plain = [one for one in called if not (isinstance(one, ast.Attribute) and one.attr in REGISTERS)]
    return sum(_name(one) not in WRAPS_NOTHING for one in plain)


def _wrappers(value: Any, name: str) -> list[str]:
    """Return the wrappers around a function of that name, from the outside in: what each was defined in."""
    found: list[str] = []
    for _ in range(LAYERS):
        if isinstance(value, classmethod | staticmethod):
            value = value.__func__
            continue
        # Read without calling anything: the value may be an object of any kind.
        inner = [inspect.getattr_static(value, one, None) for one in ("__wrapped__", "func")]
        if isinstance(value, FunctionType):
            code: CodeType = value.__code__
            if inner[0] is None and code.co_name == name:
                break
            found.append(code.co_qualname.partition(".")[0])
        elif any(one is not None for one in inner):
            found.append(type(value).__name__)
        value = next((one for one in inner if one is not None), None)
        if value is None:
            break
    return found
