"""Which endpoint a module defines, and whether Starlette can run it."""

from __future__ import annotations

import ast
import inspect
import types
from typing import Any, Literal, get_type_hints

from starlette import endpoints, requests, websockets

from playground.common.errors import EditRejected
from playground.edit.keeping.shapes import Own

Kind = Literal["websocket", "http"]

HOOK_ARGUMENTS = {"on_connect": 1, "on_receive": 2, "on_disconnect": 2}


def find_endpoint(module: types.ModuleType, tree: ast.Module) -> Any:
    """Return the one endpoint the module defines; classes come before functions."""
    own = Own((module.__name__,))
    defined = [value for value in module.__dict__.values() if own.has(value)]
    classes = [one for one in defined if isinstance(one, type) and class_kind(one)]
    leaves = [one for one in classes if not any(other is not one and issubclass(other, one) for other in classes)]
    leaves = list(dict.fromkeys(leaves))
    found: list[Any] = leaves or [one for one in defined if inspect.isfunction(one) and _function_kind(one)]
    if len(found) == 1:
        return found[0]
    if found:
        names = " and ".join(sorted(one.__name__ for one in found))
        line = _line_of(tree, found[1].__name__)
        raise EditRejected(
            f"{names} are both endpoints; keep one here and give the other a path of its own",
            stage="check",
            line=line,
        )
    raise EditRejected(_nothing_found(tree), stage="check", line=None)


def _nothing_found(tree: ast.Module) -> str:
    wanted = (
        "write a class based on WebSocketEndpoint or HTTPEndpoint, "
        "or an async function whose parameter is `websocket` or `request`"
    )
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    there = ", ".join(classes + functions)
    return f"no endpoint among {there}; {wanted}" if there else f"the source defines no endpoint; {wanted}"


def class_kind(cls: type) -> Kind | None:
    """Return what an endpoint class serves, or None for another class."""
    if issubclass(cls, endpoints.WebSocketEndpoint):
        return "websocket"
    if issubclass(cls, endpoints.HTTPEndpoint):
        return "http"
    return None


def _function_kind(function: Any) -> Kind | None:
    """Return what a function serves, by its first parameter's annotation or name; None if neither says so."""
    parameters = list(inspect.signature(function).parameters.values())
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    if not parameters or any(p.default is p.empty and p.kind not in optional for p in parameters[1:]):
        return None
    try:
        annotation = get_type_hints(function).get(parameters[0].name)
    except Exception:
        # A hint that cannot be resolved is not an error here; the parameter's name may be enough.
        annotation = None
    if isinstance(annotation, type) and issubclass(annotation, websockets.WebSocket):
        return "websocket"
    if isinstance(annotation, type) and issubclass(annotation, requests.Request):
        return "http"
    by_name: dict[str, Kind] = {"websocket": "websocket", "ws": "websocket", "request": "http"}
    return by_name.get(parameters[0].name)


def check(target: Any, tree: ast.Module | None = None) -> Kind:
    """
    Check that Starlette can run an endpoint, and return what it serves.

    Starlette awaits the hooks, so a plain `def on_receive` would fail only at the first message.

    Raises:
        EditRejected: not an endpoint, a hook that is not `async def` or takes other arguments, a bad `encoding`.
    """
    if isinstance(target, type) and (kind := class_kind(target)):
        if kind == "websocket":
            _check_hooks(target, tree)
        return kind
    if inspect.isroutine(target) and (kind := _function_kind(target)):
        if kind == "websocket" and not inspect.iscoroutinefunction(target):
            raise EditRejected(f"{target.__name__} has to be `async def`: Starlette awaits it", stage="check")
        return kind
    raise EditRejected(
        f"{target!r} is not an endpoint; give a WebSocketEndpoint or HTTPEndpoint class, "
        "or an async function whose parameter is `websocket` or `request`",
        stage="check",
    )


def _check_hooks(cls: Any, tree: ast.Module | None) -> None:
    if cls.encoding not in (None, "text", "bytes", "json"):
        line = _line_of(tree, cls.__name__, "encoding")
        raise EditRejected(
            f"encoding = {cls.encoding!r}; it can be None, 'text', 'bytes' or 'json'",
            stage="check",
            line=line,
        )
    for hook, count in HOOK_ARGUMENTS.items():
        function = getattr(cls, hook)
        if not _is_plain(cls, hook):
            # A decorated hook is not checked: the decorator may return something that can be awaited.
            continue
        line = _line_of(tree, cls.__name__, hook)
        if not inspect.iscoroutinefunction(function):
            message = f"{hook} has to be `async def {hook}`: Starlette awaits it"
            raise EditRejected(message, stage="check", line=line)
        try:
            inspect.signature(function).bind(*[None] * (count + 1))
        except TypeError as error:
            arguments = {"on_connect": "websocket", "on_receive": "websocket, data"}.get(hook, "websocket, close_code")
            message = f"{hook} is called as {hook}(self, {arguments}): {error}"
            raise EditRejected(message, stage="check", line=line) from None


def _is_plain(cls: type, hook: str) -> bool:
    """Return whether a hook is a plain function without a decorator."""
    for base in cls.__mro__:
        if hook in vars(base):
            value = vars(base)[hook]
            return inspect.isfunction(value) and value.__name__ == hook and not hasattr(value, "__wrapped__")
    return False


def _line_of(tree: ast.Module | None, *names: str) -> int | None:
    """Return the line where a name is defined, names being nested from the outside in."""
    body: list[ast.stmt] = tree.body if tree else []
    line = None
    for name in names:
        for node in body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            if getattr(node, "name", None) == name or any(isinstance(t, ast.Name) and t.id == name for t in targets):
                line = node.lineno
                body = getattr(node, "body", [])
                break
        else:
            return None
    return line
