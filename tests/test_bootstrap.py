"""From a fresh clone to a running command, without network: a fake plays pip, uv and venv."""

import ast
import importlib.util
import json
import sys
from importlib import metadata
from pathlib import Path

import pytest

from playground import bootstrap

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = """
[project]
name = "websocket-playground"
dependencies = ["surely-not-installed>=1"]
[project.optional-dependencies]
lab = ["another-missing-thing>=2"]
test = ["pytest>=8"]
"""


class Entered(Exception):
    """The command would go on as this program."""


class Machine:
    """A clone on a machine whose programs only note that they were called."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls: list[str] = []
        self.failing: set[str] = set()
        self.uv: str | None = None
        self.ensurepip = True
        self.pip_in_venv = False

    def run(self, argv, folder, *, quiet=False) -> int:
        name = self.name_of(argv)
        self.calls.append(name)
        if name in self.failing:
            return 1
        if name == "venv":
            python = bootstrap.interpreter(self.root)
            python.parent.mkdir(parents=True)
            python.touch()
        if name == "pip --version":
            return 0 if self.pip_in_venv else 1
        return 0

    def name_of(self, argv) -> str:
        if argv[0] == self.uv:
            return "uv"
        return "pip --version" if argv[-1] == "--version" else argv[2]

    def start(self, *arguments: str) -> list[str]:
        """Run a command up to where it goes on as another program, and return that; [] for going on here."""
        self.calls.clear()
        try:
            bootstrap.ensure(arguments[0], arguments)
        except Entered as entered:
            return entered.args[0]
        return []


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A fresh clone where nothing is installed."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    machine = Machine(tmp_path)

    def become(argv):
        raise Entered(argv)

    found = importlib.util.find_spec
    has = lambda name: found(name) if name != "ensurepip" or machine.ensurepip else None  # noqa: E731
    # _enter() changes both; setting them first has them restored.
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("VIRTUAL_ENV", "")
    monkeypatch.setattr(bootstrap, "checkout", lambda: tmp_path)
    monkeypatch.setattr(bootstrap, "run", machine.run)
    monkeypatch.setattr(bootstrap, "become", become)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: machine.uv if name == "uv" else None)
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", has)
    return machine


def everything_installed(monkeypatch, root: Path) -> None:
    """Make this Python one that has every package, and the checkout itself as editable."""
    monkeypatch.setattr(bootstrap.metadata, "version", lambda name: "999")
    monkeypatch.setattr(bootstrap.metadata, "distribution", lambda name: Editable(root))


class Editable:
    def __init__(self, root: Path) -> None:
        self.told = json.dumps({"url": root.as_uri(), "dir_info": {"editable": True}})

    def read_text(self, name: str) -> str:
        return self.told


def test_nothing_installed_makes_a_venv_and_goes_on_inside_it(machine):
    """The same arguments are run by the new Python."""
    entered = machine.start("test", "-k", "log")

    assert machine.calls == ["venv", "pip --version", "ensurepip", "pip"]
    assert entered == [str(bootstrap.interpreter(machine.root)), "-m", "playground", "test", "-k", "log"]


def test_it_says_what_it_is_doing(machine, capsys):
    """A minute of silence looks like a hang."""
    machine.start("lab")

    said = capsys.readouterr().err
    assert "making .venv with Python" in said
    assert "installing with pip" in said


def test_a_second_run_starts_at_once(machine, capsys):
    """A fresh stamp is all it looks for, whichever command made it."""
    machine.start("lab")
    capsys.readouterr()

    entered = machine.start("test")

    assert machine.calls == []
    assert entered[-1] == "test"
    assert capsys.readouterr().err == ""


def test_a_changed_pyproject_is_installed_again(machine, capsys):
    """The .venv is kept; only its packages are brought up to date."""
    machine.start("lab")
    (machine.root / "pyproject.toml").write_text(PYPROJECT + "# changed\n")
    machine.pip_in_venv = True

    machine.start("lab")

    assert machine.calls == ["pip --version", "pip"]
    assert "bringing .venv up to date" in capsys.readouterr().err
    machine.start("lab")
    assert machine.calls == []


def test_a_pyproject_that_changes_during_the_install_is_installed_again(machine, monkeypatch):
    """The stamp is of what was installed, not of what the file says by then."""
    machine.uv = "/bin/uv"

    def edited_meanwhile(argv, folder, *, quiet=False) -> int:
        (machine.root / "pyproject.toml").write_text(PYPROJECT + "# changed\n")
        return machine.run(argv, folder, quiet=quiet)

    with monkeypatch.context() as during:
        during.setattr(bootstrap, "run", edited_meanwhile)
        machine.start("lab")

    machine.start("lab")

    assert machine.calls == ["uv"]
    machine.start("lab")
    assert machine.calls == []


def test_another_python_makes_the_venv_again(machine, monkeypatch, capsys):
    """Packages built for one minor version do not work with the next."""
    machine.start("lab")
    monkeypatch.setattr(bootstrap, "_python_version", lambda: "3.99")

    machine.start("lab")

    assert "venv" in machine.calls
    assert "this is 3.99" in capsys.readouterr().err


def test_uv_is_used_where_there_is_one(machine):
    """It is ten times as fast, and needs no pip inside."""
    machine.uv = "/bin/uv"

    machine.start("lab")

    assert machine.calls == ["venv", "uv"]


def test_pip_takes_over_when_uv_fails(machine, capsys):
    """Behind a proxy with its own certificate uv may fail where pip works."""
    machine.uv = "/bin/uv"
    machine.failing = {"uv"}

    assert machine.start("lab")
    assert machine.calls == ["venv", "uv", "pip --version", "ensurepip", "pip"]
    assert "uv failed; trying pip" in capsys.readouterr().err


def test_uv_does_without_ensurepip(machine):
    """Debian's Python without python3-venv can make a venv, only none with pip in it."""
    machine.uv = "/bin/uv"
    machine.ensurepip = False

    assert machine.start("lab")


