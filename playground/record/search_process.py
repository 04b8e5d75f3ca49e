"""
The program of a process that runs regular expressions, for `playground.record.searching`.

It is run as a file and imports nothing of the package. A request is a head of `HEAD` and a text; an answer is one of
`FOUND`, `NOTHING`, `LATE`, `FULL` and `WRONG`, the last with a message.
"""

from __future__ import annotations

import struct
import sys
from typing import Any, BinaryIO

HEAD = struct.Struct("<cIdQ")
"""What is asked for, the expression's number, how many seconds it may take, and how many bytes of text follow."""

CHECK, COMPILE, SEARCH = b"k", b"c", b"s"
"""Whether `re` takes the expression; the expression as `regex` reads it; a text to search in."""

READY, FOUND, NOTHING, LATE, FULL, WRONG = b"r", b"1", b"0", b"l", b"f", b"w"

LENGTH = struct.Struct("<I")
"""How many bytes of a message follow."""

MEMORY = 1 << 30
"""The most bytes of memory, where the system can limit it."""


def main(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more."""
    searches: dict[int, Any] = {}
    answers.write(READY)
    answers.flush()
    while head := requests.read(HEAD.size):
        op, number, seconds, size = HEAD.unpack(head)
        data = requests.read(size)
        answers.write(answer(searches, op, number, seconds, data))
        answers.flush()


def answer(searches: dict[int, Any], op: bytes, number: int, seconds: float, data: bytes) -> bytes:
    """Return the answer to one request; an expression that is compiled is put into `searches`."""
    import re

    import regex

    try:
        text = data.decode("utf-8", "surrogatepass")
        if op == SEARCH:
            return FOUND if searches[number](text, timeout=seconds) else NOTHING
        if op == CHECK:
            re.compile(text)
        else:
            searches[number] = regex.compile(text, regex.VERSION0).search
    except TimeoutError:
        return LATE
    except MemoryError:
        return FULL
    except (re.error, regex.error, RecursionError, OverflowError) as error:
        message = str(error).encode("utf-8", "backslashreplace")
        return WRONG + LENGTH.pack(len(message)) + message
    return NOTHING


def limit_memory() -> None:
    """Let allocations beyond `MEMORY` fail, where the system can do so."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    except (ImportError, ValueError, OSError):
        # Windows has no such limit, and macOS refuses it.
        return


if __name__ == "__main__":
    # Where `regex` is; without `site` the process starts in half the time.
    sys.path.append(sys.argv[1])
    limit_memory()
    main(sys.stdin.buffer, sys.stdout.buffer)
