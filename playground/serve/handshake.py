"""
The bytes of a handshake's request as they came.

uvicorn's HTTP protocols read the request, and write it anew for the WebSocket protocol: names in lower case, one space
after each colon. What travelled is kept here on the way. What a client sends in one chunk with the request, they drop.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from uvicorn.config import HTTP_PROTOCOLS
from uvicorn.importer import import_from_string

if TYPE_CHECKING:
    import asyncio

    Base = asyncio.Protocol
else:
    Base = object

HEAD = 64 * 1024
"""Bytes of a handshake that are kept, its first ones."""

REQUEST = re.compile(rb"[\r\n]*.*?\n\r?\n", re.DOTALL)
"""A request's head, as far as uvicorn's two HTTP implementations forgive an odd end of line."""

KNOWN = ("auto", "h11", "httptools")
"""uvicorn's HTTP implementations that hand over in the way this relies on."""


class _KeepsHead(Base):
    """What one of uvicorn's HTTP protocol classes is mixed with."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head = b""
        self._size = 0
        self._chunk = b""

    def data_received(self, data: bytes) -> None:
        """Keep what may become a handshake."""
        self._size += len(data)
        self._chunk = data
        if len(self._head) < HEAD:
            self._head = (self._head + data)[:HEAD]
        super().data_received(data)

    def on_response_complete(self) -> None:
        """Begin anew: that was no handshake."""
        self._head, self._size = b"", 0
        super().on_response_complete()  # type: ignore[misc]  # uvicorn's classes have it

    def handle_websocket_upgrade(self, *args: Any) -> None:
        """Give the WebSocket's protocol the bytes too."""
        made: Any = self.ws_protocol_class  # type: ignore[has-type]  # uvicorn's classes have it
        head, dropped = self._split()
        self.ws_protocol_class = partial(made, head=head, head_size=self._size - len(dropped), dropped=dropped)
        super().handle_websocket_upgrade(*args)  # type: ignore[misc]  # uvicorn's classes have it

    def _split(self) -> tuple[bytes, bytes]:
        """Return the request's head, and what came after it in the same chunk."""
        match = REQUEST.match(self._head)
        if match is None:
            # Longer than what is kept.
            return self._head, b""
        return match[0], self._chunk[len(self._chunk) - (self._size - match.end()) :]


def keeping_head(http: Any) -> Any:
    """Return uvicorn's HTTP protocol class of that name, keeping heads; what is no such name as it is."""
    if http not in KNOWN:
        return http
    base = import_from_string(HTTP_PROTOCOLS[http])
    return type(f"Keeping{base.__name__}", (_KeepsHead, base), {})
