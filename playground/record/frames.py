"""
What travels after the handshake: frames (RFC 6455, section 5.2), read from the bytes without judging them.

    byte 0   FIN RSV1 RSV2 RSV3 opcode(4)
    byte 1   MASK length(7); 126: two more bytes of length, 127: eight
             masking key, 4 bytes if MASK; then the payload

A frame that a strict parser refuses is the one a person wants to see, so nothing here raises, whatever comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from playground.common.numbers import size_text

OPCODES = {0: "CONT", 1: "TEXT", 2: "BINARY", 8: "CLOSE", 9: "PING", 10: "PONG"}
"""Names of the opcodes; the others are reserved (RFC 6455, section 11.8)."""

Raw = tuple[float, bytes, int]
"""A frame as the hot path writes it: what `Frame` is made of."""

KEPT = 64
"""Bytes of a frame that are kept as they travelled: any header, and a small message whole."""

CLOSE_KEPT = 2 + 4 + 125
"""Bytes of a Close frame that are kept: the longest there may be (RFC 6455, section 5.5), so its reason is whole."""

FRAMES = 100
"""Frames of one message that are kept, its first ones; the others are counted."""


@dataclass(frozen=True, slots=True)
class Part:
    """A labelled piece of a frame, for showing it byte by byte."""

    label: str
    meaning: str
    bits: str | None = None
    """The bits, for what is shorter than a byte."""
    hex: str | None = None
    """The bytes, for what is not."""
    source: str = ""
    """Where the meaning is defined, such as "RFC 7692"; empty where it needs no source."""


class Frame(NamedTuple):
    """One frame as it travelled."""

    at: float
    """When its last byte passed: on the log's clock in a record, and in seconds since the log began in an event."""
    head: bytes
    """Its first `KEPT` bytes, of a Close frame `CLOSE_KEPT`."""
    size: int
    """Bytes that travelled: header and payload; fewer than declared when the connection ended in the middle."""

    @property
    def opcode(self) -> int:
        """The opcode, 0 to 15."""
        return self.head[0] & 0x0F if self.head else 0

    @property
    def name(self) -> str:
        """The opcode's name, such as "TEXT" or "reserved 0x3"."""
        return OPCODES.get(self.opcode, f"reserved 0x{self.opcode:x}")

    @property
    def fin(self) -> bool:
        """Whether this is a message's last frame."""
        return bool(self.head[:1] and self.head[0] & 0x80)

    @property
    def rsv1(self) -> bool:
        """The first reserved bit: with permessage-deflate, a compressed message (RFC 7692, section 6)."""
        return bool(self.head[:1] and self.head[0] & 0x40)

    @property
    def masked(self) -> bool:
        """Whether the payload is masked, as every client's must be (RFC 6455, section 5.3)."""
        return len(self.head) > 1 and bool(self.head[1] & 0x80)

    @property
    def header_size(self) -> int:
        """Bytes before the payload."""
        return _header_length(self.head)

    @property
    def payload_size(self) -> int:
        """Bytes of payload that the header declares."""
        return _payload_length(self.head)

    @property
    def complete(self) -> bool:
        """Whether all of it travelled."""
        return self.size >= 2 and self.size == self.header_size + self.payload_size

    @property
    def mask(self) -> bytes:
        """The masking key, or nothing."""
        return self.head[self.header_size - 4 : self.header_size] if self.masked else b""

    @property
    def payload(self) -> bytes:
        """What is kept of the payload, unmasked; still compressed where `rsv1` says so."""
        return unmask(self.head[self.header_size :], self.mask)

    @property
    def code(self) -> int | None:
        """A Close frame's code; None for other frames and for a Close frame without one."""
        payload = self.payload if self.opcode == 8 else b""
        return int.from_bytes(payload[:2], "big") if len(payload) >= 2 else None

    @property
    def reason(self) -> str:
        """A Close frame's reason, as far as it is kept."""
        return self.payload[2:].decode("utf-8", "replace") if self.opcode == 8 else ""

    def parts(self) -> list[Part]:
        """Return the header's fields and the payload, in the order they travelled."""
        return [*_flags(self.head), *_length(self), *_payload(self)]

    def __str__(self) -> str:
        flags = [*(["compressed"] if self.rsv1 else []), *([] if self.fin else ["more follows"])]
        flags += [] if self.complete else [f"cut short after {size_text(self.size)}"]
        code = f" {self.code}" if self.code is not None else ""
        size = f"{size_text(self.payload_size)}, {size_text(self.size)} on the wire"
        return f"{self.name}{code} {size}" + "".join(f", {one}" for one in flags)


def _header_length(head: bytes | bytearray) -> int:
    """Return how long a frame's header is, as far as the bytes tell: 2 to 14."""
    if len(head) < 2:
        return 2
    return 2 + {126: 2, 127: 8}.get(head[1] & 0x7F, 0) + (4 if head[1] & 0x80 else 0)


def _payload_length(head: bytes | bytearray) -> int:
    """Return the bytes of payload a header declares; 0 while that is not known."""
    if len(head) < 2:
        return 0
    short = head[1] & 0x7F
    extended = {126: 2, 127: 8}.get(short, 0)
    return int.from_bytes(head[2 : 2 + extended], "big") if extended else short


