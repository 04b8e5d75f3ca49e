"""Close codes: their names, which of them may be sent, and a code with its reason."""

from __future__ import annotations

from typing import NamedTuple

from playground.common.text import one_line

CLOSE_CODES: dict[int, str] = {
    1000: "normal closure",
    1001: "going away",
    1002: "protocol error",
    1003: "unsupported data",
    1004: "reserved",
    1005: "no status received",
    1006: "abnormal closure",
    1007: "invalid frame payload data",
    1008: "policy violation",
    1009: "message too big",
    1010: "mandatory extension",
    1011: "internal error",
    1012: "service restart",
    1013: "try again later",
    1014: "bad gateway",
    1015: "TLS handshake",
}
"""The codes registered with IANA (RFC 6455, section 7.4.1, and later entries)."""

NEVER_SENT = (1004, 1005, 1006, 1015)
"""Registered codes that no Close frame may carry: one has no meaning, the others only report what happened."""

LONGEST_REASON = 123
"""Bytes of a reason that a Close frame has room for."""

CLOSE_CODE_RANGES = ((3000, 3999, "registered for libraries"), (4000, 4999, "private use (application-defined)"))
"""First and last code of the ranges that are open to others, with what they are for; all of them may be sent."""


def close_code_name(code: int) -> str:
    """Return what a close code means: its registered name, or the range it belongs to."""
    if code in CLOSE_CODES:
        return CLOSE_CODES[code]
    return next((name for first, last, name in CLOSE_CODE_RANGES if first <= code <= last), "not a legal close code")


def is_sendable_close_code(code: int) -> bool:
    """Return whether a Close frame may carry the code (RFC 6455, section 7.4)."""
    return code in CLOSE_CODES and code not in NEVER_SENT or 3000 <= code <= 4999


def close_fault(code: int | None, reason: str) -> tuple[str, str] | None:
    """
    Return why no Close frame can carry a code and a reason, and what to do; None if one can.

    Control frames hold 125 bytes, two of which are the code (RFC 6455, section 5.5); the reason is UTF-8 (5.5.1).
    """
    if code is not None and not is_sendable_close_code(code):
        return f"close code {code} cannot be sent ({close_code_name(code)})", "use 1000 or 3000 to 4999"
    try:
        size = len(reason.encode())
    except UnicodeEncodeError as error:
        lone = ascii(reason[error.start])
        return (
            f"the reason has a lone surrogate, {lone} at position {error.start}, which cannot be encoded in UTF-8",
            "remove it",
        )
    if size > LONGEST_REASON:
        return f"the reason is {size} bytes long, and a Close frame holds {LONGEST_REASON}", "shorten it"
    return None


class Close(NamedTuple):
    """A close code and reason, as one side gave or was told them."""

    code: int | None
    """None for a Close frame without a code."""
    reason: str = ""

    def __str__(self) -> str:
        said = "without a code" if self.code is None else str(self.code)
        return said + (f" “{one_line(self.reason)}”" if self.reason else "")
