"""The panel's calls: each call from the browser is one method call of the playground."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from playground.client.batch import Outcome
from playground.client.client import Client
from playground.common.errors import EditRejected, HandshakeRefused, NotRunning, PlaygroundError
from playground.common.text import shorten
from playground.edit.held import HeldMessage
from playground.edit.source.checking import Kind
from playground.edit.versions import Report
from playground.record.export.copies.copies import copies_of
from playground.record.masking import Masking
from playground.serve.pushing import named
from playground.ui.call_arguments import check_arguments
from playground.ui.detail import detail_of
from playground.ui.shown import LogWithoutServer, Shown
from playground.ui.stills import freeze

if TYPE_CHECKING:
    from playground.playground import Playground

Result = dict[str, Any]


class Calls:
    """
    The panel's calls by name; their arguments and results are JSON values.

    A call may block as long as the method behind it does, so each runs on a thread of its own.
    """

    def __init__(self, shown: Shown) -> None:
        self.shown = shown
        self.log = shown.log
        self.by_name: dict[str, Callable[..., Result]] = {
            "connect": self.connect,
            "reconnect": self.reconnect,
            "duplicate": self.duplicate,
            "reconnect_all": self.reconnect_all,
            "close_all": self.close_all,
            "forget_closed": self.forget_closed,
            "send": self.send,
            "push": self.push,
            "ping": self.ping,
            "close": self.close,
            "forget": self.forget,
            "apply": self.apply,
            "try": self.try_draft,
            "reset": self.reset,
            "revert": self.revert,
            "reenter": self.reenter,
            "versions": self.versions,
            "on_error": self.on_error,
            "run_again": self.run_again,
            "close_held": self.close_held,
            "detail": self.detail,
            "copy_as": self.copy_as,
            "search": self.search,
            "export": self.export,
            "freeze": self.freeze,
            "clear": self.clear,
            "stop": self.stop,
            "start": self.start,
        }

    @property
    def pg(self) -> Playground:
        """
        The playground.

        Raises:
            NotRunning: there is only a log, opened from a file.
        """
        if isinstance(self.shown, LogWithoutServer):
            name = self.shown.log.path.name
            raise NotRunning(f"this log was opened from {name}, so there is no server; playground.start() starts one")
        return self.shown

    def run(self, op: str, args: dict[str, Any]) -> Result:
        """
        Run the call named `op` and return its result, or raise its error.

        Raises:
            LookupError: there is no such call.
            TypeError: it takes other arguments.
        """
        call = self.by_name.get(op) if isinstance(op, str) else None
        if call is None:
            asked = shorten(repr(op), 80)
            raise LookupError(f"the panel asks for {asked}, which this playground does not have; reload the page")
        check_arguments(op, call, args)
        return call(**args)

    def connect(
        self,
        path: str,
        name: str | None = None,
        headers: dict[str, str] | None = None,
        subprotocols: list[str] | None = None,
        origin: str | None = None,
        reconnect: bool = False,
    ) -> Result:
        """pg.connect(path, name=…)"""
        headers = dict(headers or {})
        named = next((key for key in headers if key.lower() == "origin"), None)
        options: dict[str, Any] = {"origin": origin or (headers.pop(named) if named else None)}
        options |= {"headers": headers, "subprotocols": subprotocols or [], "reconnect": reconnect}
        return {"name": self.pg.connect(path, name=name or None, **options).name}

    def reconnect(self, name: str) -> Result:
        """pg.clients[name].reconnect()"""
        self._client(name).reconnect()
        return {}

    def duplicate(self, name: str) -> Result:
        """pg.duplicate(name)"""
        return {"name": self.pg.duplicate(name).name}

    def reconnect_all(self) -> Result:
        """pg.clients.reconnect()"""
        return _told_of_each(self.pg.clients.reconnect())

    def close_all(self, code: int = 1000, reason: str = "") -> Result:
        """pg.clients.close(code, reason)"""
        return _told_of_each(self.pg.clients.close(code, reason))

    def forget_closed(self) -> Result:
        """pg.clients.forget_closed()"""
        return _told_of_each(self.pg.clients.forget_closed())

    def send(self, names: list[str], kind: str, data: str, fragments: int = 1) -> Result:
        """pg.clients[name].send(data)"""
        payload = decode_payload(kind, data)
        failed: dict[str, Exception] = {}
        for name in names:
            # The first message may have closed the others' connections.
            try:
                self._client(name).send(payload, fragments=fragments)
            except (PlaygroundError, LookupError) as error:
                failed[name] = error
        if failed and len(failed) == len(names):
            raise failed[names[0]]
        return {"sent": len(names) - len(failed), "failed": {name: str(error) for name, error in failed.items()}}

    def push(
        self,
        kind: str,
        data: str,
        names: list[str] | None = None,
        connections: list[int] | None = None,
        all: bool = False,
        path: str | None = None,
    ) -> Result:
        """pg.push(data, to="alice")"""
        to: list[str | int] = [*(names or []), *(connections or [])]
        if all is bool(to):
            raise ValueError("a push is either for clients that are named, or for all")
        pushed = self.pg.push(decode_payload(kind, data), to=None if all else to, path=path)
        failed = {named(one): why for one, why in pushed.missed.items()}
        return {"sent": len(pushed), "names": list(map(named, pushed.connections)), "failed": failed}

    def ping(self, name: str) -> Result:
        """pg.clients[name].ping()"""
        return {"rtt_ms": self._client(name).ping() * 1000}

    def close(self, name: str, code: int = 1000, reason: str = "") -> Result:
        """pg.clients[name].close(code, reason)"""
        self._client(name).close(code, reason)
        return {}

    def forget(self, name: str) -> Result:
        """del pg.clients[name]"""
        if self._client(name).state == "open":
            raise ValueError(f"{name} is connected; close it first")
        del self.pg.clients[name]
        return {}

    def apply(self, path: str, source: str, kind: str | None = None) -> Result:
        """pg.edit(path, source)"""
        known = self.pg.endpoints.find(path, _as_kind(kind)) if kind else None
        return reported(self.pg.edit(path, source, kind=known.kind if known else None))

    def try_draft(self, path: str, source: str, kind: str | None = None, connection: int | None = None) -> Result:
        """pg.try_edit(path, source, connection=None)"""
        trial = self.pg.try_edit(path, source, connection=connection)
        turns = [
            {
                "received": _as_text(turn.received),
                "before": [_as_text(one) for one in turn.before],
                "after": [_as_text(one) for one in turn.after],
                "error": turn.error,
                "failed": turn.failed,
                "held": turn.held,
                "same": turn.same,
            }
            for turn in trial.turns
        ]
        return {"turns": turns, "error": trial.error, "note": trial.note}

    def reset(self, path: str, kind: str | None = None) -> Result:
        """pg.reset(path)"""
        return reported(self.pg.reset(path, kind=_as_kind(kind)))

    def revert(self, path: str, to: int, kind: str | None = None) -> Result:
        """pg.revert(path, to=1)"""
        return reported(self.pg.revert(path, to=to, kind=_as_kind(kind)))

    def reenter(self, path: str, kind: str | None = None) -> Result:
        """pg.reenter(path)"""
        return reported(self.pg.reenter(path))

    def versions(self, path: str, kind: str | None = None) -> Result:
        """pg.endpoints[path].versions"""
        endpoint = self.pg.endpoints.find(path, _as_kind(kind)) or self.pg.endpoints[path]
        shown = [
            {"number": one.number, "label": one.label, "at": one.at * 1000, "name": one.name, "source": one.source}
            for one in endpoint.versions
        ]
        return {"versions": shown}

    def on_error(self, value: str) -> Result:
        """pg.on_error = "hold\""""
        self.pg.on_error = value  # type: ignore[assignment]  # the setter checks it
        return {}

    def run_again(self, seq: int) -> Result:
        """pg.held[seq].run_again()"""
        event = self._held(seq).run_again()
        return {"error": event.error, "version": event.version}

    def close_held(self, seq: int) -> Result:
        """pg.held[seq].close()"""
        self._held(seq).close()
        return {}

    def _held(self, seq: int) -> HeldMessage:
        return self.pg.held[seq]

    def detail(self, seq: int, secrets: bool = False) -> Result:
        """pg.log.find(seq)"""
        row = self.log.find(seq)
        if row is None:
            raise LookupError(f"row {seq} is no longer kept")
        return detail_of(self.log, row, secrets=secrets) | {"copies": copies_of(self.log, row)}

    def copy_as(self, format: str, seq: int, secrets: bool = False) -> Result:
        """pg.copy_as(format, seq)"""
        return {"text": self.shown.copy_as(format, seq, secrets=secrets)}

    def search(self, query: str, limit: int = 5000) -> Result:
        """pg.log.rows(query)"""
        found = self.log.rows(query)
        return {"seqs": [row.seq for row in found[max(0, len(found) - max(0, limit)) :]], "total": len(found)}

    def export(self, format: str, query: str = "", secrets: bool = False) -> Result:
        """pg.log.rows(query).to_csv()"""
        rows = self.log.rows(query)
        masking = Masking(secrets=secrets)
        formats = {
            "csv": ("timeline.csv", rows.to_csv),
            "jsonl": ("timeline.jsonl", rows.to_jsonl),
            "har": ("timeline.har", rows.to_har),
            "mermaid": ("timeline.mmd", rows.to_mermaid),
        }
        if format not in formats:
            raise ValueError(f"no format {format!r}; there are {', '.join(formats)}")
        name, make = formats[format]
        for row in rows:
            masking.row(row)
        return {"name": name, "text": make(secrets=secrets), "masked": masking.summary}

    def freeze(self) -> Result:
        """playground.freeze(pg)"""
        freeze(self.shown)
        return {}

    def clear(self) -> Result:
        """pg.log.clear()"""
        self.log.clear()
        return {}

    def stop(self) -> Result:
        """pg.stop()"""
        self.pg.stop()
        return {}

    def start(self) -> Result:
        """pg.start()"""
        self.pg.start()
        return {}

    def _client(self, name: str) -> Client:
        return self.pg.clients[name]


