"""
Whom a client talks to in tests, on bare sockets: servers that answer anything, with TLS or without, and a proxy.

They share no code with the package they test. Blocking, with a time-out on everything.
"""

from __future__ import annotations

import base64
import hashlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TIMEOUT = 60.0
"""Seconds that anything is waited for; only a failing test waits that long."""

CERTIFICATES = Path(__file__).parent / "certificates"

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n"


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bytes = b"") -> bytes:
    """Return a frame's bytes as a server sends them (RFC 6455, section 5.2), legal or not."""
    bit = 0x80 if mask else 0
    size = len(payload)
    if size < 126:
        length = bytes([bit | size])
    else:
        length = bytes([bit | 126]) + size.to_bytes(2) if size < 65536 else bytes([bit | 127]) + size.to_bytes(8)
    masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload)) if mask else payload
    return bytes([(0x80 if fin else 0) | rsv | opcode]) + length + mask + masked


def accept(request: bytes, extra: str = "") -> bytes:
    """Return the answer that opens a WebSocket."""
    key = next(line[18:].strip() for line in request.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
    digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}\r\n{extra}\r\n"
    ).encode()


def read_head(peer: socket.socket) -> bytes:
    """Return what comes up to an empty line, or up to the end."""
    head = b""
    while b"\r\n\r\n" not in head:
        chunk = peer.recv(1)
        if not chunk:
            break
        head += chunk
    return head


def until_gone(peer: socket.socket) -> bytes:
    """Return all that still comes until the other side is gone."""
    rest = b""
    with suppress(OSError):
        while chunk := peer.recv(65536):
            rest += chunk
    return rest


Behaviour = Callable[[socket.socket], object]


def answers(*parts: bytes) -> Behaviour:
    """Read a request, answer with these bytes, and close."""

    def behave(peer: socket.socket) -> None:
        read_head(peer)
        peer.sendall(b"".join(parts))

    return behave


def opens(*frames: bytes, extra: str = "") -> Behaviour:
    """Open a WebSocket, send these frames, and stay until the client answers with anything."""

    def behave(peer: socket.socket) -> None:
        peer.sendall(accept(read_head(peer), extra) + b"".join(frames))
        peer.recv(65536)

    return behave


def tls(certificate: str) -> ssl.SSLContext:
    """Return a server's settings with one of the certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / certificate)
    return context


def trusting() -> ssl.SSLContext:
    """Return a client's settings that trust the certificates of the tests."""
    return ssl.create_default_context(cafile=CERTIFICATES / "ca.pem")


@contextmanager
def serving(*behaviours: Behaviour, secure: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve connections one after the other, each with the next behaviour, the last one ever after; yield the port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        peers: list[socket.socket] = []
        over = threading.Event()

        def run() -> None:
            number = 0
            while not over.is_set():
                with suppress(OSError):
                    peer = listener.accept()[0]
                    if over.is_set():
                        peer.close()
                        return
                    peer.settimeout(TIMEOUT)
                    peers.append(peer)
                    behave = behaviours[min(number, len(behaviours) - 1)]
                    number += 1
                    threads.append(threading.Thread(target=_behave, args=(peer, behave, secure)))
                    threads[-1].start()

        threads = [threading.Thread(target=run)]
        threads[0].start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            socket.create_connection(listener.getsockname()).close()
            threads[0].join()
            for peer in peers:
                with suppress(OSError):
                    peer.shutdown(socket.SHUT_RDWR)
                    peer.close()
            for thread in threads[1:]:
                thread.join(TIMEOUT)


def _behave(peer: socket.socket, behave: Behaviour, secure: ssl.SSLContext | None) -> None:
    with suppress(OSError):
        if secure is not None:
            peer = secure.wrap_socket(peer, server_side=True)
        with peer:
            behave(peer)


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def relays(
    answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n", asked: list[bytes] | None = None
) -> Behaviour:
    """Be a proxy for CONNECT (RFC 9110, section 9.3.6): give this answer, and relay where it is a 200."""

    def behave(peer: socket.socket) -> None:
        head = read_head(peer)
        if asked is not None:
            asked.append(head)
        if b" 200 " not in answer:
            peer.sendall(answer)
            return
        host, _, port = head.split(b" ")[1].decode().rpartition(":")
        with socket.create_connection((host, int(port)), timeout=TIMEOUT) as server:
            peer.sendall(answer)
            back = threading.Thread(target=_pipe, args=(server, peer))
            back.start()
            _pipe(peer, server)
            back.join()

    return behave


def _pipe(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
