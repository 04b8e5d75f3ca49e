"""
Coroutines that a hook calls and does not await, such as `websocket.send_text(data)`.

Python warns when such a coroutine is freed, once for each line and only if warnings are shown. The hook's row says it
every time; the user's filters decide about the warning as before.
"""

from __future__ import annotations

import dis
import sys
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any

from playground.record.connections import CONNECTION
from playground.record.lines import line_of
from playground.record.said import origin_here, say
from playground.record.storable import storable_text
from playground.record.streams import known_already

_POP_TOP = dis.opmap["POP_TOP"]

_warn: Callable[[Any], None] = warnings._warn_unawaited_coroutine  # type: ignore[attr-defined]


def begin() -> None:
    """Begin to attach these warnings to hooks."""
    warnings._warn_unawaited_coroutine = _freed  # type: ignore[attr-defined]


def end() -> None:
    """Undo `begin`, unless somebody else has replaced the function since."""
    if warnings._warn_unawaited_coroutine is _freed:  # type: ignore[attr-defined]
        warnings._warn_unawaited_coroutine = _warn  # type: ignore[attr-defined]


def _freed(coroutine: Any) -> None:
    if origin_here() is None:
        _warn(coroutine)
        return
    what = storable_text(coroutine.__qualname__)
    place = _place(sys._getframe(1))
    say("WARNING", f"coroutine '{what}' was never awaited, so it did nothing; write await before it{place}\n")
    with known_already():
        if coroutine.cr_origin is not None:
            _warn(coroutine)
        else:
            # What `_warn` does, called from here so that the warning names the same line of the hook.
            text = f"coroutine '{coroutine.__qualname__}' was never awaited"
            warnings.warn(text, category=RuntimeWarning, stacklevel=2, source=coroutine)


def _place(frame: FrameType | None) -> str:
    """Return the line of the user's source at which a coroutine was freed."""
    connection = CONNECTION.get()
    while connection is not None and frame is not None:
        line = line_of(frame, connection.files)
        if line is not None:
            # An expression's value is dropped where it stands; a variable's when the function ends.
            dropped = frame.f_code.co_code[frame.f_lasti] == _POP_TOP
            return f" (line {line})" if dropped else f" (noticed at line {line})"
        frame = frame.f_back
    return ""
