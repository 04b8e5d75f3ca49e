"""
Messages that the playground sends as the server, in the place of the app: `Playground.push`.

They leave by the same `send` as the app's own messages, on the server's loop, between two of these. Nothing that the
handler sees tells of them, and they are recorded as the playground's.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass, field

from starlette.routing import compile_path
from starlette.types import Message

from playground.common import waiting
from playground.common.arguments import check_text
from playground.common.errors import NotJSON, NotRunning, PushFailed
from playground.common.text import one_line, shorten
from playground.record.asgi_tap import Sender
from playground.record.autopsy.accounts import close_text
from playground.record.connections import TRYING
from playground.record.records import Connection
from playground.record.storable import storable_error

LATE = 1.0
"""Seconds beyond its time after which a push is given up: the loop is blocked."""

ON_ITS_OWN_LOOP = (
    "push waits for the server's loop, so a hook cannot call it; a hook sends with its WebSocket, or calls "
    "await asyncio.to_thread(pg.push, …)"
)


@dataclass(frozen=True)
class Pushed:
    """Who was sent a message by `Playground.push`; its length is their number."""

    connections: tuple[Connection, ...] = ()
    """Those to whose sockets the server has written it."""
    missed: Mapping[Connection, str] = field(default_factory=dict)
    """Those to whom it could not be sent, with why."""

    def __len__(self) -> int:
        return len(self.connections)

    def __repr__(self) -> str:
        missed = "".join(f"; not to {named(one)}: {why}" for one, why in self.missed.items())
        return one_line(f"<Pushed to {', '.join(map(named, self.connections)) or 'nobody'}{missed}>")


def named(connection: Connection) -> str:
    """Return what the log calls a connection: its client's name, or "#3" for another program's."""
    return connection.client or f"#{connection.id}"


def message_of(data: object) -> Message:
    """
    Return the ASGI message that carries a text, bytes, or another value as JSON text.

    Raises:
        NotJSON: the value cannot be written as JSON.
        ValueError: text that cannot be encoded in UTF-8.
    """
    if isinstance(data, bytes | bytearray | memoryview):
        return {"type": "websocket.send", "bytes": bytes(data)}
    if isinstance(data, str):
        check_text(data)
        return {"type": "websocket.send", "text": str(data)}
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise NotJSON(f"{shorten(repr(data), 80)} cannot be sent as JSON: {error}") from None
    check_text(text)
    return {"type": "websocket.send", "text": text}


def at_path(connections: Iterable[Connection], path: str) -> list[Connection]:
    """
    Return those of the connections at a path, such as "/room/a", or at a route's, such as "/room/{name}".

    Raises:
        ValueError: it is not a route's path.
    """
    try:
        pattern = compile_path(path)[0] if "{" in path else None
    except (AssertionError, ValueError) as error:
        raise ValueError(f"{path!r} is not a route's path: {error}") from None
    return [one for one in connections if one.path == path or (pattern is not None and pattern.match(one.path))]


def why_not(connection: Connection, sender: Sender | None) -> str | None:
    """Return why nothing can be sent on a connection now, or None."""
    ending = connection.ending
    if connection.elsewhere:
        return "its server is not this playground's"
    if ending.refused is not None:
        return f"its handshake was refused with HTTP {ending.refused}"
    told = ending.handler_told or ending.handler_asked or ending.close_out or ending.close_in
    if told is not None:
        return f"it is closed: {close_text(told)}"
    if connection.state == "closed" or ending.tcp is not None:
        return "it is closed"
    if connection.state == "connecting":
        return "its handshake is not accepted yet"
    return "its handler has returned" if sender is None else None


class Push:
    """
    One message on its way to some connections.

    Args:
        message: a `websocket.send`.
        to: the connections.
        senders: the `send` of each connection whose app runs, by the connection's number.
        timeout: seconds that a client which does not read is waited for; None waits for ever.
    """

    def __init__(
        self, message: Message, to: list[Connection], senders: Mapping[int, Sender], timeout: float | None
    ) -> None:
        self._message = message
        self._to = to
        self._senders = senders
        self._timeout = timeout
        self._sent: set[Connection] = set()
        self._missed: dict[Connection, str] = {}

    @property
    def outcome(self) -> Pushed:
        """Who was sent it so far, in the order of the connections given."""
        return Pushed(tuple(filter(self._sent.__contains__, self._to)), dict(self._missed))

    def run(self, loop: asyncio.AbstractEventLoop) -> Pushed:
        """
        Send it on the server's loop and return who was sent it; an interrupt ends that.

        Raises:
            TimeoutError: the loop is blocked.
            NotRunning: the server was stopped meanwhile.
            RuntimeError: this is the server's loop.
        """
        if TRYING.get():
            # What a draft does that is only tried reaches nobody.
            return Pushed()
        # A loop that is blocked does not notice that the time is over.
        limit = None if self._timeout is None else self._timeout + LATE
        try:
            waiting.run_on(loop, self._to_all, refusal=ON_ITS_OWN_LOOP, timeout=limit)
        except (RuntimeError, CancelledError) as error:
            if waiting.running_loop() is loop:
                raise
            raise NotRunning(f"the playground was stopped meanwhile; {self.outcome!r}") from error
        return self.outcome

    def check(self) -> None:
        """Raise PushFailed if nothing can be sent to one of them now."""
        whys = ((one, why_not(one, self._senders.get(one.id))) for one in self._to)
        self._raise_for(Pushed((), {one: why for one, why in whys if why is not None}), "nothing was sent")

    def check_sent(self) -> None:
        """Raise PushFailed if one of them was not sent it."""
        sent = ", ".join(map(named, self.outcome.connections))
        self._raise_for(self.outcome, f"it was sent to {sent or 'nobody'}")

    def _raise_for(self, pushed: Pushed, what: str) -> None:
        if pushed.missed:
            told = "; ".join(f"{named(one)}: {why}" for one, why in pushed.missed.items())
            raise PushFailed(one_line(f"{told}; {what}"), pushed=pushed)

    async def _to_all(self) -> None:
        await asyncio.gather(*map(self._to_one, self._to))

    async def _to_one(self, connection: Connection) -> None:
        why = await self._why_not_sent(connection, self._senders.get(connection.id))
        if why is None:
            self._sent.add(connection)
        else:
            self._missed[connection] = why

    async def _why_not_sent(self, connection: Connection, sender: Sender | None) -> str | None:
        began = False
        try:
            async with asyncio.timeout(self._timeout):
                if sender is not None:
                    await sender.writable()
                why = why_not(connection, sender)
                if why is None and sender is not None:
                    began = True
                    await sender.push(dict(self._message))
                return why
        except TimeoutError:
            then = "whether it got this is not known" if began else "so nothing was sent to it"
            return f"it has not read what was sent before for {self._timeout:g} s, {then}"
        except Exception as error:
            return why_not(connection, sender) or f"the server raised {storable_error(error)}"
