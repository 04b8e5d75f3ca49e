"""Watching a file and applying it whenever it is saved."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from watchfiles import watch

from playground.common import waiting
from playground.common.errors import PlaygroundError


class Watch:
    """
    Calls a function with a file's text when it has changed, on a thread of its own, until it is stopped.

    Args:
        file: the file; editors that write a new file and rename it are noticed too.
        text: what was in it when it was last applied.
        apply: called with the new text; it reports a `PlaygroundError` itself before raising it.
        on_error: called with the sentence when the file cannot be read.
    """

    def __init__(
        self, file: Path, text: str, apply: Callable[[str], object], on_error: Callable[[str], object]
    ) -> None:
        self.file = file.resolve()
        self._apply = apply
        self._on_error = on_error
        self._stop = threading.Event()
        self._seen = text
        self._thread = threading.Thread(target=self._run, name="playground-watch", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        # The folder is watched and not the file: many editors save by renaming another file over it.
        rounds = watch(
            self.file.parent,
            watch_filter=lambda change, path: Path(path).name == self.file.name,
            stop_event=self._stop,
            debounce=50,
            step=10,
            rust_timeout=1000,
            yield_on_timeout=True,
            recursive=False,
        )
        self._look()
        for number, changes in enumerate(rounds):
            # The first round begins to watch; what was saved before is found after it.
            if changes or number == 0:
                self._look()

    def _look(self) -> None:
        try:
            text = self.file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            # Perhaps an editor is renaming it; then another change follows.
            self._on_error(f"{self.file.name} cannot be read: {error}")
            return
        if text == self._seen:
            return
        self._seen = text
        try:
            self._apply(text)
        except PlaygroundError:
            # A rejected edit is in the log, with its line; watching goes on.
            pass

    def stop(self) -> None:
        """Stop watching."""
        self._stop.set()
        if self._thread is not threading.current_thread():
            waiting.until_ended(self._thread, 2)

    def __repr__(self) -> str:
        return f"<Watch {self.file.name} {'stopped' if self._stop.is_set() else 'watching'}>"
