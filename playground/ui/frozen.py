"""The current state of a playground as HTML without scripts, which a saved notebook and nbconvert can show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from time import strftime
from typing import Any

from playground.common.text import printable
from playground.record.log import Log
from playground.record.masking import Masking
from playground.record.opened import OpenedLog
from playground.record.records import Record
from playground.ui.folding import Line, folded, is_heartbeat
from playground.ui.rows import row_of
from playground.ui.shown import LogWithoutServer, Shown, message_of, shown_of
from playground.ui.words import HEADS, LOOKS, cells

ROWS = 200
"""How many rows are shown, the last ones."""

NO_MATHS = "tex2jax_ignore mathjax_ignore"
"""Classes in which MathJax 2 and 3 leave `$5 and $10` as it is; JupyterLab, nbviewer and nbconvert have one of them."""

LEFT = "style='text-align:left'"
"""Not only in the style sheet, which JupyterLab removes from a notebook that it does not trust."""

_MATHS = re.compile(r"\$|\\(?=[(\[])|\\(?=begin\b)")

OTHER_TABLES = "wp-facts"
"""The class of tables that are not of rows."""

ROWS_TABLE = ".wp-frozen.wp-frozen.wp-frozen table"
"""The class is named three times, to win against JupyterLab's `:not(.jp-RenderedMarkdown).jp-RenderedHTMLCommon td`."""

TONES = {"in": "#0969da", "out": "#8250df", "bad": "#d1242f"}
"""The colours of kinds of rows, by the tone that `words.LOOKS` has for them."""


def _tones() -> str:
    # Mixed with the page's ink, they can be read in light and dark themes.
    return "".join(
        f"{ROWS_TABLE} tr.wp-{tone} td:is(:nth-child(3),:nth-child(4))"
        f"{{color:color-mix(in srgb,{colour} 70%,currentColor)}}"
        for tone, colour in TONES.items()
    )


STYLE = (
    ".wp-frozen{font:13px/1.5 system-ui,sans-serif;max-width:100%;overflow-x:auto}"
    f"{ROWS_TABLE}{{table-layout:auto;width:auto;margin:0;color:inherit;border-collapse:collapse}}"
    f"{ROWS_TABLE}{{font:12px/1.5 ui-monospace,monospace}}"
    f"{ROWS_TABLE} :is(th,td){{max-width:none;padding:1px 10px 1px 0;white-space:pre}}"
    f"{ROWS_TABLE} :is(th,td){{text-align:left;vertical-align:top}}"
    f"{ROWS_TABLE}:not(.{OTHER_TABLES}) td:nth-child(2){{max-width:20ch;white-space:pre-wrap;overflow-wrap:anywhere}}"
    f"{ROWS_TABLE}:not(.{OTHER_TABLES}) td:nth-child(5){{min-width:8em;white-space:pre-wrap;overflow-wrap:anywhere}}"
    f"{ROWS_TABLE}.{OTHER_TABLES} :is(th,td){{white-space:pre-wrap;overflow-wrap:anywhere}}"
    f"{ROWS_TABLE} tbody tr.wp-differ{{background:#9a670026}}"
    f"{_tones()}"
    ".wp-frozen pre{margin:4px 0 8px}"
)


def newest(pg: Shown) -> list[Record]:
    """Return the records of the rows that are shown: the last ones, with the heartbeats between them."""
    # In a file that holds a part of a log, numbers may be missing.
    back = pg.log.total if isinstance(pg, LogWithoutServer) else ROWS
    while True:
        records = pg.log.records(since=max(0, pg.log.total - back))
        places = [place for place, record in enumerate(records) if not is_heartbeat(record)]
        if len(places) >= ROWS:
            return records[places[-ROWS] :]
        if back >= pg.log.total:
            return records
        back *= 4


def _line(log: Log, line: Line, masking: Masking) -> dict[str, Any]:
    row = row_of(log, line.told, masking)
    if len(line.records) < 2:
        return row
    first = row_of(log, line.first, masking)
    return row | {"seq": first["seq"], "at": first["at"], "folded": len(line.records)}


def frozen_html(thing: Shown | OpenedLog) -> str:
    """Return the endpoints' code and the last rows as HTML; everything from the wire is escaped."""
    pg = shown_of(thing)
    counts = pg.log.counts
    masking = Masking(secrets=pg.secrets)
    shown = [_line(pg.log, line, masking) for line in folded(newest(pg))[-ROWS:]]
    state = message_of(pg) or pg.url
    trouble = f" · {pg.log.trouble}" if pg.log.trouble else ""
    summary = (
        f"{state} · {counts.total:,} rows: {counts.kept:,} kept, {counts.spilled:,} spilled, {counts.dropped:,} dropped"
        f"{trouble} · the last of them, with heartbeats folded, as of {strftime('%Y-%m-%d %H:%M:%S')}; "
        "run the cell for the live panel" + (f" · {masking.summary}" if masking.summary else "")
    )
    sources = "".join(
        f"<details><summary><code>{escape(one.path)}</code> v{one.current.number}</summary>"
        f"<pre><code>{escape(one.current.source)}</code></pre></details>"
        for one in pg.endpoints.all()
        if one.current.source
    )
    return framed(f"<p><b>WebSocket playground</b> · {html_text(summary)}</p>{sources}{rows_table(shown)}")


def framed(content: str) -> str:
    """Return HTML in the frame and with the style that all pictures have; what cannot be seen is written out."""
    return printable(f"<div class='wp-frozen {NO_MATHS}'><style>{STYLE}</style>{content}</div>")


def rows_table(shown: Iterable[Mapping[str, Any]]) -> str:
    """Return a table of rows, as `rows.row_of` returns them."""
    head = "".join(f"<th scope='col' {LEFT}>{name}</th>" for name in HEADS)
    body = "".join(map(_row, shown))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(row: Mapping[str, Any]) -> str:
    classes = [f"wp-{_tone(row)}"] + (["wp-differ"] if row.get("agree") is False else [])
    return (
        f"<tr class='{' '.join(classes)}'>"
        + "".join(f"<td {LEFT}>{html_text(cell)}</td>" for cell in cells(row))
        + "</tr>"
    )


def _tone(row: Mapping[str, Any]) -> str:
    kind = row["kind"]
    return LOOKS[kind].tone if kind in LOOKS else row.get("direction") or "plain"


def html_text(text: str) -> str:
    """Return a text as HTML in which MathJax finds no beginning of a formula, even where classes are removed."""
    return _MATHS.sub("<span>\\g<0></span>", escape(text))
