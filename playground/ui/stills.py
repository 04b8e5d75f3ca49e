"""
The still picture under a panel: what a saved notebook shows without a kernel, and nbconvert without a script.

The style of a working panel hides it. It is updated after each cell, and by the panel: when nothing has happened for a
moment, or every few seconds.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from IPython.display import display, update_display

from playground.common import forks
from playground.record.opened import OpenedLog
from playground.ui.folding import is_heartbeat
from playground.ui.frozen import frozen_html, newest
from playground.ui.shown import Shown, shown_of

NOTHING = {"text/html": ""}
"""The output that replaces a picture that is no longer needed."""

PANELS = 20
"""How many outputs of one playground `freeze` replaces, the last ones."""


@dataclass
class _Shown:
    """Where a playground is shown."""

    still: str | None = None
    """The display id of its still picture, which is only under the newest panel, to keep the file small."""
    panels: list[str] = field(default_factory=list)
    """The display ids of its panels."""
    mark: object = None
    """The state that the picture shows; compared to see whether it has to be updated."""


_shown: WeakKeyDictionary[Shown, _Shown] = WeakKeyDictionary()

_lock = threading.RLock()
forks.renew(_lock)
"""Held while publishing: the panel's thread and a cell may do that at the same time."""


def show(pg: Shown, panel: dict[str, Any]) -> None:
    """Display a panel, given as a MIME bundle, and the still picture under it."""
    with _lock:
        shown = _shown.setdefault(pg, _Shown())
        panel_id, before, shown.still = secrets.token_hex(8), shown.still, secrets.token_hex(8)
        shown.panels = [*shown.panels, panel_id][-PANELS:]
        shown.mark = _mark(pg)
        display(panel, raw=True, display_id=panel_id)  # type: ignore[no-untyped-call]  # IPython has no types here
        display(_still(pg), raw=True, display_id=shown.still)  # type: ignore[no-untyped-call]  # IPython has no types here
        if before:
            update_display(NOTHING, raw=True, display_id=before)  # type: ignore[no-untyped-call]  # IPython has no types here


def renew(pg: Shown) -> None:
    """Update the playground's still picture, if anything has happened since the last time."""
    with _lock:
        shown = _shown.get(pg)
        mark = _mark(pg)
        if shown is not None and shown.mark != mark:
            update_display(_still(pg), raw=True, display_id=shown.still)  # type: ignore[no-untyped-call]  # IPython has no types here
            shown.mark = mark


def renew_all(*_: object) -> None:
    """Update all still pictures; IPython calls it after each cell."""
    for pg in list(_shown):
        renew(pg)


def freeze(thing: Shown | OpenedLog) -> None:
    """
    Replace the panel in its cells by a picture of its current state, which needs no kernel.

    Run a cell again to get the panel back. Without this, a saved notebook shows the last rows below the widget.
    """
    with _lock:
        pg = shown_of(thing)
        shown = _shown.pop(pg, None)
        if shown is None:
            return
        frozen = {"text/html": frozen_html(pg), "text/plain": repr(pg)}
        for panel_id in shown.panels:
            update_display(frozen, raw=True, display_id=panel_id)  # type: ignore[no-untyped-call]  # IPython has no types here
        update_display(NOTHING, raw=True, display_id=shown.still)  # type: ignore[no-untyped-call]  # IPython has no types here


def _still(pg: Shown) -> dict[str, str]:
    return {"text/html": f"<div class='wp-still'>{frozen_html(pg)}</div>"}


def _mark(pg: Shown) -> object:
    # An existing row may still change, because of a witness or the end of its hook. Heartbeats say nothing happened.
    shown = (one for one in newest(pg) if not is_heartbeat(one))
    rows = [(one.seq, one.ended, one.client_at, one.wire_at, one.handler_at, one.code) for one in shown]
    return rows, pg.running, [one.current.number for one in pg.endpoints.all()]
