"""
`playground doctor`: what is installed, what is missing, and what would break.

`checks()` decides and `main()` prints; nothing is changed and nothing is started.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playground import bootstrap
from playground.bootstrap import Requirement
from playground.common.text import printable
from playground.ui import work_folder
from playground.ui.nesting import old_nesting_applied, old_nesting_version

#: Names that Chromium and its relatives go by; Playwright can drive each of them.
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_CHROMIUM_PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
FIREFOX_NAMES = ("firefox-esr", "firefox")
_FIREFOX_PLACES = (
    "/Applications/Firefox.app/Contents/MacOS/firefox",
    "C:/Program Files/Mozilla Firefox/firefox.exe",
)
_STATIC = Path(__file__).resolve().parent / "static"

#: What goes wrong when a version is out of bounds, for packages where that is not obvious.
_WHY = {
    "ipykernel": "older ones run widget callbacks on another thread, and the panel's buttons do nothing",
    "uvicorn": "older ones use websockets' legacy API",
    "starlette": "the endpoints are written for 1.x",
    "jupyter-server-proxy": "pages cannot be reached through JupyterHub or Binder",
    "httpx2": "Starlette's TestClient warns about httpx, and warnings are errors in the tests",
    "nest-asyncio2": "`asyncio.run()` in a cell cannot be made to work",
}

_USES = {"": "everything", "lab": "`playground lab`", "test": "`playground test`"}


@dataclass(frozen=True)
class Check:
    """One finding, on one line: `ok`, `warn` for something to know, `bad` for something that would break."""

    level: Literal["ok", "warn", "bad"]
    subject: str
    finding: str

    def __str__(self) -> str:
        return printable(f"{self.level:<5}{self.subject:<22}{self.finding}")


def main() -> int:
    """Print every finding; return 1 when something would break, else 0."""
    found = checks()
    for check in found:
        print(check)
    bad = sum(check.level == "bad" for check in found)
    print(f"\n{bad} of {len(found)} would break something" if bad else "\nnothing would break")
    return 1 if bad else 0


def checks() -> list[Check]:
    """All findings about this Python and this machine, the most basic first."""
    return [
        check_python(sys.version_info[:3]),
        _check_installation(),
        *check_packages(),
        *check_nest_asyncio(),
        check_static(_STATIC),
        check_notebooks((bootstrap.checkout() or Path.cwd()) / work_folder.NAME),
        check_browser("chromium", find_chromium()),
        check_browser("firefox-esr", find_firefox()),
        *_check_root(),
    ]


def check_python(version: tuple[int, ...]) -> Check:
    """Whether Python is new enough."""
    text = ".".join(str(part) for part in version)
    if version[:2] < bootstrap.OLDEST_PYTHON:
        oldest = ".".join(str(part) for part in bootstrap.OLDEST_PYTHON)
        return Check("bad", "python", f"{text} is too old; {oldest} or newer is needed")
    return Check("ok", "python", f"{text}  {sys.executable}")


def _check_installation() -> Check:
    """Whether a kernel in another folder would import this very package."""
    root = bootstrap.checkout()
    if root is not None and not bootstrap.installed_from(root):
        cure = f"run `python3 -m playground test` in {root}, or `pip install -e .`"
        return Check("bad", bootstrap.DISTRIBUTION, f"a notebook would not find this checkout; {cure}")
    version = Requirement(bootstrap.DISTRIBUTION, "").installed() or "of unknown version"
    return Check("ok", bootstrap.DISTRIBUTION, f"{version}  {root or Path(__file__).resolve().parents[1]}")


def check_packages(installed: Callable[[str], str | None] | None = None) -> Iterator[Check]:
    """
    Every dependency compared with its bounds, grouped by extra.

    Args:
        installed: returns the version of a package or None; by default that in this Python.
    """
    root = bootstrap.checkout()
    for extra, requirements in bootstrap.declared(root).items():
        if extra == "test" and root is None:
            continue  # The tests come with a checkout only.
        for requirement in requirements:
            version = installed(requirement.name) if installed else requirement.installed()
            yield _check_package(requirement, extra, version)


def check_nest_asyncio() -> Iterator[Check]:
    """The unmaintained nest_asyncio: a warning if it is installed, bad if it is applied in this process."""
    version = old_nesting_version()
    if old_nesting_applied():
        finding = "applied in this process: ipykernel 7 loses queued cells; restart without it"
        yield Check("bad", "nest-asyncio", finding)
    elif version is not None:
        finding = f"{version} is unmaintained, and loses queued cells once applied; use nest-asyncio2"
        yield Check("warn", "nest-asyncio", finding)


def check_static(folder: Path) -> Check:
    """Whether the panel's built files exist."""
    files = sorted(path.name for path in folder.glob("*") if path.suffix in (".js", ".css"))
    if not any(name.endswith(".js") for name in files):
        return Check("bad", "panel", f"no script in {folder}; install again, or build playground/ui/frontend")
    return Check("ok", "panel", ", ".join(files))


def check_notebooks(folder: Path) -> Check:
    """Where `playground lab` keeps the copies that it opens, and whether it can."""
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        finding = f"{nearest} cannot be written to; `playground lab` needs {folder}, or run it in another folder"
        return Check("warn", "notebooks", finding)
    if folder == nearest:
        return Check("ok", "notebooks", f"your copies are in {folder}")
    return Check("ok", "notebooks", f"`playground lab` copies them to {folder}")


def check_browser(package: str, found: str | None, *, ci: bool | None = None) -> Check:
    """Whether the tests in a browser can run; without it they are skipped, and in CI they fail."""
    if found:
        return Check("ok", package, found)
    in_ci = bool(os.environ.get("CI")) if ci is None else ci
    finding = "not found; its browser tests " + ("fail in CI" if in_ci else "are skipped")
    return Check("bad" if in_ci else "warn", package, f"{finding}; on Debian run `apt install {package}`")


def _check_root() -> Iterator[Check]:
    """A warning for root: notebooks then run as root too."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        yield Check("warn", "user", "root; `playground lab` starts JupyterLab with --allow-root")


def find_chromium(places: Iterable[str] = _CHROMIUM_PLACES) -> str | None:
    """The path of a Chromium on this machine, for Playwright's `executable_path`; None when there is none."""
    return _find(CHROMIUM_NAMES, places)


def find_firefox(places: Iterable[str] = _FIREFOX_PLACES) -> str | None:
    """The path of a Firefox on this machine; None when there is none."""
    return _find(FIREFOX_NAMES, places)


def _find(names: Iterable[str], places: Iterable[str]) -> str | None:
    for name in names:
        if path := shutil.which(name):
            return path
    return next((place for place in places if Path(place).is_file()), None)


def _check_package(requirement: Requirement, extra: str, version: str | None) -> Check:
    why = _WHY.get(requirement.name, "")
    reason = f": {why}" if why else ""
    if version is None:
        cure = f"`pip install '{bootstrap.DISTRIBUTION}{f'[{extra}]' if extra else ''}'`"
        use = _USES.get(extra, extra)
        # A user may have left an extra out on purpose.
        level: Literal["warn", "bad"] = "warn" if extra else "bad"
        return Check(level, requirement.name, f"not installed, {use} needs {requirement}: {cure}")
    if not requirement.allows(version):
        return Check("bad", requirement.name, f"{version}, but {requirement} is needed{reason}")
    return Check("ok", requirement.name, version)
