"""The messages of a client that wait to be received, within limits."""

from __future__ import annotations

from collections import deque
from typing import Any

from playground.common.errors import MessagesLost
from playground.record.row import payload_size

INBOX = 10_000
"""The most messages that wait; then the oldest are dropped and counted."""

INBOX_BYTES = 16 * 2**20
"""The most bytes that they hold together; a single larger message stays until the next one comes."""


class Hand:
    """
    What one call of the synchronous client has received, until it has it.

    It is written on the clients' loop only, so that what an interrupted call leaves in it can be put back there.
    """

    def __init__(self) -> None:
        self.message: str | bytes | None = None
        self.value: Any = None
        """What the message was read as."""
        self.wrong: Exception | None = None
        """What reading it raised."""
        self.lost: MessagesLost | None = None
        """What the call was told in place of a message."""
        self.closed = False
        """Whether the call was interrupted, so that nothing more may be put here."""


class Inbox:
    """Messages in the order they came; when there are too many, or they are too large, the oldest go."""

    def __init__(self) -> None:
        self._messages: deque[tuple[str | bytes, int]] = deque()
        self._bytes = 0
        self._lost = 0
        self._lost_bytes = 0

    def __len__(self) -> int:
        return len(self._messages)

    def add(self, message: str | bytes) -> None:
        """Add the newest message."""
        self._messages.append((message, size := payload_size(message) or 0))
        self._bytes += size
        while len(self._messages) > INBOX or (self._bytes > INBOX_BYTES and len(self._messages) > 1):
            _, size = self._messages.popleft()
            self._bytes -= size
            self._lost += 1
            self._lost_bytes += size

    def take(self) -> str | bytes:
        """Remove and return the oldest message."""
        message, size = self._messages.popleft()
        self._bytes -= size
        return message

    def put_back(self, message: str | bytes) -> None:
        """Make a message the oldest again, which was taken and reached nobody."""
        self._messages.appendleft((message, size := payload_size(message) or 0))
        self._bytes += size

    def take_lost(self, whose: str) -> MessagesLost | None:
        """Return an error that tells of what was dropped, once; None if nothing was."""
        if not self._lost:
            return None
        messages, size = self._lost, self._lost_bytes
        self._lost = self._lost_bytes = 0
        return MessagesLost(
            f"{whose}: {messages} unread messages of {size} bytes in all were dropped, because the inbox holds "
            f"{INBOX} messages and {INBOX_BYTES} bytes; receive more often",
            messages=messages,
            size=size,
        )

    def put_back_lost(self, lost: MessagesLost) -> None:
        """Count again what nobody has been told of."""
        self._lost += lost.messages
        self._lost_bytes += lost.size