def reported(report: Report) -> Result:
    """Return the report of an edit as JSON values, for the status line."""
    return {
        "version": report.version.number,
        "report": {
            "outcome": report.outcome,
            "version": report.version.number,
            "new": report.new,
            "connections": report.connections,
            "live": report.live,
            "busy": [asdict(one) for one in report.busy],
            "stuck": list(report.stuck),
            "pinned": report.pinned,
            "movable": report.movable,
            "text": str(report),
        },
        "notes": [asdict(note) for note in report.notes],
        "kept": list(report.kept),
        "reset": list(report.reset),
        "took_ms": report.took * 1000,
    }


def _told_of_each(outcome: Outcome) -> Result:
    """Return what became of many clients as JSON values."""
    failed = {name: str(error) for name, error in outcome.failed.items()}
    return {"text": str(outcome), "done": list(outcome.done), "failed": failed}


def _as_kind(kind: str | None) -> Kind | None:
    """Return the kind of endpoint that the browser sent, or None if it sent none."""
    if kind is None or kind in ("websocket", "http"):
        return kind  # type: ignore[return-value]  # just checked
    raise ValueError(f"no kind of endpoint {kind!r}; there are websocket and http")


def _as_text(payload: str | bytes) -> str:
    """Return a payload as a person reads it."""
    return payload if isinstance(payload, str) else payload.hex(" ")


