"""A client, and a playground's clients by name, as HTML."""

from __future__ import annotations

from playground.client.async_client import AsyncClient
from playground.client.client import Client
from playground.client.clients import Clients
from playground.common.close_codes import close_code_name
from playground.common.numbers import duration_text
from playground.common.text import shorten
from playground.record.masking import Masking
from playground.ui.displays.html import Tone, framed, html_text, line, more, table, toned
from playground.ui.rows import place_of

CLIENTS = 100
"""How many clients are shown, the newest."""

HEADS = ("client", "state", "path", "sent", "received", "round trip", "ended")

TONES: dict[str, Tone] = {"open": "ok", "connecting": "plain", "failed": "bad"}


def client_html(client: Client | AsyncClient) -> str:
    """Return a client's name, state, address and counts, and why it closed or failed."""
    name, *rest = _cells(client)
    return framed(line(f"<b>{name}</b>", *rest))


def clients_html(clients: Clients) -> str:
    """Return the clients as a table."""
    every = list(clients.values())
    if not every:
        return framed(f"<p>{toned('no clients', 'dim')}</p>")
    rows = (_cells(one, named=False) for one in every[-CLIENTS:])
    return framed(more(len(every) - CLIENTS, "earlier clients") + table(HEADS, rows))


def _cells(client: Client | AsyncClient, *, named: bool = True) -> tuple[str, ...]:
    one = client.async_client if isinstance(client, Client) else client
    trip = "" if one.round_trip is None else duration_text(one.round_trip)
    sent, received = (f"sent {one.sent}", f"received {one.received}") if named else (str(one.sent), str(one.received))
    return (
        html_text(shorten(one.name, 80)),
        toned(f"{'●' if one.state == 'open' else '○'} {one.state}", TONES.get(one.state, "dim")),
        f"<code>{html_text(shorten(place_of(one), 200))}</code>",
        sent,
        received,
        f"round trip {trip}" if named and trip else trip,
        _ending(one),
    )


def _ending(client: AsyncClient) -> str:
    if client.failure:
        return toned(shorten(Masking().text(str(client.failure)), 300), "bad")
    code = client.close_code
    if client.state != "closed" or code is None:
        return ""
    said = f"{code} {close_code_name(code)}" + (f" · {client.close_reason}" if client.close_reason else "")
    # A reason may repeat a secret of the handshake.
    said = Masking().text(said, client.connection)
    return toned(shorten(said, 300), "dim" if code in (1000, 1001) else "bad")
