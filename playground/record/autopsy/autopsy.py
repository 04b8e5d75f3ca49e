"""Why a connection ended: what each witness reports, why they differ, and what to change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from playground.common.numbers import size_text
from playground.common.text import one_line, shorten
from playground.record.autopsy.accounts import Account, client_account, handler_account, short, wire_account
from playground.record.autopsy.causes import finding
from playground.record.records import Connection, Record
from playground.record.row import is_pushed


@dataclass(frozen=True)
class Autopsy:
    """The explanation of one ending; `str()` of it shows all of it."""

    connection: int
    """The connection's number."""
    verdict: str
    """Why it ended, as far as that can be known."""
    advice: str | None
    """What to change, or None."""
    client: Account
    wire: Account
    handler: Account
    short: str
    """What each witness reports, in one line."""
    last: str | None = None
    """The last message and which side sent it; None if there was none, or it is no longer kept."""
    about: Connection | None = field(default=None, repr=False, compare=False)
    """The connection itself."""

    def __str__(self) -> str:
        lines = [f"connection {self.connection}: {self.verdict}"]
        lines += [f"  {self.advice}"] if self.advice else []
        lines += [f"  {'last':8} {self.last}"] if self.last else []
        for name in ("client", "wire", "handler"):
            lines.append(f"  {name:8} {getattr(self, name).text}")
        return "\n".join(lines)

    __repr__ = __str__


def why(connection: Connection, last: Record | None = None, holders: Sequence[int] | None = None) -> Autopsy:
    """
    Return why a connection ended, or that it is still open.

    Args:
        last: the last message that was sent either way.
        holders: the processes that still have its socket; None if that is not known.
    """
    verdict, advice = finding(connection, holders)
    client, wire, handler = (
        account._replace(said=tuple(map(one_line, account.said)))
        for account in (client_account(connection), wire_account(connection), handler_account(connection))
    )
    return Autopsy(
        connection.id,
        one_line(verdict),
        advice and one_line(advice),
        client,
        wire,
        handler,
        one_line(short(connection)),
        _last(last) if last else None,
        connection,
    )


def _last(message: Record) -> str:
    data = message.data
    # Of bytes, the size is shown; of a message that never reached the application, that.
    shown = f"“{shorten(data, 40)}”" if isinstance(data, str) else size_text(len(data or b""))
    if data is None:
        shown = "a message that the application did not get"
    who = "the client" if message.direction == "in" else "the server"
    return f"{who} spoke last: {shown}{', pushed by the playground' if is_pushed(message) else ''}"
