"""Replay recorded messages against a draft, on an in-memory connection."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from playground.common.logs import TracebacksAsText
from playground.common.text import one_line, shorten
from playground.edit.endpoints import Endpoint
from playground.edit.held import would_hold
from playground.edit.source.executing import TimeIsUp, left_behind, run_apart
from playground.edit.source.running import forget
from playground.edit.source.source import LoadedEndpoint
from playground.edit.values import is_class
from playground.edit.versions import has_starlette_dispatch
from playground.record.connections import TRYING
from playground.record.log import Log
from playground.record.records import Connection, Record
from playground.record.storable import storable_error, storable_payload

LATE = 0.5
"""Seconds that a draft's tasks get at the end to send what was sent then."""

_CAUSE: ContextVar[int | None] = ContextVar("playground_cause", default=None)
"""The message because of which the draft's code runs."""

Payload = str | bytes


@dataclass(frozen=True)
class Turn:
    """One recorded message, what was sent because of it then, and what the draft sends now."""

    received: Payload
    before: tuple[Payload, ...]
    after: tuple[Payload, ...]
    error: str | None = None
    """What the draft raised, as `KeyError: 'say'`."""
    failed: str | None = None
    """What was raised then."""
    held: bool = False
    """Whether the message is held, so that it can be run again once the draft is applied."""

    @property
    def same(self) -> bool:
        """Whether the draft sends what was sent then."""
        return self.error is None and self.failed is None and self.before == self.after

    def __repr__(self) -> str:
        got = self.error or _show(self.after)
        change = "as before" if self.same else f"before {self.failed or _show(self.before)}"
        return one_line(f"<Turn {'held ' if self.held else ''}{_show((self.received,))} -> {got}, {change}>")


@dataclass(frozen=True)
class Trial:
    """What a draft sends for recorded messages; nothing was published."""

    turns: tuple[Turn, ...]
    """Messages that are held come first; they were tried last, as they would be run again."""
    error: str | None = None
    """What went wrong outside of the messages: while connecting, or a time-out."""
    note: str = ""

    @property
    def same(self) -> bool:
        """Whether the draft sends everything that was sent then."""
        return self.error is None and all(turn.same for turn in self.turns)

    def __repr__(self) -> str:
        count = f"{len(self.turns)} message" + ("" if len(self.turns) == 1 else "s")
        if self.error:
            return one_line(f"<Trial {count}, {self.error}>")
        if not self.turns:
            return one_line(f"<Trial {self.note}>")
        different = sum(not turn.same for turn in self.turns)
        lines = [f"<Trial {count}, {different} answered differently>"]
        return "\n".join(lines + [f"  {turn!r}" for turn in self.turns if not turn.same])


@dataclass(frozen=True)
class _Past:
    """A message that was received."""

    message: Message
    sent: tuple[Payload, ...]
    """What was sent to the same connection because of it."""
    failed: str | None
    held: bool


def _past_of(log: Log, connection: int, held: set[int], last: int) -> list[_Past]:
    """Return the last messages of a connection that the log still holds, those that are held at the end."""
    received: dict[int, Record] = {}
    sent: dict[int, list[Payload]] = {}
    for record in log.records():
        if record.connection_id != connection or record.data is None:
            continue
        if record.kind == "receive":
            received[record.seq] = record
        elif record.kind == "send" and record.cause is not None:
            # What others broadcast is sent here too, because of their messages.
            sent.setdefault(record.cause, []).append(record.data)
    chosen = [one for one in received.values() if one.seq not in held][-last:] if last > 0 else []
    chosen += [one for one in received.values() if one.seq in held]
    return [
        _Past(_as_message(one.data), tuple(sent.get(one.seq, ())), one.error, one.seq in held)
        for one in chosen
        if one.data is not None
    ]


def _as_message(data: Payload) -> Message:
    return {"type": "websocket.receive", "text" if isinstance(data, str) else "bytes": data}


def try_draft(
    endpoint: Endpoint,
    loaded: LoadedEndpoint,
    log: Log,
    connections: Sequence[Connection],
    number: int | None,
    last: int,
    timeout: float,
) -> Trial:
    """Run a draft on the last messages of a connection and compare what it sends; see `Playground.try_edit`."""
    try:
        if endpoint.kind != "websocket" or loaded.kind != "websocket":
            return Trial((), note="only WebSocket endpoints have messages to try")
        held = {one.seq: one.host.connection for one in endpoint.held}
        here = [one for one in connections if one.files is endpoint.files and number in (None, one.id)]
        # A connection that waits for a corrected version comes first.
        here.sort(key=lambda one: any(one is waiting for waiting in held.values()))
        for one in reversed(here):
            past = _past_of(log, one.id, set(held), last)
            if past:
                connection = _MemoryConnection(past, min(LATE, timeout / 4))
                app = endpoint.app_of(loaded)
                if endpoint.on_error() == "hold" and is_class(loaded.target) and has_starlette_dispatch(loaded.target):
                    app = _holding(loaded.target, connection)
                return _on_a_thread(app, connection, dict(one.scope), timeout)
        return Trial((), note="no message was received here yet; send one first")
    finally:
        forget(loaded.filename, loaded.filename)


