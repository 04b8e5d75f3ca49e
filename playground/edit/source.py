"""
Source text -> a checked module and the endpoint it defines.

    parse  ->  run in a module of its own  ->  find the endpoint  ->  check it

Loading changes nothing that is being served: every mistake raises `EditRejected` with its stage and line.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, NamedTuple, get_type_hints

from starlette import endpoints, requests, responses, websockets

from playground.common.errors import EditRejected
from playground.edit.advice import advise
from playground.edit.keep import VALUES_NAME, KeptValues, PreviousVersion, keep
from playground.edit.parsing import compiled, not_too_deep, parse, parse_tree
from playground.record.lines import line_in

Kind = Literal["websocket", "http"]

PRELUDE: dict[str, Any] = {
    name: getattr(module, name)
    for module, names in (
        (endpoints, ("HTTPEndpoint", "WebSocketEndpoint")),
        (requests, ("Request",)),
        (responses, ("HTMLResponse", "JSONResponse", "PlainTextResponse", "RedirectResponse", "Response")),
        (responses, ("StreamingResponse",)),
        (websockets, ("WebSocket", "WebSocketDisconnect")),
    )
    for name in names
}
"""Starlette's names that an endpoint may use without importing them, so that a first cell stays short."""

HOOK_ARGUMENTS = {"on_connect": 1, "on_receive": 2, "on_disconnect": 2}


@dataclass(frozen=True)
class LoadedEndpoint:
    """An endpoint made from source and ready to be published."""

    target: Any
    """The endpoint class or function."""
    kind: Kind
    module: types.ModuleType | None
    """The module the source ran in; None if a class or function was given."""
    source: str = ""
    """The text; empty if that of a class or function cannot be found."""
    filename: str = ""
    """The file name that its code and tracebacks have."""
    first_line: int = 1
    """The line of that file at which the text begins."""
    kept: KeptValues = field(default_factory=KeptValues)
    """The names that kept their values."""
    notes: tuple[str, ...] = ()
    """Notes on the source; see `advice`."""


class _OuterNames(dict[str, Any]):
    """
    The names an endpoint's module can use besides its own: builtins, the prelude, then the notebook's.

    The notebook's names are looked up each time they are used, as in the notebook itself.
    """

    def __init__(self, notebook: Mapping[str, Any]) -> None:
        super().__init__(builtins.__dict__, **PRELUDE)
        self.notebook = notebook

    def knows(self, name: str) -> bool:
        """Return whether a name exists."""
        return name in self or name in self.notebook

    def __missing__(self, name: str) -> Any:
        return self.notebook[name]


@dataclass(frozen=True)
class _LoadedModule:
    """A module made from source."""

    module: types.ModuleType
    tree: ast.Module
    """The tree of the source as written, before `keep` rewrote it."""
    kept: KeptValues
    notes: tuple[str, ...]


def load(
    source: str,
    *,
    filename: str,
    module_name: str,
    names: Mapping[str, Any] | None = None,
    previous: PreviousVersion | None = None,
) -> LoadedEndpoint:
    """
    Return the endpoint that `source` defines.

    Args:
        source: Python code that defines one endpoint: a `WebSocketEndpoint` or `HTTPEndpoint` class, or a function
            of one parameter, `websocket` or `request`.
        filename: what tracebacks show, such as "<live /echo v3>".
        module_name: the name of the module it runs in, entered in `sys.modules` while it is needed.
        names: more names it may use, such as the notebook's.
        previous: the version it follows, whose values it keeps where it did not change them.

    Raises:
        EditRejected: it does not parse, raises while it runs, or defines no or several endpoints.
    """
    loaded = load_module(source, filename=filename, module_name=module_name, names=names, previous=previous)
    try:
        target = _find_endpoint(loaded.module, loaded.tree)
        kind = check(target, loaded.tree)
    except EditRejected:
        forget(filename, module_name)
        raise
    return LoadedEndpoint(target, kind, loaded.module, source, filename, kept=loaded.kept, notes=loaded.notes)


