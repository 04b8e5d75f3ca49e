"""
What is refused before the app is asked: requests for another host, and those of foreign web pages.

    Host     is it a name of this server?  else 421 (hosts.py)
    Origin   may this page do that?        else 403 (cross_origin.py)

Plain uvicorn takes both. A server in a notebook's kernel stands on the machine of somebody who also visits web pages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.common.text import shorten
from playground.record.connections import PEER
from playground.record.refusal import Refusal
from playground.serve.cross_origin import SHOWN, Headers, Origins
from playground.serve.host_routes import has_route_for
from playground.serve.hosts import Hosts, split
from playground.serve.notebook_server import is_from_notebook_server

HEADERS = (b"host", b"origin", b"sec-fetch-site")
"""Headers that decide, each of which may come several times."""

MISDIRECTED, FORBIDDEN = 421, 403
"""Statuses for another host (RFC 9110, sections 7.4 and 15.5.20), and for a page that must not do that."""

DROPPED = 2**20
"""Bytes of a refused request's body that are read."""

DROPPING = 2.0
"""Seconds for which they are waited for."""


class OriginCheck:
    """
    An ASGI app that refuses what comes for another host, or from a page that must not send it.

    The Host header has to be a name of this server, or of a `Host` route of the app. A request without one is none of
    a browser, and passes; nor is a handshake without Origin, which every browser sends with handshakes. A name under
    which something comes through the notebook's server is one of this server's too: that one has checked who asks.

    A page of this server may do everything. Another one may send HTTP requests with safe methods, such as GET;
    WebSockets and other methods only when its Origin is in `allowed`. Programs send no Origin and may do everything.

    Args:
        app: a function returning the app to serve now.
        host: the host the server was bound to.
        allowed: Origins such as "https://hub.example.org"; "*" allows every page.
        on_refused: called with what was refused and how to allow it.
        hosts: other names of this server, as `Hosts` takes them; those of `allowed` are some too.
    """

    def __init__(
        self,
        app: Callable[[], ASGIApp],
        host: str,
        allowed: Iterable[str],
        on_refused: Callable[[Refusal], None],
        *,
        hosts: Iterable[str] = (),
    ) -> None:
        self.app = app
        self.origins = Origins(allowed)
        self.hosts = Hosts(host, hosts)
        for name in self.origins.host_names():
            self.hosts.add(name)
        self.on_refused = on_refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:
        refused = self._refused(scope) if scope["type"] in ("http", "websocket") else None
        if refused is None:
            run: Callable[..., Awaitable[Any]] = self.app()
            return await run(scope, receive, send)
        status, refusal = refused
        self.on_refused(refusal)
        if scope["type"] == "websocket":
            await receive()
            if "websocket.http.response" not in scope.get("extensions", {}):
                # The server answers with 403 (ASGI, "Close").
                await send({"type": "websocket.close", "code": 1008})
                return None
        answer = PlainTextResponse(f"The playground {refusal}", status, {"X-Content-Type-Options": "nosniff"})

        async def sends(message: Message) -> None:
            if message["type"] != "http.response.body" or _expects_to_be_asked(scope):
                await send(message)
                return
            await send({**message, "more_body": True})
            await _drop_body(receive)
            await send({"type": "http.response.body"})

        return await answer(scope, receive, sends if scope["type"] == "http" else send)

    def _refused(self, scope: Scope) -> tuple[int, Refusal] | None:
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            if name.lower() in HEADERS:
                # Blanks around a value are no part of it (RFC 9110, section 5.5).
                headers.setdefault(name.lower().decode(), []).append(value.decode("latin-1").strip(" \t"))
        if scope["type"] == "http":
            misdirected = self._misdirected("an HTTP request", headers)
            foreign = None if misdirected else self.origins.refused_request(scope["method"], headers)
        else:
            foreign = self.origins.refused_handshake(headers)
            own = not foreign and not all(self.origins.names(one) for one in headers.get("origin", []))
            misdirected = self._misdirected("a WebSocket", headers) if own else None
        if misdirected:
            return MISDIRECTED, misdirected
        return (FORBIDDEN, foreign) if foreign else None

    def _misdirected(self, what: str, headers: Headers) -> Refusal | None:
        # An empty one, which HTTP/1.1 has for what has no host, is no browser's either.
        unknown = next((one for one in headers.get("host", []) if one and not self.hosts.knows(one)), None)
        if unknown is None:
            return None
        parts = split(unknown)
        if parts and len(headers["host"]) == 1 and has_route_for(self.app(), parts[0]):
            return None
        if parts and len(headers["host"]) == 1 and is_from_notebook_server(PEER.get()):
            # From now on the name is known, because asking for the other end of each connection takes time.
            self.hosts.add(parts[0])
            return None
        if parts is None:
            advice = "that is no host; ask for the address that the panel and pg.http_url show"
        else:
            advice = f"if that is a name of this server: playground.start(hosts=[{shorten(parts[0], SHOWN)!r}])"
        return Refusal(f"{what} for the host", shorten(unknown, SHOWN), advice)

    def allows(self, origin: str, host: str) -> bool:
        """Return whether a page of this Origin may use the server that it calls `host`."""
        return self.origins.allows(origin, [host] if self.hosts.knows(host) else [])


def _expects_to_be_asked(scope: Scope) -> bool:
    """Return whether the client sends a body only once it is asked for it (RFC 9110, section 10.1.1)."""
    return any(name.lower() == b"expect" for name, _ in scope["headers"])


async def _drop_body(receive: Receive) -> None:
    """
    Read what came with a refused request, within limits, before the connection is closed.

    A server that closes with bytes unread resets the connection, and the client may lose the answer (RFC 9112, section
    9.6).
    """
    left = DROPPED
    with suppress(TimeoutError):
        async with asyncio.timeout(DROPPING):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body"):
                    return
