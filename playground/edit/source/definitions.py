"""
The source of a class or function that was defined elsewhere, such as in a file or a notebook's cell.

A file may have been saved since it was imported, so what is found in it is compiled and compared with the code that
runs. Text that compiles to other code is not the source, and is not shown as such.
"""

from __future__ import annotations
import __future__

import ast
import inspect
import linecache
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partialmethod
from types import CodeType, FunctionType
from typing import Any

from playground.common.text import source_lines
from playground.edit.source.parsing import parse_tree
from playground.edit.source.wrapping import has_wrapped_method, is_wrapped_elsewhere

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


FUTURE_FLAGS = 0
"""The flags that `from __future__` sets in code, all together."""
for _name in set(__future__.all_feature_names) - {"nested_scopes", "generators"}:
    # Those two have no flag of their own any more.
    FUTURE_FLAGS |= getattr(__future__, _name).compiler_flag


@dataclass(frozen=True)
class Around:
    """A function in which something was defined."""

    code: CodeType
    node: ast.FunctionDef | ast.AsyncFunctionDef | None
    """Its syntax tree; None for what Python itself makes a function of, such as type parameters."""


@dataclass(frozen=True)
class FoundSource:
    """Where a class or function was defined."""

    text: str
    """The definition's lines, moved to the left edge."""
    filename: str
    first_line: int | None
    """The line of that file at which it begins for the code that runs; None if its lines are not the file's."""
    node: Definition
    """Its syntax tree."""
    around: tuple[Around, ...]
    """The functions in which it was defined, outermost first."""


def source_of(target: Any) -> FoundSource | None:
    """
    Return the source of a class or function; None if it is not known.

    A class of a notebook cell has no file of its own, so it is found through its methods (`inspect.getsource` fails
    there, python/cpython#79413); one without methods is found in its module's file.
    """
    running = [one.__code__ for one in functions_in(target)]
    files = [code.co_filename for code in running] or ([_file_of(target)] if isinstance(target, type) else [])
    for filename in dict.fromkeys(files):
        here = [code for code in running if code.co_filename == filename]
        flags = here[0].co_flags & FUTURE_FLAGS if here else future_flags(names_of_module(target))
        # `linecache` may have the file as it was before it was saved and imported again, or only that.
        if found := _find(target, here, filename, flags):
            return found
        linecache.checkcache(filename)
        if found := _find(target, here, filename, flags) or _find_alike(target, here, filename, flags):
            return found
    return None


def _file_of(target: type) -> str:
    return str(names_of_module(target).get("__file__") or "")


def _find(target: Any, running: list[CodeType], filename: str, flags: int) -> FoundSource | None:
    """Return the source that gives the running code, at its own lines or moved."""
    text = "".join(linecache.getlines(filename))
    shift_of = _shift_of_class if isinstance(target, type) else _shift
    shifts = [
        (shift, place) for place in _places(text, flags) if (shift := shift_of(target, running, place)) is not None
    ]
    # Of equal definitions in one file, such as in `if` and `else`, the one at the running code's own lines.
    for shift, place in sorted(shifts, key=lambda one: abs(one[0])):
        cut = _cut_out(text, place.node)
        if cut is not None:
            return FoundSource(cut, filename, place.code.co_firstlineno + shift, place.node, place.around)
    return None


def _find_alike(target: Any, running: list[CodeType], filename: str, flags: int) -> FoundSource | None:
    """Return the source that gives the running code with other lines, which then say nothing of the file's."""
    text = "".join(linecache.getlines(filename))
    for place in _places(text, flags):
        cut = _cut_out(text, place.node) if _acts_alike(target, running, place) else None
        if cut is not None:
            return FoundSource(cut, filename, None, place.node, place.around)
    return None


def functions_in(target: Any) -> list[FunctionType]:
    """Return the functions of a class, also those inside properties and wrappers; or a function without wrappers."""
    if isinstance(target, type):
        return [function for value in list(vars(target).values()) for function in _unwrapped(value)]
    function = inspect.unwrap(target) if callable(target) else target
    function = getattr(function, "__func__", function)
    return [function] if isinstance(function, FunctionType) else []


