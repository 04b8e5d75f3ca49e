"""
Rows as an HTTP Archive, version 1.2 (softwareishard.com/blog/har-12-spec), which browsers' network panels open.

A connection is one entry, its handshake; its messages are in `_webSocketMessages`, as Chrome writes them: `send` is
from the client, `opcode` 1 is text and 2 is bytes in base64; its comment is the kind of the row, as in the log, and
`_pushed` marks what the playground sent in the place of the handler. An HTTP request is an entry too. What nobody
recorded is -1 or empty, as the format wants it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playground.common.numbers import wall_clock
from playground.common.version import VERSION
from playground.record.masking import Masking
from playground.record.records import Connection, Record
from playground.record.row import MESSAGES, Row, head_headers, head_line

Har = dict[str, Any]
Headers = list[tuple[str, str]]


def to_har(rows: Iterable[Row], masking: Masking) -> str:
    """Return the rows as the text of an HTTP Archive; `log.comment` says what was masked."""
    listed = sorted(rows, key=lambda row: row.began + row.at)
    connections: dict[Connection, list[Row]] = {}
    for row in listed:
        if row.record.connection is not None:
            connections.setdefault(row.record.connection, []).append(row)
    answers = {(row.began, row.record.cause): row for row in listed if row.kind == "response"}
    entries = [_websocket(connection, of_it, masking) for connection, of_it in connections.items()]
    entries += [_http(row, answers.get((row.began, row.seq)), masking) for row in listed if row.kind == "request"]
    entries.sort(key=lambda entry: datetime.fromisoformat(entry["startedDateTime"]))
    log: Har = {
        "version": "1.2",
        "creator": {"name": "websocket-playground", "version": VERSION},
        "entries": entries,
        "comment": masking.summary,
    }
    # Escaped, so that no character of a payload acts on who prints the file.
    return json.dumps({"log": log}, indent=1) + "\n"


def _websocket(connection: Connection, rows: list[Row], masking: Masking) -> Har:
    first = rows[0]
    asked = _masked(connection.request, masking)
    answered = _masked(connection.response, masking)
    begin = first.record.at if asked is None else min(asked.at, first.record.at)
    accepted = begin if answered is None else max(begin, answered.at)
    end = max([accepted, *(row.record.at for row in rows)])
    entry = _entry(first, begin, accepted, end)
    entry["request"] = _request(asked, masking.text(connection.path), "ws")
    entry["response"] = _response(answered, None if answered is None else answered.code)
    entry["connection"] = str(connection.id)
    entry["comment"] = connection.client or ""
    entry["_resourceType"] = "websocket"
    entry["_webSocketMessages"] = [_message(row) for row in rows if row.kind in MESSAGES and row.data is not None]
    return entry


def _http(row: Row, answer: Row | None, masking: Masking) -> Har:
    asked = _masked(row.record, masking)
    begin = row.record.at
    answered = begin if answer is None else max(begin, answer.record.at)
    entry = _entry(row, begin, answered, max(answered, row.record.ended or answered))
    entry["request"] = _request(asked, row.path or "/", "http")
    entry["response"] = _response(None if answer is None else answer.record, None if answer is None else answer.code)
    entry["_resourceType"] = "document"
    return entry


def _masked(record: Record | None, masking: Masking) -> Record | None:
    return None if record is None else masking.record(record)[0]


def _entry(row: Row, begin: float, answered: float, end: float) -> Har:
    wait, receive = (answered - begin) * 1000, (end - answered) * 1000
    return {
        "startedDateTime": wall_clock(row.began + begin - row.zero).isoformat(timespec="microseconds"),
        "time": wait + receive,
        "cache": {},
        "timings": {"send": 0, "wait": wait, "receive": receive},
    }


def _request(record: Record | None, path: str, scheme: str) -> Har:
    headers = _headers(record)
    method, _, target = (record.data if record and isinstance(record.data, str) else f"GET {path}").partition(" ")
    host = next((value for name, value in headers if name.lower() == "host"), "127.0.0.1")
    url = target if "://" in target else f"{scheme}://{host}{target}"
    return {
        "method": method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": _cookies(headers, "cookie"),
        "headers": _pairs(headers),
        "queryString": _pairs(parse_qsl(urlsplit(url).query, keep_blank_values=True)),
        "headersSize": _head_size(record),
        "bodySize": -1 if method != "GET" else 0,
    }


def _response(record: Record | None, status: int | None) -> Har:
    headers = _headers(record)
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    location = next((value for name, value in headers if name.lower() == "location"), "")
    return {
        # 0 is what browsers write where there was no answer.
        "status": status or 0,
        "statusText": HTTPStatus(status).phrase if status in set(HTTPStatus) else "",
        "httpVersion": "HTTP/1.1",
        "cookies": _cookies(headers, "set-cookie"),
        "headers": _pairs(headers),
        "content": {"size": 0 if status == 101 else -1, "mimeType": kind or "x-unknown"},
        "redirectURL": location,
        "headersSize": _head_size(record),
        "bodySize": 0 if status == 101 else -1,
    }


def _headers(record: Record | None) -> Headers:
    if record is None:
        return []
    if record.wire is not None and head_line(record.wire):
        return list(head_headers(record.wire))
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in record.headers]


def _head_size(record: Record | None) -> int:
    return record.head_size if record is not None and record.head_size else -1


def _cookies(headers: Headers, name: str) -> list[Har]:
    crumbs: list[str] = []
    for each, value in headers:
        if each.lower() == name:
            crumbs += value.split(";")[: None if name == "cookie" else 1]
    return _pairs([(key.strip(), value.strip()) for key, _, value in (crumb.partition("=") for crumb in crumbs)])


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[Har]:
    return [{"name": name, "value": value} for name, value in pairs]


def _message(row: Row) -> Har:
    data = row.data
    binary = isinstance(data, bytes)
    pushed = {"_pushed": True} if row.pushed else {}
    return {
        "type": "send" if row.direction == "in" else "receive",
        "time": row.began + row.at,
        "opcode": 2 if binary else 1,
        "data": base64.b64encode(data).decode() if isinstance(data, bytes) else data,
        "comment": row.kind,
    } | pushed