@pytest.mark.parametrize("uv", [None, "/bin/uv"], ids=["without uv", "with a uv that fails"])
def test_a_python_without_ensurepip_is_told_what_to_install(machine, uv):
    """One sentence, with the command for Debian in it."""
    machine.ensurepip = False
    machine.uv = uv
    machine.failing = {"uv"}

    with pytest.raises(bootstrap.CannotStart, match="ensurepip is missing.*`apt install python3-venv`") as refused:
        machine.start("lab")

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("broken", ["venv", "ensurepip", "pip"])
def test_a_venv_that_was_not_finished_is_made_again(machine, broken, capsys):
    """Whatever was interrupted, the next run starts from nothing."""
    machine.failing = {broken}
    with pytest.raises(bootstrap.CannotStart):
        machine.start("lab")
    leftover = machine.root / ".venv" / "leftover"
    leftover.touch()
    machine.failing = set()

    assert machine.start("lab")
    assert "making .venv again: the last run did not finish it" in capsys.readouterr().err
    assert not leftover.exists()


def test_a_venv_that_lost_its_python_is_made_again(machine, capsys):
    """As when the Python it points to was uninstalled."""
    machine.start("lab")
    bootstrap.interpreter(machine.root).unlink()
    bootstrap.interpreter(machine.root).parent.rmdir()

    assert machine.start("lab")
    assert "there is no Python in it any more" in capsys.readouterr().err


def test_a_venv_made_by_hand_is_kept(machine):
    """Somebody else's .venv gets what it lacks; nothing in it is removed."""
    python = bootstrap.interpreter(machine.root)
    python.parent.mkdir(parents=True)
    python.touch()
    machine.pip_in_venv = True

    machine.start("lab")

    assert machine.calls == ["pip --version", "pip"]


def test_an_environment_that_has_everything_is_used(machine, monkeypatch):
    """In conda, or an active venv, no .venv is made."""
    everything_installed(monkeypatch, machine.root)

    assert machine.start("test") == []
    assert not (machine.root / ".venv").exists()


def test_a_package_out_of_bounds_is_not_everything(machine, monkeypatch, capsys):
    """Importable is not enough; who activated an environment is told why it is not used."""
    monkeypatch.setenv("CONDA_PREFIX", "/conda")
    everything_installed(monkeypatch, machine.root)
    monkeypatch.setattr(bootstrap.metadata, "version", lambda name: "7" if name == "pytest" else "999")

    assert machine.start("test")
    assert "7 is installed, pytest>=8 is needed" in capsys.readouterr().err


def test_each_command_asks_for_its_own_extras(machine, monkeypatch):
    """`lab` does not care about pytest in an environment of your own."""
    everything_installed(monkeypatch, machine.root)
    monkeypatch.setattr(bootstrap.metadata, "version", lambda name: "7" if name == "pytest" else "999")

    assert machine.start("lab") == []


def test_another_checkout_installed_here_is_not_this_one(machine, monkeypatch, tmp_path_factory):
    """A kernel would import the other one."""
    everything_installed(monkeypatch, tmp_path_factory.mktemp("other"))

    assert machine.start("lab")


