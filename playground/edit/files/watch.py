"""Watching a file, with what it imports from its folder, and applying it whenever it is saved."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from watchfiles import watch
from watchfiles.main import FileChange

from playground.common import waiting
from playground.common.errors import PlaygroundError
from playground.common.text import one_line
from playground.edit.files.importing import read
from playground.edit.files.siblings import Siblings

LOOK = 0.5
"""Seconds after which the files are looked at in any case: links further up, network drives and folders that are
replaced give no sign."""

SETTLES = 0.03
"""Seconds for which a file must not change before it is read: some editors write it in pieces."""

EMPTY = 0.3
"""Seconds after which a file that is empty, or gone, counts as such: some editors empty or remove it before writing."""

PIECES = 2.0
"""Seconds after which a file is read although it still changes."""


class Watch:
    """
    Calls a function with a file's content when it was saved, on a thread of its own, from `start` to `stop`.

    Args:
        siblings: the file, with what it imports from its folder; saving those counts too.
        path: the endpoint whose source it is; None if it defines a whole app.
        apply: called with the file's content; it reports a `PlaygroundError` itself before raising it.
        warn: called with a sentence when the file cannot be read.
        fail: called with what else `apply` raised.
    """

    def __init__(
        self,
        siblings: Siblings,
        path: str | None,
        apply: Callable[[bytes], object],
        warn: Callable[[str], object],
        fail: Callable[[BaseException], object],
    ) -> None:
        self.file = siblings.file
        self.path = path
        self._siblings = siblings
        self._apply = apply
        self._warn = warn
        self._fail = fail
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._tried: bytes | None = None
        """What was in the file when it was last applied, or rejected."""
        self._rejected = False
        self._states: dict[Path, object] = {}
        """What told the files from earlier ones when they were last looked at."""
        self._trouble: str | None = None

    @property
    def watching(self) -> bool:
        """Whether saves are noticed at present."""
        return self._thread is not None and not self._stop.is_set()

    def apply(self) -> None:
        """
        Apply the file now.

        Raises:
            OSError: it cannot be read.
            PlaygroundError: what `apply` raised.
        """
        self._states = self._states_now()
        self._take(self.file.read_bytes())

    def _take(self, data: bytes) -> None:
        self._tried, self._rejected, self._trouble = data, True, None
        self._apply(data)
        self._rejected = False

    def start(self) -> None:
        """Watch; does nothing when it does already."""
        if self.watching:
            return
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(self._stop,), name="playground-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; `start` begins again."""
        self._stop.set()
        thread, self._thread = self._thread, None
        if thread and thread is not threading.current_thread():
            waiting.until_ended(thread, 2)

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            folders = self._folders()
            try:
                self.look(stop)
                for changes in self._signs(folders, stop):
                    self.look(stop, sure=bool(changes))
                    if stop.is_set() or self._folders() != folders:
                        break
            except Exception:
                # A folder is gone, or the system watches no more of them: looking now and then is enough.
                waiting.until(stop, LOOK)
                self.look(stop)

    def _folders(self) -> list[str]:
        """Return the folders of the files that count, and of those that links lead to."""
        files = [self.file, *self._siblings.saved]
        folders = {one.parent for file in files for one in (file, Path(os.path.realpath(file)))}
        return sorted(str(folder) for folder in folders if folder.is_dir())

    def _signs(self, folders: list[str], stop: threading.Event) -> Iterator[set[FileChange]]:
        """Yield what has changed in the folders, and now and then that nothing has."""
        # Folders are watched and not files: many editors save by renaming another file over the old one.
        yield from watch(
            *folders,
            watch_filter=None,
            stop_event=stop,
            debounce=50,
            step=10,
            rust_timeout=round(LOOK * 1000),
            yield_on_timeout=True,
            recursive=False,
        )

    def look(self, stop: threading.Event | None = None, *, sure: bool = False) -> None:
        """
        Apply the file if it, or what it imports, was saved since; report what goes wrong.

        Nothing is raised, unless a person interrupts the main thread.

        Args:
            stop: what ends this early.
            sure: whether to read the files even if nothing tells them from earlier ones.
        """
        try:
            if (sure or self._states_now() != self._states) and self._are_settled(stop or threading.Event()):
                self._read()
        except PlaygroundError:
            # A rejected edit is in the log, with its line; watching goes on.
            pass
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
                raise
            # Whatever it is, the next save has to be noticed.
            self._fail(error)

    def _read(self) -> None:
        states, before = self._states_now(), self._states
        self._states = states
        try:
            data = self.file.read_bytes()
        except OSError as error:
            trouble = f"{self.file.name} cannot be read: {error}; what was applied last goes on until it can"
            if trouble != self._trouble:
                self._trouble = trouble
                self._warn(trouble)
            return
        saved = any(states.get(file) != state for file, state in before.items())
        if data != self._tried or self._siblings_changed() or (self._rejected and saved):
            self._take(data)

    def _siblings_changed(self) -> bool:
        return any(read(file) != data for file, data in self._siblings.saved.items())

    def _states_now(self) -> dict[Path, object]:
        return {file: _state(file) for file in (self.file, *self._siblings.saved)}

    def _are_settled(self, stop: threading.Event) -> bool:
        """Wait until nobody seems to be writing the files any more; return False when watching ends meanwhile."""
        began = time.monotonic()
        while True:
            states = self._states_now()
            if waiting.until(stop, SETTLES):
                return False
            took = time.monotonic() - began
            done = states == self._states_now() and (took > EMPTY or not self._is_emptied())
            if done or took > PIECES:
                return True

    def _is_emptied(self) -> bool:
        """Return whether a file has no content any more, which may be half of a save."""
        before = {**self._siblings.saved, self.file: self._tried}
        return any(data and not _size(file) for file, data in before.items())

    def __repr__(self) -> str:
        return one_line(f"<Watch {self.file.name} {'watching' if self.watching else 'stopped'}>")


def _state(file: Path) -> object:
    """Return what tells a file from an earlier one of that name, wherever links lead."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
