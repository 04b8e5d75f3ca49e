"""
The pieces that displays are made of: text, marks, tables and code as HTML.

Colours are mixed with the ink of the page, so that they can be read in a light and in a dark theme. Where a notebook
program removes styles, as GitHub does, words and signs say the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from playground.common.text import printable
from playground.ui.frozen import LEFT, OTHER_TABLES, framed, html_text

TEXT = 4_000
"""The most characters of a text, such as a payload, that a display holds."""

CODE = 20_000
"""The most characters of source, or of a diff."""

Tone = Literal["ok", "plain", "bad", "in", "out", "dim"]

_COLOURS = {"ok": "#1a7f37", "plain": "currentColor", "bad": "#d1242f", "in": "#0969da", "out": "#8250df"}
_DIM = "var(--jp-ui-font-color2,color-mix(in srgb,currentColor 66%,transparent))"
_LINE = "var(--jp-border-color2,color-mix(in srgb,currentColor 20%,transparent))"
_MONO = "12px/1.5 var(--jp-code-font-family,ui-monospace,monospace)"
_BOX = f"white-space:pre-wrap;overflow-wrap:anywhere;max-height:24em;overflow:auto;font:{_MONO}"

__all__ = ["bounded", "code", "diff", "facts", "framed", "html_text", "line", "more", "table", "toned"]


def toned(text: str, tone: Tone) -> str:
    """Return a text in the colour of its meaning."""
    colour = _DIM if tone == "dim" else f"color-mix(in srgb,{_COLOURS[tone]} 70%,currentColor)"
    return f"<span style='color:{colour}'>{html_text(text)}</span>"


def line(*parts: str) -> str:
    """Return parts, which are HTML, as one line; those that are empty are left out."""
    return f"<div>{' · '.join(part for part in parts if part)}</div>"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table of cells that are HTML."""
    head = "".join(f"<th scope='col' {LEFT}>{html_text(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td {LEFT}>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table class='{OTHER_TABLES}'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Return named values, which are HTML, as a table whose first column has the names."""
    body = "".join(
        f"<tr><th scope='row' {LEFT}>{html_text(name)}</th><td {LEFT}>{value}</td></tr>" for name, value in pairs
    )
    return f"<table class='{OTHER_TABLES}'><tbody>{body}</tbody></table>"


def code(text: str) -> str:
    """Return a source or a payload as it is, up to `CODE` characters."""
    return f"<pre style='{_BOX}'><code>{html_text(bounded(text, CODE))}</code></pre>"


def diff(text: str) -> str:
    """Return a unified diff with its added and removed lines coloured; their signs say the same."""
    lines = []
    for number, one in enumerate(bounded(text, CODE).split("\n")):
        shade = _shade(one) if number > 1 else ""
        content = html_text(one) or " "
        lines.append(f"<span style='display:block;background:{shade}'>{content}</span>" if shade else f"{content}\n")
    return f"<pre style='{_BOX};border-left:3px solid {_LINE};padding-left:8px'><code>{''.join(lines)}</code></pre>"


def _shade(changed: str) -> str:
    colour = {"+": _COLOURS["ok"], "-": _COLOURS["bad"]}.get(changed[:1])
    return f"color-mix(in srgb,{colour} 16%,transparent)" if colour else ""


def more(count: int, what: str) -> str:
    """Return how many entries a display leaves out; nothing when it leaves out none."""
    return f"<p>{toned(f'… {count:,} {what}', 'dim')}</p>" if count > 0 else ""


def bounded(text: str, limit: int = TEXT) -> str:
    """Return the beginning of a text, with what cannot be seen written out, and how much is left out."""
    if len(text) <= limit:
        return printable(text)
    return f"{printable(text[:limit])}… {len(text) - limit:,} more characters"
