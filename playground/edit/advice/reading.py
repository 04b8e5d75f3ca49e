"""What the notes read of a source: its classes, what its names stand for, and which of its code serves people."""

from __future__ import annotations

import ast
import builtins
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from playground.edit.values import path_of

Functions = ast.FunctionDef | ast.AsyncFunctionDef

_NOT_HERE = (ast.FunctionDef, ast.Lambda, ast.ClassDef)

HOOKS = ("on_connect", "on_receive", "on_disconnect")

SHOWN = 30
"""Parts of an expression that a note shows."""

SERVED = {"websocket", "ws", "request"}
"""Names of the first parameter of a function that is an endpoint."""


class Code:
    """
    A source as the notes read it.

    Args:
        tree: its syntax tree.
        knows: returns whether a name exists outside the source, such as a builtin or a name of the notebook.
        outer: returns the value of such a name; raises KeyError if it has none.
        postponed: whether annotations are not evaluated, because of the file that the source was cut out of.
    """

    def __init__(
        self,
        tree: ast.Module,
        knows: Callable[[str], bool],
        outer: Callable[[str], Any],
        postponed: bool = False,
    ) -> None:
        self.tree = tree
        self.knows = knows
        self.outer = outer
        self.postponed = postponed
        self.nodes = list(ast.walk(tree))
        self.classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        self.functions = {node.name: node for node in tree.body if isinstance(node, Functions)}

    @cached_property
    def bindings(self) -> Counter[str]:
        """How often the source binds each name, in whichever scope."""
        return Counter(name for node in self.nodes for name in bound_by(node))

    @cached_property
    def imports(self) -> dict[str, str]:
        """What the imported names stand for, such as "time.sleep"."""
        found: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for one in node.names:
                    found[one.asname or one.name.partition(".")[0]] = one.name if one.asname else one.name.split(".")[0]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
        return found

    @cached_property
    def _imported(self) -> Counter[str]:
        nodes = [node for node in self.nodes if isinstance(node, ast.Import | ast.ImportFrom)]
        return Counter(name for node in nodes for name in bound_by(node))

    def dotted(self, node: ast.AST) -> str:
        """Return what an expression stands for, such as "time.sleep"; empty when that is not certain."""
        first, attributes = chain(node)
        start = self._stands_for(first.id) if isinstance(first, ast.Name) else ""
        return ".".join((start, *attributes)) if start else ""

    def _stands_for(self, name: str) -> str:
        if name in self.bindings:
            # A name that is also assigned somewhere, or a parameter, may be that.
            only_imported = self.bindings[name] == self._imported[name]
            return self.imports.get(name, "") if only_imported else ""
        return self._outer_dotted(name)

    def _outer_dotted(self, name: str) -> str:
        try:
            value = self.outer(name)
        except KeyError:
            return ""
        if vars(builtins).get(name) is value:
            return f"builtins.{name}"
        return path_of(value) or f"{path_of(type(value))}()"

    @cached_property
    def set_attributes(self) -> set[str]:
        """The names of attributes that code sets, on whatever object."""
        return {one.attr for one in self.nodes if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store)}

    # Classes

    @cached_property
    def class_around(self) -> dict[ast.AST, ast.ClassDef]:
        """The class at the top of the source that each node inside one belongs to."""
        return {node: cls for cls in self.classes.values() for node in ast.walk(cls)}

    def family(self, cls: ast.ClassDef) -> list[ast.ClassDef]:
        """Return a class and those of its bases that are in this source, the class first."""
        found = [cls]
        for one in found:
            bases = [self.classes.get(base.id) for base in one.bases if isinstance(base, ast.Name)]
            found += [base for base in bases if base is not None and base not in found]
        return found

    def bases(self, cls: ast.ClassDef) -> set[str]:
        """Return the last names of a class's bases, those of its bases in this source included."""
        exprs = [base for one in self.family(cls) for base in one.bases]
        return {base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in exprs}

    @cached_property
    def endpoints(self) -> list[ast.ClassDef]:
        """The WebSocket endpoint classes."""
        return [cls for cls in self.classes.values() if self._is_endpoint(cls)]

    def _is_endpoint(self, cls: ast.ClassDef) -> bool:
        bases = self.bases(cls)
        if "WebSocketEndpoint" in bases:
            return True
        # A base from elsewhere may be one; then the class has at least one hook.
        foreign = bases - self.classes.keys() - {"HTTPEndpoint", "object", ""}
        return bool(foreign) and any(
            isinstance(method, ast.AsyncFunctionDef) and method.name in HOOKS for method in own_methods(cls)
        )

    def is_all_here(self, cls: ast.ClassDef) -> bool:
        """Return whether everything that a class inherits is known: it is in this source, or Starlette's."""
        return self.bases(cls) <= {*self.classes, "WebSocketEndpoint", "object", "Generic"}

    def method(self, cls: ast.ClassDef, name: str) -> Functions | None:
        """Return the method that an instance has under a name, if it is in this source."""
        found = (method for one in self.family(cls) for method in own_methods(one) if method.name == name)
        return next(found, None)

    # What serves people

    @cached_property
    def served(self) -> list[ast.AsyncFunctionDef]:
        """The coroutine functions that run on the server's loop: hooks, endpoints, and what they call."""
        named: dict[str, list[ast.AsyncFunctionDef]] = {}
        for node in self.nodes:
            if isinstance(node, ast.AsyncFunctionDef):
                named.setdefault(node.name, []).append(node)
        found = [one for nodes in named.values() for one in nodes if one in self._roots]
        for one in found:
            names = {getattr(node, "id", None) or getattr(node, "attr", None) for node in ast.walk(one)}
            found += [callee for name in names if name for callee in named.get(name, []) if callee not in found]
        return found

    @cached_property
    def _roots(self) -> set[Functions]:
        http = [cls for cls in self.classes.values() if "HTTPEndpoint" in self.bases(cls)]
        methods = [
            method for cls in [*self.endpoints, *http] for one in self.family(cls) for method in own_methods(one)
        ]
        functions = [one for one in self.functions.values() if one.decorator_list or _first(one) in SERVED]
        return {*methods, *functions}


