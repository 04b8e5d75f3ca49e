"""The numbers of a package, counted on a small one whose numbers are known."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "benchmarks" / "structure.py"

FILES = {
    "__init__.py": "",
    "top.py": '''"""Documented."""
from __future__ import annotations
import typing
from typing import TYPE_CHECKING
from . import middle, left
from .parts import bottom
if TYPE_CHECKING:
    from house.parts import unused
if typing.TYPE_CHECKING:
    from . import unused_as_well
else:
    from .parts import otherwise

def late():
    """Imports when it is called."""
    from . import lazy

    # A comment.
    return lazy

class Public:
    """Not two functions at the top."""
    value: int = 1
    """What it is for."""

    @property
    def method(self):
        return (
            1
        )

def _private():
    pass

async def public():
    pass
''',
    "middle.py": "try:\n    import house.left\nexcept ImportError:\n    pass\n",
    "left.py": "from house.right import something\n",
    "right.py": "import house.left\nimport house.parts.bottom as bottom\n",
    "lazy.py": "from house import top\n",
    "unused.py": "from house import top\n",
    "unused_as_well.py": "from house import top\n",
    "parts/__init__.py": "from .bottom import *\n",
    "parts/bottom.py": "",
    "parts/otherwise.py": "def f(): pass\n\n\ndef f(): pass\n",
    "legacy/old.py": "from house import unused\n" * 100,
}


@pytest.fixture
def package(tmp_path):
    """A package with a circle, and with imports that do not count."""
    for name, text in FILES.items():
        file = tmp_path / "house" / name
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_text(text, "utf-8")
    return tmp_path / "house"


def count(*arguments):
    """Return what the script prints for a package: by label, and the lines of its chain."""
    done = subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=True)
    title, *lines = done.stdout.splitlines()
    chain = [line.strip() for line in lines if line.startswith(" ")]
    return title, dict(line.split("  ", 1) for line in lines if "  " in line.strip()), chain


def test_the_numbers_of_a_package(package):
    """Neither what a function imports nor what is for type checking counts, and a circle is one step of a chain."""
    title, said, chain = count(package, "--without", "legacy")
    numbers = {label: said.strip() for label, said in said.items()}

    assert title == "house"
    assert numbers["modules"] == "11"
    assert numbers["public names"] == "4"
    assert numbers["circles"] == "1; house.left, house.right"
    assert numbers["longest chain"] == "5"
    assert chain == ["house.lazy", "house.top", "house.middle", "house.left, house.right", "house.parts.bottom"]
    assert numbers["largest fan-out"] == "4 (house.top)"
    assert numbers["lines of a file"] == "median 1, at most 36"
    assert numbers["longest function"] == "5 (house.top:method)"


def test_code_is_what_is_neither_documentation_nor_comment(tmp_path):
    """A long string that is a value is code."""
    (tmp_path / "one.py").write_text(
        '"""A\nB"""\n\n# C\nvalue = """D\n\nE"""\nvalue += ""  # F\n"""G"""\ndef f(): ...\n'
    )

    assert count(tmp_path)[1]["lines of code"].strip() == "5"


def test_a_folder_that_is_left_out_is_not_counted(package):
    """As `legacy` of websockets."""
    whole, part = count(package)[1], count(package, "--without", "legacy")[1]

    assert int(whole["modules"]) == int(part["modules"]) + 1


def test_the_playground_has_no_circle():
    """Without arguments it counts the playground itself."""
    title, said, chain = count()

    assert title == "playground"
    assert said["circles"].strip() == "0"
    assert len(chain) == int(said["longest chain"])
