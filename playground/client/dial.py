"""How a client connects: from an address to an open WebSocket, or to the error that says why there is none."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from websockets import exceptions as ws_errors
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as ws_connect

from playground.common.errors import ConnectFailed, HandshakeRefused
from playground.common.text import shorten
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
) -> ClientConnection:
    """
    Return an open connection.

    Args:
        url: as it travels; see `addresses.encoded`.
        headers, subprotocols, origin, open_timeout, max_size: as `AsyncClient` takes them.
        bound: called with the client's own address once TCP is connected, before the handshake. With it the
            connection goes straight to the host, also where the environment names a proxy.

    Raises:
        HandshakeRefused: the server answered with another status than 101.
        ConnectFailed: no server answered at that address.
        ValueError: the url, a header or a subprotocol cannot be used.
    """
    try:
        straight: dict[str, Any] = {}
        if bound is not None:
            straight = {"sock": await _connect_tcp(url, open_timeout, bound), "proxy": None}
        return await ws_connect(
            url,
            additional_headers=headers,
            subprotocols=subprotocols or None,  # type: ignore[arg-type]  # a NewType of str
            origin=origin,  # type: ignore[arg-type]  # a NewType of str
            open_timeout=open_timeout,
            max_size=max_size,
            # No pings of its own, like a browser.
            ping_interval=None,
            **straight,
        )
    except ws_errors.InvalidStatus as error:
        raise _refusal(url, error) from None
    except TimeoutError:
        raise ConnectFailed(f"{url} did not answer the handshake within {open_timeout:g} s") from None
    except socket.gaierror as error:
        raise ConnectFailed(f"no host named {urlsplit(url).hostname!r} is known here ({error})") from None
    except ConnectionRefusedError:
        raise ConnectFailed(f"no server listens at {url}; is it running?") from None
    except ws_errors.InvalidURI as error:
        raise ValueError(str(error)) from None
    except (OSError, EOFError, ws_errors.WebSocketException) as error:
        raise ConnectFailed(f"cannot connect to {url}: {error}") from error


async def _connect_tcp(url: str, timeout: float, bound: Callable[[Address], None]) -> socket.socket:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "wss" else 80)
    connection = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    connection.setblocking(False)
    try:
        async with asyncio.timeout(timeout):
            await asyncio.get_running_loop().sock_connect(connection, (host, port))
        bound(connection.getsockname()[:2])
    except BaseException:
        connection.close()
        raise
    return connection


def _refusal(url: str, error: ws_errors.InvalidStatus) -> HandshakeRefused:
    response = error.response
    body = bytes(response.body or b"")
    text = f": {shorten(body.decode('utf-8', 'replace'), 200)}" if body else ""
    return HandshakeRefused(
        f"{url} refused the handshake with HTTP {response.status_code}{text}",
        status=response.status_code,
        headers=list(response.headers.raw_items()),
        body=body,
    )
