"""
Everything the playground raises.

PlaygroundError
├── PortTaken            (OSError)          another program listens on the port
├── StartFailed          (RuntimeError)     the app raised or hung while starting
├── NotRunning           (RuntimeError)     the playground was stopped
├── EditRejected         (ValueError)       the source cannot become an endpoint; nothing changed
├── UnknownEndpoint      (LookupError)      no endpoint at that path
├── ConnectFailed        (ConnectionError)  no server answers there
│   └── HandshakeRefused                    a server answered, but not with 101
├── ConnectionEnded      (ConnectionError)  the connection is closed
├── PushFailed           (ConnectionError)  a message from the server could not be sent to somebody
├── ReceiveTimeout       (TimeoutError)     no message came in time
├── EventTimeout         (TimeoutError)     no such event was logged in time
├── MessagesLost         (RuntimeError)     a client's inbox was full
├── NotJSON              (ValueError)       a message that was expected to be JSON is not
├── NotALog              (ValueError)       a file that is not a log, or of a newer version
└── QueryError           (ValueError)       a filter that cannot be read, or takes too long

Each is also the builtin exception that fits, so `except TimeoutError:` works.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence
from typing import Any

from playground.common.text import printable
from playground.common.tracebacks import format_frames


class PlaygroundError(Exception):
    """The base class of all errors that the playground raises."""

    def __str__(self) -> str:
        """Return the message, in which what a peer or a payload said cannot act on a terminal."""
        return printable(super().__str__())

    def _render_traceback_(self) -> list[str]:
        """Return the traceback that IPython shows: the caller's own lines, without those of this package."""
        libraries = (os.path.dirname(os.__file__), os.path.dirname(os.path.dirname(__file__)))
        frames = [
            frame
            for frame in traceback.extract_tb(self.__traceback__)
            if not frame.filename.startswith(libraries) and "site-packages" not in frame.filename
        ]
        shown = format_frames(frames) + "".join(traceback.format_exception_only(self))
        return ["Traceback (most recent call last):", *shown.splitlines()]


class PortTaken(PlaygroundError, OSError):
    """The port cannot be listened on."""


class StartFailed(PlaygroundError, RuntimeError):
    """The app raised or hung while starting; the app's own exception is the `__cause__`."""


class NotRunning(PlaygroundError, RuntimeError):
    """The playground is stopped; `pg.start()` starts it again on the same port."""


class EditRejected(PlaygroundError, ValueError):
    """
    The source cannot become an endpoint; the current version stays.

    The message is the reason, after the number of the line if there is one.

    Attributes:
        reason: what is wrong.
        stage: "parse", "run" or "check".
        line, column: where, counted from 1, or None.
    """

    def __init__(self, reason: str, *, stage: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.reason = reason
        self.stage = stage
        self.line = line
        self.column = column


class UnknownEndpoint(PlaygroundError, LookupError):
    """No endpoint at that path; the message names the nearest ones."""


class ConnectFailed(PlaygroundError, ConnectionError):
    """There is no connection, or no answer that opens a WebSocket; the message says how far the dial got."""


class HandshakeRefused(ConnectFailed):
    """
    The server answered the handshake with another status than 101 (RFC 6455, section 4.2.2).

    Attributes:
        status: the HTTP status code.
        headers: the response's (name, value) pairs, as they came.
        body: the response's body, bytes.
    """

    def __init__(self, message: str, *, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
        super().__init__(message)
        self.status = status
        self.headers = list(headers)
        self.body = body


class ConnectionEnded(PlaygroundError, ConnectionError):
    """
    The connection is closed.

    Attributes:
        code, reason: what this side received; without a Close frame the client itself reports 1006.
        by_client: whether this side ended it because of what came; then code and reason are what it sent and why.
    """

    def __init__(self, message: str, *, code: int | None, reason: str, by_client: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.by_client = by_client


class PushFailed(PlaygroundError, ConnectionError):
    """
    A message of `Playground.push` could not be sent to somebody who was named; the message says to whom, and why.

    Attributes:
        pushed: who was sent it, and who was not, as `push` returns it.
    """

    def __init__(self, message: str, *, pushed: Any) -> None:
        super().__init__(message)
        self.pushed = pushed


class ReceiveTimeout(PlaygroundError, TimeoutError):
    """No message came in time; the connection is still open."""


class EventTimeout(PlaygroundError, TimeoutError):
    """No such event was logged in time; the message names the last one that was."""


class MessagesLost(PlaygroundError, RuntimeError):
    """
    A client's inbox was full and its oldest messages were dropped; raised once, then receiving goes on.

    Attributes:
        messages, size: how many were dropped, and their bytes of payload.
    """

    def __init__(self, message: str, *, messages: int = 0, size: int = 0) -> None:
        super().__init__(message)
        self.messages = messages
        self.size = size


class NotJSON(PlaygroundError, ValueError):
    """A message is not JSON, or a value cannot be written as JSON."""


class NotALog(PlaygroundError, ValueError):
    """A file is not a log of a playground, or has a newer version of the format."""


class QueryError(PlaygroundError, ValueError):
    """
    A filter cannot be read, or one of its regular expressions takes too long.

    Attributes:
        column: where the mistake is, counted from 1.
    """

    def __init__(self, message: str, *, column: int) -> None:
        super().__init__(message)
        self.column = column
