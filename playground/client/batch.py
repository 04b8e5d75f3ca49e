"""The same done with many clients, a few at a time; what became of each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from playground.client.async_client import AsyncClient
from playground.common.errors import HandshakeRefused
from playground.common.text import one_line, shorten

AT_ONCE = 20
"""Clients that dial or close at the same moment, so that hundreds neither flood a server nor fill its queue."""


@dataclass(frozen=True)
class Outcome:
    """What became of each client; as text a sentence, such as "3 reconnected, 1 refused: HTTP 403"."""

    verb: str
    """ "reconnected", "closed" or "removed"."""
    done: tuple[str, ...] = ()
    """The names of the clients with which it was done."""
    failed: Mapping[str, Exception] = field(default_factory=dict)
    """Why it was not, by name."""
    nobody: str = ""
    """Why there was nothing to do."""

    def __str__(self) -> str:
        parts = [f"{len(self.done)} {self.verb}"] if self.done else []
        why: dict[str, list[str]] = {}
        for name, error in self.failed.items():
            why.setdefault(_short(error, name), []).append(name)
        parts += [f"{len(names)} {text}" for text, names in why.items()]
        return ", ".join(parts) or self.nobody

    def __repr__(self) -> str:
        return one_line(f"<Outcome {self}>")


def _short(error: Exception, name: str) -> str:
    """Return in a few words why a client could not connect."""
    if isinstance(error, HandshakeRefused):
        return f"refused: HTTP {error.status}"
    return f"failed: {shorten(str(error).removeprefix(f'{name}: '), 100)}"


async def each(
    clients: Iterable[AsyncClient], act: Callable[[AsyncClient], Awaitable[object]]
) -> dict[str, Exception | None]:
    """Do the same with each client, `AT_ONCE` of them at a time; return by name what was raised, None for nothing."""
    gate = asyncio.Semaphore(AT_ONCE)
    outcomes: dict[str, Exception | None] = {}

    async def one(client: AsyncClient) -> None:
        async with gate:
            try:
                await act(client)
            except Exception as error:  # One that fails otherwise does not hide what became of the rest.
                outcomes[client.name] = error
            else:
                outcomes[client.name] = None

    await asyncio.gather(*map(one, clients))
    return outcomes
