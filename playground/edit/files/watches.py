"""The watched files of a playground: what a save does, and what the log then says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from starlette.types import ASGIApp

from playground.common.errors import EditRejected, StartFailed
from playground.common.text import one_line
from playground.edit.files.app_file import AppFile
from playground.edit.files.siblings import Siblings
from playground.edit.files.watch import Watch
from playground.record.log import Log
from playground.record.storable import storable_error


class Swap(Protocol):
    """Serves another app."""

    def __call__(self, app: ASGIApp, *, before: Callable[[], object], keeps_added: bool) -> object:
        """Call `before` just before the app takes over; `keeps_added` keeps endpoints that were added to the other."""


class Watches:
    """
    The files that are applied whenever they are saved, each once.

    Args:
        log: where is told what a save did.
        edit: called with a path, the text of its file, and that file; it logs what it rejects.
        swap: serves the app that a file defines.
        rejected: logs what was rejected: the error, the path, and the file.
    """

    def __init__(
        self,
        log: Log,
        edit: Callable[[str, str, Siblings], object],
        swap: Swap,
        rejected: Callable[[EditRejected | StartFailed, str | None, Path], object],
    ) -> None:
        self.all: list[Watch] = []
        self._log = log
        self._edit = edit
        self._swap = swap
        self._rejected = rejected
        self._paused: list[Watch] = []
        """Those that `pause` has stopped, and `resume` starts again."""

    def add(self, file: Path, path: str | None) -> Watch:
        """Apply a file now and whenever it is saved; see `Playground.watch`."""
        _check_readable(file)
        watch = self._make(Siblings(file), path)
        # The cell is run again: with two watches each save would be applied twice.
        known = [one for one in self.all if (one.file, one.path) == (watch.file, path) and one.watching]
        for one in known:
            one.stop()
        try:
            watch.apply()
        except BaseException:
            for one in known:
                one.start()
            raise
        self.all = [one for one in self.all if (one.file, one.path) != (watch.file, path)]
        self.all.append(watch)
        watch.start()
        return watch

    def pause(self) -> None:
        """Stop watching, until `resume`."""
        for watch in self.all:
            if watch.watching:
                if watch not in self._paused:
                    self._paused.append(watch)
                watch.stop()

    def look(self) -> None:
        """Apply what was saved since `pause`."""
        for watch in list(self._paused):
            watch.look()

    def resume(self) -> None:
        """Watch again what `pause` has stopped."""
        for watch in list(self._paused):
            watch.start()
            self._paused.remove(watch)

    def _make(self, siblings: Siblings, path: str | None) -> Watch:
        app_file = AppFile(siblings)

        def apply(data: bytes) -> None:
            try:
                text = siblings.text(data)
            except EditRejected as error:
                self._rejected(error, path, siblings.file)
                raise
            if path is None:
                self._apply_app(app_file, text)
            else:
                self._edit(path, text, siblings)

        def failed(error: BaseException) -> None:
            what = f"{siblings.file.name} was not applied: {storable_error(error)}"
            self._log.note("error", path=path or "", error=what)

        def warn(sentence: str) -> None:
            self._log.note("log", path=path or "", data=sentence, error="WARNING")

        return Watch(siblings, path, apply, warn, failed)

    def _apply_app(self, file: AppFile, text: str) -> None:
        try:
            app = file.load(text)
            try:
                self._swap(app, before=file.commit, keeps_added=file.serves)
            except BaseException:
                # An interrupt too; where the app has taken over before that came, it stays.
                file.undo()
                raise
        except (EditRejected, StartFailed) as error:
            self._rejected(error, None, file.file)
            raise
        if said := file.siblings.said:
            self._log.note("log", data=f"{file.file.name} is applied; {said}")
        for note in (*file.siblings.carried.notes, *file.kept.notes):
            self._log.note("log", data=f"{file.file.name}: {note}")

    def __repr__(self) -> str:
        return f"<Watches {', '.join(map(repr, self.all)) or 'none'}>"


def _check_readable(file: Path) -> None:
    """Raise an error that says what to do where there is no such file."""
    named = one_line(str(file))
    if file.is_dir():
        raise IsADirectoryError(f"{named} is a folder, but a file can be watched; name one in it, as {named}/main.py")
    if not file.exists():
        where = f"the current folder is {Path.cwd()}" if not file.is_absolute() else "check the path"
        raise FileNotFoundError(f"there is no file {named}; {where}; save the file first, or name another")
