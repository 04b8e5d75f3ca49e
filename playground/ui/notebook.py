"""What is registered with an IPython shell: the panel, the displays of other objects, and `%%endpoint`."""

from __future__ import annotations

import warnings
from typing import Any

from IPython.display import display

from playground.playground import Playground
from playground.record.opened import OpenedLog
from playground.ui.displays.registering import register
from playground.ui.frozen import frozen_html
from playground.ui.magics import PlaygroundMagics
from playground.ui.nesting import warn_about_nesting
from playground.ui.shown import shown_of
from playground.ui.stills import renew_all, show


def attach(shell: Any) -> None:
    """Register the panel's display and the magics with a shell; doing it again changes nothing."""
    warn_about_nesting()
    if "endpoint" in shell.magics_manager.magics["cell"]:
        return
    shell.register_magics(PlaygroundMagics(shell))
    shell.events.register("post_run_cell", renew_all)
    _notice_patches(shell)
    register(shell.display_formatter)
    Playground.drawn_with = staticmethod(_show)
    for shown in (Playground, OpenedLog):
        shell.display_formatter.ipython_display_formatter.for_type(shown, _display)


def _notice_patches(shell: Any) -> None:
    """Look before and after each cell whether code of an endpoint was replaced in place, as `%autoreload` does."""

    def look(*_: object) -> None:
        for one in list(shell.user_ns.values()):
            if issubclass(type(one), Playground):
                one.endpoints.notice()

    def look_last(*_: object) -> None:
        # `%autoreload` replaces code in the same event, and may have been loaded later.
        shell.events.unregister("pre_run_cell", look)
        shell.events.register("pre_run_cell", look)
        look()

    shell.events.register("pre_run_cell", look)
    shell.events.register("post_run_cell", look_last)


def _show(*args: Any, **values: Any) -> Any:
    # Imported when it is first used: anywidget takes a third of a second.
    from playground.ui.pieces import show as show_piece

    return show_piece(*args, **values)


def _display(thing: Playground | OpenedLog) -> None:
    pg = shown_of(thing)
    try:
        from playground.ui.panel import panel_of
    except ImportError as error:
        warnings.warn(f"the panel needs ipywidgets and anywidget: {error}", stacklevel=2)
        display({"text/plain": repr(pg), "text/html": frozen_html(pg)}, raw=True)  # type: ignore[no-untyped-call]  # IPython has no types here
        return
    bundle = panel_of(pg)._repr_mimebundle_()
    panel: dict[str, Any] = (bundle[0] if isinstance(bundle, tuple) else bundle) or {}
    show(pg, {**panel, "text/plain": repr(pg)})
