"""
Searching: a process that runs regular expressions, and is ended when one takes too long.

The time limit of `regex` is looked at after every 256 steps, and one step may walk over the whole text: `\\w+[!?]` on
16 MiB goes on for 13 s after its time, and a set of 3,000 characters for hours. Some expressions are slow or large
before they search at all. Nothing in the process itself can stop that; ending another process always works, and gives
its memory back.
"""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from time import perf_counter
from typing import Any

import regex

from playground.record import search_process as protocol

GRACE = 0.25
"""Seconds after the time limit in which the process may still say itself that it was too slow."""

START = 10.0
"""Seconds in which the process has to start."""

COMPILING = 2.0
"""Seconds that compiling one expression may take."""


class NoProcess(Exception):
    """No process can be started here, such as in a browser."""


class Wrong(Exception):
    """The expression is none; the message says why."""


class Searching:
    """
    Runs the regular expressions of one filter in a process of its own, which starts with the first request.

    The process ends with this object. One that was ended because it took too long starts anew with the next request.
    """

    def __init__(self) -> None:
        self._expressions: dict[int, str] = {}
        self._compiled: set[int] = set()
        self._process: subprocess.Popen[bytes] | None = None
        self._closing: weakref.finalize[Any, Any] | None = None
        self._lock = threading.Lock()

    def add(self, number: int, pattern: str, source: str) -> None:
        """
        Check a pattern with `re`, and keep it as `regex` reads it for `search`.

        Raises:
            Wrong: `re` does not take it.
            TimeoutError, MemoryError: it takes too long, or too much memory, to be compiled.
            NoProcess: there can be no process here.
        """
        with self._lock:
            self._ask(protocol.CHECK, number, pattern, COMPILING)
            self._expressions[number] = source
            self._compile(number)

    def search(self, number: int, text: str, seconds: float) -> bool:
        """
        Return whether an expression that was added matches somewhere in the text.

        Raises:
            TimeoutError, MemoryError, NoProcess: as for `add`.
        """
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                self.close()
            if number not in self._compiled:
                self._compile(number)
            return self._ask(protocol.SEARCH, number, text, seconds) == protocol.FOUND

    def close(self) -> None:
        """End the process."""
        if self._closing is not None:
            self._closing()
        self._process = None
        self._compiled.clear()

    def _compile(self, number: int) -> None:
        self._ask(protocol.COMPILE, number, self._expressions[number], COMPILING)
        self._compiled.add(number)

    def _ask(self, op: bytes, number: int, text: str, seconds: float) -> bytes:
        data = text.encode("utf-8", "surrogatepass")
        head = protocol.HEAD.pack(op, number, seconds, len(data))
        process = self._process or self._start()
        try:
            answer = _exchange(process, [head, data], seconds + GRACE)
        except BaseException:
            # Also where somebody interrupts: its answer would be taken for that to the next request.
            self.close()
            raise
        if answer == protocol.LATE:
            raise TimeoutError
        if answer == protocol.FULL:
            self.close()
            raise MemoryError
        if answer[:1] == protocol.WRONG:
            raise Wrong(answer[1:].decode("utf-8", "replace"))
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        program, packages = Path(protocol.__file__), Path(regex.__file__).parents[1]
        own_group: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            own_group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
        if not sys.executable:
            raise NoProcess("this Python does not know its own program")
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", os.fspath(program), os.fspath(packages)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                **own_group,
            )
        except OSError as error:
            raise NoProcess(str(error)) from None
        self._process = process
        self._closing = weakref.finalize(self, _end, process, os.getpid())
        try:
            _exchange(process, [], START)
        except (TimeoutError, MemoryError):
            self.close()
            raise NoProcess(f"{sys.executable} does not start") from None
        except BaseException:
            self.close()
            raise
        return process


def _exchange(process: subprocess.Popen[bytes], request: list[bytes], seconds: float) -> bytes:
    """
    Return the answer to a request, or end the process.

    Raises:
        TimeoutError: it came not in time.
        MemoryError: the process ended by itself, which is what too little memory does.
    """
    assert process.stdin is not None and process.stdout is not None
    until = perf_counter() + seconds
    # Its pipes cannot be waited for with a time limit on all systems, but they end with it.
    watchdog = threading.Timer(seconds, process.kill)
    watchdog.daemon = True
    watchdog.start()
    try:
        for part in request:
            process.stdin.write(part)
        process.stdin.flush()
        answer = process.stdout.read(1)
        if answer == protocol.WRONG:
            (size,) = protocol.LENGTH.unpack(process.stdout.read(protocol.LENGTH.size))
            answer += process.stdout.read(size)
    except (OSError, struct.error):
        answer = b""
    finally:
        watchdog.cancel()
    if not answer:
        raise TimeoutError if perf_counter() >= until else MemoryError
    return answer


def _end(process: subprocess.Popen[bytes], owner: int) -> None:
    # A forked child has the same object, and must leave the process to its parent.
    if os.getpid() == owner:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            # What was not written yet has nobody to read it.
            with contextlib.suppress(OSError):
                pipe.close()
