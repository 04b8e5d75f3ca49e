"""`playground.start`, which can be called again to change or restart the same playground."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.types import ASGIApp

from playground.common import forks, waiting
from playground.playground import Playground

_running: dict[str, tuple[Playground, dict[str, Any]]] = {}
"""Playgrounds that `start` made, by name, with the settings they were started with."""

_locks: dict[str, threading.Lock] = {}
"""One for each name: several threads start one playground of that name, and those of other names do not wait."""

forks.in_child(_running.clear)
forks.in_child(_locks.clear)


def start(
    app: ASGIApp | None = None,
    *,
    name: str = "playground",
    names: Mapping[str, Any] | None = None,
    timeout: float = 10.0,
    **settings: Any,
) -> Playground:
    """
    Start a playground and return it; as a notebook cell's last line it shows the panel.

    Running the cell again keeps the server, its port and its connections: with an app, that app takes over; without
    one, the endpoints stay as they were edited. Other settings than before restart the server; endpoints and log stay.

    Args:
        app: an ASGI app, served unchanged; without one, an echo at /ws and a page at / that talks to it.
        name: another name starts another playground beside the first.
        names: names that endpoints may use besides their own; in a notebook, its globals.
        timeout: seconds the app's start-up may take.
        settings: `host`, `port`, `origins`, `hosts` and more of `Playground`.

    Raises:
        TypeError, ValueError: a setting cannot be used; a running playground goes on.
        PortTaken: another program listens on the port.
        StartFailed: the app raised, and its exception is the cause; or it did not start in time.
    """
    started: list[Playground] = []

    def give_up() -> None:
        for pg in started:
            pg.stop(timeout=0.2)

    begin = partial(_start, started, app, name, names, timeout, settings)
    return waiting.to_the_end(begin, give_up=give_up)


def _start(
    started: list[Playground],
    app: ASGIApp | None,
    name: str,
    names: Mapping[str, Any] | None,
    timeout: float,
    settings: dict[str, Any],
) -> Playground:
    with _locks.setdefault(name, threading.Lock()):
        pg, asked = _running.get(name, (None, {}))
        if pg is None or not pg.running:
            pg = Playground(app, names=names, **settings)
            # From here on, whoever is interrupted has it.
            started.append(pg)
            pg.start(timeout=timeout)
        elif asked != settings:
            pg.restart(app, timeout=timeout, **settings)
        elif app is not None:
            pg.swap(app, timeout=timeout)
        _running[name] = pg, settings
        return pg