def unmask(data: bytes, mask: bytes) -> bytes:
    """Return the payload behind the mask (RFC 6455, section 5.3); masking twice gives the data back."""
    if len(mask) != 4:
        return data
    key = int.from_bytes((mask * (len(data) // 4 + 1))[: len(data)], "big")
    return (int.from_bytes(data, "big") ^ key).to_bytes(len(data), "big")


class FrameReader:
    """
    Finds frames in a stream of bytes, however it is cut into chunks.

        reader = FrameReader()
        for frame in reader.feed(chunk, at): ...
    """

    def __init__(self) -> None:
        self._head = bytearray()
        self._size = 0
        self._left = -1
        """Bytes of payload still to come; -1 while the header is not complete."""

    @property
    def between_frames(self) -> bool:
        """Whether the last frame is complete and no other has begun."""
        return self._size == 0

    def rest(self, at: float) -> Frame | None:
        """Return the frame that has begun and not ended, as far as it came."""
        return Frame(at, bytes(self._head), self._size) if self._size else None

    def feed(self, data: bytes, at: float) -> list[Frame]:
        """Return the frames that these bytes complete."""
        frames: list[Frame] = []
        position = 0
        while position < len(data):
            position += self._header(data, position) if self._left < 0 else self._body(data, position)
            if self._left == 0:
                frames.append(Frame(at, bytes(self._head), self._size))
                self._head.clear()
                self._size, self._left = 0, -1
        return frames

    def _header(self, data: bytes, position: int) -> int:
        chunk = data[position : position + _header_length(self._head) - len(self._head)]
        self._head += chunk
        self._size += len(chunk)
        if len(self._head) == _header_length(self._head):
            self._left = _payload_length(self._head)
        return len(chunk)

    def _body(self, data: bytes, position: int) -> int:
        taken = min(self._left, len(data) - position)
        kept = CLOSE_KEPT if self._head[0] & 0x0F == 8 else KEPT
        self._head += data[position : position + min(taken, kept - len(self._head))]
        self._size += taken
        self._left -= taken
        return taken


class Fragments:
    """The frames of a message that may not be complete: its first `FRAMES` and its last one, and what was left out."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.more = 0
        """How many other frames there were."""
        self.more_bytes = 0
        """Bytes that those had, headers included."""

    def add(self, frame: Frame) -> None:
        """Add the message's next frame."""
        if len(self.frames) < FRAMES or frame.fin:
            self.frames.append(frame)
        else:
            self.more += 1
            self.more_bytes += frame.size

    def __bool__(self) -> bool:
        return bool(self.frames)


def _flags(head: bytes) -> list[Part]:
    if not head:
        return []
    first = head[0]
    opcode = first & 0x0F
    compressed = first & 0x40
    reserved, rfc = "reserved, has to be 0", "RFC 6455, section 5.2"
    return [
        Part("FIN", "the message's last frame" if first & 0x80 else "more frames follow", bits=str(first >> 7)),
        Part("RSV1", "compressed" if compressed else "not compressed", bits=str(first >> 6 & 1), source="RFC 7692"),
        Part("RSV2", reserved, bits=str(first >> 5 & 1), source=rfc),
        Part("RSV3", reserved, bits=str(first >> 4 & 1), source=rfc),
        Part("opcode", OPCODES.get(opcode, "reserved"), bits=f"{opcode:04b}"),
    ]


def _length(frame: Frame) -> list[Part]:
    head = frame.head
    if len(head) < 2:
        return []
    short = head[1] & 0x7F
    extended = _header_length(head) - 2 - (4 if frame.masked else 0)
    meaning = f"{short} bytes" if not extended else f"the length is in the next {extended} bytes"
    masked = "masked, as a client has to" if frame.masked else "not masked, as a server has to"
    parts = [Part("MASK", masked, bits=str(head[1] >> 7)), Part("payload length", meaning, bits=f"{short:07b}")]
    if extended:
        parts.append(Part("extended length", f"{frame.payload_size:,} bytes", hex=head[2 : 2 + extended].hex(" ")))
    if frame.masked:
        key = frame.mask.hex(" ")
        parts.append(Part("masking key", "XORed with the payload", hex=key, source="RFC 6455, section 5.3"))
    return parts


def _payload(frame: Frame) -> list[Part]:
    raw = frame.head[frame.header_size :]
    if not raw:
        return []
    if frame.opcode == 8:
        code = frame.code
        parts = [Part("close code", str(code) if code is not None else "cut short", hex=raw[:2].hex(" "))]
        return parts + ([Part("close reason", frame.reason, hex=raw[2:].hex(" "))] if raw[2:] else [])
    hidden = frame.size - len(frame.head)
    meaning = "compressed" if frame.rsv1 else _as_text(frame.payload)
    return [Part("payload", meaning + (f" … {hidden:,} more bytes" if hidden else ""), hex=raw.hex(" "))]


def _as_text(payload: bytes) -> str:
    text = payload.decode("utf-8", "replace")
    return text if text.isprintable() else payload.hex(" ")
