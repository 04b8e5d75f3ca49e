"""The registry of a server's connections, and the one whose code runs."""

from __future__ import annotations

import itertools
from asyncio import Task
from contextvars import ContextVar
from typing import Any

from playground.common.arguments import did_you_mean
from playground.record.records import Connection, Record
from playground.record.ring import Ring, size_of, weight_of

ENDED = 200
"""Ended connections that are remembered, for the panel and for questions afterwards."""

ENDED_BYTES = 16 * 2**20
"""The most bytes that these, but for the last one, may refer to."""


class Connections(dict[int, Connection]):
    """Open connections and the last `ENDED` ended ones, by id, oldest first."""

    def __init__(self) -> None:
        super().__init__()
        self._ids = itertools.count(1)
        self._held: dict[int, int] = {}
        """Bytes that the ended ones refer to, by number."""

    def open(self, path: str, **values: Any) -> Connection:
        """Return a new connection."""
        connection = Connection(next(self._ids), path, **values)
        self[connection.id] = connection
        return connection

    def find(self, wanted: Connection | int | str | None) -> Connection:
        """
        Return a connection, which may be given as it is, by its number, or by its client's name.

        A name means that client's newest one, "#3" the one with the number 3, and None the one that ended last.

        Raises:
            LookupError: it is not remembered.
            TypeError: it is asked for by something else.
        """
        if isinstance(wanted, Connection):
            return wanted
        if wanted is None:
            return self._ended_last()
        if isinstance(wanted, int):
            if wanted not in self:
                numbers = ", ".join(map(str, list(self)[-5:])) or "none"
                raise LookupError(f"connection {wanted} is not remembered; the last are {numbers}")
            return self[wanted]
        if not isinstance(wanted, str):
            raise TypeError(f"a connection is asked for by its number or its client's name, not by {wanted!r}")
        named = {one.client: one for one in list(self.values()) if one.client}
        if wanted not in named and wanted.startswith("#") and wanted[1:].isdecimal():
            # As the log calls connections of other programs.
            return self.find(int(wanted[1:]))
        if wanted not in named:
            near = did_you_mean(wanted, named) or f"the names are {', '.join(named) or 'none'}"
            raise LookupError(f"no connection of a client named {wanted!r} is remembered; {near}")
        return named[wanted]

    def _ended_last(self) -> Connection:
        ended = [one for one in list(self.values()) if one.state == "closed"]
        if not ended:
            raise LookupError("no connection has ended yet")
        return max(ended, key=lambda one: one.ending.end_record.seq if one.ending.end_record else 0)

    def forget_oldest(self) -> None:
        """Keep only the last of those that ended, and of those only what they may hold together."""
        ended = [one for one in list(self.values()) if one.state == "closed"]
        held = 0
        for place, one in enumerate(reversed(ended)):
            held += self._held.setdefault(one.id, 0) or self._weigh(one)
            if place >= ENDED or (place and held > ENDED_BYTES):
                self.pop(one.id, None)
                self._held.pop(one.id, None)

    def _weigh(self, connection: Connection) -> int:
        self._held[connection.id] = held = held_by(connection)
        return held


def held_by(connection: Connection) -> int:
    """Return the bytes that an ended connection refers to, in its records and its scope."""
    ending = connection.ending
    records = (connection.request, connection.response, connection.current_record, connection.dead_task)
    ends = (ending.close_record, ending.raised, ending.end_record)
    different = {id(one): one for one in (*records, *ends) if one is not None}
    scope = sum(size_of(value) for value in connection.scope.values())
    return sum(map(weight_of, different.values())) + scope + 2 * len(connection.path)


CONNECTION: ContextVar[Connection | None] = ContextVar("playground_connection", default=None)
"""The connection whose task this is; tasks that an endpoint starts inherit it."""

HOOK: ContextVar[Record | None] = ContextVar("playground_hook", default=None)
"""The hook or request whose code runs; what it prints is attached there."""

TRYING: ContextVar[bool] = ContextVar("playground_trying", default=False)
"""Whether a draft is tried in this context: what it sends to open connections must reach nobody."""

LOG: ContextVar[Ring | None] = ContextVar("playground_log", default=None)
"""The log of the playground that runs this code; None without a server."""

PEER: ContextVar[tuple[str, int] | None] = ContextVar("playground_peer", default=None)
"""The address that this request's socket is connected to, whatever a proxy's headers say; None without a socket."""

APP_TASK: ContextVar[Task[Any] | None] = ContextVar("playground_app_task", default=None)
"""The task in which the app was called for a connection."""

TAKEN: ContextVar[Record | None] = ContextVar("playground_taken", default=None)
"""The message that a function without hooks has taken last; tasks that it starts meanwhile inherit it."""
