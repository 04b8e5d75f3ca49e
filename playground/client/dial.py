"""How a client connects: from an address to an open WebSocket, or to the error that says why there is none."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from ssl import SSLContext
from typing import Any, Protocol
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as ws_connect

from playground.client.failures import Refused, Try, failure_of
from playground.client.proxies import proxy_of, without_secrets
from playground.client.wire import TappedConnection, WatchedConnection, Wire
from playground.record.records import Address


class Dial(Protocol):
    """A function that opens a connection: `open_websocket`, or one that does it in another way."""

    def __call__(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        subprotocols: Sequence[str],
        origin: str | None,
        open_timeout: float,
        max_size: int | None,
        bound: Callable[[Address], None] | None = None,
        ssl: SSLContext | None = None,
        proxy: str | None = None,
        wire: Wire | None = None,
    ) -> Awaitable[ClientConnection]:
        """Return an open connection, or raise what `open_websocket` raises."""


async def open_websocket(
    url: str,
    *,
    headers: Mapping[str, str],
    subprotocols: Sequence[str],
    origin: str | None,
    open_timeout: float,
    max_size: int | None,
    bound: Callable[[Address], None] | None = None,
    ssl: SSLContext | None = None,
    proxy: str | None = None,
    wire: Wire | None = None,
) -> ClientConnection:
    """
    Return an open connection.

    Args:
        url: as it travels; see `addresses.encoded`.
        headers, subprotocols, origin, open_timeout, max_size, ssl, proxy: as `AsyncClient` takes them.
        bound: called with the client's own address once TCP is connected, before the handshake. With it the
            connection goes straight to the host, also where the environment names a proxy.
        wire: told of the bytes that pass.

    Raises:
        HandshakeRefused: the server answered with another status than 101.
        ConnectFailed: there was no connection, or no answer that opens a WebSocket; the message says how far it got.
        ValueError: the url, a header, a subprotocol or the proxy cannot be used.
    """
    through = None if bound is not None else proxy or proxy_of(url)
    attempt = Try(url, open_timeout, None if through is None else without_secrets(through))
    make: Callable[..., ClientConnection] = partial(WatchedConnection, attempt=attempt)
    if wire is not None:
        make = partial(TappedConnection, attempt=attempt, wire=wire)
    try:
        async with asyncio.timeout(open_timeout):
            options: dict[str, Any] = {} if ssl is None else {"ssl": ssl}
            if through is None:
                options["sock"] = await _connect_tcp(attempt, bound)
            return await _shake_hands(
                url,
                options,
                additional_headers=headers,
                subprotocols=subprotocols or None,
                origin=origin,
                # The time is for everything, and is watched here.
                open_timeout=None,
                max_size=max_size,
                # No pings of its own, like a browser.
                ping_interval=None,
                proxy=through,
                create_connection=make,
            )
    except Exception as error:
        failure = failure_of(error, attempt)
        if failure is error:
            raise
        raise failure from None if isinstance(error, Refused) else error


async def _shake_hands(url: str, options: dict[str, Any], **settings: Any) -> ClientConnection:
    try:
        connecting = ws_connect(url, **settings, **options)
    except BaseException:
        if "sock" in options:
            options["sock"].close()
        raise
    return await connecting


async def _connect_tcp(attempt: Try, bound: Callable[[Address], None] | None) -> socket.socket:
    """Return a socket that is connected to the first of the host's addresses that answers."""
    parts = urlsplit(attempt.url)
    found = await _addresses(parts.hostname or "", parts.port or (443 if parts.scheme == "wss" else 80))
    attempt.stage = "tcp"
    errors: list[OSError] = []
    for family, kind, number, _, address in found:
        try:
            return await _connect_to(family, kind, number, address, bound)
        except OSError as error:
            errors.append(error)
    refused = [one for one in errors if isinstance(one, ConnectionRefusedError)]
    raise refused[-1] if refused else errors[-1] if errors else OSError("the name has no address")


async def _addresses(host: str, port: int) -> list[Any]:
    with suppress(ValueError):
        # Nothing has to be asked, which would take a thread.
        family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
        if "%" not in host:
            return [(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port))]
    return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)


async def _connect_to(
    family: int, kind: int, number: int, address: Any, bound: Callable[[Address], None] | None
) -> socket.socket:
    connection = socket.socket(family, kind, number)
    try:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, address)
        if bound is not None:
            bound(connection.getsockname()[:2])
    except BaseException:
        connection.close()
        raise
    return connection
