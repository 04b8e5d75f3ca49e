"""Notes on what an edit changes that open connections do not get, or that breaks what they hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from playground.edit.advice.reading import Code, Functions, attributes, bound_by, fingerprint, own_methods, self_of
from playground.edit.notes import Note

EARLY = ("__init__", "on_connect")
"""Methods that do not run again for open connections."""


def missing_attributes(code: Code, before: Code) -> Iterator[Note]:
    """Yield a note on each attribute that only new connections have, and that other methods read."""
    old = {name for cls in before.classes.values() for method in own_methods(cls) for name in _set_by(method)}
    for cls in code.endpoints:
        early = {
            name: line
            for method in own_methods(cls)
            if method.name in EARLY
            for name, line in attributes(method, ast.Store, self_of(method))
        }
        has = {name for one in code.family(cls) for name in _bound_in_body(one)} | _set_by_swap(code, cls)
        if "__getattr__" in has:
            continue
        for name in sorted((early.keys() & _needed(code, cls)) - old - has):
            yield Note(
                "missing-attribute",
                f"open connections have no self.{name}, which is set when they connect; give it a "
                "default in the class body, or set it in on_swap(self, old, new)",
                early[name],
            )


def _needed(code: Code, cls: ast.ClassDef) -> set[str]:
    """Return the attributes that later methods read without having set them, and without asking whether they exist."""
    found: set[str] = set()
    for method in own_methods(cls):
        if method.name in (*EARLY, "on_swap"):
            continue
        first = self_of(method)
        reads = dict(reversed(attributes(method, ast.Load, first)))
        for node in ast.walk(method):
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Attribute):
                reads.setdefault(node.target.attr, node.lineno)
        sets = dict(reversed([one for one in attributes(method, ast.Store, first) if one[0] not in _augmented(method)]))
        found |= {name for name, line in reads.items() if not sets.get(name, line) < line}
    return found - _asked_for(code)


def _augmented(method: Functions) -> set[str]:
    nodes = [node.target for node in ast.walk(method) if isinstance(node, ast.AugAssign)]
    return {target.attr for target in nodes if isinstance(target, ast.Attribute)}


def _asked_for(code: Code) -> set[str]:
    """Return the attributes that code asks for with `hasattr` and the like, or where it expects an AttributeError."""
    found: set[str] = set()
    for node in code.nodes:
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("hasattr", "getattr", "vars", "setattr"):
            found |= {one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)}
        elif isinstance(node, ast.Try) and any("AttributeError" in _names_in(one.type) for one in node.handlers):
            found |= {one.attr for part in node.body for one in ast.walk(part) if isinstance(one, ast.Attribute)}
    return found


def changed_values(code: Code, before: Code) -> Iterator[Note]:
    """Yield a note on each attribute that new connections get another value for."""
    for cls, old in _pairs(code, before):
        sets, had = _early_values(code, cls), _early_values(before, old)
        for name in sorted(sets.keys() & had.keys()):
            if sets[name][0] != had[name][0] and _stays(code, cls, name):
                yield Note(
                    "changed-value",
                    f"self.{name} is set when a connection opens: those that are open keep the value they have; "
                    "to change it for them too, set it in on_swap(self, old, new)",
                    sets[name][1],
                )


def _pairs(code: Code, before: Code) -> Iterator[tuple[ast.ClassDef, ast.ClassDef]]:
    """Yield each endpoint class with the one it replaces, which may have another name."""
    gone = [cls for cls in before.endpoints if cls.name not in code.classes]
    for cls in code.endpoints:
        old = before.classes.get(cls.name)
        if old is None and len(gone) == 1:
            [old] = gone
        if old is not None:
            yield cls, old


def _early_values(code: Code, cls: ast.ClassDef) -> dict[str, tuple[list[object], int]]:
    """Return the attributes that are set early, each with all its values and the line of the first."""
    found: dict[str, tuple[list[object], int]] = {}
    for method in own_methods(cls):
        if method.name not in EARLY:
            continue
        for node in ast.walk(method):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
                continue
            for target in targets:
                if isinstance(target, ast.Attribute) and getattr(target.value, "id", "") == self_of(method):
                    values, _ = found.setdefault(target.attr, ([], node.lineno))
                    values.append(_value(code, node.value))
    return found


def _value(code: Code, node: ast.expr) -> object:
    """Return what tells values apart; a constant of the module is as good as its value."""
    if isinstance(node, ast.Name) and code.bindings[node.id] == 1:
        for statement in code.tree.body:
            value = getattr(statement, "value", None)
            if node.id in bound_in(statement) and isinstance(value, ast.Constant):
                return fingerprint(value)
    return fingerprint(node)


def _stays(code: Code, cls: ast.ClassDef, name: str) -> bool:
    """Return whether an open connection's value is read later, and nothing sets it anew."""
    if name in _set_by_swap(code, cls):
        return False
    later = [method for method in own_methods(cls) if method.name not in EARLY]
    for method in later:
        if any(name == given for statement in method.body for given in _assigned(statement, self_of(method))):
            return False
    early = {node for method in own_methods(cls) if method.name in EARLY for node in ast.walk(method)}
    return any(isinstance(node, ast.Attribute) and node.attr == name and node not in early for node in code.nodes)


