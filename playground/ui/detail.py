"""The details of a row: each witness's account, the payload, the frames byte by byte, and how long each part took."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from playground.common.numbers import duration_text, size_text
from playground.record.autopsy import autopsy
from playground.record.autopsy.accounts import never_called, why_no_wire
from playground.record.events import OF_CLIENT, OF_WIRE, WITNESSES, Event, Witness
from playground.record.log import Log
from playground.record.masking import Masking
from playground.record.records import Connection, Record
from playground.record.row import Row, head_headers, head_line

Detail = dict[str, Any]

FIELDS = ("seq", "kind", "connection", "client", "path", "version", "line", "code", "reason", "error", "cause", "task")


def detail_of(log: Log, row: Row, *, secrets: bool = False) -> Detail:
    """
    Return all details of a row as JSON values; times are wall clock in milliseconds.

    Args:
        secrets: show secrets as they are; otherwise they are masked, and "masked" names them.
    """
    masking = Masking(secrets=secrets)
    row = masking.row(row)
    record = row.record
    events = row.events
    end = record.kind == "end" and record.connection is not None
    detail = {
        "text": record.data if isinstance(record.data, str) else None,
        "hex": record.data.hex() if isinstance(record.data, bytes) else None,
        "traceback": record.traceback,
        "output": [list(part) for part in record.output or ()],
        "fields": _fields(row, events),
        "accounts": _accounts(log, row, events, masking),
        "frames": [_frame(log, event) for event in events if event.frame is not None],
        "handshake": _handshake(record, masking),
        "times": [{"label": label, "ms": round(seconds * 1000, 4)} for label, seconds in _times(log, row)],
        "why": _why(log, record.connection, masking) if end and record.connection else None,
    }
    return detail | {"masked": list(dict.fromkeys(masking.found))}


def _fields(row: Row, events: list[Event]) -> dict[str, str]:
    record = row.record
    fields = {name: str(value) for name in FIELDS if (value := getattr(record, name)) is not None}
    fields["at"] = f"{row.at:.6f} s"
    fields["when"] = row.when.isoformat()
    if row.size is not None:
        fields["size"] = f"{size_text(row.size)} ({row.size:,} bytes)" if row.size >= 1000 else size_text(row.size)
    if row.duration is not None:
        fields["duration"] = duration_text(row.duration)
    told = next((event for event in events if event.witness == "handler"), None)
    return fields | {f"header {name}": value for name, value in (told.headers if told else ())}


def _accounts(log: Log, row: Row, events: list[Event], masking: Masking) -> list[Detail]:
    saw = row.saw
    if not saw:
        return []
    if row.kind == "end" and row.record.connection:
        connection = row.record.connection
        explained = autopsy.why(connection)
        told = {witness: getattr(explained, witness) for witness in WITNESSES}
        said = {
            witness: [_part(masking.text(text, connection)) for text in account.said]
            for witness, account in told.items()
        }
        notes = {witness: account.note or None for witness, account in told.items()}
    else:
        said = {witness: _account(row, witness, seen, events) for witness, seen in zip(WITNESSES, saw, strict=True)}
        notes = {}
    times = {event.witness: event.at for event in reversed(events)}
    return [
        {
            "witness": witness,
            "at": (log.began + times[witness]) * 1000 if witness in times else None,
            "saw": seen,
            "said": said[witness],
            "note": notes.get(witness),
        }
        for witness, seen in zip(WITNESSES, saw, strict=True)
    ]


def _account(row: Row, witness: Witness, seen: str, events: list[Event]) -> list[Detail]:
    if seen == "-":
        return [_part(_why_no_account(row, witness))]
    told = [event for event in events if event.witness == witness]
    if seen == "0" or not told:
        return [_part(_not_seen(row, witness))]
    parts = [_part(_account_text(event), kind=_kind_of(event, row)) for event in told]
    if witness == "wire" and row.record.more_frames:
        more = f"{row.record.more_frames} frames more, {size_text(row.record.more_bytes)}"
        parts.append(_part(f"and {more}, which are not kept"))
    return parts


def _kind_of(event: Event, row: Row) -> str | None:
    if event.frame is not None:
        return None
    # The hook has a row because it would have been next: Starlette decodes before it calls it.
    return "decode" if row.record.undecoded and event.kind == "on_receive" else event.kind


def _part(text: str, kind: str | None = None) -> Detail:
    """Return one statement of a witness; the panel shows a word for the kind before the text."""
    return {"kind": kind, "text": text}


def _why_no_account(row: Row, witness: Witness) -> str:
    connection = row.record.connection
    if witness == "client" and row.kind in OF_CLIENT and not (connection and connection.own):
        return "a browser tab or another program; what it sees is not recorded"
    if witness == "wire" and row.kind in OF_WIRE and not (connection and connection.tapped):
        return why_no_wire(connection) if connection else "nothing of this travels on a WebSocket"
    if witness == "handler" and row.pushed:
        return "did not send this: the playground did, in its place"
    if witness == "handler" and connection and connection.elsewhere and row.kind not in ("ping", "pong", "log"):
        return "the server is not this playground's: what its handler does cannot be seen from here"
    return "takes no part in this"


def _not_seen(row: Row, witness: Witness) -> str:
    connection = row.record.connection
    if witness == "handler" and connection and row.kind in ("connect", "refuse"):
        if connection.ending.refusal is not None:
            return "was not asked: the playground answered"
        if connection.response and connection.response.handler_at is None and connection.ending.refused is not None:
            return "was not asked: uvicorn answered" if never_called(connection) else "did not answer: uvicorn did"
    return "never saw it" if connection and connection.state == "closed" else "has not seen it yet"


def _account_text(event: Event) -> str:
    if event.frame is not None:
        # A row has the Close frames of both sides.
        who = {"in": "the client sent ", "out": "the server sent "} if event.kind == "close_frame" else {}
        return who.get(event.direction or "", "") + str(event.frame)
    if event.kind == "refuse" and isinstance(event.data, str):
        # It gave a close code, from which the server makes a status.
        return event.data
    parts = []
    if event.code is not None:
        parts.append(str(event.code))
    if event.size is not None:
        parts.append(size_text(event.size))
    if event.reason:
        parts.append(f"“{event.reason}”")
    if event.duration is not None:
        parts.append(f"took {duration_text(event.duration)}")
    if event.error:
        parts.append(f"raised {event.error}" if event.kind.startswith("on_") else event.error)
    if event.line and event.error:
        parts.append(f"at line {event.line}")
    return " ".join(parts)


def _frame(log: Log, event: Event) -> Detail:
    frame = event.frame
    assert frame is not None
    return {
        "direction": event.direction,
        "at": (log.began + event.at) * 1000,
        "name": frame.name,
        "complete": frame.complete,
        "wire_size": frame.size,
        "payload_size": frame.payload_size,
        "parts": [asdict(part) for part in frame.parts()],
        "hex": frame.head.hex(" "),
        "hidden": frame.size - len(frame.head),
    }


def _handshake(record: Record, masking: Masking) -> Detail | None:
    if record.kind not in ("connect", "accept", "refuse") or record.connection is None:
        return None
    asked, answered = record.connection.request, record.connection.response
    # A connection may have let go of a large head that the row still has.
    asked = record if record.kind == "connect" else asked
    answered = answered if record.kind == "connect" else record
    request, response = _head(asked, masking), _head(answered, masking)
    return {"request": request, "response": response} if request or response else None


def _head(record: Record | None, masking: Masking) -> Detail | None:
    if record is None or record.wire is None:
        gone = record is not None and record.head_size
        return {"line": f"{size_text(record.head_size)}, no longer kept", "headers": []} if record and gone else None
    record, _ = masking.record(record)
    return {"line": head_line(record.wire), "headers": [list(pair) for pair in head_headers(record.wire)]}


def _times(log: Log, row: Row) -> list[tuple[str, float]]:
    record = row.record
    if record.kind == "receive":
        return row.times(next((one for one in log.records(since=record.seq) if one.cause == record.seq), None))
    if record.kind == "send" and record.cause:
        asked = log.find(record.cause)
        return asked.times(record) if asked and asked.kind == "receive" else row.times()
    return []


def _why(log: Log, connection: Connection, masking: Masking) -> Detail:
    found = autopsy.why(connection, log.last_message(connection))
    raised = connection.ending.raised
    place = {"line": raised.line, "version": raised.version} if raised and raised.line else None
    verdict, advice = masking.text(found.verdict, connection), found.advice and masking.text(found.advice, connection)
    return {"verdict": verdict, "advice": advice, "last": found.last, "raised": place}
