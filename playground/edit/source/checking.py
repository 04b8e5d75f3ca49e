"""Which endpoint a module defines, and whether Starlette can run it."""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Collection
from typing import Any, Literal, get_type_hints

from starlette import endpoints, requests, websockets

from playground.common.errors import EditRejected
from playground.edit.foreign import without_partial
from playground.edit.values import MISSING, derives, in_class, is_a, is_class, is_function, module_of, name_of
from playground.record.storable import storable_repr

Kind = Literal["websocket", "http"]

HOOK_ARGUMENTS = {
    "on_connect": ("websocket", 1),
    "on_receive": ("websocket, data", 2),
    "on_disconnect": ("websocket, close_code", 2),
}
"""What each hook is called with besides `self`, in words, and how many arguments that is."""


def find_endpoint(
    module: types.ModuleType, tree: ast.Module, path: str | None = None, besides: Collection[Any] = ()
) -> Any:
    """
    Return the one endpoint the module defines; classes come before functions.

    Args:
        module: the module, which has run.
        tree: its source.
        path: where the endpoint is to be, for the message.
        besides: what it defines for other paths.

    Raises:
        EditRejected: there is none, or there are several.
    """
    defined = [one for one in defined_in(module) if not any(one is other for other in besides)]
    classes = [one for one in defined if is_class(one) and class_kind(one)]
    found: list[Any] = [
        one for one in classes if not any(other is not one and derives(other, one) for other in classes)
    ]
    found = found or [one for one in defined if is_function(one) and _function_kind(one)]
    if len(found) == 1:
        return found[0]
    if found:
        names = " and ".join(sorted(map(name_of, found)))
        line = _line_of(tree, name_of(found[1]))
        which = f", or say which one is at {path!r} with an `app` or `routes` that lead there" if path else ""
        raise EditRejected(
            f"{names} are both endpoints; keep one here and give the other a path of its own{which}",
            stage="check",
            line=line,
        )
    raise EditRejected(_nothing_found(tree), stage="check", line=None)


def can_be_endpoint(value: Any) -> bool:
    """Return whether a value can be an endpoint at all."""
    return class_kind(value) is not None if is_class(value) else is_function(value)


def defined_in(module: types.ModuleType) -> list[Any]:
    """Return the classes and functions that a module defines itself, each once."""
    name = vars(module).get("__name__")
    values = [one.__func__ if is_a(one, staticmethod, classmethod) else one for one in list(vars(module).values())]
    return list({id(one): one for one in values if module_of(one) == name}.values())


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
    if derives(cls, endpoints.WebSocketEndpoint):
        return "websocket"
    if derives(cls, endpoints.HTTPEndpoint):
        return "http"
    return None


def is_routine(target: Any) -> bool:
    """Return whether Starlette calls an endpoint with a request or WebSocket, and not as an ASGI app."""
    return inspect.isroutine(without_partial(target))


