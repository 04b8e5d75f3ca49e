"""Rows and Events: the lists that the log returns, which can be displayed and exported."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from playground.common.text import one_line
from playground.record import log_file
from playground.record.events import Event
from playground.record.export import har, mermaid, table
from playground.record.masking import Masking
from playground.record.row import Row

if TYPE_CHECKING:
    import pandas

T = TypeVar("T")


class _EntryList(Sequence[T]):
    """A sequence whose repr shows its last entries, one per line."""

    name = "entries"

    def __init__(self, entries: Iterable[T]) -> None:
        self._entries = tuple(entries)

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> T | Self:
        return type(self)(self._entries[index]) if isinstance(index, slice) else self._entries[index]

    def __repr__(self) -> str:
        if not self._entries:
            return f"<no {self.name}>"
        lines = [repr(entry) for entry in self._entries[-20:]]
        if len(self._entries) > 20:
            lines.insert(0, f"… {len(self._entries) - 20} earlier")
        return "\n".join(lines)


class Rows(_EntryList[Row]):
    """
    A list of rows, which can be exported.

    Secrets of handshakes, such as cookies and tokens, are masked in what is exported, which says what they were;
    `secrets=True` leaves them as they are. Payloads of messages are exported as they travelled. See `record.secrets`.
    """

    name = "rows"

    def to_csv(self, *, secrets: bool = False) -> str:
        """Return the rows as CSV; the columns are those of `export.table.COLUMNS`."""
        return table.to_csv(Masking(secrets=secrets).rows(self))

    def to_jsonl(self, *, secrets: bool = False) -> str:
        """Return the rows, with their connections, as JSON Lines that `playground.open_log` reads; see `log_file`."""
        return log_file.to_jsonl(self, secrets=secrets)

    def to_mermaid(self, *, secrets: bool = False) -> str:
        """Return the rows as a sequence diagram in Mermaid's language; what was masked is in a comment at its end."""
        masking = Masking(secrets=secrets)
        diagram = mermaid.to_mermaid(masking.rows(self))
        return diagram + (f"%% {one_line(masking.summary)}\n" if masking.summary else "")

    def to_har(self, *, secrets: bool = False) -> str:
        """Return the connections and HTTP requests as an HTTP Archive, which browsers' network panels open."""
        return har.to_har(self, Masking(secrets=secrets))


class Events(_EntryList[Event]):
    """A list of events, which can be turned into a table."""

    name = "events"

    def to_pandas(self) -> pandas.DataFrame:
        """
        Return the events as a table, one row per event, oldest first.

        Columns are the fields of `Event`, a frame as its text; seq, connection, size, version, line, code and cause are
        Int64 with missing values, at and duration are Float64 in seconds.

        Raises:
            ImportError: pandas is not installed; it comes with `pip install 'websocket-playground[lab]'`.
        """
        try:
            import pandas
        except ImportError:
            raise ImportError("to_pandas needs pandas; pip install 'websocket-playground[lab]'") from None
        columns = list(Event.__dataclass_fields__)
        table = pandas.DataFrame([_plain(event) for event in self], columns=columns)
        integers = ("seq", "connection", "size", "version", "line", "code", "cause")
        types: dict[str, str] = dict.fromkeys(integers, "Int64") | {"at": "Float64", "duration": "Float64"}
        return table.astype(types)


def _plain(event: Event) -> dict[str, Any]:
    return event.as_dict() | {"frame": str(event.frame) if event.frame else None}
