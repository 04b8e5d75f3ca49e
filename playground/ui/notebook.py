"""What an IPython shell gets: the panel for a Playground, and `%%endpoint`."""

from __future__ import annotations

import secrets
import warnings
from typing import Any

from IPython.display import display

from playground.playground import Playground
from playground.ui.frozen import frozen_html, remember_display
from playground.ui.magics import PlaygroundMagics
from playground.ui.nesting import warn_about_nesting


def attach(shell: Any) -> None:
    """Register the panel's display and the magics with a shell; doing it again changes nothing."""
    warn_about_nesting()
    if "endpoint" in shell.magics_manager.magics["cell"]:
        return
    shell.register_magics(PlaygroundMagics(shell))
    shell.display_formatter.ipython_display_formatter.for_type(Playground, _display)


def _display(pg: Playground) -> None:
    # With an id of its own, so that `freeze` can replace it.
    display_id = secrets.token_hex(8)
    remember_display(pg, display_id)
    display(_bundle(pg), raw=True, display_id=display_id)  # type: ignore[no-untyped-call]  # IPython has no types here


def _bundle(pg: Playground) -> dict[str, Any]:
    """Return the panel, and beside it what can be shown where no widget can be."""
    still = {"text/plain": repr(pg), "text/html": frozen_html(pg)}
    try:
        from playground.ui.panel import panel_of
    except ImportError as error:
        warnings.warn(f"the panel needs ipywidgets and anywidget: {error}", stacklevel=2)
        return still
    bundle = panel_of(pg)._repr_mimebundle_()
    return {**(bundle[0] if isinstance(bundle, tuple) else bundle or {}), **still}
