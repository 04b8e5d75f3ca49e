"""Source text -> syntax tree -> code, or `EditRejected` at the line of the mistake."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType

from playground.common.errors import EditRejected
from playground.common.foreign_words import is_parse_disturbed
from playground.common.tracebacks import PARSER_IS_SHARED

ATTEMPTS = 10
"""How often parsing is tried before the fault caused by another thread is reported."""


def parse_tree(source: str, filename: str = "<unknown>") -> ast.Module:
    """
    Return the syntax tree as `ast.parse` does; try again if it failed only because of another thread.

    `tracebacks` says why that happens on CPython 3.11. A mistake in the source, or too deep nesting, is raised at once.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return ast.parse(source, filename)
        except SystemError as error:
            if not _is_of_another_thread(error):
                raise
    return ast.parse(source, filename)


def _is_of_another_thread(error: SystemError) -> bool:
    return PARSER_IS_SHARED and is_parse_disturbed(error)


@contextmanager
def not_too_deep() -> Iterator[None]:
    """Reject a source that is nested too deeply for Python to parse, compile or walk."""
    try:
        yield
    except (RecursionError, MemoryError) as error:
        raise EditRejected(
            f"the source is nested too deeply ({str(error) or type(error).__name__}); "
            "split a long expression or a long chain of `elif` into several statements",
            stage="parse",
        ) from None


@not_too_deep()
def parse(source: str, filename: str) -> ast.Module:
    """Return the syntax tree, or raise `EditRejected` at the line of the mistake."""
    try:
        return parse_tree(source, filename)
    except SyntaxError as error:
        raise EditRejected(error.msg, stage="parse", line=error.lineno, column=error.offset) from None
    except ValueError as error:
        raise EditRejected(f"the source cannot be read: {error}", stage="parse") from None
    except SystemError as error:
        if not _is_of_another_thread(error):
            raise
        raise EditRejected(
            f"Python failed to parse the source {ATTEMPTS} times, because other threads parse at the same time "
            f"({error}); edit again, or use Python 3.12 or newer, where this does not happen",
            stage="parse",
        ) from None


@not_too_deep()
def compiled(source: str | ast.Module, filename: str, flags: int = 0) -> CodeType:
    """
    Return the code of a text, or of its tree, with those flags; or raise `EditRejected` at the line of the mistake.

    Python compiles a text that is nested more deeply than a tree may be.
    """
    try:
        # Without `dont_inherit` the source would be compiled with this module's own __future__ imports.
        code: CodeType = compile(source, filename, "exec", flags=flags, dont_inherit=True)
    except SyntaxError as error:
        # Some mistakes, such as `await` in a plain function, are found only here.
        raise EditRejected(error.msg, stage="parse", line=error.lineno, column=error.offset) from None
    return code
