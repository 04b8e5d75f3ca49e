"""The command line: what is parsed, what is started, and what is refused."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from playground import bootstrap
from playground.ui import cli, lab_address, smoke


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """As in an installed wheel: no checkout, packaged notebooks, and an empty working directory."""
    packaged = tmp_path / "package" / "_notebooks"
    packaged.mkdir(parents=True)
    (packaged / cli.START).write_text("packaged")
    (packaged / "01_next.ipynb").write_text("packaged")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(cli, "_PACKAGED", packaged)
    monkeypatch.setattr(bootstrap, "checkout", lambda: None)
    return here


@pytest.mark.parametrize(
    ("argv", "command", "rest"),
    [
        ([], "lab", []),
        (["lab"], "lab", []),
        (["lab", "--", "--port", "9000"], "lab", ["--port", "9000"]),
        (["--", "--port", "9000"], "lab", ["--port", "9000"]),
        (["test"], "test", []),
        (
            ["test", "-k", "environment", "-x", "--", "tests"],
            "test",
            ["-k", "environment", "-x", "--", "tests"],
        ),
        (["test", "--help"], "test", ["--help"]),
        (["doctor"], "doctor", []),
        (["--here", "--", "--port", "9000"], "lab", ["--port", "9000"]),
    ],
)
def test_what_follows_a_command_reaches_its_program(argv, command, rest):
    """No command means lab; pytest gets everything, JupyterLab what follows `--`."""
    options = cli.parse(argv)

    assert (options.command, options.rest) == (command, rest)


def test_smoke_takes_paths_and_a_timeout():
    """Both have defaults."""
    assert cli.parse(["smoke"]).timeout == 60
    options = cli.parse(["smoke", "a.ipynb", "b", "--timeout", "2.5"])

    assert (options.paths, options.timeout) == ([Path("a.ipynb"), Path("b")], 2.5)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["lbb"], "invalid choice: 'lbb'"),
        (["lab", "--port", "9000"], "--port"),
        (["smoke", "--timeout", "soon"], "'soon' is not a time; give seconds above 0"),
        (["smoke", "--timeout", "0"], "'0' is not a time"),
        (["smoke", "--timeout", "nan"], "'nan' is not a time"),
        (["doctor", "--", "x"], "`doctor` passes nothing on; leave out `-- x`"),
    ],
)
def test_a_mistake_is_named(argv, words, capsys):
    """The message has the mistake in it, and the exit code is argparse's."""
    with pytest.raises(SystemExit) as stopped:
        cli.parse(argv)

    assert stopped.value.code == 2
    assert words in capsys.readouterr().err


def test_lab_as_root_is_allowed_in(monkeypatch):
    """JupyterLab refuses root without the option."""
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    assert "--allow-root" in cli.lab_command(Path("/c/notebooks/a.ipynb"), [])

    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    assert "--allow-root" not in cli.lab_command(Path("/c/notebooks/a.ipynb"), [])


