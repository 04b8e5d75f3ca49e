"""The shape of the house: imports point down, and each module has its test."""

import ast
from pathlib import Path

import pytest

import playground

PACKAGE = Path(playground.__file__).parent
LAYERS = {"core": 0, "net": 1, "playground": 2, "starting": 3, "ui": 4}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" and "frontend" not in path.parts)


def layer(parts):
    """Return how high a module stands; None for what belongs to no layer, such as the starter."""
    name = parts[0].removesuffix(".py") if parts else ""
    return LAYERS.get(name)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path):
    """`ui` knows `playground`, which knows `net`, which knows `core`; never the other way."""
    here = layer(path.relative_to(PACKAGE).parts)
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("playground."):
            imported.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            imported |= {name.name.split(".")[1] for name in node.names if name.name.startswith("playground.")}
    upward = {name for name in imported if here is not None and (layer([name]) or 0) > here}

    assert upward == set()


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("core", {"socket", "uvicorn", "websockets", "anywidget", "ipywidgets", "IPython"}),
        ("net", {"anywidget", "ipywidgets", "IPython"}),
    ],
)
def test_a_layer_does_only_its_own_work(folder, forbidden):
    """The core opens no socket; neither it nor the network side knows a widget."""
    for path in (PACKAGE / folder).glob("*.py"):
        names = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])

        assert names & forbidden == set(), path.name


def test_public_things_have_docstrings():
    """Modules, classes and functions that a reader may use; methods too, unless they override a documented one."""
    inherited = {"encoding", "on_connect", "on_receive", "on_disconnect", "decode", "startup", "main_loop", "shutdown"}
    missing = []
    for path in MODULES:
        if "starter" in path.parts:
            continue
        tree = ast.parse(path.read_text())
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
