"""Replay recorded messages against a draft, on an in-memory connection."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Scope

from playground.common import waiting
from playground.common.logs import TracebacksAsText
from playground.common.text import shorten
from playground.edit.endpoints import Endpoint, as_app
from playground.edit.running import forget
from playground.record.log import Log
from playground.record.records import Connection
from playground.record.storable import storable_error, storable_payload

Payload = str | bytes

Past = list[tuple[Message, tuple[Payload, ...]]]
"""Messages received, each with the messages sent between it and the next."""


@dataclass(frozen=True)
class Turn:
    """One recorded message, what was sent after it then, and what the draft sends now."""

    received: Payload
    before: tuple[Payload, ...]
    after: tuple[Payload, ...]
    error: str | None = None
    """What the draft raised, as `KeyError: 'say'`."""

    @property
    def same(self) -> bool:
        """Whether the draft sends what was sent then."""
        return self.error is None and self.before == self.after

    def __repr__(self) -> str:
        got = self.error or _show(self.after)
        change = "as before" if self.same else f"before {_show(self.before)}"
        return f"<Turn {_show((self.received,))} -> {got}, {change}>"


@dataclass(frozen=True)
class Trial:
    """What a draft sends for recorded messages; nothing was published."""

    turns: tuple[Turn, ...]
    error: str | None = None
    """What went wrong outside of the messages: while connecting, or a time-out."""
    note: str = ""

    @property
    def same(self) -> bool:
        """Whether the draft sends everything that was sent then."""
        return self.error is None and all(turn.same for turn in self.turns)

    def __repr__(self) -> str:
        if self.error:
            return f"<Trial {len(self.turns)} messages, {self.error}>"
        if not self.turns:
            return f"<Trial {self.note}>"
        different = sum(not turn.same for turn in self.turns)
        count = f"{len(self.turns)} message" + ("s" if len(self.turns) > 1 else "")
        lines = [f"<Trial {count}, {different} answered differently>"]
        return "\n".join(lines + [f"  {turn!r}" for turn in self.turns if not turn.same])


def _past_of(log: Log, connection: int) -> Past:
    """Return the messages of a connection that the log still holds."""
    past: Past = []
    for record in log.records():
        if record.connection_id != connection or record.data is None:
            continue
        if record.kind == "receive":
            key = "text" if isinstance(record.data, str) else "bytes"
            past.append(({"type": "websocket.receive", key: record.data}, ()))
        elif record.kind == "send" and past:
            message, sent = past[-1]
            past[-1] = (message, (*sent, record.data))
    return past


def try_draft(
    endpoint: Endpoint,
    source: str,
    log: Log,
    connections: Sequence[Connection],
    number: int | None,
    last: int,
    timeout: float,
    run_limit: float,
) -> Trial:
    """
    Run a draft on the last messages of a connection and compare what it sends; see `Playground.try_edit`.

    Raises:
        EditRejected: the draft has a mistake.
    """
    loaded = endpoint.load(source, reset=True, limit=run_limit)
    try:
        if endpoint.kind != "websocket" or loaded.kind != "websocket":
            return Trial((), note="only WebSocket endpoints have messages to try")
        here = [one for one in connections if one.files is endpoint.files and number in (None, one.id)]
        for one in reversed(here):
            past = _past_of(log, one.id)[-last:]
            if past:
                trying = run(as_app(loaded.target, "websocket"), dict(one.scope), past, timeout)
                return _on_a_thread(trying, timeout)
        return Trial((), note="no message was received here yet; send one first")
    finally:
        forget(loaded.filename, loaded.filename)


def _on_a_thread(trying: Coroutine[Any, Any, Trial], timeout: float) -> Trial:
    outcome: Future[Trial] = Future()

    def in_thread() -> None:
        try:
            with TracebacksAsText("asyncio"), asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                outcome.set_result(runner.run(trying))
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=in_thread, name="playground-trial", daemon=True).start()
    try:
        return waiting.result(outcome, timeout + 0.5)
    except TimeoutError:
        return Trial((), error=f"the draft blocked its thread and did not return within {timeout:g} s")


async def run(app: ASGIApp, scope: Scope, past: Past, limit: float) -> Trial:
    """
    Return what `app` sends for each recorded message, one after the other.

    Args:
        app: the draft as an ASGI app.
        scope: the handshake of the recorded connection.
        past: the messages received, each with what was sent after it.
        limit: seconds for all of it.
    """
    connection = _MemoryConnection(past)
    error: str | None = None
    try:
        await asyncio.wait_for(app(scope, connection.receive, connection.send), limit)
    except TimeoutError:
        error = f"the draft did not finish within {limit:g} s, {connection.where()}"
    except Exception as raised:
        error = connection.failed(raised)
    return Trial(tuple(connection.turns()), error)


class _MemoryConnection:
    """The ASGI side of an in-memory connection; a message is handled when the app asks for the next one."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._at = -1
        self._sent: list[list[Payload]] = []
        self._error: str | None = None
        self._connected = False

    async def receive(self) -> Message:
        if not self._connected:
            self._connected = True
            return {"type": "websocket.connect"}
        self._at += 1
        if self._at >= len(self._past):
            return {"type": "websocket.disconnect", "code": 1000, "reason": ""}
        self._sent.append([])
        return dict(self._past[self._at][0])

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.send" and self._sent and self._at < len(self._past):
            data = message.get("bytes")
            sent = storable_payload(message.get("text") if data is None else data)
            if sent is not None:
                self._sent[-1].append(sent)

    def failed(self, raised: Exception) -> str | None:
        """Keep the exception with its message and return None, or return the error of the whole trial."""
        if 0 <= self._at < len(self._past):
            self._error = storable_error(raised)
            return None
        return f"{self.where()}: {storable_error(raised)}"

    def where(self) -> str:
        """Return how far the draft has come, in words."""
        if self._at < 0:
            return "while connecting"
        return f"at message {self._at + 1}" if self._at < len(self._past) else "while disconnecting"

    def turns(self) -> list[Turn]:
        last = len(self._sent) - 1
        return [
            Turn(_payload_of(message), before, tuple(self._sent[index]), self._error if index == last else None)
            for index, (message, before) in enumerate(self._past[: len(self._sent)])
        ]


def _payload_of(message: Message) -> Payload:
    """Return a received message's text or bytes."""
    text: str | None = message.get("text")
    found: Any = message.get("bytes") if text is None else text
    return found if found is not None else ""


def _show(payloads: tuple[Payload, ...]) -> str:
    shown = [repr(shorten(one, 40) if isinstance(one, str) else one[:20]) for one in payloads]
    return " ".join(shown) or "nothing"