@pytest.mark.parametrize(
    ("platform", "variable", "shown"),
    [
        ("linux", None, False),
        ("linux", "DISPLAY", True),
        ("linux", "WAYLAND_DISPLAY", True),
        ("darwin", None, True),
    ],
)
def test_a_browser_is_opened_where_there_is_a_display(platform, variable, shown, monkeypatch):
    """Without one, JupyterLab would start a text browser, or fail."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    if variable:
        monkeypatch.setenv(variable, ":0")

    assert ("--no-browser" in cli.lab_command(Path("/c/notebooks/a.ipynb"), [])) is not shown


def test_lab_opens_the_notebook_with_its_neighbours_in_reach():
    """The file browser begins one folder above, and extra options come last, so that they win."""
    command = cli.lab_command(Path("/c/notebooks/a.ipynb"), ["--port", "9000"])

    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert "--LabApp.default_url=/lab/tree/notebooks/a.ipynb" in command
    assert f"--ServerApp.root_dir={Path('/c')}" in command
    assert command[-2:] == ["--port", "9000"]


def test_lab_goes_on_as_jupyterlab(monkeypatch, wheel):
    """It becomes that program, so that Ctrl+C and the exit code are JupyterLab's own."""
    became = []
    monkeypatch.setattr(bootstrap, "become", became.append)

    cli.main(["lab", "--", "--port", "9000"])

    [command] = became
    assert f"--LabApp.default_url=/lab/tree/playground-notebooks/{cli.START}" in command
    assert f"--ServerApp.root_dir={wheel}" in command
    assert command[-2:] == ["--port", "9000"]


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """As in a checkout, with one notebook."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / cli.START).write_text("original")
    monkeypatch.setattr(bootstrap, "checkout", lambda: tmp_path)
    monkeypatch.setattr(cli, "_need", lambda command: None)
    return tmp_path


def test_lab_opens_copies_so_that_playing_does_not_change_the_checkout(clone, monkeypatch):
    """They are in a folder that git does not look at, and what is said last names it."""
    became = []
    monkeypatch.setattr(bootstrap, "become", became.append)
    monkeypatch.setenv(lab_address.NOTES, "")

    cli.main(["lab"])

    copies = clone / "playground-notebooks"
    assert f"--LabApp.default_url=/lab/tree/playground-notebooks/{cli.START}" in became[0]
    assert (copies / cli.START).read_text() == "original"
    assert str(copies) in os.environ[lab_address.NOTES]
    ignored = (Path(__file__).parents[2] / ".gitignore").read_text().splitlines()
    assert "playground-notebooks/" in ignored


def test_lab_opens_the_originals_with_here(clone, monkeypatch):
    """For whoever writes them; nothing is copied."""
    became = []
    monkeypatch.setattr(bootstrap, "become", became.append)
    monkeypatch.setenv(lab_address.NOTES, "")

    cli.main(["lab", "--here"])

    assert f"--LabApp.default_url=/lab/tree/notebooks/{cli.START}" in became[0]
    assert not (clone / "playground-notebooks").exists()
    assert "what you save changes the checkout" in os.environ[lab_address.NOTES]


def test_a_wheel_has_no_originals_to_edit(wheel, capsys):
    """They are inside the installed package."""
    assert cli.main(["lab", "--here"]) == 1

    assert "leave --here out" in capsys.readouterr().err


def test_a_work_folder_that_cannot_be_made_is_told(wheel, capsys):
    """With the reason and another way."""
    (wheel / "playground-notebooks").write_text("a file")

    assert cli.main(["lab"]) == 1

    said = capsys.readouterr().err
    assert f"cannot be copied to {wheel / 'playground-notebooks'}" in said
    assert "--here" in said


def test_smoke_runs_the_originals(clone, monkeypatch):
    """Not the copies, which somebody may have changed."""
    ran = []
    monkeypatch.setattr(smoke, "main", lambda paths, timeout: ran.append(paths) or 0)

    assert cli.main(["smoke"]) == 0
    assert ran == [[clone / "notebooks"]]


def test_a_wheel_has_no_tests(wheel, capsys):
    """One sentence says where they are."""
    assert cli.main(["test"]) == 1

    assert "the tests come with a checkout" in capsys.readouterr().err


def test_a_wheel_without_the_extra_says_what_to_install(wheel, monkeypatch, capsys):
    """The sentence holds the missing package and the command that brings it."""
    monkeypatch.setattr(bootstrap, "missing", lambda command, root: "jupyterlab>=4.4 is not installed")

    assert cli.main(["lab"]) == 1
    said = capsys.readouterr().err
    assert "`lab` cannot run: jupyterlab>=4.4 is not installed" in said
    assert "pip install 'websocket-playground[lab]'" in said


def test_test_runs_pytest_in_the_checkout(monkeypatch):
    """Its arguments are passed on, and its exit code is ours."""
    calls = []
    monkeypatch.setattr(subprocess, "call", lambda argv, cwd: calls.append((argv, cwd)) or 5)

    assert cli.main(["test", "-k", "log"]) == 5
    assert calls == [([sys.executable, "-m", "pytest", "-k", "log"], bootstrap.checkout())]


def test_the_command_line_needs_nothing_but_python():
    """`--help` answers in a fresh clone, so importing it must not import what is not installed yet."""
    code = "import sys; from playground.ui import cli; print(*sorted({n.split('.')[0] for n in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    for heavy in ("starlette", "uvicorn", "websockets", "IPython", "ipywidgets", "anywidget", "nbclient"):
        assert heavy not in loaded


def test_the_version_is_the_one_that_is_built(capsys):
    """It is written down twice, in the package and in pyproject.toml."""
    with pytest.raises(SystemExit):
        cli.parse(["--version"])

    assert capsys.readouterr().out == f"websocket-playground {metadata.version('websocket-playground')}\n"
