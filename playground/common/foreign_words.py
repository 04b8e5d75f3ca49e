"""
Fixed sentences of other projects that tell something they offer no other way to know.

Nothing else in the package decides by a sentence. `tests/common/test_foreign_words.py` makes the installed versions say
each of them, so that a version which says it differently fails a test.
"""

from __future__ import annotations


def reports_app_exception(message: str) -> bool:
    """
    Return whether a line of uvicorn's log reports what an application raised.

    uvicorn 0.54, `run_asgi` in `protocols/http/*_impl.py` and `protocols/websockets/*_impl.py`.
    """
    return message.startswith("Exception in ASGI application")


def is_message_too_large(code: int | None, reason: str) -> bool:
    """
    Return whether a close says that a message exceeded `ws_max_size`.

    uvicorn 0.54, `WSProtocol.handle_message` in `protocols/websockets/wsproto_impl.py`.
    """
    return code == 1009 and reason.startswith("Message exceeds the maximum size")


def is_ping_unanswered(code: int | None, reason: str) -> bool:
    """
    Return whether a close says that a ping had no pong in time.

    uvicorn 0.54, `keepalive_timeout` in `protocols/websockets/websockets_sansio_impl.py` and `wsproto_impl.py`;
    websockets 17.4, `Connection.keepalive` in `asyncio/connection.py`.
    """
    return (code, reason) == (1011, "keepalive ping timeout")


def has_traceback(text: str) -> bool:
    """
    Return whether a program's output has a traceback in it.

    CPython 3.11 to 3.14, `TracebackException.format` in `Lib/traceback.py`.
    """
    return "Traceback (most recent call last)" in text


def is_parse_disturbed(error: SystemError) -> bool:
    """
    Return whether `ast.parse` failed only because another parse ran in the middle of it; see `tracebacks`.

    CPython 3.11, `PyAST_mod2obj` in `Python/Python-ast.c`.
    """
    return "recursion depth mismatch" in str(error)
