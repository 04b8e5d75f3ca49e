"""
Which web pages may open a WebSocket.

Browsers send WebSocket handshakes from any page to any server, cookies included, and leave the decision to the server
(RFC 6455, sections 4.2.2 and 10.2). Plain uvicorn takes them all; a server in a notebook's kernel must not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from playground.common.arguments import texts
from playground.record.refusal import Refusal

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class OriginCheck:
    """
    An ASGI app that refuses handshakes from pages of another Origin with HTTP 403.

    A page may connect when it came from this server itself, reached under a loopback name or `host`, or when its
    Origin is in `allowed`. What sends no Origin is no browser and may connect.

    The Host header has to be one of ours too: otherwise a foreign page could give its own name this machine's
    address and be its own Origin (DNS rebinding).

    Args:
        app: a function returning the app to serve now.
        host: the host the server was bound to.
        allowed: Origins such as "https://hub.example.org"; "*" allows every page.
        on_refused: called with what was refused and how to allow it.
    """

    def __init__(
        self, app: Callable[[], ASGIApp], host: str, allowed: Iterable[str], on_refused: Callable[[Refusal], None]
    ) -> None:
        self.app = app
        self.hosts = {*LOOPBACK, host}
        self.allowed = {origin.rstrip("/").lower() for origin in texts("origins", allowed)}
        self.on_refused = on_refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
            origin = headers.get(b"origin")
            if origin is not None and not self.allows(origin, headers.get(b"host", "")):
                advice = f"to allow that page: playground.start(origins=[{origin!r}])"
                self.on_refused(Refusal("a WebSocket from a page of Origin", origin, advice))
                await receive()
                await send({"type": "websocket.close", "code": 1008})
                return
        await self.app()(scope, receive, send)

    def allows(self, origin: str, host: str) -> bool:
        """Return whether a page of this Origin may connect to the server that it calls `host`."""
        origin = origin.rstrip("/").lower()
        if origin in self.allowed or "*" in self.allowed:
            return True
        try:
            same = urlsplit(origin).netloc == host.lower() != ""
            name = urlsplit(f"//{host}").hostname
        except ValueError:
            # A header that is not an address matches no Origin.
            return False
        return same and name in self.hosts
