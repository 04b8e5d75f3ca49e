"""Rows as a sequence diagram in Mermaid's language (mermaid.js.org, "Sequence diagrams")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from playground.common.close_codes import NEVER_SENT
from playground.common.numbers import duration_text
from playground.common.text import one_line, shorten
from playground.record.events import OF_WIRE
from playground.record.records import Connection
from playground.record.row import Row

SERVER = "server"
"""The life line of the playground; a server elsewhere has its host's name."""

TEXT = 60
"""The most characters of a payload that an arrow shows."""


def to_mermaid(rows: Iterable[Row]) -> str:
    """Return a sequence diagram of the rows: clients and servers as life lines, hooks and ends as notes."""
    shown = [row for row in rows if row.record.connection is not None or row.kind == "edit"]
    lanes: dict[str, str] = {}
    servers: dict[str | None, str] = {} if shown else {None: SERVER}
    for row in shown:
        connection = row.record.connection
        if connection is None or connection.host is None:
            servers.setdefault(None, SERVER)
        else:
            servers.setdefault(connection.host, f"s{connection.id}")
        if connection is not None:
            lanes.setdefault(_name(connection), f"c{connection.id}")
    lines = ["sequenceDiagram"]
    lines += [f"    participant {lane} as {_safe(name)}" for name, lane in lanes.items()]
    lines += [f"    participant {lane}{f' as {_safe(host)}' if host else ''}" for host, lane in servers.items()]
    for row in shown:
        lines += [f"    {line}" for line in _lines(row, lanes, servers)]
    return "\n".join(lines) + "\n"


def _name(connection: Connection) -> str:
    # A client that reconnects has the same name, and stays in the same lane.
    return connection.client or f"#{connection.id}"


def _lines(row: Row, lanes: Mapping[str, str], servers: Mapping[str | None, str]) -> list[str]:
    record = row.record
    if record.connection is None:
        return [f"Note over {SERVER}: {_safe(_said(row))}"]
    who, server = lanes[_name(record.connection)], servers[record.connection.host]
    text = _safe(_said(row))
    if row.kind == "end":
        return [f"Note over {who},{server}: {text}"]
    if row.direction is None or _only_told(row):
        return [f"Note right of {server}: {text}"]
    arrow = "-x" if _never_left(row) else "-->>" if row.kind in ("ping", "pong") else "->>"
    start, end = (who, server) if row.direction == "in" else (server, who)
    lines = [f"{start}{arrow}{end}: {text}"]
    if row.kind == "ping" and record.answer:
        lines.append(f"{end}-->>{start}: pong")
    if record.hook:
        # What cannot be decoded never reaches the hook.
        parts = ["decode" if record.undecoded else record.hook]
        parts += [duration_text(row.duration)] if row.duration is not None else []
        parts += [record.error] if record.error else []
        lines.append(f"Note right of {server}: {_safe(' '.join(parts))}")
    return lines


def _only_told(row: Row) -> bool:
    """Return whether the application was told of an end for which its client sent nothing."""
    record, connection = row.record, row.record.connection
    if row.kind != "disconnect" or connection is None or record.client_at or record.wire_at:
        return False
    # Without the wire, a code that is never sent tells as much; so does an end that the application asked for.
    return connection.tapped or record.code in NEVER_SENT or connection.ending.handler_asked is not None


def _never_left(row: Row) -> bool:
    """Return whether this was meant to travel and did not."""
    record, connection = row.record, row.record.connection
    if connection is None or row.kind not in OF_WIRE:
        return False
    return connection.tapped and connection.state == "closed" and record.wire_at is None


def _said(row: Row) -> str:
    record = row.record
    data = record.data.hex(" ") if isinstance(record.data, bytes) else record.data or ""
    code = "" if record.code is None else str(record.code)
    parts = [row.kind, "pushed" if row.pushed else "", code, shorten(data, TEXT), record.error or ""]
    return " ".join(part for part in parts if part)


def _safe(text: str) -> str:
    """Return the text on one line, with the characters of Mermaid's own syntax as its entity codes."""
    return one_line(text).translate(ESCAPED)


ESCAPED = str.maketrans({character: f"#{ord(character)};" for character in '#;:<>"`%{}&$'})
"""
What Mermaid would read as its own: `;` ends a statement, `#` begins an entity, `%%` a comment, `%%{` a directive and
`$$` a formula; `<br>` and `&` are HTML.
"""