def test_an_installed_wheel_is_used_as_it_is(machine, monkeypatch):
    """Outside a checkout there is nothing to make a .venv for."""
    monkeypatch.setattr(bootstrap, "checkout", lambda: None)

    assert machine.start("lab") == []


def test_a_terminal_inside_lab_finds_the_same_python(machine):
    """The environment is as if the .venv had been activated."""
    machine.start("lab")

    folder = bootstrap.interpreter(machine.root).parent
    assert bootstrap.os.environ["PATH"].split(bootstrap.os.pathsep)[0] == str(folder)
    assert bootstrap.os.environ["VIRTUAL_ENV"] == str(machine.root / ".venv")


def test_an_old_python_is_refused_in_one_sentence(monkeypatch):
    """It names both versions, and what to do."""
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    with pytest.raises(bootstrap.CannotStart) as refused:
        bootstrap.check_python((3, 9, 18))

    said = str(refused.value)
    assert said == "websocket-playground needs Python 3.11 or newer and this is 3.9; install a newer Python first"


def test_an_old_python_names_a_newer_one_on_the_machine(monkeypatch):
    """macOS has an old python3, often beside a new one."""
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: name if name == "python3.12" else None)

    with pytest.raises(bootstrap.CannotStart, match="use python3.12 instead of python3"):
        bootstrap.check_python((3, 9, 18))


@pytest.mark.parametrize("name", ["__init__.py", "__main__.py", "bootstrap.py"])
def test_an_old_python_can_read_what_refuses_it(name):
    """What runs before the version is checked has the grammar of Python 3.8."""
    ast.parse((ROOT / "playground" / name).read_text(encoding="utf-8"), feature_version=(3, 8))


def test_a_wheel_declares_what_pyproject_does():
    """Without a checkout the same requirements are read from the installed metadata."""
    assert in_any_order(bootstrap.declared(None)) == in_any_order(bootstrap.declared(ROOT))


def in_any_order(groups: dict[str, list[bootstrap.Requirement]]) -> dict[str, dict[str, set[str]]]:
    """A build backend sorts both the packages and their bounds."""
    return {extra: {one.name: set(one.bounds.split(",")) for one in group} for extra, group in groups.items()}


@pytest.mark.parametrize(
    ("line", "name", "bounds"),
    [
        ("starlette>=1.0,<2", "starlette", ">=1.0,<2"),
        ("uvicorn[standard]>=0.50", "uvicorn", ">=0.50"),
        ("nest-asyncio2 >=1.7.1; extra == 'lab'", "nest-asyncio2", ">=1.7.1"),
        ("pip", "pip", ""),
    ],
)
def test_a_requirement_is_read(line, name, bounds):
    """Names with digits and dashes, extras, spaces and markers."""
    assert bootstrap.parse_requirement(line) == bootstrap.Requirement(name, bounds)


def test_this_python_knows_what_it_has():
    """The real metadata is asked, not a fake."""
    assert bootstrap.Requirement("pytest", ">=8").problem() == ""
    assert (
        bootstrap.Requirement("pytest", "<8").problem()
        == f"{metadata.version('pytest')} is installed, pytest<8 is needed"
    )
    assert bootstrap.Requirement("surely-not-installed", ">=1").problem() == "surely-not-installed>=1 is not installed"
    assert sys.version_info[:2] >= bootstrap.OLDEST_PYTHON


def test_bounds_are_read_as_pip_reads_them():
    """Zeros at the end, several bounds and suffixes do not confuse it."""
    assert bootstrap.Requirement("it", ">=1.0,<2").allows("1")
    assert bootstrap.Requirement("it", ">=1.0,<2").allows("1.10.0")
    assert bootstrap.Requirement("it", ">=1.0").allows("1.0.post1")
    assert bootstrap.Requirement("it", ">=1.9").allows("1.10")
    assert not bootstrap.Requirement("it", "<2").allows("2.0.0")
    assert not bootstrap.Requirement("it", "!=1.5").allows("1.5.0")
    assert not bootstrap.Requirement("it", ">1,<=1.5,==1.5").allows("1.4")
    assert bootstrap.Requirement("it", ">1,<=1.5,==1.5").allows("1.5")


@pytest.mark.parametrize("bound", ["~=1.5", "==1.*", "1.5"])
def test_a_bound_that_it_cannot_read_is_an_error(bound):
    """Better than a wrong answer."""
    with pytest.raises(ValueError, match="is not a bound that can be read here; write it as >=1.0"):
        bootstrap.Requirement("it", bound).allows("1.5")
