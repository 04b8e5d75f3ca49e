"""
How modules beside a watched file are found and loaded.

Python is asked for nothing that it would not do for a folder in `sys.path`, except that only code in the folder gets
its modules, and that a module is always made from its file: a compiled one counts as new when time and size are the
same, which they are for two saves in one second.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import NamedTuple
from weakref import WeakKeyDictionary, WeakValueDictionary

from playground.record.lines import PACKAGE

Began = Callable[[str, Path, bytes, str], object]
Ended = Callable[[str, ModuleType], object]
Missed = Callable[[Path], object]

FOREIGN = ("site-packages", "dist-packages")
STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep


class _Observer(NamedTuple):
    root: Path
    began: Began
    ended: Ended
    missed: Missed


_observer: ContextVar[_Observer | None] = ContextVar("playground_importing", default=None)
_importer: ContextVar[str] = ContextVar("playground_importer", default="")
"""The module that is being loaded."""
_living: WeakValueDictionary[str, ModuleType] = WeakValueDictionary()
"""The newest module of each file."""
_data: WeakKeyDictionary[ModuleType, bytes | None] = WeakKeyDictionary()
"""What modules were made from."""


@contextmanager
def observed(root: Path, began: Began, ended: Ended, missed: Missed) -> Iterator[None]:
    """
    Let what this thread does import from a folder, and tell what it loads there.

    Args:
        root: the folder.
        began: called when a module is loaded, with its name, file and content, and the name of the module that
            imports it; that is empty for what no module imports.
        ended: called with its name and itself when it has run.
        missed: called with a file that would have been loaded, but is not there.
    """
    token = _observer.set(_Observer(root, began, ended, missed))
    try:
        yield
    finally:
        _observer.reset(token)


def allow(root: Path) -> None:
    """Let code in a folder import what lies in that folder, from now on."""
    _finder.roots.add(str(root))
    if _finder not in sys.meta_path:
        # After the modules that are built into Python, and before those in `sys.path`.
        at = next((n for n, one in enumerate(sys.meta_path) if one is PathFinder), len(sys.meta_path))
        sys.meta_path.insert(at, _finder)


def foreign_to(root: Path) -> list[str]:
    """Return the imported modules that code in a folder must not get: those of other folders, where it has its own."""
    # Copied in one step: the garbage collector may take away modules of old versions at any other.
    imported = sys.modules.copy()
    tops = {name.partition(".")[0] for name in imported} - sys.stdlib_module_names
    own = {top for top in tops if (root / f"{top}.py").exists() or (root / top / "__init__.py").exists()}
    return [
        name
        for name, module in imported.items()
        if (_is_ours(module) or name.partition(".")[0] in own) and _is_elsewhere(name, module, root)
    ]


def _is_ours(module: ModuleType) -> bool:
    """Return whether a module was imported by code in a known folder, and by no other."""
    return type(getattr(getattr(module, "__spec__", None), "loader", None)) is _Loader


def _is_elsewhere(name: str, module: ModuleType, root: Path) -> bool:
    """Return whether a module is neither what a folder has under that name, nor installed."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return False
    path, place = Path(file), root.joinpath(*name.split("."))
    return path not in (place.with_suffix(".py"), place / "__init__.py") and is_part_of(path, Path(path.anchor))


def is_part_of(path: Path, root: Path) -> bool:
    """Return whether a file lies in a folder tree and is neither installed, nor Python's, nor this package's."""
    return (
        path.is_relative_to(root)
        and not any(part in FOREIGN for part in path.parts)
        and not str(path).startswith((STANDARD_LIBRARY, PACKAGE))
    )


def take_out(name: str) -> ModuleType:
    """Remove a module, so that its next import loads it anew."""
    module = sys.modules.pop(name)
    _living.pop(str(module.__file__), None)
    return module


def put_back(name: str, module: ModuleType) -> None:
    """Undo `take_out`, in its package too."""
    sys.modules[name] = _living[str(getattr(module, "__file__", name))] = module
    parent, _, child = name.rpartition(".")
    if parent in sys.modules:
        vars(sys.modules[parent])[child] = module


def read(path: Path) -> bytes | None:
    """Return a file's content, or None when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def data_of(module: ModuleType) -> bytes | None:
    """Return what a module was made from; for one that was imported before, what its file holds when first asked."""
    if module not in _data:
        _data[module] = read(Path(str(module.__file__)))
    return _data[module]


class _Loader(SourceFileLoader):
    """Loads a module from its file, never from a compiled one."""

    data: bytes | None = None
    importer = ""
    known: ModuleType | None = None

    def get_code(self, fullname: str) -> CodeType:
        data = self.data = self.get_data(self.path)
        observer = _observer.get()
        if observer:
            observer.began(fullname, Path(self.path), data, self.importer)
        code: CodeType = self.source_to_code(data, self.path)
        return code

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        # A handler imports what is there already, but has made way for a module of another folder.
        self.known = None if _observer.get() else _living.get(self.path)
        return self.known

    def exec_module(self, module: ModuleType) -> None:
        if module is self.known:
            return
        _living[self.path] = module
        for name, child in sys.modules.copy().items():
            # Modules of a package that is loaded again are there already, and nothing else would enter them in it.
            if name.rpartition(".")[0] == module.__name__ and isinstance(child, ModuleType):
                vars(module)[name.rpartition(".")[2]] = child
        self.importer = _importer.get()
        token = _importer.set(module.__name__)
        try:
            super().exec_module(module)
        finally:
            _data[module] = self.data
            _importer.reset(token)
        observer = _observer.get()
        if observer:
            observer.ended(module.__name__, module)


class _Finder(MetaPathFinder):
    """Finds the modules in known folders for code in the same folder."""

    def __init__(self) -> None:
        self.roots: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is None:
            observer = _observer.get()
            root = self._root_of(sys._getframe(1)) or (str(observer.root) if observer else None)
            folders = [root] if root else []
        else:
            folders = [one for one in path if self._root_at(os.path.join(one, ""))]
        if not folders:
            return None
        spec = PathFinder.find_spec(fullname, folders)
        if spec is None:
            self._tell_missed(fullname, folders)
        elif spec.loader is None and path is None:
            # A folder without __init__.py is a package only if there is no other anywhere.
            spec = PathFinder.find_spec(fullname, [*folders, *sys.path])
        if spec and type(spec.loader) is SourceFileLoader and self._root_at(str(spec.origin)):
            spec.loader = _Loader(fullname, str(spec.origin))
        return spec

    def _tell_missed(self, name: str, folders: list[str]) -> None:
        observer = _observer.get()
        if observer is None:
            return
        child = name.rpartition(".")[2]
        for folder in folders:
            observer.missed(Path(folder, f"{child}.py"))
            observer.missed(Path(folder, child, "__init__.py"))

    def _root_of(self, frame: FrameType | None) -> str | None:
        """Return the folder of the innermost code that lies in a known one."""
        while frame is not None:
            file = frame.f_globals.get("__file__")
            root = self._root_at(file) if isinstance(file, str) else None
            if root:
                return root
            frame = frame.f_back
        return None

    def _root_at(self, file: str) -> str | None:
        found = [root for root in self.roots if file.startswith(os.path.join(root, ""))]
        if not found or any(f"{os.sep}{part}{os.sep}" in file for part in FOREIGN):
            return None
        if file.startswith((STANDARD_LIBRARY, PACKAGE)):
            return None
        return max(found, key=len)


_finder = _Finder()
