"""The code of one endpoint: its versions, and the open connections that change from one to the next."""

from __future__ import annotations

import ast
import difflib
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from numbers import Integral
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from playground.common.text import one_line, source_lines
from playground.edit.advice.entering import runs_again
from playground.edit.files.siblings import Siblings
from playground.edit.hosts import CodeHost, Hosts
from playground.edit.keeping.built import Built
from playground.edit.keeping.merge import Kept, keep
from playground.edit.notes import ABOUT_OPEN_CONNECTIONS, Note
from playground.edit.patches import Parts, does_the_same, functions_of, receiving_code, unchanged
from playground.edit.served import Home
from playground.edit.source import source as sources
from playground.edit.source.checking import Kind, is_routine
from playground.edit.source.executing import LIMIT
from playground.edit.source.running import claim, forget
from playground.edit.values import is_class
from playground.edit.versions import Diff, Report, Version, has_starlette_dispatch
from playground.record.recorder.hooks import hold_ended
from playground.record.storable import storable_error

if TYPE_CHECKING:
    from playground.record.log import Log
    from playground.record.records import Record

HISTORY = 50
"""Versions of one endpoint that are kept; older ones are dropped with their modules, to limit memory."""

HELD = 100
"""Failed messages of one endpoint that are held."""

HELD_BYTES = 16 * 2**20
"""The most bytes of payload that these may have together; the newest one is held in any case."""

BYTE_ORDER_MARK = "\ufeff"
"""Some editors begin a file with it; Python leaves it out of a file, but not of a text."""

OnError = Literal["starlette", "hold"]
Functions = Literal["pinned", "reenter"]


class Held(Protocol):
    """A message whose handler failed; see `HeldMessage`."""

    @property
    def host(self) -> CodeHost:
        """The host of its connection."""

    @property
    def record(self) -> Record:
        """The record of the failed event."""

    @property
    def size(self) -> int:
        """The bytes of its payload."""


HeldT = TypeVar("HeldT", bound=Held)