def _assigned(statement: ast.stmt, first: str) -> Iterator[str]:
    """Yield the attributes that one statement always sets."""
    for target in statement.targets if isinstance(statement, ast.Assign) else []:
        if isinstance(target, ast.Attribute) and getattr(target.value, "id", "") == first:
            yield target.attr


def _set_by_swap(code: Code, cls: ast.ClassDef) -> set[str]:
    """Return the attributes that `on_swap` sets; every one of the class if it may set any."""
    method = code.method(cls, "on_swap")
    if method is None:
        return set()
    every = {name for one in code.family(cls) for inner in own_methods(one) for name in _set_by(inner)}
    first = self_of(method)
    for node in ast.walk(method):
        called = node.func if isinstance(node, ast.Call) else None
        on_self = isinstance(called, ast.Attribute) and getattr(called.value, "id", "") == first
        hands_on = isinstance(node, ast.Call) and any(getattr(one, "id", "") == first for one in node.args)
        if on_self or hands_on or getattr(node, "attr", "") == "__dict__":
            return every
    return _set_by(method)


def renamed_with_private_names(code: Code, before: Code) -> Iterator[Note]:
    """Yield a note on a class that was renamed and uses a name that Python mangles."""
    for cls in code.endpoints:
        if cls.name in before.classes or not before.classes.keys() - code.classes.keys():
            continue
        for method in own_methods(cls):
            first = self_of(method)
            for name, line in (*attributes(method, ast.Load, first), *attributes(method, ast.Store, first)):
                if name.startswith("__") and not name.endswith("__"):
                    yield Note(
                        "private-name",
                        f"self.{name} has the class's name in it (name mangling), and the class was "
                        "renamed: open connections have it under the old one",
                        line,
                    )
                    return


# Classes whose identity matters


def changed_classes(code: Code, before: Code) -> Iterator[Note]:
    """Yield a note on each changed enum, dataclass or named tuple of which open connections may hold objects."""
    olds = _definitions(before)
    for name, node in _definitions(code).items():
        old = olds.get(name)
        what = _breaks(code, node)
        if old is None or not what or not _breaks(before, old) or not _changed(code, before, node, old):
            continue
        if _is_held(code, name) or _is_held(before, name):
            yield Note("changed-class", f"{name} is changed, and so is another class now: {what}", node.lineno)


def _definitions(code: Code) -> dict[str, ast.stmt]:
    """Return the top-level classes, and names to which a call is assigned, such as `Color = Enum("Color", "RED")`."""
    found: dict[str, ast.stmt] = dict(code.classes)
    for node in code.tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node
    return found


