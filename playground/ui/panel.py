"""
The panel's Python half: a widget that shows a playground and makes the calls that come from the browser.

    server loop ── log ──wake──> pump thread ── batches of rows, state ──> browser
    browser ── call ──> a thread of its own: a method of the playground ── reply ──> browser

`frontend/PROTOCOL.md` describes the messages. The thread that receives messages runs no user code and never blocks, and
the threads that record events publish nothing.
"""

from __future__ import annotations

import contextvars
import hashlib
import json
import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import anywidget
import traitlets

from playground.common import waiting
from playground.common.text import shorten
from playground.record.opened import OpenedLog
from playground.record.records import Record
from playground.record.storable import storable_error
from playground.ui import rows
from playground.ui.calls import Calls, as_error
from playground.ui.shown import Shown, shown_of
from playground.ui.stills import renew

STATIC = Path(__file__).parent / "static"

PROTOCOL = 5
"""The version of `frontend/PROTOCOL.md`; a page with another version asks the user to reload it."""

BATCH = 1000
"""The most rows sent at once; older ones are left out, and the panel shows how many."""
HISTORY = 5000
"""The most rows that a panel gets when it opens."""
PAUSE = 1 / 30
"""Seconds between two batches."""
STATE_PAUSE = 1 / 8
"""Seconds between two updates of the state."""
BEAT = 2.0
"""Seconds between two messages that show that the kernel is alive."""
STILL_PAUSE = 15.0
"""Seconds between two still pictures for the saved notebook, if there is no pause of one `BEAT` before."""
CREDIT = 256 * 1024
"""The most bytes that are sent before the browser has to confirm that they arrived."""
RUN_CODE = frozenset({"apply", "reset", "revert", "reenter", "try"})
"""Calls that run a user's code, which may take long: the browser is told when they begin."""
STALL = 1.0
"""Seconds without a confirmation after which sending goes on."""


def notebook_id() -> str:
    """
    Return what names the notebook of this kernel, also after a restart; empty when Jupyter does not tell.

    Not its path, because the state of widgets may be saved in the notebook and given away.
    """
    path = os.environ.get("JPY_SESSION_NAME", "")
    return hashlib.sha256(path.encode()).hexdigest()[:16] if path else ""


class Panel(anywidget.AnyWidget):
    """One panel; every view of it, in every tab, shows the same state."""

    _esm = STATIC / "panel.js"
    _css = STATIC / "panel.css"

    server = traitlets.Dict().tag(sync=True)
    endpoints: traitlets.List[Any] = traitlets.List().tag(sync=True)
    clients: traitlets.List[Any] = traitlets.List().tag(sync=True)
    counts = traitlets.Dict().tag(sync=True)
    epoch = traitlets.Unicode().tag(sync=True)
    protocol = traitlets.Int(PROTOCOL).tag(sync=True)
    notebook = traitlets.Unicode().tag(sync=True)

    def __init__(self, pg: Shown) -> None:
        self._context: contextvars.Context | None = None
        self._pg = pg
        self._calls = Calls(pg)
        state = rows.state_of(pg)
        super().__init__(epoch=secrets.token_hex(8), notebook=notebook_id(), **state)
        self._pump = _Pump(self, pg)
        self.on_msg(self._on_message)
        self._forget = pg.watch_changes(self._pump.wake, self._pump.recorded)

    def _on_message(self, widget: Any, content: dict[str, Any], buffers: list[bytes]) -> None:
        self._context = contextvars.copy_context()
        kind = content.get("type") if isinstance(content, dict) else None
        if kind == "hello":
            self._pump.hello(_count(content.get("have")) if content.get("epoch") == self.epoch else 0)
        elif kind == "ack":
            self._pump.acknowledged(_count(content.get("bytes")))
        elif kind == "call":
            number, op, args = content.get("id"), content.get("op"), content.get("args") or {}
            if isinstance(op, str) and op in RUN_CODE:
                self.send({"type": "begun", "id": number})
            # Not a worker of a pool: a call may take as long as it likes, or never end, and the next one still starts.
            answer = self._context.run, self._answer, number, op, args
            threading.Thread(target=answer[0], args=answer[1:], name="playground-call", daemon=True).start()

    def _answer(self, number: Any, op: Any, args: Any) -> None:
        reply: dict[str, Any] = {"type": "reply", "id": number, "ok": True}
        buffers: list[bytes] = []
        try:
            if op == "asset":
                buffers = [_asset(args)]
                reply["result"] = {}
            else:
                reply["result"] = self._calls.run(op, args)
        except Exception as error:
            reply |= {"ok": False, "error": as_error(error)}
        self.send(reply, buffers)
        self._pump.wake()

    def _send(self, msg: Any, buffers: Any = None) -> None:
        # ipykernel routes the browser's next message to whatever request our last one belonged to. On our own threads
        # that would be the running cell, and every click would wait for it to end; so they publish as part of the
        # browser's last request. `_send` and not `send`, because traits publish through it too.
        self._publish(super()._send, msg, buffers)

    def _publish(self, function: Callable[..., object], *args: Any) -> None:
        context = self._context
        if context is None or threading.current_thread() is threading.main_thread():
            function(*args)
        else:
            context.copy().run(function, *args)

    def renew_stills(self) -> None:
        """Update the still pictures under the panels."""
        self._publish(renew, self._pg)

    def close(self) -> None:
        """Stop feeding the browser; the playground's next view is a new panel."""
        self._forget()
        self._pump.stop()
        _panels.pop(self._pg, None)
        super().close()