class LiveCode(Generic[HeldT]):
    """
    The versions of an endpoint's code, and the connections that run them.

    Args:
        path: the route's path, parameters included, such as "/{username}".
        kind: "websocket" or "http".
        log: where its hooks are recorded.
        names: names its source may use besides its own, such as the notebook's.
        on_error: returns what happens when `on_receive` raises: "starlette" or "hold".
        functions: returns what an edit does to open connections of a function: "pinned" or "reenter"; see
            `FunctionHost`.
    """

    def __init__(
        self,
        path: str,
        kind: Kind,
        log: Log,
        *,
        names: Mapping[str, Any] | None = None,
        on_error: Callable[[], OnError] = lambda: "starlette",
        functions: Callable[[], Functions] = lambda: "pinned",
    ) -> None:
        self.path = path
        self.kind: Kind = kind
        self.log = log
        self.names = names or {}
        self.on_error = on_error
        self.functions = functions
        self.home: Home | None = None
        """The app that has its route."""
        self.siblings: Siblings | None = None
        """The file that its source is in, if it is in one, with what that imports from its folder."""
        self.held: list[HeldT] = []
        """Messages whose handler failed while errors were held, oldest first."""
        self.versions: list[Version] = []
        """The newest versions, oldest first; at most `HISTORY`."""
        self.files: dict[str, tuple[int, int, int]] = {}
        """See `lines.Files`."""
        self._built: Built | None = None
        """What the current version's source had built."""
        self.notes: tuple[Note, ...] = ()
        """What is worth knowing about the current version."""
        self._modules: set[str] = set()
        """Names of its versions' modules, which are removed with the versions or with the endpoint."""
        weakref.finalize(self, _forget_all, self._modules)
        self._parts: dict[int, Parts] = {}
        """What each version's target consisted of when it was published."""
        self.code: object = None
        """The code of `on_receive` in the current version, which a host compares before each message."""
        self.hosts = Hosts()
        """The connections that follow its edits."""
        self._pinned = 0
        self._lock = threading.RLock()

    @property
    def current(self) -> Version:
        """The version that new messages are handled by."""
        return self.versions[-1]

    @property
    def name(self) -> str:
        """The class's or function's name."""
        return self.current.name

    def version(self, number: int) -> Version:
        """
        Return a version by number.

        Raises:
            LookupError: there is no such version, or it is no longer kept.
            TypeError: `number` is not a number.
        """
        if not isinstance(number, Integral):
            raise TypeError(f"a version has to be a number, such as {self.current.number}, not {number!r}")
        for version in self.versions:
            if version.number == number:
                return version
        kept = f"v{self.versions[0].number} to v{self.current.number}"
        raise LookupError(f"{one_line(self.path)} has no v{number}; it keeps {kept}")

    def diff(self, old: int | None = None, new: int | None = None) -> Diff:
        """
        Return what changed between any two versions, as a unified diff; empty when nothing did.

        Args:
            old: a version's number; when left out, the version that going back restores.
            new: another one; the current version when left out.

        Raises:
            LookupError: there is no such version, or it is no longer kept.
        """
        after = self.current if new is None else self.version(new)
        before = (self.previous or after) if old is None else self.version(old)
        lines = difflib.unified_diff(
            source_lines(before.source), source_lines(after.source), before.label, after.label, lineterm=""
        )
        return Diff("\n".join(lines))

    def load(
        self,
        source: str,
        *,
        reset: bool = False,
        names: Mapping[str, Any] | None = None,
        limit: float = LIMIT,
    ) -> sources.LoadedEndpoint:
        """
        Load a source as the next version and return it, without publishing it; see `source.load`.

        Between this and `publish` nobody else may load a version; `Turns` sees to that.

        Args:
            source: the text.
            reset: run everything again, and keep no value of the current version.
            names: names it may use besides its own; those of the current version when left out.
            limit: seconds that it may run.
        """
        number = self.versions[-1].number + 1 if self.versions else 1
        return self._load(f"<live {self.path} v{number}>", source, reset, names, limit)

    def names_for(self, source: str, names: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the names that a source may use besides its own, those that it asks for in a special way included."""
        return names

    def choose(self, module: ModuleType, tree: ast.Module) -> sources.Chosen:
        """Return the endpoint among what a module defines."""
        return sources.choose_only(module, tree)

    def rehearse(self, source: str, *, limit: float = LIMIT) -> sources.LoadedEndpoint:
        """
        Load a source as `load` does, with copies of what connections have built, so that it can be tried.

        What it has kept and its notes are those that publishing it would give.
        """
        loaded = self._load(f"<draft {self.path}>", source, False, None, limit)
        if self._built:
            self._carry_over(self._built, loaded, copies=True)
        return loaded

    def _load(
        self, filename: str, source: str, reset: bool, names: Mapping[str, Any] | None, limit: float
    ) -> sources.LoadedEndpoint:
        # Another playground in this process may use the same path.
        name = claim(filename)
        load = partial(
            sources.load,
            source.removeprefix(BYTE_ORDER_MARK),
            filename=name,
            module_name=name,
            names=self.names_for(source, names or self.names),
            before=self._built.tree if self._built else None,
            starts_anew=reset,
            limit=limit,
            choose=self.choose,
        )
        try:
            return load() if self.siblings is None else self._load_with_siblings(self.siblings, source, load)
        except BaseException:
            forget(name, name)
            raise

    def _load_with_siblings(
        self, siblings: Siblings, source: str, load: Callable[..., sources.LoadedEndpoint]
    ) -> sources.LoadedEndpoint:
        loaded = siblings.load(source, lambda: load(attributes=siblings.attributes))
        siblings.carried.commit()
        module, tree = loaded.module, loaded.built.tree
        if module and tree and siblings.reloaded:
            siblings.carried.put_in(vars(module))
            loaded.built = Built.of_module(module, tree, loaded.target)
            loaded.notes = (*loaded.notes, Note("reloaded", siblings.said), *siblings.carried.notes)
        return loaded

    @property
    def previous(self) -> Version | None:
        """
        The version that going back restores, or None.

        It is the newest one that differs from the current, without those that going back has left already: after v1, v2
        and v3 (= v1) there is none.
        """
        current, before = self.current, self._line()[:-1]
        differing = (one for one in reversed(before) if not _is_same(one, current))
        return next(differing, None)

    def _line(self) -> list[Version]:
        """Return the versions that led to the current one; going back leaves those after the restored one."""
        line: list[tuple[set[int | None], Version]] = []
        for version in list(self.versions):
            at = next((index for index, (numbers, _) in enumerate(line) if version.equals in numbers), len(line))
            numbers = line[at][0] if at < len(line) else set()
            line[at:] = [({*numbers, version.number}, version)]
        return [version for _, version in line]

    @property
    def _way_out(self) -> str:
        return f"pg.reset({self.path!r})"

    def publish(self, loaded: sources.LoadedEndpoint, *, equals: int | None = None, patched: bool = False) -> Version:
        """Make a loaded endpoint the current version; see `Version` for the other arguments."""
        with self._lock:
            number = self.versions[-1].number + 1 if self.versions else 1
            # Not its `__name__`, which a source may change.
            module_name = loaded.filename if loaded.module else ""
            follows = is_class(loaded.target) and has_starlette_dispatch(loaded.target)
            if patched:
                self._built = loaded.built
            else:
                self._keep(loaded)
            self.names = loaded.names or self.names
            shapes = None if loaded.module else loaded.built.shapes
            version = Version(
                number,
                loaded.source,
                loaded.target,
                loaded.filename,
                module_name,
                self.names,
                follows,
                equals,
                patched,
                shapes=shapes,
                module=loaded.module,
                made=loaded.made,
            )
            if loaded.module:
                self._modules.add(module_name)
            self._enter_file(number, loaded)
            self._enter_parts(version)
            self.versions.append(version)
            self.notes = ()
            self._prune()
        return version

    def _keep(self, loaded: sources.LoadedEndpoint) -> None:
        """Give the next version what connections built in the current one."""
        for known in self.versions:
            if loaded.module is None and known.target is loaded.target and known.shapes:
                # It has been served before: what connections built in it since is not its source's.
                loaded.built.shapes = known.shapes
        if self._built and not loaded.starts_anew:
            self._carry_over(self._built, loaded)
        self._built = loaded.built

    def prepare(self, loaded: sources.LoadedEndpoint) -> None:
        """
        Find out what a loaded version keeps, before it is published.

        That runs code of the user's classes, which may never end: here an interrupt ends it, and nothing has changed.
        """
        built = self._built
        if built is not None and loaded.module is not None and not loaded.starts_anew:
            loaded.prepared = built, self._kept(built, loaded)

    def _carry_over(self, built: Built, loaded: sources.LoadedEndpoint, *, copies: bool = False) -> None:
        known, kept = loaded.prepared or (None, None)
        if kept is None or known is not built:
            kept = self._kept(built, loaded, copies=copies)
        loaded.kept = kept
        loaded.kept.commit()

    def _kept(self, built: Built, loaded: sources.LoadedEndpoint, *, copies: bool = False) -> Kept:
        try:
            return keep(built, loaded.built, self._way_out, copies=copies)
        except Exception as error:
            # Code of the user's classes, which may do anything, has run to compare and to copy.
            what = f"what connections have built could not be looked at, and is left behind: {storable_error(error)}"
            return Kept(notes=[Note("conflict", what)])

    def _enter_file(self, number: int, loaded: sources.LoadedEndpoint) -> None:
        if loaded.filename:
            before = loaded.first_line - 1
            self.files[loaded.filename] = (number, before, before + len(source_lines(loaded.source)) + 1)

    def _enter_parts(self, version: Version) -> None:
        self._parts[version.number] = functions_of(version.target)
        self.code = receiving_code(version.target)

    def is_intact(self, version: Version) -> bool:
        """Return whether a version's class or function is still as it was published."""
        return unchanged(self._parts[version.number], functions_of(version.target))

    def notice(self) -> Version | None:
        """
        Make code that was replaced in place a version of its own and return it; None if none was.

        Its source is shown if it is found; it may be that of the saved file, after `%autoreload`.
        """
        if not self.versions or self.is_intact(self.current):
            return None
        with self._lock:
            before = self.current
            parts = functions_of(before.target)
            if unchanged(self._parts[before.number], parts):
                # Another thread was quicker.
                return None
            now = sources.from_object(before.target, self.kind)
            if before.module_name and now.source:
                # It stands in the version's own text, of which it need not be all.
                now = replace(now, source=before.source, first_line=1, names=before.names)
            if now.source == before.source != "" and does_the_same(self._parts[before.number], parts):
                # The file was loaded again and says the same, perhaps on other lines.
                self._enter_file(before.number, now)
                self._enter_parts(before)
                return None
            if now.source and not now.filename:
                # The running code's lines are neither the file's nor those of the version before.
                self.files.pop(before.filename, None)
            now.made = before.made
            if self._built:
                # Only code is new: what connections have built is in the same objects.
                now.built = self._built.patched(now.built.tree)
            version = self.publish(now, patched=True)
        source = "its source is what its file says now" if now.source else "its source is not known"
        said = f"{version.label}: its code was replaced in place, past the playground; {source}"
        self.log.note("edit", path=self.path, version=version.number, data=said)
        return version

    def _prune(self) -> None:
        if len(self.versions) <= HISTORY:
            return
        in_use = {host.version.number for host in self.hosts}
        for old in self.versions[:-HISTORY]:
            if old.number not in in_use:
                self.versions.remove(old)
                self._parts.pop(old.number, None)
                if old.module_name:
                    self.files.pop(old.filename, None)
                    self._modules.discard(old.module_name)
                    forget(old.filename, old.module_name)

    # Connections

    def enter(self, host: CodeHost) -> None:
        """Add an open connection; called on its loop."""
        self.hosts.add(host)

    def leave(self, host: CodeHost) -> None:
        """Remove a connection that has ended; called on its loop."""
        self.hosts.remove(host)
        with self._lock:
            self.held = [held for held in self.held if held.host is not host]

    def hold(self, held: HeldT) -> None:
        """Keep a message whose handler failed; the oldest of too many, or too large ones, are let go, and marked."""
        with self._lock:
            kept, size = [held], held.size
            for one in reversed(self.held):
                size += one.size
                if len(kept) == HELD or size > HELD_BYTES:
                    break
                kept.insert(0, one)
            let_go = self.held[: len(self.held) - len(kept) + 1]
            self.held = kept
        for one in let_go:
            hold_ended(self.log, one.record)

    def release(self, held: HeldT) -> bool:
        """Remove a held message, and return whether it was still there."""
        with self._lock:
            there = held in self.held
            self.held = [one for one in self.held if one is not held]
        return there

    @property
    def runs(self) -> dict[int, int]:
        """How many open connections run each version, newest first; a `dispatch` of its own is not counted."""
        numbers = [host.version.number for host in self.hosts]
        return {number: numbers.count(number) for number in sorted(set(numbers), reverse=True)}

    @property
    def connections(self) -> int:
        """How many connections are open here."""
        return len(self.hosts) + self._pinned

    @property
    def movable(self) -> int:
        """How many open connections stay in a function of an older version until `reenter` moves them."""
        return sum(host.pinned and host.version is not self.current for host in self.hosts)

    def adopt(self, began: float, loaded: sources.LoadedEndpoint | None = None) -> Report:
        """
        Change every idle connection to the current version and return a report.

        Idle ones change at once, busy ones at their next hook. May be called from any thread.

        Args:
            began: `time.perf_counter()` when the edit began.
            loaded: what was published; the report says what it kept, and has its notes.
        """
        version = self._version_of(loaded)
        # Counted first: a function that is left for a class that cannot follow edits is one of its hosts still.
        pinned = self._pinned
        left = self._to_be_left()
        census, blocked = self.hosts.adopt()
        behind = [host for host in census if host.version.number < version.number]
        waiting_for_reenter = sum(host.pinned for host in behind)
        return Report(
            path=self.path,
            version=version,
            connections=len(census) + pinned,
            live=len(census) - len(behind),
            busy=tuple(host.busy_with() for host in behind if not host.stuck and not host.pinned),
            stuck=tuple(host.stuck for host in behind if host.stuck),
            pinned=pinned + waiting_for_reenter,
            movable=waiting_for_reenter,
            blocked=blocked,
            again=loaded is None,
            took=time.perf_counter() - began,
            kept=tuple(loaded.kept.kept if loaded else ()),
            reset=tuple(loaded.kept.reset if loaded else ()),
            notes=(
                *_that_matter(
                    (*loaded.notes, *loaded.kept.notes) if loaded else (), anybody=bool(census or pinned or blocked)
                ),
                *self._entering(version, left),
            ),
        )

    def _to_be_left(self) -> set[Version]:
        """Return the versions whose functions are left now."""
        functions = [host for host in self.hosts if is_routine(host.version.target) and not host.pinned]
        return {host.version for host in functions if host.version is not self.current}

    def _entering(self, version: Version, left: set[Version]) -> list[Note]:
        """Return a note if people enter a function that does again what they left behind."""
        if not is_routine(version.target):
            return []
        olds = sorted(left, key=lambda one: -one.number)
        found = (runs_again(version.source, version.name, old.source, old.name, old.number) for old in olds)
        return [note for note in found if note][:1]

    def _version_of(self, loaded: sources.LoadedEndpoint | None) -> Version:
        """Return what was published; another edit may have followed it already."""
        published = (one for one in reversed(self.versions) if loaded and one.target is loaded.target)
        return next(published, self.current)


def _is_same(one: Version, other: Version) -> bool:
    return one.target is other.target or (bool(one.source) and one.source == other.source)


def _that_matter(notes: tuple[Note, ...], *, anybody: bool) -> tuple[Note, ...]:
    """Return the notes without those on open connections, if there are none."""
    return tuple(note for note in notes if anybody or note.kind not in ABOUT_OPEN_CONNECTIONS)


def _forget_all(modules: set[str]) -> None:
    for name in modules:
        forget(name, name)
