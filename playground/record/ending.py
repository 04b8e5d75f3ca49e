"""What each witness was told when a connection ended: facts only; `autopsy` explains them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from playground.record.frames import Frame

if TYPE_CHECKING:
    from playground.record.events import Direction, Record, Witness


class Close(NamedTuple):
    """A close code and reason, as one side gave or was told them."""

    code: int | None
    """None for a Close frame without a code."""
    reason: str = ""

    def __str__(self) -> str:
        said = "without a code" if self.code is None else str(self.code)
        return said + (f" “{self.reason}”" if self.reason else "")


@dataclass(eq=False)
class Ending:
    """The facts of one ending, filled in by whoever learns them; what stays None is not known."""

    client_asked: Close | None = None
    """What our client closed with."""
    client_told: Close | None = None
    """What our client was told at the end; 1006 and 1005 are made up by the client (RFC 6455, section 7.1.5)."""

    close_in: Close | None = None
    """The client's Close frame."""
    close_out: Close | None = None
    """The server's Close frame."""
    first: Direction | None = None
    """Which of the two came first."""
    tcp: Literal["fin", "reset", "closed"] | None = None
    """How TCP ended: the client's FIN, a reset, or the server closed it."""
    tcp_error: str | None = None
    """What the system said of a reset."""
    cut: Frame | None = None
    """A frame that had begun and did not end."""
    violation: str | None = None
    """What the server's protocol implementation refused."""
    unanswered_ping: bool = False
    """The server's ping had no pong in time."""

    handler_asked: Close | None = None
    """What the application closed with."""
    handler_told: Close | None = None
    """The ASGI message `websocket.disconnect`."""
    hook_told: int | None = None
    """The code `on_disconnect` was called with."""
    raised: Record | None = None
    """The event whose code raised."""
    returned: bool = False
    """The application's call came to its end."""
    refused: int | None = None
    """The HTTP status of a refused handshake."""
    refusal: str | None = None
    """Why the playground refused the handshake before the application was asked."""
    stopping: bool = False
    """The server was being stopped."""

    closing: Record | None = None
    """The record of the Close frame, or of the message, that began the end."""
    client_at: float | None = None
    """When our client was told."""
    wire_at: float | None = None
    """When TCP ended."""
    end_record: Record | None = None
    """The row that tells the end, once there is one."""
    _waiting_for: set[Witness] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_for(self, *witnesses: Witness) -> None:
        """Say whose last words are still to come."""
        self._waiting_for = set(witnesses)

    def heard(self, witness: Witness) -> bool:
        """Note a witness's last word, from any thread; return True once, for the last of them."""
        with self._lock:
            if witness not in self._waiting_for:
                return False
            self._waiting_for.discard(witness)
            return not self._waiting_for

    def hurry(self) -> bool:
        """Wait no longer; return whether somebody's last word is missing."""
        with self._lock:
            missing, self._waiting_for = bool(self._waiting_for), set()
            return missing