def _unwrapped(value: Any) -> Iterator[FunctionType]:
    for _ in range(100):
        if isinstance(value, FunctionType):
            yield value
        if isinstance(value, property):
            for part in (value.fget, value.fset, value.fdel):
                yield from _unwrapped(part)
            return
        if isinstance(value, type):
            return
        # Read without calling anything: the value may be an object of any kind.
        inner = [inspect.getattr_static(value, name, None) for name in ("__wrapped__", "func")]
        if isinstance(value, classmethod | staticmethod):
            inner = [value.__func__]
        value = next((one for one in inner if one is not None), None)
        if value is None:
            return


def names_of_module(target: Any) -> Mapping[str, Any]:
    """Return the names of the module that defines an object."""
    module = sys.modules.get(getattr(target, "__module__", None) or "")
    return vars(module) if module else {}


def future_flags(module: Mapping[str, Any]) -> int:
    """Return the flags that a module's `from __future__` has set, as far as its names show them."""
    flags = 0
    for name in __future__.all_feature_names:
        if module.get(name) is getattr(__future__, name):
            flags |= getattr(__future__, name).compiler_flag
    return flags & FUTURE_FLAGS


@dataclass(frozen=True)
class _Place:
    """A class or function in a file."""

    node: Definition
    code: CodeType
    around: tuple[Around, ...]


@lru_cache(maxsize=16)
def _places(text: str, flags: int) -> list[_Place]:
    """Return the classes and functions in a file, outer ones before inner ones; none if it cannot be compiled."""
    try:
        tree = parse_tree(text)
        # Notebook cells may await at the top.
        flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code: CodeType = compile(tree, "<definitions>", "exec", flags=flags, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # The file has changed since it was imported, or is no Python.
        return []
    nodes = {(one.name, _first_line(one)): one for one in ast.walk(tree) if isinstance(one, Definition)}

    def node_of(code: CodeType) -> Definition | None:
        return nodes.get((code.co_name, code.co_firstlineno))

    def around(code: CodeType) -> Around:
        node = node_of(code)
        return Around(code, None if isinstance(node, ast.ClassDef) else node)

    return [
        _Place(node, inner, tuple(around(one) for one in outer if one.co_flags & inspect.CO_OPTIMIZED))
        for inner, outer in _walk(code, ())
        if (node := node_of(inner))
    ]


def _walk(code: CodeType, around: tuple[CodeType, ...]) -> Iterator[tuple[CodeType, tuple[CodeType, ...]]]:
    """Yield the code objects inside one, each with those around it."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield inner, (*around, code)
            yield from _walk(inner, (*around, code))


def _first_line(node: Definition) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def moved(code: CodeType, lines: int) -> CodeType:
    """Return the code that the same text gives some lines further down."""
    if not lines:
        return code
    consts = tuple(moved(one, lines) if isinstance(one, CodeType) else one for one in code.co_consts)
    return code.replace(co_firstlineno=code.co_firstlineno + lines, co_consts=consts)


def _shift(target: Any, running: list[CodeType], place: _Place) -> int | None:
    """Return by how many lines a function's code has moved since it was run; None if it is another one."""
    if not running or running[0].co_qualname != place.code.co_qualname:
        return None
    if is_wrapped_elsewhere(target, place.node):
        return None
    shift = running[0].co_firstlineno - place.code.co_firstlineno
    return shift if moved(place.code, shift) == running[0] else None


def _shift_of_class(cls: type, running: list[CodeType], place: _Place) -> int | None:
    """Return by how many lines a class has moved since it was run; None if its functions are other ones."""
    if not isinstance(place.node, ast.ClassDef) or place.code.co_name != cls.__name__:
        return None
    own = [code for code in running if code.co_qualname.startswith(f"{place.code.co_qualname}.")]
    written = [code for code, _ in _walk(place.code, ()) if code.co_flags & inspect.CO_OPTIMIZED]
    if not own:
        names = {name for name in vars(cls) if not (name.startswith("__") and name.endswith("__"))}
        same = place.code.co_qualname == cls.__qualname__ and not written and names == set(_bound(place.node))
        return 0 if same else None
    shifts = {own[0].co_firstlineno - code.co_firstlineno for code in written if code.co_qualname == own[0].co_qualname}
    for shift in sorted(shifts, key=abs):
        there = [moved(code, shift) for code in written]
        if all(code in there for code in own) and not _patched(cls, own, place):
            return shift
    return None


def _acts_alike(target: Any, running: list[CodeType], place: _Place) -> bool:
    """Return whether a definition gives the running code, apart from where it stands, and all of it."""
    if place.code.co_qualname != target.__qualname__:
        return False
    there = {_placeless(code) for code in running}
    if not isinstance(target, type):
        return _placeless(place.code) in there and not is_wrapped_elsewhere(target, place.node)
    # `%autoreload` compiles each changed method alone, in a class of another name.
    written = [one for one in place.code.co_consts if isinstance(one, CodeType) and one.co_flags & inspect.CO_OPTIMIZED]
    alike = bool(written) and all(_placeless(code) in there for code in written)
    return alike and not _patched(target, written, place)


def _placeless(code: CodeType) -> CodeType:
    """Return code without its lines and without the name of what is around it."""
    consts = tuple(_placeless(one) if isinstance(one, CodeType) else one for one in code.co_consts)
    flags = code.co_flags & ~(FUTURE_FLAGS | inspect.CO_NESTED)
    return code.replace(co_firstlineno=1, co_linetable=b"", co_qualname=code.co_name, co_flags=flags, co_consts=consts)


def _patched(cls: type, own: list[CodeType], place: _Place) -> bool:
    """Return whether a class's functions are others than `own`, or more were added, after its body ran."""
    node = place.node
    if not isinstance(node, ast.ClassDef):
        return False
    bound = _bound(node)
    if has_wrapped_method(cls, node, bound):
        return True
    if node.decorator_list or type(cls) is not type:
        # A decorator or a metaclass may do both.
        return False
    plain = {
        one.name
        for one in node.body
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        # A later statement may have wrapped it, as in `on_receive = logged(on_receive)`.
        and not one.decorator_list
        and bound.count(one.name) == 1
    }
    if not plain <= {code.co_name for code in own}:
        return True
    if any("__init_subclass__" in vars(base) for base in cls.__mro__[1:-1]):
        return False
    added = [name for name, value in vars(cls).items() if isinstance(value, FunctionType) or _is_hook(value)]
    return not set(added) <= set(place.code.co_names)


def _is_hook(value: Any) -> bool:
    """Return whether an object that is no function serves as one, such as one of `functools.partialmethod`."""
    return isinstance(value, partialmethod | staticmethod | classmethod | property) or hasattr(value, "__wrapped__")


def _bound(node: ast.ClassDef) -> list[str]:
    """Return the names that a class body binds or deletes at its top, as often as it does."""
    names = [one.name for one in node.body if isinstance(one, Definition)]
    for statement in node.body:
        if not isinstance(statement, Definition):
            walked = list(ast.walk(statement))
            names += [one.id for one in walked if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load)]
            names += [one.name for one in walked if isinstance(one, Definition)]
    return names


