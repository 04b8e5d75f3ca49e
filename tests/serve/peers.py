"""
Whom the server talks to in tests, on bare sockets: a client that breaks the rules or vanishes, and a relay that counts.

They share no code with the package they test. Blocking, with a time-out on everything.
"""

from __future__ import annotations

import os
import random
import socket
import struct
import threading
from typing import Any, NamedTuple
from urllib.parse import urlsplit

TIMEOUT = 60.0
"""Seconds that a peer waits for anything; only a failing test waits that long."""

KEY = "dGhlIHNhbXBsZSBub25jZQ=="

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
RSV1, RSV2, RSV3 = 0x40, 0x20, 0x10


class Got(NamedTuple):
    """A frame as the server sent it."""

    opcode: int
    payload: bytes

    @property
    def close(self) -> tuple[int | None, str]:
        """A Close frame's code and reason."""
        code = int.from_bytes(self.payload[:2], "big") if self.payload else None
        return code, self.payload[2:].decode()


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True) -> bytes:
    """Return a frame's bytes (RFC 6455, section 5.2), legal or not."""
    size = len(payload)
    short = size if size < 126 else 126 if size < 2**16 else 127
    head = bytes([(0x80 if fin else 0) | rsv | opcode, (0x80 if masked else 0) | short])
    head += size.to_bytes({126: 2, 127: 8}[short], "big") if short > 125 else b""
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def close_payload(code: int, reason: str = "") -> bytes:
    """Return what a Close frame carries."""
    return struct.pack("!H", code) + reason.encode()


def request(path: str, host: str, **changes: str | None) -> bytes:
    """Return a handshake's request; `changes` replace headers, underscores for hyphens, and None leaves one out."""
    headers: dict[str, str | None] = {
        "Host": host,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
    }
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items() if value is not None)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


class Peer:
    """
    One client on a bare socket.

        with Peer(pg.url, "/echo") as peer:
            peer.send(TEXT, b"hello")
            assert peer.frame() == (TEXT, b"hello")

    Args:
        url: the server's address; only host and port count.
        path: what is asked for.
        head: the handshake's bytes, instead of a correct request.
        waits: whether to wait for the handshake's answer.
    """

    def __init__(
        self, url: str, path: str, *, head: bytes | None = None, waits: bool = True, **changes: str | None
    ) -> None:
        host = urlsplit(url).netloc
        self.socket = socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=TIMEOUT)
        self._buffer = b""
        self.socket.sendall(request(path, host, **changes) if head is None else head)
        while waits and b"\r\n\r\n" not in self._buffer and self._more():
            pass
        self.answer, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        """The handshake's answer, without its body."""

    @property
    def status(self) -> int:
        """The HTTP status of the handshake's answer; 101 for a WebSocket."""
        return int(self.answer.split(b" ")[1])

    # Sending

    def send(self, opcode: int, payload: bytes = b"", **how: Any) -> None:
        """Send one frame; `how` is as for `frame`."""
        self.socket.sendall(frame(opcode, payload, **how))

    def close_with(self, code: int, reason: str = "") -> None:
        """Send a Close frame with a code."""
        self.send(CLOSE, close_payload(code, reason))

    # Receiving

    def frame(self) -> Got | None:
        """Return the next frame, or None at the end of the stream."""
        while True:
            whole = self._whole()
            if whole is not None:
                return whole
            if not self._more():
                return None

    def rest(self) -> list[Got]:
        """Return every frame until the server ends the stream."""
        return list(iter(self.frame, None))

    def _whole(self) -> Got | None:
        if len(self._buffer) < 2:
            return None
        short = self._buffer[1] & 0x7F
        start = 2 + {126: 2, 127: 8}.get(short, 0)
        size = int.from_bytes(self._buffer[2:start], "big") if short > 125 else short
        if len(self._buffer) < start + size:
            return None
        got = Got(self._buffer[0] & 0x0F, self._buffer[start : start + size])
        self._buffer = self._buffer[start + size :]
        return got

    def _more(self) -> bool:
        try:
            data = self.socket.recv(65_536)
        except ConnectionError:
            return False
        self._buffer += data
        return bool(data)

    # Leaving

    def fin(self) -> None:
        """Say nothing, and send TCP's FIN."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Say nothing, and reset the TCP connection."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


class Relay:
    """
    Passes bytes between one client and a server, cut anew as a network may do, and counts them.

        with Relay(pg.url) as relay:
            ...  # connect to relay.url instead
            assert relay.counts() == (bytes to the server, bytes to the client)

    Args:
        url: the server's address.
        cut: bytes that are passed on at once: 1 for one by one, 0 for pieces of random size, None for what came.
    """

    def __init__(self, url: str, *, cut: int | None = None, seed: int = 1) -> None:
        self._target = (urlsplit(url).hostname, urlsplit(url).port)
        self._cut = cut
        self._random = random.Random(seed)
        self._counts = [0, 0]
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(TIMEOUT)
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        """Where a client connects instead."""
        return f"ws://127.0.0.1:{self._listener.getsockname()[1]}"

    def counts(self) -> tuple[int, int]:
        """Return the bytes to the server and to the client, when both have ended their streams."""
        # The first begins the others.
        self._threads[0].join(TIMEOUT)
        for thread in self._threads[1:]:
            thread.join(TIMEOUT)
        assert not any(thread.is_alive() for thread in self._threads), "one of the two has not ended its stream"
        return self._counts[0], self._counts[1]

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        server = socket.create_connection(self._target, timeout=TIMEOUT)
        self._sockets = [client, server]
        for one in self._sockets:
            one.settimeout(TIMEOUT)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for which, (source, target) in enumerate([(client, server), (server, client)]):
            thread = threading.Thread(target=self._pass, args=(which, source, target), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _pass(self, which: int, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                self._counts[which] += len(data)
                for piece in self._pieces(data):
                    target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except ConnectionError:
            # The other side is gone; if it did not take everything, the counts will tell.
            pass

    def _pieces(self, data: bytes) -> list[bytes]:
        if self._cut is None:
            return [data]
        pieces = []
        while data:
            size = self._cut or self._random.choice((1, 2, 3, 7, 64, 1000, 40_000))
            pieces.append(data[:size])
            data = data[size:]
        return pieces

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *_: object) -> None:
        for one in [self._listener, *self._sockets]:
            one.close()
