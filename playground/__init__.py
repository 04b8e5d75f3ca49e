"""
A WebSocket laboratory inside a notebook.

    import playground
    pg = playground.start()

Importing it needs nothing but Python; Starlette, uvicorn and the rest are imported when they are first used.
"""

from __future__ import annotations

import sys
from importlib import import_module

from playground.common.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from playground.client.async_client import AsyncClient as AsyncClient
    from playground.client.client import Client as Client
    from playground.common.errors import ConnectFailed as ConnectFailed
    from playground.common.errors import ConnectionEnded as ConnectionEnded
    from playground.common.errors import EditRejected as EditRejected
    from playground.common.errors import EventTimeout as EventTimeout
    from playground.common.errors import HandshakeRefused as HandshakeRefused
    from playground.common.errors import MessagesLost as MessagesLost
    from playground.common.errors import NotALog as NotALog
    from playground.common.errors import NotJSON as NotJSON
    from playground.common.errors import NotRunning as NotRunning
    from playground.common.errors import PlaygroundError as PlaygroundError
    from playground.common.errors import PortTaken as PortTaken
    from playground.common.errors import PushFailed as PushFailed
    from playground.common.errors import QueryError as QueryError
    from playground.common.errors import ReceiveTimeout as ReceiveTimeout
    from playground.common.errors import StartFailed as StartFailed
    from playground.common.errors import UnknownEndpoint as UnknownEndpoint
    from playground.playground import Playground as Playground
    from playground.record.events import Event as Event
    from playground.record.log import Log as Log
    from playground.record.opened import OpenedLog as OpenedLog
    from playground.ui.nesting import allow_asyncio_run as allow_asyncio_run
    from playground.ui.pieces import show as show
    from playground.ui.stills import freeze as freeze

__version__ = VERSION

_ERRORS = "playground.common.errors"
_HOMES = {
    "AsyncClient": "playground.client.async_client",
    "Client": "playground.client.client",
    "ConnectFailed": _ERRORS,
    "ConnectionEnded": _ERRORS,
    "EditRejected": _ERRORS,
    "Event": "playground.record.events",
    "EventTimeout": _ERRORS,
    "HandshakeRefused": _ERRORS,
    "Log": "playground.record.log",
    "MessagesLost": _ERRORS,
    "NotALog": _ERRORS,
    "NotJSON": _ERRORS,
    "NotRunning": _ERRORS,
    "OpenedLog": "playground.record.opened",
    "Playground": "playground.playground",
    "PlaygroundError": _ERRORS,
    "PortTaken": _ERRORS,
    "PushFailed": _ERRORS,
    "QueryError": _ERRORS,
    "ReceiveTimeout": _ERRORS,
    "StartFailed": _ERRORS,
    "UnknownEndpoint": _ERRORS,
    "allow_asyncio_run": "playground.ui.nesting",
    "freeze": "playground.ui.stills",
    "show": "playground.ui.pieces",
}
"""The module of each public name. They are imported when first used, so that `python -m playground` can run and say
what is missing if nothing is installed yet."""

__all__ = ["load_ipython_extension", "open_log", "start", *_HOMES]


def start(app: Any = None, **settings: Any) -> Playground:
    """
    Start a playground and return it; as a notebook cell's last line it shows the panel.

        pg = playground.start()            # an echo at /ws and a page at / that talks to it
        pg = playground.start(app)         # any ASGI app; a Starlette app's endpoints can be edited
        pg = playground.start(port=8000)   # a port of your choice instead of a free one

    Running the cell again keeps the server and its connections. All settings, and what is raised, are described
    at `playground.starting.start`.
    """
    from playground.starting import start as start_playground

    shell = _shell()
    if shell is not None:
        load_ipython_extension(shell)
        settings.setdefault("names", shell.user_ns)
    return start_playground(app, **settings)


def open_log(path: str | Path, **limits: int) -> OpenedLog:
    """
    Return the log in a file; as a notebook cell's last line it shows the panel, without a server.

        log = playground.open_log("trace.jsonl")                 # from start(spill=…) or log.rows().to_jsonl()
        log = playground.open_log("trace.jsonl", limit=1000)     # the newest rows only

    It filters, explains (`log.why`) and exports like the log of a playground; `log.problems` lists damaged lines.
    Limits, and what is raised, are described at `playground.record.opened.open_log`.
    """
    from playground.record.opened import open_log as open_file

    shell = _shell()
    if shell is not None:
        load_ipython_extension(shell)
    return open_file(path, **limits)


def load_ipython_extension(shell: Any) -> None:
    """Give an IPython shell the panel and `%%endpoint`; `start` does it by itself in a notebook."""
    from playground.ui import notebook

    notebook.attach(shell)


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'playground' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


if _shell() is not None:
    # So that %%endpoint exists before anything was started, and can say that no playground runs.
    try:
        load_ipython_extension(_shell())
    except ImportError:
        # A package is missing; `start` names it.
        pass
