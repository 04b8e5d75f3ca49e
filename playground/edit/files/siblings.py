"""
A file, and the modules that it imports from its own folder tree, as under `uvicorn main:app`.

The folder of the file, or the folder above its top package, can be imported from by what lies in it, and by nothing
else: two apps that both have a `rooms.py` get their own. When the file is loaded again, modules whose files were saved
since are loaded afresh, with those that import them; all others stay, and their state with them.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Collection
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import decode_source
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, WeakSet

from playground.common import forks
from playground.common.errors import EditRejected
from playground.common.text import one_line
from playground.edit.files import importing
from playground.edit.files.added import Holdings
from playground.edit.files.carried import Carried, in_order
from playground.edit.files.importing import is_part_of, read
from playground.edit.files.imports import Imports, imports_of
from playground.edit.keeping.built import Built
from playground.edit.source.parsing import parse_tree

PATIENCE = 10.0
"""Seconds that one file waits for another to be loaded: modules belong to the whole process."""

_lock = threading.RLock()
forks.renew(_lock)
_all: WeakSet[Siblings] = WeakSet()
_built: WeakKeyDictionary[ModuleType, Built] = WeakKeyDictionary()
"""What the sources of modules had built."""

T = TypeVar("T")


class LoadAgain(Exception):
    """Raised while a file is loaded, when further modules have to be loaded again with it."""

    def __init__(self, modules: set[str]) -> None:
        super().__init__(modules)
        self.modules = modules


class Siblings:
    """
    The modules that one file imports from its own folder tree.

    Args:
        file: the file. A link is not followed: as for Python, the modules beside it are those beside the link.
    """

    def __init__(self, file: Path) -> None:
        self.file = file.absolute()
        self.root, self.name = _place(self.file)
        self.package = self.name if self.file.stem == "__init__" else self.name.rpartition(".")[0]
        self.reloaded: tuple[str, ...] = ()
        """The modules that were loaded again when the file last was."""
        self.carried = Carried()
        """What connections had built in them."""
        self.undo: Callable[[], object] = lambda: None
        """Makes the modules those before the last load again."""
        self.with_file: set[str] = set()
        """Modules to which loading the file adds something; they are loaded again with it."""
        self._seen: dict[Path, bytes | None] = {}
        """What was in each file that counts when it was last loaded, or could not be."""
        self._wanted: frozenset[str] = frozenset()
        """What the file's own statements import."""
        self._modules: dict[str, ModuleType] = {}
        """The modules in use, by name."""
        self._begun: list[str] = []
        """The modules that were loaded since the file was last begun to be."""
        self._ended: list[Holdings] = []
        self._found: dict[str, set[str]] = {}
        """The modules that each module was seen to import, however it did it; the file itself has no name here."""
        self._known: dict[str, tuple[ModuleType, Imports]] = {}
        importing.allow(self.root)
        _all.add(self)

    @property
    def module_name(self) -> str:
        """The name for a module made from the file: its own, unless that stands for something else already."""
        known = getattr(sys.modules.get(self.name), "__file__", None)
        taken = self.name in sys.modules and known not in {str(one.file) for one in list(_all)}
        return f"<app {self.file.stem}>" if taken or self.name in sys.stdlib_module_names else self.name

    @property
    def attributes(self) -> dict[str, Any]:
        """What a module made from the file's text has besides its code, so that it can import as Python would."""
        spec = ModuleSpec(self.name, None, origin=str(self.file), is_package=self.package == self.name)
        found: dict[str, Any] = {"__file__": str(self.file), "__package__": self.package, "__spec__": spec}
        if self.package == self.name:
            found["__path__"] = spec.submodule_search_locations = [str(self.file.parent)]
        return found

    @property
    def said(self) -> str:
        """What a person is told of the modules that were loaded again; empty where there are none."""
        names = ", ".join(self.reloaded)
        return f"loaded again, as they were saved or use what was: {names}" if names else ""

    def text(self, data: bytes) -> str:
        """
        Return a file's content as text, as Python reads it: byte-order mark, line ends and coding line are heeded.

        Raises:
            EditRejected: the bytes are no text in that encoding.
        """
        try:
            return decode_source(data)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise EditRejected(
                f"byte 0x{data[error.start]:02x} is not {error.encoding}; save the file as UTF-8, or name its "
                "encoding in the first line, as in # -*- coding: latin-1 -*-",
                stage="parse",
                line=line,
            ) from None
        except (SyntaxError, LookupError) as error:
            raise EditRejected(f"the file cannot be read as text: {error}", stage="parse", line=1) from None

    def modules(self, *, without: Collection[str] = ()) -> dict[str, ModuleType]:
        """Return the modules in use, except some, by name."""
        return {name: self._modules[name] for name in self._in_use() if name not in without}

    @property
    def saved(self) -> dict[Path, bytes | None]:
        """What was in each sibling's file when it was last loaded, or could not be; None where there was no file."""
        for name in self._in_use():
            module = self._modules.get(name)
            path = _file_of(module) if module else None
            if module and path and path not in self._seen:
                self._seen[path] = importing.data_of(module)
        return dict(self._seen)

    def load(self, text: str, run: Callable[[], T]) -> T:
        """
        Load the file: changed siblings, and what imports them, are imported afresh by what it runs.

        What raises meanwhile leaves everything imported as it was. What connections built in these modules stays.

        Args:
            text: the file's text.
            run: runs it, and returns what it made.

        Raises:
            EditRejected: the file has a mistake; or a sibling, whose file and line the message then names.
        """
        if not _lock.acquire(timeout=PATIENCE):
            raise EditRejected(
                f"another file has been loading for over {PATIENCE:g} s; if its top level never ends, correct that, "
                "then save this file again",
                stage="run",
            )
        try:
            with importing.observed(self.root, self._begin, self._end, self._miss):
                while True:
                    try:
                        return self._load(text, run)
                    except LoadAgain as again:
                        self.with_file |= again.modules
        finally:
            _lock.release()

    def _load(self, text: str, run: Callable[[], T]) -> T:
        self._claim_names()
        self._begun, self._ended = [], []
        self._seen = {path: data for path, data in self._seen.items() if data is not None}
        again = self._again()
        holdings = Holdings(self.modules(without=again))
        before = {name: importing.take_out(name) for name in again}
        itself = sys.modules.get(self.name)
        try:
            self._import_package()
            self._renew_in_packages(before)
            made = run()
            if added := holdings.added():
                raise LoadAgain(added)
        except BaseException as error:
            holdings.take_back()
            self._restore(before, itself)
            if isinstance(error, EditRejected):
                raise self._blamed(error) from error.__cause__
            raise
        self.with_file |= {name for one in self._ended for name in one.added()}
        later = self._imported_later(text)
        self.reloaded = tuple(name for name in again if name in self._begun or name in later)
        known = self._modules

        def undo() -> None:
            self._restore(before, itself)
            self._modules = known

        self.undo = undo
        self._take_stock(text)
        self._carry(before)
        return made

    def _carry(self, before: dict[str, ModuleType]) -> None:
        """Give the modules that were loaded again what connections built in those before."""
        self.carried = Carried()
        begun = {name for name in self._begun if name in self._modules}
        for name in in_order(begun, {name: set(self._imports(name)) for name in begun}):
            module = self._modules[name]
            self.carried.put_in(vars(module))
            new = Built.of_module(module, parse_tree(decode_source(importing.data_of(module) or b"")), None)
            old = _built.get(before[name]) if name in before else None
            if old:
                self.carried.carry(old, new)
            _built[module] = new

    def _import_package(self) -> None:
        try:
            if self.package and self.package not in (self.name, *sys.modules):
                import_module(self.package)
        except BaseException as error:
            raise EditRejected(f"{type(error).__name__}: {error}", stage="run") from error

    def _renew_in_packages(self, before: dict[str, ModuleType]) -> None:
        """
        Import what lies in a package that stays, where `from package import module` would find the old module.

        Handlers that run meanwhile find one or the other there at any time. What fails is left to who imports it.
        """
        left = {name for name in before if name.rpartition(".")[0] in sys.modules}
        while left:
            ready = {name for name in left if not self._imports(name) & left - {name}} or left
            for name in sorted(ready):
                try:
                    import_module(name)
                except BaseException:
                    parent, _, child = name.rpartition(".")
                    vars(sys.modules[parent]).pop(child, None)
            left -= ready

    def _begin(self, name: str, path: Path, data: bytes, importer: str) -> None:
        """Note that a module's file is loaded."""
        self._begun.append(name)
        self._seen[path] = data
        self._found.setdefault(importer, set()).add(name)

    def _end(self, name: str, module: ModuleType) -> None:
        """Note that a module has run; what it holds later was added by others."""
        self._ended.append(Holdings({name: module}))

    def _miss(self, path: Path) -> None:
        """Note that a module was looked for in a file that is not there: once it is, the file is worth another try."""
        self._seen.setdefault(path, None)

    def _claim_names(self) -> None:
        """Let the names of this tree stand for its own modules, not for those of an app in another folder."""
        for name in importing.foreign_to(self.root):
            del sys.modules[name]
        for name, module in self._modules.items():
            sys.modules.setdefault(name, module)

    def _again(self) -> tuple[str, ...]:
        """Return the modules to load again: those saved since, those the file adds to, and all that import them."""
        used = {name for name in self._in_use() if name in sys.modules} - {self.name}
        again = {name for name in used if name in self.with_file or self._is_stale(name)}
        # Another file beside this one has been loaded since, and they with it.
        new = {name for name in used if sys.modules[name] is not self._modules[name]}
        while True:
            # The file itself is always loaded again.
            changed = again | {self.name}
            more = {
                name
                for name in used - again
                if self._imports(name) & changed or (name not in new and self._imports(name) & new)
            }
            if not more:
                return tuple(sorted(again))
            again |= more

    def _is_stale(self, name: str) -> bool:
        module = sys.modules[name]
        path = _file_of(module)
        if path is None:
            return False
        now = self._seen[path] = read(path)
        return now != importing.data_of(module)

    def _take_stock(self, text: str) -> None:
        """Find out which modules of this tree a text uses, directly or not."""
        imports = imports_of(text, self.package)
        self._wanted = imports.at_once | imports.later
        self._modules = {}
        used = self._in_use()
        files = {_file_of(self._modules[name]): importing.data_of(self._modules[name]) for name in used}
        self._seen = {path: data for path, data in files.items() if path}

    def _in_use(self) -> set[str]:
        """Return the modules of this tree that are in use, those included that a handler has imported since."""
        used = set(self._modules)
        left = list(used)
        names: frozenset[str] | set[str] = self._wanted | self._found.get("", set())
        while True:
            more = {one for one in names if one not in used and self._has(one)}
            self._modules.update({one: sys.modules[one] for one in more})
            used |= more
            left += more
            if not left:
                return used
            names = self._imports(left.pop(), later=True)

    def _imported_later(self, text: str) -> set[str]:
        """Return what functions import when they are called: it is loaded again then."""
        found = set(imports_of(text, self.package).later)
        return found.union(*(self._known[name][1].later for name in self._modules if name in self._known))

    def _has(self, name: str) -> bool:
        path = _file_of(sys.modules.get(name))
        return path is not None and path != self.file and is_part_of(path, self.root)

    def _imports(self, name: str, *, later: bool = False) -> frozenset[str] | set[str]:
        """Return what a module imports when it is loaded, and with `later` what its functions import too."""
        module = sys.modules.get(name) or self._modules[name]
        known = self._known.get(name)
        if known is None or known[0] is not module:
            package = getattr(module, "__package__", None) or ""
            known = self._known[name] = module, imports_of(importing.data_of(module) or b"", package)
        found = known[1].at_once | self._found.get(name, set())
        return found | known[1].later if later else found

    def _restore(self, before: dict[str, ModuleType], itself: ModuleType | None) -> None:
        """Undo what was imported since the file was begun to be loaded."""
        for name in (*self._begun, self.name):
            _remove(name)
        for name, module in {**before, **({self.name: itself} if itself else {})}.items():
            importing.put_back(name, module)

    def _blamed(self, error: EditRejected) -> EditRejected:
        """Return the error with the sibling's file and line, if that is where the mistake is."""
        cause = error.__cause__
        if isinstance(cause, SyntaxError) and cause.filename:
            place, reason = (Path(cause.filename), cause.lineno), cause.msg
        else:
            steps = extract_tb(cause.__traceback__) if cause else []
            files = [(Path(step.filename), step.lineno) for step in steps]
            place = next((one for one in reversed(files) if one[0] in self._seen), (self.file, None))
            reason = f"{type(cause).__name__}: {cause}"
        if place[0] == self.file or not is_part_of(place[0], self.root):
            return error
        path = place[0].relative_to(self.root).as_posix()
        where = f", from line {error.line}" if error.line else ""
        return EditRejected(f"{path} line {place[1]}: {reason}{where}", stage=error.stage)

    def __repr__(self) -> str:
        return one_line(f"<Siblings of {self.file.name}: {', '.join(sorted(self._modules)) or 'none'}>")


def _place(file: Path) -> tuple[Path, str]:
    """Return the folder that the file is imported from, and its name as a module."""
    names = [] if file.stem == "__init__" else [file.stem]
    folder = file.parent
    while (folder / "__init__.py").exists() and folder.name.isidentifier():
        names.insert(0, folder.name)
        folder = folder.parent
    return folder, ".".join(names) or file.stem


def _remove(name: str) -> None:
    """Remove a module from those that are imported, and from its package, where `from` would find it."""
    module = sys.modules.pop(name, None)
    parent = sys.modules.get(name.rpartition(".")[0])
    if module and parent and vars(parent).get(name.rpartition(".")[2]) is module:
        delattr(parent, name.rpartition(".")[2])


def _file_of(module: ModuleType | None) -> Path | None:
    file = getattr(module, "__file__", None)
    return Path(file) if isinstance(file, str) and file.endswith(".py") else None