def chain(node: ast.AST) -> tuple[ast.AST, list[str]]:
    """Return what a chain of attributes such as `a.b.c` begins with, and the attributes."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    return node, attributes[::-1]


def written(node: ast.expr) -> str:
    """Return an expression as it is written, to be shown; what is long or nested is shortened."""
    first, attributes = chain(node)
    names = [first.id] if isinstance(first, ast.Name) else ["…" if _is_long(first) else ast.unparse(first)]
    return ".".join(names + attributes)


def _is_long(node: ast.AST) -> bool:
    return sum(1 for _ in itertools.islice(ast.walk(node), SHOWN + 1)) > SHOWN


def own_methods(cls: ast.ClassDef) -> Iterator[Functions]:
    """Yield the methods in a class's own body."""
    return (node for node in cls.body if isinstance(node, Functions))


def parameters(function: Functions | ast.Lambda) -> list[ast.arg]:
    """Return all parameters of a function."""
    args = function.args
    rest = [one for one in (args.vararg, args.kwarg) if one]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *rest]


def attributes(method: ast.AST, context: type[ast.expr_context], first: str) -> list[tuple[str, int]]:
    """Return the attributes of a name that code reads or sets, with their lines."""
    return [
        (node.attr, node.lineno)
        for node in ast.walk(method)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == first
        and isinstance(node.ctx, context)
    ]


def self_of(method: Functions) -> str:
    """Return the name of a method's first parameter, such as "self"; empty if it has none."""
    found = [*method.args.posonlyargs, *method.args.args]
    return found[0].arg if found else ""


def bound_by(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node itself binds, without the nodes inside it."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, Functions | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from ((one.asname or one.name).partition(".")[0] for one in node.names)
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest
    elif type(node).__name__ in ("TypeVar", "ParamSpec", "TypeVarTuple"):
        # Python 3.12 has them: def first[T](values: list[T]).
        yield str(getattr(node, "name", ""))


def walk_here(function: ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """Walk what runs on the loop with a coroutine function: not its plain functions, which may run in a thread."""
    waiting: list[ast.AST] = [one for one in function.body if not isinstance(one, _NOT_HERE)]
    yield from list(waiting)
    while waiting:
        inside = ast.iter_child_nodes(waiting.pop())
        here = [child for child in inside if not isinstance(child, _NOT_HERE)]
        yield from here
        waiting += here


def fingerprint(node: ast.AST) -> list[object]:
    """Return what tells two pieces of code apart, whatever their formatting and comments."""
    # `ast.dump` would call itself for each level, and so fail for a sum of a thousand terms.
    found: list[object] = []
    for one in ast.walk(node):
        found.append(type(one))
        for field, value in ast.iter_fields(one):
            if isinstance(value, list):
                found.append((field, len(value)))
            elif not isinstance(value, ast.AST):
                found.append((field, type(value), value))
    return found


def _first(function: Functions) -> str:
    """Return "websocket" or "request" for a function whose first parameter is one, by its annotation or name."""
    found = [*function.args.posonlyargs, *function.args.args]
    if not found:
        return ""
    annotation = found[0].annotation
    said = annotation.attr if isinstance(annotation, ast.Attribute) else getattr(annotation, "id", "")
    return {"WebSocket": "websocket", "Request": "request"}.get(said, found[0].arg)
