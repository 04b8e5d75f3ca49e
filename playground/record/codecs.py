"""How single values of a record are written as what JSON has, and read again: one codec for each type."""

from __future__ import annotations

import base64
import math
import re
import reprlib
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from playground.common.close_codes import Close
from playground.record.events import KINDS
from playground.record.frames import Frame, Raw
from playground.record.refusal import Refusal

RECORDED = {kind for kind, (witness, _) in KINDS.items() if witness in (None, "handler")} | {"ping", "pong", "frame"}
"""The kinds that a record may have; the others are what a witness calls it."""

HOOKS = ("on_connect", "on_receive", "on_disconnect")

LARGEST = 2**53 - 1
"""The largest number that every reader of JSON reads as it is written."""

LONGEST = 1e9
"""Seconds before and after a log's beginning that a time may lie; a calendar has to be able to show it."""

READABLE = re.compile(rb"[\t\r\n\x20-\x7e]*")


class Unreadable(ValueError):
    """A value is not what is expected there; the message says what is, and what was found."""


class Origin(NamedTuple):
    """What the numbers in a state are counted from: subtracted when it is made, added when it is read."""

    at: float = 0.0
    seq: int = 0
    connection: int = 0


START = Origin()
"""Nothing is subtracted, and nothing added."""


class Codec(NamedTuple):
    """How one type of value is written and read; both raise ValueError or TypeError for what is no such value."""

    expected: str
    encode: Callable[[Any, Origin], Any]
    decode: Callable[[Any, Origin], Any]
    binary: bool = False
    """Whether it may also be bytes, as base64 under another name."""
    later: bool = False
    """Whether it refers to a record, and so is read by `link`."""


def describe(value: object) -> str:
    """Return a value as a short text, whatever it is."""
    try:
        return _short.repr(value)
    except Exception:
        return f"<{type(value).__name__}>"


_short = reprlib.Repr()
_short.maxstring = _short.maxother = 80


def instance(kind: type) -> Callable[[Any, Origin], Any]:
    """Return what passes values of a type through, and raises for others."""

    def check(value: Any, origin: Origin) -> Any:
        if not isinstance(value, kind):
            raise TypeError
        return value

    return check


def _whole(value: Any, origin: Origin) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST:
        raise ValueError
    return int(value)


def counted(name: str, sign: int) -> Callable[[Any, Origin], int]:
    """Return what adds or subtracts where the numbers named `name` begin."""

    def count(value: Any, origin: Origin) -> int:
        number = _whole(value, origin)
        if sign > 0 and number < 1:
            raise ValueError
        return number + sign * int(getattr(origin, name))

    return count


def _seconds(sign: int) -> Callable[[Any, Origin], float]:
    def seconds(value: Any, origin: Origin) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError
        # What a file holds is counted from the log's beginning, so that is what has to be within the bounds.
        relative = float(value) if sign > 0 else float(value) - origin.at
        if not math.isfinite(relative) or abs(relative) > LONGEST:
            raise ValueError
        return relative + origin.at if sign > 0 else relative

    return seconds


def base64_text(value: bytes) -> str:
    """Return bytes as base64."""
    return base64.b64encode(value).decode()


def _from_base64(value: Any, origin: Origin) -> bytes:
    return base64.b64decode(instance(str)(value, origin), validate=True)


def _payload(value: Any, origin: Origin) -> str | bytes:
    return value if isinstance(value, str) else bytes(instance(bytes)(value, origin))


def _readable(value: Any, origin: Origin) -> str | bytes:
    return value.decode() if READABLE.fullmatch(value) else bytes(value)


def _latin(value: Any, origin: Origin) -> bytes:
    return bytes(instance(str)(value, origin).encode("latin-1"))


def _frame(value: Any, origin: Origin) -> list[Any]:
    at, head, size = value
    return [TIME.encode(at, origin), base64_text(head), _whole(size, origin)]


def _from_frame(value: Any, origin: Origin) -> Frame:
    at, head, size = instance(list)(value, origin)
    return Frame(TIME.decode(at, origin), _from_base64(head, origin), _natural(size, origin))