def _cut_out(text: str, node: Definition) -> str | None:
    """Return a definition's lines without their common indentation; None if that would change what they mean."""
    first = _first_line(node)
    whole = source_lines(text, keepends=True)[first - 1 : node.end_lineno]
    lines = list(whole)
    _, margin, lines[0] = _indentation(whole[0])
    inside = _inside_strings(node)
    for index, line in enumerate(lines[1:], 1):
        page_break, indentation, rest = _indentation(line)
        if first + index not in inside and indentation.startswith(margin):
            lines[index] = page_break + indentation[len(margin) :] + rest
    cut = "".join(lines)
    if lines == whole:
        return cut
    try:
        same = [ast.dump(one) for one in parse_tree(cut).body] == [ast.dump(node)]
    except SyntaxError:
        same = False
    return cut if same else None


def _indentation(line: str) -> tuple[str, str, str]:
    """Return what stands up to the last form feed, where columns count anew, the blanks after it, and the rest."""
    rest = line.lstrip(" \t\f")
    page_break, feed, indentation = line[: len(line) - len(rest)].rpartition("\f")
    return page_break + feed, indentation, rest


def _inside_strings(node: Definition) -> set[int]:
    """Return the lines that begin inside a string, whose leading blanks have to stay."""
    strings = [
        one
        for one in ast.walk(node)
        if isinstance(one, ast.JoinedStr) or (isinstance(one, ast.Constant) and isinstance(one.value, str | bytes))
    ]
    return {line for one in strings for line in range(one.lineno + 1, (one.end_lineno or one.lineno) + 1)}
