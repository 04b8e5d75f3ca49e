"""
Records, connections and endings as plain values for JSON, and back.

Every field of the three classes is written under its own name, except those in `NOT_KEPT`, which gives the reasons.
Default values are left out. Bytes are base64 under `<name>_base64`, except readable text in fields that are always
bytes, such as a handshake's head. A float is always a time, in seconds since the log began, and is read back exactly
unless the log is older than the clock it was measured on. References to records and connections are written as their
numbers; `link` turns them into references again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from types import NoneType
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from playground.record.codecs import (
    BASE64,
    BY_NAME,
    CODECS,
    CONNECTION,
    START,
    TEXT,
    Codec,
    Offsets,
    Unreadable,
    base64_text,
    counted,
    describe,
    of_type,
    one_of,
)
from playground.record.events import OF_CLIENT, OF_WIRE, Direction, Witness
from playground.record.records import Connection, Ending, Record
from playground.record.row import ANSWERS

State = dict[str, Any]
"""JSON values by name."""

NOT_KEPT: Mapping[type, Mapping[str, str]] = {
    Record: {
        "weight": "the log that takes the record counts its bytes again",
        "connection": "written as its number",
        "_connection_id": "written as `connection`",
        "_client": "written as `client`, for a record without a connection",
        "_path": "written as `path`, for a record without a connection",
    },
    Connection: {
        "files": "where the source's lines are, for code that still runs",
        "scope": "its headers are in the record of the handshake; the rest are objects of the server",
        "app_task": "a task of the server's loop",
        "reported_error": "an exception on its way through the server; its text is in a record",
        "from_client": "a message on its way; its record is written like any other",
        "arrived": "a message on its way",
        "leaving": "a message on its way",
        "to_client": "a message on its way",
        "pings": "finds the ping that a pong answers; the answer is in the ping's record",
        "current_message": "the message that a handler works on; it is in its record",
        "current_record": "the record of that message, while it is handled",
    },
    Ending: {
        "_expected": "no witness is waited for once the file is read",
        "_lock": "a lock",
    },
}
"""The fields that are not written under their own names, each with the reason."""

NAMES = {"toward": "direction", "id": "connection"}
"""Fields that have another name in files and exported tables."""


class _Field(NamedTuple):
    """A field that is written to files."""

    name: str
    key: str
    codec: Codec
    default: Any


def to_state(thing: Record | Connection | Ending, offsets: Offsets = START) -> State:
    """
    Return a record, a connection or an ending as plain values.

    A value that cannot be written is described under "unwritable"; the others are written.
    """
    state: State = {}
    whose = _whose(thing, offsets) if isinstance(thing, Record) else {}
    for name, key, codec, default in FIELDS[_kind_of(thing)]:
        value = getattr(thing, name)
        if value is default or _is_usual(value, default):
            continue
        try:
            written = codec.encode(value, offsets)
        except Exception:
            state.setdefault("unwritable", {})[key] = describe(value)
            continue
        if isinstance(written, bytes):
            state[f"{key}_base64"] = base64_text(written)
        elif written is not None:
            state[key] = written
        if name == "kind":
            state |= whose
    return state


def record_from(state: Mapping[str, Any], offsets: Offsets = START) -> Record:
    """
    Return the record that a state describes; it has its connection's number, and `connection` is None.

    Raises:
        Unreadable: a value is missing, of another type, or impossible.
    """
    _require(state, "seq", "at", "kind")
    record = Record("", 0.0)
    _fill(record, Record, state, offsets)
    if state.get("connection") is not None:
        record.connection_id = _decoded("connection", CONNECTION, state["connection"], offsets)
    for name in ("client", "path"):
        if state.get(name) is not None:
            setattr(record, name, _decoded(name, TEXT, state[name], offsets))
    _check_witnesses(record)
    return record


def connection_from(state: Mapping[str, Any], offsets: Offsets = START) -> Connection:
    """
    Return the connection that a state describes; `link` gives it the records it refers to.

    Raises:
        Unreadable: a value is missing, or of another type.
    """
    _require(state, "connection", "path")
    connection = Connection(0, "")
    _fill(connection, Connection, state, offsets)
    return connection


def link(
    thing: Connection | Ending,
    state: Mapping[str, Any],
    find: Callable[[int], Record | None],
    offsets: Offsets = START,
) -> None:
    """Set the references of a connection and its ending to records; None for a number that `find` does not know."""
    for name, key, codec, _ in FIELDS[_kind_of(thing)]:
        if codec.later and state.get(key) is not None:
            setattr(thing, name, find(codec.decode(state[key], offsets)))
    if isinstance(thing, Connection):
        link(thing.ending, state.get("ending") or {}, find, offsets)


def referred(connection: Connection) -> list[Record]:
    """Return the records that a connection or its ending refers to; the autopsy needs them."""
    found = []
    for thing in (connection, connection.ending):
        values = [getattr(thing, field.name) for field in FIELDS[type(thing)] if field.codec.later]
        found += [one for one in values if isinstance(one, Record) and one.seq]
    return found


def overwrite(old: Record | Connection, new: Record | Connection) -> None:
    """Copy the fields of a newer object into an older one, which others refer to."""
    vars(old).clear()
    vars(old).update(vars(new))


def fields_of(cls: type) -> dict[str, Any]:
    """Return the names of a class's fields with their types."""
    names = {"Connection": Connection, "Direction": Direction, "Record": Record, "Witness": Witness}
    hints = get_type_hints(cls, localns=names)
    if not is_dataclass(cls):
        parameters = get_type_hints(cls.__init__, localns=names)  # type: ignore[misc]  # of this very class
        parameters.pop("return", None)
        plain = {name: type(value) for name, value in vars(cls).items() if type(value) in (bool, int, float, str)}
        plain = {name: kind for name, kind in plain.items() if not name.startswith("__")}
        hints = {**hints, **plain, **parameters}
    return hints


