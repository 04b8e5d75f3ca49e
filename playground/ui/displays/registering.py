"""
Which objects show themselves as HTML.

What records, edits or connects draws nothing: the displays are registered with IPython, by type. Without IPython, and
where a display fails, the text that `repr` returns is all there is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from playground.client.async_client import AsyncClient
from playground.client.client import Client
from playground.client.clients import Clients
from playground.edit.endpoints import Endpoint, Endpoints
from playground.edit.versions import Diff, Report
from playground.record.autopsy.autopsy import Autopsy
from playground.record.lists import Rows
from playground.record.row import Row
from playground.ui.displays.clients import client_html, clients_html
from playground.ui.displays.endings import autopsy_html
from playground.ui.displays.endpoints import diff_html, endpoint_html, endpoints_html, report_html
from playground.ui.displays.rows import row_html, rows_html

DISPLAYS: dict[type, Callable[[Any], str]] = {
    Row: row_html,
    Rows: rows_html,
    Autopsy: autopsy_html,
    Report: report_html,
    Endpoint: endpoint_html,
    Endpoints: endpoints_html,
    Diff: diff_html,
    Client: client_html,
    AsyncClient: client_html,
    Clients: clients_html,
}
"""The display of each type."""


def html_of(thing: object) -> str | None:
    """Return the display of an object; None where it has none, or where drawing it fails."""
    draw = next((DISPLAYS[one] for one in type(thing).__mro__ if one in DISPLAYS), None)
    return _or_text(draw)(thing) if draw else None


def register(formatter: Any) -> None:
    """Let an IPython shell's formatter show these objects as HTML, too; doing it again changes nothing."""
    for shown, draw in DISPLAYS.items():
        formatter.formatters["text/html"].for_type(shown, _or_text(draw))


def _or_text(draw: Callable[[Any], str]) -> Callable[[Any], str | None]:
    """Return a display that gives None, for which IPython shows the text alone, when the object is broken."""

    @wraps(draw)
    def shown(thing: Any) -> str | None:
        try:
            return draw(thing)
        except Exception as error:
            logging.getLogger(__name__).debug("%s cannot be shown as HTML: %r", type(thing).__name__, error)
            return None

    return shown
