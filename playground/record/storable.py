"""
What somebody else's code gave, as the plain values that a record holds.

An application may close with a reason that is an exception, or send an object as its payload. The server says what it
thinks of that, and the application hears it as it would without us. The log has to stay readable all the same, so every
such value is made plain here, once, before it enters a record. None of these functions raises.

    text      str stays; anything else is shown by its repr; at most `LIMIT` characters
    code      a whole number from 0 to 65535, an enum's and numpy's included; anything else is None
    close     a code and a reason; a code that cannot be stored is told in the reason, as "(close code given: 'x')"
    payload   str and bytes stay; what a message can carry as bytes becomes bytes; anything else is shown by its repr
    headers   pairs of bytes stay; anything else is shown by its repr
"""

from __future__ import annotations

from collections.abc import ItemsView
from operator import index
from typing import Any

from playground.common.close_codes import Close

LIMIT = 16 * 1024
"""Characters that are kept of a text that is no message: a reason, an error, a traceback, a repr."""

SHORT_ERROR = 500
"""Characters that are kept of an exception that is told of beside another."""

HEADERS = 1000
"""Headers that are kept of one handshake."""

LARGEST_CODE = 0xFFFF
"""A Close frame has two bytes for its code (RFC 6455, section 5.5.1)."""


def storable_text(value: object) -> str:
    """Return a text as a plain str, None as "", and anything else as its repr."""
    if type(value) is str:
        return value if len(value) <= LIMIT else _cut(value)
    if value is None:
        return ""
    return _cut(str.__str__(value)) if isinstance(value, str) else _shown(value)


def storable_code(value: object) -> int | None:
    """Return a close code or an HTTP status as a plain int, or None for what cannot be one."""
    number = value if type(value) is int else _number(value)
    return number if number is not None and 0 <= number <= LARGEST_CODE else None


def storable_status(value: object) -> tuple[int | None, str | None]:
    """Return an HTTP status, and what was given instead of one."""
    code = storable_code(value)
    return code, f"HTTP status given: {storable_repr(value)}" if code is None else None


def storable_close(code: object, reason: object) -> Close:
    """Return a close code and reason; a value that is not a code is written into the reason."""
    text = storable_text(reason)
    number = storable_code(code)
    if number is None and code is not None:
        text = f"{text} (close code given: {storable_repr(code)})".lstrip()
    return Close(number, text)


def storable_payload(data: object) -> str | bytes | None:
    """Return what an application sends as text or bytes; what is neither, and cannot travel, as its repr."""
    if type(data) is str or type(data) is bytes or data is None:
        return data
    if isinstance(data, str):
        return str.__str__(data)
    try:
        # Whatever has a buffer can travel: bytearray, memoryview, array, numpy's arrays.
        return memoryview(data).tobytes()  # type: ignore[arg-type]  # what has none raises
    except BaseException:
        return _shown(data)


def storable_headers(headers: object) -> tuple[tuple[bytes, bytes], ...]:
    """
    Return headers as pairs of bytes.

    An iterator can be read only once, and that is the server's to do, so it is shown by its repr.
    """
    if headers is None:
        return ()
    if not isinstance(headers, list | tuple | ItemsView):
        return ((b"not a list of pairs", _shown_as_bytes(headers)),)
    try:
        return tuple(_header(pair) for pair in list(headers)[:HEADERS])
    except BaseException:
        return ((b"not a list of pairs", _shown_as_bytes(headers)),)


def storable_repr(value: object) -> str:
    """Return a value as Python writes it: "'x'" for a text."""
    return _shown(str.__str__(value) if isinstance(value, str) else value)


def storable_error(error: BaseException) -> str:
    """Return an exception as `KeyError: 'say'`."""
    name = type(error).__name__
    try:
        text = str.__str__(str(error))
    except BaseException as raised:
        text = f"its text cannot be shown, because str() of it raised {type(raised).__name__}"
    return _cut(f"{name}: {text}" if text else name)


def shorten_error(error: BaseException) -> str:
    """Return an exception as `storable_error` does, in at most `SHORT_ERROR` characters."""
    text = storable_error(error)
    return text if len(text) <= SHORT_ERROR else text[: SHORT_ERROR - 1] + "…"


def _number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        return int.__int__(index(value))  # type: ignore[arg-type]  # what is no whole number raises
    except BaseException:
        return None


def _header(pair: Any) -> tuple[bytes, bytes]:
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        return b"not a pair", _shown_as_bytes(pair)
    name, value = pair
    return _header_part(name), _header_part(value)


def _header_part(value: object) -> bytes:
    return value[:LIMIT] if type(value) is bytes else _shown_as_bytes(value)


def _shown_as_bytes(value: object) -> bytes:
    return _shown(value).encode("latin-1", "backslashreplace")


def _shown(value: object) -> str:
    """Return a value's repr, whatever it does."""
    # KeyboardInterrupt and SystemExit too: without us nobody would have asked for the repr, so it must stop nothing.
    try:
        # Megabytes of payload are not written out first only to be cut.
        shown = repr(value[:LIMIT] if isinstance(value, str | bytes | bytearray) else value)
        return _cut(str.__str__(shown))
    except BaseException as error:
        return f"<{type(value).__name__}, whose repr raised {type(error).__name__}>"


def _cut(text: str) -> str:
    """Return the text, or its beginning and end where it is longer than `LIMIT`: an error stands at either."""
    if len(text) <= LIMIT:
        return text
    half = LIMIT // 2
    return f"{text[:half]}… ({len(text) - 2 * half} characters left out) …{text[-half:]}"
