"""Why a connection ended, as HTML."""

from __future__ import annotations

from playground.record.autopsy.autopsy import Autopsy
from playground.record.masking import Masking
from playground.ui.displays.html import bounded, facts, framed, html_text, toned


def autopsy_html(autopsy: Autopsy) -> str:
    """Return the verdict, what to change, and what each witness reports, without secrets, as it gets saved."""
    masking = Masking()

    def shown(text: str) -> str:
        return bounded(masking.text(text, autopsy.about))

    accounts = [("last", autopsy.last)] if autopsy.last else []
    accounts += [(name, getattr(autopsy, name).text) for name in ("client", "wire", "handler")]
    advice = f"<div>{toned(shown(autopsy.advice), 'dim')}</div>" if autopsy.advice else ""
    verdict = f"<div>connection {autopsy.connection}: <b>{html_text(shown(autopsy.verdict))}</b></div>"
    return framed(verdict + advice + facts((name, html_text(shown(text))) for name, text in accounts))
