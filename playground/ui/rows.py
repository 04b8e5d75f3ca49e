"""The playground as plain values for the browser: one row per event, and the state around them."""

from __future__ import annotations

from typing import Any

from playground.core.connections import Connection
from playground.core.endpoints import Endpoint
from playground.core.events import Record, close_code_name, shorten
from playground.core.host import Held
from playground.core.log import Log
from playground.core.routes import why_pinned
from playground.net.client import Client
from playground.playground import Playground

PREVIEW = 200
"""Characters of a payload that a row shows; the whole is fetched when a person opens it."""

FOREIGN = 50
"""Connections of other programs that are listed; the header counts them all."""


def row_of(log: Log, record: Record) -> dict[str, Any]:
    """Return an event as a row; times are wall clock in milliseconds, durations milliseconds."""
    event = log.event(record)
    return {
        "seq": event.seq,
        "at": (log.began + event.at) * 1000,
        "kind": event.kind,
        "witness": "handler",
        "connection": event.connection,
        "client": event.client,
        "path": event.path,
        "direction": event.direction,
        "preview": preview(record),
        "size": event.size,
        "duration_ms": None if event.duration is None else event.duration * 1000,
        "version": event.version,
        "line": event.line,
        "code": event.code,
        "reason": event.reason,
        "error": event.error,
        "output": shorten("".join(text for _, text in event.output).rstrip(), PREVIEW) or None,
        "running": event.running,
    }


def preview(record: Record) -> str:
    """Return at most `PREVIEW` characters of what happened."""
    if isinstance(record.data, bytes):
        return shorten(record.data[:PREVIEW].hex(" "), PREVIEW)
    if record.data is not None:
        # Cut first: shortening looks at every character.
        return shorten(record.data[: PREVIEW + 1], PREVIEW)
    if record.kind in ("close", "disconnect", "on_disconnect") and record.code is not None:
        return close_code_name(record.code) + (f" · {record.reason}" if record.reason else "")
    return ""


def state_of(pg: Playground) -> dict[str, Any]:
    """Return what the panel shows around the rows."""
    connections = pg.connections
    return {
        "server": {
            "running": pg.running,
            "ws_url": pg.url,
            "http_url": pg.http_url,
            "message": None if pg.running else "stopped",
            "origins_hint": None,
            "blocked": pg.blocked and f"the server's loop is blocked at {pg.blocked}",
            "on_error": pg.on_error,
            "held": [_held(held) for held in pg.held.values()],
        },
        "endpoints": [_endpoint(endpoint) for endpoint in pg.endpoints.all()],
        "clients": _clients(pg, connections),
        "counts": {"events": pg.log.total, "kept": len(pg.log), "dropped": pg.log.dropped},
    }


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    version = endpoint.current
    return {
        "key": f"{endpoint.kind} {endpoint.path}",
        "path": endpoint.path,
        "kind": endpoint.kind,
        "version": version.number,
        "name": endpoint.name,
        "encoding": getattr(version.target, "encoding", None),
        "source": version.source,
        "editable": bool(version.source),
        "note": why_pinned(version.target) if endpoint.kind == "websocket" else None,
        "connections": endpoint.connections,
        "runs": {f"v{number}": count for number, count in endpoint.runs.items()},
        "versions": [one.number for one in endpoint.versions],
        "report": None,
    }


def _held(held: Held) -> dict[str, Any]:
    record = held.record
    shown = ("seq", "connection", "client", "path", "version", "error")
    return {name: getattr(record, name) for name in shown}


def _clients(pg: Playground, connections: list[Connection]) -> list[dict[str, Any]]:
    numbers = {one.client: one.id for one in connections if one.client}
    own = [_own(client, numbers.get(client.name)) for client in list(pg.clients.values())]
    foreign = [_foreign(one) for one in connections if one.client is None and one.state == "open"]
    return own + foreign[-FOREIGN:]


def _own(client: Client, connection: int | None) -> dict[str, Any]:
    round_trip = client.twin.round_trip
    return {
        "name": client.name,
        "path": "/" + client.url.split("://", 1)[-1].partition("/")[2],
        "url": client.url,
        "state": client.state,
        "sent": client.sent,
        "received": client.received,
        "rtt_ms": None if round_trip is None else round_trip * 1000,
        "code": client.close_code,
        "reason": client.close_reason or (str(client.twin.failure) if client.twin.failure else None),
        "connection": connection,
        "own": True,
    }


def _foreign(connection: Connection) -> dict[str, Any]:
    return {
        "name": f"#{connection.id}",
        "path": connection.path,
        "url": "",
        "state": connection.state,
        "sent": connection.received,
        "received": connection.sent,
        "rtt_ms": None,
        "code": connection.code,
        "reason": connection.reason,
        "connection": connection.id,
        "own": False,
    }
