"""What the hooks and requests of an endpoint do, and what they say."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter

from starlette.types import Scope

from playground.common.close_codes import Close
from playground.record.lines import Files
from playground.record.recorder.writing import write_death, write_error
from playground.record.records import Connection, Record
from playground.record.ring import Ring
from playground.record.storable import (
    storable_text,
)

OUTPUT_LIMIT = 16 * 1024
"""Characters of output kept for one event."""

OUTPUT_PARTS = 500
"""Separate outputs kept for one event, such as lines that are logged."""

CUT = "… (cut)"
"""What stands where output is no longer kept."""


def route_found(connection: Connection, files: Files, scope: Scope) -> None:
    """
    The router has found the endpoint that serves a connection.

    Args:
        connection: the one it serves.
        files: the endpoint's source files; see `lines.Files`.
        scope: the handshake as the router left it, path parameters included.
    """
    connection.files, connection.scope = files, scope


def version_serves(thing: Connection | Record, version: int) -> None:
    """From now on this version of its endpoint serves a connection, or a request."""
    thing.version = version


def request_failed(request: Record, error: BaseException, files: Files) -> None:
    """What serves a request raised; what is known already was raised further inside, and is left."""
    if request.error is None:
        write_error(request, error, files)


def hook_began(
    log: Ring,
    connection: Connection | None,
    hook: str,
    version: int,
    *,
    data: str | bytes | None = None,
    close: Close | None = None,
) -> Record:
    """
    A hook is about to be called; return its record, which is in the log.

    Args:
        log: where it goes.
        connection: None without a server.
        hook: "on_connect", "on_receive" or "on_disconnect".
        version: of the endpoint's code.
        data: the message it handles.
        close: the code and reason it is called with.
    """
    record = Record(hook, perf_counter(), connection)
    record.version = version
    record.data = data
    if close is not None:
        record.code, record.reason = close.code, close.reason or None
        if connection is not None:
            connection.ending.hook_told = close.code
    log.append(record)
    return record


def connect_hook_returned(connection: Connection) -> None:
    """`on_connect` returned without an exception."""
    connection.left_unanswered = connection.response is None and connection.ending.handler_asked is None


def message_hook_began(record: Record, version: int) -> None:
    """`on_receive` is about to be called with a message; its record goes on as the hook's."""
    record.hook = "on_receive"
    record.version = version
    record.began = perf_counter()


def hook_failed(
    record: Record, connection: Connection | None, error: BaseException, files: Files, *, undecoded: bool = False
) -> None:
    """
    A hook raised.

    Args:
        record: the hook's.
        connection: None without a server.
        error: what it raised.
        files: the endpoint's source files; see `lines.Files`.
        undecoded: whether `decode` raised, so that the hook was not called.
    """
    write_error(record, error, files)
    if undecoded:
        record.undecoded = True
    if connection is not None:
        connection.reported_error = error
        # The first one is the cause; what on_disconnect raises then is a consequence.
        connection.ending.raised = connection.ending.raised or record


def message_not_decoded(record: Record, encoding: object) -> None:
    """Starlette's own `decode` raised, which goes by the endpoint's `encoding`."""
    record.encoding = storable_text(encoding) or None


def hook_held(record: Record, close_code: int | None = None) -> None:
    """A hook failed, or Starlette's `decode`, which closes with a code; its message and connection are kept."""
    seen = close_code or 1006
    record.reason = f"held: Starlette would have called on_disconnect(1011), and the client would have seen {seen}"


def hold_ended(log: Ring, record: Record) -> None:
    """A held message was let go, because there were too many others after it, or too large ones."""
    record.reason = "was held, and let go for those that came after it"
    log.changed(record)


def hook_ended(log: Ring, record: Record) -> None:
    """A hook returned, or raised."""
    record.ended = perf_counter()
    # `finished` would do nothing else; not calling it saves time for every message.
    if log.subscribers or record.output or record.traceback or record.seq < log.late_below:
        log.finished(record)


def add_output(record: Record, stream: str, text: str) -> None:
    """A hook or a request printed or logged something; `OUTPUT_LIMIT` characters of all of it are kept."""
    text = str.__str__(text)
    output = record.output
    if output is None:
        output = record.output = []
    room = _room_in(output)
    if room <= 0:
        return
    if len(text) > room:
        text = text[:room] + CUT
    elif len(output) == OUTPUT_PARTS - 1 and output[-1][0] != stream:
        text = CUT
    if output and output[-1][0] == stream and stream in ("stdout", "stderr"):
        output[-1] = (stream, output[-1][1] + text)
    else:
        output.append((storable_text(stream), text))


def has_room(record: Record) -> bool:
    """Return whether more output can be kept for a record."""
    return _room_in(record.output or []) > 0


def _room_in(output: list[tuple[str, str]]) -> int:
    """Return how many more characters of output can be kept."""
    return OUTPUT_LIMIT - sum(len(part) for _, part in output) if len(output) < OUTPUT_PARTS else 0


def said_later(log: Ring, hook: Record, task: str, stream: str, text: str) -> Record:
    """A task or a thread printed or logged something after its hook had ended; return the row of that."""
    record = Record("log", perf_counter(), hook.connection)
    record.task, record.cause = task, hook.seq
    record.data = f"{task}, after {hook.hook or hook.kind}"
    if hook.connection is None:
        record.path = hook.path
    add_output(record, stream, text)
    log.append(record)
    return record


def thread_died(
    log: Ring, thread: str, error: BaseException, hook: Record, *, output: Iterable[tuple[str, str]]
) -> None:
    """A thread that a hook has started ended with an exception."""
    files = hook.connection.files if hook.connection else {}
    write_death(log, thread, error, hook, hook.connection, files, None, output)
