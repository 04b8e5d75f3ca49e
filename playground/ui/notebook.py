"""What an IPython shell gets: the panel for a Playground, and `%%endpoint`."""

from __future__ import annotations

import warnings
from typing import Any

from playground.playground import Playground
from playground.ui.magics import PlaygroundMagics
from playground.ui.nesting import warn_about_nesting


def attach(shell: Any) -> None:
    """Register the panel's display and the magics with a shell; doing it again changes nothing."""
    warn_about_nesting()
    if "endpoint" in shell.magics_manager.magics["cell"]:
        return
    shell.register_magics(PlaygroundMagics(shell))
    shell.display_formatter.mimebundle_formatter.for_type(Playground, _bundle)


def _bundle(pg: Playground, include: Any = None, exclude: Any = None) -> Any:
    try:
        from playground.ui.panel import panel_of
    except ImportError as error:
        # The plain repr still tells what is running.
        warnings.warn(f"the panel needs ipywidgets and anywidget: {error}", stacklevel=2)
        return None
    bundle = panel_of(pg)._repr_mimebundle_(include=include, exclude=exclude)
    # What is left where no widget can be shown, as in a saved notebook.
    shown = bundle[0] if isinstance(bundle, tuple) else bundle
    if shown:
        shown["text/plain"] = repr(pg)
    return bundle
