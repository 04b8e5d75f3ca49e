"""
A note on an `on_connect` that returns without an answer to the handshake, so that the client waits in vain.

The ways through the hook are followed. Whatever is done with the WebSocket may be the answer, because what gets it may
accept; only reading what it knows is not. Where two conditions may belong together, nothing is said.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Literal

from playground.edit.advice.reading import Code, Functions, own_methods
from playground.edit.notes import Note

PLAIN = frozenset(
    "app auth base_url client cookies headers path_params query_params scope session state url user".split()
)
"""Attributes of a WebSocket that can be read without answering the handshake."""

ANSWERS = {"accept", "close", "send", "send_denial_response"}

State = Literal["open", "unsure", "gone"]
"""At a point of the hook, the handshake is certainly open, may be answered, or the point is not reached."""


def unanswered(code: Code) -> Iterator[Note]:
    """Yield a note on each `on_connect` that certainly returns without an answer to the handshake."""
    for cls in code.endpoints:
        if not code.is_all_here(cls) or code.method(cls, "dispatch"):
            # Another dispatch may have answered already.
            continue
        for method in own_methods(cls):
            names = [*method.args.posonlyargs, *method.args.args]
            if method.name != "on_connect" or len(names) < 2 or method.decorator_list:
                continue
            line = _Ways(code, names[0].arg, names[1].arg).unanswered(method)
            if line:
                yield Note(
                    "unanswered-connect",
                    "on_connect can return without accept() or close(), and then the client waits for an answer "
                    f"that never comes; add await {names[1].arg}.accept() or .close()",
                    line,
                )


class _Ways:
    """The ways through an `on_connect`, and the lines at which one ends without an answer."""

    def __init__(self, code: Code, me: str, websocket: str) -> None:
        self._code = code
        self._me = me
        self._websocket = websocket
        # Where nothing in the source answers, a WebSocket that is kept is not answered by whoever takes it from there.
        self._somebody_answers = any(isinstance(one, ast.Attribute) and one.attr in ANSWERS for one in code.nodes)
        self._lines: list[int] = []

    def unanswered(self, method: Functions) -> int | None:
        """Return the first line at which it returns without an answer."""
        state: State = "open"
        for index, node in enumerate(method.body):
            if isinstance(node, ast.If) and self._answers_in_one_branch(node):
                if not any(self._may_still_answer(later) for later in method.body[index + 1 :]):
                    self._lines.append(node.lineno)
            state = self._run([node])
            if state != "open":
                break
        if state == "open":
            self._lines.append(method.lineno)
        return min(self._lines, default=None)

    def _may_still_answer(self, node: ast.stmt) -> bool:
        return self._touches(node) or any(isinstance(one, ast.Raise) for one in ast.walk(node))

    def _answers_in_one_branch(self, node: ast.If) -> bool:
        asks_for_state = any(
            "state" in name or "accept" in name or "connect" in name
            for one in ast.walk(node.test)
            for name in (str(getattr(one, "attr", "")), str(getattr(one, "id", "")))
        )
        quiet = _Ways(self._code, self._me, self._websocket)
        ways = {quiet._run(node.body), quiet._run(node.orelse)}
        return ways == {"open", "unsure"} and not asks_for_state and not self._touches(node.test)

    def _run(self, body: Sequence[ast.stmt]) -> State:
        """Follow a body that begins unanswered; return how its end is reached."""
        for node in body:
            state = self._step(node)
            if state != "open":
                return state
        return "open"

    def _step(self, node: ast.stmt) -> State:
        match node:
            case ast.Return():
                if not self._touches(node):
                    self._lines.append(node.lineno)
                return "gone"
            case ast.Raise():
                return "gone"
            case ast.If():
                return self._if(node)
            case ast.With() | ast.AsyncWith():
                return "unsure" if self._touched(node.items) else self._run(node.body)
            case ast.Try() | ast.TryStar():
                return self._try(node)
            case ast.For() | ast.AsyncFor() | ast.While():
                return self._loop(node)
            case ast.Match():
                if self._touches(node.subject):
                    return "unsure"
                ways = [self._run(case.body) for case in node.cases]
                return _joined("open", *ways)
        return "unsure" if self._touches(node) else "open"

    def _if(self, node: ast.If) -> State:
        ways: list[State] = []
        # A chain of `elif` may be longer than Python's stack is high.
        while not self._touches(node.test):
            ways.append(self._run(node.body))
            if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
                return _joined(*ways, self._run(node.orelse))
            node = node.orelse[0]
        return _joined(*ways, "unsure")

    def _try(self, node: ast.Try | ast.TryStar) -> State:
        if self._touched(node.finalbody):
            return "unsure"
        ways = [self._run([*node.body, *node.orelse])]
        if not self._touched(node.body):
            ways += [self._run(handler.body) for handler in node.handlers]
        return _joined(*ways) if not self._touched(node.body) else "unsure"

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While) -> State:
        if self._touches(node):
            return "unsure"
        self._run([*node.body, *node.orelse])
        for_ever = isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and bool(node.test.value)
        return "gone" if for_ever and not any(isinstance(one, ast.Break) for one in ast.walk(node)) else "open"

    def _touched(self, nodes: Sequence[ast.AST]) -> bool:
        return any(map(self._touches, nodes))

    def _touches(self, node: ast.AST) -> bool:
        """Return whether code may answer."""
        parents = {child: parent for parent in ast.walk(node) for child in ast.iter_child_nodes(parent)}
        for one in ast.walk(node):
            if isinstance(one, ast.Name):
                if one.id == self._websocket and not self._only_reads(one, parents):
                    return True
                # A method of the object may know the WebSocket, and so does what makes one of `self.send`.
                if one.id == self._me and self._calls_or_hands_on(one, parents):
                    return True
                if one.id in ("super", "WebSocket"):
                    return True
        return False

    def _calls_or_hands_on(self, name: ast.Name, parents: dict[ast.AST, ast.AST]) -> bool:
        parent = parents.get(name)
        if not isinstance(parent, ast.Attribute):
            return True
        called = parents.get(parent)
        return parent.attr in ("send", "receive", "scope") or (isinstance(called, ast.Call) and called.func is parent)

    def _only_reads(self, name: ast.Name, parents: dict[ast.AST, ast.AST]) -> bool:
        parent = parents.get(name)
        if isinstance(parent, ast.Attribute):
            return parent.attr in PLAIN
        return not self._somebody_answers and self._keeps(name, parent)

    def _keeps(self, name: ast.Name, parent: ast.AST | None) -> bool:
        """Return whether the WebSocket is only put into something that this source makes."""
        place: ast.AST | None = None
        if isinstance(parent, ast.Call) and name in parent.args and isinstance(parent.func, ast.Attribute):
            place = parent.func.value if parent.func.attr in ("add", "append") else None
        elif isinstance(parent, ast.Assign) and len(parent.targets) == 1:
            place = parent.targets[0]
        while isinstance(place, ast.Attribute | ast.Subscript):
            place = place.value
        return isinstance(place, ast.Name) and place.id in self._code.bindings


def _joined(*ways: State) -> State:
    reached = {way for way in ways if way != "gone"}
    if not reached:
        return "gone"
    return "open" if reached == {"open"} else "unsure"
