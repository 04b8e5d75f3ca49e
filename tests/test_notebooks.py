"""Each notebook runs from top to bottom, and is committed as it should be."""

from pathlib import Path

import nbformat
import pytest

from playground.ui.smoke import run_notebook

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path):
    """In a fresh kernel, with its own checks."""
    result = run_notebook(path, timeout=300)

    assert result, str(result)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_committed_clean(path):
    """Without outputs or counters, and with a check, a clean-up and a way on."""
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    text = "\n".join(cell.source for cell in notebook.cells)

    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert all(len(cell.source.splitlines()) <= 20 for cell in code)
    assert notebook.cells[0].source.startswith("# ")
    assert "## Check" in text and "assert " in text and "pg.stop()" in text and "**Next:**" in text
    assert "sleep(" not in text and "port=" not in text
    nbformat.validate(notebook)
