"""
Whether uvicorn's protocol classes can be tapped here.

The tap extends a class of uvicorn's that is no public interface. Where its surface is not the one that was tested, the
wire is not recorded, and the log says so once; everything else goes on.
"""

from __future__ import annotations

import importlib.metadata
import inspect
from functools import partial
from typing import Any

from playground.record.recorder.server import Recorder

METHODS = {
    "connection_lost": ("self", "exc"),
    "data_received": ("self", "data"),
    "eof_received": ("self",),
    "handle_connect": ("self", "event"),
    "handle_parser_exception": ("self",),
    "keepalive_timeout": ("self",),
    "receive": ("self",),
    "send": ("self", "message"),
}
"""The methods of uvicorn's class that the tap extends, with their parameters."""

ATTRIBUTES = ("client", "close_sent", "conn", "logger", "loop", "read_paused", "root_path", "transport", "writable")
"""What its constructor sets and the tap uses."""


def protocols(recorder: Recorder, options: dict[str, Any]) -> dict[str, Any]:
    """
    Return uvicorn's settings with protocol classes that record, where they can.

    A class of one's own is left as it is, and so is wsproto: the wire is not recorded then. What wsproto refuses before
    the app is asked is recorded where its HTTP request is read.
    """
    ws, http = options.get("ws", "auto"), options.get("http", "auto")
    if ws == "wsproto":
        from playground.serve.handshake import keeping_head

        return {**options, "http": keeping_head(http, recorder, tapped=False)}
    if ws not in ("auto", "websockets-sansio"):
        return options
    problem = find_problem()
    if problem:
        recorder.log.note("log", error="WARNING", data=problem)
        return options
    from playground.serve.handshake import keeping_head
    from playground.serve.uvicorn_tap import TappedProtocol

    tapped = partial(TappedProtocol, recorder=recorder)
    return {**options, "ws": tapped, "http": keeping_head(http, recorder)}


def find_problem() -> str | None:
    """Return the sentence that says why the wire cannot be recorded with the uvicorn that is installed, or None."""
    try:
        from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol as Base
        from websockets.http11 import Request  # noqa: F401  # whether it is there
    except ImportError as error:
        return _sentence(str(error))
    for name, expected in METHODS.items():
        method = getattr(Base, name, None)
        if method is None:
            return _sentence(f"{Base.__name__} has no method {name!r}")
        found = tuple(inspect.signature(method).parameters)
        if found != expected:
            return _sentence(f"{Base.__name__}.{name} takes {found}, not {expected}")
    missing = [name for name in ATTRIBUTES if name not in Base.__init__.__code__.co_names]
    return _sentence(f"{Base.__name__} does not set {', '.join(missing)}") if missing else None


def _sentence(what: str) -> str:
    version = importlib.metadata.version("uvicorn")
    return (
        f"the wire is not recorded: uvicorn {version} is not one this playground knows ({what}); "
        f"install a version that pyproject.toml names to have all three witnesses"
    )
