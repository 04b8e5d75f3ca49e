"""Records, connections and rows as they are saved: copies without secrets; see `secrets`. The log is not changed."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

from playground.record.records import Connection, Record
from playground.record.row import MESSAGES, Row, head_headers, head_line
from playground.record.secrets import mask_head, mask_headers, mask_target, mask_text, summary, values_in
from playground.record.state import State

TEXTS = ("reason", "client_reason", "error", "traceback")
"""Fields of a record with a text in which an app, or a server, may repeat a secret."""

WITH_TARGET = ("connect", "request")
"""Kinds of records whose `data` is a request's method and target."""


class Masking:
    """
    Masks what goes into one file or picture, and remembers what that was.

    Args:
        secrets: leave the secrets as they are.
    """

    def __init__(self, *, secrets: bool = False) -> None:
        self.secrets = secrets
        self.found: list[str] = []
        """A word for each secret that was masked, such as "header Cookie"."""

    @property
    def summary(self) -> str:
        """What was masked, as a sentence; "" for nothing."""
        return summary(self.found)

    def record(self, record: Record) -> tuple[Record, list[str]]:
        """Return a record without secrets and what was masked; the record itself where it has none."""
        if self.secrets or _has_only_a_payload(record):
            return record, []
        found: list[str] = []
        values = _masked_values(record, found)
        if not found:
            return record, []
        # The handler's headers are also in the bytes that travelled: each secret of a record counts once.
        found = list(dict.fromkeys(found))
        self.found += found
        masked = copy.copy(record)
        vars(masked).update(values)
        return masked, found

    def row(self, row: Row) -> Row:
        """Return a row without secrets; `Row.masked` names what was masked."""
        record, found = self.record(row.record)
        return Row(record, row.zero, row.began, tuple(found)) if found else row

    def rows(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Return rows without secrets, one after the other."""
        return map(self.row, rows)

    def text(self, text: str, connection: Connection | None = None) -> str:
        """Return a text that stands in no record, such as a verdict on a connection, without secrets."""
        return text if self.secrets else mask_text(text, self.found, _values_of(connection) if connection else ())

    def state(self, state: State, connection: Connection) -> State:
        """Return a connection's state, as it is written to a file, without secrets in its texts."""
        if self.secrets:
            return state
        found: list[str] = []
        values = _values_of(connection)
        masked = {name: _mask_all(value, found, values) for name, value in state.items()}
        self.found += found
        return masked if found else state


def _has_only_a_payload(record: Record) -> bool:
    """Return whether there is nothing to look at, as in most messages; their payload is not masked."""
    connection = record.connection
    return (
        record.kind in MESSAGES
        and (connection is None or "?" not in connection.path)
        and record.error is None
        and record.output is None
        and record.reason is None
        and record.client_reason is None
        and not record.headers
    )


def _masked_values(record: Record, found: list[str]) -> dict[str, Any]:
    """Return the fields of a record in which a secret may stand, with their new values."""
    values = _values_of(record.connection) if record.connection is not None else _values_in(record)
    masked: dict[str, Any] = {}
    if record.connection is not None and (path := mask_text(record.connection.path, found)) != record.connection.path:
        # The copy shares what the connection's other parts refer to.
        masked["connection"] = copy.copy(record.connection)
        vars(masked["connection"])["path"] = path
    if record.headers:
        masked["headers"] = mask_headers(record.headers, found)
    if record.wire is not None and record.head_size:
        masked["wire"] = mask_head(record.wire, found)
    if isinstance(record.data, str) and record.kind not in MESSAGES:
        masked["data"] = _data(record, found, values)
    for name in TEXTS:
        text = getattr(record, name)
        if isinstance(text, str):
            masked[name] = mask_text(text, found, values)
    if record.output:
        masked["output"] = [(stream, mask_text(text, found, values)) for stream, text in record.output]
    if record.roots:
        masked["roots"] = tuple(root._replace(error=mask_text(root.error, found, values)) for root in record.roots)
    return masked


def _data(record: Record, found: list[str], values: list[str]) -> str:
    assert isinstance(record.data, str)
    if record.kind not in WITH_TARGET:
        return mask_text(record.data, found, values)
    method, space, target = record.data.partition(" ")
    return method + space + mask_target(target, found)


def _values_of(connection: Connection) -> list[str]:
    """Return the secrets of a connection's handshake."""
    values: list[str] = []
    for record in (connection.request, connection.response):
        if record is not None:
            values += _values_in(record)
    return values


def _values_in(record: Record) -> list[str]:
    target = record.data if record.kind in WITH_TARGET and isinstance(record.data, str) else ""
    values = values_in(target, record.headers) if target or record.headers else []
    if record.wire and record.head_size and not record.headers:
        # Of a connection to another server, only the bytes are known.
        values += values_in(head_line(record.wire) or "", _raw(head_headers(record.wire)))
    return values


def _raw(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _mask_all(value: Any, found: list[str], values: list[str]) -> Any:
    if isinstance(value, str):
        return mask_text(value, found, values)
    if isinstance(value, list):
        return [_mask_all(one, found, values) for one in value]
    if isinstance(value, dict):
        return {name: _mask_all(one, found, values) for name, one in value.items()}
    return value
