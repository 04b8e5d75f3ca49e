"""
Parts of the panel as widgets of their own, to lay out with `HBox` and `VBox`, in a lesson or a dashboard.

All pieces of a playground share its one panel: that widget has the state, the rows and the script. A piece has a few
lines, which find the panel in the page and let it draw there; so ten pieces cost the page little more than one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets

from playground.common.arguments import did_you_mean
from playground.edit.endpoints import check_path
from playground.record.opened import OpenedLog
from playground.record.query import compile_query
from playground.ui.panel import panel_of
from playground.ui.shown import LogWithoutServer, Shown, shown_of

STATIC = Path(__file__).parent / "static"

PIECES = ("panel", "timeline", "sequence", "clients", "composer", "editor", "page")
"""What can be shown; "panel" is everything."""

OF_A_LOG = ("panel", "timeline", "sequence")
"""What needs no server."""


class Piece(anywidget.AnyWidget):
    """A part of the panel of a playground, or all of it, as a widget."""

    _esm = STATIC / "piece.js"

    panel = traitlets.Unicode().tag(sync=True)
    """The model of the panel, as widgets refer to each other."""
    epoch = traitlets.Unicode().tag(sync=True)
    """What names that panel in the page."""
    pane = traitlets.Unicode("panel").tag(sync=True)
    filter = traitlets.Unicode().tag(sync=True)
    path = traitlets.Unicode().tag(sync=True)
    height = traitlets.Int(None, allow_none=True).tag(sync=True)
    """Pixels; None for a height that suits the piece."""
    side = traitlets.Unicode("").tag(sync=True)
    """Whether it is to be shown beside the notebook: "" no, "asked" once, "placed" when a page has done so."""

    def __init__(self, shown: Shown, pane: str, *, side: bool = False, **values: Any) -> None:
        self._shown = shown
        panel = panel_of(shown)
        super().__init__(
            panel=f"IPY_MODEL_{panel.model_id}",
            epoch=panel.epoch,
            pane=pane,
            side="asked" if side else "",
            # In an `HBox` as in a cell, it takes the width that it gets.
            layout=ipywidgets.Layout(flex="1 1 auto", min_width="0"),
            **values,
        )
        self.on_msg(self._on_message)

    def _on_message(self, widget: Any, content: dict[str, Any], buffers: list[bytes]) -> None:
        # Once: a page that is loaded again must not open what somebody has closed.
        if isinstance(content, dict) and content.get("type") == "placed":
            self.side = "placed"

    def __repr__(self) -> str:
        about = f" {self.filter or self.path!r}" if self.filter or self.path else ""
        return f"<Piece {self.pane}{about} of {self._shown!r}>"


def show(
    thing: Shown | OpenedLog, piece: str = "panel", about: str = "", *, height: int | None = None, side: bool = False
) -> Piece:
    """
    Return a part of the panel as a widget; as a cell's last line it is shown, and `HBox` and `VBox` lay it out.

        pg.show("timeline", "alice")               # the rows that pass a filter
        pg.show("editor", "/chat")                 # the code of one endpoint
        HBox([pg.show("clients"), pg.show("composer")])
        pg.show(side=True)                         # all of it, beside the notebook

    Every piece shows the same state, whether there is one of them or ten.

    Args:
        thing: a playground, or a log from `playground.open_log`, of which there are "timeline" and "sequence".
        piece: "timeline", "sequence", "clients", "composer", "editor", "page", or "panel" for everything.
        about: of "timeline" and "sequence" a filter; of "editor" an endpoint's path; of "page" the path to show.
        height: pixels; a height that suits the piece when left out.
        side: open it beside the notebook, in a view of its own, which stays when the cell is out of sight. Where the
            notebook program cannot do that, it is shown below the cell, with a line that says so.

    Raises:
        ValueError: there is no such piece, a log from a file does not have it, or its height is not a number of pixels.
        TypeError: the piece takes no second argument.
        UnknownEndpoint: no endpoint at that path.
        QueryError: the filter cannot be read.
    """
    shown = shown_of(thing)
    _check(shown, piece, height)
    return Piece(shown, piece, side=side, height=height, **_about(shown, piece, about))


def _check(shown: Shown, piece: str, height: int | None) -> None:
    if piece not in PIECES:
        near = did_you_mean(piece, PIECES) if isinstance(piece, str) else ""
        raise ValueError(f"no piece {piece!r}; {near or 'there are ' + ', '.join(PIECES)}")
    if isinstance(shown, LogWithoutServer) and piece not in OF_A_LOG:
        raise ValueError(f"a log from a file has no {piece}; it has {', '.join(OF_A_LOG)}")
    if height is not None and (type(height) is not int or height < 1):
        raise ValueError(f"height has to be a number of pixels, such as 400, not {height!r}")


def _about(shown: Shown, piece: str, about: str) -> dict[str, str]:
    """Return what a piece's second argument sets, once it is checked."""
    if piece in ("timeline", "sequence"):
        compile_query(about)
        return {"filter": about}
    if piece == "page":
        check_path(about)
        return {"path": about or "/"}
    if not about:
        return {}
    if piece != "editor":
        raise TypeError(f"the piece {piece!r} takes no second argument, and got {about!r}")
    return {"path": shown.endpoints[about].path}
