"""
From a fresh clone to a running command, with the standard library only.

    python3 -m playground test
      ├─ Python is too old ────────────► a message says what to install
      ├─ not in a checkout ────────────► go on here; the command says what is missing
      ├─ this Python has everything ───► go on here
      └─ otherwise, .venv in the checkout
           ├─ its stamp is fresh ──────► go on inside it
           ├─ pyproject.toml changed ──► install, stamp, go on inside it
           └─ none, unfinished, or
              made by another Python ──► make it, install, stamp, go on inside it

The stamp is written last, so that the next run notices an interrupted one. This module has to parse on Python 3.8, so
that an old Python can show the message.
"""

import hashlib
import importlib.util
import json
import operator
import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, NoReturn, Optional, Sequence, Tuple
from urllib.parse import urlparse
from urllib.request import url2pathname

DISTRIBUTION = "websocket-playground"
OLDEST_PYTHON = (3, 11)

#: The extras each command needs besides the base: what an environment must have to be used as it is.
NEEDS: Dict[str, Tuple[str, ...]] = {
    "lab": ("lab",),
    "test": ("lab", "test"),
    "smoke": ("lab",),
    "doctor": (),
}

#: Our own .venv always gets both, so that one stamp is enough and every command can start at once.
EXTRAS = ("lab", "test")

_HOLDS: Dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}

_STAMP = "playground-stamp"
_UNFINISHED = "playground-unfinished"


class CannotStart(Exception):
    """Something on this machine has to be changed first; the message says what."""


class Requirement(NamedTuple):
    """One package with its bounds, such as `starlette>=1.0,<2`."""

    name: str
    bounds: str

    def __str__(self) -> str:
        return self.name + self.bounds

    def installed(self) -> Optional[str]:
        """The installed version, None when there is none."""
        try:
            return metadata.version(self.name)
        except metadata.PackageNotFoundError:
            return None

    def allows(self, version: str) -> bool:
        """Whether `version` is within the bounds."""
        return all(_holds(version, bound) for bound in self.bounds.split(",") if bound)

    def problem(self) -> str:
        """What is wrong with the installed version, in a few words; empty if it is right."""
        version = self.installed()
        if version is None:
            return "{} is not installed".format(self)
        return "" if self.allows(version) else "{} is installed, {} is needed".format(version, self)


def check_python(version: Tuple[int, ...] = tuple(sys.version_info[:3])) -> None:
    """
    Refuse a Python that is too old.

    Raises:
        CannotStart: the message names a newer Python if the machine has one.
    """
    if version[:2] >= OLDEST_PYTHON:
        return
    newer = [name for name in ("python3.11", "python3.12", "python3.13", "python3.14") if shutil.which(name)]
    cure = "use {} instead of python3".format(newer[-1]) if newer else "install a newer Python first"
    raise CannotStart(
        "{} needs Python {}.{} or newer and this is {}.{}; {}".format(
            DISTRIBUTION, *OLDEST_PYTHON, version[0], version[1], cure
        )
    )


def ensure(command: str, arguments: Sequence[str]) -> None:
    """
    Return if this Python can run `command`; otherwise replace this process by the checkout's .venv and do not return.

    Raises:
        CannotStart: the .venv cannot be made; the message says what to install.
    """
    root = checkout()
    if root is None or (_inside_venv(root) and _is_fresh(root)):
        return
    lack = missing(command, root) or ("" if installed_from(root) else "this checkout is not installed in it")
    if not lack:
        return
    if not _is_fresh(root):
        if _is_chosen():
            say("the environment in {} is not used: {}".format(sys.prefix, lack))
        _prepare(root)
    _enter(root, arguments)


# What is there ----------------------------------------------------------------------------------------------


def checkout() -> Optional[Path]:
    """The folder of the clone that this package is in; None for an installed wheel."""
    root = Path(__file__).resolve().parent.parent
    pyproject = root / "pyproject.toml"
    if pyproject.is_file() and 'name = "{}"'.format(DISTRIBUTION) in pyproject.read_text(encoding="utf-8"):
        return root
    return None


