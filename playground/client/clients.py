"""The clients of one playground, by name."""

from __future__ import annotations

import inspect
import re
import threading
from collections.abc import Awaitable, Callable, ItemsView, Iterator, KeysView, ValuesView
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from playground.client import batch, loops
from playground.client.addresses import check_characters
from playground.client.async_client import AsyncClient
from playground.client.batch import Outcome
from playground.client.client import Client
from playground.common.arguments import check_close, check_options
from playground.common.errors import NotRunning
from playground.record.recorder.client import ClientWitness
from playground.record.recorder.server import Recorder
from playground.record.records import Address

LIMIT = 200
"""Closed clients that are remembered; older ones are forgotten."""


OPTIONS = [
    name for name in inspect.signature(AsyncClient).parameters if name not in ("url", "name", "witness", "announce")
]
"""What `Playground.connect` passes on to the client."""


class Clients(dict[str, Client]):
    """
    Synchronous clients by name; `del` removes one from the list. `close`, `reconnect` and `forget_closed` are for all.

    May be walked while other threads add and remove clients: iterating takes those of that moment.
    """

    def __init__(self) -> None:
        super().__init__()
        self._announced: dict[Address, ClientWitness] = {}
        self._all: WeakSet[AsyncClient] = WeakSet()
        """All clients, the asynchronous ones included: no two open ones have the same name."""
        self._settings: WeakKeyDictionary[AsyncClient, tuple[str, dict[str, Any]]] = WeakKeyDictionary()
        """What each was made with, for another one like it."""
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def keys(self) -> KeysView[str]:  # type: ignore[override]  # views of a copy
        """Return the names at present."""
        return self._now().keys()

    def values(self) -> ValuesView[Client]:  # type: ignore[override]  # views of a copy
        """Return the clients at present."""
        return self._now().values()

    def items(self) -> ItemsView[str, Client]:  # type: ignore[override]  # views of a copy
        """Return the names with their clients at present."""
        return self._now().items()

    def _now(self) -> dict[str, Client]:
        return dict(list(super().items()))

    def __missing__(self, name: object) -> Client:
        there = f"the clients are {', '.join(self)}" if self else "there are no clients yet"
        raise LookupError(f"no client named {name!r}; {there}")

    def make(
        self,
        target: str,
        name: str | None,
        options: dict[str, Any],
        recorder: Recorder,
        server: str | None,
        running: Callable[[], bool] = lambda: True,
    ) -> AsyncClient:
        """
        Return a new client that is recorded and not yet connected.

        Args:
            target: a path on our server, or a whole address elsewhere.
            name, options: as in `Playground.connect`.
            recorder: records what the client sees.
            server: our server's address, without a path; None while it does not run.
            running: tells whether our server runs.

        Raises:
            NotRunning: the target is a path, and the server does not run.
            TypeError, ValueError: the target, the name or an option cannot be used.
        """
        _check_target(target)
        check_options("connect", options, OPTIONS)

        def ours(name: str) -> AsyncClient:
            witness = ClientWitness(recorder, name, running)
            announce = partial(self.announce, witness)
            if options.get("proxy") is not None:
                raise ValueError(f"{target!r} is a path of this playground, which no proxy leads to; leave out proxy")
            straight = {**options, "direct": True}
            return AsyncClient(f"{server}{target}", name=name, witness=witness, announce=announce, **straight)

        def foreign(name: str) -> AsyncClient:
            return AsyncClient(target, name=name, witness=ClientWitness(recorder, name), **options)

        if not target.startswith("/"):
            return self._noted(self.named(name, foreign), target, options)
        if server is None:
            raise NotRunning(f"the playground is stopped, so {target!r} cannot be reached; pg.start() starts it again")
        return self._noted(self.named(name, ours), target, options)

    def _noted(self, client: AsyncClient, target: str, options: dict[str, Any]) -> AsyncClient:
        self._settings[client] = target, options
        return client

    def named(self, name: str | None, make: Callable[[str], AsyncClient]) -> AsyncClient:
        """
        Return a new client with the name asked for, or the nearest one that is free.

        Raises:
            TypeError, ValueError: the name is not text, or empty.
        """
        _check_name(name)
        with self._lock:
            client = make(self._free_name(name))
            self._all.add(client)
            return client

    def settings_of(self, client: AsyncClient) -> tuple[str, dict[str, Any]]:
        """Return the target and the options that a client was made with; raise LookupError for one made elsewhere."""
        if client not in self._settings:
            raise LookupError(f"{client.name} was not made by this playground; pg.connect makes one")
        return self._settings[client]

    def _free_name(self, name: str | None) -> str:
        taken = {one.name for one in self._all if one.state in ("open", "connecting")}
        if name is not None and name not in taken:
            return name
        base, number = ("c", 1) if name is None else (f"{name}-", 2)
        while f"{base}{number}" in (taken | self.keys() if name is None else taken):
            number += 1
        return f"{base}{number}"

    def add(self, client: AsyncClient) -> Client:
        """Add a client and return its synchronous form."""
        added = self[client.name] = Client(client)
        closed = [name for name, one in self.items() if one.state in ("closed", "failed")]
        for name in closed[: max(0, len(closed) - LIMIT)]:
            # Another thread may be doing the same.
            self.pop(name, None)
        return added

    def reconnect(self) -> Outcome:
        """
        Connect those again that are closed or could not connect, with their settings; return what became of each.

        Those that reconnect automatically do so now. No more than `batch.AT_ONCE` dial at the same moment.
        """
        ended = [one.async_client for one in self.values() if one.state in ("closed", "failed")]
        return self._with_each("reconnected", ended, AsyncClient.reconnect, "no client is closed")

    def close(self, code: int = 1000, reason: str = "") -> Outcome:
        """
        Close all that are connected, and stop those that reconnect automatically; return what became of each.

        Args:
            code, reason: as of `AsyncClient.close`.
        """
        check_close(code, reason)
        there = [one.async_client for one in self.values() if one.state == "open" or one.async_client.reconnection]
        return self._with_each("closed", there, lambda one: one.close(code, reason), "no client is connected")

    def forget_closed(self) -> Outcome:
        """Take those off the list that are closed or could not connect, unless they reconnect automatically."""
        gone = [
            name
            for name, one in self.items()
            if one.state in ("closed", "failed") and one.async_client.reconnection is None
        ]
        for name in gone:
            # Another thread may be doing the same.
            self.pop(name, None)
        return Outcome("removed", tuple(gone), nobody="no client is closed")

    def _with_each(
        self, verb: str, clients: list[AsyncClient], act: Callable[[AsyncClient], Awaitable[object]], nobody: str
    ) -> Outcome:
        outcomes = loops.wait(partial(batch.each, clients, act)) if clients else {}
        failed = {name: error for name, error in outcomes.items() if error is not None}
        done = tuple(one.name for one in clients if outcomes.get(one.name) is None)
        return Outcome(verb, done, failed, nobody)

    def name_like(self, name: str) -> str | None:
        """Return a free name for a client like that one: "alice-2" for "alice"; None, which gets the next, for "c1"."""
        if re.fullmatch(r"c\d+", name):
            return None
        base, number = re.sub(r"-\d+$", "", name), 2
        with self._lock:
            taken = {one.name for one in self._all if one.state in ("open", "connecting")} | self.keys()
        while f"{base}-{number}" in taken:
            number += 1
        return f"{base}-{number}"

    def forget(self) -> None:
        """Let all clients be closed; for a forked child, whose parent goes on with their connections."""
        self._lock = threading.Lock()
        for client in list(self._all):
            client.forget()

    def announce(self, witness: ClientWitness, address: Address) -> None:
        """Remember which client has this address, before the server sees its handshake."""
        with self._lock:
            self._announced[address] = witness
            while len(self._announced) > 10 * LIMIT:
                self._announced.pop(next(iter(self._announced)))

    def witness_at(self, address: Address | None) -> ClientWitness | None:
        """Return the witness of the client with that address and forget it; None for another program's connection."""
        with self._lock:
            return self._announced.pop(address, None) if address else None


def _check_name(name: object) -> None:
    if name is not None and not isinstance(name, str):
        raise TypeError(f"a client's name has to be text, as in name={str(name)!r}, not {name!r}")
    if name is not None and not name.strip():
        raise ValueError(f"a client's name cannot be {name!r}; leave it out to get one, such as 'c1'")


def _check_target(target: object) -> None:
    if not isinstance(target, str):
        raise TypeError(f"connect takes a path, such as '/ws', or an address, such as 'ws://host/ws', not {target!r}")
    check_characters(target)
    scheme, separator, rest = target.partition("://")
    if target.startswith("/") or scheme in ("ws", "wss") and separator:
        return
    if not target.strip():
        raise ValueError(f"connect takes a path, such as '/ws', and not the empty text {target!r}")
    if separator:
        secure = "s" if scheme.lower() in ("https", "wss") else ""
        raise ValueError(f"{target!r} is not a WebSocket address; did you mean 'ws{secure}://{rest}'?")
    raise ValueError(f"{target!r} is neither a path, as {'/' + target!r}, nor an address, as 'ws://{target}'")
