"""environment.yml and pyproject.toml describe the same environment."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from playground.bootstrap import EXTRAS, parse_requirement

ROOT = Path(__file__).resolve().parent.parent

#: What a package with extras is called on conda-forge, where extras do not exist.
CONDA_NAMES = {"uvicorn[standard]": "uvicorn-standard"}


def pyproject_requirements(text: str) -> dict[str, str]:
    """Name to bounds, for the base and the extras that the two commands install."""
    project = tomllib.loads(text)["project"]
    lines = project["dependencies"] + [line for extra in EXTRAS for line in project["optional-dependencies"][extra]]
    return dict(conda_spelling(line) for line in lines)


def conda_spelling(line: str) -> tuple[str, str]:
    """The name on conda-forge and the bounds."""
    requirement = parse_requirement(line)
    written = re.match(r"[\w.\[\]-]+", line).group()
    return CONDA_NAMES.get(written, requirement.name), requirement.bounds


def environment_requirements(text: str) -> dict[str, str]:
    """Name to bounds, from conda's list and from pip's at its end, without Python and pip themselves."""
    entries = yaml.safe_load(text)["dependencies"]
    lines = [entry for entry in entries if isinstance(entry, str)] + entries[-1]["pip"]
    requirements = [parse_requirement(line) for line in lines if not line.startswith("-e ")]
    return {one.name: one.bounds for one in requirements if one.name not in ("python", "pip")}


@pytest.fixture
def pyproject() -> str:
    return (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.fixture
def environment() -> str:
    return (ROOT / "environment.yml").read_text(encoding="utf-8")


def test_both_files_name_the_same_packages_with_the_same_bounds(pyproject, environment):
    """Whoever uses conda gets what everybody else gets."""
    assert environment_requirements(environment) == pyproject_requirements(pyproject)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("starlette>=1.9,<2", "starlette>=1.9"),
        ("ipykernel>=7.4", "ipykernel>=7.3"),
        ("uvicorn-standard>=0.52.1,<0.55", "uvicorn>=0.52.1,<0.55"),
        ("httpx2>=2.0", "httpx2"),
        ("  - nbclient>=0.10.2\n", ""),
        ("  - pip\n", "  - pip\n  - nest-asyncio\n"),
    ],
)
def test_a_difference_is_noticed(pyproject, environment, old, new):
    """The comparison above is worth something: each of these slips makes it fail."""
    assert old in environment

    changed = environment.replace(old, new)

    assert environment_requirements(changed) != pyproject_requirements(pyproject)


def test_the_python_is_spelled_as_binder_reads_it(pyproject, environment):
    """repo2docker only reads `python=X.Y`, and falls back to an old Python for every other spelling."""
    [python] = [entry for entry in yaml.safe_load(environment)["dependencies"] if str(entry).startswith("python")]

    assert python == "python=3.12"
    assert parse_requirement("python" + tomllib.loads(pyproject)["project"]["requires-python"]).allows("3.12")


def test_the_checkout_itself_is_installed_last(environment):
    """conda's packages come first, so that pip finds everything there and downloads nothing twice."""
    read = yaml.safe_load(environment)

    assert read["name"] == "websocket-playground"
    assert read["channels"] == ["conda-forge", "nodefaults"]
    assert list(read["dependencies"][-1]) == ["pip"]
    assert read["dependencies"][-1]["pip"][-1] == "-e ."


def test_the_oldest_allowed_versions_are_what_ci_installs(pyproject):
    """Every package of pyproject.toml is pinned to its lower bound, whatever its upper bound."""
    done = subprocess.run([sys.executable, ROOT / ".ci" / "lowest.py"], capture_output=True, text=True, check=True)

    lines = done.stdout.splitlines()
    assert len(lines) == len(pyproject_requirements(pyproject))
    assert all(re.fullmatch(r"[\w.-]+==[\d.]+", line) for line in lines)
    assert "starlette==1.9" in lines
