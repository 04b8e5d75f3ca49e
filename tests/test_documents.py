"""The documents for contributors name files, commands and scripts that exist."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from playground import __version__

ROOT = Path(__file__).parents[1]
FRONTEND = ROOT / "playground" / "ui" / "frontend"
SCRIPTS = set(json.loads((FRONTEND / "package.json").read_text("utf-8"))["scripts"])
DOCUMENTS = {
    name: (ROOT / name).read_text("utf-8")
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "ARCHITECTURE.md", "SECURITY.md")
}
CONTRIBUTING = DOCUMENTS["CONTRIBUTING.md"]
WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
HOOKS = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")

LINK = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")
PATH = re.compile(r"(?<![\w/.])(?:tests|notebooks|playground|\.ci)/[\w./-]*\w")
SCRIPT = re.compile(r"npm (?:--prefix \S+ )?run ([\w-]+)")
EXPRESSION = re.compile(r'-m "([^"]+)"')


@pytest.mark.parametrize(
    ("name", "target"), [(name, target) for name, text in DOCUMENTS.items() for target in LINK.findall(text)]
)
def test_links_lead_somewhere(name, target):
    """A link without a scheme is a path within the repository."""
    assert (ROOT / target).exists()


@pytest.mark.parametrize("path", sorted(set(PATH.findall(CONTRIBUTING + WORKFLOW + HOOKS))))
def test_paths_exist(path):
    """In CONTRIBUTING, the workflow and the hooks, those that are no links among them."""
    assert (ROOT / path).exists()


@pytest.mark.parametrize("text", [CONTRIBUTING, WORKFLOW, HOOKS], ids=["contributing", "workflow", "hooks"])
def test_scripts_exist(text):
    """Each `npm run` is one of package.json."""
    named = set(SCRIPT.findall(text))

    assert named and named <= SCRIPTS


@pytest.mark.parametrize("text", [CONTRIBUTING, WORKFLOW], ids=["contributing", "workflow"])
def test_marks_exist(text):
    """pytest takes an unknown mark in `-m` for one that no test has."""
    named = {word for expression in EXPRESSION.findall(text) for word in re.findall(r"\w+", expression)}
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]
    marks = {line.split(":")[0] for line in settings["markers"]}

    assert named - {"not", "and", "or"}
    assert named - {"not", "and", "or"} <= marks


def test_settings_that_are_named_are_read():
    """A variable of the environment that is only talked about would do nothing."""
    sources = [path.read_text("utf-8") for folder in ("playground", "tests") for path in (ROOT / folder).rglob("*.py")]
    text = "\n".join([*DOCUMENTS.values(), WORKFLOW, *sources])
    named = set(re.findall(r"\bPLAYGROUND_[A-Z]+\b", text))

    assert named
    assert named == set(re.findall(r'environ(?:\.get\(|\[)"(PLAYGROUND_[A-Z]+)"', text))


def test_the_browser_test_that_is_named_exists():
    """`-k` without a match runs nothing."""
    file, words = re.search(r"pytest (tests/browser/\S+) -k (\w+)", CONTRIBUTING).groups()

    assert re.search(rf"def test_\w*{words}", (ROOT / file).read_text("utf-8"))


def test_the_changes_tell_of_this_version():
    """And of what is not released yet, at the top."""
    headings = re.findall(r"^## (.*)$", DOCUMENTS["CHANGELOG.md"], re.MULTILINE)
    sections = re.findall(r"^### (.*)$", DOCUMENTS["CHANGELOG.md"], re.MULTILINE)

    assert headings[0] == "Unreleased"
    assert __version__ in headings
    assert set(sections) <= {"Added", "Changed", "Fixed", "Removed"}


def test_the_workflow_runs_every_python_on_every_system():
    """From the oldest that pyproject.toml allows."""
    matrix = yaml.safe_load(WORKFLOW)["jobs"]["tests"]["strategy"]["matrix"]
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]

    assert matrix["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert oldest == f">={matrix['python'][0]}"
    assert {system.split("-")[0] for system in matrix["os"]} == {"ubuntu", "macos", "windows"}
