"""The clients of one playground, by name."""

from __future__ import annotations

import threading
from collections.abc import Callable
from weakref import WeakSet

from playground.net.async_client import AsyncClient
from playground.net.client import Client
from playground.net.dial import Address
from playground.net.witness import ClientWitness

LIMIT = 200
"""Closed clients that are remembered; older ones go."""


class Clients(dict[str, Client]):
    """Synchronous clients by name; `del` takes one off the list."""

    def __init__(self) -> None:
        super().__init__()
        self._announced: dict[Address, ClientWitness] = {}
        self._all: WeakSet[AsyncClient] = WeakSet()
        """Also those that are awaited, and belong to whoever awaits them; their names are taken too."""
        self._lock = threading.Lock()

    def __missing__(self, name: object) -> Client:
        raise LookupError(f"no client named {name!r}; there is {', '.join(self) or 'nobody'}")

    def named(self, name: str | None, make: Callable[[str], AsyncClient]) -> AsyncClient:
        """
        Return a new client with the name asked for, or the nearest one that is free.

        Raises:
            TypeError, ValueError: the name is no text, or empty.
        """
        _check_name(name)
        with self._lock:
            client = make(self._free_name(name))
            self._all.add(client)
            return client

    def _free_name(self, name: str | None) -> str:
        taken = {one.name for one in self._all if one.state in ("open", "connecting")}
        if name is not None and name not in taken:
            return name
        base, number = ("c", 1) if name is None else (f"{name}-", 2)
        while f"{base}{number}" in (taken | self.keys() if name is None else taken):
            number += 1
        return f"{base}{number}"

    def add(self, client: AsyncClient) -> Client:
        """Enter a client and return its synchronous form."""
        self[client.name] = Client(client)
        closed = [name for name, one in self.items() if one.state in ("closed", "failed")]
        for name in closed[: max(0, len(closed) - LIMIT)]:
            del self[name]
        return self[client.name]

    def announce(self, witness: ClientWitness, address: Address) -> None:
        """Remember whose socket that is, before the server sees its handshake."""
        self._announced[address] = witness
        while len(self._announced) > 10 * LIMIT:
            self._announced.pop(next(iter(self._announced)))

    def witness_at(self, address: Address | None) -> ClientWitness | None:
        """Return the witness of the client with that address, once; None for a connection that is none of ours."""
        return self._announced.pop(address, None) if address else None


def _check_name(name: object) -> None:
    if name is not None and not isinstance(name, str):
        raise TypeError(f"a client's name is text, as name={str(name)!r}, not {name!r}")
    if name is not None and not name.strip():
        raise ValueError(f"a client's name cannot be {name!r}; leave it out to get one, such as 'c1'")
