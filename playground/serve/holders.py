"""Which processes have a socket: a forked child has those of its parent, and TCP ends when the last has closed it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

PROCESSES = Path("/proc")


def number_of(fd: int) -> int | None:
    """Return the number that the system has for the socket behind a descriptor; None where it is closed."""
    try:
        return os.fstat(fd).st_ino
    except OSError:
        return None


def holders(number: int) -> tuple[int, ...] | None:
    """
    Return the numbers of the other processes that have a socket open.

    Args:
        number: the socket's, of `number_of`.

    Returns:
        None where the system does not tell, as everywhere but on Linux; there, those of one's own user are seen.
    """
    if not (PROCESSES / "self" / "fd").is_dir():
        return None
    name = f"socket:[{number}]"
    others = (one for one in PROCESSES.iterdir() if one.name.isdigit() and one.name != str(os.getpid()))
    return tuple(sorted(int(one.name) for one in others if name in _open_in(one)))


def _open_in(process: Path) -> set[str]:
    """Return what a process has open, as far as that may be known."""
    found = set()
    with suppress(OSError), os.scandir(process / "fd") as files:
        # A process that has ended, or is somebody else's, shows none.
        for file in files:
            with suppress(OSError):
                found.add(os.readlink(file.path))
    return found
