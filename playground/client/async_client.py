"""
A real WebSocket client on a real socket, to be awaited.

It runs on the event loop that awaits it. Like a browser, it reads messages before the program asks for them.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping
from ssl import SSLContext
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from websockets import exceptions as ws_errors
from websockets.asyncio.client import ClientConnection
from websockets.protocol import OPEN

from playground.client.addresses import encoded
from playground.client.beginning import Noticed
from playground.client.complaints import Complaint, complaint_of, refused_after_close
from playground.client.cookies import Cookies, cookie_texts
from playground.client.dial import Dial, open_websocket
from playground.client.inbox import Hand, Inbox
from playground.client.proxies import check_proxy, without_secrets
from playground.client.reconnection import Reconnection
from playground.common.arguments import check_close, check_header, check_seconds, check_text, header_texts, texts
from playground.common.close_codes import close_code_name
from playground.common.errors import (
    ConnectFailed,
    ConnectionEnded,
    HandshakeRefused,
    MessagesLost,
    NotJSON,
    ReceiveTimeout,
)
from playground.common.text import one_line, shorten
from playground.record.autopsy.accounts import client_ended
from playground.record.records import Address

if TYPE_CHECKING:
    from playground.record.recorder.client import ClientWitness
    from playground.record.records import Connection, Record

TIMEOUT = 5.0
"""Seconds that receiving and pinging wait unless told otherwise."""

FRAGMENTS = 100_000
"""The most frames that a message is divided into; each needs memory, also an empty one."""

State = Literal["connecting", "open", "closed", "failed"]


class AsyncClient:
    """
    One WebSocket client, to be awaited.

        async with pg.connect_async("/echo") as bob:
            await bob.send("hello")
            await bob.receive()

    Args:
        url: "ws://…" or "wss://…"; what a browser would encode in it, such as a space, is encoded.
        name: what the log and the panel call it.
        headers: further headers of the handshake.
        subprotocols: offered in this order (RFC 6455, section 1.9).
        origin: the Origin header; browsers send one, programs need not.
        timeout: seconds that `receive` and `ping` wait by default; None waits for ever.
        open_timeout: seconds the handshake may take.
        max_size: bytes of the largest message that is accepted; a larger one closes the connection with 1009.
        witness: receives what the client sees, for the log.
        reconnect: connect again after the connection was dropped, with growing pauses. Messages that wait to be
            received stay. A connection that this side closed is not opened again.
        on_change: called after anything about it changed, on its loop.
        announce: called with the client's own address before the handshake.
        ssl: how a wss:// server's certificate is checked; one of your own, as from mkcert, is trusted with
            `ssl.create_default_context(cafile="rootCA.pem")`.
        proxy: the address of a proxy, such as "http://127.0.0.1:3128"; when left out, the one that the environment
            names (`https_proxy`, `no_proxy` and the like).
        direct: connect straight to the host, also where the environment names a proxy.
        cookies: sent as Cookie. Those that the server's answer sets are kept, and sent when the client reconnects.
        dial: opens the connection.

    Raises:
        TypeError, ValueError: one of these cannot be used; the message names it.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str = "client",
        headers: Mapping[str, str] | None = None,
        subprotocols: Iterable[str] = (),
        origin: str | None = None,
        timeout: float | None = TIMEOUT,
        open_timeout: float = 10.0,
        max_size: int | None = 16 * 2**20,
        reconnect: bool = False,
        on_change: Callable[[], None] | None = None,
        witness: ClientWitness | None = None,
        announce: Callable[[Address], None] | None = None,
        ssl: SSLContext | None = None,
        proxy: str | None = None,
        direct: bool = False,
        cookies: Mapping[str, str] | None = None,
        dial: Dial = open_websocket,
    ) -> None:
        check_seconds("timeout", timeout)
        check_seconds("open_timeout", open_timeout)
        if max_size is not None and not isinstance(max_size, int):
            raise TypeError(f"max_size has to be a number of bytes, such as 1000, or None, not {max_size!r}")
        address = encoded(url)
        _check_ways(url, ssl, proxy, direct)
        self.url = url
        self.name = name
        self.headers = header_texts(headers)
        self.subprotocols = texts("subprotocols", subprotocols)
        if origin is not None:
            check_header("Origin", origin)
        self.origin = origin
        given = cookie_texts(cookies)
        if given and any(name.lower() == "cookie" for name in self.headers):
            raise ValueError("cookies are given twice: in cookies, and as a header; put all of them into cookies")
        self._cookies = Cookies(address, given)
        self.timeout = timeout
        self.open_timeout = open_timeout
        self.max_size = max_size
        self.state: State = "connecting"
        self.sent = 0
        """Messages sent."""
        self.received = 0
        """Messages that arrived, whether `receive` has returned them or not."""
        self.round_trip: float | None = None
        """Seconds the last ping took."""
        self.address: Address | None = None
        """The client's own end of the socket."""
        self.failure: ConnectFailed | None = None
        """Why the connection could not be opened."""
        self.reconnection: Reconnection | None = None
        """While it waits to connect again: which attempt comes next, and when."""
        self.reconnects = reconnect
        """Whether it connects again after a drop."""
        self._reconnecting: asyncio.Task[None] | None = None
        self._closed_here = False
        self._announce = announce
        self._witness = witness
        self._on_change = on_change or (lambda: None)
        self._ssl = ssl
        self._proxy = proxy
        self._direct = direct
        self._dial = dial
        self._ws: ClientConnection | None = None
        self._complaint: Complaint | None = None
        self._inbox = Inbox()
        self._arrived = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._dialling = False
        self._sending = asyncio.Lock()
        """Held while a message is written, so that none waits within `websockets`, where it cannot be taken back."""
        self._unbroken: set[asyncio.Task[Any]] = set()
        """What goes on to its end, also where its caller is cancelled."""

    # Opening and closing

    def connect(self) -> Coroutine[Any, Any, AsyncClient]:
        """
        Open the connection and return the client.

        Raises:
            HandshakeRefused: the server answered with another status than 101.
            ConnectFailed: there was no connection, or no answer that opens a WebSocket; the message says why.
            ValueError: the url, a header or a subprotocol cannot be used.
        """
        return Noticed(self._connect(), self._never_dialled)

    async def _connect(self) -> AsyncClient:
        witness = self._witness
        self._complaint, self._dialling, self._sending = None, True, asyncio.Lock()
        if witness:
            witness.dials(self.address_shown)
        try:
            if witness and not self._announce:
                witness.elsewhere()
            self._ws = await self._open()
        except BaseException as error:
            # Also when it is cancelled: what the log has begun needs its end.
            self._failed(error)
            raise
        finally:
            self._dialling = False
        self.state = "open"
        if witness:
            witness.opened(101)
        self._cookies.keep(self.response_headers)
        self._reader = asyncio.create_task(self._read(self._ws), name=f"read {self.name}")
        self._on_change()
        return self

    def _failed(self, error: BaseException) -> None:
        self.state = "failed"
        failure = error if isinstance(error, ConnectFailed) else ConnectFailed(self._why_not(error))
        self.failure = failure
        if isinstance(failure, HandshakeRefused):
            self._cookies.keep(failure.headers)
        if self._witness and isinstance(failure, HandshakeRefused):
            self._witness.opened(failure.status, str(failure))
        elif self._witness:
            self._witness.gave_up(str(failure))
        self._on_change()

    def _why_not(self, error: BaseException) -> str:
        if isinstance(error, asyncio.CancelledError | KeyboardInterrupt):
            return f"the dial of {self.address_shown} was cancelled before it was answered"
        return f"{self.address_shown} could not be dialled: {type(error).__name__}: {error}"

    def _never_dialled(self) -> None:
        if self._witness:
            self._witness.dials(self.address_shown)
            if not self._announce:
                self._witness.elsewhere()
        self._failed(ConnectFailed(f"the dial of {self.address_shown} was cancelled before it began"))

    def abandon(self) -> None:
        """Leave nothing open after a dial that was interrupted; called on its loop."""
        if self.state == "open":
            self._keep(self._close(1000, ""))
        elif self.state == "connecting" and not self._dialling and self._ws is None:
            self._never_dialled()

    def _keep(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run what is not to be left half done, and return its task."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._unbroken.add(task)
        task.add_done_callback(self._kept)
        return task

    def _kept(self, task: asyncio.Task[None]) -> None:
        self._unbroken.discard(task)
        if not task.cancelled():
            # Its caller may have left, and the error is told by every further call.
            task.exception()

    async def reconnect(self) -> AsyncClient:
        """
        Open a new connection with the same name and settings, after the last one ended; an open one stays.

        Raises:
            HandshakeRefused, ConnectFailed: as `connect`.
        """
        if self.state == "open" or self._dialling:
            return self
        self._closed_here = False
        self._stop_reconnecting()
        return await self._again()

    async def _again(self) -> AsyncClient:
        self.state, self.failure, self._ws = "connecting", None, None
        self._on_change()
        return await self.connect()

    def _dropped(self) -> None:
        """Begin to reconnect, if that is wanted and this side did not close the connection."""
        if not self.reconnects or self._closed_here or self._reconnecting:
            return
        self.reconnection = Reconnection(self._again, self._on_change)
        self._reconnecting = asyncio.create_task(self.reconnection.run(), name=f"reconnect {self.name}")
        self._reconnecting.add_done_callback(lambda task: self._stop_reconnecting())

    def _stop_reconnecting(self) -> None:
        reconnecting, self._reconnecting, self.reconnection = self._reconnecting, None, None
        if reconnecting is not None and not reconnecting.done():
            reconnecting.cancel()
        self._on_change()

    async def _open(self) -> ClientConnection:
        # The server recognises its own clients by their address, which a proxy would change.
        own_socket = self._announce is not None or self._direct
        further: dict[str, Any] = {"ssl": self._ssl, "proxy": self._proxy}
        if self._witness and not self._announce:
            further["wire"] = self._witness
        return await self._dial(
            encoded(self.url),
            headers=self._headers(),
            subprotocols=self.subprotocols,
            origin=self.origin,
            open_timeout=self.open_timeout,
            max_size=self.max_size,
            bound=self._bound if own_socket else None,
            # A way to dial of somebody's own need not know what is not used.
            **{name: value for name, value in further.items() if value is not None},
        )

    def _headers(self) -> dict[str, str]:
        """Return the further headers of the handshake, with the cookies there are."""
        kept = self._cookies.header
        if kept is None:
            return self.headers
        given = {name: value for name, value in self.headers.items() if name.lower() != "cookie"}
        own = [value for name, value in self.headers.items() if name.lower() == "cookie"]
        return {**given, "Cookie": "; ".join([*own, kept])}

    def _bound(self, address: Address) -> None:
        self.address = address
        if self._announce:
            self._announce(address)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """
        Close the connection: send a Close frame and wait for the answer. Closing twice does nothing.

        Where the caller is cancelled, closing goes on.

        Args:
            code: 1000, another registered code that may be sent, or 3000 to 4999 (RFC 6455, section 7.4).
            reason: at most 123 bytes of UTF-8.
        """
        check_close(code, reason)
        await asyncio.shield(self._keep(self._close(code, reason)))

    async def _close(self, code: int, reason: str) -> None:
        self._closed_here = True
        self._stop_reconnecting()
        if self._ws is None:
            return
        if self._witness and self.state == "open":
            self._witness.closes(code, reason)
        await self._ws.close(code, reason)
        if self._reader:
            await asyncio.wait([self._reader])

    def forget(self) -> None:
        """Be closed here; for a forked child, whose parent goes on with the connection."""
        self._ws, self._reader, self.state = None, None, "closed"

    async def __aenter__(self) -> AsyncClient:
        return await self.connect() if self._ws is None else self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __await__(self) -> Generator[Any, None, AsyncClient]:
        return self.connect().__await__()

    # Sending

    async def send(self, data: str | bytes, *, fragments: int = 1) -> None:
        """
        Send one message: a text message for a str, a binary one for bytes.

        Args:
            fragments: how many frames the message travels in, the last one empty (RFC 6455, section 5.4).

        Raises:
            ConnectionEnded: the connection is closed.
            TypeError: the message is neither text nor bytes; `send_json` takes other values.
            ValueError: fewer than one fragment, or text that cannot be encoded in UTF-8.
        """
        if not isinstance(data, str | bytes | bytearray | memoryview):
            raise TypeError(f"send takes str or bytes, not {type(data).__name__}; send_json takes other values")
        payload = data if isinstance(data, str) else bytes(data)
        check_text(payload)
        message = payload if fragments == 1 else _pieces(payload, fragments)
        self._open_ws()
        if fragments == 1:
            await self._send(payload, message)
        else:
            # Half a message would end the connection.
            await asyncio.shield(self._keep(self._send(payload, message)))

    async def _send(self, payload: str | bytes, message: Any) -> None:
        async with self._sending:
            ws = self._open_ws()
            record = self._witness.sends(payload) if self._witness else None
            try:
                await ws.send(message)
            except asyncio.CancelledError:
                if ws.state is not OPEN:
                    self._not_sent(record)
                    raise
                # Only the wait for a slow reader was cancelled: all of it is in the socket's buffer.
                self.sent += 1
                raise
            except ws_errors.ConnectionClosed:
                try:
                    if self._reader:
                        # The reader learns the code and reason.
                        await asyncio.wait([self._reader])
                finally:
                    ended = self._not_sent(record)
                raise ended from None
        self.sent += 1
        self._on_change()

    def _not_sent(self, record: Record | None) -> ConnectionEnded:
        ended = self._ended()
        if self._witness:
            self._witness.failed(record, f"not sent: {ended}")
        return ended

    async def send_json(self, value: Any) -> None:
        """
        Send a value as JSON text.

        Raises:
            NotJSON: the value cannot be written as JSON.
        """
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise NotJSON(f"{shorten(repr(value), 80)} cannot be sent as JSON: {error}") from None
        await self.send(text)

    async def ping(self, *, timeout: float | None = None) -> float:
        """
        Return the seconds a ping's pong took.

        Raises:
            ReceiveTimeout: no pong came in time.
            ConnectionEnded: the connection is closed.
        """
        check_seconds("timeout", timeout)
        limit = self.timeout if timeout is None else timeout
        ws = self._open_ws()
        payload = secrets.token_bytes(4)
        record = self._witness.pings(payload) if self._witness else None
        try:
            pong = await ws.ping(payload)
            self.round_trip = await asyncio.wait_for(pong, limit)
        except TimeoutError:
            raise ReceiveTimeout(f"{self.name}: no pong within {limit:g} s") from None
        except ws_errors.ConnectionClosed:
            raise self._ended() from None
        if self._witness:
            self._witness.ponged(record)
        self._on_change()
        return self.round_trip

    # Receiving

    async def receive(self, *, timeout: float | None = None) -> str | bytes:
        """
        Return the next message, waiting for it.

        Args:
            timeout: seconds; the client's own `timeout` when left out.

        Raises:
            ReceiveTimeout: nothing came in time; the connection is still open.
            ConnectionEnded: the connection is closed and every message was received.
            MessagesLost: the inbox was full and messages were dropped; raised once.
        """
        check_seconds("timeout", timeout)
        limit = self.timeout if timeout is None else timeout
        if not self._inbox and self.state == "open":
            try:
                async with asyncio.timeout(limit):
                    # Another task may have taken the message that woke this one.
                    while not self._inbox and self.state == "open":
                        self._arrived.clear()
                        await self._arrived.wait()
            except TimeoutError:
                raise ReceiveTimeout(
                    f"{self.name}: no message within {limit:g} s; {self.sent} sent and {self.received} received so far"
                ) from None
        lost = self._inbox.take_lost(self.name)
        if lost is not None:
            raise lost
        if self._inbox:
            return self._inbox.take()
        self._open_ws()
        raise self._ended()

    async def receive_text(self, *, timeout: float | None = None) -> str:
        """Return the next message, which has to be text; raise TypeError for bytes."""
        return self.as_text(await self.receive(timeout=timeout))

    async def receive_bytes(self, *, timeout: float | None = None) -> bytes:
        """Return the next message, which has to be bytes; raise TypeError for text."""
        return self.as_bytes(await self.receive(timeout=timeout))

    async def receive_json(self, *, timeout: float | None = None) -> Any:
        """
        Return the next message decoded from JSON, sent as text or bytes.

        Raises:
            NotJSON: it is not JSON; the error shows the message and where the mistake is.
        """
        return self.as_json(await self.receive(timeout=timeout))

    def as_text(self, data: str | bytes) -> str:
        """Return a message that has to be text; raise TypeError for bytes."""
        if isinstance(data, str):
            return data
        raise TypeError(f"{one_line(self.name)}: expected text, got {len(data)} bytes: {shorten(data.hex(' '), 60)}")

    def as_bytes(self, data: str | bytes) -> bytes:
        """Return a message that has to be bytes; raise TypeError for text."""
        if isinstance(data, bytes):
            return data
        raise TypeError(f"{one_line(self.name)}: expected bytes, got text: {shorten(data, 60)!r}")

    def as_json(self, data: str | bytes) -> Any:
        """Return what a message has as JSON; raise NotJSON where it is none."""
        try:
            return json.loads(data)
        except ValueError as error:
            raise NotJSON(f"{self.name}: {shorten(repr(data), 80)} is not JSON: {error}") from None

    async def take(self, hand: Hand, read: Callable[[str | bytes], Any], *, timeout: float | None = None) -> None:
        """Put the next message into a hand, with what `read` makes of it; see `receive`."""
        if hand.closed:
            return
        try:
            hand.message = await self.receive(timeout=timeout)
        except MessagesLost as lost:
            hand.lost = lost
            raise
        try:
            hand.value = read(hand.message)
        except Exception as error:
            hand.wrong = error

    def give_back(self, hand: Hand) -> None:
        """Take back what an interrupted call has in its hand, so that the next one gets it; called on its loop."""
        if hand.lost is not None:
            self._inbox.put_back_lost(hand.lost)
        if hand.message is not None:
            self._inbox.put_back(hand.message)
        hand.message, hand.lost, hand.closed = None, None, True
        self._arrived.set()

    async def _read(self, ws: ClientConnection) -> None:
        try:
            async for message in ws:
                if self._witness:
                    self._witness.got(message)
                self.received += 1
                self._inbox.add(message)
                self._arrived.set()
                self._on_change()
        except ws_errors.ConnectionClosed as ended:
            # `close_code` and `close_reason` have the details.
            self._complaint = None if self._closed_here else complaint_of(ws, ended, self.max_size)
            refused = refused_after_close(ws, self.max_size) if self._closed_here else None
            if self._witness and refused:
                self._witness.refused(refused)
        finally:
            self.state = "closed"
            if self._witness and self._complaint:
                self._witness.complained(*self._complaint)
            if self._witness:
                self._witness.ended(self.close_code, self.close_reason)
            self._arrived.set()
            self._dropped()
            self._on_change()

    # Asking

    @property
    def connection(self) -> Connection | None:
        """The connection as the server records it; None before the server has seen it."""
        return self._witness.connection if self._witness else None

    @property
    def address_shown(self) -> str:
        """The address, with `(masked)` in place of a password, or of a token in its query."""
        return without_secrets(self.url)

    @property
    def elsewhere(self) -> bool:
        """Whether it dials a server that is not this playground's."""
        return self._announce is None

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies by name that are sent at the next handshake: those given, and those that answers have set."""
        return self._cookies.all

    @property
    def waiting(self) -> int:
        """Messages that arrived and were not received yet."""
        return len(self._inbox)

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol the server chose."""
        return self._ws.subprotocol if self._ws else None

    @property
    def response_headers(self) -> list[tuple[str, str]]:
        """The headers of the server's handshake response."""
        response = self._ws.response if self._ws else None
        return list(response.headers.raw_items()) if response else []

    @property
    def close_code(self) -> int | None:
        """
        The close code this side received; 1006 without a Close frame, None while open (RFC 6455, section 7.1.5).

        Where this side ended the connection because of what came, it is the code of the Close frame that it sent.
        """
        if self._complaint is not None:
            return self._complaint.sent.code
        return self._ws.close_code if self._ws else None

    @property
    def close_reason(self) -> str:
        """The close reason this side received, or why this side ended the connection because of what came."""
        if self._complaint is not None:
            return self._complaint.why
        return (self._ws.close_reason if self._ws else None) or ""

    def _open_ws(self) -> ClientConnection:
        if self._ws is None:
            raise ConnectionEnded(f"{self.name} is not connected", code=None, reason="")
        if self.state == "closed":
            raise self._ended()
        return self._ws

    def _ended(self) -> ConnectionEnded:
        code, reason = self.close_code, self.close_reason
        if self._complaint is not None:
            ended = client_ended(*self._complaint)
            hint = "; raise max_size=" if code == 1009 else ""
            return ConnectionEnded(
                f"{self.name}: the connection is closed: {ended}{hint}", code=code, reason=reason, by_client=True
            )
        said = f"{code} {close_code_name(code)}" if code else "no code"
        because = f", {reason!r}" if reason else ""
        hint = "; the client reports this code because no Close frame arrived" if code == 1006 else ""
        message = f"{self.name}: the connection is closed: {said}{because}{hint}"
        return ConnectionEnded(message, code=code, reason=reason)

    @property
    def summary(self) -> str:
        """Name, address, state and counts in one line."""
        code = f" {self.close_code}" if self.state == "closed" else ""
        return f"{self.name} {self.address_shown} {self.state}{code} sent {self.sent} received {self.received}"

    def __repr__(self) -> str:
        return one_line(f"<AsyncClient {self.summary}>")


def _check_ways(url: str, ssl: object, proxy: object, direct: bool) -> None:
    """Raise TypeError or ValueError for TLS settings, or a proxy, that cannot be used for an address."""
    if ssl is not None and not isinstance(ssl, SSLContext):
        raise TypeError(
            f"ssl has to be an SSLContext, such as ssl.create_default_context(cafile='rootCA.pem'), not {ssl!r}"
        )
    if ssl is not None and url.startswith("ws:"):
        raise ValueError(f"{without_secrets(url)!r} is without TLS, so ssl= has no use; did you mean 'wss://…'?")
    check_proxy(proxy)
    if proxy is not None and direct:
        raise ValueError("direct=True goes straight to the host; leave out direct or proxy")


def _pieces(data: str | bytes, fragments: int) -> list[Any]:
    """Return the pieces that websockets sends as that many frames; it adds an empty last frame itself."""
    if type(fragments) is not int:
        raise TypeError(f"fragments has to be a whole number, such as 3, not {fragments!r}")
    if not 1 <= fragments <= FRAGMENTS:
        raise ValueError(f"a message has 1 to {FRAGMENTS} fragments, not {fragments}")
    count = fragments - 1
    size = max(1, -(-len(data) // count))
    pieces: list[Any] = [data[start : start + size] for start in range(0, len(data), size)]
    return pieces + [data[:0]] * (count - len(pieces))
