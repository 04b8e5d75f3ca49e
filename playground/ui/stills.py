"""
The still picture under a panel: what a saved notebook shows without a kernel, and nbconvert without a script.

A living panel's style hides it. It is renewed after each cell, and by the panel itself once it has been quiet.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from IPython.display import display, update_display

from playground.playground import Playground
from playground.ui.frozen import frozen_html

PANELS = 20
"""Outputs of one playground that `freeze` replaces, the last ones."""


@dataclass
class _Shown:
    """Where a playground is shown."""

    still: str = field(default_factory=lambda: secrets.token_hex(8))
    """The display id that all its stills share."""
    panels: list[str] = field(default_factory=list)
    """The display ids of its panels."""
    mark: object = None
    """What there was when the stills were renewed last."""


_shown: WeakKeyDictionary[Playground, _Shown] = WeakKeyDictionary()


def show(pg: Playground, panel: dict[str, Any]) -> None:
    """Display a panel, given as a MIME bundle, and the still picture under it."""
    shown = _shown.setdefault(pg, _Shown())
    panel_id = secrets.token_hex(8)
    shown.panels = [*shown.panels, panel_id][-PANELS:]
    shown.mark = _mark(pg)
    display(panel, raw=True, display_id=panel_id)  # type: ignore[no-untyped-call]  # IPython has no types here
    display(_still(pg), raw=True, display_id=shown.still)  # type: ignore[no-untyped-call]


def renew(pg: Playground) -> None:
    """Bring the playground's stills up to date, if anything has happened since."""
    shown = _shown.get(pg)
    mark = _mark(pg)
    if shown is not None and shown.mark != mark:
        shown.mark = mark
        update_display(_still(pg), raw=True, display_id=shown.still)  # type: ignore[no-untyped-call]


def renew_all(*_: object) -> None:
    """Bring all stills up to date; IPython calls it after each cell."""
    for pg in list(_shown):
        renew(pg)


def freeze(pg: Playground) -> None:
    """
    Replace the panel in its cells by what it shows now, readable without a kernel; run a cell again to get it back.

    A saved notebook shows the last rows also without this, under a widget that cannot live.
    """
    shown = _shown.pop(pg, None)
    if shown is None:
        return
    frozen = {"text/html": frozen_html(pg), "text/plain": repr(pg)}
    for panel_id in shown.panels:
        update_display(frozen, raw=True, display_id=panel_id)  # type: ignore[no-untyped-call]
    update_display({"text/html": ""}, raw=True, display_id=shown.still)  # type: ignore[no-untyped-call]


def _still(pg: Playground) -> dict[str, str]:
    return {"text/html": f"<div class='wp-still'>{frozen_html(pg)}</div>"}


def _mark(pg: Playground) -> object:
    return pg.log.total, pg.running, [one.current.number for one in pg.endpoints.all()]