def _on_a_thread(app: ASGIApp, connection: _MemoryConnection, scope: Scope, timeout: float) -> Trial:
    outcome: list[Trial] = []
    loop = asyncio.SelectorEventLoop()

    def in_thread() -> None:
        with TracebacksAsText("asyncio"), asyncio.Runner(loop_factory=lambda: loop) as runner:
            try:
                outcome.append(runner.run(run(app, connection, scope, timeout)))
            except TimeIsUp:
                raise
            except BaseException as raised:
                # A task or a callback of the draft has ended the loop.
                outcome.append(connection.as_trial(raised))

    has_ended = run_apart(in_thread, name="playground-trial", limit=timeout + 0.5)
    if has_ended and not loop.is_closed():
        # It was ended while it cleaned up.
        loop.set_exception_handler(lambda *_: None)
        with suppress(RuntimeError):
            loop.close()
    if outcome:
        return outcome[0]
    error = f"the draft blocked its thread and did not return within {timeout:g} s, {connection.where()}"
    if not has_ended:
        error += f"; what it waits for cannot be interrupted, so its thread is left behind ({left_behind()} so far)"
    return Trial(tuple(connection.turns()), error)


async def run(app: ASGIApp, connection: _MemoryConnection, scope: Scope, limit: float) -> Trial:
    """
    Return what a draft sends for each recorded message, one after the other.

    Args:
        app: the draft.
        connection: the recorded messages, and where the draft's go.
        scope: the handshake of the recorded connection.
        limit: seconds for all of it.
    """
    # It may come upon the WebSockets of open connections, in a module or in `app.state`.
    TRYING.set(True)
    clock = asyncio.timeout(limit)
    try:
        async with clock:
            await app(scope, connection.receive, connection.send)
    except TimeIsUp:
        raise
    except BaseException as raised:
        # Whatever it is, SystemExit and CancelledError too, it is the draft's and not the caller's.
        if isinstance(raised, TimeoutError) and clock.expired():
            error = f"the draft did not finish within {limit:g} s, {connection.where()}"
            return Trial(tuple(connection.turns()), error)
        return connection.as_trial(raised)
    return connection.as_trial(None)


def _holding(target: Any, connection: _MemoryConnection) -> ASGIApp:
    """Return a class as an app that keeps its connection when a message fails, as `on_error="hold"` does."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        instance = target(scope, receive, send)
        on_receive = instance.on_receive

        async def guarded(websocket: WebSocket, data: Any) -> None:
            try:
                await on_receive(websocket, data)
            except Exception as error:
                if not would_hold(error, websocket):
                    raise
                connection.failed(error)

        instance.on_receive = guarded
        await instance.dispatch()

    return app


class _MemoryConnection:
    """The ASGI side of an in-memory connection; a message is handled when the app asks for the next one."""

    def __init__(self, past: Sequence[_Past], patience: float) -> None:
        self._past = past
        self._patience = patience
        self._at = -1
        self._sent: list[list[Payload]] = []
        self._errors: dict[int, str] = {}
        self._connected = False
        self._sends = asyncio.Event()

    async def receive(self) -> Message:
        if not self._connected:
            self._connected = True
            return {"type": "websocket.connect"}
        if self._at + 1 >= len(self._past):
            await self._until_answered()
            self._at = len(self._past)
            return {"type": "websocket.disconnect", "code": 1000, "reason": ""}
        self._at += 1
        self._sent.append([])
        # Tasks that the draft starts now inherit it.
        _CAUSE.set(self._at)
        return dict(self._past[self._at].message)

    async def _until_answered(self) -> None:
        """Give tasks of the draft the time to send what was sent then."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                while any(len(now) < len(then.sent) for now, then in zip(self._sent, self._past, strict=False)):
                    self._sends.clear()
                    await self._sends.wait()

    async def send(self, message: Message) -> None:
        cause = _CAUSE.get()
        if message["type"] == "websocket.send" and cause is not None:
            data = message.get("bytes")
            sent = storable_payload(message.get("text") if data is None else data)
            if sent is not None:
                self._sent[cause].append(sent)
                self._sends.set()

    def as_trial(self, raised: BaseException | None) -> Trial:
        """Return what has happened, when the draft has returned or has raised something."""
        error = self.failed(raised) if raised and not self._has_caused(raised) else None
        return Trial(tuple(self.turns()), error)

    def _has_caused(self, raised: BaseException) -> bool:
        """Return whether an exception only says that there are no more messages, as a function's last receive does."""
        if isinstance(raised, BaseExceptionGroup):
            return all(map(self._has_caused, raised.exceptions))
        return isinstance(raised, WebSocketDisconnect) and self._at >= len(self._past)

    def failed(self, raised: BaseException) -> str | None:
        """Keep the exception with its message and return None, or return the error of the whole trial."""
        if 0 <= self._at < len(self._past):
            self._errors[self._at] = storable_error(raised)
            return None
        return f"{self.where()}: {storable_error(raised)}"

    def where(self) -> str:
        """Return how far the draft has come, in words."""
        if self._at < 0:
            return "while connecting"
        return f"at message {self._at + 1}" if self._at < len(self._past) else "while disconnecting"

    def turns(self) -> list[Turn]:
        """Return what has happened to each message, those that are held first."""
        tried = enumerate(zip(self._past, self._sent, strict=False))
        turns = [
            Turn(_payload_of(past.message), past.sent, tuple(sent), self._errors.get(index), past.failed, past.held)
            for index, (past, sent) in tried
        ]
        return sorted(turns, key=lambda turn: not turn.held)


def _payload_of(message: Message) -> Payload:
    """Return a received message's text or bytes."""
    text: str | None = message.get("text")
    found: Any = message.get("bytes") if text is None else text
    return found if found is not None else ""


def _show(payloads: tuple[Payload, ...]) -> str:
    shown = [repr(shorten(one, 40) if isinstance(one, str) else one[:20]) for one in payloads]
    return " ".join(shown) or "nothing"
