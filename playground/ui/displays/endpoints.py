"""What belongs to an endpoint as HTML: the endpoint, all of them, the report of an edit, and a diff of two versions."""

from __future__ import annotations

from playground.edit.endpoints import Endpoint, Endpoints, why_pinned
from playground.edit.versions import Diff, Outcome, Report
from playground.ui.displays.html import Tone, code, diff, framed, html_text, line, more, table, toned

ENDPOINTS = 100
"""How many endpoints are shown, the first ones."""

NOTES = 20
"""How many notes on an edit are shown."""

TONES: dict[Outcome, Tone] = {"live": "ok", "moving": "ok", "pinned": "plain", "stuck": "bad", "blocked": "bad"}


def report_html(report: Report) -> str:
    """Return the sentence of an edit in the colour of its outcome, what was kept and reset, and the notes."""
    said = str(report)
    # A new endpoint's sentence has the path already.
    path = "" if report.new and not report.blocked else f"<code>{html_text(report.path)}</code> "
    kept = [f"{word} {', '.join(names)}" for word, names in (("kept", report.kept), ("reset", report.reset)) if names]
    notes = "".join(f"<li>⚠ {html_text(str(note))}</li>" for note in report.notes[:NOTES])
    content = f"<div>{path}{toned(said, TONES.get(report.outcome, 'plain'))}</div>"
    content += line(*(toned(one, "dim") for one in kept)) if kept else ""
    content += (
        f"<ul style='list-style:none;padding-left:1em' aria-label='Notes on this code'>{notes}</ul>" if notes else ""
    )
    return framed(content + more(len(report.notes) - NOTES, "more notes"))


def endpoint_html(endpoint: Endpoint) -> str:
    """Return an endpoint's path, version and connections, and its source."""
    facts = [html_text(one) for one in (endpoint.kind, endpoint.name, endpoint.current.label)]
    note, connected = why_pinned(endpoint), _connected(endpoint)
    source = endpoint.current.source
    content = line(
        f"<b><code>{html_text(endpoint.path)}</code></b>",
        *facts,
        html_text(f"{connected} connected" if connected else ""),
    )
    content += f"<div>{toned(note, 'dim')}</div>" if note else ""
    content += code(source) if source else f"<p>{toned('its source is not known', 'dim')}</p>"
    return framed(content)


def endpoints_html(endpoints: Endpoints) -> str:
    """Return the endpoints as a table."""
    every = endpoints.all()
    if not every:
        return framed(f"<p>{toned('no endpoints', 'dim')}</p>")
    rows = (
        (
            f"<code>{html_text(one.path)}</code>",
            *(html_text(text) for text in (one.kind, one.name, one.current.label)),
            html_text(_connected(one)),
        )
        for one in every[:ENDPOINTS]
    )
    heads = ("path", "kind", "name", "version", "connections")
    return framed(table(heads, rows) + more(len(every) - ENDPOINTS, "more endpoints"))


def diff_html(changed: Diff) -> str:
    """Return a diff with what was added and removed coloured."""
    return framed(diff(changed) if changed else f"<p>{toned('no difference', 'dim')}</p>")


def _connected(endpoint: Endpoint) -> str:
    """Return how many connections a WebSocket endpoint has, and on which versions where there are several."""
    if endpoint.kind == "http":
        return ""
    runs = endpoint.runs
    each = ", ".join(f"{count} on v{number}" for number, count in runs.items()) if len(runs) > 1 else ""
    return f"{endpoint.connections}" + (f" ({each})" if each else "")
