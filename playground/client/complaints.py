"""Why our client ended a connection itself: the Close frame it sent, and what it could not accept."""

from __future__ import annotations

from typing import Any, NamedTuple

from websockets import exceptions as ws_errors

from playground.common.close_codes import Close


class Complaint(NamedTuple):
    """What our client could not accept."""

    sent: Close
    """The Close frame that it sent."""
    why: str
    """What was wrong with what came, as in "because …"."""


def complaint_of(ws: Any, ended: ws_errors.ConnectionClosed, max_size: int | None) -> Complaint | None:
    """
    Return why this side ended a connection that it had not been asked to close; None where the other side did.

    Args:
        ws: the connection of `websockets`.
        ended: what it raised at the end.
        max_size: the client's own limit, in bytes.
    """
    if ended.sent is None or (ended.rcvd is not None and not _refused_after(ws)):
        return None
    sent = Close(ended.sent.code, ended.sent.reason)
    return Complaint(sent, _why(_cause(ws, ended), sent, max_size))


def refused_after_close(ws: Any, max_size: int | None) -> str | None:
    """Return what this side could not accept after its own Close frame, which is the only one it has sent; or None."""
    error = getattr(getattr(ws, "protocol", None), "parser_exc", None)
    if not isinstance(error, ws_errors.ProtocolError | ws_errors.PayloadTooBig | UnicodeDecodeError):
        # The end of the stream is told as such.
        return None
    code = 1009 if isinstance(error, ws_errors.PayloadTooBig) else 1002
    return _why(error, Close(code, ""), max_size)


def _refused_after(ws: Any) -> bool:
    """Return whether a Close frame came at a moment, or in a form, in which none may come."""
    return isinstance(getattr(getattr(ws, "protocol", None), "parser_exc", None), ws_errors.ProtocolError)


def _cause(ws: Any, ended: ws_errors.ConnectionClosed) -> BaseException | None:
    # `recv` refuses what is no UTF-8; the parser everything else, and websockets 15.0 does not chain its exception.
    return getattr(getattr(ws, "protocol", None), "parser_exc", None) or ended.__cause__


def _why(cause: BaseException | None, sent: Close, max_size: int | None) -> str:
    if isinstance(cause, ws_errors.PayloadTooBig) or sent.code == 1009 and max_size is not None:
        return _too_large(cause, sent, max_size)
    if isinstance(cause, UnicodeDecodeError) or sent.code == 1007:
        where = f" ({sent.reason})" if sent.reason else ""
        return f"a text message, or a Close frame's reason, is not UTF-8{where}"
    if sent.code == 1002:
        return f"the server broke the protocol: {sent.reason or cause or 'no details'}"
    return f"what came could not be read: {sent.reason or cause or 'no details'}"


def _too_large(cause: BaseException | None, sent: Close, max_size: int | None) -> str:
    size = getattr(cause, "size", None)
    # It was called `cur_size` until websockets 15.0.
    before = getattr(cause, "current_size", None) or getattr(cause, "cur_size", None)
    if not isinstance(cause, ws_errors.PayloadTooBig) and "fragment" in sent.reason:
        return f"a message came in too many frames ({sent.reason})"
    if not isinstance(size, int):
        return f"a message is over max_size={max_size} bytes once it is decompressed"
    if before:
        return f"a message of {before + size} bytes so far is over max_size={max_size}"
    return f"a message of {size} bytes is over max_size={max_size}"