def declared(root: Optional[Path]) -> Dict[str, List[Requirement]]:
    """The requirements per extra, the base's under ""; without a checkout they are the wheel's own."""
    if root is None:
        return _declared_by_wheel()
    import tomllib  # Not at the top: an old Python does not have it, but has to run check_python().

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = {"": project["dependencies"]}
    groups.update(project["optional-dependencies"])
    return {extra: [parse_requirement(line) for line in lines] for extra, lines in groups.items()}


def parse_requirement(line: str) -> Requirement:
    """Parse `name[extra]>=1,<2`; the extra is ignored."""
    found = re.match(r"\s*([A-Za-z0-9._-]+)\s*(?:\[[^]]*\])?\s*([^;]*)", line)
    if found is None:
        raise ValueError("{!r} is not a requirement; write it as name>=1.0".format(line))
    return Requirement(found.group(1), found.group(2).replace(" ", ""))


def missing(command: str, root: Optional[Path]) -> str:
    """The first requirement of `command` that this Python lacks, in a few words; empty if there is none."""
    groups = declared(root)
    for extra in ("",) + NEEDS[command]:
        for requirement in groups.get(extra, []):
            if requirement.problem():
                return requirement.problem()
    return ""


def installed_from(root: Path) -> bool:
    """
    Whether this Python has the checkout installed as editable.

    It is not enough that it can be imported, which always works in the clone's own folder: a kernel that starts in
    another folder would not find it, or find a different checkout.
    """
    try:
        origin = metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return False
    told = json.loads(origin or "{}")
    path = url2pathname(urlparse(told.get("url", "")).path)
    return bool(told.get("dir_info", {}).get("editable")) and Path(path).resolve() == root


def _is_fresh(root: Path) -> bool:
    """Whether the checkout's .venv was completed by this version of Python for the current pyproject.toml."""
    return interpreter(root).exists() and _read_stamp(root) == _stamp(root)


def interpreter(root: Path) -> Path:
    """The path of the Python in the checkout's .venv, which may not exist yet."""
    return root / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


# Making what is missing -----------------------------------------------------------------------------------


def _prepare(root: Path) -> None:
    """
    Update the checkout's .venv; make a new one if there is none or it cannot be used.

    Raises:
        CannotStart: the .venv cannot be made, or the packages cannot be installed.
    """
    venv = root / ".venv"
    # Before the install: a pyproject.toml that changes meanwhile is not what was installed.
    stamp = _stamp(root)
    reason = _why_make(root)
    if reason:
        if shutil.which("uv") is None:
            _need_ensurepip()
        say(reason)
        if venv.exists():
            shutil.rmtree(venv)
        venv.mkdir()
        (venv / _UNFINISHED).touch()
        _make(venv)
    else:
        say("bringing .venv up to date")
        (venv / _STAMP).unlink(missing_ok=True)
    _install(root)
    (venv / _STAMP).write_text(stamp, encoding="utf-8")
    (venv / _UNFINISHED).unlink(missing_ok=True)


def _install(root: Path) -> None:
    """
    Install the checkout with its extras into its .venv, with uv if it works, else with pip.

    Raises:
        CannotStart: neither uv nor pip could install it.
    """
    python = str(interpreter(root))
    what = ["-e", ".[{}]".format(",".join(EXTRAS))]
    uv = shutil.which("uv")
    if uv:
        say("installing with uv")
        if run([uv, "pip", "install", "--quiet", "--python", python] + what, root) == 0:
            return
        # uv may lack the proxy's certificate, or the index that pip is configured for.
        say("uv failed; trying pip")
    say("installing with pip, about 120 packages; this takes a minute")
    _give_pip(python, root)
    if run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"] + what, root) != 0:
        raise CannotStart("pip could not install into .venv, see above; fix that and run the same command again")


def run(argv: List[str], folder: Path, *, quiet: bool = False) -> int:
    """Run a program in `folder` and return its exit code; `quiet` hides its output."""
    output = subprocess.DEVNULL if quiet else None
    return subprocess.call(argv, cwd=str(folder), stdout=output, stderr=output)