def _function_kind(function: Any) -> Kind | None:
    """Return what a function serves, by its first parameter's annotation or name; None if neither says so."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    if not parameters or any(p.default is p.empty and p.kind not in optional for p in parameters[1:]):
        return None
    try:
        annotation = get_type_hints(function).get(parameters[0].name)
    except (Exception, SystemExit):
        # A hint that cannot be resolved is not an error here; the parameter's name may be enough.
        annotation = None
    if isinstance(annotation, type) and issubclass(annotation, websockets.WebSocket):
        return "websocket"
    if isinstance(annotation, type) and issubclass(annotation, requests.Request):
        return "http"
    by_name: dict[str, Kind] = {"websocket": "websocket", "ws": "websocket", "request": "http"}
    return by_name.get(parameters[0].name)


def annotated_kind(function: Any) -> Kind | None:
    """Return what a function serves by the annotation of any of its parameters, as FastAPI reads them."""
    try:
        hints = get_type_hints(function)
    except (Exception, SystemExit):
        # As in `_function_kind`.
        return None
    hints.pop("return", None)
    classes = [one for one in hints.values() if isinstance(one, type)]
    if any(issubclass(one, websockets.WebSocket) for one in classes):
        return "websocket"
    return "http" if any(issubclass(one, requests.Request) for one in classes) else None


def check(target: Any, tree: ast.Module | None = None) -> Kind:
    """
    Check that Starlette can run an endpoint, and return what it serves.

    Starlette awaits the hooks, so a plain `def on_receive` would fail only at the first message.

    Raises:
        EditRejected: not an endpoint, a hook that is not `async def` or takes other arguments, a bad `encoding`.
    """
    if is_class(target) and (kind := class_kind(target)):
        if kind == "websocket":
            _check_hooks(target, tree)
        return kind
    if is_routine(target) and (kind := _function_kind(target)):
        if kind == "websocket":
            _check_async(target)
        return kind
    raise EditRejected(
        f"{storable_repr(target)} is not an endpoint; give a WebSocketEndpoint or HTTPEndpoint class, "
        "or an async function whose parameter is `websocket` or `request`",
        stage="check",
    )


def check_function(target: Any, kind: Kind, by: str) -> None:
    """
    Check a function for a route that looks at its parameters itself, such as FastAPI's.

    Args:
        target: what was given.
        kind: what the route serves.
        by: the route's class, for the message.

    Raises:
        EditRejected: a class, or a plain function for a WebSocket.
    """
    if is_class(target):
        raise EditRejected(
            f"{name_of(target)} is a class, and this path belongs to an {by}, which calls a function "
            "with what its parameters ask for; give a function",
            stage="check",
        )
    if not callable(target):
        raise EditRejected(f"{storable_repr(target)} is not an endpoint; give a function", stage="check")
    if kind == "websocket" and is_routine(target):
        _check_async(target)


def _check_async(function: Any) -> None:
    inner = without_partial(function)
    # What a decorator has made may return something that can be awaited.
    if not inspect.iscoroutinefunction(inner) and not hasattr(inner, "__wrapped__"):
        raise EditRejected(f"{inner.__name__} has to be `async def`: Starlette awaits it", stage="check")


def _check_hooks(cls: Any, tree: ast.Module | None) -> None:
    name = name_of(cls)
    encoding = in_class(cls, "encoding")
    if not _is_encoding(encoding):
        line = _line_of(tree, name, "encoding")
        raise EditRejected(
            f"encoding = {storable_repr(encoding)}; it can be None, 'text', 'bytes' or 'json'",
            stage="check",
            line=line,
        )
    for hook, (arguments, count) in HOOK_ARGUMENTS.items():
        function = in_class(cls, hook)
        if not _is_plain(function, hook):
            # A decorated hook is not checked: the decorator may return something that can be awaited.
            continue
        line = _line_of(tree, name, hook)
        if not inspect.iscoroutinefunction(function):
            message = f"{hook} has to be `async def {hook}`: Starlette awaits it"
            raise EditRejected(message, stage="check", line=line)
        _check_arguments(function, hook, arguments, count, line)
    on_swap = in_class(cls, "on_swap")
    if _is_plain(on_swap, "on_swap"):
        line = _line_of(tree, name, "on_swap")
        if inspect.iscoroutinefunction(on_swap) or inspect.isasyncgenfunction(on_swap):
            message = "on_swap has to be a plain `def on_swap`: it runs between two hooks, where nothing can be awaited"
            raise EditRejected(message, stage="check", line=line)
        if inspect.isgeneratorfunction(on_swap):
            message = "on_swap is a generator, because of its `yield`: nothing would run it; leave the `yield` out"
            raise EditRejected(message, stage="check", line=line)
        _check_arguments(on_swap, "on_swap", "old, new", 2, line)


def _is_encoding(value: Any) -> bool:
    if is_a(value, str):
        return str.__str__(value) in ("text", "bytes", "json")
    # What is computed for each connection, such as a property, is not known here.
    return value is None or in_class(type(value), "__get__") is not MISSING


def _check_arguments(function: Any, hook: str, arguments: str, count: int, line: int | None) -> None:
    try:
        inspect.signature(function).bind(*[None] * (count + 1))
    except TypeError as error:
        message = f"{hook} is called as {hook}(self, {arguments}): {error}"
        raise EditRejected(message, stage="check", line=line) from None


def _is_plain(value: Any, hook: str) -> bool:
    """Return whether a hook is a plain function without a decorator."""
    return is_function(value) and value.__name__ == hook and not hasattr(value, "__wrapped__")


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
