"""What can happen, in the field's words, and the record of one happening."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal

Direction = Literal["in", "out"]
"""Always the server's: *in* comes from a client, *out* goes to a client."""

KINDS: dict[str, Direction | None] = {
    "start": None,
    "stop": None,
    "edit": None,
    "connect": "in",
    "accept": "out",
    "refuse": "out",
    "receive": "in",
    "send": "out",
    "close": "out",
    "disconnect": "in",
    "on_connect": None,
    "on_receive": None,
    "on_disconnect": None,
    "request": "in",
    "response": "out",
    "error": None,
    "log": None,
}
"""Every kind of event with its direction. `on_…` are the endpoint's hooks; the rest of the WebSocket kinds are
the ASGI messages the endpoint is given and gives (asgi.readthedocs.io, "WebSocket")."""

TAKES_TIME = ("on_connect", "on_receive", "on_disconnect", "request")
"""Kinds that are recorded when they begin, and completed when they end."""

CLOSE_CODES: dict[int, str] = {
    1000: "normal closure",
    1001: "going away",
    1002: "protocol error",
    1003: "unsupported data",
    1005: "no status received",
    1006: "abnormal closure",
    1007: "invalid frame payload data",
    1008: "policy violation",
    1009: "message too big",
    1010: "mandatory extension",
    1011: "internal error",
    1012: "service restart",
    1013: "try again later",
    1014: "bad gateway",
    1015: "TLS handshake",
}
"""The codes registered with IANA (RFC 6455, section 7.4.1, and the registry it founded)."""


def close_code_name(code: int) -> str:
    """Return what a close code means: its registered name, or the range it belongs to."""
    if code in CLOSE_CODES:
        return CLOSE_CODES[code]
    if 3000 <= code <= 3999:
        return "registered for libraries"
    if 4000 <= code <= 4999:
        return "the application's own"
    return "not a legal close code"


def is_sendable_close_code(code: int) -> bool:
    """Return whether a Close frame may carry the code (RFC 6455, section 7.4)."""
    return code in CLOSE_CODES and code not in (1005, 1006, 1015) or 3000 <= code <= 4999


class Record:
    """
    One happening as the hot path writes it down: only what is known at once, in one small object.

    A hook's record is completed when the hook returns (`ended`, `error`, `output`). Everybody else
    reads `Event`, which the log makes from this when asked.
    """

    # Defaults live on the class, so that an instance holds only what was set: this is made for every message.
    seq = 0
    data: str | bytes | None = None
    version: int | None = None
    line: int | None = None
    code: int | None = None
    reason: str | None = None
    ended: float | None = None
    error: str | None = None
    traceback: str | None = None
    output: list[tuple[str, str]] | None = None
    headers: Iterable[tuple[bytes, bytes]] = ()
    weight = 0

    def __init__(
        self,
        kind: str,
        at: float,
        connection: int | None = None,
        client: str | None = None,
        path: str | None = None,
    ) -> None:
        self.kind = kind
        self.at = at
        self.connection = connection
        self.client = client
        self.path = path


@dataclass(frozen=True, slots=True)
class Event:
    """One immutable entry of the log."""

    seq: int
    """Counts up from 1; never reused, also when old events are dropped."""
    at: float
    """Seconds since the log began, on a monotonic clock."""
    kind: str
    """One of `KINDS`."""
    connection: int | None = None
    """The WebSocket's number, counted from 1; None for what belongs to no connection."""
    client: str | None = None
    """The name of the client that `pg.connect` opened; None for a browser tab or another program."""
    path: str | None = None
    data: str | bytes | None = None
    """A message's payload as it travelled: text or bytes; for other kinds a short text."""
    size: int | None = None
    """Bytes of payload; text is counted in UTF-8."""
    duration: float | None = None
    """Seconds a hook or a request took; None while it still runs, and for what takes no time."""
    version: int | None = None
    """The version of the endpoint's code that handled or sent this."""
    line: int | None = None
    """The line of the endpoint's source that sent this, or that raised."""
    code: int | None = None
    """A close code, or an HTTP status."""
    reason: str | None = None
    error: str | None = None
    """The exception, as `KeyError: 'say'`."""
    traceback: str | None = None
    output: tuple[tuple[str, str], ...] = ()
    """What a hook printed and logged: (stream, text) pairs, stream being "stdout" or a log level's name."""
    headers: tuple[tuple[str, str], ...] = ()
    """A handshake's or a request's headers."""

    @property
    def direction(self) -> Direction | None:
        """ "in" from a client, "out" to a client, None for what does not travel."""
        return KINDS.get(self.kind)

    @property
    def arrow(self) -> str:
        """ "→ " for what comes in, "← " for what goes out, and nothing for the rest."""
        return {"in": "→ ", "out": "← "}.get(self.direction or "", "")

    @property
    def running(self) -> bool:
        """Whether this is a hook or a request that has not ended yet."""
        return self.kind in TAKES_TIME and self.duration is None

    @property
    def text(self) -> str:
        """What a person searches and reads: the payload, or what stands for it."""
        if isinstance(self.data, bytes):
            return self.data.hex(" ")
        parts = [self.data, self.error, self.reason, *(text.rstrip() for _, text in self.output)]
        return " · ".join(part for part in parts if part)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __repr__(self) -> str:
        who = self.client or (f"#{self.connection}" if self.connection else "")
        took = f"{self.duration * 1000:.1f} ms" if self.duration is not None else ""
        version = f"v{self.version}" if self.version else ""
        code = str(self.code) if self.code is not None else ""
        parts = [
            f"{self.at:.3f}s",
            who,
            self.path or "",
            self.arrow + self.kind,
            code,
            shorten(self.text, 60),
            took,
            version,
        ]
        return f"<Event {self.seq} {' '.join(part for part in parts if part)}>"


def shorten(text: str, limit: int) -> str:
    """Return `text` on one line and at most `limit` characters long, with an ellipsis where it was cut."""
    text = text.replace("\r", "␍").replace("\n", "␊")
    return text if len(text) <= limit else text[: limit - 1] + "…"
