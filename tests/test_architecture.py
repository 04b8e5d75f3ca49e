"""The shape of the package: imports point down, and each module has its test."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import playground

PACKAGE = Path(playground.__file__).parent
WINGS = {
    "common": set(),
    "record": {"common"},
    "edit": {"common", "record"},
    "serve": {"common", "record"},
    "client": {"common", "record"},
    "taking_over": {"common", "record", "edit", "serve"},
    "playground": {"common", "record", "edit", "serve", "client", "taking_over"},
    "starting": {"common", "playground"},
    "ui": {"common", "record", "edit", "serve", "client", "playground", "starting"},
}
"""Which parts of the package each part may import, besides itself."""

WORDS = {"Record", "Connection", "Ending", "Event", "wait_for", "await"}
"""What the map says in code type besides the names of modules."""

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" and "frontend" not in path.parts)


def name_of(path):
    """Return a module's path in the package, with slashes on every system."""
    return path.relative_to(PACKAGE).as_posix()


def wing(path):
    """Return the part of the package a module belongs to, such as "record"."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    """Return the dotted names that a module imports, those for type checking included."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
        elif isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_down(path):
    """`ui` knows `playground`, which knows `edit`, `serve` and `client`, which know `record` and not each other."""
    here = wing(path)
    parts = {name.split(".")[1] for name in imports(path) if name.startswith("playground.")} & WINGS.keys()

    assert here not in WINGS or parts - {here} <= WINGS[here]


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("common", {"socket", "uvicorn", "starlette", "websockets", "anywidget", "ipywidgets", "IPython"}),
        ("record", {"socket", "uvicorn", "websockets", "anywidget", "ipywidgets", "IPython"}),
        ("edit", {"socket", "uvicorn", "websockets", "anywidget", "ipywidgets", "IPython"}),
        ("serve", {"anywidget", "ipywidgets", "IPython"}),
        ("client", {"uvicorn", "starlette", "anywidget", "ipywidgets", "IPython"}),
    ],
)
def test_a_wing_does_only_its_own_work(folder, forbidden):
    """What records or edits opens no socket, and nothing below `ui` knows a widget."""
    for path in (PACKAGE / folder).rglob("*.py"):
        assert {name.split(".")[0] for name in imports(path)} & forbidden == set(), path.name


@pytest.mark.parametrize("folder", ["common", "record", "edit", "serve", "client"])
def test_nothing_below_ui_draws(folder):
    """Displays of objects are registered from above, so that what records, edits or connects knows no HTML."""
    for path in (PACKAGE / folder).rglob("*.py"):
        text = path.read_text("utf-8")

        assert "html" not in {name.split(".")[0] for name in imports(path)} and "_repr_html_" not in text, path.name


def test_no_modules_import_each_other_in_a_circle():
    """Not even for their types, or when a function runs: each module can be read before those that use it."""
    names = {"playground." + name_of(path).removesuffix(".py").replace("/", "."): path for path in MODULES}
    graph = {name: imports(path) & names.keys() for name, path in names.items()}

    order = list(TopologicalSorter(graph).static_order())

    assert set(order) == names.keys()


def waits(tree):
    """Yield the calls of a module that stop a thread until something happens; what is awaited stops none."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    awaited = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Await)}
    for call in calls:
        if ast.unparse(call.func.value) == "asyncio":
            awaited |= {id(call), *map(id, call.args)}
    for call in calls:
        joins_text = isinstance(call.func.value, ast.Constant | ast.JoinedStr)
        elsewhere = ast.unparse(call.func.value) in ("waiting", "os.path", "os.pathsep")
        if call.func.attr in ("wait", "wait_for", "result", "join") and not (
            joins_text or elsewhere or id(call) in awaited
        ):
            yield f"{call.lineno}: {ast.unparse(call)}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_threads_wait_in_one_module(path):
    """In a browser tab there is no other thread to wait for, so `common/waiting.py` is the one place to change."""
    allowed = {
        "common/waiting.py": {"wait", "wait_for", "result", "join"},
        # The `wait` of their loop calls what is in `waiting`.
        "client/client.py": {"wait"},
        "client/clients.py": {"wait"},
        # For a process that was killed, of which there are none in a browser tab.
        "record/searching.py": {"wait"},
    }
    names = allowed.get(name_of(path), set())
    found = waits(ast.parse(path.read_text("utf-8")))

    assert [one for one in found if one.partition("(")[0].rpartition(".")[2] not in names] == []


def test_public_things_have_docstrings():
    """Modules, classes and functions that a reader may use; methods too, unless they override a documented one."""
    inherited = {"encoding", "on_connect", "on_receive", "on_disconnect", "decode", "startup", "main_loop", "shutdown"}
    missing = []
    for path in MODULES:
        if "starter" in path.parts:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        if not ast.get_docstring(tree):
            missing.append(str(path))
        for node in ast.walk(tree):
            if not isinstance(node, ast.ClassDef) or node.name.startswith("_"):
                continue
            for item in (node, *node.body):
                name = getattr(item, "name", "_")
                if not name.startswith("_") and name not in inherited and not ast.get_docstring(item):
                    decorators = [getattr(d, "id", getattr(d, "attr", "")) for d in getattr(item, "decorator_list", [])]
                    if not {"overload", "setter"} & set(decorators):
                        missing.append(f"{path.name}:{node.name}.{name}")

    assert missing == []


@pytest.mark.parametrize(
    "folder",
    [
        *("common", "record", "record/autopsy"),
        *("edit", "edit/source", "edit/routes", "edit/files", "edit/advice", "edit/keeping"),
        *("serve", "client", "ui", "ui/displays"),
    ],
)
def test_the_map_shows_every_module(folder):
    """`ARCHITECTURE.md` names each module of each folder, and none that is not there."""
    text = (PACKAGE.parent / "ARCHITECTURE.md").read_text("utf-8")
    [line] = [line for line in text.splitlines() if line.startswith(f"| `{folder}/` |")]
    named = {name for name in re.findall(r"`(\w+)`", line) if name not in WORDS}
    there = {path.stem for path in (PACKAGE / folder).glob("*.py")} - {"__init__"}

    assert named == there


def test_the_glossary_stays_short():
    """Thirty words at most."""
    text = (PACKAGE.parent / "ARCHITECTURE.md").read_text("utf-8")
    _, _, glossary = text.partition("## Glossary")
    words = [line for line in glossary.partition("## ")[0].splitlines() if line.startswith("| ")][2:]

    assert 0 < len(words) <= 30
