"""
What stood around a class or function where it was defined, for source that is cut out of its file and edited.

    from __future__ import annotations       compiler flags
    limits = {}                              the module's names

    def create_app(db):                      variables of a function around it: cells, shared by all versions
        class Chat(WebSocketEndpoint): …     the source
"""

from __future__ import annotations
import __future__

import ast
import builtins
import copy
from collections import ChainMap, Counter
from collections.abc import Iterable, Iterator, Mapping
from types import CellType, FunctionType
from typing import Any

from playground.edit.source.definitions import FUTURE_FLAGS, FoundSource, functions_in, future_flags, names_of_module

POSTPONED = __future__.annotations.compiler_flag


class Names(dict[str, Any]):
    """
    What stands for the builtins in a module of ours: builtins, more names that it may use, and those around it.

    The latter are looked up each time they are used, as in the notebook or the module itself.
    """

    def __init__(self, around: Mapping[str, Any], **more: Any) -> None:
        super().__init__(vars(builtins), **more)
        self._around = around
        if isinstance(around, Surroundings):
            # What a file or a function calls by the name of a builtin is its own.
            for name in [name for name in self if not name.startswith("__") and name in around]:
                del self[name]

    def knows(self, name: str) -> bool:
        """Return whether a name exists."""
        return name in self or name in self._around

    def peek(self, name: str) -> Any:
        """Return the value of a name, without making what a function around it has made; raises KeyError."""
        if isinstance(self._around, Surroundings) and self._around.has_to_make(name):
            raise KeyError(name)
        return self[name]

    def __missing__(self, name: str) -> Any:
        return self._around[name]


