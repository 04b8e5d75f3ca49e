"""A note on a function that people are moved into, where the one that they left has told others of their WebSocket."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from playground.edit.advice.reading import Functions, written
from playground.edit.notes import Note

REGISTERS = re.compile(r"(connect|join|register|subscribe|add|append|enter|insert)(_|$)")
"""Names of calls that let others know a WebSocket."""

LOOPS = (ast.While, ast.For, ast.AsyncFor)
OTHERS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def runs_again(source: str, name: str, left: str, left_name: str, version: int) -> Note | None:
    """
    Return a note if a function does once more what the one that was left did with the WebSocket, and did not undo.

    Args:
        source, name: of the function that is entered.
        left, left_name: of the one that was left.
        version: the number of that.
    """
    now, before = _function(source, name), _function(left, left_name)
    if now is None or before is None or _cleans_up(before):
        return None
    known = {written(call.func) for call in _registering(before)}
    again = next((call for call in _registering(now) if written(call.func) in known), None)
    if again is None:
        return None
    why = f"v{version} has no `finally`" if _cleans_up(now) else "put the clean-up into `finally`"
    return Note(
        "runs-again",
        f"{name} runs again from its first line: what it did with {_websocket(now)} before ({written(again.func)}) is "
        f"done twice; {why}",
        again.lineno,
    )


def _function(source: str, name: str) -> Functions | None:
    """Return the function of that name, if there is only one."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError):
        return None
    found = [node for node in nodes if isinstance(node, Functions) and node.name == name]
    return found[0] if len(found) == 1 else None


def _websocket(function: Functions) -> str | None:
    """Return the name of the parameter that is the WebSocket."""
    parameters = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    annotated = [one.arg for one in parameters if one.annotation and _last_name(one.annotation) == "WebSocket"]
    plain = [one.arg for one in parameters[:1] if one.annotation is None]
    return next(iter((*annotated, *plain)), None)


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _cleans_up(function: Functions) -> bool:
    """Return whether something of it runs however it is left."""
    for node in ast.walk(function):
        if isinstance(node, ast.Try | ast.TryStar) and node.finalbody:
            return True
        if isinstance(node, ast.ExceptHandler) and (node.type is None or _last_name(node.type) == "BaseException"):
            return True
    return False


def _registering(function: Functions) -> list[ast.Call]:
    """Return the calls before its first loop that let others know its WebSocket."""
    name = _websocket(function)
    return [
        call
        for call in _calls(function.body)
        if REGISTERS.match(_last_name(call.func))
        and any(isinstance(one, ast.Name) and one.id == name for one in call.args)
        and not (isinstance(call.func, ast.Attribute) and _last_name(call.func.value) == name)
    ]


def _calls(body: Sequence[ast.stmt]) -> Iterator[ast.Call]:
    """Yield the calls that are certainly made before the first loop, except those whose `with` undoes them."""
    for statement in body:
        if isinstance(statement, LOOPS):
            return
        if isinstance(statement, ast.Try | ast.TryStar | ast.With | ast.AsyncWith):
            yield from _calls(statement.body)
        elif not isinstance(statement, (*OTHERS, ast.If, ast.Match)):
            yield from (node for node in ast.walk(statement) if isinstance(node, ast.Call))
        if any(isinstance(node, LOOPS) for node in ast.walk(statement)):
            return
