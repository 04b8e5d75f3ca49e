"""
A file that lines are added to, which never ends in the middle of one.

It is created for its owner only, and only one writer at a time may have it open, in this process or another. What a
full disk takes of a line is removed again. Where a writer was killed in the middle of a line, the next one begins a new
line.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

if sys.platform != "win32":
    try:
        import fcntl
    except ImportError:  # pragma: no cover  # some Pythons for the browser
        fcntl = None  # type: ignore[assignment]
else:  # pragma: no cover
    fcntl = None

OWNER_ONLY = 0o600
"""The mode of a file that is made; that of a file which is there stays."""

KINDS = {
    stat.S_IFDIR: (errno.EISDIR, "is a folder"),
    stat.S_IFIFO: (errno.EINVAL, "is a named pipe (FIFO), which blocks whoever opens it"),
    stat.S_IFSOCK: (errno.EINVAL, "is a socket"),
    stat.S_IFBLK: (errno.EINVAL, "is a disk"),
}
"""What cannot be written as a file, with the error's number and what it is."""

WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class Appended(NamedTuple):
    """What became of bytes that were added to a file."""

    whole: int
    """How many of them are in the file: all, or those up to the last line that is whole."""
    error: OSError | None = None


class LineFile:
    """
    A file that whole lines are added to; `open` opens it and `close` closes it.

    Args:
        path: the file; a symbolic link to a file stands for that file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._fd = -1
        self._left: tuple[int, int, int] | None = None
        """Device, number and size of the file when it was closed."""
        self._place = self.path
        """Where it was opened: the folder to which a relative path belongs may change."""
        self._size = 0
        """Bytes of it that are whole lines."""

    def check(self) -> None:
        """
        Look at the path without opening or making anything.

        Raises:
            OSError: it cannot be a file; of the class that Python has for the reason, such as FileNotFoundError.
        """
        try:
            mode = os.stat(self.path).st_mode
        except FileNotFoundError:
            self._check_folder()
        except OSError as error:
            raise self._refused(error.errno or errno.EIO, error.strerror or str(error)) from None
        else:
            self._check_kind(mode)

    def open(self) -> bool:
        """
        Open the file, made if there is none; return whether it has lines and is as `close` has left it.

        Raises:
            OSError: it cannot be written, or another writer has it open.
        """
        self.check()
        self._place = self.path.absolute()
        try:
            self._fd = self._opened()
        except OSError as error:
            raise self._refused(error.errno or errno.EIO, error.strerror or str(error)) from None
        try:
            self._check_kind(os.fstat(self._fd).st_mode)
            self._lock()
            self._begin_line()
            self._size = os.fstat(self._fd).st_size
            # An empty one has nothing to go on from, also where the system gives a new file the number of the old one.
            return self._size > 0 and self._left == self._now()
        except BaseException:
            self.close()
            raise

    def append(self, data: bytes | bytearray) -> Appended:
        """
        Add lines; where not all of them fit, the part of a line that did is removed again.

        Nothing is added, and the error says so, once the file is no longer the one that was opened: it was deleted,
        moved or made shorter, so that nobody would find there what is counted as written.
        """
        done = 0
        try:
            self._check_still_there()
            with memoryview(data) as view:
                while done < len(data):
                    done += os.write(self._fd, view[done:])
        except OSError as error:
            whole = data.rfind(b"\n", 0, done) + 1
            # What cannot be cut short, such as a device, keeps it; the next writer begins on a line of its own.
            with suppress(OSError):
                os.ftruncate(self._fd, os.fstat(self._fd).st_size - (done - whole))
            return Appended(whole, error)
        self._size += done
        return Appended(done)

    def close(self) -> None:
        """Close the file; does nothing when it is closed."""
        fd, self._fd = self._fd, -1
        if fd < 0:
            return
        try:
            self._left = _place_of(fd)
            if fcntl is not None:
                # A child process that was forked meanwhile has the file open too, and the lock with it.
                with suppress(OSError):
                    fcntl.flock(fd, fcntl.LOCK_UN)
        finally:
            os.close(fd)

    def forget(self) -> None:
        """Close this process's copy of a file that its parent goes on writing, whose lock stays."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _opened(self) -> int:
        flags = os.O_RDWR | os.O_APPEND | WITHOUT_WAITING
        try:
            return os.open(self.path, flags | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        except FileExistsError:
            return os.open(self.path, flags)

    def _check_still_there(self) -> None:
        try:
            there = os.stat(self._place)
        except FileNotFoundError:
            raise OSError(errno.ENOENT, "the file was deleted or moved while it was written") from None
        mine = os.fstat(self._fd)
        if not os.path.samestat(there, mine):
            raise OSError(errno.ESTALE, "the file was deleted or moved while it was written, and another is there now")
        if mine.st_size < self._size and stat.S_ISREG(mine.st_mode):
            raise OSError(errno.EIO, "another program made the file shorter while it was written")

    def _check_folder(self) -> None:
        if self.path.is_symlink():
            raise self._refused(errno.ENOENT, "is a symbolic link to a file that does not exist")
        if not self.path.parent.is_dir():
            raise self._refused(errno.ENOENT, f"there is no folder {self.path.parent}")

    def _check_kind(self, mode: int) -> None:
        known = KINDS.get(stat.S_IFMT(mode))
        if known is not None:
            raise self._refused(*known)

    def _lock(self) -> None:
        if fcntl is None:  # pragma: no cover  # Windows
            return
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise self._refused(errno.EAGAIN, "another playground writes to it") from None
        except OSError:
            # Some network drives have no locks.
            return

    def _begin_line(self) -> None:
        if os.fstat(self._fd).st_size:
            # The last writer may have stopped in the middle of a line.
            os.lseek(self._fd, -1, os.SEEK_END)
            if os.read(self._fd, 1) != b"\n":
                os.write(self._fd, b"\n")

    def _now(self) -> tuple[int, int, int]:
        return _place_of(self._fd)

    def _refused(self, number: int, why: str) -> OSError:
        return OSError(number, f"the log cannot spill to {self.path}: {why}; name another file in spill=")


def _place_of(fd: int) -> tuple[int, int, int]:
    found = os.fstat(fd)
    return found.st_dev, found.st_ino, found.st_size