def load_module(
    source: str,
    *,
    filename: str,
    module_name: str,
    names: Mapping[str, Any] | None = None,
    previous: PreviousVersion | None = None,
) -> _LoadedModule:
    """Run `source` in a module of its own and return it; arguments and what is raised are those of `load`."""
    with not_too_deep():
        tree = parse(source, filename)
        known = _OuterNames(names or {})
        notes = advise(tree, previous.tree if previous else None, known.knows)
        # Parsing again is many times faster than copying the tree.
        written = parse(source, filename) if previous else tree
        kept = keep(tree, previous) if previous else KeptValues()
    _remember_source(filename, source)
    module = types.ModuleType(module_name)
    module.__file__ = filename
    module.__dict__.update({"__builtins__": known, VALUES_NAME: kept.values})
    sys.modules[module_name] = module
    try:
        _execute(tree, filename, module)
    except BaseException:
        forget(filename, module_name)
        raise
    return _LoadedModule(module, written, kept, tuple(notes))


def _execute(tree: ast.Module, filename: str, module: types.ModuleType) -> None:
    code = compiled(tree, filename)
    try:
        exec(code, module.__dict__)
    except KeyboardInterrupt:
        raise EditRejected("interrupted while the source ran; nothing changed", stage="run") from None
    except BaseException as error:
        line = line_in(error, {filename: (0, 0, sys.maxsize)})
        raise EditRejected(f"{type(error).__name__}: {error}", stage="run", line=line) from error


def _find_endpoint(module: types.ModuleType, tree: ast.Module) -> Any:
    """Return the one endpoint the module defines; classes come before functions."""
    defined = [value for value in module.__dict__.values() if getattr(value, "__module__", None) == module.__name__]
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


def _remember_source(filename: str, source: str) -> None:
    """Let tracebacks and `inspect` show the source, which is not in a file."""
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)


def remembers(filename: str) -> bool:
    """Return whether a source is known under that name."""
    return filename in linecache.cache


def forget(filename: str, module_name: str) -> None:
    """Undo what `load` entered in `linecache` and `sys.modules`."""
    linecache.cache.pop(filename, None)
    sys.modules.pop(module_name, None)


def from_object(target: Any, kind: Kind | None = None) -> LoadedEndpoint:
    """
    Return a class or function as an endpoint ready to be published, with its source where that can be found.

    Args:
        target: the endpoint.
        kind: what it serves, where that is known already.

    Raises:
        EditRejected: it is not an endpoint; see `check`.
    """
    kind = kind or check(target)
    found = source_of(target)
    return LoadedEndpoint(target, kind, None, *found) if found else LoadedEndpoint(target, kind, None)


def source_of(target: Any) -> tuple[str, str, int] | None:
    """
    Return the source of a class or function, its file and its first line; None if it cannot be found.

    A class of a notebook cell has no file of its own, so it is found through one of its methods
    (`inspect.getsource` fails there, python/cpython#79413).
    """
    codes = [getattr(inspect.unwrap(target), "__code__", None)]
    if isinstance(target, type):
        methods = [value for value in vars(target).values() if inspect.isfunction(value)]
        codes = [method.__code__ for method in methods if method.__qualname__.startswith(target.__qualname__)]
    for code in filter(None, codes):
        text = "".join(linecache.getlines(code.co_filename))
        around = [
            one
            for one in _definitions(text)
            if one.name == target.__name__ and one.first <= code.co_firstlineno <= one.last
        ]
        if around:
            return _cut_out(text, around[-1]), code.co_filename, around[-1].first
    return None


class _Definition(NamedTuple):
    name: str
    first: int
    last: int
    indent: int
    inside_strings: frozenset[int]
    """Lines that begin inside a string, whose leading blanks have to stay."""


def _cut_out(text: str, definition: _Definition) -> str:
    """Return a definition's lines without their common indentation."""
    lines = text.splitlines(keepends=True)[definition.first - 1 : definition.last]
    moved = []
    for number, line in enumerate(lines, definition.first):
        blank = line[: definition.indent].isspace() and number not in definition.inside_strings
        moved.append(line[definition.indent :] if blank else line)
    return "".join(moved)


@lru_cache(maxsize=16)
def _definitions(text: str) -> list[_Definition]:
    """Return the classes and functions in a file, outer ones before inner ones."""
    try:
        tree = parse_tree(text)
    except SyntaxError:
        # The file changed on disk since it was imported, or holds cell magics.
        return []
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return [_definition(node) for node in ast.walk(tree) if isinstance(node, kinds)]


def _definition(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> _Definition:
    strings = [
        one
        for one in ast.walk(node)
        if isinstance(one, ast.JoinedStr) or (isinstance(one, ast.Constant) and isinstance(one.value, str | bytes))
    ]
    inside = {line for one in strings for line in range(one.lineno + 1, (one.end_lineno or one.lineno) + 1)}
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return _Definition(node.name, first, node.end_lineno or node.lineno, node.col_offset, frozenset(inside))