def _count(value: object) -> int:
    """Return a number of bytes or rows that the browser sent; 0 for what is none."""
    return value if type(value) is int and value > 0 else 0


def _asset(args: object) -> bytes:
    """Return a file of the panel's, of which the browser names those that it loads when it needs them."""
    name = args.get("name") if isinstance(args, dict) else None
    if not isinstance(name, str) or name not in {path.name for path in STATIC.iterdir()}:
        raise LookupError(f"the panel has no file {shorten(repr(name), 80)}; reload the page")
    return (STATIC / name).read_bytes()


class _Pump:
    """The thread that feeds a panel: at once when something happens, and then at most thirty times a second."""

    def __init__(self, panel: Panel, pg: Shown) -> None:
        self.panel = panel
        self.pg = pg
        self._wake = threading.Event()
        self._window = threading.Condition()
        """The lock of `_credit`, the bytes that may still be sent before the browser confirms."""
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._sent = 0
        """The `seq` of the newest row sent."""
        self._resume_at: int | None = None
        """The number of the last row that a browser has that has just connected."""
        self._cleared = pg.log.cleared
        self._changed: dict[int, None] = {}
        """Numbers of records that were completed after their row was sent."""
        self._left_out: deque[range] = deque(maxlen=30)
        """Rows that were left out in about the last second."""
        self._credit = CREDIT
        self._state_at = self._beat_at = self._still_at = 0.0
        self._no_stills = False
        """Whether updating them has failed, which is logged once."""

    def wake(self) -> None:
        """Wake the thread, because there is something new; called for every event, so it has to be quick."""
        if not self._wake.is_set():
            self._wake.set()

    def recorded(self, record: Record) -> None:
        """Note a record that is new or was completed; called for every message, on the recording thread."""
        if record.seq <= self._sent:
            # Not the record: what the log lets go meanwhile must not live on here.
            self._changed[record.seq] = None
        if not self._wake.is_set():
            self._wake.set()

    def hello(self, have: int) -> None:
        """Start sending, or go on after a reload: the browser has the rows up to `have`."""
        self._resume_at = min(have, self.pg.log.total)
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="playground-panel", daemon=True)
            self._thread.start()
        self.wake()

    def acknowledged(self, count: int) -> None:
        """Note that `count` bytes arrived."""
        with self._window:
            self._credit = min(CREDIT, self._credit + count)
            self._window.notify()

    def stop(self) -> None:
        """End the thread."""
        self._stopped = True
        self.wake()

    def _run(self) -> None:
        pause = threading.Event()
        while not self._stopped:
            woken = waiting.until(self._wake, BEAT)
            self._wake.clear()
            resume_at, self._resume_at = self._resume_at, None
            if resume_at is not None:
                self._sent, self._state_at, self._beat_at = resume_at, 0.0, 0.0
                with self._window:
                    self._credit = CREDIT
            if woken:
                try:
                    self._send_rows()
                    self._send_state()
                except Exception as error:
                    # An event that cannot be shown is skipped and reported; the panel goes on.
                    self._sent = self.pg.log.total
                    self.pg.log.note("error", error=f"the panel could not show an event: {storable_error(error)}")
            self._renew_stills(woken)
            if time.monotonic() - self._beat_at >= BEAT:
                self._beat_at = time.monotonic()
                self.panel.send({"type": "beat"})
            waiting.until(pause, PAUSE)

    def _renew_stills(self, woken: bool) -> None:
        now = time.monotonic()
        if self._no_stills or (woken and now - self._still_at < STILL_PAUSE):
            return
        self._still_at = now
        try:
            self.panel.renew_stills()
        except Exception as error:
            self._no_stills = True
            self.pg.log.note(
                "error", error=f"the still picture under the panel could not be renewed: {storable_error(error)}"
            )

    def _send_rows(self) -> None:
        log = self.pg.log
        if log.cleared != self._cleared:
            self._cleared = log.cleared
            self._changed.clear()
            self.panel.send({"type": "cleared", "epoch": self.panel.epoch})
        again = self._again()
        first = self._sent == 0
        new = log.records(since=self._sent)
        skipped = (new[-1].seq if new else self._sent) - self._sent - len(new)
        keep = HISTORY if first else BATCH
        if len(new) > keep:
            skipped += len(new) - keep
            self._left_out.append(range(new[0].seq, new[-keep].seq))
            new = new[-keep:]
        if new:
            self._sent = new[-1].seq
        for start in range(0, len(again) + len(new), BATCH):
            self._send_batch((again + new)[start : start + BATCH], skipped if start == 0 else 0)

    def _again(self) -> list[Record]:
        """Return the changed records that have to be sent again; of too many, the rest comes with the next batch."""
        changed, self._changed = self._changed, {}
        numbers = [one for one in changed if not any(one in left_out for left_out in self._left_out)]
        for number in numbers[BATCH : 10 * BATCH]:
            self._changed.setdefault(number)
        if len(numbers) > BATCH:
            self.wake()
        wanted = set(numbers[:BATCH])
        if not wanted:
            return []
        return [one for one in self.pg.log.records(since=min(wanted) - 1) if one.seq in wanted]

    def _send_batch(self, records: list[Record], skipped: int) -> None:
        shown = [rows.row_of(self.pg.log, record) for record in records]
        data = json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        with self._window:
            if self._credit <= 0 and not waiting.until_holds(self._window, lambda: self._credit > 0, STALL):
                self._credit = CREDIT
            self._credit -= len(data)
        self.panel.send({"type": "events", "epoch": self.panel.epoch, "skipped": skipped}, [data])

    def _send_state(self) -> None:
        now = time.monotonic()
        if now - self._state_at < STATE_PAUSE:
            # Send it later, also if nothing else happens.
            self.wake()
            return
        self._state_at = now
        with self.panel.hold_sync():
            for name, value in rows.state_of(self.pg).items():
                setattr(self.panel, name, value)


_panels: WeakKeyDictionary[Shown, Panel] = WeakKeyDictionary()


def panel_of(thing: Shown | OpenedLog) -> Panel:
    """Return the panel of a playground or an opened log, the same one every time."""
    pg = shown_of(thing)
    if pg not in _panels:
        _panels[pg] = Panel(pg)
    return _panels[pg]