def _natural(value: Any, origin: Origin) -> int:
    if _whole(value, origin) < 0:
        raise ValueError
    return int(value)


def _several(one: Callable[[Any, Origin], Any], make: type) -> Callable[[Any, Origin], Any]:
    def several(value: Any, origin: Origin) -> Any:
        # Not what can be read only once: somebody else may still need it.
        if not isinstance(value, Collection) or isinstance(value, str | bytes | Mapping):
            raise TypeError
        return make(one(each, origin) for each in value)

    return several


def _pair(one: Callable[[Any, Origin], Any], make: type) -> Callable[[Any, Origin], Any]:
    def pair(value: Any, origin: Origin) -> Any:
        first, second = value if isinstance(value, list | tuple) else ()
        return make((one(first, origin), one(second, origin)))

    return pair


def _close(value: Any, origin: Origin) -> list[Any]:
    code, reason = value
    return [None if code is None else _whole(code, origin), instance(str)(reason, origin)]


def _from_close(value: Any, origin: Origin) -> Close:
    return Close(*_close(instance(list)(value, origin), origin))


def _refusal(value: Any, origin: Origin) -> dict[str, str]:
    return {name: instance(str)(text, origin) for name, text in value._asdict().items()}


def _from_refusal(value: Any, origin: Origin) -> Refusal:
    texts = {name: instance(str)(text, origin) for name, text in instance(dict)(value, origin).items()}
    return Refusal(**{name: texts[name] for name in Refusal._fields if name in texts})


def one_of(choices: Collection[str]) -> Codec:
    """Return the codec of a word that is one of several."""

    def check(value: Any, origin: Origin) -> str:
        if not isinstance(value, str) or value not in choices:
            raise ValueError
        return value

    return Codec(f"one of {', '.join(sorted(choices))}", check, check)


TEXT = Codec("text", instance(str), instance(str))
WHOLE = Codec("a whole number", _whole, _whole)
SEQ = Codec("a whole number from 1 on", counted("seq", -1), counted("seq", 1))
CONNECTION = Codec("a whole number from 1 on", counted("connection", -1), counted("connection", 1))
TIME = Codec("a number of seconds", _seconds(-1), _seconds(1))
BASE64 = Codec("base64", lambda value, origin: value, _from_base64)
FRAME = Codec("a frame: its time, its first bytes in base64 and its size", _frame, _from_frame)
HEADER = _pair(_latin, tuple)
HEADERS = Codec(
    "a list of pairs of a name and a value in Latin-1",
    _several(_pair(lambda value, origin: bytes(instance(bytes)(value, origin)).decode("latin-1"), list), list),
    _several(HEADER, tuple),
)

CODECS: Mapping[Any, Codec] = {
    str: TEXT,
    bytes: Codec("text, or base64", _readable, _latin, binary=True),
    str | bytes: Codec("text, or base64", _payload, instance(str), binary=True),
    int: WHOLE,
    bool: Codec("true or false", instance(bool), instance(bool)),
    float: TIME,
    Raw: FRAME,
    Frame: FRAME,
    tuple[Raw, ...]: Codec("a list of frames", _several(_frame, list), _several(_from_frame, tuple)),
    Iterable[tuple[bytes, bytes]]: HEADERS,
    tuple[tuple[bytes, bytes], ...]: HEADERS,
    list[tuple[str, str]]: Codec(
        "a list of pairs of texts",
        _several(_pair(instance(str), list), list),
        _several(_pair(instance(str), tuple), list),
    ),
    Close: Codec("a list of a code and a reason", _close, _from_close),
    Refusal: Codec("an object with the texts 'what', 'value' and 'advice'", _refusal, _from_refusal),
}
"""The codecs of what is no object of its own, by type."""

BY_NAME: Mapping[str, Codec] = {
    "seq": SEQ,
    "cause": SEQ,
    "id": CONNECTION,
    "kind": one_of(RECORDED),
    "hook": one_of(HOOKS),
}
"""The codecs of fields whose type does not tell all."""