def _kind_of(thing: Record | Connection | Ending) -> type:
    return Record if isinstance(thing, Record) else type(thing)


def _is_usual(value: object, default: object) -> bool:
    if isinstance(value, list | tuple) and not value:
        return True
    return type(value) is type(default) and not isinstance(value, Record | Ending) and value == default


def _whose(record: Record, offsets: Offsets) -> State:
    """Return the number of a record's connection, or the client and path of a record without one."""
    number = record.connection_id
    if record.connection is not None:
        return {"connection": record.connection.id - offsets.connection}
    whose = {
        "connection": number - offsets.connection if type(number) is int else None,
        "client": record.client,
        "path": record.path,
    }
    return {name: value if type(value) is int else str(value) for name, value in whose.items() if value is not None}


def _require(state: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if state.get(name) is None:
            raise Unreadable(f"{name!r} is missing")


def _fill(thing: Any, cls: type, state: Mapping[str, Any], offsets: Offsets) -> None:
    for key, value in state.items():
        field = BY_KEY[cls].get(key)
        if field is not None and value is not None:
            decoded = _decoded(key, field.codec, value, offsets)
            if not field.codec.later:
                setattr(thing, field.name, decoded)
        elif key.endswith("_base64") and value is not None:
            plain = key.removesuffix("_base64")
            field = BY_KEY[cls].get(plain)
            if field is not None and field.codec.binary:
                if state.get(plain) is not None:
                    raise Unreadable(f"{plain!r} and {key!r} are both there; one of them is expected")
                setattr(thing, field.name, _decoded(key, BASE64, value, offsets))


def _decoded(key: str, codec: Codec, value: Any, offsets: Offsets) -> Any:
    try:
        return codec.decode(value, offsets)
    except Unreadable as error:
        raise Unreadable(f"in {key!r}: {error}") from None
    except (ValueError, TypeError, OverflowError):
        raise Unreadable(f"{key!r} is expected to be {codec.expected}, not {describe(value)}") from None


def _check_witnesses(record: Record) -> None:
    """Raise Unreadable for the time of a witness that cannot see this kind of record."""
    for name, known in (("client_at", OF_CLIENT), ("wire_at", OF_WIRE), ("answer", ANSWERS)):
        if getattr(record, name) is not None and record.kind not in known:
            raise Unreadable(f"{name!r} is not expected in a record of the kind {record.kind!r}")


def _from_ending(value: Any, offsets: Offsets) -> Ending:
    ending = Ending()
    _fill(ending, Ending, of_type(dict)(value, offsets), offsets)
    return ending


def _number_of(record: Record, offsets: Offsets) -> int | None:
    return record.seq - offsets.seq if record.seq else None


BY_TYPE: Mapping[Any, Codec] = {
    **CODECS,
    Record: Codec("a record's number", _number_of, counted("seq", 1), later=True),
    Ending: Codec("an object", lambda value, offsets: to_state(value, offsets) or None, _from_ending),
}
"""The codec of each type that a field may have."""


def _codec_of(name: str, hint: Any) -> Codec | None:
    if name in BY_NAME:
        return BY_NAME[name]
    alternatives = [one for one in get_args(hint) if one is not NoneType]
    if NoneType in get_args(hint):
        hint = alternatives[0]
        for one in alternatives[1:]:
            hint = hint | one
    return one_of(get_args(hint)) if get_origin(hint) is Literal else BY_TYPE.get(hint)


def _fields(cls: type) -> tuple[_Field, ...]:
    found = []
    sample = Connection(0, "") if cls is Connection else Record("", 0.0) if cls is Record else cls()
    for name, hint in fields_of(cls).items():
        codec = None if name in NOT_KEPT[cls] else _codec_of(name, hint)
        if codec is not None:
            required = name in ("seq", "at", "kind", "id", "path")
            found.append(_Field(name, NAMES.get(name, name), codec, ... if required else getattr(sample, name)))
    first = ("seq", "at", "kind", "id", "path")
    return tuple(sorted(found, key=lambda field: first.index(field.name) if field.name in first else len(first)))


FIELDS: Mapping[type, tuple[_Field, ...]] = {cls: _fields(cls) for cls in (Record, Connection, Ending)}
"""The written fields of each class; those that identify it come first."""

BY_KEY: Mapping[type, Mapping[str, _Field]] = {
    cls: {field.key: field for field in fields} for cls, fields in FIELDS.items()
}
