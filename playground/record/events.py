"""What can happen, in the field's words, who tells of it, and the record of one happening."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

from playground.common.numbers import duration_text
from playground.common.text import one_line, shorten
from playground.record.frames import Frame
from playground.record.roots import Root
from playground.record.secrets import mask_target, mask_text

Direction = Literal["in", "out"]
"""Always the server's: *in* comes from a client, *out* goes to a client."""

Witness = Literal["client", "wire", "handler"]
"""Who tells: the client that `pg.connect` opened, the bytes on the socket, or the app with its hooks."""

WITNESSES: tuple[Witness, ...] = ("client", "wire", "handler")

KINDS: dict[str, tuple[Witness | None, Direction | None]] = {
    "start": (None, None),
    "stop": (None, None),
    "edit": (None, None),
    "log": (None, None),
    "end": (None, None),
    "connect": ("handler", "in"),
    "accept": ("handler", "out"),
    "refuse": ("handler", "out"),
    "receive": ("handler", "in"),
    "send": ("handler", "out"),
    "close": ("handler", "out"),
    "disconnect": ("handler", "in"),
    "on_connect": ("handler", None),
    "on_receive": ("handler", None),
    "on_disconnect": ("handler", None),
    "request": ("handler", "in"),
    "response": ("handler", "out"),
    "error": ("handler", None),
    "wire_request": ("wire", "in"),
    "wire_response": ("wire", "out"),
    "frame": ("wire", None),
    "ping": ("wire", None),
    "pong": ("wire", None),
    "close_frame": ("wire", None),
    "tcp_end": ("wire", None),
    "client_connect": ("client", "in"),
    "client_open": ("client", "out"),
    "client_refused": ("client", "out"),
    "client_send": ("client", "in"),
    "client_receive": ("client", "out"),
    "client_ping": ("client", "in"),
    "client_close": ("client", "in"),
    "client_closed": ("client", "out"),
}
"""Every kind of event with who tells of it and its direction, None where that is each event's own.

`on_…` are the endpoint's hooks; the handler's other kinds are the ASGI messages it is given and gives
(asgi.readthedocs.io, "WebSocket"). `ping` and `pong` are frames, and so is `close_frame` (RFC 6455, section 5.5);
`tcp_end` is the end of the TCP connection. `end` is the playground's own: what the autopsy says."""

OF_CLIENT = {
    "connect": "client_connect",
    "accept": "client_open",
    "refuse": "client_refused",
    "receive": "client_send",
    "send": "client_receive",
    "ping": "client_ping",
    "disconnect": "client_close",
    "end": "client_closed",
}
"""The client's word for each kind of happening it takes part in."""

OF_WIRE = {
    "connect": "wire_request",
    "accept": "wire_response",
    "refuse": "wire_response",
    "receive": "frame",
    "send": "frame",
    "ping": "ping",
    "pong": "pong",
    "frame": "frame",
    "close": "close_frame",
    "disconnect": "close_frame",
    "end": "tcp_end",
}
"""The wire's word for each kind of happening that travels."""

TAKES_TIME = ("on_connect", "on_receive", "on_disconnect", "request")
"""Kinds that are recorded when they begin, and completed when they end."""


@dataclass(frozen=True, slots=True)
class Event:
    """One immutable entry of the log."""

    seq: int
    """The happening's number: counts up from 1 and is never reused. All witnesses of one happening share it."""
    at: float
    """Seconds since the log began, on a monotonic clock."""
    kind: str
    """One of `KINDS`."""
    witness: Witness | None = None
    """Who tells; None for what the playground itself did or says."""
    direction: Direction | None = None
    """ "in" from a client, "out" to a client, None for what does not travel."""
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
    """Seconds a hook or a request took, or a ping until its pong; None while it runs, and for what takes no time."""
    version: int | None = None
    """The version of the endpoint's code that handled or sent this."""
    line: int | None = None
    """The line of the endpoint's source that sent this, or that raised."""
    code: int | None = None
    """A close code, or an HTTP status."""
    reason: str | None = None
    error: str | None = None
    """The exception, as `KeyError: 'say'`, with what is behind it."""
    roots: tuple[Root, ...] = ()
    """The exceptions behind it, each with its line: those of a group, and causes."""
    traceback: str | None = None
    output: tuple[tuple[str, str], ...] = ()
    """What a hook printed and logged: (stream, text) pairs, stream being "stdout", "stderr" or a log level's name."""
    headers: tuple[tuple[str, str], ...] = ()
    """A handshake's or a request's headers."""
    frame: Frame | None = None
    """What travelled, for the wire's events after the handshake; its time is counted like `at`."""
    cause: int | None = None
    """The number of the event whose handler did this, or has started the task that did it."""
    task: str | None = None
    """The task or thread that did this after its hook had ended, or that died: "task Task-5 (poll)"."""

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
        data = self.data.hex(" ") if isinstance(self.data, bytes) else self.data
        parts = [data, self.error, self.reason, *(text.rstrip() for _, text in self.output)]
        return " · ".join(part for part in parts if part)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def summary(self) -> str:
        """Time, client, path, kind, payload, duration and version in one line."""
        who = self.client or (f"#{self.connection}" if self.connection else "")
        took = duration_text(self.duration) if self.duration is not None else ""
        version = f"v{self.version}" if self.version else ""
        code = str(self.code) if self.code is not None else ""
        parts = [
            f"{self.at:.3f}s",
            who,
            mask_target(self.path or "", []),
            self.arrow + self.kind,
            code,
            str(self.frame) if self.frame else shorten(self._text_without_secrets, self._room),
            took,
            version,
        ]
        return one_line(" ".join(part for part in parts if part))

    @property
    def _text_without_secrets(self) -> str:
        # The output of a cell is saved with its notebook. Payloads, which have a size, are shown as they are.
        return self.text if self.size is not None else mask_text(self.text, [])

    @property
    def _room(self) -> int:
        """Characters of the text that the summary has room for."""
        return 240 if self.roots or self.task else 100 if self.kind == "end" else 60

    def __repr__(self) -> str:
        return f"<Event {self.seq} {self.summary}>"
