"""One WebSocket as the server knows it, and what is running for it just now."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal

from playground.core.events import Record


@dataclass(eq=False)
class Connection:
    """One WebSocket, from handshake to end."""

    id: int
    """Counts up from 1 within one playground."""
    path: str
    client: str | None = None
    """The name given to `pg.connect`; None for a browser tab or another program."""
    state: Literal["connecting", "open", "closed"] = "connecting"
    received: int = 0
    """Messages from the client."""
    sent: int = 0
    """Messages to the client."""
    code: int | None = None
    """The close code the application was told, or gave."""
    reason: str | None = None
    version: int | None = None
    """The version of the endpoint's code that serves it, or served it last; None for code that is not live."""
    files: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    """The endpoint's source files; see `lines.Files`."""
    scope: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Its handshake as ASGI has it."""
    reported: BaseException | None = field(default=None, repr=False)
    """The exception that a hook's event tells of already."""

    def __repr__(self) -> str:
        who = f" {self.client}" if self.client else ""
        version = f" v{self.version}" if self.version else ""
        code = f" {self.code}" if self.code is not None else ""
        return f"<Connection {self.id}{who} {self.path} {self.state}{code}{version} in {self.received} out {self.sent}>"


CONNECTION: ContextVar[Connection | None] = ContextVar("playground_connection", default=None)
"""The connection whose task this is; tasks that an endpoint starts inherit it."""

HOOK: ContextVar[Record | None] = ContextVar("playground_hook", default=None)
"""The hook or request whose code runs; what it prints is attached there."""
