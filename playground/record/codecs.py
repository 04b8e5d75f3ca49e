"""How single values of a record are written as JSON values and read back: one codec for each type."""

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
from playground.record.roots import HOW, Root

RECORDED = {kind for kind, (witness, _) in KINDS.items() if witness in (None, "handler")} | {"ping", "pong", "frame"}
"""The kinds that a record may have; the others are a witness's names for them."""

HOOKS = ("on_connect", "on_receive", "on_disconnect")

LARGEST = 2**53 - 1
"""The largest whole number that every JSON reader reads exactly."""

LONGEST = 1e9
"""The most seconds between a log's beginning and a time in it, so that a calendar can show the time."""

READABLE = re.compile(rb"[\t\r\n\x20-\x7e]*")


class Unreadable(ValueError):
    """A value is not what is expected; the message says what is expected and what was found."""


class Offsets(NamedTuple):
    """What is subtracted from the numbers of a state when it is written, and added when it is read."""

    at: float = 0.0
    seq: int = 0
    connection: int = 0


START = Offsets()
"""Nothing is subtracted, and nothing added."""


class Codec(NamedTuple):
    """How one type of value is written and read; both functions raise ValueError or TypeError for another value."""

    expected: str
    encode: Callable[[Any, Offsets], Any]
    decode: Callable[[Any, Offsets], Any]
    binary: bool = False
    """Whether the value may also be bytes, which are written as base64 under another name."""
    later: bool = False
    """Whether it refers to a record; `link` reads these."""


def describe(value: object) -> str:
    """Return a short text for any value; never raises."""
    try:
        return _short.repr(value)
    except Exception:
        return f"<{type(value).__name__}>"


_short = reprlib.Repr()
_short.maxstring = _short.maxother = 80


def of_type(kind: type) -> Callable[[Any, Offsets], Any]:
    """Return a function that returns values of a type unchanged, and raises TypeError for others."""

    def check(value: Any, offsets: Offsets) -> Any:
        if not isinstance(value, kind):
            raise TypeError
        return value

    return check


def _whole(value: Any, offsets: Offsets) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST:
        raise ValueError
    return int(value)


def counted(name: str, sign: int) -> Callable[[Any, Offsets], int]:
    """Return a function that adds or subtracts the offset called `name`."""

    def count(value: Any, offsets: Offsets) -> int:
        number = _whole(value, offsets)
        if sign > 0 and number < 1:
            raise ValueError
        return number + sign * int(getattr(offsets, name))

    return count


def _seconds(sign: int) -> Callable[[Any, Offsets], float]:
    def seconds(value: Any, offsets: Offsets) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError
        # Times in a file are relative to the log's beginning; the bounds hold for these.
        relative = float(value) if sign > 0 else float(value) - offsets.at
        if not math.isfinite(relative) or abs(relative) > LONGEST:
            raise ValueError
        return relative + offsets.at if sign > 0 else relative

    return seconds


def base64_text(value: bytes) -> str:
    """Return bytes as base64."""
    return base64.b64encode(value).decode()


def _from_base64(value: Any, offsets: Offsets) -> bytes:
    return base64.b64decode(of_type(str)(value, offsets), validate=True)


def _payload(value: Any, offsets: Offsets) -> str | bytes:
    return value if isinstance(value, str) else bytes(of_type(bytes)(value, offsets))


def _readable(value: Any, offsets: Offsets) -> str | bytes:
    return value.decode() if READABLE.fullmatch(value) else bytes(value)


def _latin(value: Any, offsets: Offsets) -> bytes:
    return bytes(of_type(str)(value, offsets).encode("latin-1"))


def _frame(value: Any, offsets: Offsets) -> list[Any]:
    at, head, size = value
    return [TIME.encode(at, offsets), base64_text(head), _whole(size, offsets)]


def _from_frame(value: Any, offsets: Offsets) -> Frame:
    at, head, size = of_type(list)(value, offsets)
    return Frame(TIME.decode(at, offsets), _from_base64(head, offsets), _natural(size, offsets))


def _natural(value: Any, offsets: Offsets) -> int:
    if _whole(value, offsets) < 0:
        raise ValueError
    return int(value)


