"""Checks of arguments, made at the call, so that a mistake is reported there and not by code that runs later."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Collection, Iterable, Mapping
from numbers import Real

from playground.common.close_codes import close_fault

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A header's name (RFC 9110, section 5.6.2)."""

FIELD = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
"""A header's value (RFC 9110, section 5.5), in Latin-1."""

SHOWN = 10
"""Options that a message lists."""


def check_seconds(name: str, value: float | None) -> None:
    """Raise TypeError or ValueError unless the value is a time to wait: 0 or more seconds, or None."""
    if value is None:
        return
    # numpy's numbers too, which come from the log's tables.
    if not isinstance(value, Real):
        raise TypeError(f"{name} has to be a number of seconds, such as 2.5, not {value!r}")
    # Not `value < 0`, which NaN would pass.
    if not value >= 0:
        raise ValueError(f"{name} has to be 0 or more seconds, not {value!r}")


def check_limit(name: str, value: float) -> None:
    """Raise TypeError or ValueError unless the value is more than 0 seconds."""
    if value is None:
        raise TypeError(f"{name} has to be a number of seconds, such as 2.5, not None")
    check_seconds(name, value)
    if value == 0:
        raise ValueError(f"{name} has to be more than 0 seconds, not {value!r}")


def check_file(name: str, value: object) -> None:
    """Raise TypeError or ValueError unless the value can be a file's path."""
    if not isinstance(value, str | os.PathLike):
        raise TypeError(f"{name} has to be a file's path, such as 'log.jsonl', not {value!r}")
    if "\0" in os.fsdecode(value):
        raise ValueError(f"{name} has to be a file's path, and {value!r} has a null character, which no path can have")


def check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise ValueError unless the value is one of the choices."""
    if value not in choices:
        *most, last = map(repr, choices)
        raise ValueError(f"{name} has to be {', '.join(most)} or {last}, not {value!r}")


def texts(name: str, value: Iterable[str]) -> list[str]:
    """Return several texts as a list; raise TypeError for a single text, which would become a list of letters."""
    if isinstance(value, str):
        raise TypeError(f"{name} has to be a list, as in [{value!r}], not {value!r}")
    found = list(value) if isinstance(value, Iterable) else None
    if found is None or not all(isinstance(one, str) for one in found):
        raise TypeError(f"{name} has to be a list of texts, not {value!r}")
    return found


def check_close(code: int, reason: str) -> None:
    """Raise TypeError or ValueError when a Close frame must not carry the code or cannot carry the reason."""
    if not isinstance(code, int):
        raise TypeError(f"close takes a code and then a reason, as close(1000, {code!r})")
    if not isinstance(reason, str):
        raise TypeError(f"the reason has to be text, as in close({code}, {str(reason)!r}), not {reason!r}")
    fault = close_fault(code, reason)
    if fault:
        raise ValueError(f"{fault[0]}; {fault[1]}")


def check_text(data: str | bytes) -> None:
    """Raise ValueError for text with a lone surrogate, which cannot be encoded in UTF-8."""
    if isinstance(data, bytes) or data.isascii():
        return
    try:
        data.encode()
    except UnicodeEncodeError as error:
        lone = ascii(data[error.start])
        raise ValueError(
            f"text with a lone surrogate, {lone} at position {error.start}, cannot be sent: it cannot be encoded in "
            f"UTF-8; remove it, or send bytes"
        ) from None


def header_texts(given: object) -> dict[str, str]:
    """Return headers by name; raise TypeError or ValueError if they cannot be sent."""
    if given is not None and not isinstance(given, Mapping):
        raise TypeError(f"headers have to be names with their values, as in {{'X-Room': '1'}}, not {given!r}")
    for name, value in (given or {}).items():
        check_header(name, value)
    return dict(given or {})


def check_header(name: object, value: object) -> None:
    """Raise TypeError or ValueError for a header that cannot be sent (RFC 9110, section 5.5)."""
    if not isinstance(name, str) or not isinstance(value, str):
        raise TypeError(f"a header's name and value have to be text, not {name!r} and {value!r}")
    if not TOKEN.fullmatch(name):
        raise ValueError(
            f"{name!r} cannot be a header's name; use letters, digits and hyphens, without spaces and colons"
        )
    if not FIELD.fullmatch(value):
        # The text after a line break would be read as another header.
        raise ValueError(f"header {name!r} cannot be sent: {value!r} has a control character, or one outside Latin-1")


def check_options(call: str, given: Iterable[str], known: Collection[str]) -> None:
    """Raise TypeError for an option that a call does not have, and name the nearest one that it has."""
    for name in given:
        if name not in known:
            there = ", ".join(list(known)[:SHOWN]) + (" and more" if len(known) > SHOWN else "")
            raise TypeError(f"{call} has no option {name!r}; {did_you_mean(name, known) or f'there are {there}'}")


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Return a question that names the nearest words, or an empty text when none is near."""
    near = difflib.get_close_matches(word, list(known), n=2)
    return f"did you mean {' or '.join(map(repr, near))}?" if near else ""


def check_app(app: object) -> None:
    """Raise TypeError for what cannot be an ASGI app, and say what was probably meant."""
    if app is None or callable(app):
        return
    hint = f"; for a port, write port={app}" if isinstance(app, int) else ""
    if isinstance(app, str):
        module, _, name = app.partition(":")
        hint = f"; import it first: from {module} import {name or 'app'}"
    raise TypeError(f"{app!r} is not an ASGI app{hint}")
