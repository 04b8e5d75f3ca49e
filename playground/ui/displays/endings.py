"""Why a connection ended, as HTML."""

from __future__ import annotations

from playground.record.autopsy.autopsy import Autopsy
from playground.ui.displays.html import bounded, facts, framed, html_text, toned


def autopsy_html(autopsy: Autopsy) -> str:
    """Return the verdict, what to change, and what each witness reports."""
    accounts = [("last", autopsy.last)] if autopsy.last else []
    accounts += [(name, getattr(autopsy, name).text) for name in ("client", "wire", "handler")]
    advice = f"<div>{toned(bounded(autopsy.advice), 'dim')}</div>" if autopsy.advice else ""
    verdict = f"<div>connection {autopsy.connection}: <b>{html_text(bounded(autopsy.verdict))}</b></div>"
    return framed(verdict + advice + facts((name, html_text(bounded(text))) for name, text in accounts))
