"""The current state of a playground as HTML without scripts, which a saved notebook and nbconvert can show."""

from __future__ import annotations

from html import escape
from time import strftime

from playground.common.close_codes import close_code_name
from playground.common.numbers import clock_text, duration_text, size_text
from playground.common.text import printable
from playground.record.masking import Masking
from playground.record.opened import OpenedLog
from playground.record.records import Record
from playground.record.row import Row
from playground.ui.shown import LogWithoutServer, Shown, message_of, shown_of

ROWS = 200
"""How many rows are shown, the last ones."""

TEXT = 300
"""The most characters of a payload that are shown."""

ROWS_TABLE = ".wp-frozen.wp-frozen.wp-frozen table"
"""The class is named three times, to win against JupyterLab's `:not(.jp-RenderedMarkdown).jp-RenderedHTMLCommon td`."""

STYLE = (
    ".wp-frozen{font:13px/1.5 system-ui,sans-serif;max-width:100%;overflow-x:auto}"
    f"{ROWS_TABLE}{{table-layout:auto;width:auto;margin:0;border-collapse:collapse}}"
    f"{ROWS_TABLE}{{font:12px/1.5 ui-monospace,monospace}}"
    f"{ROWS_TABLE} :is(th,td){{max-width:none;padding:1px 10px 1px 0;white-space:pre}}"
    f"{ROWS_TABLE} :is(th,td){{text-align:left;vertical-align:top}}"
    f"{ROWS_TABLE} td:nth-child(5){{min-width:8em;white-space:pre-wrap;overflow-wrap:anywhere}}"
    f"{ROWS_TABLE} tbody tr.wp-differ{{background:#9a670026}}"
    ".wp-frozen pre{margin:4px 0 8px}"
)


def newest(pg: Shown) -> list[Record]:
    """Return the records of the rows that are shown."""
    # In a file that holds a part of a log, numbers may be missing.
    since = 0 if isinstance(pg, LogWithoutServer) else max(0, pg.log.total - ROWS)
    return pg.log.records(since=since)[-ROWS:]


def frozen_html(thing: Shown | OpenedLog) -> str:
    """Return the endpoints' code and the last rows as HTML; everything from the wire is escaped."""
    pg = shown_of(thing)
    counts = pg.log.counts
    masking = Masking(secrets=pg.secrets)
    rows = sorted(masking.rows(map(pg.log.row, newest(pg))), key=lambda row: row.at)
    state = message_of(pg) or pg.url
    trouble = f" · {pg.log.trouble}" if pg.log.trouble else ""
    summary = (
        f"{state} · {counts.total} rows: {counts.kept} kept, {counts.spilled} spilled, {counts.dropped} dropped"
        f"{trouble} · the last {len(rows)} of them, as of {strftime('%Y-%m-%d %H:%M:%S')}; "
        "run the cell for the live panel" + (f" · {masking.summary}" if masking.summary else "")
    )
    sources = "".join(
        f"<details><summary><code>{escape(one.path)}</code> v{one.current.number}</summary>"
        f"<pre><code>{escape(one.current.source)}</code></pre></details>"
        for one in pg.endpoints.all()
        if one.current.source
    )
    heads = ("time", "client", "", "what", "data", "size", "took", "v", "c w h")
    head = "".join(f"<th scope='col'>{name}</th>" for name in heads)
    body = "".join(_row(row, pg.log.began) for row in rows)
    return printable(
        f"<div class='wp-frozen'><style>{STYLE}</style><p><b>WebSocket playground</b> · {escape(summary)}</p>{sources}"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(row: Row, began: float) -> str:
    cells = (
        clock_text(began + row.at),
        row.client or (f"#{row.connection}" if row.connection else ""),
        {"in": "→", "out": "←"}.get(row.direction or "", ""),
        row.kind if row.code is None else f"{row.kind} {row.code}",
        _text(row),
        "" if row.size is None else size_text(row.size),
        "" if row.duration is None else duration_text(row.duration),
        "" if row.version is None else f"v{row.version}",
        "".join({"1": "●", "0": "○"}.get(seen, "·") for seen in row.saw),
    )
    differ = "" if row.agree else " class='wp-differ'"
    return f"<tr{differ}>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _text(row: Row) -> str:
    text = row.filter_views[0].text
    if not text and row.code is not None and row.kind in ("close", "disconnect", "on_disconnect"):
        text = close_code_name(row.code)
    return text if len(text) <= TEXT else text[:TEXT] + "…"