def _several(one: Callable[[Any, Offsets], Any], make: type) -> Callable[[Any, Offsets], Any]:
    def several(value: Any, offsets: Offsets) -> Any:
        # Not an iterator, which can be read only once.
        if not isinstance(value, Collection) or isinstance(value, str | bytes | Mapping):
            raise TypeError
        return make(one(each, offsets) for each in value)

    return several


def _pair(one: Callable[[Any, Offsets], Any], make: type) -> Callable[[Any, Offsets], Any]:
    def pair(value: Any, offsets: Offsets) -> Any:
        first, second = value if isinstance(value, list | tuple) else ()
        return make((one(first, offsets), one(second, offsets)))

    return pair


def _close(value: Any, offsets: Offsets) -> list[Any]:
    code, reason = value
    return [None if code is None else _whole(code, offsets), of_type(str)(reason, offsets)]


def _from_close(value: Any, offsets: Offsets) -> Close:
    return Close(*_close(of_type(list)(value, offsets), offsets))


def _refusal(value: Any, offsets: Offsets) -> dict[str, str]:
    return {name: of_type(str)(text, offsets) for name, text in value._asdict().items()}


def _from_refusal(value: Any, offsets: Offsets) -> Refusal:
    texts = {name: of_type(str)(text, offsets) for name, text in of_type(dict)(value, offsets).items()}
    return Refusal(**{name: texts[name] for name in Refusal._fields if name in texts})


def _root(value: Any, offsets: Offsets) -> list[Any]:
    how, error, line = value
    return [_HOW.encode(how, offsets), of_type(str)(error, offsets), None if line is None else _whole(line, offsets)]


def _from_root(value: Any, offsets: Offsets) -> Root:
    return Root(*_root(of_type(list)(value, offsets), offsets))


def one_of(choices: Collection[str]) -> Codec:
    """Return the codec of a text that is one of several."""

    def check(value: Any, offsets: Offsets) -> str:
        if not isinstance(value, str) or value not in choices:
            raise ValueError
        return value

    return Codec(f"one of {', '.join(sorted(choices))}", check, check)


_HOW = one_of(HOW)
TEXT = Codec("text", of_type(str), of_type(str))
WHOLE = Codec("a whole number", _whole, _whole)
SEQ = Codec("a whole number from 1 on", counted("seq", -1), counted("seq", 1))
CONNECTION = Codec("a whole number from 1 on", counted("connection", -1), counted("connection", 1))
TIME = Codec("a number of seconds", _seconds(-1), _seconds(1))
BASE64 = Codec("base64", lambda value, offsets: value, _from_base64)
FRAME = Codec("a frame: its time, its first bytes in base64 and its size", _frame, _from_frame)
HEADER = _pair(_latin, tuple)
HEADERS = Codec(
    "a list of pairs of a name and a value in Latin-1",
    _several(_pair(lambda value, offsets: bytes(of_type(bytes)(value, offsets)).decode("latin-1"), list), list),
    _several(HEADER, tuple),
)

CODECS: Mapping[Any, Codec] = {
    str: TEXT,
    bytes: Codec("text, or base64", _readable, _latin, binary=True),
    str | bytes: Codec("text, or base64", _payload, of_type(str), binary=True),
    int: WHOLE,
    bool: Codec("true or false", of_type(bool), of_type(bool)),
    float: TIME,
    Raw: FRAME,
    Frame: FRAME,
    tuple[Raw, ...]: Codec("a list of frames", _several(_frame, list), _several(_from_frame, tuple)),
    Iterable[tuple[bytes, bytes]]: HEADERS,
    tuple[tuple[bytes, bytes], ...]: HEADERS,
    list[tuple[str, str]]: Codec(
        "a list of pairs of texts",
        _several(_pair(of_type(str), list), list),
        _several(_pair(of_type(str), tuple), list),
    ),
    tuple[Root, ...]: Codec(
        "a list of exceptions: how each is related, its text and its line",
        _several(_root, list),
        _several(_from_root, tuple),
    ),
    Close: Codec("a list of a code and a reason", _close, _from_close),
    Refusal: Codec("an object with the texts 'what', 'value' and 'advice'", _refusal, _from_refusal),
}
"""The codecs of simple values, by type."""

BY_NAME: Mapping[str, Codec] = {
    "seq": SEQ,
    "cause": SEQ,
    "id": CONNECTION,
    "kind": one_of(RECORDED),
    "hook": one_of(HOOKS),
}
"""The codecs of fields whose values are restricted more than by their type."""
