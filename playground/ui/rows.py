"""The playground as JSON values for the browser: one row per record, and the state of everything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from playground.client.async_client import AsyncClient
from playground.client.client import Client
from playground.common.close_codes import close_code_name
from playground.common.text import fold
from playground.edit.endpoints import Endpoint, why_pinned
from playground.edit.held import HeldMessage
from playground.edit.versions import known_encoding
from playground.record.autopsy.accounts import short_by_witness
from playground.record.events import Witness
from playground.record.log import Log
from playground.record.masking import Masking
from playground.record.records import Connection, Record
from playground.record.row import Row
from playground.record.secrets import mask_target
from playground.ui.shown import Shown, message_of, mode_of

PREVIEW = 200
"""The most characters of a payload in a row; the whole payload is fetched when the row is opened."""

FOREIGN = 50
"""The most connections of other programs that are listed; the header counts all of them."""


def row_of(log: Log, record: Record, masking: Masking | None = None) -> dict[str, Any]:
    """
    Return a row for the browser; times are wall clock in milliseconds, durations milliseconds.

    Secrets are masked: they are shown in a row's details, when somebody asks. None and default values are left out,
    because thousands of rows may be sent in a second.

    Args:
        masking: masks the secrets and remembers which; may also leave them as they are.
    """
    return shown_row(log.row(record), masking)


def shown_row(row: Row, masking: Masking | None = None) -> dict[str, Any]:
    """Return the same for a row, which needs no log."""
    masking = masking or Masking()
    record, _ = masking.record(row.record)
    row = Row(record, row.zero, row.began)
    shown, cut = preview(record)
    duration, codes = row.duration, row.codes
    values = {
        "seq": record.seq,
        "at": round((row.began + row.at) * 1000, 3),
        "kind": record.kind,
        "saw": row.saw,
        "agree": None if row.agree else False,
        "pushed": row.pushed or None,
        "connection": record.connection_id,
        "client": record.client,
        "path": record.path,
        "host": record.connection.host if record.connection else None,
        "direction": record.direction,
        "preview": shown,
        "cut": cut or None,
        "size": row.size,
        "wire_size": row.wire_size,
        "opcode": row.opcode,
        "hook": record.hook,
        "undecoded": record.undecoded or None,
        "cause": record.cause,
        "duration_ms": None if duration is None else round(duration * 1000, 4),
        "version": record.version,
        "line": record.line,
        "code": record.code,
        "codes": codes if len(codes) > 1 else None,
        "told": _told(record, masking),
        "reason": record.reason,
        "error": record.error,
        "output": fold("".join(text for _, text in record.output).rstrip(), PREVIEW) if record.output else None,
        "running": record.running or None,
    }
    return {name: value for name, value in values.items() if value is not None}


def _told(record: Record, masking: Masking) -> dict[Witness, str] | None:
    connection = record.connection
    if record.kind != "end" or connection is None:
        return None
    return {witness: masking.text(text, connection) for witness, text in short_by_witness(connection).items()}


def preview(record: Record) -> tuple[str, bool]:
    """Return at most `PREVIEW` characters of what happened, and whether the text was cut."""
    data = record.data
    if isinstance(data, bytes):
        return fold(data[:PREVIEW].hex(" "), PREVIEW), len(data) * 3 > PREVIEW
    if data is not None:
        # Cut first: shortening looks at every character.
        return fold(data[: PREVIEW + 1], PREVIEW), len(data) > PREVIEW
    if record.kind in ("close", "disconnect", "on_disconnect") and record.code is not None:
        return close_code_name(record.code) + (f" · {record.reason}" if record.reason else ""), False
    return "", False


def state_of(pg: Shown) -> dict[str, Any]:
    """Return the state that the panel shows besides the rows."""
    connections, counts = pg.connections, pg.log.counts
    return {
        "server": {
            "running": pg.running,
            "ws_url": pg.url,
            "http_url": pg.http_url,
            "message": pg.log.trouble or message_of(pg),
            "mode": mode_of(pg),
            "blocked": pg.blocked and f"the server's loop is blocked at {pg.blocked}",
            "on_error": pg.on_error,
            "held": [_held(held) for held in pg.held.values()],
        },
        "endpoints": [_endpoint(endpoint) for endpoint in pg.endpoints.all()],
        "clients": _clients(pg, connections),
        "counts": {"total": counts.total, "kept": counts.kept, "spilled": counts.spilled, "dropped": counts.dropped},
    }


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    version, previous = endpoint.current, endpoint.previous
    return {
        "key": f"{endpoint.kind} {endpoint.path}",
        "path": endpoint.path,
        "kind": endpoint.kind,
        "version": version.number,
        "name": endpoint.name,
        "encoding": known_encoding(version),
        "source": version.source,
        "editable": bool(version.source),
        "note": why_pinned(endpoint),
        "connections": endpoint.connections,
        "runs": [{"version": number, "connections": count} for number, count in endpoint.runs.items()],
        "back": previous.number if previous else None,
        "movable": endpoint.movable,
        "notes": [asdict(note) for note in endpoint.notes],
    }


def _held(held: HeldMessage) -> dict[str, Any]:
    record, _ = Masking().record(held.record)
    shown = ("seq", "client", "path", "version", "error")
    return {"connection": record.connection_id} | {name: getattr(record, name) for name in shown}


def _clients(pg: Shown, connections: list[Connection]) -> list[dict[str, Any]]:
    numbers = {one.client: one.id for one in connections if one.client}
    own = [_own(client, _number_of(client, numbers)) for client in list(pg.clients.values())]
    foreign = [_foreign(one) for one in connections if one.client is None and one.state == "open"]
    return own + foreign[-FOREIGN:]


def _own(client: Client, connection: int | None) -> dict[str, Any]:
    round_trip, back = client.async_client.round_trip, client.async_client.reconnection
    url, ended = mask_target(client.url, []), client.close_reason or client.async_client.failure
    return {
        "name": client.name,
        "path": place_of(client),
        "host": _host_of(client),
        "url": url,
        "state": client.state,
        "sent": client.sent,
        "received": client.received,
        "rtt_ms": None if round_trip is None else round_trip * 1000,
        "code": client.close_code,
        "reason": Masking().text(str(ended), client.connection) if ended else None,
        "reconnect": client.async_client.reconnects,
        "retry": back and {"attempt": back.attempt, "at": back.at * 1000},
        "connection": connection,
        "own": True,
    }


def _number_of(client: Client, numbers: Mapping[str, int]) -> int | None:
    """Return the number of a client's newest connection; those to other servers are not among the playground's."""
    known = client.connection if client.elsewhere else None
    return known.id if known else numbers.get(client.name)


def _host_of(client: Client) -> str | None:
    """Return host and port where the server is somebody else's; None where it is ours."""
    return place_of(client).partition("/")[0].rpartition("@")[2] if client.elsewhere else None


def place_of(client: Client | AsyncClient) -> str:
    """Return the path where the server is ours, and host and path where it is somebody else's."""
    place = client.address_shown.partition("://")[2]
    return place if client.elsewhere else "/" + place.partition("/")[2]


def _foreign(connection: Connection) -> dict[str, Any]:
    return {
        "name": f"#{connection.id}",
        "path": connection.path,
        "host": None,
        "url": "",
        "state": connection.state,
        "sent": connection.received,
        "received": connection.sent,
        "rtt_ms": None,
        "code": connection.code,
        "reason": connection.reason,
        "reconnect": False,
        "retry": None,
        "connection": connection.id,
        "own": False,
    }
