"""Source text -> syntax tree -> code, or `EditRejected` at the line of the mistake."""

from __future__ import annotations

import ast
from types import CodeType

from playground.core.errors import EditRejected


def parse(source: str, filename: str) -> ast.Module:
    """Return the syntax tree, or raise `EditRejected` at the line of the mistake."""
    try:
        return ast.parse(source, filename)
    except SyntaxError as error:
        message = f"line {error.lineno}: {error.msg}"
        raise EditRejected(message, stage="parse", line=error.lineno, column=error.offset) from None
    except ValueError as error:
        raise EditRejected(f"the source cannot be read: {error}", stage="parse") from None


def compiled(tree: ast.Module, filename: str) -> CodeType:
    """Return the code of a tree, or raise `EditRejected` at the line of the mistake."""
    try:
        # Without `dont_inherit` the source would be compiled with this module's own __future__ imports.
        code: CodeType = compile(tree, filename, "exec", dont_inherit=True)
    except SyntaxError as error:
        # Some mistakes, such as `await` in a plain function, are found only here.
        message = f"line {error.lineno}: {error.msg}"
        raise EditRejected(message, stage="parse", line=error.lineno, column=error.offset) from None
    return code
