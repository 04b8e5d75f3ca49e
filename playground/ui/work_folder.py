"""
Copies of the notebooks to play with, so that the originals stay as they are.

Three digests decide what becomes of a copy: the original's now, the original's when it was copied, and the copy's.

    there is no copy                ──► copied
    the copy is still as copied     ──► brought up to the original
    the copy was changed            ──► kept; where the original has changed too, that is said

A copy that was changed is never overwritten. To start anew with it, delete it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

NAME = "playground-notebooks"
_COPIED = ".copied.json"


@dataclass(frozen=True)
class Copies:
    """What happened to the copies, by name of the file in the work folder."""

    folder: Path
    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()
    """Kept because they were changed here, while their originals are newer, or may be."""

    def lines(self) -> list[str]:
        """What a person should know about it, a sentence a line; the folder is in the first."""
        said = [f"your copies of the notebooks are in {self.folder}; the originals stay as they are"]
        if self.updated:
            said.append(f"brought up to date, since you had not changed them: {', '.join(self.updated)}")
        if self.outdated:
            names = ", ".join(self.outdated)
            said.append(f"the originals of these are newer, and your changes are kept: {names}; delete or rename yours")
        return said


def copy_notebooks(originals: Path, folder: Path) -> Copies:
    """
    Copy the notebooks in `originals`, and the files beside them, to `folder`, which is made.

    Raises:
        OSError: a file cannot be read or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    copied = _read(folder / _COPIED)
    added, updated, outdated = [], [], []
    for original in sorted(path for path in originals.rglob("*") if _is_wanted(path.relative_to(originals), path)):
        name = original.relative_to(originals).as_posix()
        copy = folder / name
        newest, mine = _digest(original), _digest(copy)
        if mine is None:
            added.append(name)
        elif mine != newest and mine == copied.get(name):
            updated.append(name)
        elif mine != newest:
            if copied.get(name) != newest:
                outdated.append(name)
            continue
        if mine != newest:
            _replace(original, copy)
        if newest is not None:
            copied[name] = newest
    _write(folder / _COPIED, json.dumps(copied, indent=1))
    return Copies(folder, tuple(added), tuple(updated), tuple(outdated))


def _is_wanted(name: Path, path: Path) -> bool:
    # A picture is the README's; what begins with a dot is somebody's own, such as checkpoints.
    return path.is_file() and path.suffix != ".png" and not any(part.startswith((".", "__")) for part in name.parts)


def _digest(path: Path) -> str | None:
    """None when there is nothing; what is no file, such as a folder, has a digest that no file has."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return "no file" if os.path.lexists(path) else None


def _replace(original: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    # Complete or not at all: a torn copy would be taken for a changed one for ever.
    fresh = copy.with_name(f".{copy.name}.{os.getpid()}")
    shutil.copyfile(original, fresh)
    os.replace(fresh, copy)


def _read(path: Path) -> dict[str, str]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        # Without it every copy that differs is taken for a changed one, and is kept.
        return {}
    return known if isinstance(known, dict) else {}


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)
