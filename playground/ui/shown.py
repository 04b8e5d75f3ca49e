"""What a panel shows: a playground, or a log opened from a file, which has no server."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeAlias

from playground.client.clients import Clients
from playground.edit.endpoints import Endpoints
from playground.edit.held import HeldMessages
from playground.edit.live_code import OnError
from playground.record.opened import OpenedLog
from playground.record.records import Connection, Record

if TYPE_CHECKING:
    from playground.playground import Playground


class LogWithoutServer:
    """An opened log with the attributes of a playground that a panel needs; it has no server, clients or endpoints."""

    running = secrets = False
    url = http_url = ""
    blocked: str | None = None
    on_error: OnError = "starlette"

    def __init__(self, log: OpenedLog) -> None:
        self.log = log
        self.endpoints = Endpoints()
        self.clients = Clients()
        self.held = HeldMessages()
        self.connections: list[Connection] = []
        """Open connections: always none."""

    def copy_as(self, format: str, seq: int, *, secrets: bool = False) -> str:
        """Return a row as text that does again what its client did; see `Playground.copy_as`."""
        return self.log.copy_as(format, seq, secrets=secrets)

    def watch_changes(
        self, watcher: Callable[[], None], recorded: Callable[[Record], None] | None = None
    ) -> Callable[[], None]:
        """Call `recorded` or `watcher` for each record that is new; see `Playground.watch_changes`."""
        return self.log.subscribe(recorded or (lambda record: watcher()))

    def __repr__(self) -> str:
        return repr(self.log)


Shown: TypeAlias = "Playground | LogWithoutServer"


def shown_of(thing: Shown | OpenedLog) -> Shown:
    """Return what a panel shows for a playground or an opened log, the same object every time."""
    if isinstance(thing, OpenedLog):
        # Stored in the log, so that both are freed together.
        opened: LogWithoutServer = vars(thing).setdefault("_shown", LogWithoutServer(thing))
        return opened
    return thing


def mode_of(shown: Shown) -> Literal["live", "opened"]:
    """Return whether there is a server ("live"), or only a log from a file ("opened")."""
    return "opened" if isinstance(shown, LogWithoutServer) else "live"


def message_of(shown: Shown) -> str | None:
    """Return the text that a panel shows instead of an address; None while a server runs."""
    if isinstance(shown, LogWithoutServer):
        return f"opened from {shown.log.path.name}"
    return None if shown.running else "stopped"
