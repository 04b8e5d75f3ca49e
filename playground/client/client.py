"""A client without `await`, for cells, tests and scripts; it runs on a background loop."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

from playground.client import loops
from playground.client.async_client import AsyncClient, State
from playground.client.inbox import Hand
from playground.common.errors import ConnectFailed
from playground.common.text import one_line
from playground.record.records import Connection

T = TypeVar("T")


class Client:
    """
    A WebSocket client without `await`, for cells, tests and scripts; it runs on a background loop.

        with pg.connect("/echo") as alice:
            alice.send("hello")
            alice.receive(timeout=1)

    Every method does the same as that of `AsyncClient` and raises the same errors.
    """

    def __init__(self, client: AsyncClient) -> None:
        self.async_client = client
        """The asynchronous client behind this one; it belongs to the background loop."""

    def connect(self) -> Client:
        """Open the connection and return the client; see `AsyncClient.connect`."""
        return self._dial(self.async_client.connect)

    def reconnect(self) -> Client:
        """Open a new connection with the same settings; see `AsyncClient.reconnect`."""
        return self._dial(self.async_client.reconnect)

    def _dial(self, dial: Callable[[], Coroutine[Any, Any, AsyncClient]]) -> Client:
        """Dial; where that is interrupted, nothing stays open that nobody knows of."""
        try:
            loops.wait(dial)
            return self
        except Exception:
            raise
        except BaseException:
            self.abandon()
            raise

    def abandon(self) -> None:
        """Leave nothing open after a dial that was interrupted; see `AsyncClient.abandon`."""
        loops.after_an_interrupt(self.async_client.abandon)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection; an interrupt ends only the waiting. See `AsyncClient.close`."""
        loops.wait(partial(self.async_client.close, code, reason))

    def send(self, data: str | bytes, *, fragments: int = 1) -> None:
        """Send one message; where that is interrupted, it is sent whole or not at all. See `AsyncClient.send`."""
        loops.wait(partial(self.async_client.send, data, fragments=fragments))

    def send_json(self, value: Any) -> None:
        """Send a value as JSON text; see `AsyncClient.send_json`."""
        loops.wait(partial(self.async_client.send_json, value))

    def ping(self, *, timeout: float | None = None) -> float:
        """Return the seconds a ping's pong took; see `AsyncClient.ping`."""
        return loops.wait(partial(self.async_client.ping, timeout=timeout))

    def receive(self, *, timeout: float | None = None) -> str | bytes:
        """Return the next message; where that is interrupted, it stays the next. See `AsyncClient.receive`."""
        return self._receive(_as_it_is, timeout)

    def receive_text(self, *, timeout: float | None = None) -> str:
        """Return the next message as text; see `AsyncClient.receive_text`."""
        return self._receive(self.async_client.as_text, timeout)

    def receive_bytes(self, *, timeout: float | None = None) -> bytes:
        """Return the next message as bytes; see `AsyncClient.receive_bytes`."""
        return self._receive(self.async_client.as_bytes, timeout)

    def receive_json(self, *, timeout: float | None = None) -> Any:
        """Return the next message decoded from JSON; see `AsyncClient.receive_json`."""
        return self._receive(self.async_client.as_json, timeout)

    def _receive(self, read: Callable[[str | bytes], T], timeout: float | None) -> T:
        client, hand = self.async_client, Hand()
        try:
            loops.wait(partial(client.take, hand, read, timeout=timeout))
            if hand.wrong is not None:
                raise hand.wrong
            # Python looks for interrupts where a function begins or a call into C ends: not from here to the caller.
            return hand.value  # type: ignore[no-any-return]  # what `read` returned
        except Exception:
            raise
        except BaseException:
            loops.after_an_interrupt(partial(client.give_back, hand))
            raise

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where it connects to."""
        return self.async_client.url

    @property
    def name(self) -> str:
        """What the log and the panel call it."""
        return self.async_client.name

    @property
    def connection(self) -> Connection | None:
        """The connection as the server records it; see `AsyncClient.connection`."""
        return self.async_client.connection

    @property
    def state(self) -> State:
        """ "connecting", "open", "closed" or "failed"."""
        return self.async_client.state

    @property
    def sent(self) -> int:
        """Messages sent."""
        return self.async_client.sent

    @property
    def received(self) -> int:
        """Messages that arrived, whether `receive` has returned them or not."""
        return self.async_client.received

    @property
    def waiting(self) -> int:
        """Messages that arrived and were not received yet."""
        return self.async_client.waiting

    @property
    def address_shown(self) -> str:
        """The address, with `(masked)` in place of a password, or of a token in its query."""
        return self.async_client.address_shown

    @property
    def elsewhere(self) -> bool:
        """Whether it dials a server that is not this playground's."""
        return self.async_client.elsewhere

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies by name; see `AsyncClient.cookies`."""
        return self.async_client.cookies

    @property
    def failure(self) -> ConnectFailed | None:
        """Why the connection could not be opened; None if it could."""
        return self.async_client.failure

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol the server chose."""
        return self.async_client.subprotocol

    @property
    def response_headers(self) -> list[tuple[str, str]]:
        """The headers of the server's handshake response."""
        return self.async_client.response_headers

    @property
    def close_code(self) -> int | None:
        """The close code this side received; see `AsyncClient.close_code`."""
        return self.async_client.close_code

    @property
    def close_reason(self) -> str:
        """The close reason; see `AsyncClient.close_reason`."""
        return self.async_client.close_reason

    def __repr__(self) -> str:
        return one_line(f"<Client {self.async_client.summary}>")


def _as_it_is(data: str | bytes) -> str | bytes:
    return data