def _changed(code: Code, before: Code, node: ast.stmt, old: ast.stmt) -> bool:
    if not isinstance(node, ast.ClassDef) or not isinstance(old, ast.ClassDef):
        return fingerprint(node) != fingerprint(old)
    now, then = ([fingerprint(one) for one in all.family(cls)] for all, cls in ((code, node), (before, old)))
    return now != then


def _breaks(code: Code, node: ast.stmt) -> str:
    """Return what no longer holds for objects of the old class; empty for a class of another kind."""
    made = [node.value.func] if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) else []
    bases: list[ast.expr] = list(made)
    decorators: list[ast.expr] = []
    for cls in code.family(node) if isinstance(node, ast.ClassDef) else []:
        bases += cls.bases
        decorators += cls.decorator_list
    known = {code.dotted(base) for base in bases}
    if known & {"enum.Enum", "enum.Flag"}:
        return "for members that connections hold, `is` and `==` with the new ones are false"
    if known & {"enum.IntEnum", "enum.StrEnum", "enum.IntFlag"}:
        return "for members that connections hold, `is` with the new ones is false; `==` still compares their values"
    if known & {"typing.NamedTuple", "collections.namedtuple"}:
        return "for objects that connections hold, isinstance with the new class is false; `==` compares their fields"
    for one in decorators:
        if code.dotted(one.func if isinstance(one, ast.Call) else one) == "dataclasses.dataclass":
            return "for objects that connections hold, `==` with new ones and isinstance with the new class are false"
    return ""


def _is_held(code: Code, name: str) -> bool:
    """Return whether code puts objects of a class where they stay: an attribute, an item, a collection."""
    for function in code.nodes:
        if isinstance(function, Functions):
            nodes = list(ast.walk(function))
            carriers = {one.arg for one in nodes if isinstance(one, ast.arg) and name in _names_in(one.annotation)}
            for node in nodes:
                if (
                    isinstance(node, ast.Assign | ast.AnnAssign)
                    and node.value
                    and _is_object(node.value, name, carriers)
                ):
                    carriers |= bound_in(node)
            if any(_stores(node, name, carriers) for node in nodes):
                return True
    return False


def _stores(node: ast.AST, name: str, carriers: set[str]) -> bool:
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        stays = any(isinstance(target, ast.Attribute | ast.Subscript) for target in targets)
        return stays and _is_object(node.value, name, carriers)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        keeps = node.func.attr in ("add", "append", "appendleft", "put", "put_nowait", "setdefault", "insert")
        return keeps and any(_is_object(one, name, carriers) for one in node.args)
    return False


def _is_object(value: ast.expr, name: str, carriers: set[str]) -> bool:
    """Return whether an expression is an object of a class, and not only made from one, such as its name."""
    left = [value]
    while left:
        found = False
        match left.pop():
            case ast.Name(id):
                found = id in carriers
            case ast.IfExp(_, body, orelse):
                left += [body, orelse]
            case ast.BoolOp(_, parts) | ast.List(parts) | ast.Tuple(parts) | ast.Set(parts) | ast.Dict(_, parts):
                left += parts
            case ast.Call(function):
                found = name in (getattr(function, "id", ""), getattr(getattr(function, "value", None), "id", ""))
            case ast.Attribute(ast.Name(id)) | ast.Subscript(ast.Name(id)):
                found = id == name
        if found:
            return True
    return False


def _names_in(node: ast.AST | None) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} if node else set()


def bound_in(statement: ast.AST) -> set[str]:
    """Return the names that a statement binds, with what is inside it."""
    return {name for node in ast.walk(statement) for name in bound_by(node)}


def _set_by(method: Functions) -> set[str]:
    return {name for name, _ in attributes(method, ast.Store, self_of(method))}


def _bound_in_body(cls: ast.ClassDef) -> Iterator[str]:
    for node in cls.body:
        if isinstance(node, Functions | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            yield from bound_in(node)
