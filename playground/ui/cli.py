"""
`playground …`: the command line.

A command's modules are imported when it runs, so that `--help` works, and a mistyped command fails, before anything is
installed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from playground import bootstrap
from playground.common.text import one_line, printable
from playground.common.version import VERSION
from playground.ui import lab_address, work_folder

START = "00_start_here.ipynb"
_PACKAGED = Path(__file__).resolve().parent.parent / "_notebooks"


def main(argv: list[str] | None = None) -> int:
    """Run one command in this Python and return its exit code; the `playground` script calls this."""
    try:
        return run(parse(sys.argv[1:] if argv is None else argv))
    except bootstrap.CannotStart as refusal:
        print(printable(f"playground: {refusal}"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def parse(argv: list[str]) -> argparse.Namespace:
    """
    Parse the arguments: `command`, its options, and `rest` for the program that it runs.

    Everything after `test` is for pytest, everything after `--` is for JupyterLab; argparse sees neither.
    """
    if not argv or (argv[0].startswith("-") and argv[0] not in ("-h", "--help", "--version")):
        argv = ["lab", *argv]
    own, rest = (argv[:1], argv[1:]) if argv[0] == "test" else _split(argv)
    parser = _parser()
    options = parser.parse_args(own)
    if rest and options.command not in ("lab", "test"):
        parser.error(f"`{options.command}` passes nothing on; leave out `-- {one_line(' '.join(rest))}`")
    options.rest = rest
    return options


def run(options: argparse.Namespace) -> int:
    """
    Run a parsed command and return its exit code.

    Raises:
        CannotStart: this Python lacks something that the command needs.
    """
    if options.command == "doctor":
        from playground.ui import doctor

        return doctor.main()
    _need(options.command)
    if options.command == "lab":
        return _lab(options.rest, here=options.here)
    if options.command == "test":
        return _test(options.rest)
    return _smoke(options.paths, options.timeout)


def lab_command(notebook: Path, extra: list[str]) -> list[str]:
    """The JupyterLab to start, opened on `notebook`, with its files beginning one folder above."""
    root = notebook.parent.parent
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}"]
    # Not as an argument, which only a browser opened by Lab would follow; this is part of the printed URL.
    command.append(f"--LabApp.default_url=/lab/tree/{notebook.relative_to(root).as_posix()}")
    # What the server tells about every request would push the address out of sight; `-- --debug` shows all of it.
    command.append("--Application.log_level=WARN")
    command.append(f"--ServerApp.jpserver_extensions={lab_address.__name__}=True")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Otherwise Lab refuses to start as root, which is usual in a container.
        command.append("--allow-root")
    if not lab_address.has_display() and "--no-browser" not in extra:
        command.append("--no-browser")
    return command + extra


def originals() -> Path:
    """
    The folder of notebooks as they come: the checkout's, else those in the wheel.

    Raises:
        CannotStart: there are none.
    """
    root = bootstrap.checkout()
    folder = _PACKAGED if root is None else root / "notebooks"
    if not (folder / START).is_file():
        raise bootstrap.CannotStart(f"there is no {START} in {folder}; get the notebooks with a fresh clone")
    return folder


def work_notebooks() -> work_folder.Copies:
    """
    Your copies of the notebooks, made or completed: in the checkout, else in the current folder.

    Raises:
        CannotStart: they cannot be copied.
    """
    folder = (bootstrap.checkout() or Path.cwd()) / work_folder.NAME
    try:
        return work_folder.copy_notebooks(originals(), folder)
    except OSError as error:
        raise bootstrap.CannotStart(
            f"the notebooks cannot be copied to {folder}: {error}; make room there, or open the originals with --here"
        ) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="playground", description="A WebSocket laboratory inside a notebook.")
    parser.add_argument("--version", action="version", version=f"{bootstrap.DISTRIBUTION} {VERSION}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="lab | test | smoke | doctor")
    lab = commands.add_parser("lab", help="open JupyterLab on your copies of the notebooks (the default)")
    lab.epilog = "What follows -- is for JupyterLab, such as `playground lab -- --port=9000`."
    lab.add_argument("--here", action="store_true", help="open the originals of the checkout, to edit them")
    commands.add_parser("test", help="run the tests; everything that follows is for pytest")
    smoke = commands.add_parser("smoke", help="run notebooks headless, a fresh kernel each")
    smoke.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="notebooks or folders (the originals)")
    smoke.add_argument("--timeout", type=_seconds, default=60.0, metavar="S", help="seconds per cell (60)")
    commands.add_parser("doctor", help="say what is installed, what is missing and what would break")
    return parser


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in argv:
        return argv, []
    at = argv.index("--")
    return argv[:at], argv[at + 1 :]


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not seconds > 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time; give seconds above 0, such as 60")
    return seconds


def _need(command: str) -> None:
    root = bootstrap.checkout()
    if command == "test" and root is None:
        raise bootstrap.CannotStart("the tests come with a checkout, not with a wheel; clone the project to run them")
    lack = bootstrap.missing(command, root)
    if not lack:
        return
    if root is None:
        cure = f"run `pip install '{bootstrap.DISTRIBUTION}[{','.join(bootstrap.NEEDS[command])}]'`"
    else:
        cure = f"run `python3 -m playground {command}` in {root}, which installs it"
    raise bootstrap.CannotStart(f"`{command}` cannot run: {lack}; {cure}")


def _lab(extra: list[str], *, here: bool) -> int:
    if here and bootstrap.checkout() is None:
        raise bootstrap.CannotStart("--here opens the originals of a checkout, and this is a wheel; leave --here out")
    if here:
        folder, notes = originals(), ["these are the original notebooks; what you save changes the checkout"]
    else:
        copies = work_notebooks()
        folder, notes = copies.folder, copies.lines()
    os.environ[lab_address.NOTES] = "\n".join(printable(note) for note in notes)
    bootstrap.become(lab_command(folder / START, extra))


def _test(extra: list[str]) -> int:
    # In the checkout, so that pytest finds its configuration.
    return subprocess.call([sys.executable, "-m", "pytest", *extra], cwd=bootstrap.checkout())


def _smoke(paths: list[Path], timeout: float) -> int:
    from playground.ui import smoke

    return smoke.main(paths or [originals()], timeout=timeout)