def become(argv: List[str]) -> NoReturn:
    """Replace this process by another program, which gets the terminal and the signals."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "nt":
        # Windows' execv returns to the shell before the new program has ended.
        sys.exit(subprocess.call(argv))
    os.execv(argv[0], argv)


def say(line: str) -> None:
    """Print a line about the progress; on stderr, because stdout belongs to the command."""
    print("playground: " + line, file=sys.stderr, flush=True)


def _why_make(root: Path) -> str:
    venv = root / ".venv"
    here = _python_version()
    stamped = _read_stamp(root).split(" ")[0]
    if not venv.exists():
        return "making .venv with Python {}; only this once".format(here)
    if (venv / _UNFINISHED).exists():
        return "making .venv again: the last run did not finish it"
    if not interpreter(root).exists():
        return "making .venv again: there is no Python in it any more"
    if stamped and stamped != here:
        return "making .venv again: it was made with Python {}, this is {}".format(stamped, here)
    return ""


def _make(venv: Path) -> None:
    # Without pip, which takes seconds and is not needed with uv; install() adds it if it is needed.
    if run([sys.executable, "-m", "venv", "--without-pip", str(venv)], venv.parent) != 0:
        raise CannotStart("Python's venv module could not make .venv, see above; fix that and try again")


def _give_pip(python: str, root: Path) -> None:
    if run([python, "-m", "pip", "--version"], root, quiet=True) == 0:
        return
    _need_ensurepip()
    if run([python, "-m", "ensurepip"], root, quiet=True) != 0:
        raise CannotStart("`{} -m ensurepip` failed; run it by hand to see why".format(python))


def _need_ensurepip() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        raise CannotStart(
            "this Python ({}) cannot make a virtual environment, because its module ensurepip is missing; "
            "on Debian or Ubuntu run `apt install python3-venv` as root, then try again".format(sys.executable)
        )


def _enter(root: Path, arguments: Sequence[str]) -> NoReturn:
    python = interpreter(root)
    # As `activate` does, so that a terminal inside JupyterLab finds the same Python.
    os.environ["VIRTUAL_ENV"] = str(root / ".venv")
    os.environ["PATH"] = os.pathsep.join([str(python.parent), os.environ.get("PATH", os.defpath)])
    os.environ.pop("PYTHONHOME", None)
    become([str(python), "-m", "playground"] + list(arguments))


def _is_chosen() -> bool:
    # A venv or conda environment was activated, so the user has to be told why it is not used.
    return sys.prefix != sys.base_prefix or "CONDA_PREFIX" in os.environ


def _inside_venv(root: Path) -> bool:
    return Path(sys.prefix).resolve() == (root / ".venv").resolve()


def _stamp(root: Path) -> str:
    digest = hashlib.sha256((root / "pyproject.toml").read_bytes()).hexdigest()
    return "{} {}".format(_python_version(), digest)


def _read_stamp(root: Path) -> str:
    stamp = root / ".venv" / _STAMP
    return stamp.read_text(encoding="utf-8") if stamp.is_file() else ""


def _python_version() -> str:
    return "{}.{}".format(*sys.version_info[:2])


def _declared_by_wheel() -> Dict[str, List[Requirement]]:
    groups: Dict[str, List[Requirement]] = {}
    for line in metadata.requires(DISTRIBUTION) or []:
        extra = re.search(r"extra\s*==\s*['\"]([\w-]+)['\"]", line)
        groups.setdefault(extra.group(1) if extra else "", []).append(parse_requirement(line))
    return groups


def _holds(version: str, bound: str) -> bool:
    found = re.match(r"(>=|<=|==|!=|>|<)(\d[\w.]*)$", bound)
    if found is None:
        raise ValueError("{!r} is not a bound that can be read here; write it as >=1.0".format(bound))
    return _HOLDS[found.group(1)](_release(version), _release(found.group(2)))


def _release(version: str) -> Tuple[int, ...]:
    # Without trailing zeros, so that 1.0 is 1.0.0; without the suffix of a pre-release.
    found = re.match(r"\d+(\.\d+)*", version.strip())
    numbers = [int(part) for part in found.group().split(".")] if found else [0]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
