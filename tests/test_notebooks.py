"""Each notebook runs from top to bottom, and is committed as it should be."""

import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest

from playground.ui.smoke import run_notebook

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path):
    """In a fresh kernel, with its own checks."""
    result = run_notebook(path, timeout=300)

    assert result, str(result)


def committed(path):
    """Return the notebook as git has it, as a reader may have run the file; the file itself where there is no git."""
    git = shutil.which("git")
    name = path.relative_to(ROOT).as_posix()
    shown = git and subprocess.run([git, "show", f":{name}"], cwd=ROOT, capture_output=True, check=False)
    return shown.stdout.decode("utf-8") if shown and shown.returncode == 0 else path.read_text("utf-8")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_committed_clean(path):
    """Without outputs or counters, and with a check, a clean-up and a way on."""
    notebook = nbformat.reads(committed(path), as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    text = "\n".join(cell.source for cell in notebook.cells)

    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert all(len(cell.source.splitlines()) <= 20 for cell in code)
    assert notebook.cells[0].source.startswith("# ")
    assert "## Check" in text and "assert " in text and "pg.stop()" in text and "**Next:**" in text
    assert "sleep(" not in text and "port=" not in text
    nbformat.validate(notebook)
