"""Notes on coroutines that nothing awaits, so that what they should do never happens."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from playground.edit.advice.reading import HOOKS, Code, walk_here, written
from playground.edit.advice.values import Values
from playground.edit.notes import Note

SENDS = ("send_text", "send_bytes", "send_json", "send", "send_denial_response")
RECEIVES = ("receive", "receive_text", "receive_bytes", "receive_json")
WEBSOCKET = {name: "nothing is sent" for name in SENDS} | {name: "nothing is received" for name in RECEIVES}
WEBSOCKET |= {"accept": "nothing is accepted", "close": "nothing is closed"}
"""The coroutines of a WebSocket, and what does not happen without `await`."""

LIBRARY = {
    "asyncio.sleep": "nothing waits",
    "anyio.sleep": "nothing waits",
    "asyncio.wait_for": "nothing runs",
    "asyncio.wait": "nothing waits",
    "asyncio.to_thread": "nothing runs",
    "asyncio.open_connection": "nothing is opened",
    "asyncio.start_server": "nothing is started",
    "anyio.to_thread.run_sync": "nothing runs",
    "starlette.concurrency.run_in_threadpool": "nothing runs",
    "fastapi.concurrency.run_in_threadpool": "nothing runs",
}
"""Coroutine functions of libraries; `gather` and `create_task` are left out, which run without `await`."""


OBJECTS = {
    "asyncio.Queue()": {"put": "nothing is put", "get": "nothing is taken", "join": "nothing waits"},
    "asyncio.Event()": {"wait": "nothing waits"},
    "asyncio.Lock()": {"acquire": "nothing is locked"},
    "asyncio.Semaphore()": {"acquire": "nothing is locked"},
}
"""Coroutines of objects, by what makes them."""


def not_awaited(code: Code) -> Iterator[Note]:
    """Yield a note on each statement that only makes a coroutine."""
    values = Values(code)
    functions = _coroutine_functions(code)
    for call in _thrown_away(code):
        lost = _lost(code, values, call, functions)
        if lost:
            shown = f"{written(call.func)}(…)"
            yield Note("not-awaited", f"{shown} is not awaited, so {lost}; write await {shown}", call.lineno)


def _thrown_away(code: Code) -> Iterator[ast.Call]:
    """Yield each call whose result nothing takes: a statement of its own, or in a list that is one."""
    for node in code.nodes:
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.ListComp | ast.SetComp):
            value = value.elt
        if isinstance(value, ast.Call):
            yield value


def _lost(code: Code, values: Values, call: ast.Call, functions: set[str]) -> str:
    """Return what does not happen because a call is not awaited; empty if that is not certain."""
    function = call.func
    if isinstance(function, ast.Attribute):
        if values.is_websocket(function.value) and function.attr in WEBSOCKET:
            return WEBSOCKET[function.attr]
        known = OBJECTS.get(values.holds(function.value), {})
        if function.attr in known:
            return known[function.attr]
        if _is_coroutine_method(code, values, function):
            return "it never runs"
    if isinstance(function, ast.Name) and function.id in functions:
        return "it never runs"
    return LIBRARY.get(code.dotted(function), "")


def _coroutine_functions(code: Code) -> set[str]:
    """Return the names that stand for a coroutine function of this source and for nothing else."""
    methods = {method for cls in code.classes.values() for method in cls.body}
    found = [node for node in code.nodes if isinstance(node, ast.AsyncFunctionDef) and node not in methods]
    return {one.name for one in found if code.bindings[one.name] == 1 and _makes_coroutine(one)}


def _is_coroutine_method(code: Code, values: Values, function: ast.Attribute) -> bool:
    if function.attr in code.set_attributes:
        return False
    cls, of_super = _class_of(code, values, function)
    if cls is None:
        return False
    if of_super and function.attr in HOOKS:
        return cls in code.endpoints
    method = code.method(cls, function.attr)
    return isinstance(method, ast.AsyncFunctionDef) and not of_super and _makes_coroutine(method)


def _class_of(code: Code, values: Values, function: ast.Attribute) -> tuple[ast.ClassDef | None, bool]:
    """Return the class in this source whose object a method is called on, and whether it is called on `super()`."""
    on = function.value
    around = code.class_around.get(function)
    if isinstance(on, ast.Call) and isinstance(on.func, ast.Name) and on.func.id == "super":
        return around, True
    if isinstance(on, ast.Name) and on.id == "self":
        return around, False
    made = values.holds(on)
    return code.classes.get(made.removesuffix("()")) if made.endswith("()") else None, False


def _makes_coroutine(function: ast.AsyncFunctionDef) -> bool:
    """Return whether calling a function makes a coroutine: its decorators may do otherwise, and a generator is none."""
    plain = {"staticmethod", "classmethod", "override", "final"}
    decorators = {getattr(one, "id", getattr(one, "attr", "?")) for one in function.decorator_list}
    return decorators <= plain and not any(isinstance(node, ast.Yield) for node in walk_here(function))
