"""A row, and a list of rows, as HTML."""

from __future__ import annotations

from playground.record.lists import Rows
from playground.record.masking import Masking
from playground.record.row import Row
from playground.ui.displays.html import bounded, code, framed, more, table, toned
from playground.ui.frozen import html_text, rows_table
from playground.ui.rows import PREVIEW, shown_row

ROWS = 50
"""How many rows of a list are shown, the last ones."""

BYTES = 1_000
"""How many bytes of a binary payload are shown, the first ones."""


def rows_html(rows: Rows) -> str:
    """Return a list of rows as the timeline's table: the last `ROWS`, with secrets masked."""
    if not len(rows):
        return framed(f"<p>{toned('no rows', 'dim')}</p>")
    masking = Masking()
    last = [shown_row(row, masking) for row in rows[-ROWS:]]
    masked = f"<p>{toned(masking.summary, 'dim')}</p>" if masking.summary else ""
    return framed(more(len(rows) - len(last), "earlier rows") + rows_table(last) + masked)


def row_html(row: Row) -> str:
    """Return a row as the timeline shows it, with all of its payload that there is room for, and its witnesses."""
    masking = Masking()
    row = masking.row(row)
    content = rows_table([shown_row(row, masking)]) + _payload(row) + _accounts(row, masking)
    return framed(content)


def _payload(row: Row) -> str:
    """Return the payload of a message that is longer than the table shows, or has several lines."""
    data = row.record.data
    if row.size is None or data is None:
        return ""
    if isinstance(data, bytes):
        left = len(data) - BYTES
        return code(data[:BYTES].hex(" ") + (f" … {left:,} more bytes" if left > 0 else ""))
    return code(bounded(data)) if len(data) > PREVIEW or "\n" in data else ""


def _accounts(row: Row, masking: Masking) -> str:
    """Return what each witness told, in the order they saw it."""
    events = row.events
    if len(events) < 2:
        return ""
    # A reason may repeat a secret of the handshake.
    said = [(one.witness or "playground", masking.text(one.summary, row.record.connection)) for one in events[:ROWS]]
    told = ((html_text(witness), html_text(text)) for witness, text in said)
    return table(("witness", "what it saw"), told) + more(len(events) - ROWS, "more accounts")