class Surroundings(Mapping[str, Any]):
    """
    The names that a definition could use where it was, looked up anew at each use.

    Args:
        names: the module's.
        flags: what the module's `from __future__` sets.
        cells: variables of the functions around it that it used later.
        read: the values of variables that only the definition itself read, while it was made.
        remade: statements that make further variables again.
        local: all variables of the functions around it; those that are in none of the above are lost.
        factory: the innermost of those functions.
        filename: where they are.
    """

    def __init__(
        self,
        names: Mapping[str, Any],
        flags: int = 0,
        cells: Mapping[str, CellType] | None = None,
        read: Mapping[str, Any] | None = None,
        remade: Mapping[str, ast.stmt] | None = None,
        local: Iterable[str] = (),
        factory: str = "",
        filename: str = "",
    ) -> None:
        self.names = names
        self.flags = flags
        self.cells = cells or {}
        self.factory = factory
        self.filename = filename
        self._read = dict(read or {})
        self._remade = remade or {}
        self._local = frozenset(local)

    def __getitem__(self, name: str) -> Any:
        if name in self.cells:
            try:
                return self.cells[name].cell_contents
            except ValueError:
                # Not assigned yet, or deleted.
                raise KeyError(name) from None
        if self.has_to_make(name):
            self._make(name)
        if name in self._read:
            return self._read[name]
        if name in self._local:
            # A name of the module that is spelt the same is another one.
            raise KeyError(name)
        return self.names[name]

    def has_to_make(self, name: str) -> bool:
        """Return whether a variable has no value yet, and a statement runs for it at its first use."""
        return name in self._remade and name not in self._read

    def _make(self, name: str) -> None:
        tree = ast.Module([self._remade[name]], [])
        own = ("__name__", "__package__", "__spec__", "__file__")
        made = {key: self.names[key] for key in own if key in self.names} | {"__builtins__": Names(self)}
        try:
            exec(compile(tree, self.filename, "exec", flags=self.flags, dont_inherit=True), made)
        except SyntaxError:
            # It rebinds a variable of the function with `nonlocal`.
            return
        self._read.setdefault(name, made[name])

    def __contains__(self, name: object) -> bool:
        if name in self._remade:
            return True
        try:
            self[name]  # type: ignore[index]  # a name of any type is simply not there
        except KeyError:
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        return (name for name in dict.fromkeys((*self.cells, *self._read, *self._remade, *self.names)) if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @property
    def postpones_annotations(self) -> bool:
        """Whether annotations are not evaluated."""
        return bool(self.flags & POSTPONED)

    def why_missing(self, error: BaseException) -> str | None:
        """Return why a name is not there and what to do, if it was a variable of a function that has returned."""
        if not isinstance(error, NameError) or error.name not in self._local or error.name in self.cells:
            return None
        return (
            f"{error.name!r} was a variable of {self.factory}(), which has returned, and no method kept it; assign "
            f"{error.name} in this source, or use it in a method in the file and start the app again"
        )


def with_more(around: Mapping[str, Any], more: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return names with some that were lost, such as an app that a function has made."""
    if not isinstance(around, Surroundings):
        return ChainMap(dict(more), around)  # type: ignore[arg-type]  # only read
    found = copy.copy(around)
    found._read = {**around._read, **more}
    return found


def surroundings_of(target: Any, found: FoundSource | None) -> Surroundings:
    """Return what stood around a class or function, as far as that is known without its source or with it."""
    own = functions_in(target)
    if isinstance(target, type):
        own = [one for one in own if one.__code__.co_qualname.startswith(f"{target.__qualname__}.")]
    module = own[0].__globals__ if own else names_of_module(target)
    flags = own[0].__code__.co_flags & FUTURE_FLAGS if own else future_flags(module)
    cells = {name: cell for function in own for name, cell in _cells(function) if name != "__class__"}
    if found is None or not found.around:
        return Surroundings(module, flags, cells)
    codes = [one.code for one in found.around]
    local = {name for code in codes for name in (*code.co_varnames, *code.co_cellvars)}
    for code in codes:
        # Wrappers that were made by a decorator of the same function share its variables.
        inside = f"{code.co_qualname}.<locals>."
        shared = [one for one in functions_in(target) if one.__code__.co_qualname.startswith(inside)]
        cells = {name: cell for one in shared for name, cell in _cells(one) if name in code.co_cellvars} | cells
    read = {name: value for name, value in _read_once(target, found.node) if name in local}
    remade = {name: node for one in found.around if one.node for name, node in _repeatable(one.node).items()}
    return Surroundings(module, flags, cells, read, remade, local, codes[-1].co_name, found.filename)


def _cells(function: FunctionType) -> Iterator[tuple[str, CellType]]:
    return zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)


def _repeatable(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, ast.stmt]:
    """Return the statements that make functions, imports and constants of a function, if nothing else assigns them."""
    bound = Counter(_bindings(function))
    made: dict[str, ast.stmt] = {}
    for node in function.body:
        names: list[str] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.decorator_list:
            # A decorator may do more than make a function, such as register it.
            names = [node.name]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [_name_of(alias) for alias in node.names]
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        made.update({name: node for name in names if bound[name] == 1})
    return made


def _bindings(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """Yield the variables of a function, each as often as it is assigned."""
    for one in ast.walk(function):
        if isinstance(one, ast.Nonlocal):
            yield from one.names
    waiting: list[ast.AST] = [function.args, *function.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield _name_of(node)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name
        waiting += ast.iter_child_nodes(node)


def _name_of(alias: ast.alias) -> str:
    return (alias.asname or alias.name).partition(".")[0]


def _read_once(target: Any, node: ast.AST | None) -> Iterator[tuple[str, Any]]:
    """Yield names that a definition read when it was made and whose values are in it: bases, attributes, defaults."""
    if isinstance(node, ast.ClassDef):
        bases = getattr(target, "__orig_bases__", target.__bases__)
        if len(bases) == len(node.bases):
            yield from _pairs(node.bases, bases)
        for inner in node.body:
            value = vars(target).get(getattr(inner, "name", ""))
            if isinstance(inner, ast.Assign) and isinstance(inner.targets[0], ast.Name):
                name = inner.targets[0].id
                yield from _pairs([inner.value], [vars(target)[name]] if name in vars(target) else [])
            elif isinstance(value, FunctionType):
                yield from _read_once(value, inner)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and isinstance(target, FunctionType):
        yield from _pairs(node.args.defaults, target.__defaults__ or ())
        named = target.__kwdefaults__ or {}
        known = [
            (default, named[arg.arg])
            for arg, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            if default and arg.arg in named
        ]
        yield from _pairs([default for default, _ in known], [value for _, value in known])


def _pairs(written: Iterable[ast.expr], values: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for expression, value in zip(written, values, strict=False):
        if isinstance(expression, ast.Name):
            yield expression.id, value