def decode_payload(kind: str, data: str) -> str | bytes:
    """
    Return the payload that the composer's text stands for; JSON is sent as it was typed, "utf8" as the text's bytes.

    Raises:
        ValueError: the text is not hexadecimal, not base64, or has no UTF-8.
    """
    if kind in ("text", "json"):
        return data
    try:
        if kind == "utf8":
            return data.encode()
        if kind == "hex":
            return bytes.fromhex(data)
        if kind == "base64":
            return base64.b64decode("".join(data.split()), validate=True)
    except (ValueError, binascii.Error) as error:
        raise ValueError(f"this is not {kind}: {error}") from None
    raise ValueError(f"no kind of message {kind!r}; there are text, json, utf8, hex and base64")


def as_error(error: BaseException) -> Result:
    """Return an exception as JSON values; the panel uses them to show it at the right place."""
    shown: Result = {"type": type(error).__name__, "message": str(error) or type(error).__name__}
    if isinstance(error, EditRejected):
        shown |= {"reason": error.reason, "stage": error.stage, "line": error.line, "column": error.column}
    if isinstance(error, HandshakeRefused):
        body = error.body.decode("utf-8", "replace")
        shown |= {"status": error.status, "headers": [list(pair) for pair in error.headers], "body": body}
    return shown
