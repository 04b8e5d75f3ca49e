"""Rows as a table, one line per happening."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterable
from typing import Any

from playground.common.text import printable
from playground.record.row import Row

COLUMNS = (
    "seq",
    "at",
    "when",
    "kind",
    "direction",
    "connection",
    "client",
    "path",
    "saw",
    "agree",
    "pushed",
    "data",
    "data_base64",
    "size",
    "wire_size",
    "duration",
    "hook",
    "version",
    "line",
    "code",
    "reason",
    "error",
    "cause",
    "masked",
)
"""
The columns in their order; `at` and `duration` are seconds, `when` is the wall clock in ISO 8601 with the time zone,
and bytes are in `data_base64`. `pushed` is true for a message that the playground sent in the place of the handler.
`masked` names the secrets that were masked in the row.
"""


FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How the text of a cell begins that a spreadsheet runs, the wide signs in some languages only."""


def as_dict(row: Row) -> dict[str, Any]:
    """Return a row as plain values by the names in `COLUMNS`."""
    record = row.record
    binary = isinstance(record.data, bytes)
    values = {name: getattr(record, name) for name in ("kind", "hook", "version", "line", "code", "reason", "error")}
    values |= {
        "seq": row.seq,
        "at": round(row.at, 9),
        "when": row.when.isoformat(timespec="microseconds"),
        "direction": row.direction,
        "connection": record.connection_id,
        "client": record.client,
        "path": record.path,
        "saw": row.saw,
        "agree": row.agree,
        "pushed": row.pushed or None,
        "data": None if binary else record.data,
        "data_base64": base64.b64encode(record.data).decode() if isinstance(record.data, bytes) else None,
        "size": row.size,
        "wire_size": row.wire_size,
        "duration": None if row.duration is None else round(row.duration, 9),
        "cause": record.cause,
        "masked": ", ".join(row.masked) or None,
    }
    return {name: values[name] for name in COLUMNS}


def to_csv(rows: Iterable[Row]) -> str:
    """
    Return the rows as CSV with a header line (RFC 4180).

    A cell that a spreadsheet would run as a formula gets a leading apostrophe, because the text may come from anyone;
    what cannot be seen in a text is written out, see `common.text`.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in as_dict(row).items()})
    return out.getvalue()


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = printable(value)
    return "'" + text if text.startswith(FORMULA) else text
